//! The rules of awaiting by themselves, on a log with a clock that stands still: consumed, retired, one event for one member.

use super::*;
use crate::engine::marks::{MOST, Marks, Sort};
use crate::engine::matching::{Found, Member, Scan, Want};
use crate::engine::pattern::Pattern;
use crate::event::{LogLine, SipEvent};
use proptest::prelude::*;

/// A log that is written by lines: "bob CALL_INCOMING b1", "alice > dial bob" for a command, "bob < INVITE c1" and
/// "bob < 486 INVITE c1" for SIP, "bob # text" for a log line.
pub fn log_of(lines: &[&str]) -> Vec<Arc<Event>> {
    let log = Log::new(Clock::manual(1000.0));
    for line in lines {
        let (agent, rest) = line.split_once(' ').unwrap();
        let body = match rest.split_at(1) {
            (">", text) => Body::Command(Command { text: text.trim().into(), at: None }),
            ("#", text) => Body::Log(LogLine { level: "info".into(), text: text.trim().into() }),
            ("<", text) => Body::Sip(Box::new(sip(text.trim()))),
            _ if rest == "STARTING" => Body::Note(Note::AgentStarting {
                aor: String::new(),
                address: String::new(),
                local: true,
                baresip: String::new(),
            }),
            _ => Body::Event(event(line).1),
        };
        log.push(Some(&agent.into()), body);
        log.advance(10.0);
    }
    log.since(0)
}

fn sip(text: &str) -> SipEvent {
    let mut words: Vec<_> = text.split(' ').collect();
    let status = words[0].parse().ok();
    if status.is_some() {
        words.remove(0);
    }
    SipEvent {
        direction: "IN".into(),
        transport: "UDP".into(),
        method: words[0].into(),
        status,
        reason: status.map(|_| "Busy Here".to_string()),
        call_id: words[1].into(),
        headers: words[2..].iter().filter_map(|word| word.split_once(':')).map(|(a, b)| (a.into(), b.into())).collect(),
        ..SipEvent::default()
    }
}

pub fn marks_of(events: &[Arc<Event>]) -> Marks {
    let mut marks = Marks::default();
    marks.observe(events);
    marks
}

fn live(marks: &Marks, agent: &str) -> Vec<u64> {
    let sorts = [Sort::Event, Sort::Message, Sort::Line];
    let mut live: Vec<u64> = sorts.into_iter().flat_map(|sort| marks.live(agent, sort)).map(|event| event.n).collect();
    live.sort();
    live
}

#[test]
fn an_agents_newest_lines_can_be_awaited_and_a_flood_of_them_costs_no_event() {
    let line = |n| Body::Log(LogLine { level: "info".into(), text: "x".repeat(if n < 20_000 { 1 } else { 64_000 }) });
    let event = |n, body| Arc::new(Event { n, time: 0.0, agent: Some("a".into()), body });
    let mut marks = Marks::default();
    marks.observe(&[event(0, Body::Event(super::event("a CALL_INCOMING c1").1))]);
    let lines = |marks: &Marks| marks.live("a", Sort::Line).map(|line| line.n).collect::<Vec<_>>();
    (1..20_000).for_each(|n| marks.observe(&[event(n, line(n))]));
    assert_eq!((lines(&marks).len(), lines(&marks)[0]), (MOST, 20_000 - MOST as u64));
    (20_000..21_000).for_each(|n| marks.observe(&[event(n, line(n))]));
    assert!((200..300).contains(&lines(&marks).len()), "long ones are fewer: {}", lines(&marks).len());
    assert_eq!(marks.live("a", Sort::Event).count(), 1);
}

fn one(agent: &str, name: &str) -> Want {
    Want::One(Member {
        agent: agent.into(),
        pattern: Pattern::Event(name.into()),
        count: None,
        conditional: false,
        call: None,
    })
}

fn counted(agent: &str, name: &str, count: usize) -> Want {
    let Want::One(member) = one(agent, name) else { unreachable!() };
    Want::One(Member { count: Some(count), ..member })
}

/// Offers all events that fit and solves after each, as an await does.
fn solve(want: &Want, events: &[Arc<Event>]) -> Option<Found> {
    let mut scan = Scan::new(want).unwrap();
    for event in events {
        for n in 0..scan.members().len() {
            if scan.members()[n].agent == *event.agent.as_ref().unwrap() && scan.members()[n].pattern.fits(event) {
                scan.offer(n, event);
            }
        }
        if let Some(found) = scan.solve(|_| true) {
            return Some(found);
        }
    }
    None
}

fn numbers(found: &Found) -> Vec<u64> {
    found.events().iter().map(|event| event.n).collect()
}

#[test]
fn a_new_dial_or_incoming_retires_the_events_of_closed_calls_only() {
    for begins in ["a > dial x", "a CALL_INCOMING c3", "a > dialdir x audio=sendrecv"] {
        let events = log_of(&[
            "a CALL_ESTABLISHED c1",
            "a CALL_CLOSED c1",
            "a CALL_ESTABLISHED c2",
            "a REGISTER_OK",
            "b CALL_CLOSED c1",
            begins,
        ]);
        let marks = marks_of(&events);
        let left = live(&marks, "a");
        assert_eq!(left[..2], [2, 3], "{begins}");
        assert_eq!(live(&marks, "b"), [4]);
        assert!(!marks.is_live(&events[0]) && !marks.is_consumed(&events[0]));
        assert_eq!(marks.began("a"), 5);
    }
}

#[test]
fn what_comes_late_of_a_retired_call_is_retired_too() {
    let events = log_of(&[
        "a CALL_ESTABLISHED c1",
        "a CALL_CLOSED c1",
        "a > dial x",
        "a AUDIO_REPORT c1",
        "a CALL_RTCP c1",
        "a CALL_RINGING c2",
    ]);
    let mut marks = marks_of(&events);
    assert_eq!(live(&marks, "a"), [5]);
    let more = log_of(&[
        "a CALL_ESTABLISHED c1",
        "a CALL_CLOSED c1",
        "a > dial x",
        "a AUDIO_REPORT c1",
        "a CALL_RTCP c1",
        "a CALL_RINGING c2",
        "a CALL_CLOSED c2",
        "a > dial y",
    ]);
    marks.observe(&more[6..]);
    assert_eq!(live(&marks, "a"), [0; 0]);
}

#[test]
fn events_without_a_call_id_are_retired_when_no_call_is_open() {
    assert_eq!(live(&marks_of(&log_of(&["a CALL_CLOSED", "a > dial x"])), "a"), [0; 0]);
    assert_eq!(live(&marks_of(&log_of(&["a CALL_ESTABLISHED c1", "a CALL_LOCAL_SDP", "a > dial x"])), "a"), [0, 1]);
}

#[test]
fn sip_messages_are_retired_with_their_dialog() {
    let left = |lines: &[&str]| live(&marks_of(&log_of(lines)), "a");
    assert_eq!(
        left(&["a < INVITE i1", "a < BYE i1", "a < 200 BYE i1", "a > dial x", "a < 200 BYE i1", "a < INVITE i2"]),
        [5]
    );
    assert_eq!(left(&["a < INVITE i1", "a < 486 INVITE i1", "a > dial x"]), [0; 0]);
    assert_eq!(left(&["a < INVITE i1", "a < 401 INVITE i1", "a < 200 INVITE i1", "a > dial x"]), [0, 1, 2]);
    // the INVITE of the call that begins stands in the trace before its event does
    assert_eq!(left(&["a < INVITE i1", "a CALL_INCOMING c1"]), [0, 1]);
}

#[test]
fn an_agent_that_starts_anew_begins_without_a_past() {
    let marks = marks_of(&log_of(&["a CALL_ESTABLISHED c1", "a REGISTER_OK", "a STARTING", "a CALL_RINGING c2"]));
    assert_eq!(live(&marks, "a"), [3]);
}

#[test]
fn a_consumed_event_is_not_taken_again() {
    let events = log_of(&["a CALL_CLOSED c1", "a CALL_CLOSED c2"]);
    let mut marks = marks_of(&events);
    marks.consume(&events[0]);
    assert!(marks.is_consumed(&events[0]));
    assert_eq!(live(&marks, "a"), [1]);
}

fn digits(agent: &str, digits: &str) -> Want {
    let pattern = Pattern::Digits(digits.into());
    Want::One(Member { agent: agent.into(), pattern, count: None, conditional: false, call: None })
}

#[test]
fn digits_have_to_come_in_a_row_in_one_call() {
    let pressed = |call: &str, digits: &str| -> Vec<String> {
        digits.chars().map(|digit| format!("a CALL_DTMF_START {call} {digit}")).collect()
    };
    let found = |want: &Want, lines: &[Vec<String>]| {
        let lines = lines.concat();
        let events = log_of(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        solve(want, &events).map(|found| found.events().iter().map(|event| event.n).collect::<Vec<_>>())
    };
    assert_eq!(found(&digits("a", "1234"), &[pressed("c1", "91234")]), Some(vec![1, 2, 3, 4]));
    assert_eq!(found(&digits("a", "1123"), &[pressed("c1", "11123")]), Some(vec![1, 2, 3, 4]));
    assert_eq!(found(&digits("a", "1234"), &[pressed("c1", "12534")]), None);
    assert_eq!(found(&digits("a", "12"), &[pressed("c1", "1"), pressed("c2", "2")]), None);
    assert_eq!(
        found(&digits("a", "12"), &[pressed("c1", "1"), pressed("c2", "3"), pressed("c1", "2")]),
        Some(vec![0, 2])
    );
    let both = Want::All(vec![one("a", "CALL_DTMF_START"), digits("a", "12")]);
    assert_eq!(found(&both, &[pressed("c1", "123")]), Some(vec![2, 0, 1]));
    let either = Want::Any(vec![digits("a", "45"), digits("a", "23")]);
    assert_eq!(found(&either, &[pressed("c1", "123")]), Some(vec![1, 2]));
}

#[test]
fn all_gives_each_member_an_event_of_its_own() {
    let want = Want::All(vec![one("a", "X"), one("a", "X")]);
    assert_eq!(solve(&want, &log_of(&["a X"])), None);
    assert_eq!(solve(&want, &log_of(&["a X", "a X"])).map(|found| numbers(&found)), Some(vec![0, 1]));
}

#[test]
fn a_picky_member_gets_the_event_that_the_other_can_do_without() {
    let events = log_of(&["a X c1", "a X c2"]);
    let mut scan = Scan::new(&Want::All(vec![one("a", "X"), one("a", "X")])).unwrap();
    // the second member's closure says yes to the first event only
    scan.offer(0, &events[0]);
    scan.offer(1, &events[0]);
    assert_eq!(scan.solve(|_| true), None);
    assert_eq!(scan.missing(|_| true).len(), 1);
    scan.offer(0, &events[1]);
    assert_eq!(scan.solve(|_| true).map(|found| numbers(&found)), Some(vec![1, 0]));
    assert_eq!(scan.solve(|event| event.n == 0), None);
}

#[test]
fn any_takes_what_comes_first_and_count_gives_a_list() {
    let any = Want::Any(vec![one("a", "X"), Want::All(vec![one("a", "Y"), one("b", "Y")]), counted("a", "Z", 2)]);
    let found = solve(&any, &log_of(&["a Y", "a Z", "b Y", "a X"])).unwrap();
    assert!(matches!(&found, Found::All(all) if all.len() == 2), "{found:?}");
    let found = solve(&any, &log_of(&["a Y", "a Z", "b X", "a Z"])).unwrap();
    assert!(matches!(&found, Found::Many(events) if events.len() == 2), "{found:?}");
    let nested = Want::All(vec![Want::Any(vec![one("a", "X"), one("a", "Y")]), one("a", "Y")]);
    assert_eq!(solve(&nested, &log_of(&["a Y"])), None);
    assert_eq!(solve(&nested, &log_of(&["a Y", "a X"])).map(|found| numbers(&found)), Some(vec![1, 0]));
}

#[test]
fn too_many_ways_are_refused() {
    let any = || Want::Any((0..4).map(|n| one("a", &n.to_string())).collect());
    assert!(Scan::new(&Want::All((0..4).map(|_| any()).collect())).is_some());
    assert!(Scan::new(&Want::All((0..40).map(|_| any()).collect())).is_none());
}

proptest! {
    /// However many events and members: what is found uses each event once, and is found as soon as there are enough.
    #[test]
    fn found_events_are_distinct(kinds in proptest::collection::vec(0..3_u8, 0..12), wanted in proptest::collection::vec((0..3_u8, 1..4_usize), 1..4)) {
        let lines: Vec<_> = kinds.iter().map(|kind| format!("a K{kind}")).collect();
        let events = log_of(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let want = Want::All(wanted.iter().map(|(kind, count)| counted("a", &format!("K{kind}"), *count)).collect());
        let enough = (0..3).all(|kind| {
            let needed: usize = wanted.iter().filter(|(wanted, _)| *wanted == kind).map(|(_, count)| count).sum();
            kinds.iter().filter(|came| **came == kind).count() >= needed
        });
        let found = solve(&want, &events);
        prop_assert_eq!(found.is_some(), enough);
        if let Some(found) = found {
            let mut used = numbers(&found);
            used.sort_unstable();
            let all = used.len();
            used.dedup();
            prop_assert_eq!((used.len(), all), (all, wanted.iter().map(|(_, count)| count).sum::<usize>()));
        }
    }
}
