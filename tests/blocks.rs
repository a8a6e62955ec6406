//! Files with several tests: how they are picked, named, run, reported and updated, on real agents.

use crate::support::{Telefonist, repository};
use serde_json::Value;
use std::fs;

fn several(words: &str) -> Telefonist {
    Telefonist::new(words).example("several_tests.rhai")
}

/// The names in a JSON report, with their statuses.
fn told(test: &Telefonist) -> Vec<String> {
    let report = fs::read_to_string(test.folder.path().join("r.json")).expect("the report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let one = |test: &Value| format!("{} {}", test["name"].as_str().unwrap(), test["status"].as_str().unwrap());
    report["tests"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn each_block_is_a_test_with_a_name_a_run_and_a_result_of_its_own() {
    let test = several("run several_tests.rhai --jobs 2 --report json=r.json --report junit=r.xml");
    test.run().exits(0).says("4 passed").says("PASS  several_tests.rhai › bob is not at home");
    let names = ["bob answers", "bob is busy", "bob is asleep", "bob is not at home"];
    assert_eq!(told(&test), names.map(|name| format!("several_tests.rhai › {name} pass")));
    assert_eq!(fs::read_dir(test.folder.path().join("data/runs")).unwrap().count(), 4);
    let junit = fs::read_to_string(test.folder.path().join("r.xml")).unwrap();
    assert!(junit.contains("bob is asleep"), "{junit}");
    test.then("runs busy").exits(0).says("several_tests.rhai › bob is busy");
    test.then("run several_tests.rhai --tag refused").exits(0).says("3 passed");
    let one = test.command_with(&["run", "several_tests.rhai", "--filter", "\"bob answers\""]).output().unwrap();
    assert!(String::from_utf8_lossy(&one.stdout).contains("PASS  several_tests.rhai › bob answers"), "{one:?}");
}

#[test]
fn one_that_fails_is_retried_remembered_and_run_again_alone_and_its_teardown_is_run() {
    let text = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\nteardown { alice.cmd(\"uuid\"); print(\"cleared up\"); }\n\
                test \"good\" { alice.cmd(\"uuid\"); }\ntest \"bad\" { alice.dial(bob); await bob.established() within 50ms; }\n\
                test \"off\" { skip(\"not now\"); }\n";
    let test = Telefonist::new("run t.rhai --retries 1 --verbose").file("t.rhai", text);
    let done = test.run().exits(1).says("1 passed, 1 failed, 1 skipped").says("print: cleared up");
    done.says("no CALL_ESTABLISHED at bob within 50 ms").says("at t.rhai:5:").never_says("teardown failed");
    test.then("run t.rhai --last-failed").exits(1).says("FAIL  t.rhai › bad").never_says("good");
}

#[test]
fn a_teardown_after_a_failed_assert_still_hangs_up() {
    let text = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\n\
                teardown { alice.hangup(); await bob.closed() within 5s; print(\"hung up\"); }\n\
                test \"fails in its call\" {\n    alice.dial(bob);\n    await bob.event(\"CALL_INCOMING\");\n    bob.accept();\n\
                    await bob.established();\n    assert(false, \"on purpose\");\n}\n";
    let test = Telefonist::new("run t.rhai --verbose").file("t.rhai", text);
    test.run().exits(1).says("on purpose").says("at t.rhai:9:").says("print: hung up").never_says("teardown failed");
}

#[test]
fn only_is_for_the_desk_and_never_for_ci() {
    let text = "let a = agent(\"a\");\ntest \"one\" { only(); a.cmd(\"uuid\"); }\ntest \"two\" { a.cmd(\"uuid\"); }\n";
    let test = Telefonist::new("run t.rhai").file("t.rhai", text);
    test.run().exits(0).says("only(): 1 of 2 tests").never_says("two");
    let refused = test.command().env("CI", "true").output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("t.rhai:2:") && said.contains("CI"), "{said}");
}

#[test]
fn an_update_writes_the_hash_into_the_block_and_the_flow_beside_the_file() {
    let test = several("run several_tests.rhai --update");
    test.run().exits(0).says("bob answers has hash").says("bob is busy has hash");
    let text = fs::read_to_string(test.folder.path().join("several_tests.rhai")).unwrap();
    assert_eq!(text.matches("hash(\"").count(), 1, "{text}");
    assert!(text.starts_with("hash(#{\n    \"bob is "), "{text}");
    assert!(text.contains("test \"bob answers\" {\n    hash(\""), "{text}");
    assert!(test.folder.path().join("several_tests.rhai.bob_is_busy.flow").is_file());
    test.then("run several_tests.rhai").exits(0).says("4 passed");
    let wrong = text.replacen(
        "    bob.hangup();\n",
        "    alice.dtmf(\"5\");\n    await bob.dtmf(\"5\");\n    bob.hangup();\n",
        1,
    );
    fs::write(test.folder.path().join("several_tests.rhai"), wrong).unwrap();
    test.then("run several_tests.rhai").exits(1).says("3 passed, 1 failed").says("the flow is not the expected one");
}

#[test]
fn a_top_level_that_does_not_end_or_acts_is_told_before_anything_starts() {
    for (text, says) in [
        ("let a = agent(\"a\");\na.dial(\"x\");\ntest \"t\" { a.hangup(); }\n", "commands and waits belong in a test"),
        ("let n = 0;\nwhile n < 1 { n = 0; }\ntest \"t\" { }\n", "did not end"),
        ("let p = param(\"NOT_GIVEN\");\ntest `t ${p}` { }\n", "there is no value for the parameter `NOT_GIVEN`"),
        ("for n in 0..2 { test \"same\" { } }\n", "there is a second test `same`"),
    ] {
        let test = Telefonist::new("run t.rhai").file("t.rhai", text);
        test.run().exits(2).says(says).says("t.rhai:");
        assert!(!test.folder.path().join("data/runs").exists(), "{text}");
        test.then("check t.rhai").exits(2).says(says);
    }
}

#[test]
fn calls_of_one_agent_are_told_apart_on_an_old_baresip_too() {
    let text = fs::read_to_string(repository().join("examples/two_calls.rhai")).unwrap();
    assert!(text.contains("first.hangup();") && text.contains("await second.quiet("));
    // the call that is hung up is not the current one
    let wrong = text.replace("await first.closed() within 5s;", "await second.closed() within 300ms;");
    for baresip in ["", "--baresip /usr/bin/baresip"] {
        let test = Telefonist::new(&format!("run t.rhai {baresip}")).file("t.rhai", &wrong);
        test.run().exits(1).says("no CALL_CLOSED at alice within 300 ms").says("of another of its calls");
    }
}
