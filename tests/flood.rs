//! An agent that floods its log holds up nobody and fills no memory; long records are written, read and judged in little memory.

use crate::support::{Telefonist, is_alone};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::sync::Arc;
use telefonist::event::{AgentEvent, Body, Clock, Ended, Events, Limits, Log, LogLine, Note, Time};
use telefonist::record::{Header, Kept, Recorder, RunFolder};
use telefonist::verdict::{Judged, Status, judge};

const LINES: usize = 1_000_000;
/// What a host takes at most, whatever its agents say, in kB: 64 MiB for what is not written yet, 8 for the newest events, 16 for
/// the lines that may be awaited, and what the program itself takes.
const BOUND: i64 = 200 * 1024;

/// Debian's baresip; the one called alice has a million lines to say besides.
const FLOODER: &str = "#!/bin/sh
case \"$PWD\" in
*/agents/alice-*)
    (yes 'a line of the flood, as long as one that an agent writes: Call established: sip:somebody@198.51.100.17:5060' | head -n LINES
    echo 'the flood is over') >&2 &
esac
exec /usr/bin/baresip \"$@\"
";

/// Bob and carol go on while alice talks.
const SCRIPT: &str = r#"
let alice = agent("alice");
let bob = agent("bob");
let carol = agent("carol");
bob.cmd("uuid");
carol.cmd("uuid");
alice.cmd("uuid");
await alice.log("a line of the flood") within 60s;
for n in 0..100 { bob.cmd("uuid"); }
bob.dial(carol);
await carol.event("CALL_INCOMING") within 60s;
carol.hangup();
await bob.event("CALL_CLOSED") within 60s;
await alice.log("the flood is over") within 400s;
"#;

#[test]
fn a_million_log_lines_neither_fill_the_memory_nor_hold_up_another_agent() {
    let flooder = FLOODER.replace("LINES", &LINES.to_string());
    let test =
        Telefonist::new("run flood.rhai --baresip ./flooder").file("flood.rhai", SCRIPT).file("flooder", &flooder);
    let program = test.folder.path().join("flooder");
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut child = test.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (status, memory) = wait(child.id());
    // it has been waited for: nothing is left of it
    assert!(child.wait().is_err());
    let judged = std::fs::read_to_string(test.run_folder().join("verdict.json")).unwrap();
    assert_eq!(status, 0, "{judged}");
    assert!(memory < BOUND, "{memory} kB at most");
    let (mut lines, mut bob, mut numbers) = (0, vec![], 0);
    Kept(test.run_folder().join("events.jsonl"))
        .each(&mut |event| {
            assert_eq!(event.n, numbers, "none is missing");
            numbers += 1;
            match &event.body {
                Body::Log(line) if line.text.starts_with("a line of the flood") => lines += 1,
                Body::Response(_) if event.agent.as_deref() == Some("bob") && lines > 0 => bob.push(event.time),
                _ => {}
            }
        })
        .unwrap();
    assert_eq!(lines, LINES);
    assert!(bob.len() > 100, "{} answers while alice talked", bob.len());
    let mut gaps: Vec<f64> = bob.windows(2).map(|pair| pair[1] - pair[0]).take(99).collect();
    gaps.sort_by(f64::total_cmp);
    assert!(gaps[49] < 200.0 && gaps[98] < 2000.0, "bob waits: {} ms median, {} ms at most", gaps[49], gaps[98]);
}

/// The wait status of a process that this test started, and the most memory that it or one below it took, in kB.
fn wait(process: u32) -> (i32, i64) {
    let mut status = 0;
    // SAFETY: a zeroed rusage is a valid one, and both pointers are to locals
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::wait4(process as i32, &raw mut status, 0, &raw mut usage), process as i32);
        usage
    };
    (status, usage.ru_maxrss)
}

/// In kB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// An event of a long run: mostly log lines, and calls that come and go.
fn body(n: usize) -> Body {
    let call = |name: &str| {
        Body::Event(AgentEvent {
            name: name.into(),
            call: Some(format!("call-{}", n / 1000)),
            direction: Some("outgoing".into()),
            peer: Some("sip:bob@127.0.0.1:5070".into()),
            ..AgentEvent::default()
        })
    };
    match n % 1000 {
        1 => call("CALL_RINGING"),
        2 => call("CALL_ESTABLISHED"),
        999 => call("CALL_CLOSED"),
        _ => Body::Log(LogLine { level: "info".into(), text: format!("line {n}: {}", "x".repeat(80)) }),
    }
}

#[test]
fn a_record_of_200_000_events_is_written_read_and_judged_in_little_memory() {
    if !is_alone("flood::a_record_of_200_000_events_is_written_read_and_judged_in_little_memory") {
        return;
    }
    let before = peak();
    let data = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(data.path(), "long", Time(0.0)).unwrap();
    let header = Header::new("id", "long", "long", Time(0.0), "baresip 4.12.0");
    let log = Arc::new(Log::with_limits(Clock::system(), Limits { kept: 1 << 20, most: 4 << 20 }));
    let recorder = Recorder::start(&folder, &header, log.clone());
    let alice: Arc<str> = "alice".into();
    (0..199_999).for_each(|n| _ = log.push(Some(&alice), body(n)));
    log.push(None, Body::Note(Note::Ended(Ended::finished())));
    assert_eq!(recorder.finish(), None);
    let live = judge(&header, &*log, None).unwrap();
    let kept = judge(&header, &Kept(folder.events()), None).unwrap();
    assert_eq!(live, kept);
    let Judged { verdict, flow, .. } = live;
    // the agent, and of each call its head and three events; the last one did not close
    assert_eq!((verdict.status, flow.text().lines().count()), (Status::Pass, 1 + 200 * 4 - 1));
    assert_eq!(log.dropped(), 0);
    // all of them would take 80 MiB
    let grown = peak() - before;
    assert!(grown < 24 * 1024, "{grown} kB");
}
