//! Results with one of everything that a report has to show, and hostile texts among them.

use std::time::Duration;
use telefonist::diagnostic::{Diagnostic, Place, Source};
use telefonist::event::{At, Time};
use telefonist::report::results::{Attempt, Results, TestResult};
use telefonist::verdict::{Finding, Reason, Status, Verdict};

fn at(source: &str, line: u32) -> Option<At> {
    Some(At { source: source.into(), line, column: 1 })
}

fn verdict(status: Status, reasons: Vec<Reason>) -> Verdict {
    Verdict {
        status,
        reasons,
        hash: "0123456789abcdef".into(),
        expected: None,
        warnings: vec![],
        findings: vec![],
        heard: vec![],
    }
}

fn attempt(n: u16, verdict: Verdict) -> Attempt {
    let run = format!("20261123-231105-call-{n:04x}");
    Attempt {
        started: Time(1_795_475_465_247.125 + f64::from(n) * 10_000.0),
        duration: Duration::from_micros(4_210_125),
        verdict,
        flow: "alice\n  call 1, outgoing, bob\n    CALL_RINGING\n".into(),
        folder: Some(format!("data/runs/{run}").into()),
        warnings: vec![],
        run,
    }
}

fn no_answer(file: &str) -> Reason {
    Reason {
        details: vec!["came instead at bob: CALL_INCOMING".into(), "nearest: CALL_ESTABLISHED at alice".into()],
        advice: Some("give it more time: `await … within 10s`".into()),
        ..Reason::new("no CALL_ESTABLISHED at bob within 5 s").at(at(file, 7))
    }
}

fn other_flow(file: &str) -> Reason {
    Reason {
        message: "the flow is not the expected one: `CALL_ESTABLISHED` is missing (bob, call 1)".into(),
        at: at(file, 1),
        details: vec!["expected fedcba9876543210, came 0123456789abcdef".into()],
        diff: Some("  bob\n    call 1\n-     CALL_ESTABLISHED\n+     CALL_CLOSED 486 Busy Here\n".into()),
        advice: Some("if this is what should happen now, write `_hash 0123456789abcdef` there".into()),
    }
}

fn exchange() -> Finding {
    let lines =
        ["+1.021 INVITE alice -> bob", "+1.034 486 Busy Here bob -> alice", "Reason: Q.850;cause=17: user busy"];
    Finding { about: "the last SIP exchange of alice's call 1".into(), lines: lines.map(String::from).to_vec() }
}

fn failed(file: &str) -> Verdict {
    Verdict {
        expected: Some("fedcba9876543210".into()),
        findings: vec![exchange()],
        warnings: vec![Reason::new("bob refused `hold`: not now").at(at(file, 9))],
        ..verdict(Status::Fail, vec![other_flow(file)])
    }
}

/// What an agent, a peer or the name of a file may hold: markup, workflow commands, TAP, a secret, control characters.
fn hostile() -> TestResult {
    let text =
        "</failure>]]>&amp;<script>\u{1b}[31m\u{0}\u{7}\u{9b}\u{202e}\u{ffff} ::error::x%0A # SKIP \\ \"'\u{1F600}";
    let reason = Reason {
        message: format!("bob: {text};auth_pass=hush"),
        at: at("a,b:c#d", 3),
        details: vec![text.into(), "...".into(), "---".into(), "ok 1 - x".into(), " ".into(), String::new()],
        diff: Some(format!("- {text}\n+ \r{text}\n")),
        advice: Some(text.into()),
    };
    let finding = Finding { about: "ok:".into(), lines: vec![text.into(), "auth_pass=hush".into()] };
    let error = Verdict { findings: vec![finding], ..verdict(Status::Error, vec![reason]) };
    let warnings = vec![Diagnostic::warning(text).advice(text)];
    let attempt = Attempt { folder: None, warnings, flow: format!("{text}\n"), ..attempt(9, error) };
    TestResult { tags: vec![text.into()], ..TestResult::new("a,b:c#d <\u{1b}[2J\n> # TODO \\", vec![attempt]) }
}

fn broken() -> TestResult {
    let source = Source::new("tests/typo", "# a test\n_acept CALL_CLOSED\nuanew <sip:a@h>;auth_pass=hush\n");
    let typo = Diagnostic::error("unknown directive `_acept`")
        .at(Place::line(&source, 2))
        .label("no such directive")
        .advice("did you mean `_accept`?");
    let account = Diagnostic::error("this account has no registrar").at(Place::line(&source, 3));
    TestResult { problems: vec![typo, account], ..TestResult::new("tests/typo", vec![]) }
}

/// Tests that passed, passed late, failed, failed twice, could not be carried out, were skipped, did not begin.
pub fn mixed() -> Results {
    let pass = || verdict(Status::Pass, vec![]);
    let repeated = |n| TestResult {
        name: format!("tests/trunk/twice.rhai, repetition {n} of 2"),
        repetition: n,
        repetitions: 2,
        tags: vec!["smoke".into(), "trunk".into()],
        ..TestResult::new("tests/trunk/twice.rhai", vec![attempt(n as u16, pass())])
    };
    let late = Verdict { findings: vec![exchange()], ..verdict(Status::Fail, vec![no_answer("tests/flaky")]) };
    let lost = Reason::new("bob went away by itself: signal 9").at(at("tests/fails", 5));
    let skipped =
        verdict(Status::Skipped, vec![Reason::new("`_run 0`: the test is not to be run").at(at("tests/off", 1))]);
    let cancelled = verdict(Status::Cancelled, vec![Reason::new("interrupted")]);
    let tests = vec![
        repeated(1),
        repeated(2),
        TestResult::new("tests/flaky", vec![attempt(3, late), attempt(4, pass())]),
        TestResult::new(
            "tests/fails",
            vec![attempt(5, verdict(Status::Error, vec![lost])), attempt(6, failed("tests/fails"))],
        ),
        TestResult::new("tests/off", vec![attempt(7, skipped)]),
        hostile(),
        broken(),
        TestResult::new("tests/cancelled", vec![attempt(10, cancelled)]),
    ];
    Results {
        started: Time(1_795_475_465_247.125),
        duration: Duration::from_secs(125),
        host: "telefonist 0.1.0".into(),
        agent: "baresip 4.12.0 (embedded)".into(),
        tests,
        left_out: 2,
    }
}
