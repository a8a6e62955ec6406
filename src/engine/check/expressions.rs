//! Walks expressions and finds the kinds of their values.

use super::effort;
use super::kinds::ValueKind;
use super::walk::Walk;
use regex::Regex;
use rhai::{Expr, Position, Stmt};
use std::sync::LazyLock;

/// `${name` in a text.
static FILLED_IN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\$\{\s*([A-Za-z_]\w*)[^}]*\}").expect("a fixed pattern"));

impl Walk<'_> {
    fn all<'e>(&mut self, expressions: impl Iterator<Item = &'e Expr>) {
        for expression in expressions {
            self.expression(expression);
        }
    }

    /// Walks an expression; returns the kind of its value.
    pub fn expression(&mut self, expression: &Expr) -> ValueKind {
        effort::spend();
        match expression {
            Expr::IntegerConstant(..) | Expr::FloatConstant(..) => ValueKind::Number,
            Expr::StringConstant(text, position) => {
                self.plain_quotes(text, *position);
                ValueKind::Text
            }
            Expr::BoolConstant(..) => ValueKind::Bool,
            Expr::Unit(_) => ValueKind::Unit,
            Expr::InterpolatedString(parts, _) => {
                self.all(parts.iter());
                ValueKind::Text
            }
            Expr::Array(elements, position) => {
                let kinds: Vec<_> = elements.iter().map(|element| self.expression(element)).collect();
                let kind = ValueKind::from_list(&kinds);
                self.lists.insert(*position, kinds);
                kind
            }
            Expr::Map(map, _) => {
                self.all(map.0.iter().map(|(_, value)| value));
                ValueKind::Map
            }
            Expr::Variable(variable, _, position) if variable.2.is_empty() => self.variable(&variable.1, *position),
            Expr::Variable(variable, _, position) => {
                if variable.2.path.first().is_some_and(|root| root.name == "global") {
                    self.global(&variable.1, *position);
                }
                ValueKind::Unknown
            }
            Expr::FnCall(call, position) => self.call(call, *position),
            Expr::Dot(parts, ..) => {
                let receiver = self.expression(&parts.lhs);
                self.chain(receiver, &parts.rhs)
            }
            Expr::Index(parts, ..) => {
                let list = self.expression(&parts.lhs);
                self.indexed(list, &parts.rhs)
            }
            Expr::And(operands, _) | Expr::Or(operands, _) => {
                let sign = if matches!(expression, Expr::And(..)) { "what `&&` joins" } else { "what `||` joins" };
                operands.iter().for_each(|operand| self.truth(operand, sign));
                ValueKind::Bool
            }
            Expr::Coalesce(operands, _) => {
                self.all(operands.iter());
                ValueKind::Unknown
            }
            Expr::Stmt(block) => self.block_expression(block.statements()),
            Expr::DynamicConstant(value, _) => {
                self.closure(value, &[], ValueKind::Unknown);
                ValueKind::Closure
            }
            Expr::Custom(custom, _) => self.custom(custom),
            _ => ValueKind::Unknown,
        }
    }

    /// Walks a block with a value, or a closure that captures variables, which Rhai writes as a block.
    fn block_expression(&mut self, statements: &[Stmt]) -> ValueKind {
        match statements {
            [Stmt::Share(_), Stmt::Expr(closure)] => {
                self.expression(closure);
                ValueKind::Closure
            }
            statements => {
                self.block(statements, true);
                ValueKind::Unknown
            }
        }
    }

    /// Warns of `"…${x}…"`: only texts in backticks are filled in.
    fn plain_quotes(&mut self, text: &str, position: Position) {
        let meant = FILLED_IN.captures_iter(text).find(|found| self.scope.has(&found[1]));
        if let Some(found) = meant {
            self.scope.used(&found[1]);
            let message = format!("a text in plain quotes does not fill in `{}`", &found[0]);
            self.warn("plain-quotes", position, message, Some("write it in backticks: `…`".to_string()));
        }
    }

    /// Walks what follows a dot: a property, a method, and what follows these.
    fn chain(&mut self, receiver: ValueKind, rest: &Expr) -> ValueKind {
        match rest {
            Expr::Property(property, position) => self.property(receiver, &property.2, *position),
            Expr::MethodCall(call, position) => self.method(receiver, call, *position),
            Expr::Dot(parts, ..) => {
                let next = self.chain(receiver, &parts.lhs);
                self.chain(next, &parts.rhs)
            }
            Expr::Index(parts, ..) => {
                let list = self.chain(receiver, &parts.lhs);
                self.indexed(list, &parts.rhs)
            }
            _ => ValueKind::Unknown,
        }
    }

    /// Walks what follows `[`: the index, and what follows `]`.
    fn indexed(&mut self, list: ValueKind, rest: &Expr) -> ValueKind {
        let element = list.element();
        let index = match rest {
            Expr::Dot(parts, ..) | Expr::Index(parts, ..) => &parts.lhs,
            index => index,
        };
        if let (ValueKind::Headers, Expr::StringConstant(name, position)) = (list, index) {
            self.header_named(name, *position);
        }
        match rest {
            Expr::Dot(parts, ..) => {
                self.expression(&parts.lhs);
                self.chain(element, &parts.rhs)
            }
            Expr::Index(parts, ..) => {
                self.expression(&parts.lhs);
                self.indexed(element, &parts.rhs)
            }
            index => {
                self.expression(index);
                element
            }
        }
    }
}
