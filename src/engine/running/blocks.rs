//! `test "name" { … }`, `setup { … }` and `teardown { … }`: several tests in a file, each with a run of its own.
//!
//! The top level runs once to find the tests ([`collect`](crate::engine::collect)), and again at the start of each
//! test. So a test sees what the file declares before it, and a loop can define one test per row of a table.

use super::ended::describe_end;
use crate::diagnostic::mask_secrets;
use crate::engine::language::blocks::{Block, TestSelection};
use crate::engine::language::words::plain_type;
use crate::engine::script::failure::{Fallible, wrong_at};
use crate::engine::script::run::ScriptRun;
use crate::event::{Ended, How, lock};
use rhai::{Dynamic, EvalAltResult, EvalContext, Expr, Expression, Position, Scope, Stmt};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// The most tests of a file; more means that a loop does not end.
const MOST_TESTS: usize = 10_000;
/// How long a teardown may take. Somebody may be waiting for the program to end.
const TO_TEAR_DOWN: Duration = Duration::from_secs(10);
/// The most characters of a test's name.
const LONGEST_NAME: usize = 200;

/// Evaluates `test NAME { … }`.
pub fn test(context: &mut EvalContext, inputs: &[Expression], _: &Dynamic) -> Fallible<Dynamic> {
    let position = inputs[0].start_position();
    let run = ScriptRun::from_tag(context.tag())?;
    let name = name(context.eval_expression_tree(&inputs[0])?, position)?;
    match &run.program.selection {
        TestSelection::Collect => {
            let mut made = lock(&run.blocks);
            let (blocks, names) = &mut *made;
            if !names.insert(name.clone()) {
                return Err(wrong_at(
                    format!("there is a second test `{name}`: a test is known by its name"),
                    position,
                ));
            }
            if blocks.len() == MOST_TESTS {
                return Err(wrong_at(format!("a file has {MOST_TESTS} tests at most"), position));
            }
            blocks.push(Block { name, position });
        }
        TestSelection::One(wanted) if *wanted != name => {}
        TestSelection::One(_) => {
            let ended = with_teardown(context, &run, &inputs[1]);
            *lock(&run.test_ended) = Some(ended);
            // the rest of the top level belongs to other tests
            return Err(Box::new(EvalAltResult::ErrorTerminated(Dynamic::UNIT, position)));
        }
        TestSelection::Whole => {
            let _ = context.eval_expression_tree(&inputs[1])?;
        }
    }
    Ok(Dynamic::UNIT)
}

fn name(value: Dynamic, position: Position) -> Fallible<Arc<str>> {
    let name = value.into_immutable_string();
    let name = name.map_err(|kind| wrong_at(format!("a test's name is a text, not {}", plain_type(kind)), position))?;
    let plain = mask_secrets(name.trim());
    if plain.is_empty() || plain.chars().count() > LONGEST_NAME || plain.chars().any(char::is_control) {
        return Err(wrong_at(format!("a test's name has 1 to {LONGEST_NAME} characters, all in one line"), position));
    }
    Ok(plain.as_str().into())
}

/// Runs `setup`, the test, and then `teardown` in any case. If several fail, the first reason counts.
fn with_teardown(context: &mut EvalContext, run: &Arc<ScriptRun>, body: &Expression) -> Ended {
    run.in_test.store(true, Relaxed);
    // it was stopped before it began: there is nothing to clean up
    if let Some(stopped) = run.log().stopped() {
        return stopped;
    }
    // the parser has numbered the variables for the place of the block; a loop around the test has others
    context.global_runtime_state_mut().always_search_scope = true;
    let around = if begins_with_skip(body) {
        (None, None)
    } else {
        (run.program.around("setup"), run.program.around("teardown"))
    };
    let (setup, teardown) = around;
    let around_test = context.scope().len();
    let mut block = |expression: &Expr| context.eval_expression_tree(&expression.into()).map(drop);
    let prepared = setup.as_ref().map_or(Ok(()), &mut block);
    // its variables stay until the pause is over
    #[expect(deprecated, reason = "rhai marks it as volatile, and our version of rhai is pinned by Cargo.lock")]
    let done = prepared.and_then(|()| context.eval_expression_tree_raw(body, false).map(drop));
    run.pause(copy(context.scope()), &done);
    context.scope_mut().rewind(around_test);
    let mut block = |expression: &Expr| context.eval_expression_tree(&expression.into()).map(drop);
    let mut ended = describe_end(run, done);
    let Some(teardown) = teardown else { return ended };
    // an interrupted run is cleaned up too; a second interrupt ends it at once
    let going_on = run.tear_down(TO_TEAR_DOWN);
    let after = describe_end(run, block(&teardown));
    drop(going_on);
    match (ended.how, after.how) {
        (_, How::Finished) => {}
        (How::Finished | How::Skipped, _) => ended = after,
        _ => ended.details.push(format!("the teardown failed, too: {}", after.message)),
    }
    ended
}

/// Copies the variables of a scope.
fn copy(scope: &Scope) -> Scope<'static> {
    let mut copy = Scope::new();
    for (name, is_constant, value) in scope.iter() {
        match is_constant {
            true => copy.push_constant_dynamic(name.to_string(), value),
            false => copy.push_dynamic(name.to_string(), value),
        };
    }
    copy
}

/// Whether a test begins with `skip`: then it needs no setup.
fn begins_with_skip(body: &Expr) -> bool {
    let Expr::Stmt(block) = body else { return false };
    match block.statements().first() {
        Some(Stmt::FnCall(call, _)) => call.name == "skip",
        Some(Stmt::Expr(first)) => matches!(&**first, Expr::FnCall(call, _) if call.name == "skip"),
        _ => false,
    }
}
