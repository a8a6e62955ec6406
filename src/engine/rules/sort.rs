//! What events are indexed by: sort, name, id. Pure.

use crate::event::{Body, Event};

/// The most bytes of a name or an id that are kept: the sender may choose any length.
const LONGEST: usize = 256;

/// The sorts of events that an await may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventSort {
    Event,
    Message,
    Line,
}

impl EventSort {
    pub fn from_event(event: &Event) -> EventSort {
        match event.body {
            Body::Sip(_) => EventSort::Message,
            Body::Log(_) => EventSort::Line,
            _ => EventSort::Event,
        }
    }
}

/// The name that a pattern looks for: an event's name, a request's method, a response's code. Log lines have none.
#[derive(Debug, PartialEq, Eq, Hash)]
pub enum EventName {
    Text(String),
    Code(u16),
}

impl EventName {
    pub fn from_event(event: &Event) -> EventName {
        match &event.body {
            Body::Event(said) => EventName::Text(id(&said.name).to_string()),
            Body::Sip(sip) => sip.status.map_or_else(|| EventName::Text(id(&sip.method).to_string()), EventName::Code),
            _ => EventName::Text(String::new()),
        }
    }
}

/// Cuts an id to what is kept.
pub fn id(whole: &str) -> &str {
    &whole[..whole.floor_char_boundary(LONGEST)]
}
