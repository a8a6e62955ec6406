//! Many runs, at once and one after another: nothing fails, nothing is missed, nothing is left behind.

use crate::support::{Telefonist, children, is_alone, repository};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use telefonist::event::Log;
use telefonist::pipeline::{self, Case, Keep, Plan, Ran, Watcher, Workplace};
use telefonist::record::Header;
use telefonist::report::results::TestResult;
use telefonist::verdict::ExitCode;

/// Two calls at once, each between two agents, for as long as `SECONDS` says.
const TWO_CALLS: &str = r#"
let time = param("SECONDS", 20s);
let agents = [
    [agent("alice", #{ audio: "alice.wav" }), agent("bob", #{ audio: "bob.wav" })],
    [agent("carol", #{ audio: "charlie.wav" }), agent("dave", #{ audio: "bob.wav" })],
];
for pair in agents {
    pair[0].dial(pair[1]);
    await pair[1].event("CALL_INCOMING") within 30s;
    pair[1].accept();
    await all([pair[0].event("CALL_ESTABLISHED"), pair[1].event("CALL_ESTABLISHED")]) within 30s;
}
sleep(time);
for pair in agents {
    pair[0].hangup();
    await all([pair[0].event("CALL_CLOSED"), pair[1].event("CALL_CLOSED")]) within 30s;
}
"#;

/// 20 ms of sound in each packet.
const PACKETS_A_SECOND: u64 = 50;

fn events(run: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(run.join("events.jsonl")).expect("the events are kept");
    text.lines().skip(1).map(|line| serde_json::from_str(line).expect("an event is JSON")).collect()
}

#[test]
fn forty_calls_at_once_pass_with_their_packets_and_all_events() {
    let seconds = 20;
    let mut test = Telefonist::new("run tests --jobs 20 --max-agents 80 --rtp-ports 20000-23999");
    test = test.argument("--define").argument(format!("SECONDS={seconds}s"));
    for n in 0..20 {
        test = test.file(&format!("tests/{n:02}.rhai"), TWO_CALLS);
    }
    test.run().exits(0).says("20 passed");
    let runs = test.folder.path().join("data/runs").read_dir().unwrap();
    let (mut established, mut least) = (0, u64::MAX);
    let mut begun_and_ended: Vec<(f64, f64)> = vec![];
    for run in runs {
        let events = events(&run.unwrap().path());
        let count = |kind: &str, what: &dyn Fn(&Value) -> bool| {
            let mut of_agent: BTreeMap<String, usize> = BTreeMap::new();
            for event in events.iter().filter(|event| event["kind"] == kind && what(event)) {
                *of_agent.entry(event["agent"].as_str().unwrap().to_string()).or_default() += 1;
            }
            of_agent
        };
        // what the agents said of themselves is what was recorded of them
        for (name, log) in [
            ("CALL_ESTABLISHED", ": Call established: "),
            ("CALL_CLOSED", " terminated (duration: "),
            ("CALL_INCOMING", ": Incoming call from: "),
        ] {
            let recorded = count("event", &|event| event["type"] == name);
            let logged = count("log", &|event| event["text"].as_str().unwrap().contains(log));
            assert_eq!(recorded, logged, "{name}");
            established += if name == "CALL_ESTABLISHED" { recorded.values().sum() } else { 0 };
        }
        let reports = events.iter().filter(|event| event["type"] == "AUDIO_REPORT");
        least = reports.map(|event| event["fields"]["packets_rx"].as_u64().unwrap()).fold(least, u64::min);
        let time = |name: &str| events.iter().rfind(|event| event["type"] == name).unwrap()["time"].as_f64().unwrap();
        begun_and_ended.push((
            time("CALL_ESTABLISHED"),
            events.iter().find(|event| event["text"] == "hangup").unwrap()["time"].as_f64().unwrap(),
        ));
    }
    assert_eq!(established, 80);
    let last_begun = begun_and_ended.iter().map(|(begun, _)| *begun).fold(0.0, f64::max);
    let first_ended = begun_and_ended.iter().map(|(_, ended)| *ended).fold(f64::MAX, f64::min);
    assert!(last_begun < first_ended, "all forty calls were up at once");
    let due = PACKETS_A_SECOND * seconds;
    assert!(least * 100 >= due * 95, "{least} of {due} packets received");
}

#[test]
fn all_examples_twenty_times_over_four_at_once_have_one_hash_each() {
    let mut test = Telefonist::new("run examples --jobs 4 --repeat 20 --keep failed --report json=all.json");
    let examples = repository().join("examples").read_dir().unwrap();
    // those in `peers` need a peer
    for entry in examples.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().is_file())) {
        let name = entry.unwrap().file_name().into_string().unwrap();
        test = if name.contains('.') && !name.ends_with(".rhai") { test } else { test.example(&name) };
    }
    let from = test.folder.path();
    std::fs::create_dir(from.join("examples")).unwrap();
    for entry in from.read_dir().unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        std::fs::rename(entry.path(), from.join("examples").join(entry.file_name())).unwrap();
    }
    test.run().exits(0);
    let report: Value = serde_json::from_str(&std::fs::read_to_string(from.join("all.json")).unwrap()).unwrap();
    let mut hashes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut runs = 0;
    for result in report["tests"].as_array().unwrap() {
        assert_eq!(result["status"], "pass", "{result}");
        let hash = result["attempts"][0]["hash"].as_str().unwrap();
        let name = result["name"].as_str().unwrap().split(" (repetition").next().unwrap();
        hashes.entry(name).or_default().insert(hash);
        runs += 1;
    }
    assert!(runs >= 220 && runs == 20 * hashes.len(), "{runs} runs");
    assert!(hashes.values().all(|of_one| of_one.len() == 1), "{hashes:?}");
}

/// For the kernel to clear away what has ended.
const SOON: Duration = Duration::from_secs(5);

/// What a process has open.
#[derive(Debug, PartialEq)]
struct Held {
    files: usize,
    threads: usize,
    children: usize,
    /// In kB.
    memory: u64,
}

fn held() -> Held {
    let count = |folder: &str| Path::new(folder).read_dir().unwrap().count();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let memory = line.trim().trim_end_matches(" kB").parse().unwrap();
    Held {
        files: count("/proc/self/fd"),
        threads: count("/proc/self/task"),
        children: children(std::process::id()).len(),
        memory,
    }
}

/// Counts runs that did not pass.
struct Quiet;

impl Watcher for Quiet {
    fn begins(&self, _: usize, _: &Case, _: &Header, _: &Arc<Log>) {}
    fn ran(&self, _: usize, ran: &Ran) {
        assert_eq!(ran.verdict.reasons, [], "{:?}", ran.verdict);
    }
    fn ended(&self, _: usize, _: &TestResult) {}
    fn done(&self, _: usize) {}
}

#[test]
fn two_hundred_runs_in_one_process_leave_nothing_behind() {
    if !is_alone("load::two_hundred_runs_in_one_process_leave_nothing_behind") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let test = folder.path().join("call.rhai");
    std::fs::write(&test, std::fs::read_to_string(repository().join("examples/basic_call.rhai")).unwrap()).unwrap();
    let workplace = Workplace::new(folder.path().to_path_buf(), crate::one_process::settings(folder.path()));
    let cases = Case::read(&workplace, &test);
    let runs = |count: u32| {
        let plan = Plan { jobs: 4, repeat: count, keep: Keep::None, ..Plan::default() };
        let (results, code) = pipeline::run(&workplace, &cases, &plan, &Quiet);
        assert_eq!((results.tests.len(), code), (count as usize, ExitCode::Passed));
    };
    // whatever is made once is made now
    runs(40);
    let before = held();
    runs(200);
    let began = Instant::now();
    let mut after = held();
    // a thread that has been joined is gone a moment later
    while after.threads > before.threads && began.elapsed() < SOON {
        std::thread::yield_now();
        after = held();
    }
    assert_eq!((after.files, after.children), (before.files, 0), "{before:?} {after:?}");
    assert!(after.threads <= before.threads, "{before:?} {after:?}");
    assert!(after.memory < before.memory + 8 * 1024, "{before:?} {after:?}");
    assert_eq!(folder.path().join("runs").read_dir().unwrap().count(), 0);
    let free = telefonist::agent::free_ports(workplace.settings());
    assert!(free.sip > 0 && free.control > 0 && free.rtp > 0, "{free:?}");
}
