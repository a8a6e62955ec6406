//! Exit codes, for CI jobs.

use super::Status;

/// How the program ends. Of several tests, the worst counts; a later one is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitCode {
    /// All passed, or were skipped.
    Passed,
    /// A check failed.
    Failed,
    /// Wrong usage, no test found, or a script that does not compile.
    Usage,
    /// A run that could not be carried out.
    Error,
    /// The user stopped it.
    Interrupted,
}

impl ExitCode {
    pub fn code(self) -> u8 {
        match self {
            ExitCode::Passed => 0,
            ExitCode::Failed => 1,
            ExitCode::Usage => 2,
            ExitCode::Error => 3,
            ExitCode::Interrupted => 130,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        match status {
            Status::Pass | Status::Skipped => ExitCode::Passed,
            Status::Fail => ExitCode::Failed,
            Status::Error => ExitCode::Error,
            Status::Cancelled => ExitCode::Interrupted,
        }
    }
}

/// The worst of several; [`ExitCode::Passed`] of none.
pub fn worst(codes: impl IntoIterator<Item = ExitCode>) -> ExitCode {
    codes.into_iter().max().unwrap_or(ExitCode::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_counts() {
        use ExitCode::*;
        let code = |codes: &[ExitCode]| worst(codes.iter().copied()).code();
        assert_eq!(code(&[]), 0);
        assert_eq!(code(&[Passed, Failed, Passed]), 1);
        assert_eq!(code(&[Usage, Failed]), 2);
        assert_eq!(code(&[Failed, Error, Usage]), 3);
        assert_eq!(code(&[Error, Interrupted, Usage]), 130);
        assert_eq!(ExitCode::from(Status::Cancelled).code(), 130);
    }
}
