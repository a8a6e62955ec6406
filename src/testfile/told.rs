//! The parser's messages, up to a limit: a hostile file must not make a million of them.

use crate::diagnostic::{Diagnostic, MOST, Place, Source};
use std::ops::Range;
use std::sync::Arc;

pub struct Told {
    pub source: Arc<Source>,
    pub diagnostics: Vec<Diagnostic>,
    pub errors: usize,
    pub warnings: usize,
}

impl Told {
    pub fn error(&mut self, span: Range<usize>, message: impl Into<String>, advice: impl FnOnce() -> String) {
        self.errors += 1;
        if self.errors <= MOST {
            self.tell(Diagnostic::error(message), span, advice());
        }
    }

    pub fn warning(&mut self, span: Range<usize>, message: impl Into<String>, advice: impl FnOnce() -> String) {
        self.warnings += 1;
        if self.warnings <= MOST {
            self.tell(Diagnostic::warning(message), span, advice());
        }
    }

    fn tell(&mut self, diagnostic: Diagnostic, span: Range<usize>, advice: String) {
        self.diagnostics.push(diagnostic.at(Place { source: self.source.clone(), span }).advice(advice));
    }

    /// The warnings; or, if there are errors, all.
    pub fn finish(mut self) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        if self.errors > MOST {
            let more = format!("{} more errors are not shown", self.errors - MOST);
            self.diagnostics.push(Diagnostic::error(more));
        }
        if self.warnings > MOST {
            let more = format!("{} more warnings are not shown", self.warnings - MOST);
            self.diagnostics.push(Diagnostic::warning(more));
        }
        if self.errors > 0 { Err(self.diagnostics) } else { Ok(self.diagnostics) }
    }
}

/// A word of the user's for a message, cut if it is no word at all.
pub fn short(word: &str) -> String {
    const MOST: usize = 60;
    match word.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.to_string(),
    }
}
