//! Checks operators: the kinds of their values, and operands that can never be equal.

use super::kinds::ValueKind;
use super::walk::Walk;
use crate::engine::language::positions::start_of;
use rhai::{Expr, FnCallExpr, Position};

impl Walk<'_> {
    /// Checks an operator; returns the kind of its value.
    pub fn operator(&mut self, call: &FnCallExpr, operands: &[ValueKind], position: Position) -> ValueKind {
        match (call.name.as_str(), operands, &call.args[..]) {
            ("==" | "!=" | "<" | "<=" | ">" | ">=", [left, right], [a, b]) => {
                self.compared(&call.name, (a, *left), (b, *right), position);
            }
            ("!", [kind], [operand]) if !matches!(kind, ValueKind::Bool | ValueKind::Unknown) => {
                let message = format!("`!` turns true into false; this is {}", kind.in_words());
                let advice = "to say that two values differ: a != b, or !(a == b)".to_string();
                self.error("argument-kind", start_of(operand), message, Some(advice));
                return ValueKind::Unknown;
            }
            _ => {}
        }
        match (call.name.as_str(), operands) {
            ("==" | "!=" | "<" | "<=" | ">" | ">=" | "!" | "in", _) => ValueKind::Bool,
            ("+" | "-", [ValueKind::Duration, ValueKind::Duration]) | ("-" | "+", [ValueKind::Duration]) => {
                ValueKind::Duration
            }
            ("*", [ValueKind::Duration, ValueKind::Number] | [ValueKind::Number, ValueKind::Duration]) => {
                ValueKind::Duration
            }
            ("+" | "-" | "*" | "/" | "%", [ValueKind::Number, ValueKind::Number]) => ValueKind::Number,
            _ => ValueKind::Unknown,
        }
    }

    /// Warns of two values of kinds that are never equal: Rhai compares them without an error.
    pub fn compared(&mut self, sign: &str, left: (&Expr, ValueKind), right: (&Expr, ValueKind), position: Position) {
        let (Some(a), Some(b)) = (class(left.1), class(right.1)) else { return };
        // a call equals its id, a plain number counts as milliseconds
        let alike = |pair: (&str, &str)| matches!(pair, ("a text", "a call") | ("a number", "a duration"));
        if a == b || alike((a, b)) || alike((b, a)) {
            return;
        }
        let what = match sign {
            "!=" => "which always differ",
            "==" | "assert_eq" => "which are never equal",
            _ => "which have no order",
        };
        let message = format!("`{sign}` compares {a} with {b}, {what}");
        let advice = of_literal(left, right).or_else(|| of_literal(right, left));
        let advice = advice.or_else(|| of_kinds(a, b)).or_else(|| of_kinds(b, a));
        self.error("compared-kinds", position, message, advice);
    }
}

/// A group of kinds that are only comparable with each other; none for a value that may have several kinds, or is
/// compared with `()`.
fn class(kind: ValueKind) -> Option<&'static str> {
    use ValueKind::*;
    let known = matches!(
        kind,
        Number | Text | Bool | Duration | List | Map | Headers | Figures | Closure | Agent | Reply | Call | Event(_)
    );
    known.then(|| kind.in_words())
}

/// Advice for a literal.
fn of_literal((literal, _): (&Expr, ValueKind), (_, other): (&Expr, ValueKind)) -> Option<String> {
    match (literal, other) {
        (Expr::IntegerConstant(number, _), ValueKind::Text) => {
            Some(format!("look into the text: ….contains(\"{number}\"), or compare with \"{number}\""))
        }
        (Expr::StringConstant(text, _), ValueKind::Number) if text.parse::<f64>().is_ok() => {
            Some(format!("write the number: {text}"))
        }
        (Expr::StringConstant(text, _), ValueKind::Bool) if matches!(text.as_str(), "true" | "false") => {
            Some(format!("write it without quotes: {text}"))
        }
        _ => None,
    }
}

fn of_kinds(one: &str, other: &str) -> Option<String> {
    match (one, other) {
        ("an agent", "a text") => Some("compare with the agent's name: alice.name".into()),
        ("a number", "a text") => Some("parse_int(…) makes a number of a text".into()),
        _ => None,
    }
}
