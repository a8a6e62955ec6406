//! Tests in blocks, `setup`, `teardown`, `parallel`, `step`, and what functions see, on a host that starts nothing.

use super::*;
use crate::engine::{Block, collect};

const SEVERAL: &str = r#"
let alice = agent("alice");
let rows = ["one", "two"];
let count = 0;
setup { count += 1; print(`setup ${count}`); }
teardown { print("teardown"); }
fn told() { `${count} and ${rows[0]}` }
test "first" { alice.dial("sip:x"); print(told()); }
for row in rows {
    test `row ${row}` { print(row); assert(row == "one", "not one"); }
}
test "skipped" { skip("not today"); }
"#;

fn names(text: &str) -> Vec<String> {
    let found = collect(&program(text), Arc::new(FakeHost::new()), &ScriptLimits::default());
    found
        .unwrap_or_else(|problem| panic!("{problem:?}"))
        .blocks
        .iter()
        .map(|block: &Block| block.name.to_string())
        .collect()
}

fn refused(text: &str) -> String {
    let problem = collect(&program(text), Arc::new(FakeHost::new()), &ScriptLimits::default()).unwrap_err();
    let place = problem.place.map(|place| place.line_column().0).unwrap_or_default();
    format!("{place}: {}", problem.message)
}

/// How the test of that name ends, and what it prints.
fn run_one(text: &str, name: &str) -> (Ended, Vec<String>) {
    let host = Arc::new(FakeHost::new());
    let ended = run(&program(text).of_test(&name.into()), host.clone(), &ScriptLimits::default());
    (ended, host.prints())
}

#[test]
fn the_lines_that_a_test_reached_are_noted() {
    let reached = |text: &str, name: &str| {
        let host = Arc::new(FakeHost::new());
        run(&program(text).of_test(&name.into()), host.clone(), &ScriptLimits::default());
        host.notes().into_iter().find_map(|note| if let Note::Reached { lines } = note { Some(lines) } else { None })
    };
    // its agent, the dialling; a row's assertion, which fails; what only computes is none
    assert_eq!(reached(SEVERAL, "first"), Some(vec![2, 8]));
    assert_eq!(reached(SEVERAL, "row two"), Some(vec![2, 10]));
    let branches =
        "let a = agent(\"a\");\ntest \"t\" {\n  if 1 > 2 {\n    a.dial(\"sip:x\");\n  }\n  assert(1 < 2);\n}";
    assert_eq!(reached(branches, "t"), Some(vec![1, 6]));
    assert_eq!(reached("test \"t\" { let x = 1; }", "t"), None);
}

#[test]
fn the_top_level_makes_the_tests_and_starts_nothing() {
    assert_eq!(names(SEVERAL), ["first", "row one", "row two", "skipped"]);
    let twice = "for n in 0..2 { test \"same\" { } }";
    assert_eq!(
        refused(twice),
        "1: the tests of this file can't be listed: there is a second test `same`: a test is known by its name"
    );
    assert_eq!(
        refused("for n in 0..0 { test \"none\" { } }"),
        "0: this file makes no test: the loop around its blocks has no turn"
    );
    assert!(
        refused("let a = agent(\"a\");\nfn f() { a.hangup(); }\nf();\ntest \"x\" { }")
            .starts_with("2: the tests of this file can't be listed: commands and waits belong in a")
    );
    assert!(refused("let n = 5;\ntest n { }").ends_with("a test's name is a text, not a number"));
    assert!(refused("test `a\nb` { }").ends_with("all in one line"));
}

#[test]
fn a_test_is_run_between_setup_and_teardown_and_no_other() {
    let (ended, prints) = run_one(SEVERAL, "first");
    assert_eq!((ended.how, prints), (How::Finished, ["setup 1", "1 and one", "teardown"].map(String::from).to_vec()));
    let (ended, prints) = run_one(SEVERAL, "row two");
    assert_eq!((ended.how, ended.message.as_str()), (How::Failed, "not one"));
    assert_eq!(ended.at.unwrap().line, 10);
    assert_eq!(prints, ["setup 1", "two", "teardown"]);
    let (ended, prints) = run_one(SEVERAL, "skipped");
    assert_eq!((ended.how, ended.message.as_str(), prints.len()), (How::Skipped, "not today", 0));
    assert_eq!(run_one(SEVERAL, "gone").0.message, "the file makes no test `gone` any more");
}

#[test]
fn what_fails_in_setup_or_teardown_counts_and_the_first_reason_is_the_tests() {
    let text = |setup: &str, body: &str, teardown: &str| {
        format!(
            "let a = agent(\"a\");\nsetup {{ {setup} }}\nteardown {{ print(\"down\"); {teardown} }}\ntest \"x\" {{ print(\"body\"); {body} }}"
        )
    };
    let (ended, prints) = run_one(&text("fail(\"no peer\")", "", ""), "x");
    assert_eq!((ended.message.as_str(), ended.at.unwrap().line, prints), ("no peer", 2, vec!["down".to_string()]));
    let (ended, _) = run_one(&text("", "", "assert(false, \"left over\");"), "x");
    assert_eq!((ended.how, ended.message.as_str()), (How::Failed, "left over"));
    let (ended, _) = run_one(&text("", "await a.closed() within 1ms;", "throw \"worse\";"), "x");
    assert_eq!(ended.message, "no CALL_CLOSED at a within 1 ms");
    assert!(ended.details.contains(&"the teardown failed, too: worse".to_string()), "{:?}", ended.details);
    // a wait of the teardown is possible after `fail`, which ends all others
    let (ended, prints) =
        run_one(&text("", "fail(\"why\");", "await a.quiet(\"X\") during 1ms; print(\"waited\");"), "x");
    assert_eq!((ended.message.as_str(), prints.last().map(String::as_str)), ("why", Some("waited")));
}

#[test]
fn functions_see_the_top_level_as_it_is_and_do_not_change_it() {
    let text = "let a = 1;\nconst B = 2;\nfn sum() { a + B }\nprint(sum());\na = 5;\nprint(sum());\n\
                let list = [1];\nfn longer() { let l = list; l.push(2); l.len() }\nprint(`${longer()} ${list.len()}`);\n\
                let f = |x| x + sum();\nprint(f.call(1));\nfn write() { a = 9; }\nwrite();";
    let host = Arc::new(FakeHost::new());
    let ended = run(&program(text), host.clone(), &ScriptLimits::default());
    assert_eq!(host.prints(), ["3", "7", "2 1", "8"]);
    assert_eq!(ended.message, "`a` is a constant and can't be changed");
}

#[test]
fn closures_at_once_wait_by_themselves_and_the_first_failure_counts() {
    let host = Arc::new(FakeHost::new());
    let text = "let a = agent(\"a\");\nlet b = agent(\"b\");\n\
                let got = parallel([|| { (await a.event(\"X\")).param }, || { a.cmd(\"go\"); b.name }]);\nprint(got);";
    host.push("a X - late");
    assert_eq!(run(&program(text), host.clone(), &ScriptLimits::default()), Ended::finished());
    assert_eq!(host.prints(), ["[\"late\", \"b\"]"]);
    let text = "let a = agent(\"a\");\nparallel([|| await a.event(\"X\") within 60s, || fail(\"at once\")]);";
    let ended = run(&program(text), Arc::new(FakeHost::new()), &ScriptLimits::default());
    assert_eq!((ended.message.as_str(), ended.at.unwrap().line), ("at once", 2));
    assert_eq!(
        run(&program("parallel([5]);"), Arc::new(FakeHost::new()), &ScriptLimits::default()).message,
        "`parallel` takes a list of closures; one of these is a number"
    );
}

#[test]
fn a_thousand_closures_run_at_once_and_no_more() {
    let all = |count: u32| {
        let text = format!("let all = [];\nfor n in 0..{count} {{ all.push(|| n); }}\nprint(parallel(all).len());");
        let host = Arc::new(FakeHost::new());
        let ended = run(&program(&text), host.clone(), &ScriptLimits::default());
        (ended.message, host.prints())
    };
    assert_eq!(all(1000), (String::new(), vec!["1000".to_string()]));
    assert_eq!(all(1001).0, "`parallel` takes 1000 closures at most");
}

#[test]
fn a_step_is_noted_from_its_beginning_to_its_end() {
    let host = Arc::new(FakeHost::new());
    let text =
        "let n = step(\"outer\", || { step(\"inner\", || 5) + 1 });\nprint(n);\nstep(\"bad\", || fail(\"why\"));";
    let ended = run(&program(text), host.clone(), &ScriptLimits::default());
    assert_eq!((ended.message.as_str(), host.prints()), ("why", vec!["6".to_string()]));
    let steps: Vec<String> = host
        .notes()
        .into_iter()
        .filter_map(|note| match note {
            Note::StepBegins { name, at } => Some(format!("{name} {}", at.unwrap().line)),
            Note::StepEnds { name, ok } => Some(format!("{name} {ok}")),
            _ => None,
        })
        .collect();
    assert_eq!(steps, ["outer 1", "inner 1", "inner true", "outer true", "bad 3", "bad false"]);
}

#[test]
fn the_words_of_blocks_are_names_like_any_other_elsewhere() {
    let text = "let test = 1;\nlet setup = #{ teardown: 2 };\nprint(test + setup.teardown);\nfn teardown(x) { x }\nprint(teardown(test));";
    let host = Arc::new(FakeHost::new());
    assert_eq!(run(&program(text), host.clone(), &ScriptLimits::default()), Ended::finished());
    assert_eq!(host.prints(), ["3", "1"]);
}

#[test]
fn a_failure_names_the_steps_that_it_came_through() {
    for (text, expected) in [
        (
            "step(\"both talk\", || { step(\"alice holds\", || { assert(false, \"no\"); }); });",
            Some("in the step \"both talk\" › \"alice holds\""),
        ),
        ("step(\"hangs up\", || { throw \"no\"; });", Some("in the step \"hangs up\"")),
        ("step(\"hangs up\", || { await agent(\"a\").closed() within 1ms; });", Some("in the step \"hangs up\"")),
        ("step(\"looks\", || { check(false, \"no\"); });", Some("in the step \"looks\"")),
        (
            "fn part() { step(\"inside\", || { fail(\"no\"); }); }\nparallel([|| part()]);",
            Some("in the step \"inside\""),
        ),
        ("try { step(\"first\", || { throw \"x\"; }); } catch { }\nthrow \"no\";", None),
        ("step(\"first\", || 1); fail(\"no\");", None),
    ] {
        let ended = run(&program(text), Arc::new(FakeHost::new()), &ScriptLimits::default());
        let step = ended.details.iter().find(|line| line.starts_with("in the step")).map(String::as_str);
        assert_eq!((ended.how, step), (How::Failed, expected), "{text}: {ended:?}");
    }
}

#[test]
fn nothing_and_texts_can_be_told_apart_where_two_are_not_equal() {
    for (values, details) in [
        ("5, ()", ["left:  5", "right: ()"]),
        ("\"5\", 5", ["left:  \"5\"", "right: 5"]),
        ("[\"a\", ()], []", ["left:  [\"a\", ()]", "right: []"]),
    ] {
        let ended =
            run(&program(&format!("assert_eq({values});")), Arc::new(FakeHost::new()), &ScriptLimits::default());
        assert_eq!(ended.details, details);
    }
}

#[test]
fn an_interrupted_test_is_cleared_up_and_a_second_wish_ends_that() {
    let text = "let a = agent(\"a\");\nteardown { print(\"down\"); sleep(20ms); print(\"cleared\"); AGAIN }\n\
                test \"x\" { print(\"begun\"); await a.closed() within 1m; }";
    let cancelled = || Ended { how: How::Cancelled, ..Ended::failed("interrupted") };
    for (again, prints) in [("", 3), ("sleep(1m); print(\"never\");", 3)] {
        let host = Arc::new(FakeHost::new());
        let program = program(&text.replace("AGAIN", again)).of_test(&"x".into());
        let running = host.clone();
        let thread = std::thread::spawn(move || run(&program, running, &ScriptLimits::default()));
        let mut seen = 0;
        let mut printed = |count: usize| {
            while host.prints().len() < count {
                seen = host.log.follow(seen).and_then(|events| Some(events.last()?.n as usize + 1)).unwrap_or(seen);
            }
        };
        printed(1);
        host.log.stop(cancelled());
        if !again.is_empty() {
            printed(3);
            host.log.stop(cancelled());
        }
        let ended = thread.join().unwrap();
        assert_eq!((ended.how, ended.message.as_str(), host.prints().len()), (How::Cancelled, "interrupted", prints));
    }
}
