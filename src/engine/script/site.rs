//! Where in a script something happens.

use rhai::{EvalContext, NativeCallContext, Position};

/// A position in one of a run's scripts, as rhai names it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Site {
    /// The source that the script was compiled under; none for the run's own.
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
