//! Diagnostics are data: what is wrong, where in the user's own text, and what to do. Rendering is separate.

mod json;
mod limit;
mod mask;
mod nearest;
mod render;
mod suggestion;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub use json::json;
pub use limit::{MOST, limited};
pub use mask::mask_secrets;
pub use nearest::nearest;
pub use render::{printable, render};
pub use suggestion::{Sort, Suggestion};

/// A text the user wrote: a testfile or a Rhai script.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// As the user named it, for messages ("examples/basic_call").
    pub name: String,
    pub text: String,
    /// Where each line begins.
    starts: Vec<usize>,
}

impl Source {
    /// A byte order mark is no part of the text: it would move all columns of the first line.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Source> {
        let mut text = text.into();
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Arc::new(Source { name: name.into(), text, starts })
    }

    /// Line and column of a byte offset, both from 1, the column in characters.
    pub fn line_column(&self, offset: usize) -> (u32, u32) {
        let offset = if self.text.is_char_boundary(offset) { offset } else { self.text.len() };
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        (line as u32, self.text[start..offset].chars().count() as u32 + 1)
    }

    /// The byte range of a line (from 1) without its end of line; empty past the last line.
    pub fn line_span(&self, line: u32) -> Range<usize> {
        let line = line as usize;
        let Some(start) = line.checked_sub(1).and_then(|index| self.starts.get(index)).copied() else {
            return self.text.len()..self.text.len();
        };
        let end = self.starts.get(line).map_or(self.text.len(), |next| next - 1);
        start..start + self.text[start..end].trim_end_matches('\r').len()
    }

    /// The byte offset of a line and a column (both from 1, the column in characters).
    pub fn offset(&self, line: u32, column: u32) -> usize {
        let span = self.line_span(line);
        let text = &self.text[span.clone()];
        let within = text.char_indices().nth(column.saturating_sub(1) as usize);
        span.start + within.map_or(text.len(), |(at, _)| at)
    }
}

/// Bytes of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub source: Arc<Source>,
    pub span: Range<usize>,
}

impl Place {
    /// A whole line, without the white space around it.
    pub fn line(source: &Arc<Source>, line: u32) -> Place {
        let span = source.line_span(line);
        let text = &source.text[span.clone()];
        let start = span.start + (text.len() - text.trim_start().len());
        Place { source: source.clone(), span: start..start + text.trim().len() }
    }

    /// Line and column of the first byte, both from 1.
    pub fn line_column(&self) -> (u32, u32) {
        self.source.line_column(self.span.start)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}", self.source.name)
    }
}

/// Characters that a terminal does not show, or that change how it shows the rest: control characters, marks of writing
/// direction, line separators, the byte order mark.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// One thing that is wrong. `message` is a lower-case sentence without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub message: String,
    pub place: Option<Place>,
    /// What stands at the caret, when that is more than the message says.
    pub label: Option<String>,
    /// What to do.
    pub advice: Option<String>,
    /// Its kind, for programs: `unknown-method`. Stays the same when the words change.
    pub code: Option<&'static str>,
}

impl Diagnostic {
    pub fn error(message: impl Into<String>) -> Diagnostic {
        let message = message.into();
        Diagnostic { severity: Severity::Error, message, place: None, label: None, advice: None, code: None }
    }

    pub fn warning(message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(message) }
    }

    pub fn at(mut self, place: Place) -> Diagnostic {
        self.place = Some(place);
        self
    }

    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = Some(label.into());
        self
    }

    pub fn advice(mut self, advice: impl Into<String>) -> Diagnostic {
        self.advice = Some(advice.into());
        self
    }

    pub fn code(mut self, code: &'static str) -> Diagnostic {
        self.code = Some(code);
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
