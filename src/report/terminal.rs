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

/// The line of a test that did not run: its errors have been told.
pub fn not_run(name: &str, colour: bool) -> String {
    format!("{} {name}  not run\n", Paint(colour).status(Status::Error))
}

/// The last line of several tests: how many ended how, and in what time. `left_out` counts those that were not come to.
pub fn summary(statuses: &[Status], left_out: usize, duration: Duration, colour: bool) -> String {
    let paint = Paint(colour);
    let count = |status: Status| statuses.iter().filter(|one| **one == status).count();
    let parts = [
        (count(Status::Pass), paint.green("passed")),
        (count(Status::Fail), paint.red("failed")),
        (count(Status::Error), paint.with("35", "could not be carried out")),
        (count(Status::Cancelled), paint.yellow("cancelled")),
        (count(Status::Skipped), "skipped".to_string()),
        (left_out, "not run".to_string()),
    ];
    let told: Vec<String> = parts.iter().filter(|part| part.0 > 0).map(|(n, word)| format!("{n} {word}")).collect();
    match told.is_empty() {
        true => "no test ran\n".into(),
        false => format!("{} in {}\n", told.join(", "), seconds(duration)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: Status, reasons: Vec<Reason>) -> Verdict {
        Verdict { status, reasons, hash: "0123456789abcdef".into(), expected: None, warnings: vec![], findings: vec![] }
    }

    fn report(verdict: &Verdict, colour: bool) -> String {
        let kept = Some(Path::new("data/runs/20261123-231105-basic_call-3f2a"));
        let test = Finished { name: "examples/basic_call", verdict, duration: Duration::from_millis(4210), kept };
        finished(&test, colour)
    }

    fn at(line: u32) -> Option<At> {
        Some(At { source: "examples/basic_call".into(), line, column: 1 })
    }

    #[test]
    fn a_test_that_passed() {
        let expected = "\
PASS  examples/basic_call (4.2 s)
      hash 0123456789abcdef; ask for it with `_hash`, and the test fails when the flow changes
      kept in data/runs/20261123-231105-basic_call-3f2a
";
        assert_eq!(report(&verdict(Status::Pass, vec![]), false), expected);
        let held = Verdict { expected: Some("0123456789abcdef".into()), ..verdict(Status::Pass, vec![]) };
        assert_eq!(report(&held, false).lines().nth(1), Some("      hash 0123456789abcdef"));
    }

    fn failed() -> Verdict {
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

    #[test]
    fn a_test_that_failed() {
        let expected = "\
FAIL  examples/basic_call (4.2 s)
      the flow is not the expected one: `CALL_ESTABLISHED` is missing (bob, call 1)
        at examples/basic_call:1:1
        expected fedcba9876543210, came 0123456789abcdef
          bob
            call 1
        -     CALL_ESTABLISHED
        +     CALL_CLOSED remote
        help: if this is what should happen now, write `_hash 0123456789abcdef` there
      warning: bob refused `hold`: \\u{1b}[31mcommand not found
        at examples/basic_call:9:1
      hash 0123456789abcdef
      kept in data/runs/20261123-231105-basic_call-3f2a
";
        assert_eq!(report(&failed(), false), expected);
    }

    #[test]
    fn colours_are_for_the_verdict_the_difference_and_the_advice() {
        let text = report(&failed(), true);
        assert!(text.starts_with("\x1b[1;31mFAIL\x1b[0m  examples/basic_call (4.2 s)\n"));
        assert!(text.contains("        \x1b[31m-     CALL_ESTABLISHED\x1b[0m\n"));
        assert!(text.contains("        \x1b[32m+     CALL_CLOSED remote\x1b[0m\n"));
        assert!(text.contains("\x1b[36mhelp: \x1b[0mif"));
        assert!(!report(&failed(), false).contains('\x1b'));
    }

    #[test]
    fn the_summary_counts() {
        let statuses = [Status::Pass, Status::Fail, Status::Pass, Status::Error, Status::Cancelled];
        let text = "2 passed, 1 failed, 1 could not be carried out, 1 cancelled, 3 not run in 2 min 5 s\n";
        assert_eq!(summary(&statuses, 3, Duration::from_secs(125), false), text);
        assert_eq!(
            summary(&[Status::Pass], 0, Duration::from_millis(423), true),
            "1 \x1b[32mpassed\x1b[0m in 0.42 s\n"
        );
        assert_eq!(summary(&[], 0, Duration::ZERO, false), "no test ran\n");
    }
}
