//! Agents that crash or are killed: what a test comes to that does not expect it, and how one goes on that does.

use crate::support::{Telefonist, agent_process, wait_for_event};
use serde_json::Value;

const PAIR: &str = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\n";
const BOTH: &str = "alice.cmd(\"uuid\");\nbob.cmd(\"uuid\");\n";
/// What the tests of this file wait for while bob is killed: it never comes.
const WAIT: &str = "await alice.event(\"CALL_INCOMING\") within 60s;\n";
const CALL: &str = "alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\") within 20s;\nbob.accept();\n\
                    await all([alice.established(), bob.established()]) within 20s;\nalice.hangup();\nawait bob.closed() within 20s;\n";

/// Runs a test whose bob gets a signal while it waits; the exit code, and what the program says.
fn signalled(test: &Telefonist, signal: i32) -> (Option<i32>, String) {
    let mut child = test.start();
    wait_for_event(&mut child, &test.folder.path().join("data"), &["WAITING", "CALL_INCOMING"]);
    let bob = agent_process(child.id(), "bob").expect("bob runs");
    // SAFETY: plain kill(2) on an agent of a program that this test started
    assert_eq!(unsafe { libc::kill(bob as i32, signal) }, 0);
    let done = child.wait_with_output().expect("it ends");
    (done.status.code(), [done.stdout, done.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat())
}

fn time_of(events: &[Value], name: &str) -> f64 {
    let event = events.iter().find(|event| event["type"] == name);
    event.and_then(|event| event["time"].as_f64()).unwrap_or_else(|| panic!("no {name} in {events:#?}"))
}

#[test]
fn a_lost_agent_is_an_error_of_the_test_whichever_agent_it_waits_for() {
    for (signal, wait) in [(libc::SIGKILL, WAIT), (libc::SIGABRT, &WAIT.replace("alice", "bob"))] {
        let test = Telefonist::new("run t.rhai").file("t.rhai", &format!("{PAIR}{BOTH}{wait}"));
        let (code, said) = signalled(&test, signal);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains(&format!("agent `bob` went away by itself: killed by signal {signal}")), "{said}");
        assert!(said.contains("at t.rhai:5:"), "{said}");
        assert!(!said.contains("warning"), "{said}");
        let events = test.events();
        // far below the time of the wait, on a busy machine too
        assert!(time_of(&events, "ENDED") - time_of(&events, "AGENT_LOST") < 5000.0, "{events:#?}");
    }
}

#[test]
fn a_test_that_catches_the_loss_starts_the_agent_again_and_may_pass() {
    for again in ["bob.restart();\n", "bob = agent(\"bob\");\n"] {
        let caught = format!(
            "try {{ {WAIT} fail(\"nothing was lost\"); }} catch (e) {{ assert_eq(e.kind, \"lost\"); }}\n\
             try {{ bob.hangup(); fail(\"bob is there\"); }} catch (e) {{ assert_eq(e.kind, \"lost\"); }}\n\
             {again}assert_eq(bob.name, \"bob\");\n"
        );
        let test = Telefonist::new("run t.rhai").file("t.rhai", &format!("{PAIR}{BOTH}{caught}{CALL}"));
        let (code, said) = signalled(&test, libc::SIGKILL);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("warning: bob went away by itself: killed by signal 9"), "{said}");
    }
}

#[test]
fn another_agent_starts_after_a_loss_and_the_lost_one_is_still_refused() {
    let script = format!(
        "{PAIR}{BOTH}try {{ {WAIT} }} catch {{}}\nlet carol = agent(\"carol\");\n{}await bob.closed() within 60s;\n",
        CALL.replace("bob", "carol")
    );
    let test = Telefonist::new("run t.rhai").file("t.rhai", &script);
    let (code, said) = signalled(&test, libc::SIGKILL);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("agent `bob` went away by itself: killed by signal 9"), "{said}");
    let carol = |event: &Value| event["agent"] == "carol" && event["type"] == "CALL_ESTABLISHED";
    assert!(test.events().iter().any(carol), "{said}");
}

#[test]
fn the_teardown_and_the_next_test_start_the_lost_agent() {
    let text = format!(
        "{PAIR}setup {{\n{BOTH}}}\nteardown {{\nbob.restart();\n{CALL}print(\"cleared up\");\n}}\n\
         test \"loses bob\" {{\n{WAIT}}}\ntest \"next\" {{\n{CALL}}}\n"
    );
    let test = Telefonist::new("run t.rhai --verbose").file("t.rhai", &text);
    let (code, said) = signalled(&test, libc::SIGKILL);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("1 passed, 1 could not be carried out") && said.contains("PASS  t.rhai › next"), "{said}");
    assert_eq!(said.matches("print: cleared up").count(), 2, "{said}");
    assert!(!said.contains("teardown failed"), "{said}");
}
