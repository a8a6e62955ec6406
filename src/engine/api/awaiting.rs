//! Evaluates `await`: its operand, its clause, and the wait.

use super::waiter::Waiter;
use super::waiting;
use crate::engine::language::duration::Millis;
use crate::engine::language::grammar::PARENTHESES;
use crate::engine::language::words::plain_type;
use crate::engine::script::failure::{Fallible, wrong_at};
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use rhai::{ASTNode, Dynamic, EvalContext, Expr, Expression, NativeCallContext, Position};
use std::cell::RefCell;

thread_local! {
    /// The calls of `dtmf` in the operand of the `await` that is evaluated.
    static AWAITED: RefCell<Vec<Position>> = const { RefCell::new(vec![]) };
}

/// Whether a method is called in the operand of an `await` itself, and not in a function that the operand calls.
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

/// `await W [within D]`, `await W during D`.
pub fn await_waiter(context: &mut EvalContext, inputs: &[Expression], clause: &Dynamic) -> Fallible<Dynamic> {
    let clause = clause.to_string();
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
    let run = ScriptRun::from_tag(context.tag())?;
    let source = site.source.clone();
    let global = context.global_runtime_state();
    let call = NativeCallContext::from((context.engine(), "await", source.as_deref(), global, position));
    match (waiter.is_quiet(), clause.as_str(), time) {
        (true, "during", Some(time)) => waiting::stay_quiet(&run, &call, &waiter, time, &site),
        (true, ..) => Err(fail("say how long it has to be quiet: await alice.quiet(\"CALL_CLOSED\") during 1s".into())),
        (false, "during", _) => Err(fail("`during` goes with quiet(…); say `within` for the longest wait".into())),
        (false, _, time) => waiting::wait_for(&run, &call, &waiter, time, &site),
    }
}
