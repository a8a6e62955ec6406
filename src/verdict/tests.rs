//! Records and their verdicts.

use super::*;
use crate::event::{AgentEvent, Body, Command, Ended, Event, How, Note, Response, Time};
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

fn judged_in(file: &str, bodies: Vec<(&str, Body)>, baseline: Option<&str>) -> Judged {
    let event = |(n, (agent, body)): (usize, (&str, Body))| {
        let agent = (!agent.is_empty()).then(|| agent.into());
        Event { n: n as u64, time: Time(0.0), agent, body }
    };
    let events: Vec<Event> = bodies.into_iter().enumerate().map(event).collect();
    let header = Header::new("id", "basic_call", file, Time(0.0), "baresip 4.12.0");
    judge(&header, &events[..], baseline).unwrap()
}

fn judged_by(bodies: Vec<(&str, Body)>, baseline: Option<&str>) -> Verdict {
    judged_in("basic_call", bodies, baseline).verdict
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
    let Judged { verdict, .. } = judged_in("basic.rhai", vec![directive("hash", "x"), ended(Ended::finished())], None);
    assert!(verdict.reasons[0].advice.as_ref().unwrap().contains("`hash(\"e3b0c44298fc1c14\");`"));
}

#[test]
fn how_the_script_ended_comes_first() {
    let check = || note(Note::CheckFailed { message: "too slow".into(), at: at(4) });
    let cancelled = Ended { how: How::Cancelled, ..Ended::finished() };
    let verdict = judged(vec![hold(3), check(), ended(cancelled)]);
    assert_eq!(verdict.status, Status::Cancelled);
    let messages: Vec<_> = verdict.reasons.iter().map(|reason| reason.message.as_str()).collect();
    assert_eq!(messages, ["the run was cancelled", "too slow"]);

    assert_eq!(judged(vec![check(), ended(Ended::finished())]).status, Status::Fail);
    let verdict = judged(vec![directive("hash", "0123456789abcdef"), ended(Ended::failed("no answer"))]);
    assert_eq!((verdict.status, verdict.reasons.len()), (Status::Fail, 1));
    assert_eq!(judged(vec![ringing()]).status, Status::Error);
}

#[test]
fn an_agent_that_is_lost_without_ending_the_test_is_a_warning() {
    let lost = || ("bob", Body::Note(Note::AgentLost { status: "signal 6".into() }));
    let warning = "bob went away by itself: signal 6";
    let verdict = |events: Vec<(&'static str, Body)>| {
        let verdict = judged(events);
        assert_eq!(verdict.warnings.iter().map(|warning| warning.message.as_str()).collect::<Vec<_>>(), [warning]);
        verdict
    };
    let caught = verdict(vec![hold(3), lost(), ended(Ended::finished())]);
    assert_eq!((caught.status, &caught.warnings[0].at), (Status::Pass, &at(3)));
    assert_eq!(verdict(vec![note(Note::StepsDone), lost(), ended(Ended::finished())]).status, Status::Pass);
    assert_eq!(verdict(vec![lost(), ended(Ended::failed("no answer"))]).status, Status::Fail);
    assert_eq!(verdict(vec![lost(), ended(Ended::error("no port"))]).status, Status::Error);
    let ends = judged(vec![lost(), ended(Ended::lost("bob", "signal 6"))]);
    assert_eq!((ends.status, ends.reasons.len(), ends.warnings.len()), (Status::Error, 1, 0));
}

#[test]
fn the_outcomes_of_validations_count_once_the_script_has_come_to_its_end() {
    let include = || directive("include", "check.js");
    let found = |file: &str, ended: Ended| note(Note::Validated { file: file.into(), ended });
    let over = || [note(Note::StepsDone), ended(Ended::finished())];
    let with =
        |outcomes: Vec<(&'static str, Body)>| judged([vec![include(), include()], over().into(), outcomes].concat());
    let failed = Ended { at: at(2), ..Ended::failed("too slow") };
    let cancelled = Ended { how: How::Cancelled, ..Ended::finished() };
    for (outcome, status, reasons) in [
        (Ended::finished(), Status::Pass, &[][..]),
        (failed.clone(), Status::Fail, &["too slow"]),
        (Ended::error("TypeError"), Status::Error, &["TypeError"]),
        (cancelled, Status::Cancelled, &["the run was cancelled"]),
    ] {
        let verdict = with(vec![found("check.js", outcome)]);
        let messages: Vec<_> = verdict.reasons.iter().map(|reason| reason.message.as_str()).collect();
        assert_eq!((verdict.status, &messages[..]), (status, reasons));
    }
    assert_eq!(with(vec![found("check.js", failed.clone())]).reasons[0].at, at(2));
    // nobody may think that it passed: the host was killed before it, or only another one was carried out
    for outcomes in [vec![], vec![found("other.js", Ended::finished())]] {
        let verdict = with(outcomes);
        assert_eq!((verdict.status, verdict.reasons.len()), (Status::Error, 1));
        assert_eq!(verdict.reasons[0].message, "the validation check.js was not carried out");
    }
    // one on the way is not the one at the end
    let verdict = judged([vec![include(), found("check.js", Ended::finished())], over().into()].concat());
    assert_eq!(verdict.status, Status::Error);
    // a test that fails by itself is not validated
    let verdict = judged(vec![include(), note(Note::StepsDone), ended(Ended::failed("no answer"))]);
    assert_eq!((verdict.status, verdict.reasons.len()), (Status::Fail, 1));
}

#[test]
fn refused_commands_warn_and_fail_a_strict_test() {
    let run = || vec![hold(3), refusal(0), hold(3), refusal(2), hold(5), refusal(4), ended(Ended::finished())];
    let verdict = judged(run());
    assert_eq!(verdict.status, Status::Pass);
    let warnings: Vec<_> = verdict.warnings.iter().map(|warning| (warning.message.as_str(), &warning.at)).collect();
    let said = "alice refused `hold`: there is no call for it";
    assert_eq!(warnings, [(format!("{said} (2 times)").as_str(), &at(3)), (said, &at(5))]);
    let strict = judged([vec![directive("strict", "")], vec![hold(3), refusal(1), ended(Ended::finished())]].concat());
    assert_eq!((strict.status, strict.warnings.len()), (Status::Fail, 0));
    // the host's own commands at the end say nothing of the test
    let late = judged(vec![note(Note::StepsDone), hold(3), refusal(1), ended(Ended::finished())]);
    assert_eq!(late.warnings, []);
}

#[test]
fn numbers_that_a_record_leaves_out_are_a_warning() {
    let event = |n, body| Event { n, time: Time(0.0), agent: None, body };
    let print = || Body::Note(Note::Print { text: "x".into() });
    let events = [event(0, print()), event(5, print()), event(6, Body::Note(Note::Ended(Ended::finished())))];
    let header = Header::new("id", "basic_call", "basic_call", Time(0.0), "baresip 4.12.0");
    let verdict = judge(&header, &events[..], None).unwrap().verdict;
    assert_eq!(verdict.status, Status::Pass);
    assert_eq!(verdict.warnings[0].message, "4 events are missing from the record, the first is number 1");
}

#[test]
fn only_a_hash_may_speak_against_a_sound_run() {
    let sound = |bodies| judged_in("basic_call", bodies, None).sound;
    assert!(sound(vec![directive("hash", "0123456789abcdef"), ringing(), ended(Ended::finished())]));
    assert!(!sound(vec![ringing(), ended(Ended::failed("no answer"))]));
    assert!(!sound(vec![directive("strict", ""), hold(3), refusal(1), ended(Ended::finished())]));
}

#[test]
fn what_counts_may_be_told_late() {
    let late = |name| vec![ringing(), directive(name, "CALL_RINGING"), ended(Ended::finished())];
    assert_ne!(judged(late("accept")).hash, judged(late("ignore")).hash);
    assert_eq!(judged(late("accept")).hash, hash());
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
