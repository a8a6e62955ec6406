//! What awaits take, against a reference: random histories of calls, requests, commands and waits of several agents.
//!
//! `PROPTEST_CASES` says how many histories are tried.

use super::reference::{AGENTS, Asked, CALLS, Reference, Sought, Wanted, takes};
use crate::engine::rules::marks::Marks;
use crate::engine::rules::matching::{FoundEvents, Member, Want, Which};
use crate::engine::rules::pattern::{MessagePattern, Pattern};
use crate::engine::rules::taking::Taking;
use crate::event::{AgentEvent, Body, Clock, Event, Log, Response, SipEvent, Time};
use proptest::prelude::*;
use std::collections::HashSet;
use std::sync::Arc;

const HISTORIES: u32 = 10_000;

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
        let taken: Vec<u64> = found.iter().flat_map(FoundEvents::events).map(|event| event.n).collect();
        self.reference.known = taken.iter().map(|n| n + 1).chain([self.reference.known]).max().unwrap_or(0);
        self.reference.taken.extend(taken);
        Ok(())
    }

    fn compare(&self, want: &Wanted, begun: u64, end: u64, found: Option<&FoundEvents>) -> Result<(), String> {
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
            Sought::Request(method, sent) => {
                Pattern::Sip(MessagePattern { sent: *sent, ..MessagePattern::request(method) })
            }
            Sought::Response(status, method, sent) => Pattern::Sip(MessagePattern {
                codes: vec![*status..=*status],
                method: Some((*method).into()),
                sent: *sent,
                ..MessagePattern::default()
            }),
        };
        let call = asked.call.map(|call| Arc::new(Which::from_id(CALLS[call])));
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
        let (log, marks, reference) = (Log::new(Clock::manual(Time(1000.0))), Marks::default(), Reference::default());
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
