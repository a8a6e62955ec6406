//! The report for a terminal or a CI job's log.

use super::paint::{Paint, count, safe, seconds};
use super::results::{Attempt, Results, TestResult};
use super::told::{self, Extent};
use crate::flow::Flow;
use crate::verdict::{Status, TestStatus, Verdict};
use std::fmt::Write;

/// What stands before the lines below a test's first.
const INDENT: &str = "      ";

/// All tests and the summary.
pub fn report(results: &Results, colour: bool) -> String {
    let tests = results.tests.iter().map(|one| test(one, Extent::Whole, colour));
    tests.chain([summary(results, colour)]).collect()
}

/// All there is to say of a finished test: verdict, duration, its attempts, reasons with place and advice, what the record
/// shows of the cause, warnings, hash, and where the run is kept. Secrets are masked.
pub fn test(test: &TestResult, extent: Extent, colour: bool) -> String {
    let paint = Paint(colour);
    let mut lines = vec![];
    let telling = telling(test);
    match test.attempts.as_slice() {
        [only] => lines.extend(told_of(only, extent, paint)),
        attempts => {
            for (n, attempt) in attempts.iter().enumerate() {
                let whole = telling.is_some_and(|telling| std::ptr::eq(telling, attempt));
                lines.push(head(n, attempts.len(), attempt, whole, paint));
                let told = if whole { told_of(attempt, extent, paint) } else { vec![] };
                lines.extend(told.into_iter().map(|line| format!("  {line}")));
            }
        }
    }
    for attempt in &test.attempts {
        lines.extend(told::diagnostics(&attempt.warnings, paint));
    }
    // the hash of nothing says nothing
    let nothing = Flow::default().hash();
    let told = test.last().filter(|last| last.verdict.hash != nothing || last.verdict.expected.is_some());
    lines.extend(told.map(|last| hash(&test.file, &last.verdict, paint)));
    lines.extend(test.last().map(kept));
    lines.extend(told::diagnostics(&test.problems, paint));
    let time = match test.attempts.is_empty() {
        true => " not run".into(),
        false => format!("({})", seconds(test.duration())),
    };
    let mut text = format!("{}  {} {time}\n", paint.status(test.status), safe(&test.name));
    for line in lines {
        let _ = writeln!(text, "{}", format!("{INDENT}{line}").trim_end());
    }
    text
}

/// The attempt whose reasons are shown whole: the one that decided, or the last that did not pass where it is flaky.
fn telling(test: &TestResult) -> Option<&Attempt> {
    let failed = || test.attempts.iter().rev().find(|attempt| attempt.verdict.status != Status::Pass);
    match test.status {
        TestStatus::Flaky => failed().or(test.last()),
        _ => test.last(),
    }
}

/// `attempt 1 of 2: FAIL (4.2 s), run 20261123-231105-calls-3f2a: no CALL_ESTABLISHED at bob within 5 s (calls:7:1)`; without
/// the reason where it follows whole.
fn head(n: usize, of: usize, attempt: &Attempt, whole: bool, paint: Paint) -> String {
    let status = paint.status(attempt.verdict.status.into());
    let why = match told::first(&attempt.verdict) {
        why if whole || why.is_empty() => String::new(),
        why => format!(": {why}"),
    };
    let run = paint.faint(&format!("run {}", safe(&attempt.run)));
    format!("attempt {} of {of}: {status} ({}), {run}{why}", n + 1, seconds(attempt.duration))
}

fn told_of(attempt: &Attempt, extent: Extent, paint: Paint) -> Vec<String> {
    let mut lines = told::verdict(&attempt.verdict, paint, extent);
    for warning in &attempt.verdict.warnings {
        lines.extend(told::reason(warning, &paint.yellow("warning: "), paint, extent));
    }
    lines.extend(attempt.verdict.heard.iter().map(|line| paint.faint(&safe(line))));
    if extent == Extent::Screen && told::is_cut(&attempt.verdict) {
        lines.push(match &attempt.folder {
            Some(folder) => {
                paint.faint(&format!("all of it: telefonist replay {}", safe(&folder.display().to_string())))
            }
            None => paint.faint("all of it is in the other reports (--report); the run was not kept"),
        });
    }
    lines
}

fn hash(file: &str, verdict: &Verdict, paint: Paint) -> String {
    let word = if file.ends_with(".rhai") { "hash(…)" } else { "_hash" };
    let hold = match (&verdict.expected, verdict.status) {
        (None, Status::Pass) => {
            paint.faint(&format!("; ask for it with `{word}`, and the test fails when the flow changes"))
        }
        _ => String::new(),
    };
    format!("hash {}{hold}", safe(&verdict.hash))
}

fn kept(attempt: &Attempt) -> String {
    match &attempt.folder {
        Some(folder) => format!("kept in {}", safe(&folder.display().to_string())),
        None => "not kept (--keep)".into(),
    }
}

/// The last line of several tests: how many ended how, and in what time.
pub fn summary(results: &Results, colour: bool) -> String {
    let paint = Paint(colour);
    let tests = |status: TestStatus| results.tests.iter().filter(|test| test.status == status).count();
    let parts = [
        (tests(TestStatus::Pass), paint.green("passed")),
        (tests(TestStatus::Flaky), paint.yellow("flaky (passed on a retry)")),
        (tests(TestStatus::Fail), paint.red("failed")),
        (tests(TestStatus::Error), paint.with("35", "could not be carried out")),
        (tests(TestStatus::Cancelled), paint.yellow("cancelled")),
        (tests(TestStatus::Skipped), "skipped".to_string()),
        (results.left_out, "not run".to_string()),
    ];
    let told: Vec<String> = parts.iter().filter(|part| part.0 > 0).map(|(n, word)| format!("{n} {word}")).collect();
    if told.is_empty() {
        return "no test ran\n".into();
    }
    let runs = results.tests.iter().flat_map(|test| &test.attempts);
    let lost = match runs.filter(|run| run.folder.is_none()).count() {
        0 => String::new(),
        runs => format!("; {} not kept (--keep)", count(runs, "run")),
    };
    format!("{} in {}{lost}\n", told.join(", "), seconds(results.duration))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::At;
    use crate::report::sample::{self, attempt, verdict};
    use crate::verdict::{Finding, Reason};

    fn report(verdict: Verdict, colour: bool) -> String {
        test(&TestResult::new("examples/basic_call", vec![attempt(1, verdict)]), Extent::Screen, colour)
    }

    #[test]
    fn a_message_of_several_lines() {
        let said = report(verdict(Status::Fail, vec![Reason::new("sent\nreceived \u{1b}[31m")]), false);
        assert_eq!(said.lines().skip(1).take(2).collect::<Vec<_>>(), ["      sent", "        received \\u{1b}[31m"]);
    }

    #[test]
    fn a_test_that_passed() {
        let expected = "\
PASS  examples/basic_call (4.2 s)
      hash 0123456789abcdef; ask for it with `_hash`, and the test fails when the flow changes
      kept in data/runs/20261123-231105-basic_call-0001
";
        assert_eq!(report(verdict(Status::Pass, vec![]), false), expected);
        let held = Verdict { expected: Some("0123456789abcdef".into()), ..verdict(Status::Pass, vec![]) };
        assert_eq!(report(held, false).lines().nth(1), Some("      hash 0123456789abcdef"));
    }

    #[test]
    fn colours_are_for_the_verdict_the_difference_and_the_advice() {
        let text = report(sample::failed(), true);
        assert!(text.starts_with("\x1b[1;31mFAIL\x1b[0m  examples/basic_call (4.2 s)\n"));
        assert!(text.contains("        \x1b[31m-     CALL_ESTABLISHED\x1b[0m\n"), "{text}");
        assert!(text.contains("        \x1b[32m+     CALL_CLOSED remote\x1b[0m\n"));
        assert!(text.contains("\x1b[36mhelp: \x1b[0mif"));
        assert!(!report(sample::failed(), false).contains('\x1b'));
    }

    #[test]
    fn what_is_long_is_cut_with_a_word_on_where_it_stands() {
        let details = (0..100).map(|n| format!("line {n}")).collect();
        let finding = Finding { about: "the last SIP exchange".into(), lines: vec!["x".repeat(1000); 3] };
        let at = Some(At { source: "calls".into(), line: 3, column: 1 });
        let long = Reason { details, ..Reason::new("no answer").at(at) };
        let long = Verdict { findings: vec![finding], ..verdict(Status::Fail, vec![long]) };
        let text = report(long.clone(), false);
        assert!(text.contains("line 15\n        … 84 lines more\n      the last SIP exchange:\n"), "{text}");
        assert!(
            text.contains("xxx…\n      all of it: telefonist replay data/runs/20261123-231105-basic_call-0001\n"),
            "{text}"
        );
        assert!(text.lines().count() < 30 && text.lines().all(|line| line.chars().count() < 320));
        let one = TestResult::new("calls", vec![attempt(1, long)]);
        let whole = test(&one, Extent::Whole, false);
        assert!(whole.contains("line 99") && whole.contains(&"x".repeat(1000)) && !whole.contains("all of it"));
    }

    #[test]
    fn the_summary_counts() {
        let results = |statuses: &[TestStatus], left_out| {
            let tests = statuses.iter().map(|status| TestResult { status: *status, ..TestResult::new("x", vec![]) });
            Results { left_out, ..sample::results(tests.collect()) }
        };
        use TestStatus::*;
        let text = "2 passed, 1 flaky (passed on a retry), 1 failed, 1 could not be carried out, 1 cancelled, 3 not run in 2 min 5 s\n";
        assert_eq!(summary(&results(&[Pass, Fail, Pass, Flaky, Error, Cancelled], 3), false), text);
        assert_eq!(summary(&results(&[Pass], 0), true), "1 \x1b[32mpassed\x1b[0m in 2 min 5 s\n");
        assert_eq!(summary(&results(&[], 0), false), "no test ran\n");
        let mut lost = results(&[Pass], 0);
        lost.tests[0].attempts = vec![Attempt { folder: None, ..attempt(1, verdict(Status::Pass, vec![])) }];
        assert_eq!(summary(&lost, false), "1 passed in 2 min 5 s; 1 run not kept (--keep)\n");
    }
}
