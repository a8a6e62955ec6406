//! The report for programs: JSON, documented in docs/reports.md and by the schema beside it.

use super::paint::milliseconds;
use super::results::{Attempt, Results, TestResult};
use crate::diagnostic::{Diagnostic, Severity, is_invisible, mask_secrets};
use crate::verdict::TestStatus;
use serde_json::{Map, Value, json};

/// What `format` says.
const FORMAT: &str = "telefonist-results";
/// The version of the format: another one when a field changes its meaning or goes away, not when one is added.
const VERSION: u32 = 1;

/// All tests. Times are milliseconds since the epoch, durations milliseconds.
pub fn report(results: &Results) -> String {
    let report = json!({
        "format": FORMAT,
        "version": VERSION,
        "host": results.host,
        "agent": results.agent,
        "started": results.started,
        "duration": milliseconds(results.duration),
        "summary": summary(results),
        "tests": results.tests.iter().map(test).collect::<Vec<_>>(),
    });
    text(report)
}

/// JSON as text: secrets masked, and nothing in it that a terminal would obey.
pub(super) fn text(value: Value) -> String {
    let json = serde_json::to_string_pretty(&masked(value)).unwrap_or_default();
    let mut text = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        match is_invisible(c) && c != '\n' {
            // serde escapes those below U+0020 alone; what is left here stands in a string
            true => text.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
            false => text.push(c),
        }
    }
    text.push('\n');
    text
}

fn masked(value: Value) -> Value {
    match value {
        Value::String(text) => mask_secrets(&text).into(),
        Value::Array(items) => items.into_iter().map(masked).collect(),
        Value::Object(fields) => {
            let fields: Map<_, _> = fields.into_iter().map(|(name, value)| (name, masked(value))).collect();
            fields.into()
        }
        other => other,
    }
}

fn summary(results: &Results) -> Value {
    let tests = |status: TestStatus| results.tests.iter().filter(|test| test.status == status).count();
    json!({
        "tests": results.tests.len(),
        "passed": tests(TestStatus::Pass),
        "flaky": tests(TestStatus::Flaky),
        "failed": tests(TestStatus::Fail),
        "errors": tests(TestStatus::Error),
        "cancelled": tests(TestStatus::Cancelled),
        "skipped": tests(TestStatus::Skipped),
        "not_run": results.left_out,
    })
}

fn test(test: &TestResult) -> Value {
    json!({
        "name": test.name,
        "file": test.file,
        "tags": test.tags,
        "repetition": test.repetition,
        "repetitions": test.repetitions,
        "status": test.status,
        "duration": milliseconds(test.duration()),
        "problems": test.problems.iter().map(diagnostic).collect::<Vec<_>>(),
        "attempts": test.attempts.iter().map(attempt).collect::<Vec<_>>(),
    })
}

fn attempt(attempt: &Attempt) -> Value {
    let verdict = &attempt.verdict;
    let mut value = json!({
        "run": attempt.run,
        "status": verdict.status,
        "started": attempt.started,
        "duration": milliseconds(attempt.duration),
        "hash": verdict.hash,
        "expected": verdict.expected,
        "reasons": verdict.reasons,
        "findings": verdict.findings,
        "warnings": verdict.warnings,
        "host_warnings": attempt.warnings.iter().map(diagnostic).collect::<Vec<_>>(),
        "flow": attempt.flow,
        "folder": attempt.folder.as_ref().map(|folder| folder.display().to_string()),
    });
    without_nulls(&mut value);
    value
}

fn diagnostic(diagnostic: &Diagnostic) -> Value {
    let at = diagnostic.place.as_ref().map(|place| {
        let (line, column) = place.line_column();
        json!({"source": place.source.name, "line": line, "column": column})
    });
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut value = json!({
        "severity": severity,
        "message": diagnostic.message,
        "at": at,
        "label": diagnostic.label,
        "advice": diagnostic.advice,
    });
    without_nulls(&mut value);
    value
}

/// What is not there is left out, as in `verdict.json`.
fn without_nulls(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.retain(|_, value| !value.is_null());
    }
}
