//! `import`: the embedded modules, the user's own files, and what goes wrong with them.

use super::*;
use std::collections::HashMap;

fn with_files(text: &str, files: &[(&str, &str)]) -> (Ended, Arc<FakeHost>) {
    let files: HashMap<_, _> = files.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
    let load: Loader = Arc::new(move |path| files.get(path).cloned().ok_or_else(|| format!("there is no file {path}")));
    let host = Arc::new(FakeHost::new());
    let limits = ScriptLimits { within: Duration::from_millis(20), ..ScriptLimits::default() };
    (run(&program(text).with_files(load), host.clone(), &limits), host)
}

fn answered() -> FakeHost {
    FakeHost::new()
        .on("alice dial bob", &["bob CALL_INCOMING b#"])
        .on("bob accept", &["bob CALL_ESTABLISHED b#", "alice < 200 INVITE a", "alice CALL_ESTABLISHED a#"])
        .on("bob hangup", &["bob CALL_CLOSED b#", "alice CALL_CLOSED a# Connection reset by peer"])
        .on("alice hangup", &["alice CALL_CLOSED a#", "bob CALL_CLOSED b#"])
}

const PAIR: &str = "import \"std/calls\" as calls;\nlet alice = agent(\"alice\"); let bob = agent(\"bob\");\n";

#[test]
fn std_calls_establishes_and_hangs_up() {
    let text = format!(
        "{PAIR}for n in 0..2 {{
            let call = calls::establish(alice, bob);
            assert(call.caller.agent == \"alice\" && call.callee.agent == \"bob\" && call.time <= call.caller.time, \"call\");
            print(calls::hangup(bob, alice).param);
        }}
        calls::establish(alice, bob);
        print(calls::hangup(alice).agent);"
    );
    let (ended, host) = run_on(answered(), &text);
    assert_eq!(ended, Ended::finished());
    assert_eq!(host.prints(), ["Connection reset by peer", "Connection reset by peer", "alice"]);
}

#[test]
fn an_error_in_a_std_module_names_the_users_line() {
    let (ended, _) = run_text(&format!("{PAIR}\ncalls::establish(alice, bob);"));
    assert_eq!(
        (ended.how, ended.message.as_str()),
        (How::Failed, "no CALL_INCOMING at bob, no CALL_CLOSED at alice within 20 ms")
    );
    assert_eq!(place(&ended), (4, 8));
    assert!(ended.details.iter().any(|detail| detail.contains("std/calls")), "{ended:?}");
    let (ended, _) = run_on(
        FakeHost::new().refusing("alice dial bob"),
        &format!("strict(); {PAIR}fn f() {{\n calls::establish(alice, bob);\n}}\nf();"),
    );
    assert!(ended.message.starts_with("alice answered"), "{ended:?}");
    assert_eq!(place(&ended).0, 4);
}

#[test]
fn own_files_are_found_beside_the_script() {
    let (ended, host) = with_files(
        "import \"lib/pbx\" as pbx;\nprint(pbx::greet(\"bob\"));\nlet a = agent(\"a\");\npbx::ring(a, |x| x + 1);",
        &[
            (
                "lib/pbx.rhai",
                "import \"words\" as words;\nfn greet(who) { words::hello() + who }\nfn ring(a, f) { sleep(1ms); print(f.call(1)); a.dial(\"b\"); }",
            ),
            ("lib/words.rhai", "fn hello() { \"hello \" }"),
        ],
    );
    assert_eq!(ended, Ended::finished());
    assert_eq!(host.prints(), ["hello bob", "2"]);
}

#[test]
fn an_error_in_an_own_file_names_its_line_and_the_call() {
    let (ended, _) =
        with_files("import \"lib/x\" as x;\n\nx::ring();", &[("lib/x.rhai", "fn ring() {\n  fail(\"no\");\n}")]);
    let at = ended.at.as_ref().unwrap();
    assert_eq!((&*at.source, at.line, at.column), ("tests/lib/x.rhai", 2, 3));
    let (ended, _) = with_files("import \"lib/x\" as x;\n\nx::ring();", &[("lib/x.rhai", "fn ring() {\n  nope();\n}")]);
    let at = ended.at.as_ref().unwrap();
    assert_eq!((&*at.source, at.line, at.column), ("tests/lib/x.rhai", 2, 3));
    assert_eq!(ended.details, ["called from tests/a.rhai:3"]);
}

#[test]
fn what_can_not_be_imported_says_why() {
    let circle = [("a.rhai", "import \"b\" as b;"), ("b.rhai", "import \"a\" as a;"), ("bad.rhai", "let x = ;")];
    for (import, why) in [
        ("std/cals", "did you mean \"std/calls\""),
        ("std/nothing_like_it", "there are: std/audio, std/calls"),
        ("/etc/passwd", "can't be imported"),
        ("../x", "can't be imported"),
        ("lib/../../x", "can't be imported"),
        ("./x", "can't be imported"),
        ("", "can't be imported"),
        ("missing", "there is no file missing.rhai"),
        ("b", "imported in a circle"),
        ("bad", "tests/bad.rhai:1:9: `;` can't stand here"),
    ] {
        let (ended, _) = with_files(&format!("let x = 1;\nimport \"{import}\" as m;"), &circle);
        assert_eq!(ended.how, How::Error, "{import}: {ended:?}");
        assert!(ended.message.contains(why), "{import}: {ended:?}");
        assert!(ended.at.is_some(), "{import}: {ended:?}");
    }
    let (ended, _) = run_text("import \"x\" as x;");
    assert!(ended.message.contains("only the std/… modules"), "{ended:?}");
}
