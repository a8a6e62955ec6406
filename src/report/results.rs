//! The results of all tests of one `telefonist run`, which every report shows. Plain data.

use crate::diagnostic::Diagnostic;
use crate::event::Time;
use crate::verdict::{Status, TestStatus, Verdict};
use std::path::PathBuf;
use std::time::Duration;

/// One `telefonist run`.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// When it began.
    pub started: Time,
    /// From then until its last test was over.
    pub duration: Duration,
    /// `telefonist 0.1.0`
    pub host: String,
    /// `baresip 4.12.0 (embedded)`; empty where no agent could be found.
    pub agent: String,
    /// In the order in which they were asked for; a test that repeats itself has one entry for each repetition.
    pub tests: Vec<TestResult>,
    /// How many tests were not come to: it was interrupted, or a test failed and `--fail-fast` was given.
    pub left_out: usize,
}

/// One test, or one repetition of it, with all attempts at it.
#[derive(Debug, Clone, PartialEq)]
pub struct TestResult {
    /// The path of its file, as the user named it.
    pub file: String,
    /// What tells it from others: the file's path, and `repetition 2 of 3` where there are several.
    pub name: String,
    pub tags: Vec<String>,
    /// From 1.
    pub repetition: u32,
    pub repetitions: u32,
    pub status: TestStatus,
    /// In order; the last one decides. None where it could not even begin.
    pub attempts: Vec<Attempt>,
    /// Why it could not begin: its text has errors, the agent lacks a command.
    pub problems: Vec<Diagnostic>,
}

/// One run of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The run's id: the name of its folder.
    pub run: String,
    /// When it began.
    pub started: Time,
    /// From its start to its last agent's end.
    pub duration: Duration,
    pub verdict: Verdict,
    /// The text of its flow.
    pub flow: String,
    /// Where it is kept; none where it is not (`--keep`).
    pub folder: Option<PathBuf>,
    /// Of the host: what could not be written, sent and so on.
    pub warnings: Vec<Diagnostic>,
}

impl TestResult {
    /// The one repetition of a file's test, its status that of its attempts.
    pub fn new(file: impl Into<String>, attempts: Vec<Attempt>) -> TestResult {
        let file = file.into();
        let statuses: Vec<Status> = attempts.iter().map(|attempt| attempt.verdict.status).collect();
        let status = TestStatus::of(&statuses);
        let (name, tags, problems) = (file.clone(), vec![], vec![]);
        TestResult { file, name, tags, repetition: 1, repetitions: 1, status, attempts, problems }
    }

    /// The attempt that decided; none where it could not begin.
    pub fn last(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// All attempts together.
    pub fn duration(&self) -> Duration {
        self.attempts.iter().map(|attempt| attempt.duration).sum()
    }
}
