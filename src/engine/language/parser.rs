//! Parses texts. Parsing needs only the grammar: no functions, no run.

use super::{claims, grammar, tokens};
use rhai::AST;

#[cfg(test)]
thread_local! {
    /// How many texts this thread has parsed.
    pub static PARSED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Parses a text. `source`: its name in errors and imports.
pub fn parse_text(text: &str, source: &str) -> Result<AST, rhai::ParseError> {
    #[cfg(test)]
    PARSED.set(PARSED.get() + 1);
    let mut engine = grammar::reader();
    tokens::map_tokens(&mut engine, text, false);
    let mut ast = engine.compile(text)?;
    ast.set_source(source);
    Ok(ast)
}

/// Parses a text that compiles for a run: `check` and `assert` become keywords.
pub fn parse_to_run(text: &str, source: &str) -> Result<AST, rhai::ParseError> {
    let mut engine = grammar::reader();
    tokens::map_tokens(&mut engine, text, true);
    match engine.compile(text) {
        // a function of the script takes precedence
        Ok(mut ast) if !ast.iter_functions().any(|function| claims::keyword_of(function.name).is_some()) => {
            ast.set_source(source);
            Ok(ast)
        }
        _ => parse_text(text, source),
    }
}
