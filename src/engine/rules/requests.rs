//! The SIP requests of a run, and which of them were sent before the command that a wait is about. Pure.
//!
//! Call-ID and CSeq identify a request at all agents, so that a request that one agent sent is recognized where it
//! arrives.

use super::recent::Recent;
use super::sort::id;
use crate::event::SipEvent;
use std::sync::Arc;

/// The most agents of a request that are remembered.
const RECEIVERS: usize = 8;

/// The methods of the requests that a command causes.
pub fn made_by(word: &str) -> &'static [&'static str] {
    match word {
        "dial" | "dialdir" | "atransferstart" | "hold" | "resume" | "reinvite" => &["INVITE"],
        "hangup" | "hangupall" | "atransferabort" => &["BYE", "CANCEL"],
        "message" => &["MESSAGE"],
        "options" => &["OPTIONS"],
        "uareg" => &["REGISTER"],
        "transfer" | "atransferexec" | "refer" => &["REFER"],
        "sndcode" => &["INFO"],
        _ => &[],
    }
}

/// Whether a command changes an active call with a request that no other may overtake: everything sent before is
/// settled.
pub fn renegotiates(word: &str) -> bool {
    matches!(word, "hold" | "resume" | "reinvite")
}

/// The target of a command that is for a peer and not for a call: the first word after the command.
pub fn addressee(text: &str) -> Option<&str> {
    let mut words = text.split_whitespace();
    let word = words.next()?;
    matches!(word, "dial" | "dialdir" | "atransferstart" | "message" | "options" | "refer").then(|| words.next())?
}

/// A request with its responses.
#[derive(Debug, Default)]
pub struct OpenRequest {
    /// The agent that sent it, if it is one of the test.
    pub sender: Option<Arc<str>>,
    pub receivers: Vec<Arc<str>>,
    /// The number of the event that showed it first.
    pub sent: Option<u64>,
    /// The number of the event with its first final response.
    answered: Option<u64>,
    /// Whether it is an INVITE that begins a call.
    pub begins_call: bool,
    /// From this number of the log on a newer command has replaced it: at its sender, at the agents that it reached, in
    /// its call.
    pub past_at_sender: Option<u64>,
    pub past_at_receivers: Option<u64>,
    pub past_in_call: Option<u64>,
}

impl OpenRequest {
    /// Whether it was settled before this event. An INVITE that rings is not.
    pub fn is_before(&self, n: u64) -> bool {
        let settled = if self.begins_call { self.answered } else { self.sent };
        settled.is_some_and(|settled| settled < n)
    }
}

#[derive(Debug, Default)]
pub struct Requests(Recent<OpenRequest>);

impl Requests {
    /// Observes a request or response, event number `n` of an agent. Returns its key if the agent has just sent it.
    pub fn observe(&mut self, agent: &Arc<str>, n: u64, sip: &SipEvent) -> Option<String> {
        let key = key(sip);
        let request = self.0.entry(&key);
        let out = sip.direction == "OUT";
        match sip.status {
            Some(200..) => _ = request.answered.get_or_insert(n),
            Some(_) => {}
            None => {
                request.begins_call |= request.sent.is_none() && begins_call(sip);
                request.sent.get_or_insert(n);
                if out && request.sender.is_none() {
                    request.sender = Some(agent.clone());
                    return Some(key);
                }
                if !out && request.receivers.len() < RECEIVERS && !request.receivers.contains(agent) {
                    request.receivers.push(agent.clone());
                }
            }
        }
        None
    }

    pub fn find(&self, sip: &SipEvent) -> Option<&OpenRequest> {
        self.0.get(&key(sip))
    }

    pub fn entry(&mut self, key: &str) -> &mut OpenRequest {
        self.0.entry(key)
    }
}

fn key(sip: &SipEvent) -> String {
    format!("{}\n{}", id(&sip.call_id), id(sip.cseq.trim()))
}

/// The Call-ID of a key.
pub fn call_of(key: &str) -> &str {
    key.rsplit_once('\n').map_or("", |(call, _)| call)
}

/// Whether a request is an INVITE outside of calls.
pub fn begins_call(sip: &SipEvent) -> bool {
    sip.status.is_none() && sip.method == "INVITE" && !sip.to.contains(";tag=")
}
