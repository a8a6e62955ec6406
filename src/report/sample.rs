//! Results as the tests of the reports need them.

use super::results::{Attempt, Results, TestResult};
use crate::event::{At, Time};
use crate::verdict::{Reason, Status, Verdict};
use std::time::Duration;

pub fn verdict(status: Status, reasons: Vec<Reason>) -> Verdict {
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

/// A flow that is not the expected one, and a warning that wants to steer the terminal.
pub fn failed() -> Verdict {
    let at = |line| Some(At { source: "examples/basic_call".into(), line, column: 1 });
    let flow = Reason {
        message: "the flow is not the expected one: `CALL_ESTABLISHED` is missing (bob, call 1)".into(),
        at: at(1),
        details: vec!["expected fedcba9876543210, came 0123456789abcdef".into()],
        diff: Some("  bob\n    call 1\n-     CALL_ESTABLISHED\n+     CALL_CLOSED remote\n".into()),
        advice: Some("if this is what should happen now, write `_hash 0123456789abcdef` there".into()),
    };
    let warning = Reason::new("bob refused `hold`: \u{1b}[31mcommand not found").at(at(9));
    let expected = Some("fedcba9876543210".into());
    Verdict { expected, warnings: vec![warning], ..verdict(Status::Fail, vec![flow]) }
}

pub fn attempt(n: u16, verdict: Verdict) -> Attempt {
    let run = format!("20261123-231105-basic_call-{n:04x}");
    Attempt {
        started: Time(1_795_475_465_247.125),
        duration: Duration::from_millis(4210),
        verdict,
        flow: String::new(),
        folder: Some(format!("data/runs/{run}").into()),
        warnings: vec![],
        run,
    }
}

pub fn results(tests: Vec<TestResult>) -> Results {
    Results {
        started: Time(1_795_475_465_247.125),
        duration: Duration::from_secs(125),
        host: "telefonist 0.1.0".into(),
        agent: "baresip 4.12.0 (embedded)".into(),
        tests,
        left_out: 0,
    }
}
