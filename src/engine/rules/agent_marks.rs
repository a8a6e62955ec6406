//! The marks of one agent: its calls, and what it sent. Pure.

use super::live::LiveEvents;
use super::recent::Recent;
use super::requests::begins_call;
use super::sort::id;
use crate::event::{AgentEvent, SipEvent};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// The most open calls that are remembered; more are a flood.
pub const MOST_OPEN: usize = 10_000;
/// The most requests of a method that a command can still make past.
pub const SENT: usize = 200;

/// Events before number `before` are past for awaits that begin at number `at` or later.
#[derive(Debug, Clone, Copy, Default)]
pub struct Horizon {
    pub before: u64,
    pub at: u64,
}

impl Horizon {
    pub fn hides(self, n: u64, began: u64) -> bool {
        n < self.before && self.at <= began
    }
}

#[derive(Debug, Default)]
pub struct AgentMarks {
    /// Events, SIP messages and log lines that an await may take.
    pub live: [LiveEvents; 3],
    /// Messages that one await took, for awaits with `again()`.
    pub once: LiveEvents,
    /// Numbers of the events that awaits took.
    pub consumed: HashSet<u64>,
    /// Where its newest call began, or the agent itself.
    pub began: u64,
    /// The answer to its last command.
    pub answered: u64,
    pub aor: Option<String>,
    /// `host:port`.
    pub address: Option<String>,
    /// Its running processes: a new one may start before the old one is gone.
    pub running: usize,
    pub calls: Recent<CallMarks>,
    /// Its open calls, by the events that began them.
    pub open: BTreeMap<u64, String>,
    /// Calls that were over before this are past, and so are events without a call's id if no call was open.
    pub calls_past: Horizon,
    pub nameless_past: Horizon,
    /// The same for their CALL_CLOSED only.
    pub ends_past: Horizon,
    /// By command.
    pub outcomes_past: HashMap<&'static str, Horizon>,
    /// The keys of the requests that it sent, by method.
    pub sent: HashMap<&'static str, VecDeque<String>>,
    /// Its dials that were not refused, and the calls that they began.
    pub dials: u64,
    pub outgoing: u64,
    /// Whether somebody may call it, or make it call: it was called, registered or referred, or its address was asked
    /// for.
    pub reachable: bool,
    /// Whether it exchanged SIP with somebody outside the test, who therefore knows its address.
    pub has_strangers: bool,
}

#[derive(Debug, Default)]
pub struct CallMarks {
    pub began: Option<u64>,
    pub incoming: bool,
    pub outgoing: bool,
    pub closed: bool,
    /// The call is closed, or a message ended it.
    pub ended: bool,
}

impl AgentMarks {
    /// Starts again with a new process: what the agent did before does not count any more.
    pub fn start(&mut self, n: u64, aor: &str, address: &str) {
        let consumed = std::mem::take(&mut self.consumed);
        let (aor, address) = (Some(aor.to_string()), Some(address.to_string()));
        let (running, reachable, dials) = (self.running + 1, self.reachable, self.dials);
        *self = AgentMarks { began: n, consumed, aor, address, running, reachable, dials, ..AgentMarks::default() };
    }

    /// Observes an event; returns the call that it closes.
    pub fn event<'a>(&mut self, n: u64, said: &'a AgentEvent) -> Option<&'a str> {
        let incoming = said.name.eq_ignore_ascii_case("CALL_INCOMING");
        if incoming {
            self.began = n;
            self.reachable = true;
        }
        self.reachable |= said.name.starts_with("REGISTER");
        let whole = said.call.as_deref()?;
        let call = self.calls.entry(id(whole));
        call.incoming |= incoming;
        call.outgoing |= !incoming && said.direction.as_deref() == Some("outgoing");
        if !said.name.starts_with("CALL_") {
            return None;
        }
        let closes = said.name.eq_ignore_ascii_case("CALL_CLOSED");
        if call.began.is_none() {
            call.began = Some(n);
            self.outgoing += u64::from(!incoming);
            if self.open.len() >= MOST_OPEN {
                self.open.clear();
            }
            self.open.insert(n, id(whole).to_string());
        }
        if closes {
            call.closed = true;
            call.ended = true;
            call.began.iter().for_each(|began| _ = self.open.remove(began));
        }
        closes.then_some(whole)
    }

    /// Observes a message. `key`: the key of the request, if the agent has just sent it.
    pub fn message(&mut self, sip: &SipEvent, key: Option<String>, ends: bool) {
        let out = sip.direction == "OUT";
        self.reachable |= match sip.method.as_str() {
            "REGISTER" => out,
            "REFER" => !out && sip.status.is_none(),
            // an incoming call, or a redirection
            "INVITE" => !out && (begins_call(sip) || matches!(sip.status, Some(300..400))),
            _ => false,
        };
        if let Some(call) = Some(id(&sip.call_id)).filter(|_| ends) {
            self.calls.entry(call).ended = true;
        }
        let methods = ["INVITE", "BYE", "CANCEL", "MESSAGE", "OPTIONS", "REGISTER", "REFER", "INFO"];
        if let (Some(key), Some(method)) = (key, methods.into_iter().find(|method| *method == sip.method)) {
            let sent = self.sent.entry(method).or_default();
            if sent.len() == SENT {
                sent.pop_front();
            }
            sent.push_back(key);
        }
    }

    /// Whether a word of a command means this agent: by its name, or by an address that contains its own.
    pub fn is_meant(&self, name: &str, word: &str) -> bool {
        let has = |part: &Option<String>| part.as_deref().is_some_and(|part| !part.is_empty() && word.contains(part));
        word == name || has(&self.address) || has(&self.aor)
    }
}

/// Whether a message ends the call with its Call-ID: a BYE, a CANCEL, or a final refusal of the first INVITE that no
/// other INVITE with this Call-ID follows (for authentication, session timers, redirection, glare).
pub fn ends_call(sip: &SipEvent, began_it: bool) -> bool {
    match (sip.method.as_str(), sip.status) {
        ("BYE" | "CANCEL", _) => true,
        ("INVITE", Some(status)) => began_it && status >= 400 && !matches!(status, 401 | 407 | 422 | 491 | 494),
        _ => false,
    }
}
