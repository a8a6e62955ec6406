//! A text → its syntax tree. Parsing needs the grammar alone: no function, no run.

use super::{claims, grammar, tokens};
use rhai::AST;

/// Compiles a text under the name by which errors and imports will know it.
pub fn parse_text(text: &str, source: &str) -> Result<AST, rhai::ParseError> {
    let mut engine = grammar::reader();
    tokens::map_tokens(&mut engine, text, false);
    let mut ast = engine.compile(text)?;
    ast.set_source(source);
    Ok(ast)
}

/// A text that compiles, as it is to run.
pub fn parse_to_run(text: &str, source: &str) -> Result<AST, rhai::ParseError> {
    let mut engine = grammar::reader();
    tokens::map_tokens(&mut engine, text, true);
    match engine.compile(text) {
        // a function of the script's own goes before ours
        Ok(mut ast) if !ast.iter_functions().any(|function| claims::keyword_of(function.name).is_some()) => {
            ast.set_source(source);
            Ok(ast)
        }
        _ => parse_text(text, source),
    }
}
