//! Adds tokens to Rhai's lexer: duration literals, the words that begin a block, `check` and `assert`.

use super::{blocks, claims, duration, grammar};
use crate::event::lock;
use rhai::{Engine, LexError, Position, Token};
use std::sync::Mutex;

/// Lets an engine read duration literals, and `call` as a name, in the text that it will compile.
///
/// Rhai's lexer reads `5s` as a number and a name. The text at the number tells it apart from `5 s`. The number becomes
/// our keyword, and the name becomes the number of microseconds. In a text that will run, a call of `check` or `assert`
/// becomes a keyword too, and its parenthesis becomes its position.
pub fn map_tokens(engine: &mut Engine, text: &str, runs: bool) {
    let lines: Vec<String> = text.split('\n').map(str::to_string).collect();
    let pending = Mutex::new(None::<i64>);
    #[expect(deprecated, reason = "rhai marks it as volatile, and our version of rhai is pinned by Cargo.lock")]
    engine.on_parse_token(move |token, position, _| {
        let mut pending = lock(&pending);
        if let Some(microseconds) = pending.take() {
            return Token::IntegerConstant(microseconds);
        }
        match &token {
            Token::IntegerConstant(_) | Token::FloatConstant(..) => {}
            // Rhai reserves `call` for closures (`f.call(1)`); in a SIP test it is a useful name
            Token::Reserved(word) if **word == "call" && !is_called(&lines, position) => {
                return Token::Identifier(word.clone());
            }
            Token::Identifier(word) if matches!(word.as_str(), "test" | "setup" | "teardown") => {
                return match block(&lines, word, position) {
                    // not a custom token: Rhai would take it for an operator after the text before it
                    Some(keyword) => Token::Identifier(Box::new(keyword.into())),
                    None => token,
                };
            }
            Token::Identifier(word) if runs && is_call(&lines, position) => {
                return match claims::keyword_of(word) {
                    Some(keyword) => {
                        *pending = Some(claims::encode(position));
                        Token::Custom(Box::new(keyword.into()))
                    }
                    None => token,
                };
            }
            _ => return token,
        }
        match literal(&lines, position) {
            Literal::Number => token,
            Literal::Duration(microseconds) => {
                *pending = Some(microseconds);
                Token::Custom(Box::new(grammar::DURATION.into()))
            }
            Literal::Unknown(text) => {
                let message = format!("`{text}` is no number and no duration: write 5s, 500ms or 2m");
                Token::LexError(Box::new(LexError::ImproperSymbol(text, message)))
            }
        }
    });
}

/// The keyword for a word that begins a block.
fn block(lines: &[String], word: &str, position: Position) -> Option<&'static str> {
    let rest = text_at(lines, position)?;
    let line = &lines[position.line()? - 1];
    blocks::keyword_of(word, &line[..line.len() - rest.len()], &rest[word.len()..])
}

enum Literal {
    Number,
    /// In microseconds.
    Duration(i64),
    /// A number with something else at its end.
    Unknown(String),
}

/// The rest of the line from a position on.
fn text_at(lines: &[String], position: Position) -> Option<&str> {
    let line = lines.get(position.line()?.checked_sub(1)?)?;
    let (start, _) = line.char_indices().nth(position.position()?.checked_sub(1)?)?;
    Some(&line[start..])
}

/// Whether the word at a position has arguments.
fn is_called(lines: &[String], position: Position) -> bool {
    let rest = text_at(lines, position).unwrap_or_default();
    rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').trim_start().starts_with('(')
}

/// Whether the word at a position calls a function, and is not a method, a name in a module or a definition.
fn is_call(lines: &[String], position: Position) -> bool {
    let Some(rest) = text_at(lines, position) else { return false };
    let line = &lines[position.line().unwrap_or(1) - 1];
    let before = line[..line.len() - rest.len()].trim_end();
    is_called(lines, position) && !before.ends_with(['.', ':']) && before.split_whitespace().last() != Some("fn")
}

/// The literal at the position of a number.
fn literal(lines: &[String], position: Position) -> Literal {
    let Some(text) = text_at(lines, position) else { return Literal::Number };
    let unsigned = text.trim_start_matches(['-', '+']);
    let mut end = unsigned.bytes().take_while(|b| b.is_ascii_digit() || *b == b'_').count();
    let fraction =
        unsigned[end..].strip_prefix('.').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    if fraction > 0 {
        end += 1 + fraction;
    }
    let (number, rest) = unsigned.split_at(end);
    let suffix: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let radix = number == "0" && suffix.starts_with(['x', 'o', 'b', 'X', 'O', 'B']);
    let exponent =
        suffix.starts_with(['e', 'E']) && rest[1..].starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+');
    if suffix.is_empty() || number.is_empty() || radix || exponent {
        return Literal::Number;
    }
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let value = number.replace('_', "").parse::<f64>();
    match (value, duration::unit(&suffix)) {
        (Ok(value), Some(unit)) if value * unit < 1e12 => {
            Literal::Duration((sign * value * unit * 1000.0).round() as i64)
        }
        _ => Literal::Unknown(format!("{number}{suffix}")),
    }
}
