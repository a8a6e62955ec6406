//! Which recorded SIP messages are the same one on the wire. Both agents of a call record a message between them; the ladder has one
//! arrow for it.

use super::headers;
use crate::event::{Body, Note, OnWire, SipEvent};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

/// The number of messages, and of connections, that are remembered at least. A request is sent again for 32 s (64·T1, RFC 3261 section 17).
const REMEMBERED: usize = 1 << 15;

/// An address of one of the two kinds of transport: a port of UDP is not the same one of TCP.
type Address = (bool, String);

/// Pairs the two records of a message between two agents. Takes a run's bodies one by one, in the order of its log.
#[derive(Debug, Default)]
pub struct Pairing {
    hasher: RandomState,
    messages: u64,
    /// By the digest of what was sent from where to where.
    seen: Recent<u64, Seen>,
    /// Requests by their transactions, responses by their bytes.
    sent: Recent<u64, ()>,
    /// The agent that was at an address last.
    owners: Recent<Address, Arc<str>>,
    /// Where a peer can be reached that opened a connection, and so came from a port without meaning.
    reachable: Recent<Address, String>,
}

/// All messages of the same bytes between the same two.
#[derive(Debug, Default)]
struct Seen {
    /// Number and `again` of those that only one end has recorded.
    open: VecDeque<(u64, bool)>,
    /// Whether that end sent them.
    sent: bool,
}

impl Pairing {
    /// Says of a SIP message which one on the wire it is, unless that is known. Learns from other bodies which agent is where.
    pub fn number(&mut self, agent: &Arc<str>, body: &mut Body) {
        match body {
            Body::Sip(sip) if sip.on_wire.is_none() => sip.on_wire = Some(self.message(agent, sip)),
            Body::Note(Note::AgentStarting { address, .. }) => self.starting(agent, address),
            _ => {}
        }
    }

    /// Notes where an agent is: on UDP and TCP at the address, on TLS at the next port.
    pub fn starting(&mut self, agent: &Arc<str>, address: &str) {
        let addresses = [(false, address.to_string()), (true, address.to_string()), (true, next_port(address))];
        for address in addresses {
            self.owners.insert(address, agent.clone());
        }
    }

    /// The number of the message that an agent recorded, and who is at its other end.
    pub fn message(&mut self, agent: &Arc<str>, sip: &SipEvent) -> OnWire {
        let sent = sip.direction == "OUT";
        let (own, other) = if sent { (&sip.src, &sip.dst) } else { (&sip.dst, &sip.src) };
        self.owners.insert((sip.is_stream(), own.clone()), agent.clone());
        self.note_reachable(sip);
        let (peer_agent, peer) = self.end((sip.is_stream(), other.clone()));
        // both ends are one agent, which says the same of both of its records
        let is_itself = peer_agent.as_ref() == Some(agent);
        let peer_agent = peer_agent.map(|name| name.to_string());
        let (wire, again) = self.find(sip, sent, is_itself);
        OnWire { wire, again, peer_agent, peer }
    }

    fn find(&mut self, sip: &SipEvent, sent: bool, is_itself: bool) -> (u64, bool) {
        let bytes = self.hasher.hash_one((&sip.transport, &sip.src, &sip.dst, &sip.param));
        let seen = self.seen.entry(bytes);
        if (is_itself || seen.sent != sent) && !seen.open.is_empty() {
            return seen.open.pop_front().unwrap_or_default();
        }
        let transaction = match sip.header("Via").and_then(headers::branch).filter(|_| sip.status.is_none()) {
            // baresip gives the SDP of an INVITE that it sends again a new version (RFC 3261 section 17.1.3)
            Some(branch) => self
                .hasher
                .hash_one(((&sip.transport, &sip.src, &sip.dst), (&sip.method, &sip.call_id, &sip.cseq, branch))),
            None => bytes,
        };
        let again = self.sent.insert(transaction, ());
        let number = self.messages;
        self.messages += 1;
        let seen = self.seen.entry(bytes);
        if seen.open.is_empty() {
            seen.sent = sent;
        }
        seen.open.push_back((number, again));
        (number, again)
    }

    /// A client's port says nothing; its topmost Via says where it can be reached (RFC 3261 section 18.1.1).
    fn note_reachable(&mut self, sip: &SipEvent) {
        if sip.direction != "IN" || sip.status.is_some() || !sip.is_stream() {
            return;
        }
        let sent_by = sip.header("Via").and_then(headers::sent_by);
        if let Some(sent_by) = sent_by.filter(|sent_by| host(sent_by) == host(&sip.src) && **sent_by != sip.src) {
            self.reachable.insert((true, sip.src.clone()), sent_by.to_string());
        }
    }

    /// The agent at an address, where there is one, and the address at which it can be reached.
    fn end(&mut self, address: Address) -> (Option<Arc<str>>, String) {
        if let Some(agent) = self.owners.get(&address) {
            return (Some(agent.clone()), address.1);
        }
        let address = match self.reachable.get(&address) {
            Some(reachable) => (address.0, reachable.clone()),
            None => address,
        };
        (self.owners.get(&address).cloned(), address.1)
    }
}

/// A map that forgets what was not used for long, so that a run without end takes bounded memory: two generations.
#[derive(Debug)]
struct Recent<K, V> {
    new: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Recent<K, V> {
        Recent { new: HashMap::new(), old: HashMap::new() }
    }
}

impl<K: Hash + Eq, V> Recent<K, V> {
    fn renew(&mut self, key: &K) {
        if let Some((key, value)) = self.old.remove_entry(key) {
            self.new.insert(key, value);
        }
        if self.new.len() >= REMEMBERED && !self.new.contains_key(key) {
            self.old = std::mem::take(&mut self.new);
        }
    }

    fn get(&mut self, key: &K) -> Option<&V> {
        self.renew(key);
        self.new.get(key).or_else(|| self.old.get(key))
    }

    /// Whether the key was known.
    fn insert(&mut self, key: K, value: V) -> bool {
        self.renew(&key);
        self.new.insert(key, value).is_some()
    }

    fn entry(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        self.renew(&key);
        self.new.entry(key).or_default()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_end_takes_bounded_memory() {
        let mut pairing = Pairing::default();
        let alice: Arc<str> = "alice".into();
        for n in 0..3 * REMEMBERED {
            let sip = SipEvent { direction: "IN".into(), src: format!("h:{n}"), ..SipEvent::default() };
            assert_eq!(pairing.message(&alice, &sip).wire, n as u64);
        }
        let kept = |map: &Recent<u64, Seen>| map.new.len() + map.old.len();
        assert!(kept(&pairing.seen) <= 2 * REMEMBERED, "{} messages are kept", kept(&pairing.seen));
        assert!(pairing.owners.new.contains_key(&(true, String::new())), "what is in use is forgotten");
    }
}
