//! The rules of judging.

use super::hash::Asked;
use super::{Reason, Status, Verdict};
use crate::event::{At, Body, Command, Ended, Event, How, Note};
use crate::flow::Flow;
use crate::record::Record;
use std::collections::BTreeMap;

/// Judges a run by its record. `flow` is that of the record, `baseline` the text of an earlier flow of the test: that
/// kept beside it, else that of the last kept run.
///
/// How the script ended decides first, then agents that were lost, validations, failed checks, refused commands where
/// the test is strict, and at last the hash, if the script came to its end.
pub fn judge(record: &Record, flow: &Flow, baseline: Option<&str>) -> Verdict {
    let run = Run::of(record);
    let asked = Asked::of(record);
    let mut found: Vec<(Status, Reason)> = vec![];
    match run.ended {
        Some(ended) => found.extend(status_of(ended.how).map(|status| (status, reason_of(ended)))),
        None => found.push((Status::Error, not_ended(record))),
    }
    // the one that ended the run with an error has told of it
    if !found.iter().any(|(status, _)| *status == Status::Error) {
        found.extend(run.lost.iter().map(|reason| (Status::Error, reason.clone())));
    }
    found.extend(run.validations().map(|reason| (Status::Error, reason)));
    found.extend(run.failed_checks.iter().map(|reason| (Status::Fail, reason.clone())));
    let (refused, warnings) = match run.strict {
        true => (run.refused, run.warnings),
        false => (vec![], [run.warnings, run.refused].concat()),
    };
    if !found.iter().any(|(status, _)| *status == Status::Fail) {
        found.extend(refused.into_iter().map(|reason| (Status::Fail, reason)));
    }
    let came_to_its_end = run.ended.is_some_and(|ended| ended.how == How::Finished) && run.lost.is_empty();
    if came_to_its_end && let Some(asked) = &asked {
        found.extend(asked.compare(record, flow, baseline).map(|reason| (Status::Fail, reason)));
    }
    // stable: reasons of one weight stay in the order of the rules
    found.sort_by_key(|(status, _)| std::cmp::Reverse(weight(*status)));
    Verdict {
        status: found.first().map_or(Status::Pass, |(status, _)| *status),
        reasons: found.into_iter().map(|(_, reason)| reason).collect(),
        hash: flow.hash(),
        expected: asked.and_then(|asked| asked.hash()),
        warnings: counted(warnings),
        findings: vec![],
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

fn not_ended(record: &Record) -> Reason {
    let last = record.events.last().map_or(0, |event| event.n);
    Reason::new(format!("the run's record has no end; it breaks off after event {last}"))
        .advice("the host was killed, or the disk was full: run the test again")
}

/// What a record holds that matters for the verdict.
struct Run<'a> {
    ended: Option<&'a Ended>,
    lost: Vec<Reason>,
    failed_checks: Vec<Reason>,
    /// Commands that an agent answered with `ok:false`.
    refused: Vec<Reason>,
    warnings: Vec<Reason>,
    /// The files of `include`, and where.
    includes: Vec<(String, Option<At>)>,
    strict: bool,
}

impl<'a> Run<'a> {
    fn of(record: &'a Record) -> Run<'a> {
        let mut run = Run {
            ended: None,
            lost: vec![],
            failed_checks: vec![],
            refused: vec![],
            warnings: vec![],
            includes: vec![],
            strict: false,
        };
        let mut commands: BTreeMap<u64, &Command> = BTreeMap::new();
        // the line that was being carried out
        let mut at: Option<&At> = None;
        let mut steps_done = false;
        for event in &record.events {
            match &event.body {
                Body::Command(command) => {
                    at = command.at.as_ref().or(at);
                    commands.insert(event.n, command);
                }
                Body::Response(response) if !response.ok && !steps_done => {
                    let command = commands.get(&response.to);
                    run.refused.push(refused(event, command.copied(), &response.data));
                }
                Body::Note(Note::StepsDone) => steps_done = true,
                Body::Note(note) => run.note(note, event, at, steps_done),
                _ => {}
            }
        }
        run
    }

    fn note(&mut self, note: &'a Note, event: &Event, running: Option<&At>, steps_done: bool) {
        match note {
            Note::Ended(ended) => self.ended = Some(self.ended.unwrap_or(ended)),
            Note::AgentLost { status } => {
                let agent = event.agent.as_deref().unwrap_or("an agent");
                let reason = Reason::new(format!("{agent} went away by itself: {status}"));
                match steps_done {
                    true => self.warnings.push(reason),
                    false => self
                        .lost
                        .push(reason.at(running.cloned()).advice("its last log lines are in the run's events.jsonl")),
                }
            }
            Note::CheckFailed { message, at } => self.failed_checks.push(Reason::new(message).at(at.clone())),
            Note::Warning { message, at } => self.warnings.push(Reason::new(message).at(at.clone())),
            Note::Directive { name, values, at } if name == "include" => {
                self.includes.extend(values.iter().map(|file| (file.clone(), at.clone())));
            }
            Note::Directive { name, .. } if name == "strict" => self.strict = true,
            _ => {}
        }
    }

    /// Until validations are there, a test that asks for one must not pass in silence.
    fn validations(&self) -> impl Iterator<Item = Reason> {
        self.includes.iter().map(|(file, at)| {
            Reason::new(format!("validations are not there yet: {file} was not run"))
                .at(at.clone())
                .advice("take the line out to judge the run by its flow alone")
        })
    }
}

fn refused(event: &Event, command: Option<&Command>, data: &str) -> Reason {
    let agent = event.agent.as_deref().unwrap_or("the agent");
    let what = command.map(|command| format!(" `{}`", command.text)).unwrap_or_default();
    let answer = data.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = if answer.is_empty() { String::new() } else { format!(": {answer}") };
    Reason::new(format!("{agent} refused{what}{said}")).at(command.and_then(|command| command.at.clone()))
}

/// Warnings that say the same of the same line, once.
fn counted(warnings: Vec<Reason>) -> Vec<Reason> {
    let mut counted: Vec<(Reason, usize)> = vec![];
    let mut places: BTreeMap<(String, Option<(u32, u32)>), usize> = BTreeMap::new();
    for warning in warnings {
        let key = (warning.message.clone(), warning.at.as_ref().map(|at| (at.line, at.column)));
        match places.get(&key) {
            Some(place) => counted[*place].1 += 1,
            None => {
                places.insert(key, counted.len());
                counted.push((warning, 1));
            }
        }
    }
    let told = |(warning, times): (Reason, usize)| match times {
        1 => warning,
        _ => Reason { message: format!("{} ({times} times)", warning.message), ..warning },
    };
    counted.into_iter().map(told).collect()
}
