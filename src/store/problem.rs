//! Why the store refuses or fails to do something.

use super::version::Version;
use crate::diagnostic::Diagnostic;

/// A refusal of the store, by what a caller has to tell apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    /// What was named is not there.
    Missing(Diagnostic),
    /// The name belongs to another; names differ by more than their case.
    Taken(Diagnostic),
    /// A name or value that is not allowed.
    Invalid(Diagnostic),
    /// The test was saved by somebody else since the version that this one is based on.
    Conflict(Box<Conflict>),
    /// The database can't be read or written.
    Broken(Diagnostic),
}

/// Two texts that come from the same version.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The version that the refused text was based on.
    pub based_on: u32,
    /// The version that was saved meanwhile, with its text.
    pub current: Version,
}

impl Problem {
    pub(super) fn missing(what: &str, name: impl std::fmt::Display) -> Problem {
        Problem::Missing(Diagnostic::error(format!("there is no {what} `{name}`")).advice("it may have been deleted"))
    }

    pub(super) fn taken(what: &str, name: &str) -> Problem {
        Problem::Taken(
            Diagnostic::error(format!("there is a {what} `{name}` already"))
                .advice("take another name; upper and lower case do not tell names apart"),
        )
    }

    /// What to tell the user.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            Problem::Missing(problem)
            | Problem::Taken(problem)
            | Problem::Invalid(problem)
            | Problem::Broken(problem) => problem.clone(),
            Problem::Conflict(conflict) => {
                let Conflict { based_on, current } = &**conflict;
                let by = current.author.as_ref().map(|author| format!(" by {author}")).unwrap_or_default();
                let number = current.number;
                Diagnostic::error(format!(
                    "the test was saved{by} meanwhile: this text is based on version {based_on}, the newest is {number}"
                ))
                .advice("compare both texts, and save again based on the newest version")
            }
        }
    }
}

pub(super) fn damaged(how: &str) -> Problem {
    Problem::Broken(Diagnostic::error(format!("the database is damaged: {how}")).advice(
        "move the file away, with its -wal and -shm, and put a copy of it there, or begin with an empty one: runs are read again \
         from their folders",
    ))
}

impl From<Problem> for Diagnostic {
    fn from(problem: Problem) -> Diagnostic {
        problem.diagnostic()
    }
}
