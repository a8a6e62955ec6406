//! What a timeout tells: what came instead, and the nearest miss.

use super::{log_of, marks_of};
use crate::engine::rules::matching::Member;
use crate::engine::rules::pattern::{MessagePattern, Pattern};
use crate::engine::rules::shortfall::{RefusedEvent, Shortfall};
use crate::event::Event;

/// The subject and the details of an await of one event that was not satisfied.
fn shortfall(pattern: Pattern, lines: &[&str], consumed: &[usize], refused: &[usize]) -> (String, Vec<String>) {
    let events = log_of(lines);
    let mut marks = marks_of(&events);
    consumed.iter().for_each(|n| marks.consume(&events[*n]));
    let read = vec![("param".to_string(), "486 Busy".to_string())];
    let refusal = |n: &usize| RefusedEvent { event: events[*n].clone(), which: None, read: read.clone() };
    let refused: Vec<_> = refused.iter().map(refusal).collect();
    let member = Member {
        agent: "bob".into(),
        pattern,
        count: None,
        conditional: !refused.is_empty(),
        again: false,
        call: None,
    };
    let name_of = |uri: &str| (uri == "sip:alice@127.0.0.1:5060").then(|| "alice".into());
    let past = |member: &Member, event: &Event| marks.past(member, event, marks.seen() as u64);
    let shortfall = Shortfall {
        missing: &[(&member, 0)],
        events: &events,
        marks: &marks,
        past: &past,
        refused: &refused,
        name_of: &name_of,
    };
    (shortfall.subject(), shortfall.details())
}

const INCOMING: &str = "bob CALL_INCOMING b1 from=sip:alice@127.0.0.1:5060";

/// A pattern, what came, which of it was taken and refused, and what is said: the subject and the details.
type Row = (Pattern, Vec<&'static str>, Vec<usize>, Vec<usize>, &'static str, Vec<&'static str>);

fn compare_rows(rows: Vec<Row>) {
    for (pattern, lines, consumed, refused, subject, details) in rows {
        let got = shortfall(pattern, &lines, &consumed, &refused);
        assert_eq!(got, (subject.to_string(), details.into_iter().map(str::to_string).collect()));
    }
}

#[test]
fn a_shortfall_tells_what_came_instead() {
    let established = || Pattern::Event("call_established".into());
    compare_rows(vec![
        (established(), vec![], vec![], vec![], "CALL_ESTABLISHED at bob", vec!["bob had none of its kind"]),
        (
            established(),
            vec!["bob CALL_CLOSED b0 old", INCOMING, "bob CALL_RTCP b1", "bob CALL_CLOSED b1 486 Busy Here [104]"],
            vec![],
            vec![],
            "CALL_ESTABLISHED at bob",
            vec!["bob had: CALL_INCOMING from alice, CALL_CLOSED (486 Busy Here)"],
        ),
        (
            established(),
            vec![INCOMING, "bob CALL_ESTABLISHED b1 sip:alice@x", "alice CALL_ESTABLISHED a1"],
            vec![1],
            vec![],
            "CALL_ESTABLISHED at bob",
            vec![
                "bob had: CALL_INCOMING from alice, CALL_ESTABLISHED",
                "CALL_ESTABLISHED came before at bob, and an earlier await took it",
            ],
        ),
        (
            established(),
            vec!["bob CALL_RINGING b0", "bob > dial x", "carol CALL_ESTABLISHED c1"],
            vec![],
            vec![],
            "CALL_ESTABLISHED at bob",
            vec!["bob had none of its kind since its call began", "CALL_ESTABLISHED came at carol instead"],
        ),
    ]);
}

#[test]
fn a_shortfall_tells_the_nearest_miss() {
    compare_rows(vec![
        (
            Pattern::Event("CALL_CLOSED".into()),
            vec!["bob CALL_CLOSED b1 486 Busy"],
            vec![],
            vec![0],
            "CALL_CLOSED at bob that fits where(…)",
            vec![
                "bob had: CALL_CLOSED (486 Busy)",
                "CALL_CLOSED (486 Busy) came at bob, but where(…) said no to it: its param is `486 Busy`",
            ],
        ),
        (
            Pattern::Sip(MessagePattern::response(200)),
            vec!["bob < INVITE i1", INCOMING, "bob < 486 INVITE i1"],
            vec![],
            vec![],
            "SIP 200 at bob",
            vec!["bob had: 486 Busy Here to INVITE in"],
        ),
        (
            Pattern::log("rtp").unwrap(),
            vec!["bob # one", "bob CALL_RINGING b1", "bob # two"],
            vec![],
            vec![],
            "log line with `rtp` at bob",
            vec!["bob had: `one`, `two`"],
        ),
        (
            Pattern::Closed(vec!["603".into()]),
            vec![INCOMING, "bob CALL_CLOSED b1 486 Busy Here"],
            vec![],
            vec![],
            "CALL_CLOSED for `603` at bob",
            vec![
                "bob had: CALL_INCOMING from alice, CALL_CLOSED (486 Busy Here)",
                "CALL_CLOSED (486 Busy Here) came at bob, but its reason is not `603`",
            ],
        ),
        (
            Pattern::Digits("1234".into()),
            vec![INCOMING, "bob CALL_DTMF_START b1 1", "bob CALL_DTMF_START b1 3"],
            vec![],
            vec![],
            "DTMF 1234 at bob",
            vec![
                "bob had: CALL_INCOMING from alice, CALL_DTMF_START (1), CALL_DTMF_START (3)",
                "the digits 13 came at bob, not 1234 in a row",
            ],
        ),
    ]);
}

#[test]
fn a_long_story_is_cut_to_its_end() {
    let many: Vec<String> = (0..20).map(|n| format!("bob CALL_DTMF_START b1 {n}")).collect();
    let (_, details) =
        shortfall(Pattern::Event("X".into()), &many.iter().map(String::as_str).collect::<Vec<_>>(), &[], &[]);
    assert!(details[0].starts_with("bob had: …, CALL_DTMF_START (14), "), "{details:?}");
    let long = format!("bob # {}", "ü".repeat(500));
    assert!(shortfall(Pattern::log("x").unwrap(), &[&long], &[], &[]).1[0].chars().count() < 110);
}
