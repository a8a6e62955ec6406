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
    }
}

fn weight(status: Status) -> u8 {
    match status {
        Status::Pass => 0,
        Status::Fail => 1,
        Status::Error => 2,
        Status::Cancelled => 3,
    }
}

fn status_of(how: How) -> Option<Status> {
    match how {
        How::Finished => None,
        How::Failed => Some(Status::Fail),
        How::Error => Some(Status::Error),
        How::Cancelled => Some(Status::Cancelled),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{AgentEvent, Response};
    use crate::record::Header;

    fn at(line: u32) -> Option<At> {
        Some(At { source: "basic_call".into(), line, column: 1 })
    }

    fn note(note: Note) -> (&'static str, Body) {
        ("", Body::Note(note))
    }

    fn directive(name: &str, value: &str) -> (&'static str, Body) {
        note(Note::Directive { name: name.into(), values: vec![value.into()], at: at(1) })
    }

    fn ended(ended: Ended) -> (&'static str, Body) {
        note(Note::Ended(ended))
    }

    fn ringing() -> (&'static str, Body) {
        let event = AgentEvent { name: "CALL_RINGING".into(), call: Some("1".into()), ..AgentEvent::default() };
        ("alice", Body::Event(event))
    }

    fn hold(line: u32) -> (&'static str, Body) {
        ("alice", Body::Command(Command { text: "hold".into(), at: at(line) }))
    }

    fn refusal(to: u64) -> (&'static str, Body) {
        ("alice", Body::Response(Response { ok: false, data: "command not found (hold)\n".into(), to }))
    }

    fn record(file: &str, bodies: Vec<(&str, Body)>) -> Record {
        let event = |(n, (agent, body)): (usize, (&str, Body))| {
            let agent = (!agent.is_empty()).then(|| agent.into());
            Event { n: n as u64, time: 0.0, agent, body }
        };
        let events = bodies.into_iter().enumerate().map(event).collect();
        Record { header: Header::new("id", "basic_call", file, 0.0, "baresip 4.12.0"), events, torn: None }
    }

    fn judged_by(bodies: Vec<(&str, Body)>, baseline: Option<&str>) -> Verdict {
        let record = record("basic_call", bodies);
        judge(&record, &Flow::of(&record.events), baseline)
    }

    fn judged(bodies: Vec<(&str, Body)>) -> Verdict {
        judged_by(bodies, None)
    }

    /// The hash of `ringing()` alone.
    fn hash() -> String {
        judged(vec![ringing()]).hash
    }

    #[test]
    fn a_run_to_the_end_passes_with_or_without_a_hash() {
        let verdict = judged(vec![ringing(), ended(Ended::finished())]);
        assert_eq!((verdict.status, verdict.reasons.len(), verdict.expected), (Status::Pass, 0, None));
        assert_eq!(judged(vec![directive("hash", " "), ringing(), ended(Ended::finished())]).status, Status::Pass);
        let upper = hash().to_uppercase();
        let verdict = judged(vec![directive("hash", &upper), ringing(), ended(Ended::finished())]);
        assert_eq!((verdict.status, verdict.expected), (Status::Pass, Some(hash())));
    }

    #[test]
    fn a_placeholder_fails_with_the_hash_to_put_there() {
        let verdict = judged(vec![directive("hash", "Actual_hash"), ringing(), ended(Ended::finished())]);
        assert_eq!(verdict.status, Status::Fail);
        assert_eq!(verdict.reasons[0].message, "`Actual_hash` is not a hash, which has 16 hex digits");
        assert!(verdict.reasons[0].advice.as_ref().unwrap().contains(&format!("`_hash {}`", hash())));
        assert_eq!(verdict.reasons[0].at, at(1));
    }

    #[test]
    fn another_hash_fails_with_the_difference() {
        let run = || vec![directive("hash", "0123456789abcdef"), ringing(), ended(Ended::finished())];
        let baseline = "alice\n  call 1\n    CALL_RINGING\n    CALL_ESTABLISHED\n";
        let verdict = judged_by(run(), Some(baseline));
        assert_eq!(verdict.status, Status::Fail);
        let reason = &verdict.reasons[0];
        let message = "the flow is not the expected one: `CALL_ESTABLISHED` is missing (alice, call 1)";
        assert_eq!(reason.message, message);
        assert_eq!(reason.diff.as_deref(), Some("  alice\n    call 1\n      CALL_RINGING\n-     CALL_ESTABLISHED\n"));
        assert_eq!(reason.details, [format!("expected 0123456789abcdef, came {}", hash())]);
        let reason = &judged(run()).reasons[0];
        assert_eq!(reason.diff, None);
        assert!(reason.details[1].contains("Go telefonist"), "{:?}", reason.details);
        assert_eq!(reason.details.last().unwrap(), "      CALL_RINGING");
    }

    #[test]
    fn a_rhai_test_is_told_in_its_own_language() {
        let record = record("basic.rhai", vec![directive("hash", "x"), ended(Ended::finished())]);
        let verdict = judge(&record, &Flow::of(&record.events), None);
        assert!(verdict.reasons[0].advice.as_ref().unwrap().contains("`hash(\"e3b0c44298fc1c14\");`"));
    }

    #[test]
    fn how_the_script_ended_comes_first() {
        let lost = || ("bob", Body::Note(Note::AgentLost { status: "signal 9".into() }));
        let check = || note(Note::CheckFailed { message: "too slow".into(), at: at(4) });
        let cancelled = Ended { how: How::Cancelled, ..Ended::finished() };
        let verdict = judged(vec![hold(3), lost(), check(), ended(cancelled)]);
        assert_eq!(verdict.status, Status::Cancelled);
        let messages: Vec<_> = verdict.reasons.iter().map(|reason| reason.message.as_str()).collect();
        assert_eq!(messages, ["the run was cancelled", "bob went away by itself: signal 9", "too slow"]);
        assert_eq!(verdict.reasons[1].at, at(3));

        let verdict = judged(vec![lost(), ended(Ended::error("bob is gone"))]);
        assert_eq!((verdict.status, verdict.reasons.len()), (Status::Error, 1));
        assert_eq!(judged(vec![lost(), ended(Ended::failed("no answer"))]).status, Status::Error);
        assert_eq!(judged(vec![check(), ended(Ended::finished())]).status, Status::Fail);
        let verdict = judged(vec![directive("hash", "0123456789abcdef"), ended(Ended::failed("no answer"))]);
        assert_eq!((verdict.status, verdict.reasons.len()), (Status::Fail, 1));
        assert_eq!(judged(vec![ringing()]).status, Status::Error);
    }

    #[test]
    fn an_agent_that_goes_after_the_last_step_is_a_warning() {
        let lost = ("bob", Body::Note(Note::AgentLost { status: "signal 6".into() }));
        let verdict = judged(vec![note(Note::StepsDone), lost, ended(Ended::finished())]);
        assert_eq!((verdict.status, verdict.warnings.len()), (Status::Pass, 1));
    }

    #[test]
    fn a_validation_is_an_error_until_there_are_some() {
        let verdict = judged(vec![directive("include", "check.js"), ended(Ended::finished())]);
        assert_eq!(verdict.status, Status::Error);
        assert_eq!(verdict.reasons[0].message, "validations are not there yet: check.js was not run");
    }

    #[test]
    fn refused_commands_warn_and_fail_a_strict_test() {
        let run = || vec![hold(3), refusal(0), hold(3), refusal(2), hold(5), refusal(4), ended(Ended::finished())];
        let verdict = judged(run());
        assert_eq!(verdict.status, Status::Pass);
        let warnings: Vec<_> = verdict.warnings.iter().map(|warning| (warning.message.as_str(), &warning.at)).collect();
        let said = "alice refused `hold`: command not found (hold)";
        assert_eq!(warnings, [(format!("{said} (2 times)").as_str(), &at(3)), (said, &at(5))]);
        let strict =
            judged([vec![directive("strict", "")], vec![hold(3), refusal(1), ended(Ended::finished())]].concat());
        assert_eq!((strict.status, strict.warnings.len()), (Status::Fail, 0));
        // the host's own commands at the end say nothing of the test
        let late = judged(vec![note(Note::StepsDone), hold(3), refusal(1), ended(Ended::finished())]);
        assert_eq!(late.warnings, []);
    }

    #[test]
    fn a_verdict_survives_its_json() {
        let verdict = judged(vec![hold(3), refusal(0), ended(Ended::failed("no answer"))]);
        assert_eq!(Verdict::from_json(&verdict.to_json()).unwrap(), verdict);
        let newer = verdict.to_json().replace("\"version\": 1", "\"version\": 2");
        assert!(Verdict::from_json(&newer).unwrap_err().message.contains("version 2"));
        assert!(Verdict::from_json("{}").is_err());
        assert!(
            verdict
                .to_json()
                .starts_with("{\n  \"format\": \"telefonist-verdict\",\n  \"version\": 1,\n  \"status\": \"fail\"")
        );
    }
}
