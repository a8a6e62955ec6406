//! How runs end: failed checks, stops that nothing swallows, limits, panics.

use super::*;
use crate::engine::language::duration::Millis;
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use crate::event::{Time, Wake};
use rhai::Position;

/// A stop from outside, once the script has printed something.
fn stopped_after_print(text: &str, stop: Ended) -> Ended {
    let host = Arc::new(FakeHost::new());
    let stopping = std::thread::spawn({
        let host = host.clone();
        move || {
            while host.prints().is_empty() {
                let next = host.log.len();
                assert_eq!(host.log.wait(next, host.log.now() + 10_000.0), Wake::New);
            }
            host.log.stop(stop);
        }
    });
    let ended = run(&program(text), host.clone(), &ScriptLimits::default());
    stopping.join().unwrap();
    ended
}

fn cancelled() -> Ended {
    Ended { how: How::Cancelled, ..Ended::failed("interrupted") }
}

#[test]
fn a_stop_reaches_every_wait_and_every_loop() {
    for (text, line) in [
        ("print(1);\nsleep(1000s);", 2),
        ("let bob = agent(\"bob\"); print(1);\nawait bob.closed() within 1000s;", 2),
        ("let bob = agent(\"bob\"); print(1);\nawait bob.quiet(\"CALL_CLOSED\") during 1000s;", 2),
        ("print(1);\nloop { }", 2),
        ("print(1);\nwhile true { try { sleep(1000s); } catch { } }", 2),
        ("print(1);\nloop { [1].map(|x| { try { sleep(1000s) } catch { 1 } }); }", 2),
    ] {
        let ended = stopped_after_print(text, cancelled());
        assert_eq!((ended.how, ended.message.as_str()), (How::Cancelled, "interrupted"), "{text}");
        assert_eq!(place(&ended).0, line, "{text}: {ended:?}");
    }
}

#[test]
fn a_claim_without_a_reason_says_what_does_not_hold() {
    for (text, message) in [
        ("check(1 == 2);", "`1 == 2` does not hold"),
        (
            "let n = 1;\nif true { assert(n  >\n   [2, 3].len()  /* ) */); }",
            "`n > [2, 3].len() /* ) */` does not hold: n is 1, [2, 3].len() is 2",
        ),
        ("check(\"ü) \" == `(${1 + 1}`);", "`\"ü) \" == `(${1 + 1}`` does not hold: `(${1 + 1}` is \"(2\""),
        ("fn f(x) { check (x.contains(\"b\")) }\nf(\"a\");", "`x.contains(\"b\")` does not hold: x is \"a\""),
        ("import \"lib\" as lib;\nlib::g();", "`1 > 2` does not hold"),
        ("let c = Fn(\"check\");\nc.call(false);", "what `check` was given does not hold"),
        ("assert(\"<sip:a@h>;auth_pass=sesame\" == \"\");", "`\"<sip:a@h>;auth_pass=******\" == \"\"` does not hold"),
    ] {
        let files: Loader = Arc::new(|_| Ok("fn g() { check(1 > 2); }".to_string()));
        let ended = run(&program(text).with_files(files), Arc::new(FakeHost::new()), &ScriptLimits::default());
        assert_eq!((ended.how, ended.message.as_str()), (How::Failed, message), "{text}");
    }
}

/// Scripts, and what their failure says.
const COMPARISONS: &[(&str, &str)] = &[
    ("let x = 3; check(x > 10)", "`x > 10` does not hold: x is 3"),
    ("let x = 3; check(10 < x,);", "`10 < x,` does not hold: x is 3"),
    ("let x = 3; let y = x; assert(x != y);", "`x != y` does not hold: x is 3, y is 3"),
    ("let x = 3; assert(x != x);", "`x != x` does not hold: x is 3"),
    ("let x = 3; check (((x + 1) * 2) == (9));", "`((x + 1) * 2) == (9)` does not hold: ((x + 1) * 2) is 8"),
    ("let x = 3; check((x == (-x)));", "`(x == (-x))` does not hold: x is 3, (-x) is -3"),
    (
        "let x = -3; check((x + 1).to_string() == `4`);",
        "`(x + 1).to_string() == `4`` does not hold: (x + 1).to_string() is \"-2\"",
    ),
    ("let m = #{ a: [()] }; check(m.a[0] == 1);", "`m.a[0] == 1` does not hold: m.a[0] is ()"),
    ("let m = \"a\\nb\"; check(m == 'c');", "`m == 'c'` does not hold: m is \"a\\nb\""),
    (
        "check(\"x\".len() >= [1, 2].len());",
        "`\"x\".len() >= [1, 2].len()` does not hold: \"x\".len() is 1, [1, 2].len() is 2",
    ),
    ("let x = \"\"; x.pad(1500, 'é'); check(x == `a`);", "`x == `a`` does not hold: x is 1502 characters long"),
    ("let t = 3s; check(t <= 2s);", "`t <= 2s` does not hold: t is 3s"),
    ("let x = 1; check([1, 2] == [x, 2 + x]);", "`[1, 2] == [x, 2 + x]` does not hold: [x, 2 + x] is [1, 3]"),
    ("fn f(x) { check(this == x) }\nlet a = 1; a.f(2);", "`this == x` does not hold: this is 1, x is 2"),
    ("let x = 3; let f = |y| check(x == y); f.call(1);", "`x == y` does not hold: x is 3, y is 1"),
    (
        "let x = 3; check(x == 3 && (x < 2 || x > 5) && x == 7);",
        "`x == 3 && (x < 2 || x > 5) && x == 7` does not hold: x is 3",
    ),
    ("let x = 3; let y = 4; check((x < 2 || y < 3));", "`(x < 2 || y < 3)` does not hold: x is 3, y is 4"),
    (
        "let x = 3; let y = 4; check((x == 2 || y == 4) && y == 5);",
        "`(x == 2 || y == 4) && y == 5` does not hold: y is 4",
    ),
    ("let x = 3; check(!(x == 3));", "`!(x == 3)` does not hold: x is 3"),
    ("let x = 3; let y = 4; check(!(x == 2 || y == 4));", "`!(x == 2 || y == 4)` does not hold: y is 4"),
    ("let x = 3; let y = 4; check(!(x == 3 && y > 1));", "`!(x == 3 && y > 1)` does not hold: x is 3, y is 4"),
    ("let x = 3; check(x in [1, 2 + 2]);", "`x in [1, 2 + 2]` does not hold: x is 3, [1, 2 + 2] is [1, 4]"),
    ("let l = [3]; check((3 - 0) !in l);", "`(3 - 0) !in l` does not hold: (3 - 0) is 3, l is [3]"),
    ("let l = [3]; let x = 1; check(contains(l, x), `no`);", "no | l is [3] | x is 1"),
    ("let x = 3; check(x in 400..500, \"a failure\");", "a failure | x is 3"),
    ("let inner = 4; let x = 3; check(x==inner);", "`x==inner` does not hold: x is 3, inner is 4"),
    (
        "let t = \"abc\"; let y = 'b'; check(!t.contains(y));",
        "`!t.contains(y)` does not hold: t is \"abc\", y is \"b\"",
    ),
    ("let m = #{ a: [1] }; check(m.a.is_empty());", "`m.a.is_empty()` does not hold: m is #{\"a\": [1]}"),
    ("let m = #{ a: false }; check(m.a && true);", "`m.a && true` does not hold: m is #{\"a\": false}"),
    ("let l = [1]; check(l.len() > 3, \"few\");", "few | l.len() is 1"),
    ("let ok = false; check(ok);", "`ok` does not hold"),
    ("let x = 3; check(!x.is_odd() || x in []);", "`!x.is_odd() || x in []` does not hold: x is 3"),
    ("assert_eq(1 + 1, 3);", "2 is not equal to 3 | left:  2 | right: 3"),
    ("assert_eq(\"a\", (), \"nothing\");", "nothing | left:  \"a\" | right: ()"),
    ("let x = 3; check(x == 4, \"four\");", "four | x is 3"),
    ("let x = 3; assert(x == 4 , `${x}`, );", "3 | x is 3"),
    ("import \"lib\" as lib;\nlib::g(1);", "too few | n is 1"),
    ("let x = 3; step(\"s\", || { check(x > 4) });", "`x > 4` does not hold: x is 3 | in the step \"s\""),
    (
        "let a = \"<sip:a@h>;auth_pass=sesame\"; assert(a == \"\");",
        "`a == \"\"` does not hold: a is \"<sip:a@h>;auth_pass=******\"",
    ),
    ("fn check(x) { fail(`mine ${x}`) }\ncheck(1 == 2);", "mine false"),
];

#[test]
fn a_comparison_that_does_not_hold_shows_both_sides() {
    let files: Loader = Arc::new(|_| Ok("fn g(n) { check(n > 2, `too few`) }".to_string()));
    let mut wrong = vec![];
    for (text, shown) in COMPARISONS {
        let ended = run(&program(text).with_files(files.clone()), Arc::new(FakeHost::new()), &ScriptLimits::default());
        let lines: Vec<&str> = std::iter::once(&ended.message).chain(&ended.details).map(String::as_str).collect();
        if (ended.how, lines.join(" | ").as_str()) != (How::Failed, *shown) || ended.at.is_none() {
            wrong.push(format!("{text}: {shown}: {ended:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_claim_evaluates_each_side_once_and_as_rhai_does() {
    let counting = "let n = 0; let f = |by| { n += by; n };";
    let mut wrong = vec![];
    for (text, prints) in [
        ("check(f.call(1) == f.call(10)); print(n);", &["11"][..]),
        ("check(f.call(1) == 1 || f.call(10) == 2); print(n);", &["1"]),
        ("check(f.call(1) == 2 && f.call(10) == 2); print(n);", &["1"]),
        ("check(f.call(1) == 1, `${f.call(10)}`); print(n);", &["11"]),
        ("try { check([][1] == f.call(1)); } catch { print(n); }", &["0"]),
        ("try { check(n == 0 && f.call(1)); } catch { print(n); }", &["1"]),
        ("try { check(f.call(1)); } catch { print(n); }", &["1"]),
        ("check(1 != \"a\"); check(1 == 1.0); assert(\"a\" == \"a\" && 'a' < 'b'); print(1);", &["1"]),
        ("let r = [check(n == 0), assert(true)]; print(r);", &["[(), ()]"]),
    ] {
        let (ended, host) = run_text(&format!("{counting} {text}"));
        if host.prints() != prints {
            wrong.push(format!("{text}: {:?}: {ended:?}", host.prints()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_stop_with_a_place_of_its_own_keeps_it() {
    let at = At { source: "elsewhere".into(), line: 7, column: 1 };
    let ended =
        stopped_after_print("print(1); sleep(1000s);", Ended { at: Some(at.clone()), ..Ended::error("agent lost") });
    assert_eq!(ended.at, Some(at));
}

#[test]
fn a_run_that_is_stopped_before_it_begins_does_nothing() {
    let host = FakeHost::new();
    host.log.stop(cancelled());
    let (ended, host) = run_on(host, "print(1);");
    assert_eq!(ended.how, How::Cancelled);
    assert!(host.prints().is_empty());
}

#[test]
fn nothing_swallows_a_failure() {
    for text in [
        "fail(\"why\");",
        "assert(1 == 2, \"why\");",
        "assert_eq(1, 2, \"why\");",
        "try { fail(\"why\"); } catch { } print(1);",
        "try { fail(\"why\"); } catch (e) { print(e); }",
        "[1].map(|x| { try { fail(\"why\") } catch { 1 } }); print(1);",
        "let x = [1].map(|x| fail(\"why\")); print(1);",
        "try { [1].map(|x| fail(\"why\")); } catch { print(1); } print(2);",
        "fn f() { fail(\"why\"); } try { f(); } catch { } print(1);",
        "let bob = agent(\"bob\"); try { bob.cmd(\"x\"); await bob.closed().where(|e| fail(\"why\")); } catch { } print(1);",
    ] {
        let (ended, host) = run_on(FakeHost::new().on("bob x", &["bob CALL_CLOSED b1"]), text);
        assert_eq!((ended.how, ended.message.as_str()), (How::Failed, "why"), "{text}: {ended:?}");
        assert_eq!(place(&ended).0, 1, "{text}");
        assert!(host.prints().is_empty(), "{text}: {:?}", host.prints());
    }
}

#[test]
fn a_failed_check_lets_the_script_go_on_and_fails_it_at_its_end() {
    let (ended, host) =
        run_text("check(1 == 2, \"first\");\ncheck(true, \"fine\");\ncheck(false, \"second\");\nprint(\"end\");");
    assert_eq!((ended.how, ended.message.as_str()), (How::Failed, "first"));
    assert_eq!(place(&ended), (1, 1));
    assert_eq!(host.prints(), ["end"]);
    let message = |note: Note| match note {
        Note::CheckFailed { message, at: Some(_) } => Some(message),
        _ => None,
    };
    let failed: Vec<String> = host.notes().into_iter().filter_map(message).collect();
    assert_eq!(failed, ["first", "second"]);
}

#[test]
fn assert_eq_shows_both_sides() {
    let (ended, _) = run_text("let a = \"x\";\nassert_eq(a, 2s);");
    assert_eq!(ended.details, ["left:  \"x\"", "right: 2s"]);
    assert_eq!(place(&ended), (2, 1));
    assert_eq!(
        run_text("assert_eq(2000ms, 2s, \"same\"); assert_eq([1, #{a: 2}], [1, #{a: 2}]);").0,
        Ended::finished()
    );
}

#[test]
fn the_scripts_own_throw_is_a_failure() {
    let (ended, _) = run_text("let x = 1;\nthrow \"it rang \" + x + \" times\";");
    assert_eq!((ended.how, ended.message.as_str()), (How::Failed, "it rang 1 times"));
    assert_eq!(place(&ended), (2, 1));
}

#[test]
fn a_script_that_never_ends_is_ended() {
    for text in [
        "let x = 1;\nloop { x += 1; }",
        "let x = 1;\nloop { sleep(1ms); }",
        "let x = 1;\nfor i in 0..1000000000 { [1, 2].map(|y| y); }",
    ] {
        let limits = ScriptLimits { test: Duration::from_millis(30), ..ScriptLimits::default() };
        let ended = run(&program(text), Arc::new(FakeHost::new()), &limits);
        assert_eq!(ended.how, How::Error, "{ended:?}");
        assert!(ended.message.contains("did not end: it ran 30 ms beyond the waits"), "{ended:?}");
        assert!(ended.advice.as_deref().unwrap_or_default().contains("--test-timeout"));
        assert_eq!(place(&ended).0, 2);
    }
}

#[test]
fn declared_waits_do_not_count_as_script_time() {
    let limits = ScriptLimits { test: Duration::from_secs(1), ..ScriptLimits::default() };
    let host = Arc::new(FakeHost::with_clock(Clock::manual(Time(1000.0))));
    let run = ScriptRun::new(program(""), host, limits);
    let (first, second) = (Site::new(None, Position::new(1, 1)), Site::new(None, Position::new(2, 1)));
    assert_eq!(run.declare_wait(&first, Millis(5000.0)), Time(7000.0));
    // a loop comes by again
    assert_eq!(run.declare_wait(&first, Millis(5000.0)), Time(7000.0));
    assert_eq!(run.declare_wait(&second, Millis(500.0)), Time(7500.0));
}

#[test]
fn endless_recursion_is_an_error() {
    for text in [
        "fn f(x) {\n  f(x + 1)\n}\nf(1);",
        "fn f(x) {\n  [x].map(|y| f(y + 1))\n}\nf(1);",
        "fn f(x) { g(x) }\nfn g(x) { try { f(x) } catch { f(x) } }\nf(1);",
    ] {
        let (ended, _) = run_text(text);
        assert_eq!(ended.how, How::Error, "{ended:?}");
        assert!(ended.message.contains("calls itself without end"), "{ended:?}");
        place(&ended);
    }
}

#[test]
fn what_grows_without_end_is_an_error() {
    for (text, what) in [("let s = \"x\";\nloop { s += s; }", "string"), ("let a = [1];\nloop { a += a; }", "array")] {
        let (ended, _) = run_text(text);
        assert_eq!(ended.how, How::Error, "{ended:?}");
        assert!(ended.message.contains("too large") && ended.message.contains(what), "{ended:?}");
        assert_eq!(place(&ended).0, 2);
    }
}

#[test]
fn a_panic_in_a_native_function_ends_the_run_and_nothing_else() {
    let (ended, host) = run_text("print(1); try { panic_for_a_test(); } catch { }");
    assert_eq!((ended.how, ended.message.as_str()), (How::Error, "internal error, please report it"));
    assert_eq!(ended.details, ["on purpose"]);
    assert_eq!(host.prints(), ["1"]);
    assert_eq!(printed("print(2);"), ["2"]);
}

#[test]
fn a_refused_command_lets_the_script_go_on_and_fails_a_strict_run() {
    let text = "let bob = agent(\"bob\");\nlet reply = bob.hold();\nprint(reply.ok);";
    let (ended, host) = run_on(FakeHost::new().refusing("bob hold"), text);
    assert_eq!(ended, Ended::finished());
    assert_eq!(host.prints(), ["false"]);
    let message = "bob answered `no such call` to `hold`";
    // the verdict warns of it, from the record
    assert!(!host.notes().iter().any(|note| matches!(note, Note::Warning { .. })));
    let (ended, host) = run_on(FakeHost::new().refusing("bob hold"), &format!("strict();\n{text}"));
    assert_eq!((ended.how, ended.message.as_str()), (How::Failed, message));
    assert_eq!(place(&ended).0, 3);
    assert!(host.prints().is_empty());
}

#[test]
fn an_error_of_the_host_ends_the_script_at_its_line() {
    let (ended, _) = run_text("let a = 1;\ntry { agent(\"\"); } catch { print(1); }");
    assert_eq!((ended.how, ended.message.as_str()), (How::Error, "an agent needs a name"));
    assert_eq!(place(&ended), (2, 7));
    let (ended, _) = run_text("on(\"sip:x@y\").cmd(\"accept\");");
    assert!(ended.message.contains("no agent `sip:x@y` to take the command"), "{ended:?}");
}

#[test]
fn the_scripts_exit_is_an_end() {
    assert_eq!(printed("print(1); exit(); print(2);"), ["1"]);
    assert_eq!(printed("print(1); return; print(2);"), ["1"]);
}

#[test]
fn a_validation_that_fails_ends_the_run_whatever_is_caught() {
    assert_eq!(printed("validate(\"good.rhai\"); print(1);"), ["1"]);
    let (ended, host) = run_text("try {\n  validate(\"bad.rhai\");\n} catch { }\nprint(1);");
    assert_eq!((ended.how, ended.message.as_str()), (How::Failed, "bad.rhai says no"));
    // where the validation itself names no place
    assert_eq!((place(&ended), host.prints()), ((2, 3), vec![]));
}

#[test]
fn what_fills_the_memory_with_many_values_is_an_error() {
    // each of them is as large as a value may be
    let values: String = (0..100).map(|n| format!("let v{n} = s + {n};\n")).collect();
    let text = format!("let s = \"x\";\ns.pad(16000000, 'x');\n{values}");
    let limits = ScriptLimits { memory: 256 << 20, ..ScriptLimits::default() };
    let ended = run(&program(&text), Arc::new(FakeHost::new()), &limits);
    assert_eq!(ended.how, How::Error, "{ended:?}");
    assert!(ended.message.contains("256 MiB more memory"), "{ended:?}");
    assert!(place(&ended).0 > 2);
}

#[test]
fn a_print_is_kept_as_far_as_a_person_would_read_it() {
    let texts = printed("let s = \"x\";\ns.pad(100000, 'é');\nprint(s);\nprint(\"short\");");
    assert_eq!(texts[1], "short");
    assert!(texts[0].len() <= (64 << 10) + 3 && texts[0].starts_with("xéé") && texts[0].ends_with("é…"));
}
