//! Errors name the user's line and say what to do.

use super::*;
use proptest::prelude::*;

fn failed_with(text: &str) -> (String, Option<String>, (u32, u32)) {
    let (ended, _) = run_text(text);
    assert_eq!(ended.how, How::Error, "{text}: {ended:?}");
    let place = place(&ended);
    (ended.message, ended.advice, place)
}

#[test]
fn runtime_errors_in_plain_words() {
    for (text, message, advice, at) in [
        ("let alice = agent(\"a\");\nalise.dial(1);", "there is no variable `alise` here", "`alice`", (2, 1)),
        ("let a = agent(\"a\");\na.dail(\"b\");", "an agent has no method `dail`", "`dial`", (2, 3)),
        ("let a = agent(\"a\");\na.dial();", "`dial` can't be called with (an agent)", "agent.dial(value)", (2, 3)),
        ("asert(true, \"x\");", "there is no function `asert`", "`assert`", (1, 1)),
        ("fn ring(x) {}\nrimg(1);", "there is no function `rimg`", "`ring`", (2, 1)),
        (
            "assert(1, \"x\");",
            "`assert` can't be called with (a number, a text)",
            "assert(true or false, text)",
            (1, 1),
        ),
        ("let x = \"a\" - 1;", "`-` does not work with a text and a number", "", (1, 13)),
        ("let x = 5s + true;", "`+` does not work with a duration and a truth value", "", (1, 12)),
        ("let a = agent(\"a\");\nprint(a.nme);", "an agent has no `nme`", "", (2, 9)),
        ("let x = [1];\nx[5];", "there is none at [5]", "", (2, 3)),
        ("let ü = 1;", "", "", (1, 5)),
        ("/* äöü */ nope();", "there is no function `nope`", "", (1, 11)),
        ("calls::establish(1, 2);", "there is no module `calls`", "std/calls", (1, 1)),
        ("let x = 1 / 0;", "can't be computed", "", (1, 11)),
    ] {
        if compile(&script(text)).is_err() {
            continue;
        }
        let (got, advised, place) = failed_with(text);
        assert!(got.contains(message), "{text}: {got}");
        assert!(advised.unwrap_or_default().contains(advice), "{text}");
        assert_eq!(place, at, "{text}");
    }
}

#[test]
fn an_error_in_a_function_names_the_line_in_it() {
    let (message, _, place) = failed_with("fn f(x) {\n  g(x)\n}\nfn g(x) {\n  nope(x)\n}\n[1].map(|x| f(x));");
    assert!(message.contains("nope"));
    assert_eq!(place, (5, 3));
}

#[test]
fn syntax_errors_name_the_line_and_say_what_to_do() {
    for (text, message, advice, line) in [
        ("let a = 1\nlet b = 2;", "`;` is missing", "", 2),
        ("if a = 1 {}", "`=` can't stand here", "`==`", 1),
        ("let s = \"abc", "this text is not closed", "close it", 1),
        ("let x = ;", "`;` can't stand here", "", 1),
        ("foo(1", "`)` is missing to close", "", 1),
        ("fn f() { fn g() {} }", "can't be defined here", "top level", 1),
        ("let await = 1;", "`await` is a word of the language", "another name", 1),
        ("lett x = 1;", "`lett` is no word", "`let`", 1),
        ("const A = 1;\nA = 2;", "is a constant", "", 2),
        ("let x = 'ab';", "no single character", "double quotes", 1),
        ("break;", "in a loop only", "", 1),
    ] {
        let errors = compile(&script(text)).unwrap_err();
        assert!(errors[0].message.contains(message), "{text}: {errors:?}");
        assert!(errors[0].advice.as_deref().unwrap_or_default().contains(advice), "{text}: {errors:?}");
        assert_eq!(errors[0].place.as_ref().map(|place| place.line_column().0), Some(line), "{text}");
    }
}

#[test]
fn several_syntax_errors_are_all_told() {
    let errors = compile(&script("let a = ;\nlet b = 2;\nlet c = 5sec;\nprint(b);\nlet d = = 1;\n")).unwrap_err();
    let lines: Vec<_> = errors.iter().map(|error| error.place.as_ref().unwrap().line_column().0).collect();
    assert_eq!(lines, [1, 3, 5]);
    let errors = compile(&script("if true {\nlet a = ;\n}\nfoo(\n")).unwrap_err();
    assert_eq!(errors.len(), 2, "{errors:?}");
}

#[test]
fn a_compiled_testfiles_errors_name_the_testfiles_line() {
    let script = Script {
        source: Source::new("t", "one\ntwo\n  drei ü\n"),
        lines: vec![1, 3],
        ..script("let a = 1;\nlet b = ;\n")
    };
    let errors = compile(&script).unwrap_err();
    let place = errors[0].place.as_ref().unwrap();
    assert_eq!((place.line_column(), &place.source.text[place.span.clone()]), ((3, 3), "drei ü"));
}

#[test]
fn deep_and_long_texts_are_refused_with_a_place() {
    let deep = format!("let a = {}1{};", "(".repeat(5000), ")".repeat(5000));
    assert!(compile(&script(&deep)).unwrap_err()[0].message.contains("nested too deeply"));
    let deep = format!("{}{}", "if true { ".repeat(5000), "}".repeat(5000));
    assert!(compile(&script(&deep)).unwrap_err()[0].message.contains("nested too deeply"));
    assert!(compile(&script(&"print(1);\n".repeat(65_535))).unwrap_err()[0].message.contains("65535 lines"));
    assert!(
        compile(&script(&format!("print(\"{}\");", "x".repeat(70_000)))).unwrap_err()[0]
            .message
            .contains("longer than")
    );
}

proptest! {
    #[test]
    fn compiling_never_panics(text in "\\PC{0,200}") {
        let _ = compile(&script(&text));
    }

    #[test]
    fn compiling_what_looks_like_a_script_never_panics(words in proptest::collection::vec(
        prop_oneof![
            Just("await"), Just("within"), Just("during"), Just("5s"), Just("-2m"), Just("5sec"), Just("call"), Just("("),
            Just(")"), Just("{"), Just("}"), Just("\n"), Just(";"), Just("let"), Just("x"), Just("=="), Just("`${"),
            Just("\""), Just("|e|"), Just("agent(\"a\")"), Just(".dtmf(\"5\")"), Just("ü"), Just("fn f"), Just("import"),
            Just("1.5s"), Just("0x5"), Just("1e5"), Just("//"), Just("/*"), Just("é5s"), Just("__duration"),
        ], 0..40))
    {
        let _ = check(&script(&words.join(" ")), &CheckInputs::default());
        let _ = check(&script(&words.concat()), &CheckInputs::default());
    }
}

#[test]
fn what_is_nothing_is_told_with_what_to_do() {
    let head = "let alice = agent(\"alice\");\nlet m = #{ a: 1 };\nlet none = m.b;\n";
    for (text, message) in [
        ("none.trim();", "`trim` can't be called with (nothing)"),
        ("none.call.closed();", "nothing has no `call`"),
        ("print(none + 1);", "`+` does not work with nothing and a number"),
        ("if none { }", "a truth value is due here, not nothing"),
        ("alice.dial(none);", "a text or an agent is due here, not nothing"),
        ("assert(none);", "`assert` can't be called with (nothing)"),
    ] {
        let (ended, _) = run_text(&format!("{head}{text}"));
        assert_eq!((ended.how, ended.message.as_str()), (How::Error, message), "{text}");
        assert!(ended.advice.is_some_and(|advice| advice.contains("value ?? ")), "{text}");
    }
    assert_eq!(run_text("assert(false, \"nothing came\");").0.advice, None);
}

#[test]
fn a_computed_event_name_with_a_slip_is_not_waited_for() {
    for (name, message) in [
        ("CALL_ESTABLISHD", "no agent gives an event `CALL_ESTABLISHD`; did you mean `CALL_ESTABLISHED`?"),
        ("call_close", "no agent gives an event `call_close`; did you mean `CALL_CLOSED`?"),
    ] {
        for wait in ["event(n) within 5m", "quiet(n) during 5m"] {
            let text = format!("let bob = agent(\"bob\");\nlet n = \"{name}\";\nawait bob.{wait};");
            let (ended, _) = run_text(&text);
            assert_eq!((ended.how, ended.message.as_str()), (How::Error, message), "{wait}");
            assert_eq!(place(&ended).0, 3);
        }
    }
}
