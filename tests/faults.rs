//! What goes wrong must change the verdict, be reported with its place, and leave nothing behind.

use crate::support::{Done, Telefonist, children, wait_for_event};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A call that stays up for a while.
const CALL: &str = "\
_define ua1 sip:alice@127.0.0.1
_define ua2 sip:bob@127.0.0.1
uanew <ua1>;regint=0
uanew <ua2>;regint=0
ua1:dial ua2|300ms|ua2:accept|30s
";

fn signal(process: u32, signal: i32) {
    // SAFETY: plain kill(2) on a process that this test started
    assert_eq!(unsafe { libc::kill(process as i32, signal) }, 0, "signal {signal} to {process}");
}

/// The agents of a host that are still there after at most a second.
fn agents_left(agents: &[u32]) -> Vec<u32> {
    let start = Instant::now();
    loop {
        let alive = |id: &&u32| {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            !stat.is_empty() && !stat.contains(") Z ")
        };
        let left: Vec<u32> = agents.iter().filter(alive).copied().collect();
        if left.is_empty() || start.elapsed() > Duration::from_secs(1) {
            return left;
        }
        std::thread::yield_now();
    }
}

#[test]
fn an_agent_killed_in_a_call_is_an_error_with_its_name_and_line_within_a_second() {
    let test = Telefonist::new("run call").file("call", CALL);
    let mut child = test.start();
    wait_for_event(&mut child, &test.folder.path().join("data"), &["CALL_ESTABLISHED", "\"alice\""]);
    let agents = children(child.id());
    assert_eq!(agents.len(), 2);
    let killed = Instant::now();
    signal(agents[0], libc::SIGKILL);
    let output = child.wait_with_output().unwrap();
    let took = killed.elapsed();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("`alice`") || said.contains("`bob`"), "{said}");
    assert!(said.contains("call:5"), "{said}");
    assert!(took < Duration::from_secs(1), "it took {took:?}");
    // the other one hung up on somebody who is gone, and ended as it should
    let events = test.events();
    let stopped = events.iter().filter(|event| event["type"] == "AGENT_STOPPED");
    let how: Vec<&str> = stopped.map(|event| event["status"].as_str().unwrap()).collect();
    assert_eq!(how, ["exit code 0"], "{said}");
    assert!(events.iter().all(|event| !event.to_string().contains("magic check")), "{said}");
    assert!(agents_left(&agents).is_empty());
}

#[test]
fn what_is_awaited_of_an_agent_that_is_killed_is_no_second_reason() {
    let text =
        "let alice = agent(\"alice\");\nalice.cmd(\"reginfo\");\nawait alice.event(\"CALL_INCOMING\") within 2m;\n";
    let test = Telefonist::new("run a.rhai").file("a.rhai", text);
    let mut child = test.start();
    wait_for_event(&mut child, &test.folder.path().join("data"), &["WAITING"]);
    signal(children(child.id())[0], libc::SIGKILL);
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("alice") && said.contains("signal 9") && !said.contains("within 2 min"), "{said}");
}

#[test]
fn ctrl_c_and_a_terminal_that_goes_end_with_130_and_no_agent_is_left() {
    for sent in [libc::SIGINT, libc::SIGHUP] {
        let test = Telefonist::new("run call").file("call", CALL);
        let mut child = test.start();
        wait_for_event(&mut child, &test.folder.path().join("data"), &["CALL_ESTABLISHED", "\"alice\""]);
        let agents = children(child.id());
        signal(child.id(), sent);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130));
        assert!(String::from_utf8_lossy(&output.stdout).contains("CANCELLED"));
        assert!(agents_left(&agents).is_empty());
        assert!(test.run_folder().join("verdict.json").exists());
    }
}

/// A test that is interrupted in its call; it prints `in a call` when it is there. CLEARS is its teardown's.
const TORN_DOWN: &str = r#"let alice = agent("alice");
let bob = agent("bob");
teardown { CLEARS }
test "talks" {
    alice.dial(bob);
    await bob.event("CALL_INCOMING") within 20s;
    bob.accept();
    await bob.established() within 20s;
    print("in a call");
    await bob.closed() within 10m;
}
"#;

fn torn_down(clears: &str) -> Telefonist {
    Telefonist::new("run t.rhai").file("t.rhai", &TORN_DOWN.replace("CLEARS", clears))
}

#[test]
fn a_teardown_runs_after_a_signal() {
    for sent in [libc::SIGINT, libc::SIGTERM] {
        let test = torn_down("alice.hangup(); await bob.closed() within 9s; print(\"hung up\");");
        let mut child = test.start();
        wait_for_event(&mut child, &test.folder.path().join("data"), &["\"PRINT\"", "in a call"]);
        let agents = children(child.id());
        signal(child.id(), sent);
        let done = Done::from(child.wait_with_output().unwrap()).exits(130);
        done.says("CANCELLED").never_says("teardown failed");
        let prints: Vec<_> = test.events().into_iter().filter(|event| event["type"] == "PRINT").collect();
        assert_eq!(prints.last().map(|print| &print["text"]), Some(&"hung up".into()), "{prints:?}");
        assert!(agents_left(&agents).is_empty());
    }
}

#[test]
fn a_second_signal_ends_a_teardown_at_once() {
    // what comes within half a second belongs to the first signal
    let test = torn_down("sleep(600ms); print(\"clears up\"); sleep(9s);");
    let mut child = test.start();
    let data = test.folder.path().join("data");
    wait_for_event(&mut child, &data, &["\"PRINT\"", "in a call"]);
    let agents = children(child.id());
    signal(child.id(), libc::SIGINT);
    wait_for_event(&mut child, &data, &["\"PRINT\"", "clears up"]);
    let again = Instant::now();
    signal(child.id(), libc::SIGINT);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    let took = again.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(agents_left(&agents).is_empty());
}

#[test]
fn a_teardown_after_a_signal_takes_10_s_at_most() {
    let test = torn_down("await bob.event(\"CALL_HOLD\") within 10m;");
    let mut child = test.start();
    wait_for_event(&mut child, &test.folder.path().join("data"), &["\"PRINT\"", "in a call"]);
    signal(child.id(), libc::SIGTERM);
    let done = Done::from(child.wait_with_output().unwrap()).exits(130);
    done.says("CANCELLED").says("the teardown failed, too: the teardown did not end within 10 s");
}

#[test]
fn signals_of_one_wish_cost_no_verdict_and_no_report() {
    let test = Telefonist::new("run call --report junit=out.xml").file("call", CALL);
    let mut child = test.start();
    wait_for_event(&mut child, &test.folder.path().join("data"), &["CALL_ESTABLISHED", "\"alice\""]);
    // timeout(1) signals the program and then its group; two of a kind might come as one
    for sent in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
        signal(child.id(), sent);
    }
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    assert!(test.run_folder().join("verdict.json").exists());
    assert!(std::fs::read_to_string(test.folder.path().join("out.xml")).unwrap().contains("CANCELLED"));
}

#[test]
fn under_nohup_a_terminal_that_goes_ends_nothing() {
    let test = Telefonist::new("")
        .file("call.rhai", "let alice = agent(\"alice\");\nawait alice.quiet(\"EXIT\") during 500ms;\n");
    let mut command = Command::new("nohup");
    command.args([env!("CARGO_BIN_EXE_telefonist"), "run", "call.rhai"]).current_dir(test.folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    wait_for_event(&mut child, &test.folder.path().join("data"), &["WAITING"]);
    signal(child.id(), libc::SIGHUP);
    Done::from(child.wait_with_output().unwrap()).exits(0).says("PASS");
}

#[test]
fn agents_die_with_a_host_that_is_killed_and_its_events_stay_readable() {
    let test = Telefonist::new("run call").file("call", CALL);
    let mut child = test.start();
    wait_for_event(&mut child, &test.folder.path().join("data"), &["CALL_ESTABLISHED", "\"alice\""]);
    let agents = children(child.id());
    assert_eq!(agents.len(), 2);
    signal(child.id(), libc::SIGKILL);
    child.wait().unwrap();
    assert!(agents_left(&agents).is_empty());
    assert!(test.events().iter().any(|event| event["type"] == "CALL_ESTABLISHED"));
}

#[test]
fn without_accept_or_with_swapped_steps_the_hash_differs_and_the_diff_shows_where() {
    let text = |steps: &str| {
        format!(
            "_define ua1 sip:alice@127.0.0.1\n_define ua2 sip:bob@127.0.0.1\nuanew <ua1>;regint=0\nuanew <ua2>;regint=0\n{steps}\n"
        )
    };
    let good = "ua1:dial ua2|300ms|ua2:accept|500ms|ua1:hangup|300ms";
    let first = Telefonist::new("run call").file("call", &text(good));
    let hash = first.run().exits(0).says("PASS").hash();
    let flow = std::fs::read_to_string(first.run_folder().join("flow.txt")).unwrap();
    for steps in ["ua1:dial ua2|300ms|500ms|ua1:hangup|300ms", "ua1:dial ua2|300ms|ua1:hangup|500ms|ua2:accept|300ms"] {
        let text = format!("_hash {hash}\n{}", text(steps));
        let test = Telefonist::new("run call").file("call", &text).file("call.flow", &flow);
        test.run().exits(1).says("FAIL").says("CALL_ESTABLISHED").says(&hash);
    }
}

#[test]
fn scripts_that_never_end_or_recurse_end_with_a_verdict() {
    let endless = Telefonist::new("run x.rhai --test-timeout 500ms").file("x.rhai", "loop { }\n");
    endless.run().exits(3).says("ERROR").says("x.rhai:1");
    let deep = Telefonist::new("run x.rhai").file("x.rhai", "fn f(n) { f(n + 1) }\nf(0);\n");
    deep.run().exits(3).says("calls itself without end").says("at x.rhai:").never_says("panicked");
}

#[test]
fn a_registration_that_fails_fails_the_run_at_once() {
    // a TCP port that nobody listens on: the refusal is immediate
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = format!("uanew <sip:alice@127.0.0.1:{port};transport=tcp>;auth_pass=topsecret\n20s\n");
    let test = Telefonist::new("run reg").file("reg", &text);
    test.run().exits(1).says("Registration failed").says("alice").never_says("topsecret");
    let kept = std::fs::read_to_string(test.run_folder().join("events.jsonl")).unwrap();
    assert!(!kept.contains("topsecret"));
}

#[test]
fn what_is_asked_of_an_agent_after_its_end_is_told_so() {
    let bob = "let bob = agent(\"bob\");\n";
    let ended = "agent `bob` has been ended by an earlier step";
    for (steps, message) in [
        ("bob.cmd(\"reginfo\");\nuadelall();\nbob.cmd(\"reginfo\");", ended),
        ("bob.cmd(\"reginfo\");\nuadelall();\nawait bob.closed() within 20s;", ended),
        ("bob.cmd(\"quit\");\nbob.cmd(\"reginfo\");", "agent `bob` has ended; no command reaches it"),
    ] {
        let told = Telefonist::new("run a.rhai").file("a.rhai", &format!("{bob}{steps}")).run().exits(3);
        told.says(message).says(&format!("a.rhai:{}", 1 + steps.lines().count()));
    }
}

#[test]
fn two_local_agents_of_one_name_are_told_of() {
    let text = "let bob = agent(\"bob\");\nlet other = agent(\"bob\");\nprint(other.name);\n";
    let told = Telefonist::new("run a.rhai --verbose").file("a.rhai", text).run().exits(0);
    told.says("there is an agent `bob` already").says("called `sip:bob@127.0.0.1`");
    let text = "let bob = agent(\"bob\");\nlet other = agent(\"bob\", #{ name: \"desk\" });\n";
    Telefonist::new("run a.rhai --verbose").file("a.rhai", text).run().exits(0).never_says("already");
}
