//! Two hosts at once on one data folder: nothing meets, nothing is torn, nothing is left over.

use crate::support::{Done, Telefonist};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

const ROUNDS: usize = 4;

/// A call between two agents with sound; its flow is the same in every run.
const CALL: &str = r#"let alice = agent("alice", #{ audio: "alice.wav" });
let bob = agent("bob", #{ audio: "bob.wav" });
alice.dial(bob);
await bob.event("CALL_INCOMING") within 20s;
bob.hangup();
await alice.event("CALL_CLOSED") within 20s;
"#;

/// Runs the program twice at once; each time with all words.
fn both(test: &Telefonist) -> Vec<Done> {
    let start = || test.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let hosts = [start(), start()];
    hosts.into_iter().map(|host| Done::from(host.wait_with_output().expect("its output"))).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn runs_sounds_and_baselines_of_two_hosts_are_whole() {
    // the wrong hash lets each run look for the flow of the last one, which the other host may be writing
    let wrong = format!("hash(\"0123456789abcdef\");\n{CALL}");
    let test = Telefonist::new(&format!("run right.rhai wrong.rhai --repeat {ROUNDS} --jobs 2"));
    let test = test.file("right.rhai", CALL).file("wrong.rhai", &wrong);
    for host in both(&test) {
        host.exits(1).says(&format!("{ROUNDS} passed, {ROUNDS} failed")).never_says("warning").never_says("can't");
    }
    let data = test.folder.path().join("data");
    let runs = names(&data.join("runs"));
    assert_eq!(runs.len(), 2 * 2 * ROUNDS, "{runs:?}");
    let mut hashes = BTreeSet::new();
    for run in &runs {
        let run = data.join("runs").join(run);
        let read = |name: &str| std::fs::read_to_string(run.join(name)).unwrap();
        let verdict: Value = serde_json::from_str(&read("verdict.json")).unwrap();
        hashes.insert(verdict["hash"].as_str().unwrap().to_string());
        for (n, line) in read("events.jsonl").lines().skip(1).enumerate() {
            let event: Value = serde_json::from_str(line).unwrap();
            assert_eq!(event["n"], n, "{}", run.display());
        }
        assert!(!read("flow.txt").is_empty());
        let left_over: Vec<String> = names(&run).into_iter().filter(|name| name.starts_with('.')).collect();
        assert!(left_over.is_empty(), "{left_over:?}");
    }
    assert_eq!(hashes.len(), 1, "{hashes:?}");
    let voices =
        ["alice", "bob", "charlie"].map(|name| ["", "_speech", "_speech_16k"].map(|kind| format!("{name}{kind}.wav")));
    let sounds: Vec<String> = voices.concat().into_iter().chain(["silence.wav".to_string()]).collect();
    assert_eq!(names(&data.join("built-in/sounds")), sounds);
}

#[test]
fn two_hosts_that_update_one_test_leave_it_whole() {
    let test = Telefonist::new("run call.rhai --update").file("call.rhai", CALL);
    let hashes: BTreeSet<String> = both(&test).into_iter().map(|host| host.exits(0).hash().replace(',', "")).collect();
    assert_eq!(hashes.len(), 1, "{hashes:?}");
    let updated = std::fs::read_to_string(test.folder.path().join("call.rhai")).unwrap();
    let hash = hashes.first().unwrap();
    assert_eq!(updated, format!("hash(\"{hash}\");\n{CALL}"));
    assert_eq!(names(test.folder.path()), ["call.rhai", "call.rhai.flow", "data"]);
    test.run().exits(0).says(hash);
}

#[test]
fn a_job_with_a_tmpdir_of_its_own_takes_its_ports_where_all_do() {
    let test = Telefonist::new("run call.rhai").file("call.rhai", CALL).file("tmp/job", "");
    let tmpdir = test.folder.path().join("tmp");
    let done = test.command().env("TMPDIR", &tmpdir).output().expect("the program starts");
    Done::from(done).exits(0).says("PASS");
    assert_eq!(names(&tmpdir), ["job"], "leases that no other host sees");
}
