//! The rules of awaiting by themselves, on a log with a clock that stands still: consumed, retired, one event for one member.

use super::*;
use crate::engine::rules::live::MOST;
use crate::engine::rules::marks::{Marks, Past};
use crate::engine::rules::matching::{Found, Member, Scan, Want, Which};
use crate::engine::rules::pattern::Pattern;
use crate::event::{LogLine, SipEvent};
use proptest::prelude::*;

/// A log that is written by lines: "bob CALL_INCOMING b1", "alice > dial bob" for a command, "alice =" for its answer,
/// "bob < INVITE c1" and "bob < 486 INVITE c1" for SIP that is received, "bob ~ INVITE c1 cseq=2 to=x;tag=1" for SIP that is sent,
/// "bob # text" for a log line, "bob ." where the test has waited for all before.
pub fn log_of(lines: &[&str]) -> Vec<Arc<Event>> {
    let log = Log::new(Clock::manual(1000.0));
    for line in lines {
        let (agent, rest) = line.split_once(' ').unwrap();
        let body = match rest.split_at(1) {
            (">", text) => Body::Command(Command { text: text.trim().into(), at: None }),
            ("#", text) => Body::Log(LogLine { level: "info".into(), text: text.trim().into() }),
            ("<", text) => Body::Sip(Box::new(sip("IN", text.trim()))),
            ("~", text) => Body::Sip(Box::new(sip("OUT", text.trim()))),
            ("=", _) => Body::Response(Response { ok: true, data: String::new(), to: 0 }),
            (".", _) => Body::Note(Note::StepsDone),
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

fn sip(direction: &str, text: &str) -> SipEvent {
    let mut words: Vec<_> = text.split(' ').collect();
    let status = words[0].parse().ok();
    if status.is_some() {
        words.remove(0);
    }
    let given = |name: &str| words.iter().find_map(|word| word.strip_prefix(name));
    SipEvent {
        direction: direction.into(),
        transport: "UDP".into(),
        method: words[0].into(),
        status,
        reason: status.map(|_| "Busy Here".to_string()),
        call_id: words[1].into(),
        cseq: format!("{} {}", given("cseq=").unwrap_or("1"), words[0]),
        to: given("to=").unwrap_or_default().into(),
        headers: words[2..].iter().filter_map(|word| word.split_once(':')).map(|(a, b)| (a.into(), b.into())).collect(),
        ..SipEvent::default()
    }
}

pub fn marks_of(events: &[Arc<Event>]) -> Marks {
    let mut marks = Marks::default();
    for event in events {
        match (&event.body, &event.agent) {
            (Body::Command(command), Some(agent)) => marks.command(agent, None, &command.text),
            (Body::Note(Note::StepsDone), _) => marks.know(event.n as usize),
            _ => {}
        }
        marks.observe(std::slice::from_ref(event));
    }
    marks
}

/// A member for whatever an event is; `call`: of that call alone.
fn member_for(event: &Event, call: Option<&str>) -> Member {
    Member {
        agent: event.agent.clone().unwrap(),
        pattern: Pattern::Event(String::new()),
        count: None,
        conditional: false,
        again: false,
        call: call.map(|call| Arc::new(Which::of(call))),
    }
}

/// The events of an agent that a wait for it may take now.
fn live(marks: &Marks, events: &[Arc<Event>], agent: &str) -> Vec<u64> {
    let past = |event: &Event| marks.past(&member_for(event, None), event, marks.seen() as u64);
    let own = events.iter().filter(|event| event.agent.as_deref() == Some(agent) && marks.is_live(event));
    own.filter(|event| past(event).is_none()).map(|event| event.n).collect()
}

/// Of a history: what a wait for that agent may take at its end.
fn left(lines: &[&str], agent: &str) -> Vec<u64> {
    let events = log_of(lines);
    live(&marks_of(&events), &events, agent)
}

#[test]
fn an_agents_newest_lines_can_be_awaited_and_a_flood_of_them_costs_no_event() {
    let line = |n| Body::Log(LogLine { level: "info".into(), text: "x".repeat(if n < 20_000 { 1 } else { 64_000 }) });
    let event = |n, body| Arc::new(Event { n, time: 0.0, agent: Some("a".into()), body });
    let mut marks = Marks::default();
    marks.observe(&[event(0, Body::Event(super::event("a CALL_INCOMING c1").1))]);
    let want = |pattern| Member { pattern, ..member_for(&event(0, line(0)), None) };
    let any_line = want(Pattern::log("x").unwrap());
    let lines = |marks: &Marks| marks.live(&any_line).iter().map(|line| line.n).collect::<Vec<_>>();
    (1..20_000).for_each(|n| marks.observe(&[event(n, line(n))]));
    assert_eq!((lines(&marks).len(), lines(&marks)[0]), (MOST, 20_000 - MOST as u64));
    (20_000..21_000).for_each(|n| marks.observe(&[event(n, line(n))]));
    assert!((200..300).contains(&lines(&marks).len()), "long ones are fewer: {}", lines(&marks).len());
    assert_eq!(marks.live(&want(Pattern::Event("CALL_INCOMING".into()))).len(), 1);
}

fn one(agent: &str, name: &str) -> Want {
    Want::One(Member {
        agent: agent.into(),
        pattern: Pattern::Event(name.into()),
        count: None,
        conditional: false,
        again: false,
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
fn a_command_for_a_new_call_puts_calls_that_were_over_in_the_past() {
    for command in ["dial x", "dialdir x audio=sendrecv", "accept", "atransferstart x"] {
        let command = format!("a > {command}");
        let lines = ["a CALL_ESTABLISHED c1", "a CALL_CLOSED c1", "a CALL_ESTABLISHED c2", "a REGISTER_OK"];
        let lines = [&lines[..], &["b CALL_CLOSED c1", "a .", &command]].concat();
        assert_eq!(left(&lines, "a"), [2, 3], "{command}");
        assert_eq!(left(&lines, "b"), [4]);
        let events = log_of(&lines);
        let marks = marks_of(&events);
        let past = |call| marks.past(&member_for(&events[0], call), &events[0], marks.seen() as u64);
        assert_eq!((past(None), past(Some("c1"))), (Some(Past::Call), None));
    }
    // a call that comes does not, whoever caused it
    assert_eq!(left(&["a CALL_CLOSED c1", "a .", "b > dial a", "a CALL_INCOMING c2"], "a"), [0, 3]);
    assert_eq!(left(&["a CALL_CLOSED c1", "a .", "a > dtmf 1"], "a"), [0]);
    // a hang-up does so with ends alone
    assert_eq!(
        left(&["a CALL_ESTABLISHED c1", "a CALL_CLOSED c1", "a AUDIO_REPORT c1", "a .", "a > hangup"], "a"),
        [0, 2]
    );
}

#[test]
fn what_the_test_has_not_waited_for_is_not_past() {
    let call = ["a CALL_ESTABLISHED c1", "a CALL_CLOSED c1", "b CALL_INCOMING c9"];
    let after = |between: &[&'static str]| left(&[&call[..], between, &["a > dial x"]].concat(), "a");
    // commands that follow one another, or what another agent answered
    assert_eq!(after(&[]), [0, 1]);
    assert_eq!(after(&["b ="]), [0, 1]);
    // what it told before it answered, it told because of the command
    assert_eq!(after(&["a ="]), [0; 0]);
    assert_eq!(after(&["b ."]), [0; 0]);
    // both sides have reported the end since
    let lines = ["a CALL_ESTABLISHED c1", "b CALL_CLOSED c1", "a .", "a CALL_CLOSED c1", "a > dial x"];
    assert_eq!(left(&lines, "a"), [0; 0]);
    assert_eq!(left(&[&lines[..3], &lines[4..]].concat(), "a"), [0]);
}

#[test]
fn what_comes_late_of_a_past_call_is_past_too() {
    let lines =
        ["a CALL_ESTABLISHED c1", "a CALL_CLOSED c1", "a .", "a > dial x", "a AUDIO_REPORT c1", "a CALL_RTCP c1"];
    assert_eq!(left(&[&lines[..], &["a CALL_RINGING c2"]].concat(), "a"), [6]);
}

#[test]
fn what_is_past_is_decided_when_an_await_begins() {
    let events = log_of(&["a CALL_CLOSED c1", "a .", "a > dial x", "a CALL_CLOSED c2", "a > dial x"]);
    let marks = marks_of(&events);
    let past = |n: usize, began| marks.past(&member_for(&events[n], None), &events[n], began);
    assert_eq!((past(0, 5), past(0, 3), past(3, 5)), (Some(Past::Call), None, None));
}

#[test]
fn events_without_a_call_id_are_past_when_no_call_is_open() {
    assert_eq!(left(&["a CALL_CLOSED", "a .", "a > dial x"], "a"), [0; 0]);
    assert_eq!(left(&["a CALL_ESTABLISHED c1", "a CALL_LOCAL_SDP", "a .", "a > dial x"], "a"), [0, 1]);
}

#[test]
fn messages_are_past_with_their_call() {
    for (call, of_past) in [
        (&["a < INVITE i1", "a ~ 200 INVITE i1", "a < BYE i1"][..], true),
        (&["a < INVITE i1", "a ~ 486 INVITE i1"], true),
        (&["a < INVITE i1", "a ~ 401 INVITE i1"], false),
        // a refused re-INVITE ends nothing
        (&["a < INVITE i1 to=x;tag=1", "a ~ 488 INVITE i1"], false),
        (&["a < OPTIONS o1", "a ~ 200 OPTIONS o1"], false),
    ] {
        let lines = [call, &["a .", "a > dial x", "a < INVITE i2"]].concat();
        let (all, last) = (0..call.len() as u64, call.len() as u64 + 2);
        let expected: Vec<u64> = all.filter(|_| !of_past).chain([last]).collect();
        assert_eq!(left(&lines, "a"), expected, "{lines:?}");
    }
}

#[test]
fn a_command_replaces_the_requests_that_were_sent_before_it() {
    for (command, method) in [
        ("hold", "INVITE"),
        ("resume", "INVITE"),
        ("dial b", "INVITE"),
        ("message b x", "MESSAGE"),
        ("uareg 3600 0", "REGISTER"),
        ("options b", "OPTIONS"),
        ("hangup", "BYE"),
        ("transfer c", "REFER"),
        ("sndcode 1", "INFO"),
    ] {
        let [request, response] = [format!("a ~ {method} i1"), format!("a < 200 {method} i1")];
        let (command, newer) = (format!("a > {command}"), format!("a < 200 {method} i2 cseq=2"));
        let lines = [&request, &response, "a .", &command, "a ~ PRACK i1", &newer];
        let past = left(&lines, "a");
        assert!(!past.contains(&1) && past.contains(&5), "{lines:?}: {past:?}");
        let others = [&request, &response, "a .", "a > mute", &newer];
        assert_eq!(left(&others, "a"), [0, 1, 4]);
    }
}

#[test]
fn a_request_is_replaced_where_it_arrived_as_well() {
    let call = ["a CALL_RINGING i1", "a ~ INVITE i1", "b < INVITE i1", "b CALL_INCOMING i1", "b ~ 200 INVITE i1"];
    let call = [&call[..], &["a < 200 INVITE i1", "b ~ INVITE i9", "b ."]].concat();
    let after = |command: &'static str| left(&[&call[..], &[command]].concat(), "b");
    assert_eq!(after("a > mute"), [2, 3, 4, 6]);
    assert_eq!(after("a > hold"), [3, 6]);
    assert_eq!(after("a > dial b"), [3, 6]);
    // what is for another leaves it alone
    assert_eq!(after("a > dial c"), [2, 3, 4, 6]);
    assert_eq!(after("c > hold"), [2, 3, 4, 6]);
    // an INVITE that still rings is not over
    assert_eq!(left(&["a ~ INVITE i1", "a < 180 INVITE i1", "a .", "a > dial c"], "a"), [0, 1]);
    // texts that follow one another
    assert_eq!(left(&["a > message b 1", "a ~ MESSAGE m1", "a =", "a > message b 2"], "a"), [1]);
}

#[test]
fn a_wait_for_a_call_counts_from_the_newest_command_in_that_call() {
    let events = log_of(&["a CALL_RINGING i1", "a ~ INVITE i1", "a < 200 INVITE i1", "a ."]);
    let past = |agent: &str, call: Option<&str>, command: &str| {
        let mut marks = marks_of(&events);
        marks.command(&agent.into(), call, command);
        marks.past(&member_for(&events[2], Some("i1")), &events[2], marks.seen() as u64)
    };
    assert_eq!(past("a", Some("i1"), "hold"), Some(Past::Request));
    assert_eq!(past("a", None, "hold"), Some(Past::Request));
    assert_eq!(past("a", Some("i2"), "hold"), None);
    assert_eq!(past("a", None, "dial x"), None);
}

#[test]
fn how_a_command_went_is_not_told_by_what_came_before_it() {
    assert_eq!(left(&["a REGISTER_OK", "a REGISTER_FAIL", "a .", "a > uareg 3600 0", "a REGISTER_OK"], "a"), [4]);
    assert_eq!(left(&["a REGISTER_OK", "a .", "b > uareg 3600 0", "a > dial b"], "a"), [0]);
    assert_eq!(left(&["a TRANSFER_FAILED c1", "a .", "a > transfer b"], "a"), [0; 0]);
}

#[test]
fn nobody_calls_an_agent_that_only_calls() {
    let done = |lines: &[&str], outgoing: bool| marks_of(&log_of(lines)).is_done_calling(&"a".into(), outgoing);
    let call = ["a > dial b", "a CALL_RINGING c1", "a CALL_CLOSED c1"];
    assert!(done(&call, true) && done(&call, false));
    for more in [
        "a > dial b",
        "a CALL_OUTGOING c2",
        "a CALL_INCOMING c2",
        "a REGISTER_OK",
        "a ~ REGISTER r1",
        "a < REFER c1",
        "a < INVITE c3",
        "b > dial a",
        "c > transfer a",
        "a < 302 INVITE c1",
    ] {
        assert!(!done(&[&call[..], &[more]].concat(), true), "{more}");
    }
    // who is no agent of the test knows the caller's address now
    let stranger = [&call[..], &["a ~ INVITE c1"]].concat();
    assert!(done(&stranger, true) && !done(&stranger, false));
    assert!(!done(&call[..2], true) && !done(&call[..1], true) && !done(&[], true));
}

#[test]
fn an_agent_that_starts_again_begins_without_a_past() {
    assert_eq!(left(&["a CALL_ESTABLISHED c1", "a REGISTER_OK", "a STARTING", "a CALL_RINGING c2"], "a"), [3]);
}

#[test]
fn a_consumed_event_is_not_taken_again() {
    let events = log_of(&["a CALL_CLOSED c1", "a CALL_CLOSED c2"]);
    let mut marks = marks_of(&events);
    marks.consume(&events[0]);
    assert!(marks.is_consumed(&events[0]));
    assert_eq!(live(&marks, &events, "a"), [1]);
}

fn digits(agent: &str, digits: &str) -> Want {
    let pattern = Pattern::Digits(digits.into());
    Want::One(Member { agent: agent.into(), pattern, count: None, conditional: false, again: false, call: None })
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
