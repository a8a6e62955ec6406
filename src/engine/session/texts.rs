//! The text of a session: which parts stay, and which become blank so that the rest keeps its place.

use crate::engine::api::agent::AgentValue;
use crate::engine::language::parser::parse_text;
use crate::engine::language::statements;
use rhai::{AST, Dynamic, Scope, Stmt};
use std::ops::Range;

/// The functions that a text defines: names with numbers of parameters.
pub fn functions(ast: &AST) -> impl Iterator<Item = (String, usize)> {
    let named = ast.iter_functions().map(|function| (function.name.to_string(), function.params.len()));
    named.filter(|(name, _)| !name.starts_with("anon$"))
}

/// A blank text of the same shape, so that what follows keeps its place.
pub fn blank(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect()
}

/// Blanks a range of characters.
pub fn without(text: &str, range: Range<usize>) -> String {
    let kept = text.chars().enumerate().map(|(n, c)| if range.contains(&n) && c != '\n' { ' ' } else { c });
    kept.collect()
}

/// A script's functions and imports at their places, and nothing else.
pub fn without_statements(text: &str) -> String {
    let mut kept = String::new();
    for part in statements::split(text) {
        let own = &text[part];
        let stays = parse_text(own, "")
            .is_ok_and(|ast| ast.statements().iter().all(|statement| matches!(statement, Stmt::Import(..))));
        kept.push_str(&if stays { own.to_string() } else { blank(own) });
    }
    kept.extend(std::iter::repeat_n('\n', text.matches('\n').count() - kept.matches('\n').count()));
    kept
}

/// Declares variables in one line of text; only agents keep their kind.
pub fn declared(variables: &Scope) -> String {
    let declare = |(name, _, value): (&str, bool, Dynamic)| match value.is::<AgentValue>() {
        true => format!("let {name} = agent(\"{name}\"); "),
        false => format!("let {name} = something(); "),
    };
    variables.iter().map(declare).collect()
}
