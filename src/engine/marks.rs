//! Which events of a run may still satisfy an await: not consumed by an earlier one, not retired. Pure.
//!
//! Events are kept per agent. A new dial by an agent, or a CALL_INCOMING at it, retires its unconsumed events of calls
//! already closed, so that a loop whose second call is rejected does not pass on the first call's CALL_ESTABLISHED.

use crate::event::{Body, Event, Note, SipEvent, weight};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// The commands that place a call.
const DIALS: [&str; 2] = ["dial", "dialdir"];

/// The marks of a run's events.
#[derive(Debug, Default)]
pub struct Marks {
    seen: usize,
    agents: HashMap<Arc<str>, AgentMarks>,
    /// The numbers of what awaits took, for a session that wants to know what each of its statements took.
    pub taken: Option<Vec<u64>>,
}

/// Of each sort (events, SIP messages, log lines) so many of an agent's newest ones can still be awaited; older ones are let go of.
pub const MOST: usize = 10_000;
/// Or fewer, where they are long: as many as fit into so many bytes.
const MOST_BYTES: usize = 16 << 20;
/// Of the events that awaits took so many are remembered at least, for messages about an await that came too late.
const CONSUMED: u64 = 20_000;
/// So many closed calls are remembered at least.
const CALLS: usize = 1_000;
/// By so many bytes calls and dialogs are told apart.
const LONGEST: usize = 256;

#[derive(Debug, Default)]
struct AgentMarks {
    /// Events, SIP messages and log lines that an await may take, each in the log's order.
    live: [Live; 3],
    /// Numbers of the events that awaits took since its newest call but one began.
    consumed: HashSet<u64>,
    /// Where its newest call, or the agent itself, began.
    began: u64,
    aor: Option<String>,
    /// `host:port`.
    address: Option<String>,
    /// Its processes that have not ended: a new one may begin before the one that it replaces is gone.
    running: usize,
    open: HashSet<String>,
    /// Calls that came to it, and calls that it made: what is in both it has with itself, two of one id.
    incoming: HashSet<String>,
    outgoing: HashSet<String>,
    closed: HashSet<String>,
    /// Calls that were closed when a newer one began: what still comes of them is retired at once.
    past: Past,
    /// The same by SIP Call-ID, for the messages.
    closed_dialogs: HashSet<String>,
    past_dialogs: Past,
}

/// What retires a kept event costs no more than the event did: a peer may begin and end calls without end.
#[derive(Debug, Default)]
struct Live {
    /// By their numbers.
    events: BTreeMap<u64, Arc<Event>>,
    bytes: usize,
    /// The numbers of a call's or dialog's events; under no name those of calls that were told without one.
    groups: HashMap<String, VecDeque<u64>>,
}

impl Live {
    fn push(&mut self, event: Arc<Event>) {
        self.bytes += weight(&event);
        if let Some(group) = group(&event) {
            // most are of a group that is there
            match self.groups.get_mut(group) {
                Some(numbers) => numbers.push_back(event.n),
                None => drop(self.groups.insert(group.to_string(), [event.n].into())),
            }
        }
        self.events.insert(event.n, event);
        while self.events.len() > MOST || self.bytes > MOST_BYTES {
            let Some(oldest) = self.events.first_key_value().map(|(n, _)| *n) else { return };
            self.remove(oldest);
        }
    }

    fn has(&self, event: &Event) -> bool {
        self.events.contains_key(&event.n)
    }

    fn remove(&mut self, n: u64) {
        let Some(gone) = self.events.remove(&n) else { return };
        self.bytes -= weight(&gone);
        let Some(group) = group(&gone) else { return };
        let Some(numbers) = self.groups.get_mut(group) else { return };
        numbers.binary_search(&n).ok().and_then(|at| numbers.remove(at));
        if numbers.is_empty() {
            self.groups.remove(group);
        }
    }

    fn retire(&mut self, group: &str) {
        for n in self.groups.remove(group).unwrap_or_default() {
            self.bytes -= self.events.remove(&n).map_or(0, |gone| weight(&gone));
        }
    }
}

/// With which others an event is retired; baresip gives some events of a call without its id.
fn group(event: &Event) -> Option<&str> {
    match &event.body {
        Body::Event(said) => said.call.as_deref().map(id).or_else(|| said.name.starts_with("CALL_").then_some("")),
        Body::Sip(sip) => Some(id(&sip.call_id)),
        _ => None,
    }
}

/// As much of a call's or dialog's id as is kept: who is called can't say how long the ids are that it gets.
fn id(whole: &str) -> &str {
    &whole[..whole.floor_char_boundary(LONGEST)]
}

/// Keeps an id. Nobody has so many calls at once: it is a flood, and may be forgotten.
fn note(ids: &mut HashSet<String>, id: &str) {
    if ids.len() >= MOST {
        ids.clear();
    }
    ids.insert(id.to_string());
}

/// Names of what is past: the newest, and at least so many as [`CALLS`] says.
#[derive(Debug, Default)]
struct Past {
    new: HashSet<String>,
    old: HashSet<String>,
}

impl Past {
    fn extend(&mut self, names: impl Iterator<Item = String>) {
        self.new.extend(names);
        if self.new.len() > CALLS {
            self.old = std::mem::take(&mut self.new);
        }
    }

    fn contains(&self, name: &str) -> bool {
        self.new.contains(name) || self.old.contains(name)
    }
}

impl Marks {
    /// The number of the log's event that is to be observed next.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// Takes note of the log's next events.
    pub fn observe(&mut self, events: &[Arc<Event>]) {
        for event in events {
            self.seen = event.n as usize + 1;
            if let Some(agent) = &event.agent {
                self.agents.entry(agent.clone()).or_default().observe(event);
            }
        }
    }

    /// The events of an agent that an await may take: those of a sort in the log's order.
    pub fn live(&self, agent: &str, sort: Sort) -> impl Iterator<Item = &Arc<Event>> {
        self.agents.get(agent).into_iter().flat_map(move |marks| marks.live[sort as usize].events.values())
    }

    pub fn is_live(&self, event: &Event) -> bool {
        let marks = event.agent.as_ref().and_then(|agent| self.agents.get(agent));
        marks.is_some_and(|marks| marks.live[Sort::of(event) as usize].has(event))
    }

    pub fn is_consumed(&self, event: &Event) -> bool {
        let marks = event.agent.as_ref().and_then(|agent| self.agents.get(agent));
        marks.is_some_and(|marks| marks.consumed.contains(&event.n))
    }

    /// No await takes this event again.
    pub fn consume(&mut self, event: &Event) {
        self.taken.iter_mut().for_each(|taken| taken.push(event.n));
        if let Some(marks) = event.agent.as_ref().and_then(|agent| self.agents.get_mut(agent)) {
            marks.live[Sort::of(event) as usize].remove(event.n);
            marks.consumed.insert(event.n);
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

    /// Whether nothing more comes of that call of the agent.
    pub fn is_closed(&self, agent: &str, call: &str) -> bool {
        let call = id(call);
        self.agents.get(agent).is_some_and(|marks| {
            let own = marks.incoming.contains(call) && marks.outgoing.contains(call);
            (marks.closed.contains(call) || marks.past.contains(call)) && !own
        })
    }

    /// Whether an agent that had started has ended.
    pub fn is_gone(&self, agent: &str) -> bool {
        self.agents.get(agent).is_some_and(|marks| marks.address.is_some() && marks.running == 0)
    }

    /// The number of the event with which the agent's newest call began (0: its first).
    pub fn began(&self, agent: &str) -> u64 {
        self.agents.get(agent).map_or(0, |marks| marks.began)
    }
}

/// What an await may take, by its place in [`AgentMarks::live`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    Event,
    Message,
    Line,
}

impl Sort {
    fn of(event: &Event) -> Sort {
        match event.body {
            Body::Sip(_) => Sort::Message,
            Body::Log(_) => Sort::Line,
            _ => Sort::Event,
        }
    }
}

impl AgentMarks {
    fn keep(&mut self, event: &Arc<Event>) {
        self.live[Sort::of(event) as usize].push(event.clone());
    }

    fn observe(&mut self, event: &Arc<Event>) {
        match &event.body {
            Body::Event(of_agent) => {
                if of_agent.name.eq_ignore_ascii_case("CALL_INCOMING") {
                    self.begin(event.n);
                }
                if let Some(call) = of_agent.call.as_deref().map(id) {
                    if of_agent.name.eq_ignore_ascii_case("CALL_INCOMING") {
                        note(&mut self.incoming, call);
                    } else if of_agent.direction.as_deref() == Some("outgoing") {
                        note(&mut self.outgoing, call);
                    }
                    if of_agent.name.eq_ignore_ascii_case("CALL_CLOSED") {
                        self.open.remove(call);
                        note(&mut self.closed, call);
                    } else if of_agent.name.starts_with("CALL_") && !self.closed.contains(call) {
                        note(&mut self.open, call);
                    }
                    if self.past.contains(call) {
                        self.open.remove(call);
                        return;
                    }
                }
                self.keep(event);
            }
            Body::Sip(sip) => {
                let dialog = id(&sip.call_id);
                if ends_dialog(sip) {
                    note(&mut self.closed_dialogs, dialog);
                }
                if !self.past_dialogs.contains(dialog) {
                    self.keep(event);
                }
            }
            Body::Log(_) => self.keep(event),
            Body::Command(command) => {
                if command.text.split_whitespace().next().is_some_and(|word| DIALS.contains(&word)) {
                    self.begin(event.n);
                }
            }
            // a new process: what an agent of that name did before it counts no more
            Body::Note(Note::AgentStarting { aor, address, .. }) => {
                let (consumed, aor) = (std::mem::take(&mut self.consumed), Some(aor.clone()));
                let address = Some(address.clone());
                let running = self.running + 1;
                *self = AgentMarks { began: event.n, consumed, aor, address, running, ..Default::default() }
            }
            Body::Note(Note::AgentStopped { .. } | Note::AgentLost { .. }) => {
                self.running = self.running.saturating_sub(1);
            }
            Body::Response(_) | Body::Note(_) => {}
        }
    }

    /// A new call begins: retires the events of calls already closed.
    fn begin(&mut self, n: u64) {
        let before = std::mem::replace(&mut self.began, n);
        self.consumed.retain(|taken| *taken >= before);
        let [events, messages, _] = &mut self.live;
        if self.open.is_empty() {
            events.retire("");
        }
        self.closed.iter().for_each(|call| events.retire(call));
        self.closed_dialogs.iter().for_each(|dialog| messages.retire(dialog));
        self.past.extend(self.closed.drain());
        self.past_dialogs.extend(self.closed_dialogs.drain());
    }
}

/// Whether a message ends the dialog of its Call-ID: a BYE, a CANCEL, or a final refusal of the INVITE that is not
/// answered by another INVITE of the same Call-ID (authentication, session timers, redirection, glare).
fn ends_dialog(sip: &SipEvent) -> bool {
    match (sip.method.as_str(), sip.status) {
        ("BYE" | "CANCEL", _) => true,
        ("INVITE", Some(status)) => status >= 400 && !matches!(status, 401 | 407 | 422 | 491 | 494),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::AgentEvent;
    use std::time::Instant;

    fn event(n: u64, body: Body) -> Arc<Event> {
        Arc::new(Event { n, time: n as f64, agent: Some("alice".into()), body })
    }

    fn of_call(n: u64, name: &str, call: &str) -> Arc<Event> {
        event(n, Body::Event(AgentEvent { name: name.into(), call: Some(call.into()), ..AgentEvent::default() }))
    }

    fn message(n: u64, method: &str, call_id: &str) -> Arc<Event> {
        let sip = SipEvent { method: method.into(), call_id: call_id.into(), ..SipEvent::default() };
        event(n, Body::Sip(sip.into()))
    }

    #[test]
    fn calls_that_begin_and_end_without_end_cost_what_their_events_do() {
        let mut marks = Marks::default();
        let begun = Instant::now();
        let mut n = 0;
        // what stays is as much as may stay
        for _ in 0..MOST {
            marks.observe(&[message(n, "OPTIONS", &format!("options-{n}")), of_call(n + 1, "CALL_RTCP", "open")]);
            n += 2;
        }
        let filled = begun.elapsed();
        for _ in 0..MOST {
            let call = format!("call-{n}");
            marks.observe(&[of_call(n, "CALL_INCOMING", &call), of_call(n + 1, "CALL_CLOSED", &call)]);
            n += 2;
        }
        assert!(marks.live("alice", Sort::Event).count() <= MOST);
        assert_eq!(marks.live("alice", Sort::Message).count(), MOST);
        // a walk over all of them at each call takes a thousand times as long
        assert!(begun.elapsed() < 20 * filled, "{filled:?}, then {:?}", begun.elapsed());
    }

    #[test]
    fn ids_without_end_do_not_fill_the_memory() {
        let mut marks = Marks::default();
        let long = "é".repeat(20_000);
        for n in 0..MOST as u64 + 10 {
            marks.observe(&[message(2 * n, "BYE", &format!("{n}-{long}")), of_call(2 * n + 1, "CALL_RINGING", &long)]);
        }
        let alice = &marks.agents["alice"];
        let kept = [&alice.closed_dialogs, &alice.open].map(|ids| ids.iter().map(String::len).sum::<usize>());
        assert!(kept[0] <= MOST * LONGEST && kept[1] <= LONGEST, "{kept:?}");
        assert!(alice.live.iter().all(|live| live.bytes <= MOST_BYTES && live.groups.len() <= live.events.len()));
    }

    #[test]
    fn a_call_is_closed_but_for_one_of_the_agent_with_itself() {
        let outgoing = |n: u64, name: &str, call: &str| {
            let (name, call, direction) = (name.into(), Some(call.into()), Some("outgoing".into()));
            event(n, Body::Event(AgentEvent { name, call, direction, ..AgentEvent::default() }))
        };
        let mut marks = Marks::default();
        marks.observe(&[
            of_call(0, "CALL_INCOMING", "1"),
            of_call(1, "CALL_CLOSED", "1"),
            of_call(2, "CALL_INCOMING", "2"),
            outgoing(3, "CALL_RINGING", "2"),
            of_call(4, "CALL_CLOSED", "2"),
            of_call(5, "CALL_INCOMING", "3"),
        ]);
        assert_eq!(["1", "2", "3", "4"].map(|call| marks.is_closed("alice", call)), [true, false, false, false]);
    }

    #[test]
    fn a_new_call_retires_what_is_left_of_closed_ones() {
        let mut marks = Marks::default();
        let left = |marks: &Marks| -> Vec<u64> {
            [Sort::Event, Sort::Message].into_iter().flat_map(|sort| marks.live("alice", sort)).map(|e| e.n).collect()
        };
        marks.observe(&[
            message(0, "INVITE", "d1"),
            of_call(1, "CALL_INCOMING", "1"),
            of_call(2, "CALL_INCOMING", "2"),
            event(3, Body::Event(AgentEvent { name: "CALL_LOCAL_SDP".into(), ..AgentEvent::default() })),
            message(4, "BYE", "d1"),
            of_call(5, "CALL_CLOSED", "1"),
        ]);
        assert_eq!(left(&marks), [1, 2, 3, 5, 0, 4]);
        marks.observe(&[of_call(6, "CALL_INCOMING", "3"), of_call(7, "CALL_RTCP", "1"), message(8, "BYE", "d1")]);
        // the one without an id may be of the call that is still open
        assert_eq!(left(&marks), [2, 3, 6]);
        marks.consume(&of_call(2, "CALL_INCOMING", "2"));
        marks.observe(&[
            of_call(9, "CALL_CLOSED", "2"),
            of_call(10, "CALL_CLOSED", "3"),
            of_call(11, "CALL_INCOMING", "4"),
        ]);
        assert_eq!(left(&marks), [11]);
        assert_eq!(marks.agents["alice"].live[0].groups.len(), 1);
    }
}
