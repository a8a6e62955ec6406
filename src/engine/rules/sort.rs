//! By what an event is found: its sort, its name, its id. Pure.

use crate::event::{Body, Event};

/// As much of a name or an id as is kept: who sends it can't say how long it is.
const LONGEST: usize = 256;

/// What an await may take, by its place in an agent's marks.
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

/// What patterns look for: an event's name, a request's method, a response's code. Log lines have none.
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

/// As much of an id as is kept.
pub fn id(whole: &str) -> &str {
    &whole[..whole.floor_char_boundary(LONGEST)]
}
