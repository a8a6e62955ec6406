//! A record's events → its ladder.

use super::marks::mark;
use super::{End, Ladder, Lane, Mark, MarkKind, Row, Sighting, Wire, is_stream};
use crate::event::{Body, Event, SipEvent};
use crate::sip::sdp;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Makes a ladder of events that come one by one, in the order of the log.
#[derive(Debug, Default)]
pub struct Builder {
    wire: Wire,
    rows: Vec<Draft>,
    marks: Vec<(Option<Arc<str>>, Mark)>,
    /// All agents that an event named, in that order.
    agents: Vec<Arc<str>>,
    known: HashSet<Arc<str>>,
}

/// A row whose ends may not be known yet.
#[derive(Debug)]
struct Draft {
    row: Row,
    stream: bool,
    src: String,
    dst: String,
    /// The agents that recorded it as sender and as receiver.
    sender: Option<Arc<str>>,
    receiver: Option<Arc<str>>,
}

impl Builder {
    pub fn event(&mut self, event: &Event) {
        if let Some((kind, text)) = mark(&event.body) {
            self.mark(event, kind, text);
        }
        let sighting = self.wire.event(event);
        let Some(agent) = &event.agent else { return };
        if self.known.insert(agent.clone()) {
            self.agents.push(agent.clone());
        }
        let (Some(sighting), Body::Sip(sip)) = (sighting, &event.body) else { return };
        let draft = match sighting {
            Sighting::First { retransmission } => {
                self.rows.push(Draft::new(event, sip, retransmission));
                self.rows.last_mut()
            }
            Sighting::Second(first) => self.rows.get_mut(first),
        };
        let Some(draft) = draft else { return };
        draft.row.events.push(event.n);
        let end = if sip.direction == "OUT" { &mut draft.sender } else { &mut draft.receiver };
        end.get_or_insert(agent.clone());
    }

    fn mark(&mut self, event: &Event, kind: MarkKind, text: String) {
        let mark = Mark { time: event.time, lane: None, kind, text, event: event.n };
        self.marks.push((event.agent.clone(), mark));
    }

    pub fn finish(self) -> Ladder {
        let mut lanes = Lanes::default();
        let mut rows = Vec::with_capacity(self.rows.len());
        for mut draft in self.rows {
            let n = draft.row.events.first().copied().unwrap_or_default();
            let end = |agent: Option<Arc<str>>, address: &str| {
                agent.map_or_else(|| self.wire.owner(n, draft.stream, address), End::Agent)
            };
            draft.row.from = lanes.index(end(draft.sender, &draft.src), Some(&draft.src));
            draft.row.to = lanes.index(end(draft.receiver, &draft.dst), Some(&draft.dst));
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

impl Draft {
    fn new(event: &Event, sip: &SipEvent, retransmission: bool) -> Draft {
        let row = Row {
            time: event.time,
            from: 0,
            to: 0,
            label: label(sip),
            status: sip.status.unwrap_or(0),
            method: sip.method.clone(),
            call_id: sip.call_id.clone(),
            cseq: sip.cseq.clone(),
            transport: sip.transport.clone(),
            retransmission,
            events: vec![],
        };
        let (src, dst) = (sip.src.clone(), sip.dst.clone());
        Draft { row, stream: is_stream(sip), src, dst, sender: None, receiver: None }
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
