//! The SIP messages of a run as a ladder: a lane for each agent and peer, a row for each message on the wire. The layout that the
//! terminal, the HTML report and the web UI draw.

mod build;
mod columns;
mod draw;
mod marks;
mod page;

use crate::event::Time;
use serde::Serialize;

pub use build::Builder;
pub use draw::draw;
pub use page::page;

/// Who talked with whom.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Ladder {
    /// From left to right, in the order in which they first spoke; agents and peers alike. Agents that never did are the last.
    pub lanes: Vec<Lane>,
    /// In the order of the record.
    pub rows: Vec<Row>,
    /// What the agents and the script said between the messages, in the order of the record.
    pub marks: Vec<Mark>,
}

/// An agent of the run, or somebody that one of them talked with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lane {
    /// The agent's name; for a peer its `address:port`.
    pub name: String,
    pub agent: bool,
    /// The `address:port`s that it was seen at.
    pub addresses: Vec<String>,
}

/// One message on the wire. Where both its ends are agents of the run, their two records of it are one row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// When the host learned of it first.
    pub time: Time,
    /// Indices of lanes.
    pub from: usize,
    pub to: usize,
    /// `INVITE (SDP)` where it carries a description, `180 Ringing`, `200 OK (BYE)` for what is no INVITE.
    pub label: String,
    /// 0 for a request, else the response's code.
    pub status: u16,
    pub method: String,
    pub call_id: String,
    /// `1 INVITE`
    pub cseq: String,
    pub transport: String,
    /// The same request of the same transaction, or the same response byte for byte, was seen before between the same two.
    pub retransmission: bool,
    /// The numbers of its events in the record: one, or one at each end; the first is the one that came first.
    pub events: Vec<u64>,
}

/// Something else that happened: what became of a call, or what went wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mark {
    pub time: Time,
    /// The agent's lane; none for what the script says.
    pub lane: Option<usize>,
    pub kind: MarkKind,
    /// `established`, `closed: 486 Busy Here`, `CALL_ESTABLISHED did not come at alice within 5 s (call.rhai:3)`
    pub text: String,
    /// The number of its event in the record.
    pub event: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// A call is established, held, resumed.
    Call,
    Closed,
    /// RTP comes in.
    Media,
    /// A failed check, a failed registration, an agent that died.
    Problem,
}

impl Ladder {
    /// The ladder of a whole record.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a crate::event::Event>) -> Ladder {
        let mut builder = Builder::default();
        events.into_iter().for_each(|event| builder.event(event));
        builder.finish()
    }
}

#[cfg(test)]
mod tests;
