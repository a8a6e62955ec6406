//! What marks cost, however many calls there are and however long their names.

use super::*;
use crate::engine::rules::agent_marks::SENT;
use crate::engine::rules::live::{MOST, MOST_BYTES};
use crate::engine::rules::pattern::Pattern;
use crate::event::{AgentEvent, SipEvent, Time};
use std::time::Instant;

fn event(n: u64, body: Body) -> Arc<Event> {
    Arc::new(Event { n, time: Time(n as f64), agent: Some("alice".into()), body })
}

fn of_call(n: u64, name: &str, call: &str) -> Arc<Event> {
    event(n, Body::Event(AgentEvent { name: name.into(), call: Some(call.into()), ..AgentEvent::default() }))
}

fn message(n: u64, method: &str, call_id: &str) -> Arc<Event> {
    let sip =
        SipEvent { method: method.into(), call_id: call_id.into(), direction: "OUT".into(), ..SipEvent::default() };
    event(n, Body::Sip(sip.into()))
}

fn wanted(name: &str) -> Member {
    let pattern = Pattern::Event(name.into());
    Member { agent: "alice".into(), pattern, count: None, conditional: false, again: false, call: None }
}

#[test]
fn calls_that_begin_and_end_without_end_cost_what_their_events_do() {
    let mut marks = Marks::default();
    let begun = Instant::now();
    let mut n = 0;
    for _ in 0..MOST {
        marks.observe(&[message(n, "OPTIONS", &format!("options-{n}")), of_call(n + 1, "CALL_RTCP", "open")]);
        n += 2;
    }
    let filled = begun.elapsed();
    for _ in 0..MOST {
        let call = format!("call-{n}");
        marks.observe(&[of_call(n, "CALL_INCOMING", &call), of_call(n + 1, "CALL_CLOSED", &call)]);
        marks.command(&"alice".into(), None, "accept");
        n += 2;
    }
    assert_eq!(marks.live(&wanted("CALL_CLOSED")).len() + marks.live(&wanted("CALL_INCOMING")).len(), MOST);
    // a walk over all of them at each call takes a thousand times as long
    assert!(begun.elapsed() < 20 * filled, "{filled:?}, then {:?}", begun.elapsed());
}

#[test]
fn names_without_end_do_not_fill_the_memory() {
    let mut marks = Marks::default();
    let long = "é".repeat(5_000);
    let alice: Arc<str> = "alice".into();
    for n in 0..3 * MOST as u64 {
        let name = format!("{n}-{long}");
        marks.observe(&[message(2 * n, "BYE", &name), of_call(2 * n + 1, &format!("CALL_{name}"), &name)]);
        marks.command(&alice, None, &format!("dial {name}"));
    }
    let kept = &marks.agents["alice"];
    assert!(kept.calls.len() <= 2 * MOST && marks.over.len() <= 2 * MOST && kept.open.len() <= MOST_OPEN);
    assert!(kept.sent.values().all(|keys| keys.len() <= SENT) && marks.named.len() <= MOST_NAMED + 2);
    assert!(kept.open.values().chain(&marks.named).all(|name| name.len() <= 256));
    for live in &kept.live {
        let (events, names, bytes) = live.sizes();
        assert!(events <= MOST && names <= events && bytes <= MOST_BYTES);
    }
}

#[test]
fn what_is_left_of_a_call_that_is_forgotten_is_past() {
    let mut marks = Marks::default();
    let first = of_call(0, "CALL_ESTABLISHED", "first");
    marks.observe(&[first.clone(), of_call(1, "CALL_CLOSED", "first")]);
    for n in 0..3 * MOST as u64 {
        let closed = of_call(2 + n, "CALL_CLOSED", &format!("call-{n}"));
        marks.observe(std::slice::from_ref(&closed));
        marks.consume(&closed);
    }
    assert!(marks.is_live(&first));
    assert_eq!(marks.past(&wanted("CALL_ESTABLISHED"), &first, marks.seen() as u64), Some(WhyPast::Call));
}

#[test]
fn a_call_is_closed_but_for_one_of_the_agent_with_itself() {
    let outgoing = |n: u64, name: &str, call: &str| {
        let (name, call, direction) = (name.into(), Some(call.into()), Some("outgoing".into()));
        event(n, Body::Event(AgentEvent { name, call, direction, ..AgentEvent::default() }))
    };
    let mut marks = Marks::default();
    marks.observe(&[
        of_call(0, "CALL_INCOMING", "1"),
        of_call(1, "CALL_CLOSED", "1"),
        of_call(2, "CALL_INCOMING", "2"),
        outgoing(3, "CALL_RINGING", "2"),
        of_call(4, "CALL_CLOSED", "2"),
        of_call(5, "CALL_INCOMING", "3"),
    ]);
    assert_eq!(["1", "2", "3", "4"].map(|call| marks.is_closed("alice", call)), [true, false, false, false]);
}
