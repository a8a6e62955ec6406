//! The SIP messages of a run as a ladder: a lane for each agent and peer, a row for each message on the wire. The layout that the
//! terminal, the HTML report and the web UI draw.

use serde::Serialize;

/// Who talked with whom.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Ladder {
    /// From left to right, in the order in which they first spoke; agents and peers alike.
    pub lanes: Vec<Lane>,
    /// In the order of time.
    pub rows: Vec<Row>,
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
    /// When the host learned of it first: milliseconds since the epoch.
    pub time: f64,
    /// Indices of lanes.
    pub from: usize,
    pub to: usize,
    /// `INVITE`, `180 Ringing`; with ` (SDP)` where it carries one.
    pub label: String,
    /// 0 for a request, else the response's code.
    pub status: u16,
    pub method: String,
    pub call_id: String,
    /// `1 INVITE`
    pub cseq: String,
    pub transport: String,
    /// The same message was seen before between the same two, byte for byte.
    pub retransmission: bool,
    /// The numbers of its events in the record: one, or one at each end.
    pub events: Vec<u64>,
}
