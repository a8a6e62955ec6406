//! The report for a terminal or a CI job's log.

use crate::diagnostic::mask_secrets;
use crate::event::At;
use crate::verdict::{Reason, Status, Verdict};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// What stands before the lines below a test's first.
const INDENT: &str = "      ";

/// One finished run of a test.
#[derive(Debug, Clone, Copy)]
pub struct Finished<'a> {
    /// As the user named the file, with the test's name where the file holds several.
    pub name: &'a str,
    pub verdict: &'a Verdict,
    pub duration: Duration,
    /// The run's folder.
    pub kept: Option<&'a Path>,
}

/// ANSI colours, or none.
#[derive(Debug, Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        match self.0 {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_string(),
        }
    }

    fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    fn cyan(self, text: &str) -> String {
        self.with("36", text)
    }

    fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    fn status(self, status: Status) -> String {
        let code = match status {
            Status::Pass => "1;32",
            Status::Fail => "1;31",
            Status::Error => "1;35",
            Status::Cancelled => "1;33",
            Status::Skipped => "36",
        };
        self.with(code, &status.to_string())
    }
}

/// All there is to say of a finished test: verdict, duration, reasons with place and advice, warnings, hash, and where
/// the run is kept. Secrets are masked.
pub fn finished(test: &Finished, colour: bool) -> String {
    let paint = Paint(colour);
    let verdict = test.verdict;
    let mut lines = vec![];
    for reason in &verdict.reasons {
        lines.extend(reason_lines(reason, "", paint));
    }
    for warning in &verdict.warnings {
        lines.extend(reason_lines(warning, &paint.yellow("warning: "), paint));
    }
    let hold = match (&verdict.expected, verdict.status) {
        (None, Status::Pass) => paint.faint("; ask for it with `_hash`, and the test fails when the flow changes"),
        _ => String::new(),
    };
    lines.push(format!("hash {}{hold}", verdict.hash));
    lines.extend(test.kept.map(|folder| format!("kept in {}", printable(&folder.display().to_string()))));
    let status = paint.status(verdict.status);
    let mut text = format!("{status}  {} ({})\n", printable(test.name), seconds(test.duration));
    for line in lines {
        let _ = writeln!(text, "{INDENT}{line}");
    }
    mask_secrets(&text)
}

fn reason_lines(reason: &Reason, head: &str, paint: Paint) -> Vec<String> {
    let mut lines = vec![format!("{head}{}", printable(&reason.message))];
    lines.extend(reason.at.as_ref().map(|at| format!("  at {}", place(at))));
    lines.extend(reason.details.iter().map(|detail| format!("  {}", printable(detail))));
    for line in reason.diff.iter().flat_map(|diff| diff.lines()) {
        let line = printable(line);
        let painted = match line.chars().next() {
            Some('-') => paint.red(&line),
            Some('+') => paint.green(&line),
            _ => line,
        };
        lines.push(format!("  {painted}"));
    }
    lines.extend(reason.advice.as_ref().map(|advice| format!("  {}{}", paint.cyan("help: "), printable(advice))));
    lines
}

/// `basic_call:3:1`, which editors and terminals make a link of.
fn place(at: &At) -> String {
    printable(&format!("{}:{}:{}", at.source, at.line, at.column))
}

/// What an agent or a peer says cannot steer the terminal: control characters are escaped.
fn printable(text: &str) -> String {
    let escape = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    text.trim_end().chars().map(escape).collect()
}

/// `0.42 s`, `4.2 s`, `2 min 5 s`.
fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match duration.as_secs() {
        0 => format!("{seconds:.2} s"),
        1..60 => format!("{seconds:.1} s"),
        whole => format!("{} min {} s", whole / 60, whole % 60),
    }
}

pub fn test(test: &super::results::TestResult, _extent: super::told::Extent, colour: bool) -> String {
    let one = |a: &super::results::Attempt| {
        finished(
            &Finished { name: &test.name, verdict: &a.verdict, duration: a.duration, kept: a.folder.as_deref() },
            colour,
        )
    };
    let mut text: String = test.attempts.iter().map(one).collect();
    if test.attempts.is_empty() {
        text = format!("ERROR {} not run\n{}", test.name, crate::diagnostic::render(&test.problems, colour));
    }
    text
}

pub fn summary(results: &super::results::Results, _colour: bool) -> String {
    format!("{} tests\n", results.tests.len())
}
