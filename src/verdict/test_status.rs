//! The result of a test from all its attempts.

use super::{ExitCode, Status};
use serde::{Deserialize, Serialize};
use std::fmt;

/// As [`Status`], and flaky: it passed, but not at the first attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestStatus {
    Pass,
    /// It passed on a retry.
    Flaky,
    Fail,
    Error,
    Cancelled,
    Skipped,
}

impl TestStatus {
    /// Takes the attempts in order; the last one decides. Without any it could not be carried out.
    pub fn of(attempts: &[Status]) -> TestStatus {
        match attempts {
            [.., _, Status::Pass] => TestStatus::Flaky,
            [.., last] => TestStatus::from(*last),
            [] => TestStatus::Error,
        }
    }
}

impl From<Status> for TestStatus {
    fn from(status: Status) -> TestStatus {
        match status {
            Status::Pass => TestStatus::Pass,
            Status::Fail => TestStatus::Fail,
            Status::Error => TestStatus::Error,
            Status::Cancelled => TestStatus::Cancelled,
            Status::Skipped => TestStatus::Skipped,
        }
    }
}

impl From<TestStatus> for ExitCode {
    /// Flaky counts as passed.
    fn from(status: TestStatus) -> ExitCode {
        match status {
            TestStatus::Pass | TestStatus::Flaky | TestStatus::Skipped => ExitCode::Passed,
            TestStatus::Fail => ExitCode::Failed,
            TestStatus::Error => ExitCode::Error,
            TestStatus::Cancelled => ExitCode::Interrupted,
        }
    }
}

impl fmt::Display for TestStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TestStatus::Pass => "PASS",
            TestStatus::Flaky => "FLAKY",
            TestStatus::Fail => "FAIL",
            TestStatus::Error => "ERROR",
            TestStatus::Cancelled => "CANCELLED",
            TestStatus::Skipped => "SKIPPED",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_attempt_decides_and_one_that_passed_late_is_flaky() {
        use Status::*;
        assert_eq!(TestStatus::of(&[Pass]), TestStatus::Pass);
        assert_eq!(TestStatus::of(&[Fail, Error, Pass]), TestStatus::Flaky);
        assert_eq!(TestStatus::of(&[Error, Fail]), TestStatus::Fail);
        assert_eq!(TestStatus::of(&[Fail, Cancelled]), TestStatus::Cancelled);
        assert_eq!(TestStatus::of(&[]), TestStatus::Error);
        assert_eq!(ExitCode::from(TestStatus::Flaky), ExitCode::Passed);
    }
}
