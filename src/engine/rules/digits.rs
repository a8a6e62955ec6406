//! DTMF digits in a row, in one call. Pure.

use crate::event::{Body, Event};
use std::sync::Arc;

/// The first events that are exactly these digits, one right after another in one call. If there are none, those events
/// of the newest call that begin with them. `events`: in their order.
pub fn row<'a>(events: impl Iterator<Item = &'a Arc<Event>>, digits: &str) -> Vec<Arc<Event>> {
    let mut calls: Vec<(Option<&str>, Vec<&Arc<Event>>)> = vec![];
    for event in events {
        let Body::Event(of_agent) = &event.body else { continue };
        match calls.iter_mut().find(|(call, _)| *call == of_agent.call.as_deref()) {
            Some((_, events)) => events.push(event),
            None => calls.push((of_agent.call.as_deref(), vec![event])),
        }
    }
    let wanted: Vec<String> = digits.chars().map(String::from).collect();
    let begins = |part: &&[&Arc<Event>]| {
        part.iter().zip(&wanted).all(|(event, digit)| digit_of(event).eq_ignore_ascii_case(digit))
    };
    let whole = calls.iter().filter_map(|(_, events)| events.windows(wanted.len()).find(begins));
    let part = whole.min_by_key(|part| part.last().map(|event| event.n)).or_else(|| {
        let (_, events) = calls.last()?;
        let first = events.len().saturating_sub(wanted.len() - 1);
        (first..events.len()).map(|start| &events[start..]).find(begins)
    });
    part.unwrap_or_default().iter().map(|event| (*event).clone()).collect()
}

/// The digit of a CALL_DTMF_START.
pub fn digit_of(event: &Event) -> &str {
    match &event.body {
        Body::Event(of_agent) => &of_agent.param,
        _ => "",
    }
}
