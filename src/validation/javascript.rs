//! Validations in JavaScript: each in a runtime of its own, with limits. What it catches does not matter once it has failed.

use super::seen::seen;
use crate::diagnostic::{Diagnostic, Place, Source};
use crate::engine::{Judging, Material, StopAsked};
use crate::event::{At, Ended};
use crate::script::Script;
use rquickjs::context::EvalOptions;
use rquickjs::function::{Opt, Rest};
use rquickjs::{CatchResultExt, CaughtError, Coerced, Context, Ctx, Exception, Function, Object, Runtime, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// A script may use so much beyond its events, in bytes.
const MEMORY: usize = 16 << 20;
/// So much of it for calls within calls, in bytes.
const STACK: usize = 256 << 10;
/// Of the thread: the engine measures its own part of it only.
const THREAD_STACK: usize = 8 << 20;

/// From the end of its time to where it is given up: most of what runs then ends by itself.
const GRACE: Duration = Duration::from_secs(1);

/// What stands before a script that is only to be read: all of it is parsed before anything runs, and then this ends it.
const READ_ONLY: &str = "throw 0;";

/// The errors that the engine throws by itself.
const FAULTS: [&str; 7] =
    ["TypeError", "ReferenceError", "RangeError", "SyntaxError", "InternalError", "EvalError", "URIError"];

/// What is wrong with the syntax of a script, if anything is. Runs nothing of it.
pub fn check(source: &Arc<Source>) -> Option<Diagnostic> {
    let read = source.clone();
    let checked = in_thread(super::LIMIT, move || {
        let told = Told::new(&read);
        let context = Context::full(&runtime(&told, Instant::now() + super::LIMIT, Arc::new(|| false))?)?;
        let strict = read.text.trim_start().get(1..).is_some_and(|text| text.starts_with("use strict"));
        Ok(context.with(|ctx| match evaluate(&ctx, &read, &format!("{READ_ONLY}{}", read.text), strict) {
            Err(CaughtError::Exception(error)) => {
                let (line, column) = told.place(error.stack().as_deref()).unwrap_or((1, 1));
                let shift = if line == 1 { READ_ONLY.len() as u32 } else { 0 };
                Some((error.message().unwrap_or_default(), line, column.saturating_sub(shift).max(1)))
            }
            _ => None,
        }))
    });
    match checked {
        Ok(None) => None,
        Ok(Some((message, line, column))) => {
            Some(Diagnostic::error(message).at(Script::rhai(source.clone()).place(line, column)).code("syntax"))
        }
        Err(why) => {
            let why = match why {
                Unfinished::Failed(why) => why,
                Unfinished::Stuck => "it takes too long".into(),
            };
            Some(Diagnostic::error(format!("`{}` can't be parsed: {why}", source.name)).code("validation"))
        }
    }
}

/// Runs a script to its end, at most for `limit`. Never panics.
pub fn validate(source: Arc<Source>, material: Material, limit: Duration, stop: StopAsked) -> Judging {
    let judged = in_thread(limit, move || {
        let told = Told::new(&source);
        let runtime = runtime(&told, Instant::now() + limit, stop)?;
        let context = Context::full(&runtime)?;
        context.with(|ctx| give(&ctx, &told, material))?;
        runtime.run_gc();
        runtime.set_memory_limit(usize::try_from(runtime.memory_usage().malloc_size).unwrap_or(0) + MEMORY);
        context.with(|ctx| match evaluate(&ctx, &source, &source.text, false) {
            Ok(()) => {}
            Err(error) => told.thrown(error),
        });
        told.jobs(&runtime);
        let ended = told.ended(limit);
        Ok(Judging::new(ended, told.said.take()))
    });
    judged.unwrap_or_else(|why| {
        let ended = match why {
            Unfinished::Stuck => Judging::too_long(limit),
            Unfinished::Failed(why) => Ended::error(format!("the validation could not be carried out: {why}")),
        };
        Judging::new(ended, vec![])
    })
}

/// Why nothing came of a thread.
enum Unfinished {
    Failed(String),
    Stuck,
}

/// JavaScript gets a stack of a known size, and what goes wrong in it stays there. A function of the engine's own that does not end (a search
/// through an object that says it has 2^53 elements) can't be interrupted: its thread is left alone.
fn in_thread<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> rquickjs::Result<T> + Send + 'static,
) -> Result<T, Unfinished> {
    let (sender, receiver) = channel();
    let thread = std::thread::Builder::new().name("validation".into()).stack_size(THREAD_STACK);
    let thread = thread.spawn(move || drop(sender.send(work().map_err(|error| error.to_string()))));
    thread.map_err(|error| Unfinished::Failed(error.to_string()))?;
    match receiver.recv_timeout(limit + GRACE) {
        Ok(done) => done.map_err(Unfinished::Failed),
        Err(RecvTimeoutError::Timeout) => Err(Unfinished::Stuck),
        // it panicked
        Err(RecvTimeoutError::Disconnected) => Err(Unfinished::Failed("internal error, please report it".into())),
    }
}

fn runtime(told: &Rc<Told>, until: Instant, stop: StopAsked) -> rquickjs::Result<Runtime> {
    let runtime = Runtime::new()?;
    runtime.set_max_stack_size(STACK);
    let asked = told.clone();
    runtime.set_interrupt_handler(Some(Box::new(move || {
        if Instant::now() >= until {
            asked.interrupted.set(Some(Interrupted::Late));
        } else if stop() {
            asked.interrupted.set(Some(Interrupted::Stopped));
        }
        asked.interrupted.get().is_some() || asked.failed.borrow().is_some()
    })));
    let asked = told.clone();
    runtime.set_host_promise_rejection_tracker(Some(Box::new(move |ctx, _, reason, handled| match handled {
        true => drop(asked.rejected.borrow_mut().pop()),
        false => {
            drop(ctx);
            let ended = asked.in_words(caught(reason));
            asked.rejected.borrow_mut().push(ended);
        }
    })));
    Ok(runtime)
}

fn evaluate<'js>(ctx: &Ctx<'js>, source: &Source, text: &str, strict: bool) -> Result<(), CaughtError<'js>> {
    let mut options = EvalOptions::default();
    options.strict = strict;
    options.filename = Some(source.name.clone());
    ctx.eval_with_options::<Value, _>(text, options).catch(ctx).map(drop)
}

/// What a promise rejects with.
fn caught(value: Value) -> CaughtError {
    match value.clone().into_object().and_then(Exception::from_object) {
        Some(exception) => CaughtError::Exception(exception),
        None => CaughtError::Value(value),
    }
}

/// Puts the globals in place.
fn give(ctx: &Ctx, told: &Rc<Told>, material: Material) -> rquickjs::Result<()> {
    let globals = ctx.globals();
    let mut json = String::from("[");
    for event in &material.events {
        let separator = if json.len() > 1 { "," } else { "" };
        json += separator;
        // plain data with text keys: nothing that JSON could not hold
        json += &serde_json::to_string(&seen(event)).unwrap_or_default();
    }
    json.push(']');
    drop(material.events);
    globals.set("events", ctx.json_parse(json)?)?;
    globals.set("stats", ctx.json_parse(serde_json::Value::from(material.stats).to_string())?)?;

    let telefonist = Object::new(ctx.clone())?;
    let failing = told.clone();
    let assert = move |ctx: Ctx<'_>, holds: Opt<Coerced<bool>>, why: Opt<Value<'_>>| match holds.0 {
        Some(Coerced(true)) => Ok(()),
        _ => Err(failing.fail(&ctx, why.0.as_ref(), "an assertion failed")),
    };
    telefonist.set("assert", Function::new(ctx.clone(), assert)?.with_name("assert")?)?;
    let failing = told.clone();
    let fail = move |ctx: Ctx<'_>, why: Opt<Value<'_>>| -> rquickjs::Result<()> {
        Err(failing.fail(&ctx, why.0.as_ref(), "the validation failed"))
    };
    telefonist.set("fail", Function::new(ctx.clone(), fail)?.with_name("fail")?)?;
    globals.set("telefonist", telefonist)?;

    let console = Object::new(ctx.clone())?;
    for name in ["log", "info", "warn", "error", "debug"] {
        console.set(name, printing(ctx, told)?)?;
    }
    globals.set("console", console)?;
    globals.set("print", printing(ctx, told)?)
}

fn printing<'js>(ctx: &Ctx<'js>, told: &Rc<Told>) -> rquickjs::Result<Function<'js>> {
    let printing = told.clone();
    let print = move |values: Rest<Value<'_>>| {
        let words: Vec<String> = values.iter().map(shown).collect();
        Judging::keep(&mut printing.said.borrow_mut(), &words.join(" "));
    };
    Function::new(ctx.clone(), print)?.with_name("print")
}

/// A value as a person reads it: a text as it is, a list or an object as JSON.
fn shown(value: &Value) -> String {
    let json = || {
        let plain = value.is_object() && !value.is_error() && !value.is_function();
        value.ctx().json_stringify(value.clone()).ok().flatten().filter(|_| plain)?.to_string().ok()
    };
    json().or_else(|| value.get::<Coerced<String>>().ok().map(|text| text.0)).unwrap_or_else(|| "a value".into())
}

fn too_large() -> Ended {
    Ended {
        advice: Some("keep less: what a validation is given does not count".into()),
        ..Ended::error(format!("the validation needs more than {} MiB of memory", MEMORY >> 20))
    }
}

const MISSING: &str = "`find` gives undefined where nothing fits, and so does a field that an event lacks: assert it before it is used, \
                       `telefonist.assert(invite !== undefined, \"no INVITE came\")`";
const GIVEN: &str = "a validation is given `events`, `stats`, `telefonist` and `print`, no agents: docs/validations.md";

/// Why a script was ended that had no reason itself.
#[derive(Debug, Clone, Copy)]
enum Interrupted {
    Late,
    Stopped,
}

/// What came of a script, as its native functions see it.
struct Told {
    script: Script,
    /// The first failure.
    failed: RefCell<Option<Ended>>,
    interrupted: Cell<Option<Interrupted>>,
    /// What nobody caught of its promises so far.
    rejected: RefCell<Vec<Ended>>,
    said: RefCell<Vec<String>>,
}

impl Told {
    fn new(source: &Arc<Source>) -> Rc<Told> {
        let (failed, interrupted, rejected, said) = Default::default();
        Rc::new(Told { script: Script::rhai(source.clone()), failed, interrupted, rejected, said })
    }

    /// Line and column of the innermost call that stands in the script.
    fn place(&self, stack: Option<&str>) -> Option<(u32, u32)> {
        let marked = format!("{}:", self.script.source.name);
        let after = stack?.lines().find_map(|line| line.split_once(marked.as_str()))?.1;
        let mut numbers = after.split(|c: char| !c.is_ascii_digit()).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next().and_then(Result::ok).unwrap_or(1)))
    }

    fn at(&self, stack: Option<&str>) -> Option<At> {
        let (line, column) = self.place(stack)?;
        Some(self.script.at(line, column))
    }

    fn fail(&self, ctx: &Ctx, why: Option<&Value>, otherwise: &str) -> rquickjs::Error {
        let why = why.filter(|why| !why.is_undefined()).map_or_else(|| otherwise.to_string(), |why| shown(why));
        let here = Exception::from_message(ctx.clone(), &why).ok().and_then(|here| here.stack());
        // the column is that of the last argument
        let line = self.place(here.as_deref()).map(|(line, _)| line);
        let at = line.map(|line| {
            let (line, column) = Place::line(&self.script.source, line).line_column();
            self.script.at(line, column)
        });
        let ended = Ended { at, ..Ended::failed(&why) };
        self.failed.borrow_mut().get_or_insert(ended);
        Exception::throw_message(ctx, &why)
    }

    /// What the script threw, or the engine: the script's own means that the test failed.
    fn in_words(&self, error: CaughtError) -> Ended {
        let error = match error {
            CaughtError::Exception(error) => error,
            // where there is no room for an error, none is thrown
            CaughtError::Value(value) if value.is_null() => return too_large(),
            CaughtError::Value(value) => return Ended::failed(format!("the validation threw {}", shown(&value))),
            CaughtError::Error(error) => {
                return Ended::error(format!("the validation could not be carried out: {error}"));
            }
        };
        let at = self.at(error.stack().as_deref());
        let name = error.as_object().get::<_, Coerced<String>>("name").map(|name| name.0).unwrap_or_default();
        let message = error.message().unwrap_or_default();
        let ended = match (name.as_str(), message.as_str()) {
            ("InternalError", "out of memory") => too_large(),
            ("RangeError" | "InternalError", message) if message.contains("call stack size") => {
                Ended::error("a function calls itself without end")
            }
            (name, message) if FAULTS.contains(&name) => Ended {
                advice: match name {
                    "TypeError" => Some(MISSING.to_string()),
                    "ReferenceError" => Some(GIVEN.to_string()),
                    _ => None,
                },
                ..Ended::error(format!("{name}: {message}"))
            },
            (_, "") => Ended::failed("the validation threw an error"),
            (_, message) => Ended::failed(message),
        };
        Ended { at, ..ended }
    }

    fn thrown(&self, error: CaughtError) {
        if self.failed.borrow().is_none() && self.interrupted.get().is_none() {
            let ended = self.in_words(error);
            self.failed.borrow_mut().get_or_insert(ended);
        }
    }

    /// What promises left to do.
    fn jobs(&self, runtime: &Runtime) {
        while self.failed.borrow().is_none() && self.interrupted.get().is_none() {
            match runtime.execute_pending_job() {
                Ok(true) => {}
                Ok(false) => break,
                // told by the promise that it rejects
                Err(_) => {}
            }
        }
        let rejected = self.rejected.borrow().first().cloned();
        if let Some(ended) = rejected {
            self.failed.borrow_mut().get_or_insert(ended);
        }
    }

    fn ended(&self, limit: Duration) -> Ended {
        match (self.failed.take(), self.interrupted.get()) {
            (Some(ended), _) => ended,
            (None, Some(Interrupted::Late)) => Judging::too_long(limit),
            (None, Some(Interrupted::Stopped)) => Judging::cancelled(),
            (None, None) => Ended::finished(),
        }
    }
}
