//! A record's events → its ladder.

use super::marks::mark;
use super::{Ladder, Lane, Mark, MarkKind, Row};
use crate::event::{Body, Event, OnWire, SipEvent};
use crate::sip::sdp;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Makes a ladder of events that come one by one, in the order of the log.
#[derive(Debug, Default)]
pub struct Builder {
    /// By their numbers on the wire.
    rows: Vec<Draft>,
    marks: Vec<(Option<Arc<str>>, Mark)>,
    /// All agents that an event named, in that order.
    agents: Vec<Arc<str>>,
    known: HashSet<Arc<str>>,
}

/// A row whose lanes are not numbered yet.
#[derive(Debug)]
struct Draft {
    row: Row,
    src: String,
    dst: String,
    sender: End,
    receiver: End,
}

/// Who stands at one end of a message.
#[derive(Debug, PartialEq, Eq, Hash)]
enum End {
    Agent(Arc<str>),
    /// Its `address:port`.
    Peer(String),
}

impl Builder {
    pub fn event(&mut self, event: &Event) {
        if let Some((kind, text)) = mark(&event.body) {
            self.mark(event, kind, text);
        }
        let Some(agent) = &event.agent else { return };
        if self.known.insert(agent.clone()) {
            self.agents.push(agent.clone());
        }
        let Body::Sip(sip) = &event.body else { return };
        let Some(on_wire) = &sip.on_wire else { return };
        let sent = sip.direction == "OUT";
        let own = End::Agent(agent.clone());
        if let Some(draft) = usize::try_from(on_wire.wire).ok().and_then(|wire| self.rows.get_mut(wire)) {
            draft.row.events.push(event.n);
            *(if sent { &mut draft.sender } else { &mut draft.receiver }) = own;
            return;
        }
        let peer = match &on_wire.peer_agent {
            Some(name) => End::Agent(name.as_str().into()),
            None => End::Peer(on_wire.peer.clone()),
        };
        let (sender, receiver) = if sent { (own, peer) } else { (peer, own) };
        let row = row(event, sip, on_wire);
        self.rows.push(Draft { row, src: sip.src.clone(), dst: sip.dst.clone(), sender, receiver });
    }

    fn mark(&mut self, event: &Event, kind: MarkKind, text: String) {
        let mark = Mark { time: event.time, lane: None, kind, text, event: event.n };
        self.marks.push((event.agent.clone(), mark));
    }

    pub fn finish(self) -> Ladder {
        let mut lanes = Lanes::default();
        let mut rows = Vec::with_capacity(self.rows.len());
        for mut draft in self.rows {
            draft.row.from = lanes.index(draft.sender, Some(&draft.src));
            draft.row.to = lanes.index(draft.receiver, Some(&draft.dst));
            rows.push(draft.row);
        }
        for agent in self.agents {
            lanes.index(End::Agent(agent), None);
        }
        let marks = self.marks.into_iter().map(|(agent, mark)| {
            let lane = agent.map(|agent| lanes.index(End::Agent(agent), None));
            Mark { lane, ..mark }
        });
        let marks = marks.collect();
        Ladder { lanes: lanes.lanes, rows, marks }
    }
}

fn row(event: &Event, sip: &SipEvent, on_wire: &OnWire) -> Row {
    Row {
        time: event.time,
        from: 0,
        to: 0,
        label: label(sip),
        status: sip.status.unwrap_or(0),
        method: sip.method.clone(),
        call_id: sip.call_id.clone(),
        cseq: sip.cseq.clone(),
        transport: sip.transport.clone(),
        retransmission: on_wire.again,
        events: vec![event.n],
    }
}

/// `INVITE (SDP)`, `180 Ringing`, `200 OK (BYE)`: of a response also what it is for, where that is no INVITE.
fn label(sip: &SipEvent) -> String {
    let text = match sip.status {
        Some(status) => format!("{status} {}", sip.reason.as_deref().unwrap_or_default()),
        None => sip.method.clone(),
    };
    let request = sip.cseq.split_ascii_whitespace().nth(1);
    let request = request.filter(|method| sip.status.is_some() && *method != "INVITE");
    let described = sdp::in_body(sip.header("Content-Type").unwrap_or_default(), &sip.body).is_some();
    let more: Vec<&str> = request.into_iter().chain(described.then_some("SDP")).collect();
    match more.is_empty() {
        true => text.trim_end().to_string(),
        false => format!("{} ({})", text.trim_end(), more.join(", ")),
    }
}

#[derive(Debug, Default)]
struct Lanes {
    lanes: Vec<Lane>,
    ends: HashMap<End, usize>,
    seen: HashSet<(usize, String)>,
}

impl Lanes {
    /// The lane of an end, which is seen at an address.
    fn index(&mut self, end: End, address: Option<&str>) -> usize {
        let (name, agent) = match &end {
            End::Agent(name) => (name.to_string(), true),
            End::Peer(name) => (name.clone(), false),
        };
        let next = self.lanes.len();
        let index = *self.ends.entry(end).or_insert(next);
        if index == next {
            self.lanes.push(Lane { name, agent, addresses: vec![] });
        }
        if let Some(address) = address.filter(|address| self.seen.insert((index, address.to_string()))) {
            self.lanes[index].addresses.push(address.to_string());
        }
        index
    }
}
