//! AUDIO_REPORT for agents without our own module: made of what they print when a call ends, of the calls that the control
//! connection reported, and of the SDP in the trace.
//!
//! baresip sends CALL_CLOSED and prints the call's numbers in one go, before it looks at another command. So a question
//! that is sent after CALL_CLOSED came is answered after the last of the numbers: the answer closes the report, whether or
//! not there were numbers.

use super::call_end::{CallEnd, Recogniser};
use super::control::Token;
use super::state::State;
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
}

/// The log does not name a call of less than a second.
fn is_of(end: &CallEnd, call: &Call) -> bool {
    end.peer.is_empty() || end.peer == call.peer
}

pub struct Reports {
    state: Arc<State>,
    established: Vec<Call>,
    /// Without a report yet, each with the question whose answer comes after its numbers, once that is asked.
    closed: Vec<(Option<Token>, Call)>,
    /// What was printed of calls, each with the last question that was asked before.
    ends: Vec<(Token, CallEnd)>,
    recogniser: Recogniser,
    /// The last question that was asked before it began to read a call's numbers.
    begun: Token,
    /// Offer and answer of the calls, by Call-ID: the last SDP of each side.
    bodies: HashMap<String, (String, String)>,
}

impl Reports {
    pub fn new(state: Arc<State>) -> Reports {
        let (recogniser, bodies) = (Recogniser::new(), HashMap::new());
        Reports { state, established: vec![], closed: vec![], ends: vec![], recogniser, begun: 0, bodies }
    }

    /// An event of the control connection.
    pub fn event(&mut self, event: &AgentEvent) {
        let same =
            |call: &Call| call.id == event.call || (event.call.is_none() && Some(&call.peer) == event.peer.as_ref());
        let place = self.established.iter().position(same);
        match (event.name.as_str(), place) {
            ("CALL_ESTABLISHED", None) => self.established.push(Call {
                id: event.call.clone(),
                peer: event.peer.clone().unwrap_or_default(),
                direction: event.direction.clone(),
            }),
            ("CALL_CLOSED", Some(place)) => {
                let call = self.established.remove(place);
                self.closed.push((None, call));
                self.tell();
            }
            _ => {}
        }
    }

    /// A call has closed, and nothing has been asked since.
    pub fn wants_question(&self) -> bool {
        self.closed.iter().any(|(question, _)| question.is_none())
    }

    /// A question has been sent.
    pub fn asked(&mut self, token: Token) {
        self.closed.iter_mut().for_each(|(question, _)| _ = question.get_or_insert(token));
    }

    /// A message of the trace.
    pub fn sip(&mut self, message: &SipEvent) {
        let kind = message.header("Content-Type").unwrap_or_default();
        let Some(description) = sdp::in_body(kind, &message.body) else { return };
        if self.bodies.len() >= CALLS {
            self.bodies.clear();
        }
        let (sent, received) = self.bodies.entry(message.call_id.clone()).or_default();
        let side = if message.direction == "OUT" { sent } else { received };
        *side = description.to_string();
    }

    /// A line of the log, read when `last` was the last question.
    pub fn line(&mut self, text: &str, last: Token) {
        let before = self.begun;
        if text.contains(": Call with ") || text.ends_with("Receive:") {
            self.begun = last;
        }
        self.ends.extend(self.recogniser.line(text).map(|end| (before, end)));
    }

    /// The reports that are complete with this answer.
    pub fn answered(&mut self, token: Token) -> Vec<AgentEvent> {
        let mut reports = vec![];
        while let Some(place) =
            self.closed.iter().position(|(question, _)| question.is_some_and(|asked| asked <= token))
        {
            let (_, call) = self.closed.remove(place);
            let end = self.end_of(&call);
            reports.push(self.report(call, end));
        }
        if self.begun < token {
            self.ends.extend(self.recogniser.finish().map(|end| (self.begun, end)));
        }
        // 1.0 drops a call whose transfer fails without CALL_CLOSED
        let expected = |end: &CallEnd| self.closed.iter().any(|(_, call)| is_of(end, call));
        let gone = self.ends.iter().position(|(last, end)| *last < token && !expected(end));
        if let Some(place) = gone {
            let (_, end) = self.ends.remove(place);
            if let Some(place) = self.established.iter().position(|call| is_of(&end, call)) {
                let call = self.established.remove(place);
                reports.push(self.report(call, Some(end)));
            }
        }
        self.tell();
        reports
    }

    /// The process is gone: what is left.
    pub fn finish(&mut self) -> Vec<AgentEvent> {
        self.ends.extend(self.recogniser.finish().map(|end| (0, end)));
        self.asked(Token::MAX);
        self.answered(Token::MAX)
    }

    fn end_of(&mut self, call: &Call) -> Option<CallEnd> {
        let of_call = |(_, end): &(Token, CallEnd)| is_of(end, call);
        let place = self.ends.iter().position(of_call).or_else(|| {
            // the numbers are there, but nothing that follows them has told their end
            self.ends.extend(self.recogniser.finish().map(|end| (0, end)));
            self.ends.iter().position(of_call)
        });
        place.map(|place| self.ends.remove(place).1)
    }

    fn report(&self, call: Call, end: Option<CallEnd>) -> AgentEvent {
        let end = CallEnd { peer: call.peer.clone(), ..end.unwrap_or_default() };
        let bodies = call.id.as_ref().and_then(|id| self.bodies.get(id));
        let negotiated = bodies.and_then(|(sent, received)| match call.direction.as_deref() {
            Some("incoming") => sdp::negotiated(received, sent, "audio"),
            _ => sdp::negotiated(sent, received, "audio"),
        });
        let account = Some(end.local.clone()).filter(|local| !local.is_empty()).map(Into::into);
        end.report(call.id, negotiated.unwrap_or_default()).event(call.direction, account)
    }

    fn tell(&self) {
        let due = self.closed.len();
        self.state.change(|inner| inner.reports_due = due);
    }
}

#[cfg(test)]
#[path = "reports_tests.rs"]
mod tests;
