//! What an await may take of what came before: consumed, past, replaced.

use super::{log_of, marks_of};
use crate::engine::rules::live::MOST;
use crate::engine::rules::marks::{Marks, WhyPast};
use crate::engine::rules::matching::{Member, Which};
use crate::engine::rules::pattern::Pattern;
use crate::event::{Body, Event, LogLine, Time};
use std::sync::Arc;

/// A member for whatever an event is; `call`: of that call alone.
fn member_for(event: &Event, call: Option<&str>) -> Member {
    Member {
        agent: event.agent.clone().unwrap(),
        pattern: Pattern::Event(String::new()),
        count: None,
        conditional: false,
        again: false,
        call: call.map(|call| Arc::new(Which::from_id(call))),
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
    let event = |n, body| Arc::new(Event { n, time: Time(0.0), agent: Some("a".into()), body });
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
        assert_eq!((past(None), past(Some("c1"))), (Some(WhyPast::Call), None));
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
    assert_eq!((past(0, 5), past(0, 3), past(3, 5)), (Some(WhyPast::Call), None, None));
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
    assert_eq!(past("a", Some("i1"), "hold"), Some(WhyPast::Request));
    assert_eq!(past("a", None, "hold"), Some(WhyPast::Request));
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
