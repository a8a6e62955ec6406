//! The classic testfile language: text → directives and steps, with their places. Runs nothing.
//!
//! Lines are directives (`_accept CALL_CLOSED`), comments (`# …`) or chains (`ua1:dial ua2 | 2s | hangup`). Macros of
//! `_define` are replaced as plain text before a chain is read; a span always points into the text that the user wrote.

mod agents;
mod chain;
mod directive;
mod macros;
mod parse;
pub mod suggest;
#[cfg(test)]
mod tests;
mod told;

use crate::diagnostic::{Diagnostic, Source};
use std::ops::Range;
use std::sync::Arc;

pub use agents::alias;
pub use directive::{Directive, WORDS as DIRECTIVES};

/// The largest testfile, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;
/// The most parts (waits and commands) that the chains of a testfile may have, directives and macros included:
/// positions in a compiled script end at line 65,535.
pub const MAX_PARTS: usize = 60_000;

/// The longest command that an agent takes (its name, a space, its parameters), in bytes.
pub const MAX_COMMAND: usize = 1023;

/// A testfile that can be run.
#[derive(Debug, Clone, PartialEq)]
pub struct TestFile {
    pub source: Arc<Source>,
    /// In the order of the file. Of a directive that counts once, the last.
    pub lines: Vec<Line>,
    /// What is odd but does not stop a run.
    pub warnings: Vec<Diagnostic>,
}

/// A line that says something.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// From 1.
    pub number: u32,
    /// Its bytes, without the white space around it.
    pub span: Range<usize>,
    pub content: Content,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// The text after the `#`.
    Comment(String),
    /// The directive and the bytes of its value (empty, at the end of the line, where it has none).
    Directive(Directive, Range<usize>),
    /// `_define`: a macro for the lines after it.
    Define { name: String, value: String },
    /// The steps of a chain. It ends with a wait.
    Chain(Vec<Step>),
}

/// A piece of a chain after macro substitution, and where it comes from: the bytes of the source that it stands in,
/// or those of the macro names that it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub span: Range<usize>,
}

/// One part of a chain.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// `2s`; also the second that a chain without a wait at its end gets.
    Wait(Wait),
    /// `uanew <account>`. Where the account begins with the name of an `_account` (`uanew trunk;input_wav=a.wav`), that is what the
    /// agent is called, and `named` is it.
    Create { account: Piece, named: Option<String> },
    /// `uafind <alias>`
    Find { alias: Piece },
    /// `uadelall`
    DeleteAll,
    /// Anything else: a command of the agent.
    Command(Command),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    pub amount: u64,
    /// `ms`, `s` or `m`
    pub unit: &'static str,
}

impl Wait {
    pub fn milliseconds(&self) -> u64 {
        self.amount.saturating_mul(match self.unit {
            "ms" => 1,
            "s" => 1_000,
            _ => 60_000,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub to: To,
    /// The command's name (`dial`).
    pub word: Piece,
    /// What follows the name and the white space after it, as it is.
    pub params: Option<Piece>,
}

/// Who gets a command. Known without running: a testfile has no branches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// The agent whose alias stands before the colon.
    Named(Piece),
    /// The active agent: its alias.
    Active(Arc<str>),
    /// No agent is there to take it: the run ends here as Error.
    Nobody,
}

impl TestFile {
    pub fn directives(&self) -> impl Iterator<Item = &Directive> {
        self.lines.iter().filter_map(|line| match &line.content {
            Content::Directive(directive, _) => Some(directive),
            _ => None,
        })
    }

    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.lines.iter().flat_map(|line| match &line.content {
            Content::Chain(steps) => steps.as_slice(),
            _ => &[],
        })
    }
}

/// Reads a testfile; or says all that is wrong with it, warnings included, in the order of the file. `defines` are macros that
/// hold from the first line on, whatever the file's own `_define`s of their names say.
pub fn parse(source: &Arc<Source>, defines: &[(String, String)]) -> Result<TestFile, Vec<Diagnostic>> {
    parse::Parser::new(source, defines).parse()
}
