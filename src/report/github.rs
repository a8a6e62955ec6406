//! The report for GitHub Actions: workflow commands that become annotations at the lines of the tests. A test that failed
//! or could not be carried out is an error, a flaky one a warning; those that passed need none.

use super::paint::{Paint, count, safe, seconds};
use super::results::{Results, TestResult};
use super::told::{self, Extent};
use crate::diagnostic::{Diagnostic, Severity};
use crate::verdict::{Status, TestStatus};
use std::fmt::Write;

/// One line for each annotation; empty when there is none.
pub fn report(results: &Results) -> String {
    let mut text = String::new();
    for test in &results.tests {
        annotate(&mut text, test);
    }
    if results.left_out > 0 {
        let message = format!("{} not run", count(results.left_out, "test"));
        command(&mut text, "warning", None, "telefonist", &message);
    }
    text
}

fn annotate(text: &mut String, test: &TestResult) {
    let title = format!("{} {}", test.status, safe(&test.name));
    for problem in &test.problems {
        let level = if problem.severity == Severity::Error { "error" } else { "warning" };
        command(text, level, Some(place_of(problem, test)), &title, &told::problem(problem).join("\n"));
    }
    match test.status {
        TestStatus::Pass | TestStatus::Skipped => {}
        TestStatus::Flaky => command(text, "warning", Some(place(test)), &title, &why(test)),
        // its problems have been reported
        _ if test.attempts.is_empty() && !test.problems.is_empty() => {}
        TestStatus::Fail | TestStatus::Error | TestStatus::Cancelled => {
            command(text, "error", Some(place(test)), &title, &why(test));
        }
    }
}

/// File, line and column.
type Place = (String, Option<(u32, u32)>);

/// The line of the first reason of the last attempt that did not pass; only the file if that has no line.
fn place(test: &TestResult) -> Place {
    let attempt = test.attempts.iter().rev().find(|attempt| attempt.verdict.status != Status::Pass);
    match attempt.and_then(|attempt| attempt.verdict.reasons.first()?.at.as_ref()) {
        Some(at) => (at.source.to_string(), Some((at.line, at.column))),
        None => (test.file.clone(), None),
    }
}

fn place_of(problem: &Diagnostic, test: &TestResult) -> Place {
    match &problem.place {
        Some(place) => (place.source.name.clone(), Some(place.line_column())),
        None => (test.file.clone(), None),
    }
}

/// All attempts, each with its reasons.
fn why(test: &TestResult) -> String {
    let mut lines = vec![];
    for (n, attempt) in test.attempts.iter().enumerate() {
        let head = format!("{} ({}), run {}", attempt.verdict.status, seconds(attempt.duration), safe(&attempt.run));
        let told = told::verdict(&attempt.verdict, Paint(false), Extent::Screen);
        match test.attempts.len() {
            // the page shows the first line: the reason, where there is one alone
            1 => lines.extend(told.into_iter().chain([head])),
            _ => lines.extend([format!("attempt {}: {head}", n + 1)].into_iter().chain(told)),
        }
    }
    lines.join("\n")
}

/// `::error file=…,line=…,col=…,title=…::message`
fn command(text: &mut String, level: &str, place: Option<Place>, title: &str, message: &str) {
    let mut properties = vec![];
    if let Some((file, line)) = place {
        properties.push(format!("file={}", property(&safe(&file))));
        properties.extend(line.map(|(line, column)| format!("line={line},col={column}")));
    }
    properties.push(format!("title={}", property(title)));
    let _ = writeln!(text, "::{level} {}::{}", properties.join(","), data(message));
}

/// What a command's message may not hold as it is.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What the value of a command's property may not hold as it is.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
