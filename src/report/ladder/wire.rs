//! Which of the recorded messages are the same one on the wire, and whose address is whose.

use crate::event::{Body, Event, Note, SipEvent};
use crate::sip::headers;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// An address of one of the two kinds of transport: a port of UDP is not the same one of TCP.
type Address = (bool, String);

/// Pairs the two records of a message between two agents. Takes events one by one, in the order of the log.
#[derive(Debug, Default)]
pub struct Wire {
    /// By the digest of what was sent from where to where.
    seen: HashMap<[u8; 32], Seen>,
    /// Requests by their transactions, responses by their bytes.
    sent: HashSet<[u8; 32]>,
    /// How many messages there were.
    messages: usize,
    /// Who was at an address from which event on.
    owners: HashMap<Address, Vec<(u64, Arc<str>)>>,
    /// What peers call themselves that opened a connection, and so came from a port of no meaning.
    called: HashMap<Address, String>,
}

/// Who stands at one end of a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum End {
    Agent(Arc<str>),
    /// Its `address:port`.
    Peer(String),
}

/// What a recorded message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sighting {
    /// A message that was not recorded before. A retransmission is a request that went the same way before in the same transaction
    /// (baresip gives the SDP of an INVITE that it sends again a new version), or a response of the same bytes.
    First { retransmission: bool },
    /// The other end's record of the message of that number, from 0.
    Second(usize),
}

/// All messages of the same bytes between the same two.
#[derive(Debug, Default)]
struct Seen {
    /// Those that only one end has recorded.
    open: VecDeque<usize>,
    /// Whether that end sent them.
    sent: bool,
}

impl Wire {
    /// Takes note of an event; says what it is if it is a message.
    pub fn event(&mut self, event: &Event) -> Option<Sighting> {
        let agent = event.agent.as_ref()?;
        match &event.body {
            Body::Note(Note::AgentStarting { address, .. }) => {
                for stream in [false, true] {
                    self.own((stream, address.clone()), event.n, agent);
                }
                self.own((true, next_port(address)), event.n, agent);
                None
            }
            Body::Sip(sip) => Some(self.message(event.n, agent, sip)),
            _ => None,
        }
    }

    fn message(&mut self, n: u64, agent: &Arc<str>, sip: &SipEvent) -> Sighting {
        let sent = sip.direction == "OUT";
        let own = if sent { &sip.src } else { &sip.dst };
        self.own(address(sip, own), n, agent);
        self.called(sip);
        let own = End::Agent(agent.clone());
        // both ends are one agent, which says the same of both of its records
        let itself = self.end(n, sip, &sip.src) == own && self.end(n, sip, &sip.dst) == own;
        let known = self.seen.entry(digest(sip)).or_insert_with(|| Seen { open: VecDeque::new(), sent });
        if let Some(first) = (itself || known.sent != sent).then(|| known.open.pop_front()).flatten() {
            return Sighting::Second(first);
        }
        if known.open.is_empty() {
            known.sent = sent;
        }
        known.open.push_back(self.messages);
        self.messages += 1;
        Sighting::First { retransmission: !self.sent.insert(transaction(sip)) }
    }

    fn own(&mut self, address: Address, n: u64, agent: &Arc<str>) {
        let owners = self.owners.entry(address).or_default();
        if owners.last().is_none_or(|(_, last)| last != agent) {
            owners.push((n, agent.clone()));
        }
    }

    /// A client's port says nothing; its topmost Via says where it can be reached (RFC 3261 section 18.1.1).
    fn called(&mut self, sip: &SipEvent) {
        if sip.direction != "IN" || sip.status.is_some() || !is_stream(sip) {
            return;
        }
        let sent_by = sip.header("Via").and_then(headers::sent_by);
        let Some(sent_by) = sent_by.filter(|sent_by| host(sent_by) == host(&sip.src) && **sent_by != sip.src) else {
            return;
        };
        self.called.insert(address(sip, &sip.src), sent_by.to_string());
    }

    /// Who stands at an address of a message, at the time of event `n`.
    pub fn end(&self, n: u64, sip: &SipEvent, at: &str) -> End {
        self.owner(n, is_stream(sip), at)
    }

    /// The same for an address, of a stream (TCP, TLS…) or of UDP.
    pub fn owner(&self, n: u64, stream: bool, at: &str) -> End {
        let key = (stream, at.to_string());
        let called = self.called.get(&key).filter(|_| !self.owners.contains_key(&key));
        let key = called.map_or(key, |called| (stream, called.clone()));
        let owner = self.owners.get(&key).and_then(|owners| {
            let since = owners.iter().rev().find(|(since, _)| *since <= n);
            since.or(owners.first()).map(|(_, agent)| agent.clone())
        });
        owner.map_or(End::Peer(key.1), End::Agent)
    }
}

/// Whether it went over a connection.
pub fn is_stream(sip: &SipEvent) -> bool {
    !sip.transport.eq_ignore_ascii_case("UDP")
}

fn address(sip: &SipEvent, at: &str) -> Address {
    (is_stream(sip), at.to_string())
}

fn digest(sip: &SipEvent) -> [u8; 32] {
    of([&sip.transport, &sip.src, &sip.dst, &sip.param])
}

/// What a retransmission has in common with what was sent before (RFC 3261 section 17.1.3).
fn transaction(sip: &SipEvent) -> [u8; 32] {
    match sip.header("Via").and_then(headers::branch).filter(|_| sip.status.is_none()) {
        Some(branch) => of([&sip.transport, &sip.src, &sip.dst, &sip.method, &sip.call_id, &sip.cseq, branch]),
        None => digest(sip),
    }
}

fn of<const N: usize>(parts: [&str; N]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

fn host(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(host, _)| host)
}

/// Where an agent takes TLS.
fn next_port(address: &str) -> String {
    let next =
        address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?.checked_add(1)?)));
    next.map_or(address.to_string(), |(host, port)| format!("{host}:{port}"))
}
