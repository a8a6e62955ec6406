//! The messages of a record, each once.

use crate::event::{Body, Event, SipEvent};
use crate::report::ladder::{Sighting, Wire};

/// Leaves out the second of the two records of a message between agents.
#[derive(Debug, Default)]
pub struct Messages {
    pub wire: Wire,
}

impl Messages {
    /// The message that an event is, if it was not recorded before, and whether it was sent again.
    pub fn event<'a>(&mut self, event: &'a Event) -> Option<(&'a SipEvent, bool)> {
        let sighting = self.wire.event(event)?;
        match (sighting, &event.body) {
            (Sighting::First { retransmission }, Body::Sip(sip)) => Some((sip, retransmission)),
            _ => None,
        }
    }
}
