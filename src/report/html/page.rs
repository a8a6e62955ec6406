//! The page around the fragments: summary, filter, each test with its attempts.

use super::text;
use crate::diagnostic::{Diagnostic, Severity, render};
use crate::report::results::{Attempt, Results, TestResult};
use crate::verdict::{Reason, TestStatus};
use askama::Template;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use std::io::{self, Write};

const SCRIPT: &str = include_str!("report.js");
const STYLE: &str = include_str!("report.css");

/// In the order in which a reader wants to see them.
const STATUSES: [TestStatus; 6] = [
    TestStatus::Fail,
    TestStatus::Error,
    TestStatus::Cancelled,
    TestStatus::Flaky,
    TestStatus::Pass,
    TestStatus::Skipped,
];

#[derive(Template)]
#[template(path = "head.html")]
struct Head<'a> {
    title: String,
    /// `script-src` of the page's only script.
    script_hash: String,
    style: &'a str,
    results: &'a Results,
    started: String,
    duration: String,
    left_out: Option<String>,
    counts: Vec<Count>,
}

/// How many tests ended so.
struct Count {
    status: String,
    class: &'static str,
    number: usize,
}

#[derive(Template)]
#[template(path = "test.html")]
struct TestHead<'a> {
    index: usize,
    test: &'a TestResult,
    class: &'static str,
    /// Shown at once.
    open: bool,
    /// What the filter looks at.
    words: String,
    duration: String,
    /// Of the longest test, percent.
    share: f64,
    problems: String,
    /// Several attempts have a button each.
    attempts: Vec<Tab>,
}

/// The button of an attempt.
struct Tab {
    class: &'static str,
    status: String,
    duration: String,
}

#[derive(Template)]
#[template(path = "attempt.html")]
struct AttemptHead<'a> {
    number: usize,
    of: usize,
    attempt: &'a Attempt,
    class: &'static str,
    started: String,
    duration: String,
    reasons: Vec<(&'static str, &'a Reason)>,
    warnings: String,
    folder: Option<String>,
}

#[derive(Template)]
#[template(path = "flow.html")]
struct Flow<'a> {
    flow: &'a str,
}

#[derive(Template)]
#[template(path = "foot.html")]
struct Foot<'a> {
    script: &'a str,
}

/// Writes the page. `fragment` gives what [`RunPage::finish`](super::RunPage::finish) made of an attempt's run; none where nothing
/// is known of it but its verdict.
pub fn write(
    results: &Results,
    fragment: &mut dyn FnMut(&Attempt) -> Option<String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    put(&head(results), out)?;
    let longest = results.tests.iter().map(|test| test.duration().as_secs_f64()).fold(0.001, f64::max);
    let first_bad = results.tests.iter().position(|test| is_bad(test.status));
    for (index, test) in results.tests.iter().enumerate() {
        put(&test_head(index, test, first_bad == Some(index), longest), out)?;
        for (place, attempt) in test.attempts.iter().enumerate() {
            put(&attempt_head(place, test.attempts.len(), attempt), out)?;
            let details = fragment(attempt);
            out.write_all(
                details.as_deref().unwrap_or("<p class=\"note\">Of this run only the verdict is known.</p>").as_bytes(),
            )?;
            if !attempt.flow.is_empty() {
                put(&Flow { flow: &attempt.flow }, out)?;
            }
            out.write_all(b"</div>\n")?;
        }
        out.write_all(b"</div></details>\n")?;
    }
    put(&Foot { script: SCRIPT }, out)
}

fn put(part: &impl Template, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(part.render().map_err(io::Error::other)?.as_bytes())
}

fn head(results: &Results) -> Head<'_> {
    let counts = STATUSES.iter().filter_map(|status| {
        let number = results.tests.iter().filter(|test| test.status == *status).count();
        (number > 0).then(|| Count { status: status.to_string(), class: class(*status), number })
    });
    Head {
        title: title(results),
        script_hash: script_hash(),
        style: STYLE,
        results,
        started: text::moment(results.started),
        duration: text::duration(results.duration),
        left_out: (results.left_out > 0).then(|| text::count(results.left_out, "test")),
        counts: counts.collect(),
    }
}

/// The page's script, as the policy names it (CSP level 3, section 6.7.3.3).
fn script_hash() -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(SCRIPT)))
}

/// One sentence that says how it went.
fn title(results: &Results) -> String {
    let count = |statuses: &[TestStatus]| results.tests.iter().filter(|test| statuses.contains(&test.status)).count();
    let all = text::count(results.tests.len(), "test");
    let skipped = count(&[TestStatus::Skipped]);
    match (count(&[TestStatus::Fail]), count(&[TestStatus::Error, TestStatus::Cancelled])) {
        _ if results.tests.is_empty() => "No test ran".into(),
        (0, 0) if results.left_out > 0 => format!("{all} passed, {} not run", results.left_out),
        (0, 0) if skipped == results.tests.len() => format!("{all} skipped"),
        (0, 0) if skipped > 0 => {
            format!("{} passed, {skipped} skipped", text::count(results.tests.len() - skipped, "test"))
        }
        (0, 0) if results.tests.len() == 1 => "1 test passed".into(),
        (0, 0) => format!("All {all} passed"),
        (0, broken) => format!("{broken} of {all} could not be carried out"),
        (failed, 0) => format!("{failed} of {all} failed"),
        (failed, broken) => format!("{failed} of {all} failed, {broken} could not be carried out"),
    }
}

fn test_head(index: usize, test: &TestResult, open: bool, longest: f64) -> TestHead<'_> {
    let attempts = test.attempts.iter().map(|attempt| Tab {
        class: class(attempt.verdict.status.into()),
        status: attempt.verdict.status.to_string(),
        duration: text::duration(attempt.duration),
    });
    TestHead {
        index,
        test,
        class: class(test.status),
        open,
        words: text::masked(&words(test)).to_lowercase(),
        duration: text::duration(test.duration()),
        share: (100.0 * test.duration().as_secs_f64() / longest).clamp(0.0, 100.0),
        problems: problems(&test.problems),
        attempts: attempts.collect(),
    }
}

/// All that a reader may look for: names, tags, reasons and what explains them.
fn words(test: &TestResult) -> String {
    let mut words = vec![test.name.as_str()];
    words.extend(test.tags.iter().map(String::as_str));
    words.extend(test.problems.iter().map(|problem| problem.message.as_str()));
    for reason in test.attempts.iter().flat_map(|attempt| &attempt.verdict.reasons) {
        words.push(&reason.message);
        words.extend(reason.details.iter().map(String::as_str));
    }
    words.join(" ")
}

fn attempt_head(place: usize, of: usize, attempt: &Attempt) -> AttemptHead<'_> {
    let verdict = &attempt.verdict;
    let reasons = verdict.reasons.iter().map(|reason| ("reason", reason));
    AttemptHead {
        number: place + 1,
        of,
        attempt,
        class: class(verdict.status.into()),
        started: text::moment(attempt.started),
        duration: text::duration(attempt.duration),
        reasons: reasons.chain(verdict.warnings.iter().map(|warning| ("warning", warning))).collect(),
        warnings: problems(&attempt.warnings),
        folder: attempt.folder.as_ref().map(|folder| text::masked(&folder.display().to_string())),
    }
}

/// As a terminal shows them, with the user's own line.
fn problems(problems: &[Diagnostic]) -> String {
    let (errors, warnings): (Vec<_>, Vec<_>) =
        problems.iter().cloned().partition(|problem| problem.severity == Severity::Error);
    render(&[errors, warnings].concat(), false)
}

fn is_bad(status: TestStatus) -> bool {
    matches!(status, TestStatus::Fail | TestStatus::Error | TestStatus::Cancelled)
}

/// As the style names it.
fn class(status: TestStatus) -> &'static str {
    match status {
        TestStatus::Pass => "pass",
        TestStatus::Flaky => "flaky",
        TestStatus::Fail => "fail",
        TestStatus::Error => "error",
        TestStatus::Cancelled => "cancelled",
        TestStatus::Skipped => "skipped",
    }
}

/// The class of a diff's line.
fn diff_class(line: &str) -> &'static str {
    match line.as_bytes().first() {
        Some(b'-') => "missing",
        Some(b'+') => "extra",
        _ => "same",
    }
}
