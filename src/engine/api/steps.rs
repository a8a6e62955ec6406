//! `step("name", || …)`, which groups parts of a test, and `parallel([|| …, || …])`, which runs closures at the same
//! time.

use crate::engine::language::words::plain_type;
use crate::engine::script::failed_steps::in_words;
use crate::engine::script::failure::{Fallible, wrong};
use crate::engine::script::losses;
use crate::engine::script::native::register;
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use crate::engine::script::trace::origin;
use crate::event::{Note, lock};
use rhai::{Array, Dynamic, FnPtr, Module, NativeCallContext};
use std::cell::RefCell;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

/// The most closures of one `parallel`.
const MOST: usize = 1000;
/// The stack of each of their threads. Only used pages are mapped.
const STACK: usize = 64 << 20;

thread_local! {
    /// The active steps, innermost last.
    static STEPS: RefCell<Vec<String>> = const { RefCell::new(vec![]) };
}

/// Describes the active steps; none outside of steps.
pub fn going_on() -> Option<String> {
    STEPS.with_borrow(|steps| in_words(steps))
}

/// Runs the closure of a step and returns its value. Notes where the step begins and ends.
fn step(context: NativeCallContext, name: &str, body: FnPtr) -> Fallible<Dynamic> {
    let run = ScriptRun::from_call(&context)?;
    let at = Some(run.at(&Site::of_call(&context)));
    run.host.note(Note::StepBegins { name: name.to_string(), at });
    let outer = STEPS.with_borrow_mut(|steps| {
        steps.push(name.to_string());
        steps.len() - 1
    });
    let result = body.call_within_context::<Dynamic>(&context, ());
    STEPS.with_borrow_mut(|steps| steps.truncate(outer));
    if let Err(error) = &result {
        lock(&run.failed_steps).leave(name, origin(error));
    }
    run.host.note(Note::StepEnds { name: name.to_string(), ok: result.is_ok() });
    result
}

/// Runs closures at the same time, each with its own waits, and returns their values as a list. When all have ended,
/// the first failure in the list counts. A reason to end the test ends all of them at once.
fn parallel(context: NativeCallContext, list: Array) -> Fallible<Array> {
    let closure = |value: Dynamic| {
        let kind = plain_type(value.type_name());
        value
            .try_cast::<FnPtr>()
            .ok_or_else(|| wrong(format!("`parallel` takes a list of closures; one of these is {kind}")))
    };
    let closures = list.into_iter().map(closure).collect::<Fallible<Vec<FnPtr>>>()?;
    if closures.len() > MOST {
        return Err(wrong(format!("`parallel` takes {MOST} closures at most")));
    }
    let run = ScriptRun::from_call(&context)?;
    let (engine, source, position) = (context.engine(), context.call_source(), context.call_position());
    run.branches.fetch_add(1, Relaxed);
    let (steps, known) = (STEPS.with_borrow(Clone::clone), losses::known());
    let one = |closure: FnPtr| {
        let global = context.global_runtime_state().clone();
        let steps = steps.clone();
        move || {
            STEPS.set(steps);
            losses::set_known(known);
            let context = NativeCallContext::from((engine, "parallel", source, &global, position));
            (closure.call_within_context::<Dynamic>(&context, ()), losses::known())
        }
    };
    let results: Vec<_> = thread::scope(|scope| {
        let begin = |closure| {
            let thread =
                thread::Builder::new().name("script".into()).stack_size(STACK).spawn_scoped(scope, one(closure));
            thread.map_err(|error| wrong(format!("a closure could not be started: {error}")))
        };
        let threads: Vec<_> = closures.into_iter().map(begin).collect();
        let end = |thread: Fallible<thread::ScopedJoinHandle<(Fallible<Dynamic>, usize)>>| match thread?.join() {
            Ok((result, known)) => {
                losses::set_known(losses::known().max(known));
                result
            }
            Err(panic) => std::panic::resume_unwind(panic),
        };
        threads.into_iter().map(end).collect()
    });
    run.branches.fetch_sub(1, Relaxed);
    results.into_iter().collect()
}

pub fn register_into(module: &mut Module) {
    register(module, "step", step);
    register(module, "parallel", parallel);
}
