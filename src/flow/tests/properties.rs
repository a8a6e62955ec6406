//! Any sequence of events.

use super::*;
use proptest::prelude::*;

/// Ordered events of one call that a generator draws from.
const ORDERED: [&str; 6] = [
    "CALL_ESTABLISHED",
    "CALL_HOLD",
    "CALL_RESUME",
    "CALL_TRANSFER_FAILED 486 Busy Here",
    "CALL_REDIRECT 302 moved",
    "CALL_INCOMING",
];

/// Lines for alice's and bob's ends of two calls.
fn run_of(alice: &[usize], bob: &[usize], order: &[bool], port: u16, id: u32) -> Run {
    let mut run = Run::of_three(port, id);
    let line = |(n, event): (usize, &usize), head: &str| format!("{head} {} {}", 1 + n % 2, ORDERED[*event]);
    let mut one = alice.iter().enumerate().map(|event| line(event, "alice out bob")).peekable();
    let mut other = bob.iter().enumerate().map(|event| line(event, "bob in alice")).peekable();
    let mut order = order.iter().cycle();
    while one.peek().is_some() || other.peek().is_some() {
        let first = *order.next().unwrap_or(&true);
        let next = if first { one.next().or_else(|| other.next()) } else { other.next().or_else(|| one.next()) };
        run.events(&next.unwrap_or_default());
    }
    run
}

fn some_events() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..ORDERED.len(), 1..12)
}

proptest! {
    #[test]
    fn ports_ids_times_and_the_order_between_agents_do_not_count(
        alice in some_events(),
        bob in some_events(),
        order in prop::collection::vec(any::<bool>(), 1..24),
        port in 10_000u16..60_000,
        id in any::<u32>(),
    ) {
        let one = run_of(&alice, &bob, &[true], 30000, 1).flow();
        let other = run_of(&alice, &bob, &order, port, id).flow();
        prop_assert_eq!(one.text(), other.text());
        prop_assert_eq!(one.hash(), other.hash());
    }

    #[test]
    fn a_missing_extra_or_moved_event_of_a_call_counts(alice in some_events(), at in any::<prop::sample::Index>(), new in 0..ORDERED.len()) {
        let hash = |events: &[usize]| run_of(events, &[], &[true], 30000, 1).flow().hash();
        // all events of one call: every other place
        let call: Vec<usize> = alice.iter().flat_map(|event| [*event, 0]).collect();
        let at = 2 * at.index(alice.len());
        let mut dropped = call.clone();
        dropped.drain(at..at + 2);
        prop_assert_ne!(hash(&call), hash(&dropped));
        let mut added = call.clone();
        added.splice(at..at, [new, 0]);
        prop_assert_ne!(hash(&call), hash(&added));
        let mut moved = call.clone();
        moved.swap(0, at);
        prop_assert_eq!(call == moved, hash(&call) == hash(&moved));
    }

    #[test]
    fn whatever_an_agent_says_a_flow_comes_out(name in "\\PC{0,12}", peer in "\\PC{0,20}", param in "\\PC{0,40}", call in any::<bool>()) {
        let mut run = Run::of_three(30000, 1);
        run.directive("accept", &[&name]);
        run.command("alice", &format!("dial {peer}"));
        let call = call.then(|| "1".to_string());
        let event = AgentEvent { name, call, peer: Some(peer), param, ..AgentEvent::default() };
        run.push("alice", Body::Event(event));
        prop_assert!(run.flow().text().lines().count() <= 4);
    }
}
