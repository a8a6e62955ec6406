//! Which calls a verdict is about, and what each topic asks of one.

use super::Evidence;
use super::agent::{Agent, Given};
use super::dialog::Dialog;
use super::wording::short;
use crate::event::Time;
use crate::verdict::{Status, Verdict};
use std::ops::Range;
use std::sync::Arc;

/// Calls that are looked into.
const CASES: usize = 2;

/// What the verdict's reasons ask.
#[derive(Debug, Default)]
pub struct Question {
    /// The agents that they name, in that order.
    pub agents: Vec<Arc<str>>,
    /// What was awaited and did not come, in words: `CALL_ESTABLISHED at alice`.
    pub awaited: Option<String>,
    /// The call where the flow differs: its number, and whether the agent began it, if known.
    call: Option<(usize, Option<bool>)>,
    /// The script itself is wrong: nothing that happened explains it.
    of_the_script: bool,
}

impl Question {
    pub fn of(evidence: &Evidence, verdict: &Verdict) -> Question {
        let mut question = Question::default();
        for reason in &verdict.reasons {
            let mut named: Vec<(usize, &Arc<str>)> =
                evidence.agents.keys().filter_map(|name| Some((naming(&reason.message, name)?, name))).collect();
            named.sort();
            for (_, name) in named {
                if !question.agents.contains(name) {
                    question.agents.push(name.clone());
                }
            }
        }
        let first = verdict.reasons.first().map(|reason| reason.message.as_str()).unwrap_or_default();
        let awaited = first
            .strip_prefix("no ")
            .and_then(|rest| rest.split_once(", and it can't come any more").or_else(|| rest.rsplit_once(" within ")));
        question.awaited = awaited.map(|(what, _)| what.to_string());
        question.call = first.split_once(", call ").and_then(|(_, rest)| {
            let (number, rest) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
            let outgoing = rest.starts_with(", outgoing").then_some(true);
            Some((number.parse().ok()?, outgoing.or(rest.starts_with(", incoming").then_some(false))))
        });
        question.of_the_script = verdict.status == Status::Error && question.agents.is_empty();
        question
    }

    /// Whether the reasons say which agent they are about.
    pub fn is_named(&self) -> bool {
        !self.agents.is_empty()
    }

    pub fn awaits(&self, word: &str) -> bool {
        self.awaited.as_ref().is_some_and(|awaited| awaited.contains(word))
    }

    /// The calls in question, at most [`CASES`]: each once, seen from the agent that the reasons name.
    pub fn cases<'a>(&self, evidence: &'a Evidence) -> Vec<Case<'a>> {
        if self.of_the_script {
            return vec![];
        }
        let mut cases: Vec<Case<'a>> = vec![];
        for name in &self.agents {
            let Some((name, agent)) = evidence.agents.get_key_value(name) else { continue };
            let own = self.dialog(agent);
            // what should have come in is asked of who sent it
            let awaits_incoming = ["CALL_INCOMING", "INVITE", "MESSAGE"].iter().any(|word| self.awaits(word));
            let missed = self.methods().into_iter().find_map(|method| evidence.missed(name, agent, method));
            cases.extend(missed.filter(|_| own.is_none() || awaits_incoming));
            cases.extend(own.map(|dialog| Case { evidence, name, agent, dialog }));
        }
        if self.agents.is_empty() {
            let last = |(name, agent): (&'a Arc<str>, &'a Agent)| {
                agent.last("INVITE").map(|dialog| Case { evidence, name, agent, dialog })
            };
            cases.extend(evidence.agents.iter().filter_map(last));
            // who calls tells more than who is called
            cases.sort_by_key(|case| !case.dialog.outgoing);
        }
        let mut seen: Vec<&str> = vec![];
        cases.retain(|case| {
            let new = !seen.contains(&case.dialog.call_id.as_str());
            seen.push(&case.dialog.call_id);
            new
        });
        cases.truncate(CASES);
        cases
    }

    /// The agent's dialog in question: that of the flow's difference, else the last of its kind.
    fn dialog<'a>(&self, agent: &'a Agent) -> Option<&'a Dialog> {
        match self.call {
            // the flow may count otherwise: it leaves out calls of which nothing counts
            Some((number, outgoing)) => agent
                .dialogs
                .iter()
                .find(|dialog| dialog.number == number && outgoing.is_none_or(|outgoing| outgoing == dialog.outgoing)),
            // the call explains what was to come beside it, too
            None => self.methods().into_iter().chain(["INVITE"]).find_map(|method| agent.last(method)),
        }
    }

    /// The kinds of dialogs that are asked for, by their first requests.
    fn methods(&self) -> Vec<&'static str> {
        let named = |method: &&str| self.awaits(method);
        let named: Vec<&str> = ["MESSAGE", "REGISTER", "OPTIONS", "SUBSCRIBE"].into_iter().filter(named).collect();
        let of_calls = self.awaits("CALL_") || self.awaits("INVITE") || named.is_empty();
        of_calls.then_some("INVITE").into_iter().chain(named).collect()
    }
}

/// Where a message names an agent: `… at alice`, "agent `alice`", `alice answered`, `(alice, call 1)`.
fn naming(message: &str, name: &str) -> Option<usize> {
    let begins = |start: usize| {
        let before = &message[..start];
        before.is_empty() || ["at ", "agent `", "("].iter().any(|end| before.ends_with(end))
    };
    let ends =
        |end: usize| !message[end..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@' | '.'));
    let found = message.match_indices(name).find(|(start, _)| begins(*start) && ends(start + name.len()));
    found.map(|(start, _)| start).filter(|_| !name.is_empty())
}

impl Evidence {
    /// The last dialog of that kind that another agent began and that never came to this one, if it is younger than this one's last.
    fn missed<'a>(&'a self, name: &str, agent: &Agent, method: &str) -> Option<Case<'a>> {
        let last = agent.last(method).map_or(Time::EPOCH, |dialog| dialog.request.time);
        let others = self.agents.iter().filter(|(other, _)| &***other != name);
        let begun = others.filter_map(|(name, other)| {
            let dialog = other.last(method).filter(|dialog| dialog.outgoing && dialog.request.time >= last)?;
            Some(Case { evidence: self, name, agent: other, dialog })
        });
        let missed = begun.filter(|case| agent.of_call_id(&case.dialog.call_id).is_none());
        missed.max_by(|one, two| one.dialog.request.time.total_cmp(&two.dialog.request.time))
    }
}

/// A dialog of an agent, with all that is known around it.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    pub evidence: &'a Evidence,
    pub name: &'a Arc<str>,
    pub agent: &'a Agent,
    pub dialog: &'a Dialog,
}

impl<'a> Case<'a> {
    /// `alice's call to bob`, `alice's registration`.
    pub fn title(&self) -> String {
        let name = short(self.name);
        let method = self.dialog.method.as_str();
        match (method, self.dialog.outgoing) {
            ("REGISTER", _) => format!("{name}'s registration"),
            ("INVITE", true) => format!("{name}'s call to {}", self.peer()),
            ("INVITE", false) => format!("{}'s call to {name}", self.peer()),
            (_, true) => format!("{name}'s {method} to {}", self.peer()),
            (_, false) => format!("{}'s {method} to {name}", self.peer()),
        }
    }

    pub fn peer(&self) -> String {
        self.evidence.names.of_uri(&self.dialog.peer)
    }

    pub fn who(&self, address: &str) -> String {
        self.evidence.names.of_address(address)
    }

    /// An agent that has the same dialog, as both may be of the run.
    pub fn other_side(&self) -> Option<(&'a Arc<str>, &'a Agent, &'a Dialog)> {
        let others = self.evidence.agents.iter().filter(|(name, _)| *name != self.name);
        let mut same = others.filter_map(|(name, agent)| Some((name, agent, agent.of_call_id(&self.dialog.call_id)?)));
        same.find(|(_, _, dialog)| dialog.outgoing != self.dialog.outgoing)
    }

    /// The last command of an agent in that time that begins with one of the words, and where the
    /// test gives it.
    pub fn command(&self, agent: &str, words: &[&str], time: Range<Time>) -> Option<String> {
        let given = |given: &&Given| {
            (time.contains(&given.time) || given.time == time.end)
                && given.at.is_some()
                && words.iter().any(|word| given.text.starts_with(word))
        };
        let given = self.evidence.agents.get(agent)?.commands.iter().rev().find(given)?;
        let at = given.at.as_ref()?;
        Some(format!("{} was told to: `{}` at {}:{}", short(agent), short(&given.text), at.source, at.line))
    }
}
