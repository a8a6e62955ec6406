//! The engine of one run, and the thread that it runs in.

use super::blocks;
use super::ended::describe_end;
use super::resolver::Resolver;
use crate::engine::api::{self, awaiting, comparisons, shared};
use crate::engine::language::blocks::TestSelection;
use crate::engine::language::grammar::{self, Handlers};
use crate::engine::script::run::ScriptRun;
use crate::event::{Ended, How, Note, lock};
use rhai::{Dynamic, Engine, EvalAltResult, EvalContext, Scope};
use std::sync::Arc;

/// Enough for the deepest recursion that the engine's limits allow, also in a debug build. Only used pages are mapped.
pub const STACK: usize = 256 << 20;

/// The most bytes of one printed text that are kept; a SIP message has no more.
const PRINTED: usize = 64 << 10;

pub fn run_in_thread(run: &Arc<ScriptRun>) -> Ended {
    let script = {
        let run = run.clone();
        move || {
            let result = evaluate(&run);
            // if the file has several tests, the test has ended already
            let test_ended = lock(&run.test_ended).take();
            test_ended.unwrap_or_else(|| match (&run.program.selection, describe_end(&run, result)) {
                (TestSelection::One(name), ended) if ended.how == How::Finished => {
                    Ended::error(format!("the file makes no test `{name}` any more"))
                }
                (_, ended) => ended,
            })
        }
    };
    in_thread("script", script)
}

/// Runs a script in its own thread, with a stack for the deepest recursion.
pub fn in_thread(name: &str, script: impl FnOnce() -> Ended + Send + 'static) -> Ended {
    let thread = std::thread::Builder::new().name(name.to_string()).stack_size(STACK).spawn(script);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(ended)) => ended,
        Ok(Err(panic)) => internal_error(panic.as_ref()),
        Err(error) => Ended::error(format!("the script could not be started: {error}")),
    }
}

pub fn internal_error(panic: &(dyn std::any::Any + Send)) -> Ended {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Ended {
        details: text.map(str::to_string).into_iter().collect(),
        advice: Some("this is a fault of telefonist, not of the test: please report it".to_string()),
        ..Ended::error("internal error, please report it")
    }
}

fn evaluate(run: &Arc<ScriptRun>) -> Result<(), Box<EvalAltResult>> {
    let engine = engine(run);
    run.start();
    let mut scope = Scope::new();
    let result = engine.run_ast_with_scope(&mut scope, run.program.to_run());
    // if the file has several tests, the test has paused already
    if lock(&run.test_ended).is_none() {
        run.pause(scope, &result);
    }
    let lines: Vec<u32> = lock(&run.reached).iter().copied().collect();
    if !lines.is_empty() {
        run.host.note(Note::Reached { lines });
    }
    result
}

/// Cuts a text to what is kept.
fn printed(text: &str) -> String {
    match text.len() > PRINTED {
        true => format!("{}…", &text[..text.floor_char_boundary(PRINTED)]),
        false => text.to_string(),
    }
}

/// The engine of a script: the language, and the functions that `add_functions` adds.
pub fn engine_of(run: &Arc<ScriptRun>, add_functions: fn(&mut Engine)) -> Engine {
    let mut engine = Engine::new_raw();
    add_functions(&mut engine);
    let handlers = Handlers {
        wait: awaiting::await_waiter,
        check: comparisons::check,
        assert: comparisons::assert,
        test: blocks::test,
        share: shared::share_one,
    };
    grammar::prepare(&mut engine, handlers);
    engine.set_default_tag(run.tag());
    engine.set_module_resolver(Resolver::new(run.program.clone()));
    engine
}

/// The engine of a test.
pub fn engine(run: &Arc<ScriptRun>) -> Engine {
    let mut engine = engine_of(run, api::add_functions);
    let watched = run.clone();
    engine.on_progress(move |_| watched.must_stop().then_some(Dynamic::UNIT));
    let printing = run.clone();
    engine.on_print(move |text| printing.host.note(Note::Print { text: printed(text) }));
    let printing = run.clone();
    engine.on_debug(move |text, _, _| printing.host.note(Note::Print { text: printed(text) }));
    let shared = run.clone();
    #[expect(deprecated, reason = "rhai marks it as volatile, and our version of rhai is pinned by Cargo.lock")]
    engine.on_var(move |name, index, context: EvalContext| {
        // the parser did not find the variable: a function may use one of the file's top level
        let own = context.source().is_none_or(|source| source == shared.program.script.source.name);
        if index != 0 || !own || context.scope().contains(name) {
            return Ok(None);
        }
        Ok(lock(&shared.shared).get(name).map(Dynamic::flatten_clone))
    });
    engine
}
