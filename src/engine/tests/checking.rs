//! What a check finds without a run.

use super::*;
use crate::diagnostic::Severity;

/// "line:column message (advice)" of each finding.
fn found(text: &str) -> Vec<String> {
    let known =
        CheckInputs { commands: ["dial", "accept", "hold"].map(String::from).to_vec(), ..CheckInputs::default() };
    let told = |diagnostic: &crate::diagnostic::Diagnostic| {
        let (line, column) = diagnostic.place.as_ref().unwrap().line_column();
        let advice = diagnostic.advice.as_ref().map(|advice| format!(" ({advice})")).unwrap_or_default();
        format!("{line}:{column} {}{advice}", diagnostic.message)
    };
    check(&script(text), &known).iter().map(told).collect()
}

#[test]
fn a_sound_script_has_nothing_to_find() {
    let text = r#"
        import "std/calls" as calls;
        let alice = agent("alice");
        let bob = agent("bob", #{ audio: "bob.wav" });
        const LIMIT = 2s;
        fn twice(x) { alice.dial(bob); x * 2 }
        fn with_this() { this.len() }
        let call = alice.dial(bob);
        await bob.event("CALL_INCOMING") within 5s;
        bob.accept();
        let up = await all([alice.event("CALL_ESTABLISHED"), bob.established()]) within LIMIT;
        assert(up[0].time - call.time < 2s, "slow");
        for e in up { print(e.peer); }
        let limit = "reset";
        let end = await alice.event("CALL_CLOSED").where(|e| e.param.contains(limit) && e.localuri != ());
        await bob.quiet("call_incoming") during 1s;
        let digits = await bob.dtmf("5").count(2) within 1s;
        print(digits.map(|e| e.param)); print(end["anything"]); print((await bob.sip(200)).status);
        let made = calls::establish(alice, bob);
        print(made.caller.param); let f = |x| x + 1; print(f.call(1)); print(twice(3)); "x".with_this();
        let object = #{ go_on: |x| x }; object.go_on(1);
        try { fail("x"); } catch (e) { print(e.message); }
        switch twice(1) { 1 => print("a"), 2 if limit == "x" => print("b"), _ => () }
        let i = 0; while i < 3 { i += 1; if i == 2 { continue; } }
        print(global::LIMIT); print(is_def_var("x")); print(type_of(i)); accept("CALL_CLOSED"); sleep("5s");
        let _any_of = await any([bob.closed(), all([alice.closed(), bob.registered()])]);
    "#;
    assert_eq!(found(text), Vec::<String>::new());
}

#[test]
fn all_errors_of_a_file_are_found() {
    let text = r#"let alice = agent("alice");
alice.dail("bob");
alise.dial("bob");
asert(true, "x");
assert();
alice.dial();
await alice.event("CALL_ESTABLISHT") within 5s;
await alice;
let _p = await alice.closed().param;
let e = await alice.closed();
print(e.parm);
print(alice.nam);
await alice.closed() within 5;
await alice.quiet("CALL_CLOSED");
alice.cmd("holt");
calls::establish(alice, alice);
fn f() { alise.hold(); limt + 1 }
let limit = 5; print(limit);
let _w = alice.closed().were(|e| e.peeer == 1);
await alice.closed().where(|e| e.peeer == 1);
ignore(["CALL_RTP", "x"]);
"#;
    let expected = [
        "2:7 an agent has no method `dail` (did you mean `dial`?)",
        "3:1 there is no variable `alise` here (did you mean `alice`?)",
        "4:1 there is no function `asert` (did you mean `assert`?)",
        "5:1 `assert` takes 1 or 2 arguments, not 0",
        "6:7 `dial` takes 1 argument, not 0 (it is called so: agent.dial(value))",
        "7:19 no agent gives an event `CALL_ESTABLISHT` (did you mean `CALL_ESTABLISHED`?)",
        "8:7 `await` needs a waiter",
        "9:31 a waiter has no `param`: it must be awaited first (put parentheses around await",
        "11:9 CALL_CLOSED has no `parm` (did you mean `param`?)",
        "12:13 an agent has no `nam` (did you mean `name`?)",
        "13:29 this time has no unit",
        "14:7 say how long it has to be quiet",
        "15:7 no known baresip has a command `holt` (did you mean `hold`?)",
        "16:1 there is no module `calls` (import it first: import \"std/calls\" as calls;)",
        "17:10 there is no variable `alise` here (did you mean `alice`?)",
        "17:24 there is no variable `limt` here (did you mean `limit`?)",
        "19:25 a waiter has no method `were` (did you mean `where`?)",
        "20:34 CALL_CLOSED has no `peeer` (did you mean `peer`?)",
        "21:9 no agent gives an event `CALL_RTP`",
        "21:21 no agent gives an event `x`",
    ];
    let found = found(text);
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\nnot\n{expected}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn modules_are_looked_into() {
    assert_eq!(
        found("import \"std/calls\" as c;\nc::establisch(1, 2);\nc::hangup();"),
        [
            "2:4 the module `c` has no function `establisch` (did you mean `establish`?)",
            "3:4 `c::hangup` takes 1 or 2 arguments, not 0 (it is called so: c::hangup(agent) or c::hangup(agent, peer))",
        ]
    );
    assert_eq!(
        found("import \"std/cals\" as c;\nc::x();"),
        ["1:8 there is no module \"std/cals\"; did you mean \"std/calls\"?"]
    );
    // no loader: nothing is known of it
    assert_eq!(found("import \"own\" as own;\nown::x();"), Vec::<String>::new());
    let files: Loader = Arc::new(|path| match path {
        "own.rhai" => Ok("fn ring(a) {}\nprivate fn hidden() {}".to_string()),
        _ => Err("it is not there".to_string()),
    });
    let known = CheckInputs { files: Some(files), ..CheckInputs::default() };
    let found =
        check(&script("import \"own\" as own;\nown::hidden();\nown::ring(1);\nimport \"other\" as other;"), &known);
    let found: Vec<_> = found.into_iter().map(|diagnostic| diagnostic.message).collect();
    assert_eq!(
        found,
        ["the module `own` has no function `hidden`", "`tests/other.rhai` can't be imported: it is not there"]
    );
}

#[test]
fn a_validation_s_figures_and_events_have_their_kinds() {
    let text = r#"for call in stats { telefonist.assert(call.durationn > 5, "long"); }
telefonist.assert(stats[0].closed_by == 486 && stats.filter(|call| call.mos == "4").len() == 1);
let invite = events.find(|e| e.type == "SIP" && e.status == "200");
print(invite.headers["call-id"]);
telefonist.assert(stats.len() == 2 && stats[0].mos == () && stats[1].duration > 5s && stats[0].established);"#;
    let known = CheckInputs { validation: true, ..CheckInputs::default() };
    let told = |one: crate::diagnostic::Diagnostic| (one.place.unwrap().line_column(), one.code.unwrap());
    let found: Vec<_> = check(&script(text), &known).into_iter().map(told).collect();
    let expected = [
        ((1, 44), "unknown-field"),
        ((2, 38), "compared-kinds"),
        ((2, 77), "compared-kinds"),
        ((3, 58), "compared-kinds"),
        ((4, 22), "header-case"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn unknown_commands_only_warn_and_known_ones_are_listed() {
    let text = "let a = agent(\"a\");\na.cmd(\"frobnicate 1\");\na.attended_transfer(\"sip:b@c\");\nfn f() { a.dtmf(1); await a.dtmf(1); }";
    let known = CheckInputs { commands: vec!["atransferstart".into(), "sndcode".into()], ..CheckInputs::default() };
    let found = check(&script(text), &known);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Severity::Warning);
    let asked = read_and_check(&script(text), &known).asked;
    let sent: Vec<_> = asked.commands.into_iter().map(|(text, place)| (text, place.line_column().0)).collect();
    assert_eq!(sent, [("frobnicate 1".into(), 2), ("atransferstart".into(), 3), ("sndcode".to_string(), 4)]);
}

#[test]
fn syntax_errors_come_from_the_check_too() {
    assert_eq!(found("let a = ;\nlet b = ;").len(), 2);
    let with_names = found("let alice = agent(\"a\");\nlet x = ;\nalice.dail(x);\ny.z();");
    assert_eq!(
        with_names,
        [
            "2:9 `;` can't stand here",
            "3:7 an agent has no method `dail` (did you mean `dial`?)",
            "4:1 there is no variable `y` here (declare it before: let y = …;)",
            "4:3 nothing has a method `z`",
        ]
    );
}

/// The typos of a long test, with their places.
#[test]
fn a_slip_in_a_long_file_is_found_in_its_place() {
    let head = "import \"std/calls\" as calls;\nlet alice = agent(\"alice\");\nlet bob = agent(\"bob\");\n";
    let round = "alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\") within 5s;\nbob.accept();\nbob.hold();\nprint((await alice.closed()).param);\n";
    for (slip, expected) in [
        ("alice.dail(bob);", "199:7 an agent has no method `dail` (did you mean `dial`?)"),
        (
            "await bob.event(\"CALL_INCOMNIG\");",
            "199:17 no agent gives an event `CALL_INCOMNIG` (did you mean `CALL_INCOMING`?)",
        ),
        ("print((await bob.closed()).parma);", "199:28 CALL_CLOSED has no `parma` (did you mean `param`?)"),
        (
            "calls::estabilsh(alice, bob);",
            "199:8 the module `calls` has no function `estabilsh` (did you mean `establish`?)",
        ),
        ("alcie.hold();", "199:1 there is no variable `alcie` here (did you mean `alice`?)"),
    ] {
        let text = format!("{head}{}{slip}\nbob.hold();\n", round.repeat(39));
        assert_eq!(text.lines().count(), 200);
        assert_eq!(found(&text), [expected]);
    }
}

proptest::proptest! {
    /// Any text gives diagnostics whose places lie in it.
    #[test]
    fn every_place_lies_in_the_source(text in r#"(let |alice|agent\("é"\)|\.event\(|"CALL_X"|await |within |5s?|[;(){}|.=\n"]|fn f\(|if |where\(\|e\| |e\.x|global::|ü| ){0,40}"#) {
        for diagnostic in check(&script(&text), &CheckInputs::default()) {
            let place = diagnostic.place.unwrap();
            proptest::prop_assert!(place.source.text.get(place.span.clone()).is_some(), "{:?} of {:?}", place.span, text);
        }
    }
}

#[test]
fn the_embedded_modules_check_clean() {
    for (name, text) in STD_MODULES {
        let found = check(&Script::rhai(Source::new(*name, *text)), &CheckInputs::default());
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
}

/// The work of a check, and of reading the facts of each test, for a text of that many parts.
fn effort_of(parts: usize, text: impl Fn(usize) -> String) -> u64 {
    use crate::engine::check::effort;
    let head =
        "let alice = agent(\"alice\");\nfn rings(phone) { alice.dial(phone); await phone.event(\"CALL_INCOMING\"); }\n";
    let text = format!("{head}{}", (0..parts).map(text).collect::<String>());
    effort::count_spent(|| {
        assert!(check(&script(&text), &CheckInputs::default()).len() <= 2 * crate::diagnostic::MOST + 2);
        if let Ok(program) = crate::engine::compile(&script(&text)) {
            let facts = crate::engine::FactsOfTests::new(&program);
            let host: Arc<dyn crate::engine::Host> = Arc::new(FakeHost::new());
            let blocks = crate::engine::collect(&program, host, &ScriptLimits::default()).unwrap_or_default().blocks;
            blocks.iter().for_each(|block| drop(facts.describe(block)));
        }
    })
}

#[test]
fn the_work_of_a_check_grows_as_the_text_does() {
    let texts: [fn(usize) -> String; 5] = [
        |n| format!("test \"t{n}\" {{ tags(\"x\"); rings(alice); let e = await alice.closed(); print(e.param); }}\n"),
        |n| format!("let v{n} = {n};\nprint(v{n});\n"),
        |n| format!("let a{n} = agent(\"a{n}\");\n"),
        |n| format!("unknown{n}.dial(\"x{n}\");\nlet v{n} = {n};\n"),
        |n| format!("fn f{n}() {{ alice.hangup(); }}\nf{n}();\n"),
    ];
    for (kind, text) in texts.into_iter().enumerate() {
        let (few, many) = (effort_of(300, text), effort_of(600, text));
        assert!(few > 300 && many < few * 21 / 10, "{kind}: {few} {many}");
    }
}
