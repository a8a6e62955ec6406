//! By what an event is found: its sort, its name, its id. Pure.

use crate::event::{Body, Event};

/// As much of a name or an id as is kept: who sends it can't say how long it is.
const LONGEST: usize = 256;

/// What an await may take, by its place in an agent's marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    Event,
    Message,
    Line,
}

impl Sort {
    pub fn of(event: &Event) -> Sort {
        match event.body {
            Body::Sip(_) => Sort::Message,
            Body::Log(_) => Sort::Line,
            _ => Sort::Event,
        }
    }
}

/// What patterns look for: an event's name, a request's method, a response's code. Log lines have none.
#[derive(Debug, PartialEq, Eq, Hash)]
pub enum Name {
    Text(String),
    Code(u16),
}

impl Name {
    pub fn of(event: &Event) -> Name {
        match &event.body {
            Body::Event(said) => Name::Text(id(&said.name).to_string()),
            Body::Sip(sip) => sip.status.map_or_else(|| Name::Text(id(&sip.method).to_string()), Name::Code),
            _ => Name::Text(String::new()),
        }
    }
}

/// As much of an id as is kept.
pub fn id(whole: &str) -> &str {
    &whole[..whole.floor_char_boundary(LONGEST)]
}
