//! Where in a script something happens.

use super::run::{Run, lock};
use crate::diagnostic::Source;
use crate::engine::running::resolver;
use crate::event::At;
use rhai::{EvalContext, NativeCallContext, Position};
use std::sync::Arc;

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

impl Run {
    /// The place in the user's text, whose line the script has reached; of an embedded or imported module, the place in that.
    pub fn at(&self, site: &Site) -> At {
        let line = site.position.line().unwrap_or(1) as u32;
        let column = site.position.position().unwrap_or(1) as u32;
        match &site.source {
            Some(source) if *source != self.program.script.source.name => {
                At { source: source.as_str().into(), line, column }
            }
            _ => {
                let script = &self.program.script;
                let at = script.at(line, column);
                // a line that the compiler added is none of the user's
                if script.lines.get(line.saturating_sub(1) as usize) != Some(&0) {
                    lock(&self.reached).insert(at.line);
                }
                at
            }
        }
    }

    /// The text that a site is in: the user's, or a module's.
    pub fn source_of(&self, site: &Site) -> Option<Arc<Source>> {
        let script = &self.program.script;
        Some(match &site.source {
            Some(name) if *name != script.source.name => Source::new(name, resolver::text(&self.program, name).ok()?),
            _ => script.source.clone(),
        })
    }

    /// What stands at a site of the user's text or of a module, and behind it, cut at `most` bytes.
    pub fn text_from(&self, site: &Site, most: usize) -> Option<String> {
        let (line, column) = (site.position.line()? as u32, site.position.position()? as u32);
        let source = self.source_of(site)?;
        let text = &source.text[source.offset(line, column)..];
        Some(text[..text.floor_char_boundary(most)].to_string())
    }
}
