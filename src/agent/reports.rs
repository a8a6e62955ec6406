//! AUDIO_REPORT for agents without our own module: made of what they print when a call ends, of the calls that the control
//! connection told of, and of the SDP in the trace.

use super::call_end::{CallEnd, Recogniser};
use super::process::State;
use crate::event::{AgentEvent, SipEvent};
use crate::sip::sdp;
use std::collections::HashMap;
use std::sync::Arc;

/// SDP bodies of that many calls are remembered.
const CALLS: usize = 1000;

struct Call {
    id: Option<String>,
    peer: String,
    direction: Option<String>,
    closed: bool,
}

/// Fed from two sides, the control connection and stdout; what comes first differs from call to call.
pub struct Reports {
    state: Arc<State>,
    /// Established calls without a report.
    calls: Vec<Call>,
    recogniser: Recogniser,
    /// Offer and answer of the calls, by Call-ID: the last SDP of each side.
    bodies: HashMap<String, (String, String)>,
    last: String,
}

impl Reports {
    pub fn new(state: Arc<State>) -> Reports {
        Reports { state, calls: vec![], recogniser: Recogniser::new(), bodies: HashMap::new(), last: String::new() }
    }

    /// An event of the control connection.
    pub fn event(&mut self, event: &AgentEvent) {
        let same =
            |call: &Call| call.id == event.call || (event.call.is_none() && Some(&call.peer) == event.peer.as_ref());
        match event.name.as_str() {
            "CALL_ESTABLISHED" if !self.calls.iter().any(same) => self.calls.push(Call {
                id: event.call.clone(),
                peer: event.peer.clone().unwrap_or_default(),
                direction: event.direction.clone(),
                closed: false,
            }),
            "CALL_CLOSED" => self.calls.iter_mut().filter(|call| same(call)).for_each(|call| call.closed = true),
            _ => return,
        }
        self.tell();
    }

    /// A message of the trace. No table can follow one.
    pub fn sip(&mut self, message: &SipEvent) -> Option<AgentEvent> {
        if message.body.starts_with("v=0") {
            if self.bodies.len() >= CALLS {
                self.bodies.clear();
            }
            let (sent, received) = self.bodies.entry(message.call_id.clone()).or_default();
            let side = if message.direction == "OUT" { sent } else { received };
            side.clone_from(&message.body);
            self.last.clone_from(&message.call_id);
        }
        let end = self.recogniser.finish()?;
        self.report(end)
    }

    /// A line of the log.
    pub fn line(&mut self, text: &str) -> Option<AgentEvent> {
        let end = self.recogniser.line(text)?;
        self.report(end)
    }

    /// All output that has come has been looked at.
    pub fn settle(&mut self) -> Option<AgentEvent> {
        let end = self.recogniser.settle()?;
        self.report(end)
    }

    /// The output has ended.
    pub fn finish(&mut self) -> Option<AgentEvent> {
        let end = self.recogniser.finish()?;
        self.report(end)
    }

    fn report(&mut self, end: CallEnd) -> Option<AgentEvent> {
        let of_peer = |call: &Call| end.peer.is_empty() || call.peer == end.peer;
        let place = self.calls.iter().position(|call| call.closed && of_peer(call));
        let call = self.calls.remove(place.or_else(|| self.calls.iter().position(of_peer))?);
        self.tell();
        let id = call.id.as_ref().filter(|id| self.bodies.contains_key(*id)).unwrap_or(&self.last);
        let negotiated = self.bodies.get(id).and_then(|(sent, received)| match call.direction.as_deref() {
            Some("incoming") => sdp::negotiated(received, sent, "audio"),
            _ => sdp::negotiated(sent, received, "audio"),
        });
        let account = Some(end.local.clone()).filter(|local| !local.is_empty()).map(Into::into);
        let end = CallEnd { peer: call.peer.clone(), ..end };
        let report = end.report(call.id.clone(), negotiated.unwrap_or_default());
        Some(report.event(call.direction, account))
    }

    fn tell(&self) {
        self.state.set_reports_due(self.calls.iter().filter(|call| call.closed).count());
    }
}
