//! `telefonist replay`, `diff` and `runs` on real runs.

use crate::support::{Done, Telefonist, golden, repository, wait_for_event};
use std::path::{Path, PathBuf};

const CALL: &str = r#"
ignore("AUDIO_REPORT"); // how much was heard in so short a call varies
let alice = agent("alice");
let bob = agent("<sip:bob@127.0.0.1>;regint=0;auth_pass=hush-hush");
alice.dial(bob);
await bob.event("CALL_INCOMING");
bob.accept();
await all([alice.event("CALL_RTPESTAB"), bob.event("CALL_RTPESTAB")]);
alice.hangup();
await all([alice.event("CALL_CLOSED"), bob.event("CALL_CLOSED")]);
"#;

/// The same folder, other words.
fn again(test: &Telefonist, words: &str) -> Done {
    let words: Vec<&str> = words.split_whitespace().collect();
    let mut command = test.command_with(&words);
    Done::from(command.output().expect("the program starts"))
}

fn runs(test: &Telefonist) -> Vec<PathBuf> {
    let folder = test.folder.path().join("data/runs");
    let mut runs: Vec<PathBuf> = folder.read_dir().unwrap().map(|run| run.unwrap().path()).collect();
    runs.sort();
    runs
}

fn id(run: &Path) -> &str {
    run.file_name().unwrap().to_str().unwrap()
}

/// What the report says, without what varies: the duration, and the run's folder as it was named.
fn told(text: &str) -> Vec<String> {
    let report = text.lines().skip_while(|line| !["PASS", "FAIL"].iter().any(|word| line.starts_with(word)));
    let report = report.filter(|line| !line.trim_start().starts_with("kept in "));
    report.map(|line| line.split(" (").next().unwrap_or_default().to_string()).collect()
}

#[test]
fn a_replay_says_what_the_run_said() {
    let test = Telefonist::new("run call.rhai").file("call.rhai", CALL);
    let live = test.run().exits(0);
    let replayed = again(&test, "replay last").exits(0).never_says("differs").never_says("hush-hush");
    assert_eq!(told(&replayed.stdout), told(&live.stdout));
    let line = regex::Regex::new(r"(?m)^ +\+\d\.\d{3}  bob       CALL_ESTABLISHED  alice$").unwrap();
    assert!(line.is_match(&replayed.stdout), "{}", replayed.stdout);
    replayed
        .says("> dial sip:bob@127.0.0.1")
        .says("(call.rhai:5:7)")
        .says("-> INVITE to bob, UDP")
        .never_says("Populated");
    again(&test, "replay last --log").exits(0).says("log: info: Populated");
    // what the record shows of the cause comes out the same
    let refused =
        CALL.replace("bob.accept()", "bob.hangup()").replace("CALL_RTPESTAB\"), bob", "CALL_ESTABLISHED\"), bob");
    std::fs::write(test.folder.path().join("call.rhai"), refused.replace("]);\nalice", "]) within 500ms;\nalice"))
        .unwrap();
    let live = test.run().exits(1).says("no CALL_ESTABLISHED");
    let replayed = again(&test, "replay last").exits(1).never_says("differs");
    assert_eq!(told(&replayed.stdout), told(&live.stdout));
    let verdict = std::fs::read_to_string(runs(&test).last().unwrap().join("verdict.json")).unwrap();
    assert!(verdict.contains("\"findings\""), "{verdict}");
    // the flow that it was compared with is kept too
    std::fs::write(test.folder.path().join("call.rhai"), format!("hash(\"0123456789abcdef\");{CALL}")).unwrap();
    std::fs::write(test.folder.path().join("call.rhai.flow"), "alice\n  call 1, outgoing, bob\n    CALL_RINGING\n")
        .unwrap();
    let live = test.run().exits(1).says("is too much");
    std::fs::remove_file(test.folder.path().join("call.rhai.flow")).unwrap();
    let replayed = again(&test, "replay last").exits(1).never_says("differs");
    assert_eq!(told(&replayed.stdout), told(&live.stdout));
}

#[test]
fn a_replay_names_what_was_changed_and_judges_the_record() {
    let test = Telefonist::new("run call.rhai").file("call.rhai", CALL);
    test.run().exits(0);
    let run = test.run_folder();
    let verdict = std::fs::read_to_string(run.join("verdict.json")).unwrap();
    std::fs::write(run.join("verdict.json"), verdict.replace("\"pass\"", "\"fail\"")).unwrap();
    again(&test, "replay last").exits(0).says("the kept verdict differs: it says FAIL, now it is PASS");
    std::fs::write(run.join("verdict.json"), "{").unwrap();
    again(&test, "replay last").exits(0).says("this is not a verdict");
    std::fs::remove_file(run.join("verdict.json")).unwrap();
    again(&test, "replay last").exits(0).says("no verdict was kept");
    let events = std::fs::read_to_string(run.join("events.jsonl")).unwrap();
    std::fs::write(run.join("events.jsonl"), events.split("ESTABLISHED\"").next().unwrap()).unwrap();
    again(&test, "replay last").exits(3).says("has no end").says("is torn");
    std::fs::write(run.join("events.jsonl"), events.replacen("\"kind\"", "\"dink\"", 1)).unwrap();
    again(&test, "replay last").exits(3).says("events.jsonl:2:");
    again(&test, "replay nothing").exits(2).says("has `nothing` in its id");
    again(&test, "replay ..").exits(2).says("no folder of a run");
}

#[test]
fn the_replay_of_a_folder_is_as_expected() {
    let folder = repository().join("tests/reports/late");
    let words = ["replay", folder.to_str().unwrap()];
    let done = Done::from(Telefonist::new("").command_with(&words).output().unwrap()).exits(1);
    let text = done.stdout.replace(folder.to_str().unwrap(), "tests/reports/late");
    golden::agree(golden::compare(&folder.join("replay.txt"), &text));
    assert!(!text.contains('\x1b') && !text.contains("hush"));
}

#[test]
fn diff_tells_where_two_runs_part() {
    let test = Telefonist::new("run call.rhai").file("call.rhai", CALL);
    test.run().exits(0);
    test.run().exits(0);
    let rejected = CALL.split("bob.accept").next().unwrap().to_string() + "bob.hangup();\n";
    let rejected = rejected + "await all([alice.event(\"CALL_CLOSED\"), bob.event(\"CALL_CLOSED\")]);\n";
    std::fs::write(test.folder.path().join("call.rhai"), rejected).unwrap();
    test.run().exits(0);
    let runs = runs(&test);
    let [a, b, c] = [0, 1, 2].map(|n| id(&runs[n]));
    again(&test, &format!("diff {a} {b}")).exits(0).says("the flows are equal: hash ");
    let differ = again(&test, &format!("diff {a} last")).exits(1);
    assert!(
        differ.stdout.starts_with("the flows differ: instead of `CALL_ESTABLISHED` came `CALL_CLOSED"),
        "{}",
        differ.stdout
    );
    differ
        .says("(alice, call 1, outgoing, bob)")
        .says("-     CALL_ESTABLISHED")
        .says(&format!("+ {c}, call.rhai, hash "));
    again(&test, &format!("diff {a}")).exits(2);
    again(&test, &format!("diff {a} call")).exits(2).says("3 runs have `call` in their ids");
    std::fs::write(runs[1].join("events.jsonl"), "no events\n").unwrap();
    again(&test, &format!("diff {a} {b}")).exits(3).says("events.jsonl:1:");
}

#[test]
fn runs_are_listed_filtered_and_deleted() {
    let skipped = "_run 0\nuanew <sip:a@127.0.0.1>;regint=0\n";
    let test = Telefonist::new("run good.rhai off bad")
        .file("good.rhai", CALL)
        .file("off", skipped)
        .file("bad", "\ndial 123\n");
    test.run().exits(3);
    let kept = runs(&test);
    // what stands behind the name may be a word as well: `…-good.rhai-ebad`
    let of = |name: &str| kept.iter().find(|run| id(run).splitn(3, '-').nth(2).unwrap().starts_with(name)).unwrap();
    let list = again(&test, "runs").exits(0).stdout;
    let names: Vec<&str> = list.lines().map(|line| line.split_whitespace().last().unwrap()).collect();
    assert_eq!(names, ["bad", "off", "good"].map(|name| id(of(name))), "{list}");
    let words = |words: &str| -> Vec<String> {
        let lines = again(&test, words).exits(0).stdout;
        lines.lines().map(|line| line.split_whitespace().next().unwrap().to_string()).collect()
    };
    assert_eq!(words("runs"), ["ERROR", "SKIPPED", "PASS"]);
    assert_eq!(words("runs --status pass,error"), ["ERROR", "PASS"]);
    assert_eq!(words("runs good --since 1h"), ["PASS"]);
    assert_eq!(words("runs --since 2100-01-01"), [""; 0]);
    again(&test, "runs --since yesterday").exits(2).says("7d");
    let json: serde_json::Value = serde_json::from_str(&again(&test, "runs --json --status skipped").stdout).unwrap();
    assert_eq!((&json["format"], &json["runs"][0]["test"]), (&"telefonist-runs".into(), &"off".into()));

    let data = test.folder.path().join("data/runs");
    std::fs::create_dir(data.join("20991231-foreign")).unwrap();
    std::fs::write(data.join("20991231-foreign/events.jsonl"), "{}\n").unwrap();
    std::os::unix::fs::symlink(of("good"), data.join("20991231-link")).unwrap();
    assert_eq!(words("runs --status damaged").len(), 4);
    again(&test, "runs").exits(0).says("this is not the folder of a run").says("not the event file of a run");

    // all or nothing where one is not what was meant
    again(&test, "runs delete good nothing").exits(2).says("has `nothing` in its id");
    again(&test, "runs delete 20991231-link").exits(2).says("20991231-link is a link");
    again(&test, "runs delete").exits(2);
    let other = Telefonist::new("run good.rhai").file("good.rhai", CALL);
    other.run().exits(0);
    again(&test, &format!("runs delete {}", other.run_folder().display())).exits(2).says("does not lie in data/runs");
    assert!(other.run_folder().is_dir());
    assert_eq!(runs(&test).len(), 5);
    let deleted = again(&test, "runs delete good off").exits(0);
    deleted.says(&format!("deleted {}", id(of("good")))).says(&format!("deleted {}", id(of("off"))));
    // what can't be read is not older than anything
    again(&test, "runs delete --older-than 1h").exits(0).never_says("deleted");
    again(&test, "runs delete --older-than 0m").exits(0).says(&format!("deleted {}", id(of("bad"))));
    assert_eq!(runs(&test).iter().map(|run| id(run)).collect::<Vec<_>>(), ["20991231-foreign", "20991231-link"]);
}

#[test]
fn a_run_that_goes_on_is_not_deleted_and_one_whose_host_was_killed_is() {
    let test = Telefonist::new("run call.rhai").file("call.rhai", &CALL.replace("alice.hangup()", "sleep(60s)"));
    let mut child = test.start();
    wait_for_event(&mut child, &test.folder.path().join("data"), &["CALL_ESTABLISHED", "\"alice\""]);
    again(&test, "runs").exits(0).says("RUNNING");
    again(&test, "runs delete last").exits(3).says("the run is going on");
    again(&test, "runs delete --older-than 0m").exits(0).never_says("deleted");
    again(&test, "replay last").exits(3).says("the run is going on");
    child.kill().unwrap();
    child.wait().unwrap();
    again(&test, "runs").exits(0).says("BROKEN");
    again(&test, "runs delete last").exits(0).says("deleted ");
    again(&test, "runs").exits(0).says("no run is kept in data/runs");
}
