//! `check(…)` and `assert(…)` as a run has them: they see both sides of a comparison, and the variables that a condition asks, so that
//! their message can show the values.
//!
//! A native function gets only true or false. So a script that is to run is parsed once more, with both as custom syntax. Everything
//! else that reads a script sees the plain calls.

use super::assertions::{self, shown};
use crate::diagnostic::mask_secrets;
use crate::engine::language::positions::start_of;
use crate::engine::language::statements::{operand, unopened};
use crate::engine::language::{claims, grammar};
use crate::engine::script::failure::Fallible;
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use rhai::{Dynamic, EvalContext, Expr, Expression, FnCallExpr, NativeCallContext, Position};

pub fn check(context: &mut EvalContext, inputs: &[Expression], _: &Dynamic) -> Fallible<Dynamic> {
    claim(context, inputs, "check")
}

pub fn assert(context: &mut EvalContext, inputs: &[Expression], _: &Dynamic) -> Fallible<Dynamic> {
    claim(context, inputs, "assert")
}

fn claim(context: &mut EvalContext, inputs: &[Expression], function: &str) -> Fallible<Dynamic> {
    let position = claims::decode(inputs[0].get_literal_value().unwrap_or_default());
    let mut seen = vec![];
    let condition = judge(context, &inputs[1], true, &mut seen)?;
    let mut arguments = vec![condition];
    for input in &inputs[2..] {
        arguments.push(context.eval_expression_tree(input)?.flatten());
    }
    let site = Site::of_syntax(context, position);
    let run = ScriptRun::from_tag(context.tag())?;
    let source = site.source.clone();
    let global = context.global_runtime_state();
    let call = NativeCallContext::from((context.engine(), function, source.as_deref(), global, position));
    let why = match &arguments[1..] {
        [] => Some(None),
        [why] => why.clone().into_immutable_string().ok().map(Some),
        _ => None,
    };
    let (Ok(holds), Some(why)) = (arguments[0].as_bool(), why) else {
        // Rhai says what is wrong with the arguments
        return call.call_native_fn_raw(function, false, &mut arguments.iter_mut().collect::<Vec<_>>());
    };
    let values = if holds { vec![] } else { values(&run, &call, &site, &seen) };
    match function {
        "assert" => assertions::assert(&call, holds, why.as_deref(), values),
        _ => assertions::check(&call, holds, why.as_deref(), values),
    }
    .map(Dynamic::from)
}

/// A value that made a condition fail, and the place of its text.
struct FailedComparison<'a> {
    text: Text<'a>,
    value: Dynamic,
}

enum Text<'a> {
    /// The text from this expression to its operator.
    Left(&'a Expr, Position),
    /// The text after an operator.
    Right(Position),
    Name(&'a str),
}

/// Evaluates a condition as Rhai does, and keeps the values that made it different from `wanted`.
fn judge<'a>(
    context: &mut EvalContext,
    condition: &'a Expr,
    wanted: bool,
    seen: &mut Vec<FailedComparison<'a>>,
) -> Fallible<Dynamic> {
    match condition {
        Expr::FnCall(call, operator) if is_comparison(call) || is_membership(call, *operator) => {
            let mut values = vec![];
            for operand in call.args.iter() {
                values.push(context.eval_expression_tree(&operand.into())?.flatten());
            }
            let result = again(context, call, *operator, &values)?;
            if result.as_bool() == Ok(!wanted) {
                seen.extend(sides(call, *operator, values));
            }
            Ok(result)
        }
        Expr::FnCall(call, position) if is_not(call) => {
            let value = judge(context, &call.args[0], !wanted, seen)?.flatten();
            again(context, call, *position, &[value])
        }
        Expr::And(parts, position) | Expr::Or(parts, position) => {
            let (before, decides) = (seen.len(), matches!(condition, Expr::Or(..)));
            for part in parts.iter() {
                let value = judge(context, part, wanted, seen)?.flatten();
                let Ok(holds) = value.as_bool() else {
                    // Rhai says that it is neither true nor false
                    let start = part.position();
                    let parts = [Expr::DynamicConstant(Box::new(value), start), Expr::BoolConstant(true, start)];
                    let same = Expr::And(Box::new(parts.into_iter().collect()), *position);
                    return context.eval_expression_tree(&(&same).into());
                };
                if holds == wanted {
                    seen.truncate(before);
                }
                if holds == decides {
                    return Ok(holds.into());
                }
            }
            Ok((!decides).into())
        }
        other => {
            let result = context.eval_expression_tree(&other.into()).map(Dynamic::flatten)?;
            if result.as_bool() == Ok(!wanted) {
                for variable in asked(other) {
                    let Some(name) = name_of(variable) else { continue };
                    let value = context.eval_expression_tree(&variable.into())?.flatten();
                    seen.push(FailedComparison { text: Text::Name(name), value });
                }
            }
            Ok(result)
        }
    }
}

/// A call with arguments that are already evaluated.
fn again(context: &mut EvalContext, call: &FnCallExpr, position: Position, values: &[Dynamic]) -> Fallible<Dynamic> {
    let constant =
        |(value, operand): (&Dynamic, &Expr)| Expr::DynamicConstant(Box::new(value.clone()), operand.position());
    let args = values.iter().zip(call.args.iter()).map(constant).collect();
    let same = Expr::FnCall(Box::new(FnCallExpr { args, ..call.clone() }), position);
    context.eval_expression_tree(&(&same).into())
}

fn is_comparison(call: &FnCallExpr) -> bool {
    call.op_token.is_some()
        && call.args.len() == 2
        && matches!(call.name.as_str(), "==" | "!=" | "<" | "<=" | ">" | ">=")
}

/// `x in list`, which Rhai parses as `contains(list, x)` at the place of its `in`.
fn is_membership(call: &FnCallExpr, operator: Position) -> bool {
    call.name == "contains" && call.args.len() == 2 && start_of(&call.args[1]) < operator
}

fn is_not(call: &FnCallExpr) -> bool {
    call.op_token.is_some() && call.args.len() == 1 && call.name == "!"
}

/// The sides of an operator, except for literals, as they are written.
fn sides(call: &FnCallExpr, operator: Position, mut values: Vec<Dynamic>) -> Vec<FailedComparison<'_>> {
    let mut operands: Vec<&Expr> = call.args.iter().collect();
    if is_membership(call, operator) {
        operands.reverse();
        values.reverse();
    }
    let texts = [Text::Left(operands[0], operator), Text::Right(operator)];
    let sides = operands.into_iter().zip(texts).zip(values);
    sides
        .filter(|((operand, _), _)| !is_literal(operand))
        .map(|((_, text), value)| FailedComparison { text, value })
        .collect()
}

/// The variables that a condition asks about: `x` and `y` in `x.contains(y)`, `f(x, y)`, `x[y]`, `x.y`.
fn asked(condition: &Expr) -> Vec<&Expr> {
    match condition {
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => {
            let mut variables = if name_of(&chain.lhs).is_some() { vec![&chain.lhs] } else { asked(&chain.lhs) };
            variables.extend(if name_of(&chain.rhs).is_some() { vec![&chain.rhs] } else { asked(&chain.rhs) });
            variables
        }
        Expr::FnCall(call, _) | Expr::MethodCall(call, _) => {
            call.args.iter().filter(|argument| name_of(argument).is_some()).collect()
        }
        _ => vec![],
    }
}

fn name_of(variable: &Expr) -> Option<&str> {
    match variable {
        Expr::ThisPtr(_) => Some("this"),
        Expr::Variable(variable, ..) if variable.2.is_empty() => Some(&variable.1),
        _ => None,
    }
}

/// `x is 3` for each value.
fn values(run: &ScriptRun, call: &NativeCallContext, site: &Site, seen: &[FailedComparison]) -> Vec<String> {
    let Some(source) = run.source_of(site) else { return vec![] };
    let offset = |position: Position| {
        Some(source.offset(position.line()? as u32, position.position()? as u32)).filter(|at| *at < source.text.len())
    };
    let text = |text: &Text| match text {
        Text::Left(operand, operator) => left(source.text.get(offset(start_of(operand))?..offset(*operator)?)?),
        Text::Right(operator) => right(&source.text[offset(*operator)?..]),
        Text::Name(name) => Some(name.to_string()),
    };
    let mut values: Vec<String> = vec![];
    for FailedComparison { text: place, value } in seen {
        let Some(text) = text(place) else { continue };
        let shown = shown(call, value);
        let line = format!("{} is {}", mask_secrets(&text), one_line(&mask_secrets(&shown)));
        // an agent's name, a range
        if text != shown && !values.contains(&line) {
            values.push(line);
        }
    }
    values
}

fn is_literal(operand: &Expr) -> bool {
    match operand {
        Expr::Custom(custom, _) => grammar::is_duration(custom),
        other => other.is_constant(),
    }
}

/// The text of an operand that ends where its operator begins. The start that Rhai gives is after opening parentheses.
fn left(text: &str) -> Option<String> {
    written(&format!("{}{text}", "(".repeat(unopened(text))))
}

/// The text of the operand after an operator.
fn right(text: &str) -> Option<String> {
    /// Longer operands are not readable.
    const MOST: usize = 1024;
    let text = &text[..text.floor_char_boundary(MOST)];
    let membership = text.strip_prefix("in").or_else(|| text.strip_prefix("!in"));
    written(operand(membership.unwrap_or(text.trim_start_matches(['=', '!', '<', '>'])))?)
}

fn written(text: &str) -> Option<String> {
    Some(text.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|text| !text.is_empty())
}

/// A value in one line. If it is too long to read, its length: half a secret could not be masked.
fn one_line(value: &str) -> String {
    const MOST: usize = 1000;
    match value.chars().count() {
        length if length > MOST => format!("{length} characters long"),
        _ => value.chars().flat_map(visible).collect(),
    }
}

fn visible(c: char) -> Vec<char> {
    if c.is_control() { c.escape_default().collect() } else { vec![c] }
}
