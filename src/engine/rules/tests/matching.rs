//! Which events satisfy what is awaited: one event for one member.

use super::log_of;
use crate::engine::rules::matching::{FoundEvents, Member, Scan, Want};
use crate::engine::rules::pattern::Pattern;
use crate::event::Event;
use proptest::prelude::*;
use std::sync::Arc;

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
fn solve(want: &Want, events: &[Arc<Event>]) -> Option<FoundEvents> {
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

fn numbers(found: &FoundEvents) -> Vec<u64> {
    found.events().iter().map(|event| event.n).collect()
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
    assert!(matches!(&found, FoundEvents::All(all) if all.len() == 2), "{found:?}");
    let found = solve(&any, &log_of(&["a Y", "a Z", "b X", "a Z"])).unwrap();
    assert!(matches!(&found, FoundEvents::Many(events) if events.len() == 2), "{found:?}");
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

#[test]
fn what_is_no_regular_expression_is_told_in_a_line() {
    for (text, why) in
        [("a(b", "unclosed group"), ("[z-a]", "invalid character class range"), ("(?:a{1000}){1000}", "too large")]
    {
        let told = Pattern::log(text).unwrap_err();
        assert!(told.contains(why) && !told.contains('\n'), "{told}");
    }
}
