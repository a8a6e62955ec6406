//! Validation scripts in Rhai, which judge a run by its record. Their engine has no function with an effect outside the
//! script.

use super::api;
use super::api::event_value::{EventValue, from_json};
use super::api::telefonist::Telefonist;
use super::language::program::Program;
use super::running::ended;
use super::running::engine::{engine_of, in_thread};
use super::script::host::{AgentAsk, Host, Reply};
use super::script::memory::Memory;
use super::script::run::{ScriptLimits, ScriptRun};
use crate::event::{At, Clock, Ended, Event, How, Log, Note, lock};
use rhai::{Array, Dynamic, Engine, EvalContext, Scope};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The inputs of a validation.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// The events of the record, in order.
    pub events: Vec<Arc<Event>>,
    /// A map of each call's figures.
    pub stats: Vec<Value>,
}

/// The end of a validation, and its output.
#[derive(Debug, Clone, PartialEq)]
pub struct Judging {
    pub ended: Ended,
    pub said: Vec<String>,
}

/// Called regularly; whether a validation has to stop.
pub type StopAsked = Arc<dyn Fn() -> bool + Send + Sync>;

/// The most lines of a validation's output that are kept.
const MOST_LINES: usize = 1000;
/// The most characters of a line, and of the reason of a failure.
const LONGEST: usize = 4000;

/// How much the program may grow while a validation runs, in bytes; normal ones need far less.
const GROWTH: usize = 512 << 20;

impl Judging {
    /// The end of a validation that was stopped.
    pub fn cancelled() -> Ended {
        Ended { how: How::Cancelled, ..Ended::finished() }
    }

    /// The end of a validation that runs too long.
    pub fn too_long(limit: Duration) -> Ended {
        Ended {
            advice: Some("end the loop: a validation looks through what it is given".into()),
            ..Ended::error(format!("the validation did not end within {} s", limit.as_secs_f64()))
        }
    }

    /// Cuts a text to a readable length.
    fn cut(text: &str) -> String {
        match text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_string(),
        }
    }

    /// A result with a reason of readable length.
    pub fn new(mut ended: Ended, said: Vec<String>) -> Judging {
        ended.message = Judging::cut(&ended.message);
        Judging { ended, said }
    }

    /// Keeps a line of output if there is room. The last line says that more was left out.
    pub fn keep(said: &mut Vec<String>, line: &str) {
        match said.len() {
            MOST_LINES => said.push("what the validation prints after this is left out".into()),
            lines if lines > MOST_LINES => {}
            _ => said.push(Judging::cut(line)),
        }
    }
}

/// A run that is over. Its log only has the reason why the validation ends.
struct ClosedRecord(Log);

impl ClosedRecord {
    fn refused() -> Ended {
        Ended::error("a validation has no agents, and can't wait: it judges what is recorded")
    }
}

impl Host for ClosedRecord {
    fn log(&self) -> &Log {
        &self.0
    }

    fn declare(&self, _: AgentAsk, _: &At) -> Result<Arc<str>, Ended> {
        Err(ClosedRecord::refused())
    }

    fn start(&self, _: &[Arc<str>], _: &At) -> Result<(), Ended> {
        Err(ClosedRecord::refused())
    }

    fn find(&self, _: &str) -> Option<Arc<str>> {
        None
    }

    fn command_in(&self, _: &Arc<str>, _: Option<&str>, _: &str, _: &At) -> Result<Reply, Ended> {
        Err(ClosedRecord::refused())
    }

    fn reach(&self, _: &str, _: &At) -> Result<(), Ended> {
        Err(ClosedRecord::refused())
    }

    fn stop(&self, _: &Arc<str>, _: &At) -> Result<(), Ended> {
        Err(ClosedRecord::refused())
    }

    fn restart(&self, _: &Arc<str>, _: &At) -> Result<(), Ended> {
        Err(ClosedRecord::refused())
    }

    fn stop_agents(&self, _: &At) -> Result<(), Ended> {
        Err(ClosedRecord::refused())
    }

    fn param(&self, _: &str) -> Option<String> {
        None
    }

    fn secret(&self, _: &str) -> Option<String> {
        None
    }

    fn account(&self, _: &str) -> Option<String> {
        None
    }

    fn validate(&self, _: &str, _: &At) -> Ended {
        ClosedRecord::refused()
    }

    fn note(&self, _: Note) {}
}

/// Runs a validation for at most `limit`. Once it has failed, it can't recover by catching errors. Never panics.
pub fn validate(program: &Program, material: Material, limit: Duration, stop: StopAsked) -> Judging {
    let host = Arc::new(ClosedRecord(Log::new(Clock::system())));
    // its time is limited by `limit`, not by declared waits
    let limits = ScriptLimits { test: Duration::MAX / 2, ..ScriptLimits::default() };
    let run = Arc::new(ScriptRun::new(program.clone(), host, limits));
    let said = Arc::new(Mutex::new(vec![]));
    let script = {
        let said = said.clone();
        move || {
            let engine = engine(&run, material, &said, limit, stop);
            ended::describe_end(&run, engine.run_ast_with_scope(&mut Scope::new(), &run.program.ast))
        }
    };
    let ended = in_thread("validation", script);
    let said = std::mem::take(&mut *lock(&said));
    Judging::new(ended, said)
}

/// Stops a validation that takes too long, is stopped from outside, or uses too much memory.
fn watch(run: Arc<ScriptRun>, limit: Duration, stop: StopAsked) -> impl Fn(u64) -> Option<Dynamic> {
    let (begun, memory) = (Instant::now(), Memory::now());
    move |operation| {
        if operation & 15 == 0 && memory.is_due() {
            if begun.elapsed() > limit {
                run.log().stop(Judging::too_long(limit));
            } else if stop() {
                run.log().stop(Judging::cancelled());
            } else if memory.growth() > GROWTH {
                let why = format!("the validation needs more than {} MiB of memory", GROWTH >> 20);
                run.log().stop(Ended { advice: Some("keep less at once".into()), ..Ended::error(why) });
            }
        }
        run.must_stop().then_some(Dynamic::UNIT)
    }
}

fn engine(
    run: &Arc<ScriptRun>,
    material: Material,
    said: &Arc<Mutex<Vec<String>>>,
    limit: Duration,
    stop: StopAsked,
) -> Engine {
    let mut engine = engine_of(run, api::add_validation_functions);
    engine.on_progress(watch(run.clone(), limit, stop));
    let lines = said.clone();
    engine.on_print(move |text| Judging::keep(&mut lock(&lines), text));
    let lines = said.clone();
    engine.on_debug(move |text, _, _| Judging::keep(&mut lock(&lines), text));
    // shared, because each access to a variable would copy the list
    let events: Array = material.events.into_iter().map(|event| Dynamic::from(EventValue(event))).collect();
    let events = Dynamic::from(events).into_shared();
    let stats: Array = material.stats.iter().map(from_json).collect();
    let stats = Dynamic::from(stats).into_shared();
    #[expect(deprecated, reason = "rhai marks it as volatile, and our version of rhai is pinned by Cargo.lock")]
    engine.on_var(move |name, index, context: EvalContext| {
        // the script's own variables take precedence
        if index != 0 || context.scope().contains(name) {
            return Ok(None);
        }
        Ok(match name {
            "events" => Some(events.clone()),
            "stats" => Some(stats.clone()),
            "telefonist" => Some(Dynamic::from(Telefonist)),
            _ => None,
        })
    });
    engine
}
