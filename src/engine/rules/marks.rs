//! Which events of a run may satisfy an await. Pure.
//!
//! **An await takes the oldest event that fits and that no await has taken. Events of an agent that were over before its
//! newest command of that kind do not count.** In detail:
//!
//! - Calls: when an agent dials or accepts, the remaining events of its calls that were over by then become past. When it
//!   hangs up, the ends of these calls become past.
//! - SIP requests and responses: a command that causes a request makes the sender's earlier requests with that method past.
//!   At an agent that receives them, only requests from the same agent become past, if they belong to a call of both or went
//!   to the same address.
//! - *Over by then* means that the test has waited for a later event, or that the agent reported it before it answered its
//!   last command. So commands that follow one another without a wait leave each other's events alone. A hold or resume
//!   settles everything that was sent before it.
//! - A wait that names a call takes all events of that call, except for requests that a newer command *in that call* has
//!   replaced.
//! - A count continues: past events that each call or request has once count too, but not without a new one.
//! - What is past is decided when an await begins, and does not change while it is active.

use super::agent_marks::{AgentMarks, Horizon, MOST_OPEN, ends_call};
use super::matching::Member;
use super::recent::Recent;
use super::requests::{Requests, addressee, call_of, made_by, renegotiates};
use super::sort::{EventSort, id};
use crate::event::{Body, Event, Note};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The commands that begin a call, at the caller and at the callee, and those that end one.
const DIALS: [&str; 3] = ["dial", "dialdir", "atransferstart"];
const ACCEPTS: [&str; 2] = ["accept", "acceptdir"];
const HANGS_UP: [&str; 2] = ["hangup", "hangupall"];
/// The events that tell the result of a command, with the command.
const OUTCOMES: [(&str, &str); 3] =
    [("REGISTER_OK", "uareg"), ("REGISTER_FAIL", "uareg"), ("TRANSFER_FAILED", "transfer")];
/// At least this many taken events are remembered, for messages about an await that came too late.
const CONSUMED: u64 = 20_000;
/// The most names of commands' targets that are remembered.
const MOST_NAMED: usize = 1_000;

/// The marks of a run's events.
#[derive(Debug, Default)]
pub struct Marks {
    seen: usize,
    /// The test has waited for all events up to this number.
    known: u64,
    agents: HashMap<Arc<str>, AgentMarks>,
    /// By call, the first event that ended it, at any agent.
    over: Recent<Option<u64>>,
    requests: Requests,
    /// The SIP addresses of all agents.
    addresses: HashSet<String>,
    /// The targets that commands named.
    named: HashSet<String>,
    /// The numbers of the events that awaits took; for a session, which shows them for each statement.
    pub taken: Option<Vec<u64>>,
}

/// Why an event that fits does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyPast {
    /// It belongs to a call that was over before.
    Call,
    /// It belongs to a request that the agent or another agent sent before.
    Request,
    /// It tells the result of an earlier command.
    Outcome,
}

impl Marks {
    /// The number of the next event to observe.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// Observes the next events of the log.
    pub fn observe(&mut self, events: &[Arc<Event>]) {
        for event in events {
            self.seen = event.n as usize + 1;
            let Some(agent) = &event.agent else { continue };
            if !self.agents.contains_key(agent) {
                self.agents.insert(agent.clone(), AgentMarks::default());
            }
            let Some(marks) = self.agents.get_mut(agent) else { continue };
            match &event.body {
                Body::Event(said) => {
                    if let Some(call) = marks.event(event.n, said) {
                        self.over.entry(id(call)).get_or_insert(event.n);
                    }
                }
                Body::Sip(sip) => {
                    let key = self.requests.observe(agent, event.n, sip);
                    let peer = if sip.direction == "OUT" { &sip.dst } else { &sip.src };
                    marks.has_strangers = marks.has_strangers || !self.addresses.contains(peer);
                    let ends = ends_call(sip, self.requests.find(sip).is_some_and(|request| request.begins_call));
                    marks.message(sip, key, ends);
                    if ends {
                        self.over.entry(id(&sip.call_id)).get_or_insert(event.n);
                    }
                }
                Body::Note(Note::AgentStarting { aor, address, .. }) => {
                    if self.addresses.len() >= MOST_OPEN {
                        self.addresses.clear();
                    }
                    self.addresses.insert(address.clone());
                    marks.start(event.n, aor, address);
                }
                Body::Note(Note::AgentStopped { .. } | Note::AgentLost { .. }) => {
                    marks.running = marks.running.saturating_sub(1);
                }
                Body::Response(_) => marks.answered = event.n,
                Body::Log(_) | Body::Command(_) | Body::Note(_) => {}
            }
            if matches!(event.body, Body::Event(_) | Body::Sip(_) | Body::Log(_)) {
                marks.live[EventSort::from_event(event) as usize].push(event);
            }
        }
    }

    /// Notes that an agent is about to get a command, for this call or its current one, and what that makes past.
    pub fn command(&mut self, agent: &Arc<str>, call: Option<&str>, text: &str) {
        let word = text.split_whitespace().next().unwrap_or_default();
        let at = self.seen as u64;
        let known = Horizon { before: self.known, at };
        let marks = self.agents.entry(agent.clone()).or_default();
        if DIALS.contains(&word) {
            marks.dials += 1;
            marks.began = at;
        }
        let over = Horizon { before: self.known.max(marks.answered), at };
        if HANGS_UP.contains(&word) {
            marks.ends_past = over;
        }
        if DIALS.contains(&word) || ACCEPTS.contains(&word) {
            marks.calls_past = over;
            if marks.open.is_empty() {
                marks.nameless_past = over;
            }
        }
        if let Some((_, command)) = OUTCOMES.iter().find(|(_, command)| *command == word) {
            marks.outcomes_past.insert(*command, known);
        }
        // the agents that it may concern
        if self.named.len() < MOST_NAMED {
            self.named.extend(text.split_whitespace().skip(1).take(2).map(|word| id(word).to_string()));
        }
        let begins = DIALS.contains(&word);
        let newest = marks.open.last_key_value().map(|(_, call)| call.clone());
        let call = call.map(|call| id(call).to_string()).or(newest).filter(|_| !begins);
        let before = if renegotiates(word) { at } else { self.known };
        for method in made_by(word) {
            let sent = self.agents.get(agent).and_then(|marks| marks.sent.get(method));
            let keys: Vec<String> = sent.into_iter().flatten().cloned().collect();
            for key in keys {
                let request = self.requests.entry(&key);
                if !request.is_before(before) {
                    continue;
                }
                request.past_at_sender.get_or_insert(at);
                if call.as_deref() == Some(call_of(&key)) {
                    request.past_in_call.get_or_insert(at);
                }
                let reached = |name: &Arc<str>| match (addressee(text), &call) {
                    (Some(to), _) => self.agents.get(name).is_some_and(|marks| marks.is_meant(name, to)),
                    (None, Some(call)) => self.agents.get(name).is_some_and(|marks| marks.calls.get(call).is_some()),
                    (None, None) => false,
                };
                if request.receivers.iter().any(reached) {
                    request.past_at_receivers.get_or_insert(at);
                }
            }
        }
    }

    /// Notes that the last command was refused.
    pub fn refused(&mut self, agent: &str, text: &str) {
        let dials = text.split_whitespace().next().is_some_and(|word| DIALS.contains(&word));
        if let Some(marks) = self.agents.get_mut(agent).filter(|_| dials) {
            marks.dials = marks.dials.saturating_sub(1);
        }
    }

    /// Notes that the test has waited for all events before number `n`.
    pub fn know(&mut self, n: usize) {
        self.known = self.known.max(n as u64);
    }

    /// The events of a member's agent that an await may take, including past ones.
    pub fn live(&self, member: &Member) -> Vec<Arc<Event>> {
        let Some(marks) = self.agents.get(&member.agent) else { return vec![] };
        let mut live = marks.live[member.pattern.sort() as usize].named(&member.pattern);
        if member.again {
            live.extend(marks.once.named(&member.pattern));
        }
        live
    }

    /// Whether exactly one await took this message.
    pub fn is_taken_once(&self, event: &Event) -> bool {
        let marks = event.agent.as_ref().and_then(|agent| self.agents.get(agent));
        marks.is_some_and(|marks| marks.once.has(event.n))
    }

    pub fn is_live(&self, event: &Event) -> bool {
        let marks = event.agent.as_ref().and_then(|agent| self.agents.get(agent));
        marks.is_some_and(|marks| marks.live[EventSort::from_event(event) as usize].has(event.n))
    }

    /// Why an event that fits a member does not count for an await that began at this number of the log; none if it
    /// counts.
    pub fn past(&self, member: &Member, event: &Event, began: u64) -> Option<WhyPast> {
        let marks = self.agents.get(&member.agent)?;
        let is_over = |call: &str, horizon: Horizon| {
            let over = self.over.get(call).copied().flatten();
            let ended = marks.calls.get(call).is_some_and(|call| call.ended);
            ended && over.is_some_and(|n| horizon.hides(n, began))
        };
        match &event.body {
            Body::Sip(sip) => {
                let replaced = self.requests.find(sip).and_then(|request| match &member.call {
                    Some(_) => request.past_in_call,
                    None if request.sender.as_ref() == Some(&member.agent) => request.past_at_sender,
                    None => request.past_at_receivers,
                });
                match replaced.is_some_and(|at| at <= began) {
                    true => Some(WhyPast::Request),
                    false => {
                        (member.call.is_none() && is_over(id(&sip.call_id), marks.calls_past)).then_some(WhyPast::Call)
                    }
                }
            }
            Body::Event(_) if member.call.is_some() => None,
            Body::Event(said) => {
                let outcome = OUTCOMES.iter().find(|(name, _)| *name == said.name);
                let outcomes = outcome.and_then(|(_, command)| marks.outcomes_past.get(command));
                let over = match said.call.as_deref().map(id) {
                    // a forgotten request was over long ago
                    Some(call) => {
                        let ends = said.name == "CALL_CLOSED" && is_over(call, marks.ends_past);
                        ends || is_over(call, marks.calls_past) || marks.calls.get(call).is_none()
                    }
                    None => said.name.starts_with("CALL_") && marks.nameless_past.hides(event.n, began),
                };
                match outcomes.is_some_and(|past| past.hides(event.n, began)) {
                    true => Some(WhyPast::Outcome),
                    false => over.then_some(WhyPast::Call),
                }
            }
            _ => None,
        }
    }

    pub fn is_consumed(&self, event: &Event) -> bool {
        let marks = event.agent.as_ref().and_then(|agent| self.agents.get(agent));
        marks.is_some_and(|marks| marks.consumed.contains(&event.n))
    }

    /// Notes that an await took this event. From now on only awaits with `again()` take it.
    pub fn consume(&mut self, event: &Arc<Event>) {
        self.know(event.n as usize + 1);
        self.taken.iter_mut().for_each(|taken| taken.push(event.n));
        if let Some(marks) = event.agent.as_ref().and_then(|agent| self.agents.get_mut(agent)) {
            let sort = EventSort::from_event(event);
            marks.live[sort as usize].remove(event.n);
            marks.once.remove(event.n);
            if marks.consumed.insert(event.n) && sort == EventSort::Message {
                marks.once.push(event);
            }
            if marks.consumed.len() as u64 > 2 * CONSUMED {
                let newest = marks.consumed.iter().max().copied().unwrap_or_default();
                marks.consumed.retain(|taken| *taken + CONSUMED > newest);
            }
        }
    }

    /// The address of record of an agent that has been started.
    pub fn aor(&self, agent: &str) -> Option<&str> {
        self.agents.get(agent)?.aor.as_deref()
    }

    /// `host:port` of the SIP socket of an agent that has been started.
    pub fn address(&self, agent: &str) -> Option<&str> {
        self.agents.get(agent)?.address.as_deref()
    }

    /// Notes that the script asked for the address of an agent, and may give it to anybody.
    pub fn reveal(&mut self, agent: &Arc<str>) {
        self.agents.entry(agent.clone()).or_default().reachable = true;
    }

    /// Whether this call of the agent is over.
    pub fn is_closed(&self, agent: &str, call: &str) -> bool {
        let call = self.agents.get(agent).and_then(|marks| marks.calls.get(id(call)));
        // an agent's call to itself has two calls with the same id
        call.is_some_and(|call| call.closed && !(call.incoming && call.outgoing))
    }

    /// Whether the agent made calls, all of them are closed, and nobody can call it. `outgoing`: only a call that it
    /// makes would do.
    pub fn is_done_calling(&self, agent: &Arc<str>, outgoing: bool) -> bool {
        let Some(marks) = self.agents.get(agent) else { return false };
        let closed = marks.dials > 0 && marks.dials <= marks.outgoing && marks.open.is_empty();
        closed
            && !marks.reachable
            && self.named.len() < MOST_NAMED
            && (outgoing || !marks.has_strangers)
            && !self.named.iter().any(|word| marks.is_meant(agent, word))
    }

    /// Whether an agent has started and ended.
    pub fn is_gone(&self, agent: &str) -> bool {
        self.agents.get(agent).is_some_and(|marks| marks.address.is_some() && marks.running == 0)
    }

    /// The number of the event that began the agent's newest call (0: its first).
    pub fn began(&self, agent: &str) -> u64 {
        self.agents.get(agent).map_or(0, |marks| marks.began)
    }
}

#[cfg(test)]
#[path = "marks_tests.rs"]
mod tests;
