//! What awaits may take, by the rule alone: it keeps all that happened, forgets nothing, and looks through all of it for each question.

use crate::event::{AgentEvent, Body, Event, SipEvent};
use std::collections::HashSet;
use std::sync::Arc;

pub const AGENTS: [&str; 3] = ["a", "b", "c"];
pub const CALLS: [&str; 3] = ["k0", "k1", "k2"];

#[derive(Debug, Clone)]
pub enum Wanted {
    One(Asked),
    All(Asked, Asked),
    Any(Asked, Asked),
}

#[derive(Debug, Clone)]
pub struct Asked {
    pub agent: usize,
    pub pattern: Sought,
    pub count: Option<usize>,
    pub call: Option<usize>,
}

#[derive(Debug, Clone)]
pub enum Sought {
    Event(&'static str),
    Request(&'static str, bool),
    Response(u16, &'static str, bool),
}

/// A command, with what the test and the agent knew when it was given.
pub struct Given {
    pub agent: usize,
    word: &'static str,
    to: Option<usize>,
    /// The call that it is for: the one that it names, else the agent's newest open one.
    pub call: Option<usize>,
    /// The number of the event that came next.
    at: u64,
    /// The test had waited for what came before that.
    pub known: u64,
    answered: u64,
    none_open: bool,
}

#[derive(Default)]
pub struct Reference {
    pub events: Vec<Arc<Event>>,
    given: Vec<Given>,
    pub taken: HashSet<u64>,
    pub known: u64,
}

impl Reference {
    fn said(&self, of: usize) -> impl Iterator<Item = (u64, &AgentEvent)> {
        self.events.iter().filter(move |event| is_of(event, of)).filter_map(|event| match &event.body {
            Body::Event(said) => Some((event.n, said)),
            _ => None,
        })
    }

    fn messages(&self) -> impl Iterator<Item = (&Arc<Event>, &SipEvent)> {
        self.events.iter().filter_map(|event| match &event.body {
            Body::Sip(sip) => Some((event, &**sip)),
            _ => None,
        })
    }

    /// The requests of a Call-ID and CSeq, in their order.
    fn requests<'a>(&'a self, sip: &'a SipEvent) -> impl Iterator<Item = (&'a Arc<Event>, &'a SipEvent)> {
        let same = move |other: &SipEvent| other.call_id == sip.call_id && other.cseq == sip.cseq;
        self.messages().filter(move |(_, other)| same(other) && other.status.is_none())
    }

    fn begins_call(&self, sip: &SipEvent) -> bool {
        self.requests(sip).next().is_some_and(|(_, first)| first.method == "INVITE" && first.to.is_empty())
    }

    /// Whether an event tells that its call is over.
    fn ends(&self, event: &Event) -> Option<String> {
        match &event.body {
            Body::Event(said) if said.name == "CALL_CLOSED" => said.call.clone(),
            Body::Sip(sip) => match (sip.method.as_str(), sip.status) {
                ("BYE", _) => Some(sip.call_id.clone()),
                // the refusal of an INVITE that has been seen before it
                ("INVITE", Some(486)) => {
                    let first = self.requests(sip).next().filter(|(first, _)| first.n < event.n);
                    first.filter(|_| self.begins_call(sip)).map(|_| sip.call_id.clone())
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The first event that tells so, at whichever agent; none where the agent itself does not know it by event number `now`.
    fn over(&self, agent: usize, call: &str, now: u64) -> Option<u64> {
        let mut ends = self.events.iter().filter(|event| self.ends(event).as_deref() == Some(call));
        let own = self.events[..now as usize].iter().filter(|event| is_of(event, agent));
        let knows = own.filter_map(|event| self.ends(event)).any(|ended| ended == call);
        ends.next().map(|event| event.n).filter(|_| knows)
    }

    fn open(&self, agent: usize) -> Vec<usize> {
        let mut open: Vec<usize> = vec![];
        for (_, said) in self.said(agent).filter(|(_, said)| said.name.starts_with("CALL_")) {
            let Some(call) = said.call.as_ref().and_then(|call| CALLS.iter().position(|known| known == call)) else {
                continue;
            };
            let closed = self.said(agent).any(|(_, other)| other.name == "CALL_CLOSED" && other.call == said.call);
            if !closed && !open.contains(&call) {
                open.push(call);
            }
        }
        open
    }

    pub fn command(&mut self, agent: usize, word: &'static str, to: Option<usize>, call: Option<usize>) {
        let open = self.open(agent);
        let answers = self.events.iter().filter(|event| is_of(event, agent));
        let answered = answers.filter(|event| matches!(event.body, Body::Response(_))).map(|event| event.n).max();
        self.given.push(Given {
            agent,
            word,
            to,
            call: call.or(open.last().copied()).filter(|_| word != "dial"),
            at: self.events.len() as u64,
            known: self.known,
            answered: answered.unwrap_or(0),
            none_open: open.is_empty(),
        });
    }

    /// The newest command of an agent that is one of these.
    fn newest(&self, agent: usize, words: &[&str]) -> Option<&Given> {
        self.given.iter().rfind(|given| given.agent == agent && words.contains(&given.word))
    }

    /// Whether an event is past for a wait that began at that number of the log.
    pub fn is_past(&self, asked: &Asked, event: &Event, begun: u64) -> bool {
        let now = begun.max(event.n + 1);
        let over_before = |call: &str, words: &[&str]| {
            let (over, given) = (self.over(asked.agent, call, now), self.newest(asked.agent, words));
            over.zip(given).is_some_and(|(over, given)| over < given.known.max(given.answered))
        };
        let of_past_call = |call: &str| over_before(call, &["dial", "accept"]);
        match &event.body {
            Body::Event(_) if asked.call.is_some() => false,
            Body::Event(said) => match (&said.call, said.name.as_str()) {
                (_, "REGISTER_OK") => {
                    self.newest(asked.agent, &["uareg"]).is_some_and(|given| event.n < given.known)
                        || said.call.as_deref().is_some_and(of_past_call)
                }
                (Some(call), "CALL_CLOSED") => of_past_call(call) || over_before(call, &["hangup"]),
                (Some(call), _) => of_past_call(call),
                (None, name) => {
                    let given = self.given.iter().rfind(|given| {
                        let of_call = ["dial", "accept"].contains(&given.word);
                        given.agent == asked.agent && of_call && given.none_open
                    });
                    name.starts_with("CALL_") && given.is_some_and(|given| event.n < given.known.max(given.answered))
                }
            },
            Body::Sip(sip) => self.is_replaced(asked, sip) || asked.call.is_none() && of_past_call(&sip.call_id),
            _ => false,
        }
    }

    /// Whether a newer command of who sent a request has put it in the past.
    fn is_replaced(&self, asked: &Asked, sip: &SipEvent) -> bool {
        let Some((first, _)) = self.requests(sip).next() else { return false };
        let Some((out, request)) = self.requests(sip).find(|(_, request)| request.direction == "OUT") else {
            return false;
        };
        let sender = AGENTS.iter().position(|name| is_named(out, name));
        let same = |other: &SipEvent| other.call_id == sip.call_id && other.cseq == sip.cseq;
        let mut finals = self.messages().filter(|(_, other)| same(other) && other.status >= Some(200));
        let answer = finals.next().map(|(event, _)| event.n);
        let settled = if self.begins_call(sip) { answer } else { Some(first.n) };
        self.given.iter().any(|given| {
            let makes = match given.word {
                "dial" | "hold" => "INVITE",
                "hangup" => "BYE",
                "message" => "MESSAGE",
                "uareg" => "REGISTER",
                _ => return false,
            };
            let before = if given.word == "hold" { given.at } else { given.known };
            let is_before = settled.is_some_and(|settled| settled < before);
            if Some(given.agent) != sender || makes != request.method || out.n >= given.at || !is_before {
                return false;
            }
            let of_its_call = given.call.is_some_and(|call| CALLS[call] == sip.call_id);
            if asked.call.is_some() {
                return of_its_call;
            }
            let reached = |agent: usize| match (given.to, given.call) {
                (Some(to), _) => to == agent,
                (None, Some(call)) => self.events[..given.at as usize].iter().any(|event| {
                    let of_call = match &event.body {
                        Body::Event(said) => said.call.as_deref() == Some(CALLS[call]),
                        // messages make an agent's call known where they end it
                        _ => self.ends(event).as_deref() == Some(CALLS[call]),
                    };
                    is_of(event, agent) && of_call
                }),
                (None, None) => false,
            };
            let mut received = (0..AGENTS.len()).filter(|agent| {
                self.requests(sip)
                    .any(|(event, request)| is_of(event, *agent) && request.direction == "IN" && event.n < given.at)
            });
            Some(asked.agent) == sender || received.any(reached)
        })
    }

    pub fn fits(&self, asked: &Asked, event: &Event) -> bool {
        let of_call = |call: Option<&str>| asked.call.is_none_or(|wanted| call == Some(CALLS[wanted]));
        is_of(event, asked.agent)
            && match (&asked.pattern, &event.body) {
                (Sought::Event(name), Body::Event(said)) => said.name == *name && of_call(said.call.as_deref()),
                (Sought::Request(method, sent), Body::Sip(sip)) => {
                    let direction = if *sent { "OUT" } else { "IN" };
                    sip.status.is_none()
                        && sip.method == *method
                        && sip.direction == direction
                        && of_call(Some(&sip.call_id))
                }
                (Sought::Response(status, method, sent), Body::Sip(sip)) => {
                    let direction = if *sent { "OUT" } else { "IN" };
                    sip.status == Some(*status)
                        && sip.method == *method
                        && sip.direction == direction
                        && of_call(Some(&sip.call_id))
                }
                _ => false,
            }
    }

    /// The events that a member may take, by their numbers, and whether each is past.
    pub fn free(&self, asked: &Asked, begun: u64) -> Vec<(u64, bool)> {
        let fitting = self.events.iter().filter(|event| self.fits(asked, event));
        let free = fitting.filter(|event| !self.taken.contains(&event.n));
        free.map(|event| (event.n, self.is_past(asked, event, begun))).collect()
    }
}

/// What a member takes of those events that are before number `end`: the oldest that are enough.
pub fn takes(free: &[(u64, bool)], asked: &Asked, end: u64) -> Option<Vec<u64>> {
    let those = |past: bool| -> Vec<u64> {
        free.iter().filter(|(n, is_past)| *n < end && *is_past == past).map(|(n, _)| *n).collect()
    };
    let (past, new) = (those(true), those(false));
    let Some(count) = asked.count else { return new.first().map(|n| vec![*n]) };
    let counts_on = !matches!(asked.pattern, Sought::Event("CALL_DTMF_START" | "CALL_RINGING"));
    let past = if counts_on { &past[past.len() - past.len().min(count - 1)..] } else { &[] };
    let mut all: Vec<u64> = past.iter().chain(&new).copied().take(count).collect();
    all.sort_unstable();
    (all.len() == count).then_some(all)
}

pub fn is_of(event: &Event, agent: usize) -> bool {
    is_named(event, AGENTS[agent])
}

pub fn is_named(event: &Event, name: &str) -> bool {
    event.agent.as_deref() == Some(name)
}

impl Reference {
    /// Whether two members of one event each can take different ones; members with counts are not asked together.
    pub fn takes_both(&self, one: &Asked, two: &Asked, begun: u64) -> bool {
        let new = |asked: &Asked| -> Vec<u64> {
            self.free(asked, begun).into_iter().filter(|(_, past)| !past).map(|(n, _)| n).collect()
        };
        let (one, two) = (new(one), new(two));
        one.iter().any(|n| two.iter().any(|other| n != other))
    }
}
