//! Which events of a run may still satisfy an await: not consumed by an earlier one, not retired. Pure.
//!
//! Events are kept per agent. A new dial by an agent, or a CALL_INCOMING at it, retires its unconsumed events of calls
//! already closed, so that a loop whose second call is rejected does not pass on the first call's CALL_ESTABLISHED.

use crate::event::{Body, Event, Note, SipEvent, weight};
use std::collections::{HashMap, HashSet, VecDeque};
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
    open: HashSet<String>,
    closed: HashSet<String>,
    /// Calls that were closed when a newer one began: what still comes of them is retired at once.
    past: Past,
    /// The same by SIP Call-ID, for the messages.
    closed_dialogs: HashSet<String>,
    past_dialogs: Past,
}

#[derive(Debug, Default)]
struct Live {
    events: VecDeque<Arc<Event>>,
    bytes: usize,
}

impl Live {
    fn push(&mut self, event: Arc<Event>) {
        self.bytes += weight(&event);
        self.events.push_back(event);
        while self.events.len() > MOST || self.bytes > MOST_BYTES {
            let Some(old) = self.events.pop_front() else { return };
            self.bytes -= weight(&old);
        }
    }

    fn place(&self, event: &Event) -> Option<usize> {
        self.events.binary_search_by_key(&event.n, |live| live.n).ok()
    }

    fn remove(&mut self, event: &Event) {
        if let Some(gone) = self.place(event).and_then(|at| self.events.remove(at)) {
            self.bytes -= weight(&gone);
        }
    }

    fn retain(&mut self, stays: impl Fn(&Event) -> bool) {
        self.events.retain(|event| stays(event));
        self.bytes = self.events.iter().map(|event| weight(event)).sum();
    }
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
        self.agents.get(agent).into_iter().flat_map(move |marks| &marks.live[sort as usize].events)
    }

    pub fn is_live(&self, event: &Event) -> bool {
        let marks = event.agent.as_ref().and_then(|agent| self.agents.get(agent));
        marks.is_some_and(|marks| marks.live[Sort::of(event) as usize].place(event).is_some())
    }

    pub fn is_consumed(&self, event: &Event) -> bool {
        let marks = event.agent.as_ref().and_then(|agent| self.agents.get(agent));
        marks.is_some_and(|marks| marks.consumed.contains(&event.n))
    }

    /// No await takes this event again.
    pub fn consume(&mut self, event: &Event) {
        self.taken.iter_mut().for_each(|taken| taken.push(event.n));
        if let Some(marks) = event.agent.as_ref().and_then(|agent| self.agents.get_mut(agent)) {
            marks.live[Sort::of(event) as usize].remove(event);
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
                if let Some(call) = &of_agent.call {
                    if of_agent.name.eq_ignore_ascii_case("CALL_CLOSED") {
                        self.open.remove(call);
                        self.closed.insert(call.clone());
                    } else if of_agent.name.starts_with("CALL_") && !self.closed.contains(call) {
                        self.open.insert(call.clone());
                    }
                    if self.past.contains(call) {
                        self.open.remove(call);
                        return;
                    }
                }
                self.keep(event);
            }
            Body::Sip(sip) => {
                if ends_dialog(sip) {
                    self.closed_dialogs.insert(sip.call_id.clone());
                }
                if !self.past_dialogs.contains(&sip.call_id) {
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
                *self = AgentMarks { began: event.n, consumed, aor, address, ..Default::default() }
            }
            Body::Response(_) | Body::Note(_) => {}
        }
    }

    /// A new call begins: retires the events of calls already closed.
    fn begin(&mut self, n: u64) {
        let before = std::mem::replace(&mut self.began, n);
        self.consumed.retain(|taken| *taken >= before);
        self.past.extend(self.closed.drain());
        self.past_dialogs.extend(self.closed_dialogs.drain());
        let none_open = self.open.is_empty();
        let [events, messages, _] = &mut self.live;
        events.retain(|event| match &event.body {
            Body::Event(of_agent) => match &of_agent.call {
                Some(call) => !self.past.contains(call),
                // baresip gives some events of a call without its id
                None => !(none_open && of_agent.name.starts_with("CALL_")),
            },
            _ => true,
        });
        messages.retain(|event| match &event.body {
            Body::Sip(sip) => !self.past_dialogs.contains(&sip.call_id),
            _ => true,
        });
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
