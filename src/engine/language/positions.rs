//! Rhai's positions and the user's places.

use crate::diagnostic::Place;
use crate::script::Script;
use rhai::{Expr, Position};

/// The place of a rhai position in the user's file.
pub fn place(script: &Script, position: Position) -> Place {
    script.place(position.line().unwrap_or(1) as u32, position.position().unwrap_or(1) as u32)
}

/// Where an expression begins: rhai gives the place of an operator, not of its first operand.
pub fn start_of(expression: &Expr) -> Position {
    match expression {
        Expr::FnCall(call, position) => match (&call.op_token, &call.args[..]) {
            (Some(_), [first, _, ..]) => start_of(first),
            _ => *position,
        },
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => start_of(&chain.lhs),
        Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => start_of(&parts[0]),
        other => other.start_position(),
    }
}
