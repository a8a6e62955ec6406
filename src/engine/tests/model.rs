//! What awaits take, against a reference: random histories of calls, requests, commands and waits of several agents.
//!
//! The reference goes by the rule alone (see [`marks`](crate::engine::rules::marks)): it keeps all that happened, forgets nothing, and for each
//! question looks through all of it. `PROPTEST_CASES` says how many histories are tried.

use super::*;
use crate::engine::rules::marks::Marks;
use crate::engine::rules::matching::{Found, Member, Want, Which};
use crate::engine::rules::pattern::{Message, Pattern};
use crate::engine::rules::taking::Taking;
use crate::event::SipEvent;
use proptest::prelude::*;
use std::collections::HashSet;

const HISTORIES: u32 = 10_000;
const AGENTS: [&str; 3] = ["a", "b", "c"];
const CALLS: [&str; 3] = ["k0", "k1", "k2"];

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    Event {
        agent: usize,
        name: &'static str,
        call: Option<usize>,
    },
    Request {
        agent: usize,
        out: bool,
        method: &'static str,
        call: usize,
        cseq: u8,
        within: bool,
    },
    Response {
        agent: usize,
        out: bool,
        status: u16,
        method: &'static str,
        call: usize,
        cseq: u8,
    },
    /// The agent answers a command.
    Answer {
        agent: usize,
    },
    Command {
        agent: usize,
        word: &'static str,
        to: Option<usize>,
        call: Option<usize>,
    },
    Sleep,
    /// What is awaited, and what comes while it is: only what satisfies it ends it before.
    Await {
        want: Wanted,
        meanwhile: Vec<Step>,
    },
}

#[derive(Debug, Clone)]
enum Wanted {
    One(Asked),
    All(Asked, Asked),
    Any(Asked, Asked),
}

#[derive(Debug, Clone)]
struct Asked {
    agent: usize,
    pattern: Sought,
    count: Option<usize>,
    call: Option<usize>,
}

#[derive(Debug, Clone)]
enum Sought {
    Event(&'static str),
    Request(&'static str, bool),
    Response(u16, &'static str, bool),
}

/// A command, with what the test and the agent knew when it was given.
struct Given {
    agent: usize,
    word: &'static str,
    to: Option<usize>,
    /// The call that it is for: the one that it names, else the agent's newest open one.
    call: Option<usize>,
    /// The number of the event that came next.
    at: u64,
    /// The test had waited for what came before that.
    known: u64,
    answered: u64,
    none_open: bool,
}

#[derive(Default)]
struct Reference {
    events: Vec<Arc<Event>>,
    given: Vec<Given>,
    taken: HashSet<u64>,
    known: u64,
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

    fn command(&mut self, agent: usize, word: &'static str, to: Option<usize>, call: Option<usize>) {
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
    fn is_past(&self, asked: &Asked, event: &Event, begun: u64) -> bool {
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

    fn fits(&self, asked: &Asked, event: &Event) -> bool {
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
    fn free(&self, asked: &Asked, begun: u64) -> Vec<(u64, bool)> {
        let fitting = self.events.iter().filter(|event| self.fits(asked, event));
        let free = fitting.filter(|event| !self.taken.contains(&event.n));
        free.map(|event| (event.n, self.is_past(asked, event, begun))).collect()
    }
}

/// What a member takes of those events that are before number `end`: the oldest that are enough.
fn takes(free: &[(u64, bool)], asked: &Asked, end: u64) -> Option<Vec<u64>> {
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

fn is_of(event: &Event, agent: usize) -> bool {
    is_named(event, AGENTS[agent])
}

fn is_named(event: &Event, name: &str) -> bool {
    event.agent.as_deref() == Some(name)
}

/// The marks as they are, beside the reference.
struct Both {
    log: Log,
    marks: Marks,
    reference: Reference,
}

impl Both {
    fn push(&mut self, agent: usize, body: Body) -> Arc<Event> {
        self.log.push(Some(&AGENTS[agent].into()), body);
        let event = self.log.since(self.reference.events.len()).remove(0);
        self.reference.events.push(event.clone());
        self.marks.observe(std::slice::from_ref(&event));
        event
    }

    /// Something that is no await; an event, where it is one.
    fn step(&mut self, step: &Step) -> Option<Arc<Event>> {
        match step {
            Step::Event { agent, name, call } => {
                let call = call.map(|call| CALLS[call].to_string());
                let said = AgentEvent { name: (*name).into(), call, ..AgentEvent::default() };
                Some(self.push(*agent, Body::Event(said)))
            }
            Step::Request { agent, out, method, call, cseq, within } => {
                let mut sip = message(*out, method, *call, *cseq);
                sip.to = if *within { "<sip:x@y>;tag=1".into() } else { String::new() };
                Some(self.push(*agent, Body::Sip(sip.into())))
            }
            Step::Response { agent, out, status, method, call, cseq } => {
                let sip = SipEvent { status: Some(*status), ..message(*out, method, *call, *cseq) };
                Some(self.push(*agent, Body::Sip(sip.into())))
            }
            Step::Answer { agent } => {
                Some(self.push(*agent, Body::Response(Response { ok: true, data: String::new(), to: 0 })))
            }
            Step::Command { agent, word, to, call } => {
                let text = to.map_or_else(|| word.to_string(), |to| format!("{word} {}", AGENTS[to]));
                self.marks.command(&AGENTS[*agent].into(), call.map(|call| CALLS[call]), &text);
                self.reference.command(*agent, word, *to, *call);
                None
            }
            Step::Sleep => {
                self.marks.know(self.reference.events.len());
                self.reference.known = self.reference.events.len() as u64;
                None
            }
            Step::Await { .. } => None,
        }
    }

    /// Awaits, and tells where the marks and the reference do not agree.
    fn wait(&mut self, want: &Wanted, meanwhile: &[Step]) -> Result<(), String> {
        let begun = self.reference.events.len() as u64;
        let (mut taking, backlog) = Taking::begin(&as_want(want), &self.marks).ok_or("too many ways")?;
        let mut found = None;
        for event in backlog {
            found = found.or_else(|| {
                let fitting = taking.fitting(&self.marks, &event);
                taking.offer(&mut self.marks, &fitting, &event)
            });
        }
        let mut end = begun;
        for step in meanwhile {
            if found.is_some() {
                break;
            }
            let Some(event) = self.step(step) else { continue };
            end = event.n + 1;
            let fitting = taking.fitting(&self.marks, &event);
            found = taking.offer(&mut self.marks, &fitting, &event);
        }
        self.compare(want, begun, end, found.as_ref())?;
        let taken: Vec<u64> = found.iter().flat_map(Found::events).map(|event| event.n).collect();
        self.reference.known = taken.iter().map(|n| n + 1).chain([self.reference.known]).max().unwrap_or(0);
        self.reference.taken.extend(taken);
        Ok(())
    }

    fn compare(&self, want: &Wanted, begun: u64, end: u64, found: Option<&Found>) -> Result<(), String> {
        let reference = &self.reference;
        // what had come when the wait began is looked through from its oldest on; then each event as it comes
        let first = |asked: &Asked| {
            let free = reference.free(asked, begun);
            (0..=end).find_map(|end| takes(&free, asked, end).map(|taken| (end, taken)))
        };
        let got: Vec<u64> = found.iter().flat_map(|found| found.events()).map(|event| event.n).collect();
        let told = |due: &dyn std::fmt::Debug| format!("{want:?} from {begun} to {end} took {got:?}, not {due:?}");
        match want {
            Wanted::One(asked) => {
                let due = first(asked).map(|(_, takes)| takes).unwrap_or_default();
                (got == due).then_some(()).ok_or_else(|| told(&due))
            }
            Wanted::Any(one, two) => {
                let due = [first(one), first(two)].into_iter().flatten().min_by_key(|(end, _)| *end);
                let due = due.map(|(_, takes)| takes).unwrap_or_default();
                (got == due).then_some(()).ok_or_else(|| told(&due))
            }
            Wanted::All(one, two) => {
                let needs = |asked: &Asked| asked.count.unwrap_or(1);
                let enough = reference.takes_both(one, two, begun);
                if found.is_none() {
                    return (!enough).then_some(()).ok_or_else(|| told(&"enough"));
                }
                let different: HashSet<_> = got.iter().collect();
                let fits = got.iter().all(|n| {
                    let event = &reference.events[*n as usize];
                    let counts = |asked: &Asked| {
                        reference.fits(asked, event)
                            && (asked.count.is_some() || !reference.is_past(asked, event, begun))
                    };
                    counts(one) || counts(two)
                });
                let free = got.iter().all(|n| !reference.taken.contains(n));
                let right = enough && fits && free && different.len() == needs(one) + needs(two);
                right.then_some(()).ok_or_else(|| told(&(enough, fits, free)))
            }
        }
    }
}

impl Reference {
    /// Whether two members of one event each can take different ones; members with counts are not asked together.
    fn takes_both(&self, one: &Asked, two: &Asked, begun: u64) -> bool {
        let new = |asked: &Asked| -> Vec<u64> {
            self.free(asked, begun).into_iter().filter(|(_, past)| !past).map(|(n, _)| n).collect()
        };
        let (one, two) = (new(one), new(two));
        one.iter().any(|n| two.iter().any(|other| n != other))
    }
}

fn message(out: bool, method: &str, call: usize, cseq: u8) -> SipEvent {
    SipEvent {
        direction: if out { "OUT" } else { "IN" }.into(),
        method: method.into(),
        call_id: CALLS[call].into(),
        cseq: format!("{cseq} {method}"),
        ..SipEvent::default()
    }
}

fn as_want(want: &Wanted) -> Want {
    let one = |asked: &Asked| {
        let pattern = match &asked.pattern {
            Sought::Event(name) => Pattern::Event((*name).into()),
            Sought::Request(method, sent) => Pattern::Sip(Message { sent: *sent, ..Message::request(method) }),
            Sought::Response(status, method, sent) => Pattern::Sip(Message {
                codes: vec![*status..=*status],
                method: Some((*method).into()),
                sent: *sent,
                ..Message::default()
            }),
        };
        let call = asked.call.map(|call| Arc::new(Which::of(CALLS[call])));
        Want::One(Member {
            agent: AGENTS[asked.agent].into(),
            pattern,
            count: asked.count,
            conditional: false,
            again: false,
            call,
        })
    };
    match want {
        Wanted::One(asked) => one(asked),
        Wanted::All(first, second) => Want::All(vec![one(first), one(second)]),
        Wanted::Any(first, second) => Want::Any(vec![one(first), one(second)]),
    }
}

const METHODS: [&str; 4] = ["INVITE", "BYE", "MESSAGE", "REGISTER"];

fn agent() -> impl Strategy<Value = usize> {
    0..AGENTS.len()
}

fn names() -> impl Strategy<Value = &'static str> {
    const NAMES: [&str; 6] =
        ["CALL_INCOMING", "CALL_RINGING", "CALL_ESTABLISHED", "CALL_CLOSED", "CALL_DTMF_START", "REGISTER_OK"];
    proptest::sample::select(&NAMES[..])
}

fn methods() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(&METHODS[..])
}

fn statuses() -> impl Strategy<Value = u16> {
    proptest::sample::select(&[180, 200, 486][..])
}

/// Something that comes from outside.
fn happens() -> impl Strategy<Value = Step> {
    let call = 0..CALLS.len();
    prop_oneof![
        4 => (agent(), names(), proptest::option::weighted(0.9, call.clone()))
            .prop_map(|(agent, name, call)| Step::Event { agent, name, call }),
        2 => (agent(), any::<bool>(), methods(), call.clone(), 1..3_u8, any::<bool>()).prop_map(
            |(agent, out, method, call, cseq, within)| Step::Request { agent, out, method, call, cseq, within }
        ),
        2 => (agent(), any::<bool>(), statuses(), methods(), call, 1..3_u8).prop_map(
            |(agent, out, status, method, call, cseq)| Step::Response { agent, out, status, method, call, cseq }
        ),
    ]
}

fn asked(most: usize) -> impl Strategy<Value = Asked> {
    let pattern = prop_oneof![
        3 => names().prop_map(Sought::Event),
        1 => (methods(), any::<bool>()).prop_map(|(method, sent)| Sought::Request(method, sent)),
        1 => (statuses(), methods(), any::<bool>())
            .prop_map(|(status, method, sent)| Sought::Response(status, method, sent)),
    ];
    let count = proptest::option::weighted(0.3, 1..=most).prop_map(move |count| count.filter(|_| most > 1));
    let call = proptest::option::weighted(0.25, 0..CALLS.len());
    (agent(), pattern, count, call).prop_map(|(agent, pattern, count, call)| Asked { agent, pattern, count, call })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let commands: &'static [&'static str] = &["dial", "accept", "hangup", "hold", "message", "uareg"];
    let command =
        (agent(), proptest::sample::select(commands), agent(), proptest::option::weighted(0.3, 0..CALLS.len()));
    let command = command.prop_map(|(agent, word, to, call)| {
        let to = Some(to).filter(|_| matches!(word, "dial" | "message"));
        let call = call.filter(|_| matches!(word, "accept" | "hangup" | "hold"));
        Step::Command { agent, word, to, call }
    });
    let want = prop_oneof![
        4 => asked(3).prop_map(Wanted::One),
        1 => (asked(1), asked(1)).prop_map(|(one, two)| Wanted::All(one, two)),
        1 => (asked(3), asked(3)).prop_map(|(one, two)| Wanted::Any(one, two)),
    ];
    let waits = (want, proptest::collection::vec(happens(), 0..4))
        .prop_map(|(want, meanwhile)| Step::Await { want, meanwhile });
    let step = prop_oneof![
        8 => happens(),
        3 => command,
        1 => Just(Step::Sleep),
        1 => agent().prop_map(|agent| Step::Answer { agent }),
        4 => waits,
    ];
    proptest::collection::vec(step, 1..40)
}

/// As many histories as the variable says, which proptest itself reads.
fn histories() -> ProptestConfig {
    const WITHOUT: u32 = 256;
    let given = ProptestConfig::default();
    let cases = if given.cases == WITHOUT { HISTORIES } else { given.cases };
    ProptestConfig { cases, ..given }
}

proptest! {
    #![proptest_config(histories())]

    #[test]
    fn awaits_take_what_the_rule_says(steps in steps()) {
        let (log, marks, reference) = (Log::new(Clock::manual(1000.0)), Marks::default(), Reference::default());
        let mut both = Both { log, marks, reference };
        for step in &steps {
            if let Step::Await { want, meanwhile } = step {
                both.wait(want, meanwhile).map_err(TestCaseError::fail)?;
            } else {
                both.step(step);
            }
        }
    }
}
