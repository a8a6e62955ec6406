//! Errors that a native function returns to a script.

use crate::event::Ended;
use rhai::{Dynamic, EvalAltResult, Position};

pub type Fallible<T> = Result<T, Box<EvalAltResult>>;

/// What a script can catch: an await that was not satisfied, a lost agent, or a mistake.
#[derive(Debug, Clone)]
pub struct ScriptFailure {
    /// `timeout`, `quiet`, `lost`, or `error`.
    pub kind: &'static str,
    pub ended: Ended,
}

/// Rhai uses this where it prints errors itself.
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

/// The error for a call that makes no sense. A script can catch it (`e.kind` is `error`).
pub fn wrong(message: impl Into<String>) -> Box<EvalAltResult> {
    wrong_at(message, Position::NONE)
}

/// Like [`wrong`], with a position that Rhai can't find itself.
pub fn wrong_at(message: impl Into<String>, position: Position) -> Box<EvalAltResult> {
    let failure = ScriptFailure::new("error", Ended::error(message));
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(failure), position))
}
