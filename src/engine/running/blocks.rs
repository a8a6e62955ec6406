//! `test "name" { … }`, `setup { … }` and `teardown { … }`: several tests in a file, each with a run of its own.
//!
//! The top level runs once to find the tests ([`collect`]), and again at the start of each of them: so a test sees what the file
//! declares before it, and a loop may make a test of each of its rows.

use super::ended::{self, plain_type, wrong_at};
use crate::diagnostic::{Diagnostic, mask_secrets};
use crate::engine::language::program::Program;
use crate::engine::runner;
use crate::engine::script::at::Site;
use crate::engine::script::host::Host;
use crate::engine::script::run::{Fallible, Limits, Run, lock};
use crate::engine::session;
use crate::event::{At, Ended, How};
use rhai::{ASTNode, Dynamic, Engine, EvalAltResult, EvalContext, Expr, Expression, Position, Scope, Stmt};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// The keywords behind the words; no names that a script could have.
pub const TEST: &str = "__test";
pub const SETUP: &str = "__setup";
pub const TEARDOWN: &str = "__teardown";

/// More tests than this are a loop without an end.
const MOST_TESTS: usize = 10_000;
/// How long a teardown may take: somebody may wait for the program to end.
const TO_TEAR_DOWN: Duration = Duration::from_secs(10);
/// The most characters of a test's name.
const LONGEST_NAME: usize = 200;

/// What is run of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Selection {
    /// All of it, a test block where it stands.
    #[default]
    Whole,
    /// The top level, to find the tests.
    Collect,
    /// The top level up to the test of that name, and the test.
    One(Arc<str>),
}

/// A test of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub name: Arc<str>,
    /// Where its name stands.
    pub(in crate::engine) position: Position,
}

/// The tests of a file.
#[derive(Debug, Default)]
pub struct Collected {
    pub blocks: Vec<Block>,
    /// Hashes that it lists for tests that it does not have.
    pub stale: Vec<Diagnostic>,
}

pub fn register_into(engine: &mut Engine) {
    engine.register_custom_syntax_with_state_raw(
        TEST,
        |symbols, _, _| {
            Ok(match symbols.len() {
                1 => Some("$expr$".into()),
                2 => Some("$block$".into()),
                _ => None,
            })
        },
        false,
        |context, inputs, _| test(context, inputs),
    );
    for keyword in [SETUP, TEARDOWN] {
        engine.register_custom_syntax_with_state_raw(
            keyword,
            |symbols, _, _| Ok((symbols.len() == 1).then(|| "$block$".into())),
            false,
            // they are looked up in the syntax tree when a test runs
            |_, _, _| Ok(Dynamic::UNIT),
        );
    }
}

/// The word of a keyword, as people write it.
pub fn word(keyword: &str) -> Option<&'static str> {
    match keyword {
        TEST => Some("test"),
        SETUP => Some("setup"),
        TEARDOWN => Some("teardown"),
        _ => None,
    }
}

/// The keyword for a word that begins a block, by what follows the word on its line and what stands before it.
pub fn keyword(word: &str, before: &str, after: &str) -> Option<&'static str> {
    let first = matches!(before.trim_end().chars().last(), None | Some('{' | '}' | ';'));
    let rest = after.trim_start();
    let is_block = rest.starts_with('{');
    let is_name = rest.starts_with(['"', '`']) || (rest.len() < after.len() && names_a_test(rest));
    match word {
        "test" if first && is_name => Some(TEST),
        "setup" if first && is_block => Some(SETUP),
        "teardown" if first && is_block => Some(TEARDOWN),
        _ => None,
    }
}

/// Whether an expression and a block follow: `row.name {`.
fn names_a_test(rest: &str) -> bool {
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    !word.is_empty() && !matches!(word.as_str(), "in" | "as") && rest.contains('{')
}

/// A block of the language in a syntax tree: its word and its operands.
pub fn of(expression: &Expr) -> Option<(&'static str, &[Expr])> {
    let Expr::Custom(custom, _) = expression else { return None };
    Some((word(custom.tokens.first()?)?, &custom.inputs))
}

impl Program {
    /// Whether the file holds tests in blocks, be it in a loop.
    pub fn has_tests(&self) -> bool {
        let mut found = false;
        self.ast.walk(&mut |path| {
            found |= matches!(path.last(), Some(ASTNode::Expr(one)) if of(one).is_some_and(|(word, _)| word == "test"));
            !found
        });
        found
    }

    /// The same program, of which only that test is run.
    pub fn of_test(&self, name: &Arc<str>) -> Program {
        Program { selection: Selection::One(name.clone()), ..self.clone() }
    }

    /// The block of the top level behind a word.
    fn around(&self, wanted: &str) -> Option<Expr> {
        self.ast.statements().iter().find_map(|statement| {
            let Stmt::Expr(expression) = statement else { return None };
            let (word, inputs) = of(expression)?;
            (word == wanted).then(|| inputs.first().cloned()).flatten()
        })
    }
}

/// The tests of a file with blocks, in the order in which its top level makes them. Nothing is started.
///
/// # Errors
/// The top level fails, two tests have one name, there is none.
pub fn collect(program: &Program, host: Arc<dyn Host>, limits: &Limits) -> Result<Collected, Diagnostic> {
    let program = Program { selection: Selection::Collect, ..program.clone() };
    let run = Arc::new(Run::new(program, host, limits.clone()));
    let ended = runner::run_in_thread(&run);
    let script = run.program.script();
    match ended.how {
        How::Finished => {}
        _ => {
            let message = format!("the tests of this file can't be listed: {}", ended.message);
            let problem = Diagnostic::error(message).code("collect");
            let own = ended.at.filter(|at| *at.source == *script.source.name);
            let place = own.map(|at| script.place(at.line, at.column));
            return Err(Diagnostic { place, advice: ended.advice, ..problem });
        }
    }
    let (blocks, names) = std::mem::take(&mut *lock(&run.blocks));
    match blocks.is_empty() {
        true => {
            Err(Diagnostic::error("this file makes no test: the loop around its blocks has no turn").code("collect"))
        }
        false => {
            let mut listed = std::mem::take(&mut *lock(&run.listed));
            listed.retain(|(name, _)| !names.contains(name.as_str()));
            let stale = |(name, at): (String, At)| {
                let warning = Diagnostic::warning(format!("no test is called `{name}`, whose hash stands here"));
                let place = (*at.source == *script.source.name).then(|| script.place(at.line, at.column));
                let warning = Diagnostic { place, ..warning.code("stale-hash") };
                warning.advice("take it out, or call the test so again")
            };
            Ok(Collected { blocks, stale: listed.into_iter().map(stale).collect() })
        }
    }
}

/// `test NAME { … }`, wherever the top level comes to one.
fn test(context: &mut EvalContext, inputs: &[Expression]) -> Fallible<Dynamic> {
    let position = inputs[0].start_position();
    let run = Run::by_tag(context.tag())?;
    let name = name(context.eval_expression_tree(&inputs[0])?, position)?;
    match &run.program.selection {
        Selection::Collect => {
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
        Selection::One(wanted) if *wanted != name => {}
        Selection::One(_) => {
            let ended = with_teardown(context, &run, &inputs[1]);
            *lock(&run.test_ended) = Some(ended);
            // what the top level would do after it belongs to other tests
            return Err(Box::new(EvalAltResult::ErrorTerminated(Dynamic::UNIT, position)));
        }
        Selection::Whole => {
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

/// `setup`, the test, and `teardown` whatever came before it. The first reason is the test's.
fn with_teardown(context: &mut EvalContext, run: &Arc<Run>, body: &Expression) -> Ended {
    run.in_test.store(true, Relaxed);
    // it ended before it began: there is nothing to clear up
    if let Some(stopped) = run.log().stopped() {
        return stopped;
    }
    // the parser counted how far back variables are, for the place where a block stands; a loop around the test has others
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
    // its variables stay until a person has seen them
    #[expect(deprecated, reason = "rhai marks it as volatile, and our version of rhai is pinned by Cargo.lock")]
    let done = prepared.and_then(|()| context.eval_expression_tree_raw(body, false).map(drop));
    session::pause(run, copy(context.scope()), &done);
    context.scope_mut().rewind(around_test);
    let mut block = |expression: &Expr| context.eval_expression_tree(&expression.into()).map(drop);
    let mut ended = ended::ended(run, done);
    let Some(teardown) = teardown else { return ended };
    // an interrupted run is cleared up, too: who wants it to end at once asks a second time
    let going_on = run.tear_down(TO_TEAR_DOWN);
    let after = ended::ended(run, block(&teardown));
    drop(going_on);
    match (ended.how, after.how) {
        (_, How::Finished) => {}
        (How::Finished | How::Skipped, _) => ended = after,
        _ => ended.details.push(format!("the teardown failed, too: {}", after.message)),
    }
    ended
}

/// The variables of a scope, in one of its own.
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

/// Whether a test does nothing but to say so: then there is nothing to set up.
fn begins_with_skip(body: &Expr) -> bool {
    let Expr::Stmt(block) = body else { return false };
    match block.statements().first() {
        Some(Stmt::FnCall(call, _)) => call.name == "skip",
        Some(Stmt::Expr(first)) => matches!(&**first, Expr::FnCall(call, _) if call.name == "skip"),
        _ => false,
    }
}

impl Run {
    /// Whether the script may do something in the world: not at the top level of a file with tests, and not before it knows that an
    /// agent was lost.
    pub fn may_act(&self, site: &Site) -> Fallible<()> {
        if self.program.selection == Selection::Whole || self.in_test.load(Relaxed) {
            return self.throw_loss(site);
        }
        let ended = Ended::error("commands and waits belong in a test, a setup or a teardown");
        let advice = "the top level of a file with tests only declares what they share".to_string();
        Err(self.end(Ended { advice: Some(advice), ..ended }, site))
    }
}
