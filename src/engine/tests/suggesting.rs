//! Suggestions for an editor.

use crate::diagnostic::{Sort, Source};
use crate::engine::{complete, hover};
use crate::script::Script;
use proptest::prelude::*;

const TEXT: &str = r#"import "std/calls" as calls;
let alice = agent("alice");
let bob = agent("bob");
let call = alice.dial(bob);
let end = await bob.closed();
/// Rings twice.
fn ring(who, times) {
let n = times;
LINE
}
if true {
let inner = 5s;
LINE
}
LINE
ring(bob, 2);
"#;

/// What may stand at the `^` of a line that takes the place of the n-th LINE; the first words.
fn completed(n: usize, line: &str) -> Vec<String> {
    let column = line.chars().position(|c| c == '^').unwrap() as u32 + 1;
    let (script, row) = with(n, &line.replace('^', ""));
    complete(&script, row, column, &["dial".to_string(), "reginfo".to_string()])
        .into_iter()
        .map(|one| one.text)
        .collect()
}

fn with(n: usize, line: &str) -> (Script, u32) {
    let (mut seen, mut row) = (0, 0);
    let lines = TEXT.lines().enumerate().map(|(at, text)| {
        if text.trim() != "LINE" {
            return text.to_string();
        }
        seen += 1;
        if seen - 1 == n {
            row = at as u32 + 1;
            return line.to_string();
        }
        String::new()
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    (Script::rhai(Source::new("t.rhai", text)), row)
}

#[test]
fn methods_fields_events_commands_and_functions_are_completed() {
    for (line, expected) in [
        ("alice.di^", &["dial"][..]),
        ("alice.ho^;", &["hold"]),
        ("await bob.event(\"CALL_DTMF_^", &["CALL_DTMF_END", "CALL_DTMF_START"]),
        ("await bob.event(\"call_inc^\") within 5s;", &["CALL_INCOMING"]),
        ("ignore([\"CALL_RTCP\", \"AUDIO_R^\"]);", &["AUDIO_REPORT"]),
        ("ignore(\"SENT_RE^\");", &["SENT_REFER", "SENT_REGISTER", "SENT_RESUME"]),
        ("await bob.event(\"SENT_R^", &[]),
        ("alice.cmd(\"reg^\");", &["reginfo"]),
        ("calls::es^", &["establish"]),
        ("print(end.par^", &["param"]),
        ("print(end.stat^", &[]),
        ("print((await alice.sip(200)).stat^", &["status"]),
        ("await bob.closed().where(|e| e.pee^", &["peer", "peerdisplayname"]),
        ("await bob.sip(\"INVITE\").where(|e| e.cs^", &["cseq"]),
        ("print(call.o^", &["ok"]),
        ("await bob.closed().wh^", &["where"]),
        ("import \"std/c^", &["std/calls"]),
        ("al^", &["alice", "all"]),
        ("awa^", &["await"]),
        ("ri^", &["ring"]),
        ("inn^", &[]),
        ("// ali^", &[]),
        ("print(\"ali^", &[]),
        ("nothing.^", &[]),
    ] {
        assert_eq!(completed(2, line), expected, "{line}");
    }
}

#[test]
fn what_is_in_sight_depends_on_the_place() {
    assert_eq!(completed(0, "    w^"), ["webhook", "who", "within"]);
    assert_eq!(completed(0, "    ca^"), ["call", "calls"]);
    assert_eq!(completed(0, "    ali^"), ["alice"]);
    assert_eq!(completed(1, "    inn^"), ["inner"]);
    assert_eq!(completed(1, "    ca^"), ["call", "calls"]);
}

#[test]
fn hover_tells_what_a_word_is() {
    let at = |line: &str, column: u32| {
        let (script, row) = with(2, line);
        hover(&script, row, column).map(|one| (one.text, one.sort, one.usage, one.doc))
    };
    let dial = at("alice.dial(bob);", 8).unwrap();
    assert_eq!((dial.0.as_str(), dial.2.as_str()), ("dial", "agent.dial(value)"));
    assert_eq!(dial.3, "Calls an agent, or a URI.");
    assert_eq!(at("alice.dial(bob);", 2).unwrap().2, "an agent");
    assert!(at("await bob.event(\"CALL_RTCP\");", 20).unwrap().3.contains("mos"));
    let closed = at("await bob.quiet(\"CALL_CLOSED\") during 1s;", 20).unwrap().3;
    assert!(
        closed.starts_with("CALL_CLOSED: a call is over") && closed.contains("It carries: type, time,"),
        "{closed}"
    );
    assert!(at("calls::establish(alice, bob);", 9).unwrap().3.starts_with("The caller dials the callee"));
    assert_eq!(at("ring(bob, 1);", 1).unwrap().3, "Rings twice.");
    assert_eq!(at("print(end.peer);", 11).unwrap().1, Sort::Field);
    assert_eq!(at("await bob.closed();", 1).unwrap().1, Sort::Word);
    assert_eq!(at("print(5);", 7), None);
    assert_eq!(at("", 1), None);
}

proptest! {
    #[test]
    fn any_place_of_any_text_is_answered(
        text in "([a-z.(){}|\"\n é]|await |alice|\\.event\\(|agent\\(|\\.where\\(\\|e\\| ){0,40}", line in 0u32..8, column in 0u32..60
    ) {
        let script = Script::rhai(Source::new("t.rhai", text));
        complete(&script, line, column, &[]);
        hover(&script, line, column);
    }
}
