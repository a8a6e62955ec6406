//! Starts that take long, on Debian's baresip.

use super::*;

/// A baresip behind a shell's words, and a host that gives it that long to start.
fn slow(place: &Place, first: u16, words: &str, limit: Duration) -> Arc<Supervisor> {
    let program = place.folder.path().join("slow");
    std::fs::write(&program, format!("#!/bin/sh\n{words}\n")).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let kind = Kind { program, ..place.supervisor().kind().clone() };
    let settings = Settings { agent_start: limit, ..Settings::for_tests(place.folder.path(), first) };
    Supervisor::with_kind(settings, kind).unwrap()
}

#[test]
fn an_agent_that_hangs_at_its_start_is_given_up_after_its_time() {
    let place = Place::new(24_000);
    let host = slow(&place, 24_000, "exec sleep 1000", Duration::from_millis(300));
    let account = Account::new("<sip:alice@127.0.0.1>;regint=0;input_wav=alice.wav", &[], host.kind()).unwrap();
    let agent =
        host.start("alice".into(), &account, place.folder.path(), place.log.clone(), None, Asked::default()).unwrap();
    assert_eq!(agent.ready().unwrap_err().message, "agent `alice` did not start: it was not ready within 0.3 s");
    agent.stopped();
    assert_eq!(processes(place.folder.path()), [0; 0]);
}

#[test]
fn an_agent_that_never_stops_running_is_given_up_too() {
    let place = Place::new(26_000);
    let host = slow(&place, 26_000, "while :; do :; done", Duration::from_millis(300));
    let account = Account::new("<sip:alice@127.0.0.1>;regint=0;input_wav=alice.wav", &[], host.kind()).unwrap();
    let folder = place.folder.path();
    let agent = host.start("alice".into(), &account, folder, place.log.clone(), None, Asked::default()).unwrap();
    assert!(agent.ready().unwrap_err().message.contains("not ready within 0.3 s"));
    agent.stopped();
    assert_eq!(processes(place.folder.path()), [0; 0]);
}

/// Keeps a processor busy until the flag is set.
fn keep_busy(processor: usize, end: &std::sync::atomic::AtomicBool) {
    // SAFETY: a set of processors is plain data, of which zeros are none; this thread alone is moved
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(processor, &mut set);
        assert_eq!(libc::sched_setaffinity(0, size_of_val(&set), &set), 0);
    }
    while !end.load(std::sync::atomic::Ordering::Relaxed) {
        std::hint::spin_loop();
    }
}

#[test]
fn an_agent_that_a_busy_machine_keeps_waiting_is_not_given_up() {
    let limit = Duration::from_secs(1);
    let place = Place::new(25_000);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
    let processor: usize = allowed.trim().split([',', '-']).next().unwrap().parse().unwrap();
    // it has some work to do, and a fortieth of the only processor that it may use
    let words = format!(
        "exec taskset -c {processor} nice -n 10 sh -c \
         'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; exec /usr/bin/baresip \"$@\"' sh \"$@\""
    );
    let host = slow(&place, 25_000, &words, limit);
    let account = Account::new("<sip:alice@127.0.0.1>;regint=0;input_wav=alice.wav", &[], host.kind()).unwrap();
    let end = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        (0..4).for_each(|_| drop(scope.spawn(|| keep_busy(processor, &end))));
        let begun = std::time::Instant::now();
        let folder = place.folder.path();
        let agent = host.start("alice".into(), &account, folder, place.log.clone(), None, Asked::default());
        let ready = agent.as_ref().map(|agent| agent.ready());
        let took = begun.elapsed();
        end.store(true, std::sync::atomic::Ordering::Relaxed);
        ready.unwrap().unwrap();
        assert!(took > limit, "it had enough of the processor: {took:?}");
        stop(&[agent.unwrap()]);
    });
}
