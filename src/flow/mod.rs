//! A run's events as a text that comes out the same in every run of the same test, and its hash. Pure.
//!
//! What signalling brings counts: it comes for certain, since a run ends only when nothing of it is under way any more. What the sound
//! of a call brings counts where an await took it ([`Note::Awaited`]): whether it comes before the call is over is chance otherwise.
//! `accept` names what counts instead of both.
//!
//! Agents stand in the order of their names, calls of an agent in that of their direction and peer, calls with one peer as they began;
//! events of a call in the order they came. Left out is what varies from run to run: ids, ports, times, error numbers. What comes in no
//! fixed order is the sorted `media` section of its call:
//!
//! ```text
//! alice
//!   call 1, outgoing, bob
//!     CALL_RINGING
//!     CALL_ESTABLISHED
//!     CALL_CLOSED local
//!     sent
//!       SENT_HOLD answered recvonly
//!     media
//!       CALL_RTPESTAB audio
//! ```
//!
//! The flow ends with the last step ([`Note::StepsDone`]); what an agent says while the host stops it does not count, but for answers to
//! what it had sent before.

mod accept;
mod agent;
mod calls;
mod diff;
mod names;
mod one_line;
mod repeats;
mod sent;
mod wording;

use crate::diagnostic::Diagnostic;
use crate::event::{Body, Event, Events, Note};
use accept::Filter;
use agent::Agent;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

pub use diff::{Difference, SideLine, diff, differences, first_difference, side_by_side};
pub use names::Names;

/// What counts of a run, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flow {
    text: String,
}

impl Flow {
    /// The flow of a run's events.
    ///
    /// # Errors
    /// They can't be read.
    pub fn of(events: &(impl Events + ?Sized)) -> Result<Flow, Diagnostic> {
        let mut builder = Builder::default();
        loop {
            events.each(&mut |event| builder.event(event))?;
            match builder.finish() {
                Ok(flow) => return Ok(flow),
                Err(again) => builder = *again,
            }
        }
    }

    /// Lines, each with an end; empty when nothing counted.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first 16 hex digits of the text's SHA-256, in lower case.
    pub fn hash(&self) -> String {
        Sha256::digest(&self.text).iter().take(8).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// Makes a flow of events that are given one by one, in the order of the log. What it keeps grows with what counts, not with
/// the events.
#[derive(Debug, Default)]
pub struct Builder {
    filter: Filter,
    /// The filter came from an earlier reading of the same events: it holds from the first one on.
    knows_filter: bool,
    /// The filter of this reading, where it is not known.
    heard: Filter,
    names: Names,
    agents: BTreeMap<Arc<str>, Agent>,
    /// The last step is done.
    over: bool,
}

impl Builder {
    pub fn event(&mut self, event: &Event) {
        if let (Body::Note(note), false) = (&event.body, self.knows_filter) {
            self.heard.note(note);
        }
        match &event.body {
            Body::Note(Note::StepsDone | Note::Ended(_)) => {
                self.over = true;
                self.agents.values_mut().for_each(|agent| agent.stopping = true);
            }
            Body::Note(Note::Awaited { events }) if !self.over => {
                for n in events {
                    let _ = self.agents.values_mut().any(|agent| agent.calls.awaited(*n));
                }
            }
            // what no flow tells of: most of what comes
            Body::Log(_) => {}
            // once all is over only what an agent has begun may still be answered
            Body::Sip(sip) if self.over => {
                let agent = event.agent.as_ref().and_then(|name| self.agents.get_mut(name));
                agent.into_iter().for_each(|agent| agent.sip(sip));
            }
            _ if self.over => {}
            _ => self.event_of_agent(event),
        }
    }

    fn event_of_agent(&mut self, event: &Event) {
        let Some(name) = &event.agent else { return };
        let agent = match self.agents.get_mut(name) {
            Some(agent) => agent,
            None => {
                // what counts is known before the first agent starts, or, rarely, found out by reading twice
                if self.agents.is_empty() && !self.knows_filter {
                    self.filter = self.heard.clone();
                }
                self.agents.entry(name.clone()).or_default()
            }
        };
        match &event.body {
            Body::Note(Note::AgentStarting { aor, address, .. }) => {
                self.names.add(name, aor, address);
                agent.start();
            }
            Body::Note(Note::AgentStopping | Note::AgentStopped { .. } | Note::AgentLost { .. }) => {
                agent.stopping = true;
            }
            Body::Sip(sip) => agent.sip(sip),
            _ if agent.stopping => {}
            Body::Command(command) => agent.command(event.n, command),
            Body::Response(response) if !response.ok => agent.calls.not_dialled(response.to),
            Body::Event(said) => agent.event(event.n, said, &self.filter, &self.names),
            _ => {}
        }
    }

    /// The flow.
    ///
    /// # Errors
    /// What counts was told (`accept`, `ignore`) only after agents had been heard: the builder that is given back knows
    /// it, and has to be given all events again.
    pub fn finish(mut self) -> Result<Flow, Box<Builder>> {
        if !self.knows_filter && !self.agents.is_empty() && self.filter != self.heard {
            return Err(Box::new(Builder { filter: self.heard, knows_filter: true, ..Builder::default() }));
        }
        let mut text = String::new();
        for (name, agent) in &mut self.agents {
            agent.write(name, &self.filter, &self.names, &mut text);
        }
        Ok(Flow { text })
    }
}

#[cfg(test)]
mod tests;
