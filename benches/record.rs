//! How fast a run's record is: bytes of agents → events → log → file and two readers, read back, judged; and how much memory that takes.
//!
//! Built with optimisations, for it measures our own code; `make bench` prints the figures. `EVENTS` says how many (1,000,000).

#![expect(unsafe_code, reason = "measures this process")]

#[path = "../tests/support/traffic.rs"]
mod traffic;

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Instant;
use telefonist::event::Time;
use telefonist::event::{Clock, Log};
use telefonist::pipeline::replay;
use telefonist::record::{Header, Kept, Record, Recorder, RunFolder};
use telefonist::verdict::judge;

/// As in the program.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let wanted = std::env::var("EVENTS").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let calls: Vec<_> = (0..wanted / traffic::EVENTS).map(traffic::call).take(1000).collect();
    let data = tempfile::tempdir().expect("a folder");
    let folder = RunFolder::create(data.path(), "bench", Time(0.0)).expect("a run's folder");
    let header = Header::new(folder.id(), "bench", "bench", Time(0.0), "baresip 4.12.0 (embedded)");
    let log = Arc::new(Log::new(Clock::system()));
    let (before, begun, used) = (peak_memory(), Instant::now(), cpu_seconds());
    let recorder = Recorder::start(&folder, &header, log.clone());
    let readers: Vec<_> = (0..2)
        .map(|_| {
            thread::spawn({
                let log = log.clone();
                move || follow(&log)
            })
        })
        .collect();
    let alice = traffic::alice();
    traffic::begin().into_iter().for_each(|body| _ = log.push(Some(&alice), body));
    let mut parser = traffic::Parser::new();
    for read in calls.chunks(traffic::AT_ONCE).cycle().take(wanted / traffic::EVENTS / traffic::AT_ONCE) {
        log.push_all(Some(&alice), parser.parse(read));
    }
    traffic::end(2).into_iter().for_each(|body| _ = log.push(Some(&alice), body));
    let count = log.len() as f64;
    assert_eq!(recorder.finish(), None);
    let read: Vec<usize> = readers.into_iter().map(|reader| reader.join().expect("a reader")).collect();
    let dropped = log.dropped();
    rate("parse, record, two readers", count, begun, used);
    println!("  read by each: {read:?}; dropped: {dropped}");
    let path = folder.events();
    let bytes = path.metadata().expect("the record").len();
    println!("  {bytes} bytes, {:.0} an event", bytes as f64 / count);
    let (begun, used) = (Instant::now(), cpu_seconds());
    assert_eq!(Record::open(&path).expect("the record").filter(Result::is_ok).count() as f64, count);
    rate("read", count, begun, used);
    let (begun, used) = (Instant::now(), cpu_seconds());
    let judged = judge(&header, log.as_ref(), None).expect("a verdict");
    rate("judge from the log", count, begun, used);
    let (begun, used) = (Instant::now(), cpu_seconds());
    assert_eq!(judge(&header, &Kept(path), None).expect("a verdict"), judged);
    rate("judge from the file", count, begun, used);
    let (begun, used) = (Instant::now(), cpu_seconds());
    let replayed = replay(folder.path(), &mut |_, _| ()).expect("a replay");
    assert_eq!(replayed.verdict, judged.verdict);
    rate("replay", count, begun, used);
    println!("peak memory: {} MB, {} MB before", peak_memory() / 1024, before / 1024);
    written(&header, &folder.events(), data.path(), wanted);
}

/// Events that are there already, pushed, put into words and written: what the record alone costs.
fn written(header: &Header, from: &Path, data: &Path, wanted: usize) {
    let some = Record::open(from).expect("the record").take(10_000);
    let some: Vec<_> = some.map(|event| event.expect("an event").body).collect();
    let folder = RunFolder::create(data, "again", Time(0.0)).expect("a run's folder");
    let log = Arc::new(Log::new(Clock::system()));
    let (begun, used) = (Instant::now(), cpu_seconds());
    let recorder = Recorder::start(&folder, header, log.clone());
    let alice = traffic::alice();
    (0..wanted).for_each(|n| _ = log.push(Some(&alice), some[n % some.len()].clone()));
    assert_eq!(recorder.finish(), None);
    rate("push and write", wanted as f64, begun, used);
}

/// Reads all of a log and gives how many events there were.
fn follow(log: &Log) -> usize {
    let (mut next, mut count) = (0, 0);
    while let Some(events) = log.follow(next) {
        count += events.len();
        next = events.last().map_or(next, |last| last.n as usize + 1);
    }
    count
}

fn rate(what: &str, count: f64, begun: Instant, used: f64) {
    let (wall, cpu) = (begun.elapsed().as_secs_f64(), cpu_seconds() - used);
    println!("{what:<28} {:9.0} events/s, {:9.0} for a second of a core", count / wall, count / cpu);
}

/// What this process has used so far.
fn cpu_seconds() -> f64 {
    // SAFETY: a plain C struct, which the call fills
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// In kB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
