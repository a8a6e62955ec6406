//! What the language adds to Rhai's grammar: `await … within …`, `await … during …`, and duration literals.

use super::duration::{self, Millis};
use crate::engine::api::waiter::Waiter;
use crate::engine::api::{comparisons, waiting};
use crate::engine::running::blocks;
use crate::engine::running::ended::{plain_type, wrong_at};
use crate::engine::script::at::Site;
use crate::engine::script::run::{Fallible, Run};
use rhai::{
    ASTNode, CustomExpr, Dynamic, Engine, EvalContext, Expr, Expression, LexError, NativeCallContext, Position, Token,
};
use std::cell::RefCell;
use std::sync::Mutex;

/// The keyword behind a duration literal; no name that a script could have.
const DURATION: &str = "__duration";

pub fn register_into(engine: &mut Engine) {
    engine.register_custom_syntax_with_state_raw(
        "await",
        |symbols, next, state| {
            Ok(match symbols.len() {
                1 | 3 => Some("$expr$".into()),
                2 if matches!(next, "within" | "during") => {
                    *state = next.to_string().into();
                    Some(next.into())
                }
                _ => None,
            })
        },
        false,
        |context, inputs, clause| await_waiter(context, inputs, &clause.to_string()),
    );
    engine.register_custom_syntax_with_state_raw(
        DURATION,
        |symbols, _, _| Ok((symbols.len() == 1).then(|| "$int$".into())),
        false,
        |_, inputs, _| {
            let microseconds = inputs[0].get_literal_value::<i64>().unwrap_or_default();
            Ok(Dynamic::from(Millis(microseconds as f64 / 1000.0)))
        },
    );
}

/// Whether custom syntax is a duration literal.
pub fn is_duration(custom: &CustomExpr) -> bool {
    custom.tokens.first().is_some_and(|keyword| keyword == DURATION)
}

thread_local! {
    /// Where `dtmf` is called in the operand of the `await` that is being evaluated.
    static AWAITED: RefCell<Vec<Position>> = const { RefCell::new(vec![]) };
}

/// Whether a method stands in the operand of an `await` itself, not in a function that it calls.
pub fn is_awaited(context: &NativeCallContext) -> bool {
    AWAITED.with_borrow(|calls| calls.contains(&context.call_position()))
}

fn dtmf_calls(operand: &Expr) -> Vec<Position> {
    let mut calls = vec![];
    operand.walk(&mut vec![], &mut |path: &[ASTNode]| {
        if let Some(ASTNode::Expr(Expr::MethodCall(call, position))) = path.last()
            && call.name == "dtmf"
        {
            calls.push(*position);
        }
        true
    });
    calls
}

fn await_waiter(context: &mut EvalContext, inputs: &[Expression], clause: &str) -> Fallible<Dynamic> {
    let position = inputs[0].start_position();
    let fail = |message: String| wrong_at(message, position);
    let outer = AWAITED.replace(dtmf_calls(&inputs[0]));
    let operand = context.eval_expression_tree(&inputs[0]);
    AWAITED.set(outer);
    let operand = operand?;
    let kind = plain_type(operand.type_name());
    let Some(waiter) = operand.try_cast::<Waiter>() else {
        return Err(fail(format!(
            "`await` needs a waiter such as alice.event(\"CALL_ESTABLISHED\"), not {kind}; {PARENTHESES}"
        )));
    };
    let time = match inputs.get(1) {
        None => None,
        // `await … within 5s && …` gives all of `5s && …` to the duration
        Some(time) if matches!(**time, Expr::And(..) | Expr::Or(..) | Expr::Coalesce(..)) => {
            return Err(fail(PARENTHESES.to_string()));
        }
        Some(time) => {
            let value = context.eval_expression_tree(time)?;
            let given = Millis::from_script(&value).map_err(|message| match value.is_bool() {
                true => fail(PARENTHESES.to_string()),
                false => wrong_at(message, time.start_position()),
            });
            Some(given?)
        }
    };
    let site = Site::of_syntax(context, position);
    let run = Run::by_tag(context.tag())?;
    let source = site.source.clone();
    let global = context.global_runtime_state();
    let call = NativeCallContext::from((context.engine(), "await", source.as_deref(), global, position));
    match (waiter.is_quiet(), clause, time) {
        (true, "during", Some(time)) => waiting::stay_quiet(&run, &call, &waiter, time, &site),
        (true, ..) => Err(fail("say how long it has to be quiet: await alice.quiet(\"CALL_CLOSED\") during 1s".into())),
        (false, "during", _) => Err(fail("`during` goes with quiet(…); say `within` for the longest wait".into())),
        (false, _, time) => waiting::wait_for(&run, &call, &waiter, time, &site),
    }
}

/// The advice for every trap of precedence: an operand of `await` reaches as far as an expression can.
pub const PARENTHESES: &str = "put parentheses around await: (await …).param, (await …) == …";

/// Makes the engine read duration literals, and `call` as a name, in the text that it is about to compile.
///
/// Rhai's lexer gives `5s` as a number and a name. The text at the number tells them from `5 s`; then the number
/// becomes our keyword, and the name becomes the number of microseconds. In a text that runs, a call of `check` or `assert`
/// becomes a keyword too, and its parenthesis becomes its place.
pub fn map_tokens(engine: &mut Engine, text: &str, runs: bool) {
    let lines: Vec<String> = text.split('\n').map(str::to_string).collect();
    let pending = Mutex::new(None::<i64>);
    #[expect(deprecated, reason = "rhai marks it as volatile, and our version of rhai is pinned by Cargo.lock")]
    engine.on_parse_token(move |token, position, _| {
        let mut pending = crate::engine::script::run::lock(&pending);
        if let Some(microseconds) = pending.take() {
            return Token::IntegerConstant(microseconds);
        }
        match &token {
            Token::IntegerConstant(_) | Token::FloatConstant(..) => {}
            // rhai reserves `call` for closures: `f.call(1)`; to a SIP test it is a name like any other
            Token::Reserved(word) if **word == "call" && !is_called(&lines, position) => {
                return Token::Identifier(word.clone());
            }
            Token::Identifier(word) if matches!(word.as_str(), "test" | "setup" | "teardown") => {
                return match block(&lines, word, position) {
                    // no custom token: rhai would take one for an operator after what stands before it
                    Some(keyword) => Token::Identifier(Box::new(keyword.into())),
                    None => token,
                };
            }
            Token::Identifier(word) if runs && is_call(&lines, position) => {
                return match comparisons::keyword(word) {
                    Some(keyword) => {
                        *pending = Some(comparisons::encode(position));
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
                Token::Custom(Box::new(DURATION.into()))
            }
            Literal::Unknown(text) => {
                let message = format!("`{text}` is no number and no duration: write 5s, 500ms or 2m");
                Token::LexError(Box::new(LexError::ImproperSymbol(text, message)))
            }
        }
    });
}

/// The keyword that a word is where it begins a block.
fn block(lines: &[String], word: &str, position: Position) -> Option<&'static str> {
    let rest = text_at(lines, position)?;
    let line = &lines[position.line()? - 1];
    blocks::keyword(word, &line[..line.len() - rest.len()], &rest[word.len()..])
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

/// Whether the word at a position calls a function: it is no method, no name in a module and no definition.
fn is_call(lines: &[String], position: Position) -> bool {
    let Some(rest) = text_at(lines, position) else { return false };
    let line = &lines[position.line().unwrap_or(1) - 1];
    let before = line[..line.len() - rest.len()].trim_end();
    is_called(lines, position) && !before.ends_with(['.', ':']) && before.split_whitespace().last() != Some("fn")
}

/// What stands at a number's position.
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
