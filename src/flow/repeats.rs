//! Texts that were retransmitted because their sender had no answer yet (RFC 3261 section 17.1.2): agents report each copy.

use crate::event::{AgentEvent, SipEvent};
use serde_json::Value;
use std::collections::{BTreeSet, VecDeque};

/// The most texts that are remembered, and the most events that are waited for.
const MOST: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Repeats {
    /// Call-ID and CSeq of those that came.
    known: BTreeSet<(String, String)>,
    /// Their bodies, in the order in which they came, and whether each is a repetition. The events follow.
    due: VecDeque<(String, bool)>,
}

impl Repeats {
    /// Takes note of a message that the agent received.
    pub fn received(&mut self, sip: &SipEvent) {
        if sip.method != "MESSAGE" || sip.status.is_some() {
            return;
        }
        if self.known.len() >= MOST {
            self.known.clear();
        }
        let is_new = self.known.insert((sip.call_id.clone(), sip.cseq.clone()));
        if self.due.len() >= MOST {
            self.due.pop_front();
        }
        self.due.push_back((sip.body.clone(), !is_new));
    }

    /// Whether the event of a text tells of one that came before.
    pub fn is_one(&mut self, event: &AgentEvent) -> bool {
        let body = event.fields.get("body").and_then(Value::as_str).unwrap_or(&event.param);
        match self.due.iter().position(|(due, _)| due == body) {
            // an agent may have kept silent about those before it
            Some(at) => self.due.drain(..=at).next_back().is_some_and(|(_, again)| again),
            None => false,
        }
    }
}
