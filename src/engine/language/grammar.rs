//! What the language adds to Rhai's grammar: `await … within …`, duration literals, blocks, claims.
//!
//! A syntax tree has no handlers: Rhai looks a construct up in the engine that evaluates it. So an engine that only
//! knows the shapes parses texts ([`reader`]), and a run's engine registers the same shapes with handlers
//! ([`prepare`]).

use super::blocks::{SETUP, TEARDOWN, TEST};
use super::claims::{ASSERT, CHECK};
use super::duration::Millis;
use super::functions::SHARE;
use rhai::{CustomExpr, Dynamic, Engine, EvalAltResult, EvalContext, Expression, OptimizationLevel};
use rhai::{ImmutableString, ParseError};

/// The internal keyword for a duration literal. Scripts can't have such a name.
pub const DURATION: &str = "__duration";

/// The advice for all mistakes with precedence: an operand of `await` reaches as far as an expression can.
pub const PARENTHESES: &str = "put parentheses around await: (await …).param, (await …) == …";

/// What a construct does in a run. Gets its operands, and the state that its shape has set.
pub type Handler = fn(&mut EvalContext, &[Expression], &Dynamic) -> Result<Dynamic, Box<EvalAltResult>>;

/// The handlers of the language's constructs.
pub struct Handlers {
    pub wait: Handler,
    pub check: Handler,
    pub assert: Handler,
    pub test: Handler,
    /// Shares a variable of the top level with the functions.
    pub share: Handler,
}

/// An engine that parses texts and can't run them.
pub fn reader() -> Engine {
    let unread: Handler = |_, _, _| Err("this engine only reads".into());
    let mut engine = Engine::new_raw();
    prepare(&mut engine, Handlers { wait: unread, check: unread, assert: unread, test: unread, share: unread });
    engine
}

/// Sets an engine's limits and registers the constructs of the language.
pub fn prepare(engine: &mut Engine, handlers: Handlers) {
    // no optimization: positions stay exact, and there is nothing worth optimizing
    engine.set_optimization_level(OptimizationLevel::None);
    engine.disable_symbol("eval");
    // a closure that captures itself doubles in each turn of a loop, past all limits
    engine.disable_symbol("curry");
    engine.set_max_call_levels(64);
    engine.set_max_expr_depths(64, 64);
    engine.set_max_string_size(16 << 20);
    // with a limit, Rhai measures a list at each change; a low limit keeps that cheap
    engine.set_max_array_size(1 << 16);
    engine.set_max_map_size(1 << 16);
    engine.set_max_modules(256);
    engine.register_custom_syntax_with_state_raw("await", await_shape, false, handlers.wait);
    engine.register_custom_syntax_with_state_raw(DURATION, integer_shape, false, |_, inputs, _| {
        let microseconds = inputs[0].get_literal_value::<i64>().unwrap_or_default();
        Ok(Dynamic::from(Millis(microseconds as f64 / 1000.0)))
    });
    for (keyword, handler) in [(CHECK, handlers.check), (ASSERT, handlers.assert)] {
        engine.register_custom_syntax_with_state_raw(keyword, claim_shape, false, handler);
    }
    engine.register_custom_syntax_with_state_raw(TEST, test_shape, false, handlers.test);
    for keyword in [SETUP, TEARDOWN] {
        // a test looks them up in the syntax tree
        engine.register_custom_syntax_with_state_raw(keyword, block_shape, false, |_, _, _| Ok(Dynamic::UNIT));
    }
    engine.register_custom_syntax_with_state_raw(SHARE, |_, _, _| Ok(None), false, handlers.share);
}

/// What Rhai's parser reads next: a word, `$expr$`, `$block$`, `$int$`; nothing at the end of a construct.
type Next = Result<Option<ImmutableString>, ParseError>;

/// `await W`, `await W within D`, `await W during D`.
fn await_shape(symbols: &[ImmutableString], next: &str, state: &mut Dynamic) -> Next {
    Ok(match symbols.len() {
        1 | 3 => Some("$expr$".into()),
        2 if matches!(next, "within" | "during") => {
            *state = next.to_string().into();
            Some(next.into())
        }
        _ => None,
    })
}

fn integer_shape(symbols: &[ImmutableString], _: &str, _: &mut Dynamic) -> Next {
    Ok((symbols.len() == 1).then(|| "$int$".into()))
}

/// The position of the call, a condition, and other arguments, up to the closing parenthesis.
fn claim_shape(symbols: &[ImmutableString], next: &str, _: &mut Dynamic) -> Next {
    Ok(match symbols.last().map(|symbol| symbol.as_str()) {
        _ if symbols.len() == 1 => Some("$int$".into()),
        Some(")") => None,
        Some("$expr$") if next != "," => Some(")".into()),
        Some("$expr$") => Some(",".into()),
        Some(",") if next == ")" => Some(")".into()),
        _ => Some("$expr$".into()),
    })
}

/// `test NAME { … }`
fn test_shape(symbols: &[ImmutableString], _: &str, _: &mut Dynamic) -> Next {
    Ok(match symbols.len() {
        1 => Some("$expr$".into()),
        2 => Some("$block$".into()),
        _ => None,
    })
}

/// `setup { … }`, `teardown { … }`
fn block_shape(symbols: &[ImmutableString], _: &str, _: &mut Dynamic) -> Next {
    Ok((symbols.len() == 1).then(|| "$block$".into()))
}

/// Whether custom syntax is a duration literal.
pub fn is_duration(custom: &CustomExpr) -> bool {
    custom.tokens.first().is_some_and(|keyword| keyword == DURATION)
}
