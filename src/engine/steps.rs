//! `step("name", || …)`, which groups what a test does, and `parallel([|| …, || …])`, which does it at once.

use super::at::Site;
use super::errors::{plain_type, wrong};
use super::register;
use super::state::{Fallible, Run};
use crate::event::Note;
use rhai::{Array, Dynamic, FnPtr, Module, NativeCallContext};
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

/// The most closures at once.
const MOST: usize = 1000;
/// Of each of their threads. Only what is used is mapped.
const STACK: usize = 64 << 20;

/// Notes where a step begins and where it ends, however it ends; gives what the closure gives.
fn step(context: NativeCallContext, name: &str, body: FnPtr) -> Fallible<Dynamic> {
    let run = Run::of(&context)?;
    let at = Some(run.at(&Site::of_call(&context)));
    run.host.note(Note::StepBegins { name: name.to_string(), at });
    let result = body.call_within_context::<Dynamic>(&context, ());
    run.host.note(Note::StepEnds { name: name.to_string(), ok: result.is_ok() });
    result
}

/// Runs the closures at once, each with waits of its own, and gives what they give as a list. When all have ended, the first failure
/// in the list counts; what ends the test ends all of them at once.
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
    let run = Run::of(&context)?;
    let (engine, source, position) = (context.engine(), context.call_source(), context.call_position());
    run.branches.fetch_add(1, Relaxed);
    let one = |closure: FnPtr| {
        let global = context.global_runtime_state().clone();
        move || {
            let context = NativeCallContext::from((engine, "parallel", source, &global, position));
            closure.call_within_context::<Dynamic>(&context, ())
        }
    };
    let results: Vec<_> = thread::scope(|scope| {
        let begin = |closure| {
            let thread =
                thread::Builder::new().name("script".into()).stack_size(STACK).spawn_scoped(scope, one(closure));
            thread.map_err(|error| wrong(format!("a closure could not be started: {error}")))
        };
        let threads: Vec<_> = closures.into_iter().map(begin).collect();
        let end = |thread: Fallible<thread::ScopedJoinHandle<_>>| match thread?.join() {
            Ok(result) => result,
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
