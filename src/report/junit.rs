//! The report that CI servers read: JUnit XML as Surefire and Jenkins write it, a suite for each file, a case for each test.
//!
//! The attempt that decided is the case's `<failure>` (a failed check) or `<error>` (a run that could not be carried out, or was
//! cancelled); the attempts before it are `<rerunFailure>` and `<rerunError>`, or `<flakyFailure>` and `<flakyError>` where
//! the test passed at last.

use super::paint::{Paint, safe};
use super::results::{Attempt, Results, TestResult};
use super::told::{self, Extent};
use crate::event::Time;
use crate::verdict::{Status, TestStatus};
use chrono::{DateTime, FixedOffset};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestRerun, TestSuite, XmlString};
use std::time::Duration;

/// All tests as one XML document.
pub fn report(results: &Results) -> String {
    let mut report = Report::new("telefonist");
    report.set_time(results.duration);
    report.timestamp = date(results.started);
    for file in files(results) {
        let tests: Vec<&TestResult> = results.tests.iter().filter(|test| test.file == file).collect();
        report.add_test_suite(suite(file, &tests, results));
    }
    // it could fail on its writer only, and that is memory
    report.to_string().unwrap_or_default()
}

/// The files of the tests, each once, in order.
fn files(results: &Results) -> Vec<&str> {
    let mut files: Vec<&str> = vec![];
    for test in &results.tests {
        if !files.contains(&test.file.as_str()) {
            files.push(&test.file);
        }
    }
    files
}

fn suite(file: &str, tests: &[&TestResult], results: &Results) -> TestSuite {
    let mut suite = TestSuite::new(safe(file));
    suite.set_time(tests.iter().map(|test| test.duration()).sum::<Duration>());
    suite.timestamp = tests.iter().find_map(|test| date(test.attempts.first()?.started));
    suite.add_property(Property::new("host", safe(&results.host)));
    suite.add_property(Property::new("agent", safe(&results.agent)));
    if results.left_out > 0 {
        // of the whole invocation: which ones they were is not known here
        suite.add_property(Property::new("not_run", results.left_out.to_string()));
    }
    suite.add_test_cases(tests.iter().map(|test| case(test)));
    suite
}

fn case(test: &TestResult) -> TestCase {
    let mut case = TestCase::new(safe(&test.name), status(test));
    case.set_classname(safe(&class_name(&test.file)));
    case.set_time(test.duration());
    case.timestamp = test.attempts.first().and_then(|attempt| date(attempt.started));
    case.extra.insert("file".into(), safe(&test.file).into());
    if let Some(line) = line(test) {
        case.extra.insert("line".into(), line.to_string().into());
    }
    case.add_properties(properties(test));
    if let Some(last) = test.last().filter(|last| !last.flow.is_empty()) {
        case.set_system_out(text(&last.flow.lines().map(safe).collect::<Vec<_>>()));
    }
    let mut warnings: Vec<String> = test.attempts.iter().flat_map(told::warnings).collect();
    if !test.attempts.is_empty() {
        warnings.extend(test.problems.iter().flat_map(told::problem));
    }
    if !warnings.is_empty() {
        case.set_system_err(text(&warnings));
    }
    case
}

/// `tests/trunk/basic_call.rhai` is `tests.trunk.basic_call`: a package and a class, as CI servers group them.
fn class_name(file: &str) -> String {
    let file = file.strip_suffix(".rhai").unwrap_or(file);
    let parts = file.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
    parts.map(|part| part.replace('.', "_")).collect::<Vec<_>>().join(".")
}

/// The line of the test's file that its first reason or problem is about.
fn line(test: &TestResult) -> Option<u32> {
    let reason = test.last().and_then(|last| last.verdict.reasons.first()?.at.as_ref());
    let reason = reason.filter(|at| *at.source == *test.file).map(|at| at.line);
    reason.or_else(|| Some(test.problems.first()?.place.as_ref()?.line_column().0))
}

fn properties(test: &TestResult) -> Vec<Property> {
    let mut properties = vec![Property::new("status", test.status.to_string())];
    properties.extend(test.tags.iter().map(|tag| Property::new("tag", safe(tag))));
    if test.repetitions > 1 {
        properties.push(Property::new("repetition", format!("{} of {}", test.repetition, test.repetitions)));
    }
    if test.attempts.len() > 1 {
        properties.push(Property::new("attempts", test.attempts.len().to_string()));
    }
    for attempt in &test.attempts {
        properties.push(Property::new("run", safe(&attempt.run)));
        properties.push(Property::new("hash", safe(&attempt.verdict.hash)));
        let folder = attempt.folder.as_ref().map(|folder| safe(&folder.display().to_string()));
        properties.extend(folder.map(|folder| Property::new("folder", folder)));
    }
    properties
}

fn status(test: &TestResult) -> TestCaseStatus {
    let Some((last, earlier)) = test.attempts.split_last() else { return not_begun(test) };
    let kind = match test.status {
        TestStatus::Pass | TestStatus::Flaky => {
            return TestCaseStatus::Success { flaky_runs: earlier.iter().map(rerun).collect() };
        }
        TestStatus::Skipped => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(told::first(&last.verdict));
            return status;
        }
        TestStatus::Fail => NonSuccessKind::Failure,
        TestStatus::Error | TestStatus::Cancelled => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    // an attempt that could not begin has no verdict
    let message = test.problems.iter().find(|problem| problem.is_error());
    let message = message.map_or_else(|| told::first(&last.verdict), |problem| safe(&problem.message));
    status.set_message(message).set_type(test.status.to_string()).set_description(why(last));
    status.add_reruns(earlier.iter().map(rerun));
    status
}

/// A test whose text has errors, or that this agent can't carry out.
fn not_begun(test: &TestResult) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    let first = test.problems.first().map_or("the test did not begin", |problem| problem.message.as_str());
    let first = first.lines().next().unwrap_or_default();
    status.set_message(safe(first)).set_type(test.status.to_string());
    status.set_description(text(&told::diagnostics(&test.problems, Paint(false))));
    status
}

fn rerun(attempt: &Attempt) -> TestRerun {
    let kind = match attempt.verdict.status {
        Status::Fail => NonSuccessKind::Failure,
        _ => NonSuccessKind::Error,
    };
    let mut rerun = TestRerun::new(kind);
    rerun.set_message(told::first(&attempt.verdict)).set_type(attempt.verdict.status.to_string());
    rerun.set_time(attempt.duration).set_stack_trace(why(attempt));
    rerun.timestamp = date(attempt.started);
    rerun
}

fn why(attempt: &Attempt) -> XmlString {
    text(&told::verdict(&attempt.verdict, Paint(false), Extent::Whole))
}

fn text(lines: &[String]) -> XmlString {
    XmlString::new(format!("\n{}\n", lines.join("\n")))
}

fn date(time: Time) -> Option<DateTime<FixedOffset>> {
    time.utc().map(|time| time.fixed_offset())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;
    use crate::report::sample;

    #[test]
    fn an_attempt_that_could_not_begin_is_the_error_and_the_one_before_is_told() {
        let mut test = TestResult::new("calls", vec![sample::attempt(1, sample::failed())]);
        test.status = TestStatus::Error;
        test.problems = vec![Diagnostic::error("cannot make a folder for the run").advice("make room")];
        let xml = report(&sample::results(vec![test]));
        assert!(xml.contains("<error message=\"cannot make a folder for the run\" type=\"ERROR\">"), "{xml}");
        assert!(xml.contains("the flow is not the expected one") && xml.contains("help: make room"), "{xml}");
    }

    #[test]
    fn the_class_is_the_path() {
        assert_eq!(class_name("./tests/trunk/v1.2.rhai"), "tests.trunk.v1_2");
        assert_eq!(class_name("/abs/basic_call"), "abs.basic_call");
    }
}
