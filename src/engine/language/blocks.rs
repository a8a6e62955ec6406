//! The words `test`, `setup` and `teardown` in a text and in its syntax tree.

use rhai::{Expr, Position};
use std::sync::Arc;

/// The internal keywords for these words. Scripts can't have such names.
pub const TEST: &str = "__test";
pub const SETUP: &str = "__setup";
pub const TEARDOWN: &str = "__teardown";

/// Which part of a file runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum TestSelection {
    /// The whole file. A test block runs where it is.
    #[default]
    Whole,
    /// Only the top level, to find the tests.
    Collect,
    /// The top level up to the test with this name, and the test.
    One(Arc<str>),
}

/// A test of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub name: Arc<str>,
    /// The position of its name.
    pub(in crate::engine) position: Position,
}

/// The word of a keyword, as people write it.
pub fn word_of(keyword: &str) -> Option<&'static str> {
    match keyword {
        TEST => Some("test"),
        SETUP => Some("setup"),
        TEARDOWN => Some("teardown"),
        _ => None,
    }
}

/// The keyword for a word that begins a block. Decides by the text before and after the word on its line.
pub fn keyword_of(word: &str, before: &str, after: &str) -> Option<&'static str> {
    let first = matches!(before.trim_end().chars().last(), None | Some('{' | '}' | ';'));
    let rest = after.trim_start();
    let is_block = rest.starts_with('{');
    let is_name = rest.starts_with(['"', '`']) || (rest.len() < after.len() && names_a_test(rest));
    match word {
        "test" if first && is_name => Some(TEST),
        "setup" if first && is_block => Some(SETUP),
        "teardown" if first && is_block => Some(TEARDOWN),
        _ => None,
    }
}

/// Whether an expression and a block follow: `row.name {`.
fn names_a_test(rest: &str) -> bool {
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    !word.is_empty() && !matches!(word.as_str(), "in" | "as") && rest.contains('{')
}

/// The word and the operands of a block in a syntax tree.
pub fn block_of(expression: &Expr) -> Option<(&'static str, &[Expr])> {
    let Expr::Custom(custom, _) = expression else { return None };
    Some((word_of(custom.tokens.first()?)?, &custom.inputs))
}
