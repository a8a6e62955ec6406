//! A script that a person writes line by line.

use super::*;
use crate::diagnostic::{Diagnostic, render};

/// Enters the lines, each by itself, and gives for each what it gave: a value, or what is wrong with it.
fn enter(host: FakeHost, lines: &[&str]) -> Vec<String> {
    let limits =
        ScriptLimits { within: Duration::from_millis(20), test: Duration::from_secs(20), ..ScriptLimits::default() };
    let mut told = vec![];
    let none: Loader = Arc::new(|_| Err("no files here".into()));
    let ended = session(Arc::new(host), &limits, none, |session| {
        for line in lines {
            told.push(tell(&session.enter(line, None)));
        }
        Ended::finished()
    });
    assert_eq!(ended, Ended::finished());
    told
}

fn tell(outcome: &LineOutcome) -> String {
    let place = |problem: &Diagnostic| problem.place.as_ref().map(|place| place.to_string()).unwrap_or_default();
    let problem = |problem: &Diagnostic| format!("{} {}", place(problem), problem.message);
    match &outcome.trouble {
        Some(Trouble::Text(problems)) => problems.iter().map(problem).collect::<Vec<_>>().join("\n"),
        Some(Trouble::Ended(_, told)) => problem(told),
        None => outcome.done.last().and_then(|last| last.value.clone()).unwrap_or_default(),
    }
}

#[test]
fn variables_functions_imports_and_closures_live_on() {
    let told = enter(
        FakeHost::new(),
        &[
            "let a = 20; fn twice(x) { x * 2 }",
            "twice(a) + 2",
            "let add = |x| x + a;",
            "add.call(1)",
            "a += 1; a",
            "import \"std/calls\" as calls;",
            "fn hang(one) { calls::hangup(one, one) }",
            "const TEN = 10; fn ten() { global::TEN }",
            "fn twice(x) { x * 2 + 1 }",
            "twice(1)",
            "[twice(1), 5s, \"x\"]",
            "let count = 1; fn counted() { count + a }",
            "count = 5; counted()",
            "twice(1",
        ],
    );
    assert_eq!(told[..6], ["", "42", "", "21", "21", ""]);
    assert_eq!(told[8..13], ["", "3", "[3, 5s, \"x\"]", "", "26"]);
    assert!(told[13].starts_with("session:14:"), "{}", told[13]);
}

#[test]
fn agents_are_seen_by_functions_and_what_is_asked_of_them_is_shown() {
    let told = enter(
        FakeHost::new().on("alice dial bob", &["bob CALL_INCOMING c1"]).refusing("bob hold"),
        &[
            "let alice = agent(\"alice\"); let bob = agent(\"bob\");",
            "fn ring() { alice.dial(bob) }",
            "ring()",
            "bob",
            "bob.event(\"CALL_INCOMING\")",
            "await bob.event(\"CALL_INCOMING\")",
            "bob.hold()",
            "await bob.event(\"CALL_INCOMING\") within 5ms",
        ],
    );
    assert_eq!(told[..4], ["", "", "ok", "agent bob"]);
    assert_eq!(told[4], "a waiter for CALL_INCOMING at bob: write `await` before it");
    assert_eq!(told[5..7], ["CALL_INCOMING at bob", "refused  no such call"]);
    assert!(told[7].starts_with("session:8:7 no CALL_INCOMING at bob within 5 ms"), "{}", told[7]);
}

#[test]
fn what_fails_has_a_place_leaves_nothing_and_ends_no_session() {
    let told = enter(
        FakeHost::new(),
        &[
            "let alice = agent(\"alice\");",
            "alice.hangupp()",
            "let x = 1; assert(false, \"not so\"); let y = 2; fn later() { 7 }",
            "x + later()",
            "y",
            "fail(\"at once\")",
            "alice.dial(5); check(false, \"noted\")",
            "throw 5",
            "panic_for_a_test()",
            "await alice.event(\"CALL_CLOSED\") within 1ms",
            "fn deep() { assert(1 == 2, \"deep\") }",
            "deep()",
            "loop { }",
            "1",
        ][..12],
    );
    assert_eq!(told[1], "session:2:7 an agent has no method `hangupp`");
    assert_eq!(told[2], "session:3:12 not so");
    assert_eq!(told[3], "8");
    assert_eq!(told[4], "session:5:1 there is no variable `y` here");
    assert_eq!(told[5], "session:6:1 at once");
    assert_eq!(told[6], "session:7:16 noted");
    assert_eq!(told[7], "session:8:1 the script threw 5");
    assert!(told[8].contains("internal error"), "{}", told[8]);
    assert!(told[9].starts_with("session:10:7 no CALL_CLOSED at alice"), "{}", told[9]);
    assert_eq!(told[11], "session:11:13 deep");
}

#[test]
fn a_stop_ends_the_statement_and_not_the_session() {
    let limits = ScriptLimits::default();
    let host = Arc::new(FakeHost::new());
    let none: Loader = Arc::new(|_| Err("no files here".into()));
    session(host.clone(), &limits, none, |session| {
        let stopping = host.clone();
        let stopper = std::thread::spawn(move || {
            // the wait is in the log before it begins
            while let Some(events) = stopping.log.follow(0) {
                if events.iter().any(|event| matches!(event.body, Body::Note(Note::Waiting { .. }))) {
                    return stopping.log.stop(Ended::failed("interrupted"));
                }
            }
        });
        assert_eq!(tell(&session.enter("let a = 1; sleep(1m)", None)), "session:1:12 interrupted");
        stopper.join().unwrap();
        assert_eq!(tell(&session.enter("sleep(1ms); a + 1", None)), "2");
        host.log.stop(Ended::error("an agent died"));
        assert_eq!(tell(&session.enter("a + 2", None)), "3");
        Ended::finished()
    });
}

#[test]
fn a_line_of_another_language_has_its_place_as_it_was_written() {
    let none: Loader = Arc::new(|_| Err("no files here".into()));
    session(Arc::new(FakeHost::new()), &ScriptLimits::default(), none, |session| {
        session.enter("let a = 1;", None);
        let outcome = session.enter("alice:dial bob | 1ms", Some("on(\"alice\").cmd(\"dial\", \"bob\"); sleep(1ms);"));
        let Some(Trouble::Ended(_, problem)) = outcome.trouble else { panic!("{outcome:?}") };
        let shown = render(&[problem], false);
        assert!(shown.contains("[session:2:1]") && shown.contains("alice:dial bob | 1ms"), "{shown}");
        session.enter("a + 1", None);
        assert_eq!(session.text(), "let a = 1;\n\na + 1;\n");
        Ended::finished()
    });
}

/// Runs a script with a person who enters these lines where it fails: how it ended, and what each line gave.
fn paused(program: &Program, lines: &'static [&str]) -> (Ended, Vec<String>) {
    let told = Arc::new(Mutex::new(vec![]));
    let telling = told.clone();
    let pause = move |session: &mut Session, ended: &Ended| {
        let mut told = telling.lock().unwrap();
        told.push(ended.message.clone());
        told.extend(lines.iter().map(|line| tell(&session.enter(line, None))));
    };
    let host = Arc::new(FakeHost::new());
    let ended = crate::engine::run(program, host, &ScriptLimits::default(), Some(Arc::new(pause)));
    let told = told.lock().unwrap().clone();
    (ended, told)
}

#[test]
fn a_session_inside_a_script_that_failed_has_its_variables_and_changes_no_verdict() {
    let text = "let alice = agent(\"alice\");\nlet count = 4;\nfn twice(x) { x * count }\nassert(count == 5, \"miscounted\");\n";
    let lines = &["alice.hangup()", "count += 1; twice(2)", "await alice.closed() within 1ms"];
    let (ended, told) = paused(&program(text), lines);
    assert_eq!((ended.how, ended.message.as_str(), place(&ended)), (How::Failed, "miscounted", (4, 1)));
    assert_eq!(told[..3], ["miscounted", "ok", "10"]);
    assert!(told[3].starts_with("tests/a.rhai:7:7 no CALL_CLOSED at alice"), "{told:?}");
    assert_eq!(paused(&program("let a = 1;"), lines), (Ended::finished(), vec![]));
}

#[test]
fn a_test_in_a_block_is_paused_with_its_own_variables_before_its_teardown() {
    let text = "let a = agent(\"a\");\nsetup { a.hold(); }\nteardown { a.hangup(); }\n\
                test \"one\" { let inner = 41; a.accept(); fail(\"no\"); }\ntest \"two\" { }\n";
    let one = program(text).of_test(&"one".into());
    let (ended, told) = paused(&one, &["inner + 1", "a.mute()"]);
    assert_eq!((ended.how, ended.message.as_str()), (How::Failed, "no"));
    assert_eq!(told, ["no", "42", "ok"]);
    let (ended, told) = paused(&program(text).of_test(&"two".into()), &["1"]);
    assert_eq!((ended, told), (Ended::finished(), vec![]));
}
