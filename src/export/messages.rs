//! The messages of a record, each once.

use crate::event::{Body, Event, OnWire, SipEvent};

/// Leaves out the second of the two records of a message between agents.
#[derive(Debug, Default)]
pub struct Messages {
    /// The number of the next message on the wire that no event showed yet.
    next: u64,
}

impl Messages {
    /// The message that an event is, if it was not recorded before, and what is known of it on the wire.
    pub fn event<'a>(&mut self, event: &'a Event) -> Option<(&'a SipEvent, &'a OnWire)> {
        let Body::Sip(sip) = &event.body else { return None };
        let on_wire = sip.on_wire.as_ref().filter(|on_wire| on_wire.wire >= self.next)?;
        self.next = on_wire.wire + 1;
        Some((sip, on_wire))
    }
}
