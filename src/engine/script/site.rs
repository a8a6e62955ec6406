//! Positions in scripts.

use rhai::{EvalContext, NativeCallContext, Position};

/// A position in one of a run's scripts, as Rhai gives it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Site {
    /// The name of the script; none for the run's main script.
    pub source: Option<String>,
    pub position: Position,
}

impl Site {
    pub fn new(source: Option<&str>, position: Position) -> Site {
        Site { source: source.filter(|source| !source.is_empty()).map(str::to_string), position }
    }

    /// Where the native function was called.
    pub fn of_call(context: &NativeCallContext) -> Site {
        Site::new(context.call_source(), context.call_position())
    }

    pub fn of_syntax(context: &EvalContext, position: Position) -> Site {
        Site::new(context.source(), position)
    }
}
