//! A run's events as a text that comes out the same in every run of the same test, and its hash. Pure.
//!
//! Agents stand in the order of their names (the order of starting may be a race), calls of an agent in the order of its
//! `dial` or its first incoming, events of a call in the order they came. Left out is what varies from run to run:
//! ids, ports, times, error numbers. What comes in no fixed order is the sorted `media` section of its call:
//!
//! ```text
//! alice
//!   call 1, outgoing, bob
//!     CALL_RINGING
//!     CALL_ESTABLISHED
//!     CALL_CLOSED local
//!     media
//!       AUDIO_REPORT tx rx RTP/AVP PCMU
//!       CALL_RTPESTAB audio
//! ```
//!
//! The flow ends with the last step ([`Note::StepsDone`]); what an agent says while the host stops it does not count.

mod accept;
mod calls;
mod diff;
mod names;
mod wording;

use crate::diagnostic::Diagnostic;
use crate::event::{AgentEvent, Body, Command, Event, Events, Note};
use accept::Filter;
use calls::Calls;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

pub use diff::{Difference, SideLine, diff, first_difference, side_by_side};
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
        if self.over {
            return;
        }
        if let Body::Note(Note::StepsDone | Note::Ended(_)) = event.body {
            self.over = true;
            return;
        }
        let Some(name) = &event.agent else { return };
        // what no flow tells of: most of what comes
        if matches!(event.body, Body::Log(_) | Body::Sip(_)) {
            return;
        }
        let agent = match self.agents.get_mut(name) {
            Some(agent) => agent,
            None => {
                // what counts is told before the first agent starts, or, rarely, found out by reading twice
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
            _ if agent.stopping => {}
            Body::Command(command) => agent.command(event.n, command),
            Body::Response(response) if !response.ok => agent.calls.not_dialled(response.to),
            Body::Event(event) => agent.event(event, &self.filter, &self.names),
            _ => {}
        }
    }

    /// The flow.
    ///
    /// # Errors
    /// What counts was told (`accept`, `ignore`) only after agents had been heard: the builder that is given back knows
    /// it, and has to be given all events again.
    pub fn finish(self) -> Result<Flow, Box<Builder>> {
        if !self.knows_filter && !self.agents.is_empty() && self.filter != self.heard {
            return Err(Box::new(Builder { filter: self.heard, knows_filter: true, ..Builder::default() }));
        }
        let mut text = String::new();
        for (name, agent) in &self.agents {
            agent.write(name, &mut text);
        }
        Ok(Flow { text })
    }
}

/// What has been seen of one agent.
#[derive(Debug, Default)]
struct Agent {
    stopping: bool,
    /// What belongs to no call.
    lines: Vec<String>,
    /// The last registration result that counts.
    registration: Option<String>,
    calls: Calls,
    /// The reasons that its `hangup` commands gave: a call closed with one of these was closed from this side.
    hangup_reasons: Vec<String>,
}

impl Agent {
    /// A new process: what the one before it left open stays as it is.
    fn start(&mut self) {
        self.stopping = false;
        self.registration = None;
        self.calls.end_all();
    }

    fn command(&mut self, n: u64, command: &Command) {
        self.calls.dialled(n, &command.text);
        self.hangup_reasons.extend(wording::hangup_reasons(&command.text).map(String::from));
    }

    fn event(&mut self, event: &AgentEvent, filter: &Filter, names: &Names) {
        let name = accept::canonical(&event.name);
        if !accept::is_of_a_call(&name, event) {
            if filter.accepts(&name) {
                self.line(filter, &name, wording::line(&name, event, names, &[]));
            }
            return;
        }
        let call = self.calls.of_event(&name, event, names);
        if filter.accepts(&name) {
            let line = wording::line(&name, event, names, &self.hangup_reasons);
            match accept::is_media(&name) {
                true => drop(call.media.insert(line)),
                false => call.lines.push(line),
            }
        }
        if name == "CALL_CLOSED" {
            call.open = false;
        }
    }

    /// A registration is refreshed as time goes by, so only its first result counts, and where it was asked for by
    /// `accept` each change of it.
    fn line(&mut self, filter: &Filter, name: &str, line: String) {
        if accept::is_registration(name) {
            let refreshes = |last: &String| !filter.is_chosen() || *last == line;
            if self.registration.as_ref().is_some_and(refreshes) {
                return;
            }
            self.registration = Some(line.clone());
        }
        self.lines.push(line);
    }

    fn write(&self, name: &str, text: &mut String) {
        let calls: Vec<_> = self.calls.all().iter().filter(|call| call.counts()).collect();
        if self.lines.is_empty() && calls.is_empty() {
            return;
        }
        let _ = writeln!(text, "{}", wording::one_line(name));
        for line in &self.lines {
            let _ = writeln!(text, "  {line}");
        }
        for (number, call) in calls.iter().enumerate() {
            let _ = write!(text, "  call {}", number + 1);
            for part in [call.direction.as_str(), call.peer_name.as_str()] {
                if !part.is_empty() {
                    let _ = write!(text, ", {part}");
                }
            }
            text.push('\n');
            for line in &call.lines {
                let _ = writeln!(text, "    {line}");
            }
            if !call.media.is_empty() {
                text.push_str("    media\n");
            }
            for line in &call.media {
                let _ = writeln!(text, "      {line}");
            }
        }
    }
}

#[cfg(test)]
mod tests;
