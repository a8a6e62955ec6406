//! The state of a run in the index: running, or its result.

use crate::report::kept::State;
use crate::verdict::Status;

/// How far a run is, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunStatus {
    Running,
    Pass,
    Fail,
    Error,
    Cancelled,
    Skipped,
    /// Its host was killed before it could judge.
    Broken,
    /// Its folder can't be read whole.
    Damaged,
}

impl RunStatus {
    pub const ALL: [RunStatus; 8] = [
        RunStatus::Running,
        RunStatus::Pass,
        RunStatus::Fail,
        RunStatus::Error,
        RunStatus::Cancelled,
        RunStatus::Skipped,
        RunStatus::Broken,
        RunStatus::Damaged,
    ];

    pub fn word(self) -> &'static str {
        match self {
            RunStatus::Running => "running",
            RunStatus::Pass => "pass",
            RunStatus::Fail => "fail",
            RunStatus::Error => "error",
            RunStatus::Cancelled => "cancelled",
            RunStatus::Skipped => "skipped",
            RunStatus::Broken => "broken",
            RunStatus::Damaged => "damaged",
        }
    }

    pub(in crate::store) fn from_word(word: &str) -> RunStatus {
        RunStatus::ALL.into_iter().find(|status| status.word() == word).unwrap_or(RunStatus::Damaged)
    }
}

impl From<Status> for RunStatus {
    fn from(status: Status) -> RunStatus {
        match status {
            Status::Pass => RunStatus::Pass,
            Status::Fail => RunStatus::Fail,
            Status::Error => RunStatus::Error,
            Status::Cancelled => RunStatus::Cancelled,
            Status::Skipped => RunStatus::Skipped,
        }
    }
}

impl From<&State> for RunStatus {
    fn from(state: &State) -> RunStatus {
        match state {
            State::Judged(status) => RunStatus::from(*status),
            State::GoingOn => RunStatus::Running,
            State::BrokenOff => RunStatus::Broken,
            State::Damaged(_) => RunStatus::Damaged,
        }
    }
}
