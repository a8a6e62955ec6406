//! The calls of a run, as each agent reports its own: states, times, and figures.

mod sound;

use crate::event::{AgentEvent, Body, CallSound, ClosedBy, ClosedReason, Event, Note, SipEvent, Time, closed_reason};
use crate::flow::Names;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use sound::{audio_figures, call_line, heard_line, mos_by_emodel};

/// A call at one agent.
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
    pub begun: Time,
    /// Its INVITE was sent, or came.
    pub invited: Option<Time>,
    /// The first 180 or 183 came, or was sent.
    pub rung: Option<Time>,
    pub established: Option<Time>,
    /// The first RTP packet.
    pub media: Option<Time>,
    /// From, to; the last one may still hold when the call closes.
    pub holds: Vec<(Time, Option<Time>)>,
    pub closed: Option<Time>,
    /// Why it closed, where the agent said so.
    pub why: Option<ClosedReason>,
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
    /// How many packets of each payload type came.
    pub payload_types: Option<BTreeMap<String, u64>>,
    /// What its recordings sound like.
    pub sound: Option<Box<CallSound>>,
}

/// All calls, in the order in which they began.
pub fn calls(events: &[Event]) -> Vec<Call> {
    let mut builder = Builder::default();
    events.iter().for_each(|event| builder.event(event));
    builder.calls
}

/// Makes calls of events, one by one.
#[derive(Debug, Default)]
pub struct Builder {
    names: Names,
    /// In the order in which they began.
    pub calls: Vec<Call>,
    /// How many calls each agent had.
    numbers: BTreeMap<Arc<str>, usize>,
    /// The first INVITE of an agent under a Call-ID and the first that rang for it: an agent tells of its call after that.
    invites: BTreeMap<(Arc<str>, String), (Time, Option<Time>)>,
}

impl Builder {
    pub fn event(&mut self, event: &Event) {
        let Some(agent) = &event.agent else { return };
        match &event.body {
            Body::Note(Note::AgentStarting { aor, address, .. }) => self.names.add(agent, aor, address),
            Body::Note(Note::AgentStopped { .. } | Note::AgentLost { .. }) => {
                let open = self.calls.iter_mut().filter(|call| call.agent == *agent && call.closed.is_none());
                open.for_each(|call| call.closed = Some(event.time));
            }
            Body::Note(Note::CallSound { call, id, sound }) => {
                let number = call.map(|call| call as usize);
                let is = |known: &Call| match (id, &known.id) {
                    (Some(id), Some(of)) => id == of,
                    _ => number == Some(known.number),
                };
                if let Some(known) = self.calls.iter_mut().find(|known| known.agent == *agent && is(known)) {
                    known.audio.sound = Some(sound.clone());
                }
            }
            Body::Sip(sip) if sip.method == "INVITE" => self.invite(event.time, agent, sip),
            Body::Event(said) => self.said(event.time, agent, said),
            _ => {}
        }
    }

    fn invite(&mut self, time: Time, agent: &Arc<str>, sip: &SipEvent) {
        let key = (agent.clone(), sip.call_id.clone());
        match sip.status {
            None => drop(self.invites.entry(key).or_insert((time, None))),
            Some(180..=189) => {
                if let Some((_, rung @ None)) = self.invites.get_mut(&key) {
                    *rung = Some(time);
                    // the agent may have reported the call before
                    let id = Some(&sip.call_id);
                    let call = self.calls.iter_mut().find(|call| call.agent == *agent && call.id.as_ref() == id);
                    if let Some(call) = call {
                        call.rung = Some(time);
                    }
                }
            }
            Some(_) => {}
        }
    }

    fn said(&mut self, time: Time, agent: &Arc<str>, said: &AgentEvent) {
        let call = match place_of(&self.calls, agent, said) {
            None => return,
            Some(Place::Known(index)) => &mut self.calls[index],
            Some(Place::New) => {
                let number = self.numbers.entry(agent.clone()).or_default();
                *number += 1;
                let new = Call { agent: agent.clone(), number: *number, begun: time, ..Call::default() };
                self.calls.push_mut(new)
            }
        };
        let had_id = call.id.is_some();
        call.take(time, said, &self.names);
        if let (false, Some(id)) = (had_id, &call.id)
            && let Some((invited, rung)) = self.invites.get(&(agent.clone(), id.clone()))
        {
            call.invited = Some(*invited);
            call.rung = rung.or(call.rung);
        }
    }
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
        // without an id, a second incoming call differs from the first by its peer
        Some(at) if said.call.is_none() && said.name == "CALL_INCOMING" && !calls[at].peer.is_empty() => {
            Some(Place::New)
        }
        Some(at) => Some(Place::Known(at)),
        None if of_call => Some(Place::New),
        None => None,
    }
}

impl Call {
    /// The agent's own id of it.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// From the answer to the end, milliseconds.
    pub fn talked(&self) -> Option<f64> {
        Some(self.closed? - self.established?)
    }

    /// From the INVITE to the first sign that the peer rings, milliseconds: of a call that the agent made.
    pub fn post_dial_delay(&self) -> Option<f64> {
        (self.direction == "outgoing").then_some(self.rung? - self.invited?)
    }

    /// From the first sign of ringing to the answer, or to the end of a call that nobody answered, milliseconds.
    pub fn rang(&self) -> Option<f64> {
        Some(self.established.or(self.closed)? - self.rung?)
    }

    /// Why it closed, in words: `486: Busy Here`, `remote` with the Reason header that the peer gave; empty where the agent did not say.
    pub fn reason(&self) -> String {
        match &self.why {
            None => String::new(),
            Some(why) => {
                // a BYE is no connection that was reset, and no rejection: of the agent's words only a Reason header tells more
                let told = match why.by {
                    ClosedBy::Local | ClosedBy::Remote => why.text.split_once(',').map_or("", |(_, reason)| reason),
                    _ => why.text.as_str(),
                };
                if told.is_empty() { why.by.to_string() } else { format!("{}: {told}", why.by) }
            }
        }
    }

    fn take(&mut self, time: Time, said: &AgentEvent, names: &Names) {
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
            "CALL_OUTGOING" | "CALL_INCOMING" if self.invited.is_none() => self.invited = Some(time),
            "CALL_RINGING" | "CALL_PROGRESS" if self.rung.is_none() => self.rung = Some(time),
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
                self.why = Some(closed_reason(&said.param));
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
        let counts = said.fields.get("payloads_rx").and_then(Value::as_object);
        let count = |(payload, count): (&String, &Value)| Some((payload.clone(), count.as_u64()?));
        self.payload_types = counts.map(|counts| counts.iter().filter_map(count).collect());
        self.lost = both("lost_tx", "lost_rx").or(self.lost);
        self.jitter = both("jitter_tx", "jitter_rx").map(|(tx, rx)| (tx / 1000.0, rx / 1000.0)).or(self.jitter);
    }
}

#[cfg(test)]
mod tests;
