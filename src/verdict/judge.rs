//! The rules of judging.

use super::counted::{Counted, Missing};
use super::hash::Asked;
use super::heard::{heard_lines, may_be_unheard};
use super::refused_command::refused_command;
use super::{Reason, Status, Verdict};
use crate::calls;
use crate::diagnostic::Diagnostic;
use crate::event::{At, Body, Command, Ended, Event, Events, How, Note, SipEvent};
use crate::flow::{self, Flow};
use crate::record::Header;
use std::collections::BTreeMap;

/// Bytes of a request (RFC 3261 section 18.1.1).
const LARGEST_OVER_UDP: usize = 1300;

/// What a run comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub verdict: Verdict,
    pub flow: Flow,
    /// Nothing but the hash that the test asks for, if anything, speaks against the flow.
    pub sound: bool,
    /// How often the test says that it is to be run.
    pub repetitions: u32,
    /// SIP went over TCP, TLS or WebSocket: a message may have found no way.
    pub over_connections: bool,
    /// One side of a call may have heard nothing for long.
    pub unheard: bool,
    /// That fails the test (`fail_on("audio")`).
    pub fails_unheard: bool,
}

/// Judges a run by its events. `baseline` is the text of the flow that the test should have, as far as one is known.
///
/// # Errors
/// The events can't be read.
pub fn judge(header: &Header, events: &(impl Events + ?Sized), baseline: Option<&str>) -> Result<Judged, Diagnostic> {
    let (mut facts, mut builder) = (Facts::default(), flow::Builder::default());
    events.each(&mut |event| {
        facts.event(event);
        builder.event(event);
    })?;
    let flow = match builder.finish() {
        Ok(flow) => flow,
        Err(mut again) => {
            events.each(&mut |event| again.event(event))?;
            again.finish().unwrap_or_default()
        }
    };
    let (sound, repetitions) = (facts.sound(), facts.repetitions.unwrap_or(1));
    let (over_connections, fails_unheard) = (facts.over_connections, facts.fails_unheard);
    let unheard = facts.calls.calls.iter().any(may_be_unheard);
    let verdict = facts.verdict(header, &flow, baseline);
    Ok(Judged { verdict, flow, sound, repetitions, over_connections, unheard, fails_unheard })
}

impl Judged {
    /// What a run comes to whose events can't be read.
    pub fn unreadable(problem: &Diagnostic) -> Judged {
        let reason = Reason { advice: problem.advice.clone(), ..Reason::new(&problem.message) };
        let flow = Flow::default();
        let verdict = Verdict {
            status: Status::Error,
            reasons: vec![reason],
            hash: flow.hash(),
            expected: None,
            warnings: vec![],
            findings: vec![],
            heard: vec![],
        };
        let (over_connections, unheard, fails_unheard) = (false, false, false);
        Judged { verdict, flow, sound: false, repetitions: 1, over_connections, unheard, fails_unheard }
    }

    /// Sides of calls heard nothing: a warning, or a failure where the test says so.
    pub fn heard_nothing(&mut self, reasons: Vec<Reason>) {
        match (self.fails_unheard, self.verdict.status) {
            (true, Status::Pass) => self.fails_by(reasons),
            (true, Status::Fail) => self.verdict.reasons.extend(reasons),
            _ => self.verdict.warnings.extend(reasons),
        }
    }

    /// What the record shows speaks against a run whose test found nothing.
    pub fn fails_by(&mut self, reasons: Vec<Reason>) {
        if !reasons.is_empty() {
            self.verdict.status = Status::Fail;
            self.verdict.reasons.extend(reasons);
            self.sound = false;
        }
    }
}

/// What a run's events hold that matters for the verdict. Takes them one by one.
#[derive(Debug, Default)]
struct Facts {
    /// The number of the last event.
    last: u64,
    ended: Option<Ended>,
    /// Agents that went away by themselves, and that.
    lost: Vec<(String, Reason)>,
    failed_checks: Counted,
    /// Commands that an agent answered with `ok:false`.
    refused: Counted,
    warnings: Counted,
    /// The files of `include`, and where.
    includes: Vec<(String, Option<At>)>,
    /// What each of them found at the run's end.
    validated: BTreeMap<String, Ended>,
    strict: bool,
    /// The last hash that the test asks for.
    asked: Option<Asked>,
    /// The file lists hashes, and none for this test.
    unlisted: Option<Option<At>>,
    repetitions: Option<u32>,
    /// Commands without an answer yet.
    commands: BTreeMap<u64, Command>,
    /// The line that was being carried out.
    at: Option<At>,
    steps_done: bool,
    /// A large request was reported.
    large: bool,
    missing: Missing,
    over_connections: bool,
    calls: calls::Builder,
    /// `fail_on("audio")`
    fails_unheard: bool,
}

impl Facts {
    fn event(&mut self, event: &Event) {
        self.calls.event(event);
        self.last = event.n;
        self.missing.number(event.n);
        match &event.body {
            Body::Command(command) => {
                if command.at.is_some() {
                    self.at.clone_from(&command.at);
                }
                self.commands.insert(event.n, command.clone());
            }
            Body::Response(response) => {
                let command = self.commands.remove(&response.to);
                if !response.ok && !self.steps_done {
                    self.refused.add(refused_command(event, command.as_ref(), &response.data));
                }
            }
            Body::Note(note) => self.note(note, event),
            Body::Sip(message) => {
                self.over_connections |= message.transport != "UDP";
                self.size(event, message);
            }
            _ => {}
        }
    }

    /// Warns once of a request that is too large for UDP.
    fn size(&mut self, event: &Event, message: &SipEvent) {
        let SipEvent { direction, transport, status, method, param, .. } = message;
        let is_ours = direction == "OUT" && transport == "UDP" && status.is_none();
        if self.large || !is_ours || param.len() <= LARGEST_OVER_UDP {
            return;
        }
        self.large = true;
        let agent = event.agent.as_deref().unwrap_or("an agent");
        let told = format!(
            "{agent} sent {method} with {} bytes over UDP: above {LARGEST_OVER_UDP} it is to go over TCP (RFC 3261 section 18.1.1), \
             and on the way to another machine it may get lost",
            param.len()
        );
        self.warnings.add(Reason::new(told).advice("give the agent transport: \"tcp\""));
    }

    fn note(&mut self, note: &Note, event: &Event) {
        match note {
            Note::StepsDone => self.steps_done = true,
            Note::Ended(ended) => drop(self.ended.get_or_insert_with(|| ended.clone())),
            // what `validate(…)` finds on the way ends the script itself
            Note::Validated { file, ended } if self.steps_done => {
                self.validated.entry(file.clone()).or_insert_with(|| ended.clone());
            }
            Note::AgentLost { status } => {
                let agent = event.agent.as_deref().unwrap_or("an agent");
                let reason = Reason::new(format!("{agent} went away by itself: {status}"));
                let at = self.at.clone().filter(|_| !self.steps_done);
                let reason = reason.at(at).advice("its last log lines are in the run's events.jsonl");
                self.lost.push((agent.to_string(), reason));
            }
            Note::CheckFailed { message, at } => self.failed_checks.add(Reason::new(message).at(at.clone())),
            Note::Warning { message, at } => self.warnings.add(Reason::new(message).at(at.clone())),
            Note::Directive { name, values, at } => match name.as_str() {
                "include" => self.includes.extend(values.iter().map(|file| (file.clone(), at.clone()))),
                "strict" => self.strict = true,
                "fail_on" => self.fails_unheard |= values.iter().any(|value| value.eq_ignore_ascii_case("audio")),
                "hash" if values.is_empty() => self.unlisted = Some(at.clone()),
                "hash" => self.asked = Asked::of(values, at),
                "repeat" => {
                    let count = values.first().and_then(|count| count.parse().ok());
                    self.repetitions = count.or(self.repetitions);
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// What speaks against the run, without its flow: in the order of the rules.
    fn found(&self) -> Vec<(Status, Reason)> {
        let mut found: Vec<(Status, Reason)> = vec![];
        match &self.ended {
            Some(ended) => found.extend(status_of(ended.how).map(|status| (status, reason_of(ended)))),
            None => found.push((Status::Error, self.not_ended())),
        }
        // a test that fails by itself is not validated
        if self.ended.as_ref().is_some_and(|ended| ended.how == How::Finished) {
            found.extend(self.validations());
        }
        // the first of them may be why the script ended, too
        let new = |reason: &Reason| {
            !found.iter().any(|(_, known)| (&known.message, &known.at) == (&reason.message, &reason.at))
        };
        let checks: Vec<_> = self.failed_checks.told().filter(new).collect();
        found.extend(checks.into_iter().map(|reason| (Status::Fail, reason)));
        if self.strict && !found.iter().any(|(status, _)| *status == Status::Fail) {
            found.extend(self.refused.told().map(|reason| (Status::Fail, reason)));
        }
        found
    }

    fn sound(&self) -> bool {
        self.found().is_empty()
    }

    /// How the script ended decides first, then validations, failed checks, refused commands where
    /// the test is strict, and at last the hash, if the script came to its end.
    fn verdict(&self, header: &Header, flow: &Flow, baseline: Option<&str>) -> Verdict {
        let mut found = self.found();
        let finished = self.ended.as_ref().is_some_and(|ended| ended.how == How::Finished);
        if let (true, Some(asked)) = (finished, &self.asked) {
            found.extend(asked.compare(header, flow, baseline).map(|reason| (Status::Fail, reason)));
        }
        // stable: reasons of one weight stay in the order of the rules
        found.sort_by_key(|(status, _)| std::cmp::Reverse(weight(*status)));
        let mut warnings: Vec<Reason> = self.missing.told().into_iter().chain(self.warnings.told()).collect();
        if let (Some(at), None) = (&self.unlisted, &self.asked) {
            let unlisted = Reason::new("the hashes that stand here have none for this test: its flow is not judged");
            warnings.push(unlisted.at(at.clone()).advice("`telefonist run --update` writes it"));
        }
        if !self.strict {
            warnings.extend(self.refused.told());
        }
        warnings.extend(self.caught_losses());
        Verdict {
            status: found.first().map_or(Status::Pass, |(status, _)| *status),
            reasons: found.into_iter().map(|(_, reason)| reason).collect(),
            hash: flow.hash(),
            expected: self.asked.as_ref().and_then(Asked::hash),
            warnings,
            findings: vec![],
            heard: heard_lines(&self.calls.calls),
        }
    }

    /// Agents that were lost without ending the test: its script caught that, or had come to its end.
    fn caught_losses(&self) -> impl Iterator<Item = Reason> {
        let ended = self.ended.as_ref().map_or("", |ended| &ended.message);
        let caught =
            |(agent, _): &&(String, Reason)| !ended.starts_with(&format!("agent `{agent}` went away by itself"));
        self.lost.iter().filter(caught).map(|(_, reason)| reason.clone())
    }

    fn not_ended(&self) -> Reason {
        Reason::new(format!("the run's record has no end; it breaks off after event {}", self.last))
            .advice("the host was killed, or the disk was full: run the test again")
    }

    /// What the validations found. A test that asks for one that was not carried out must not pass in silence.
    fn validations(&self) -> Vec<(Status, Reason)> {
        let mut told: Vec<(Status, Reason)> = vec![];
        let mut asked: Vec<&str> = vec![];
        for (file, at) in &self.includes {
            if asked.contains(&file.as_str()) {
                continue;
            }
            asked.push(file);
            match self.validated.get(file) {
                Some(ended) => told.extend(status_of(ended.how).map(|status| (status, reason_of(ended)))),
                None => {
                    let reason = Reason::new(format!("the validation {file} was not carried out")).at(at.clone());
                    told.push((Status::Error, reason.advice("the run's record ends before it: run the test again")));
                }
            }
        }
        told
    }
}

fn weight(status: Status) -> u8 {
    match status {
        Status::Pass => 0,
        Status::Skipped => 1,
        Status::Fail => 2,
        Status::Error => 3,
        Status::Cancelled => 4,
    }
}

fn status_of(how: How) -> Option<Status> {
    match how {
        How::Finished => None,
        How::Failed => Some(Status::Fail),
        How::Error => Some(Status::Error),
        How::Cancelled => Some(Status::Cancelled),
        How::Skipped => Some(Status::Skipped),
    }
}

fn reason_of(ended: &Ended) -> Reason {
    let message = match (ended.message.as_str(), ended.how) {
        ("", How::Cancelled) => "the run was cancelled",
        ("", _) => "the run ended before its last step",
        (message, _) => message,
    };
    Reason {
        message: message.into(),
        at: ended.at.clone(),
        details: ended.details.clone(),
        diff: None,
        advice: ended.advice.clone(),
    }
}
