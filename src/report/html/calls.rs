//! The calls of a run, as each agent tells of its own: states, and what went through them.

use crate::event::{AgentEvent, Body, Event, Note, closed_reason};
use crate::flow::Names;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A call at one agent. Times are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Call {
    pub agent: Arc<str>,
    /// From 1, at its agent.
    pub number: usize,
    id: Option<String>,
    /// `incoming` or `outgoing`; empty where the agent does not say.
    pub direction: String,
    /// Whom it talks with, by name.
    pub peer: String,
    pub begun: f64,
    pub established: Option<f64>,
    /// The first RTP packet.
    pub media: Option<f64>,
    /// From, to; the last one may still hold when the call closes.
    pub holds: Vec<(f64, Option<f64>)>,
    pub closed: Option<f64>,
    /// Why it closed.
    pub reason: String,
    pub audio: Audio,
}

/// What went through a call's audio stream, as far as the record says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Audio {
    /// `PCMU`
    pub codec: String,
    /// `RTP/AVP`
    pub protocol: String,
    /// Packets sent and received.
    pub packets: Option<(f64, f64)>,
    /// Packets lost, as the peer and the agent count them.
    pub lost: Option<(f64, f64)>,
    /// Milliseconds, as the peer and the agent measure them.
    pub jitter: Option<(f64, f64)>,
    /// Round trip, milliseconds.
    pub rtt: Option<f64>,
    /// Mean opinion score of what the agent received, 1.0 to 4.5.
    pub mos: Option<f64>,
}

/// All calls, in the order in which they began.
pub fn calls(events: &[Event]) -> Vec<Call> {
    let mut names = Names::default();
    let mut calls: Vec<Call> = vec![];
    let mut numbers: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for event in events {
        let Some(agent) = &event.agent else { continue };
        match &event.body {
            Body::Note(Note::AgentStarting { aor, address, .. }) => names.add(agent, aor, address),
            Body::Note(Note::AgentStopped { .. } | Note::AgentLost { .. }) => {
                let open = calls.iter_mut().filter(|call| call.agent == *agent && call.closed.is_none());
                open.for_each(|call| call.closed = Some(event.time));
            }
            Body::Event(said) => {
                let Some(place) = place_of(&calls, agent, said) else { continue };
                let call = match place {
                    Place::Known(index) => &mut calls[index],
                    Place::New => {
                        let number = numbers.entry(agent.clone()).or_default();
                        *number += 1;
                        calls.push(Call {
                            agent: agent.clone(),
                            number: *number,
                            begun: event.time,
                            ..Call::default()
                        });
                        let last = calls.len() - 1;
                        &mut calls[last]
                    }
                };
                call.take(event.time, said, &names);
            }
            _ => {}
        }
    }
    calls
}

enum Place {
    Known(usize),
    New,
}

/// Which call an event is of; none where it tells of none.
fn place_of(calls: &[Call], agent: &Arc<str>, said: &AgentEvent) -> Option<Place> {
    let of_call = said.name.starts_with("CALL_") && !said.name.ends_with("_SDP");
    if !of_call && !matches!(said.name.as_str(), "AUDIO_REPORT" | "TRANSFER" | "TRANSFER_FAILED") {
        return None;
    }
    let find = |is: &dyn Fn(&Call) -> bool| calls.iter().rposition(|call| call.agent == *agent && is(call));
    let known = match &said.call {
        Some(id) => find(&|call| call.id.as_ref() == Some(id))
            .or_else(|| find(&|call| call.id.is_none() && call.closed.is_none())),
        None => find(&|call| call.closed.is_none()).or_else(|| find(&|_| said.name == "AUDIO_REPORT")),
    };
    match known {
        // without an id, a second incoming call is told from the first by its peer
        Some(at) if said.call.is_none() && said.name == "CALL_INCOMING" && !calls[at].peer.is_empty() => {
            Some(Place::New)
        }
        Some(at) => Some(Place::Known(at)),
        None if of_call => Some(Place::New),
        None => None,
    }
}

impl Call {
    /// From the answer to the end, milliseconds.
    pub fn talked(&self) -> Option<f64> {
        Some(self.closed? - self.established?)
    }

    fn take(&mut self, time: f64, said: &AgentEvent, names: &Names) {
        if self.id.is_none() {
            self.id.clone_from(&said.call);
        }
        if let Some(direction) = said.direction.as_ref().filter(|_| self.direction.is_empty()) {
            self.direction.clone_from(direction);
        }
        if let Some(peer) = said.peer.as_ref().filter(|peer| self.peer.is_empty() && !peer.is_empty()) {
            self.peer = names.of_uri(peer);
        }
        match said.name.as_str() {
            "CALL_ESTABLISHED" if self.established.is_none() => self.established = Some(time),
            "CALL_RTPESTAB" if self.media.is_none() => self.media = Some(time),
            "CALL_HOLD" if self.holds.last().is_none_or(|(_, end)| end.is_some()) => self.holds.push((time, None)),
            "CALL_RESUME" => {
                if let Some((_, end @ None)) = self.holds.last_mut() {
                    *end = Some(time);
                }
            }
            "CALL_CLOSED" => {
                self.closed = Some(time);
                let reason = closed_reason(&said.param);
                self.reason = match reason.text.is_empty() {
                    true => reason.by.to_string(),
                    false => format!("{}: {}", reason.by, reason.text),
                };
            }
            "CALL_RTCP" => self.audio.rtcp(said),
            "AUDIO_REPORT" => self.audio.report(said),
            _ => {}
        }
    }
}

impl Audio {
    /// Only once packets came: the first report of a call has none.
    fn rtcp(&mut self, said: &AgentEvent) {
        let Some(stats) = said.fields.get("rtcp_stats") else { return };
        self.rtt =
            stats.get("rtt").and_then(Value::as_f64).filter(|rtt| *rtt > 0.0).map(|rtt| rtt / 1000.0).or(self.rtt);
        self.mos = said.fields.get("mos").and_then(Value::as_f64).or(self.mos);
        let both = |key: &str| {
            let of = |way: &str| stats.get(way).and_then(|way| way.get(key)).and_then(Value::as_f64);
            of("tx").zip(of("rx"))
        };
        self.lost = both("lost").or(self.lost);
        self.jitter = both("jit").map(|(tx, rx)| (tx / 1000.0, rx / 1000.0)).or(self.jitter);
    }

    fn report(&mut self, said: &AgentEvent) {
        let text = |key: &str| said.fields.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
        let both = |tx: &str, rx: &str| {
            let of = |key: &str| said.fields.get(key).and_then(Value::as_f64);
            of(tx).zip(of(rx))
        };
        self.codec = text("codec");
        self.protocol = text("protocol");
        self.packets = both("packets_tx", "packets_rx");
        self.lost = both("lost_tx", "lost_rx").or(self.lost);
        self.jitter = both("jitter_tx", "jitter_rx").map(|(tx, rx)| (tx / 1000.0, rx / 1000.0)).or(self.jitter);
    }
}

#[cfg(test)]
#[path = "calls_tests.rs"]
mod tests;
