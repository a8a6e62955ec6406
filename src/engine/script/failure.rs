//! What a native function gives a script that asked for what can't be done, or that waited in vain.

use crate::event::Ended;
use rhai::{Dynamic, EvalAltResult, Position};

pub type Fallible<T> = Result<T, Box<EvalAltResult>>;

/// What a script can catch: an await that was not satisfied, or a mistake.
#[derive(Debug, Clone)]
pub struct ScriptFailure {
    /// `timeout`, `quiet`, `lost`, or `error`.
    pub kind: &'static str,
    pub ended: Ended,
}

/// What Rhai shows where it shows errors itself.
impl std::fmt::Display for ScriptFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.ended.message)
    }
}

impl ScriptFailure {
    pub fn new(kind: &'static str, ended: Ended) -> ScriptFailure {
        ScriptFailure { kind, ended }
    }
}

/// The error of a native function that was asked for what can't be done. A script can catch it (`e.kind` is `error`).
pub fn wrong(message: impl Into<String>) -> Box<EvalAltResult> {
    wrong_at(message, Position::NONE)
}

/// The same where Rhai does not know the position by itself.
pub fn wrong_at(message: impl Into<String>, position: Position) -> Box<EvalAltResult> {
    let failure = ScriptFailure::new("error", Ended::error(message));
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(failure), position))
}
