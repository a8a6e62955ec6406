//! The run of a script, as native functions see it.

use super::failed_steps::FailedSteps;
use super::failure::{Fallible, ScriptFailure, wrong};
use super::host::Host;
use super::memory::Memory;
use super::site::Site;
use crate::diagnostic::Source;
use crate::engine::language::blocks::{Block, TestSelection};
use crate::engine::language::duration::Millis;
use crate::engine::language::program::Program;
use crate::engine::language::{modules, stdlib};
use crate::engine::rules::marks::Marks;
use crate::event::{At, Ended, Log, Time, lock};
use rhai::{Dynamic, EvalAltResult, NativeCallContext, Position, Scope};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, mpsc};
use std::time::Duration;

/// The limits of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptLimits {
    /// How long an `await` without `within` waits.
    pub within: Duration,
    /// How long a script may run, not counting the waits that it declares.
    pub test: Duration,
    /// How much the program may grow while the script runs, in bytes; far more than all runs keep.
    pub memory: usize,
}

impl Default for ScriptLimits {
    fn default() -> ScriptLimits {
        ScriptLimits { within: Duration::from_secs(30), test: Duration::from_secs(600), memory: 2 << 30 }
    }
}

/// One run of a script.
pub struct ScriptRun {
    pub program: Program,
    pub host: Arc<dyn Host>,
    pub limits: ScriptLimits,
    pub marks: Mutex<Marks>,
    /// The variables of the file's top level that functions see.
    pub shared: Mutex<HashMap<String, Dynamic>>,
    /// A command that is answered with `ok: false` fails the run.
    pub strict: AtomicBool,
    /// How long an `await` without `within` waits (`timeout`).
    pub within: Mutex<Millis>,
    /// The tests that the top level has defined so far, and their names.
    pub blocks: Mutex<(Vec<Block>, HashSet<Arc<str>>)>,
    /// The tests whose hashes the file lists (`hash(#{…})`), and where.
    pub listed: Mutex<Vec<(String, At)>>,
    /// Whether a test runs, and not the top level around it.
    pub in_test: AtomicBool,
    /// How the test ended, if the file has several.
    pub test_ended: Mutex<Option<Ended>>,
    /// The first failed `check`.
    pub check_failed: Mutex<Option<Ended>>,
    /// The steps that the last error passed through.
    pub failed_steps: Mutex<FailedSteps>,
    /// The log's length when the last command was sent, or after the last event that an await took. `quiet` counts from
    /// there.
    pub acted: AtomicUsize,
    /// The number of active `parallel` calls. While there are some, another branch may cause what an await waits for.
    pub branches: AtomicUsize,
    /// The lines of the user's text that did something.
    pub reached: Mutex<BTreeSet<u32>>,
    /// When the run began.
    pub began: Time,
    /// Called when the script has ended, before its run does.
    pub on_failure: Option<OnFailure>,
    budget: Mutex<Budget>,
    /// The log has a reason to stop, or is about to get one.
    stopping: AtomicBool,
    operations: AtomicU32,
    memory: Memory,
}

/// The time that a script has. Each wait adds to it once per place in the script, so that a loop around a wait ends
/// too.
struct Budget {
    until: Time,
    declared: HashSet<(Option<String>, Position)>,
}

/// Gets the run, the script's variables, and how the script ended, even if it did not fail.
pub type OnFailure = Box<dyn Fn(&ScriptRun, Scope<'static>, &Result<(), Box<EvalAltResult>>) + Send + Sync>;

/// The engine's tag, by which a native function finds its run.
#[derive(Clone)]
struct Handle(Arc<ScriptRun>);

impl ScriptRun {
    pub fn new(program: Program, host: Arc<dyn Host>, limits: ScriptLimits) -> ScriptRun {
        let began = host.log().now();
        let until = began + limits.test;
        ScriptRun {
            program,
            marks: Mutex::default(),
            shared: Mutex::default(),
            strict: AtomicBool::new(false),
            within: Mutex::new(Millis(limits.within.as_secs_f64() * 1000.0)),
            limits,
            blocks: Mutex::default(),
            listed: Mutex::default(),
            in_test: AtomicBool::new(false),
            test_ended: Mutex::default(),
            check_failed: Mutex::default(),
            failed_steps: Mutex::default(),
            acted: AtomicUsize::new(0),
            branches: AtomicUsize::new(0),
            reached: Mutex::default(),
            began,
            on_failure: None,
            budget: Mutex::new(Budget { until, declared: HashSet::new() }),
            stopping: AtomicBool::new(host.log().stopped().is_some()),
            // not 0: `start` has just read the clock, so the first operation need not
            operations: AtomicU32::new(1),
            memory: Memory::now(),
            host,
        }
    }

    /// Starts the script's time. The start of its thread and engine does not count.
    pub fn start(&self) {
        lock(&self.budget).until = self.log().now() + self.limits.test;
    }

    pub fn tag(self: &Arc<ScriptRun>) -> Dynamic {
        Dynamic::from(Handle(self.clone()))
    }

    /// The run that a native function was called in.
    pub fn from_call(context: &NativeCallContext) -> Fallible<Arc<ScriptRun>> {
        ScriptRun::from_tag(context.tag().unwrap_or(&Dynamic::UNIT))
    }

    pub fn from_tag(tag: &Dynamic) -> Fallible<Arc<ScriptRun>> {
        let handle = tag.read_lock::<Handle>().map(|handle| handle.0.clone());
        handle.ok_or_else(|| wrong("there is no run here"))
    }

    pub fn log(&self) -> &Log {
        self.host.log()
    }

    /// The marks, after all events so far.
    pub fn marks(&self) -> MutexGuard<'_, Marks> {
        let mut marks = lock(&self.marks);
        // only events that are here already: more may come without end
        let all = self.log().len();
        while marks.seen() < all {
            let news = self.log().since(marks.seen());
            if news.is_empty() {
                break;
            }
            marks.observe(&news);
        }
        marks
    }

    /// Updates the marks while the events are still in memory. Returns the number of events that the marks have seen.
    pub fn keep_up(&self) -> usize {
        self.marks().seen()
    }

    /// Notes that the test has waited for everything so far.
    pub fn wait_is_over(&self) {
        let mut marks = self.marks();
        let seen = marks.seen();
        marks.know(seen);
    }

    /// `quiet` counts from event number `n`: earlier events are no consequence of what the script did last.
    pub fn acted(&self, n: usize) {
        self.acted.fetch_max(n, Relaxed);
    }

    /// Ends the run, even if the script catches the error: the log keeps the reason, and no operation runs after it.
    pub fn end(&self, mut ended: Ended, site: &Site) -> Box<EvalAltResult> {
        let std = site.source.as_deref().is_some_and(stdlib::is_std);
        if ended.at.is_none() && !std {
            ended.at = Some(self.at(site));
        }
        self.log().stop(ended);
        self.stopped(site)
    }

    /// The error that unwinds a script when its run has to end.
    pub fn stopped(&self, site: &Site) -> Box<EvalAltResult> {
        self.stopping.store(true, Relaxed);
        Box::new(EvalAltResult::ErrorRuntime("the run ends".into(), site.position))
    }

    /// Lets a stopped script continue, and returns why it was stopped; none if it was not stopped, or must stay so.
    pub fn go_on(&self) -> Option<Ended> {
        let reason = self.log().take_stop();
        self.take_losses();
        self.stopping.store(self.log().stopped().is_some(), Relaxed);
        if reason.is_some() {
            self.host.resume();
        }
        reason
    }

    /// Lets a teardown run for at most that long, whatever ended the test. The teardown is stopped if the returned
    /// sender still exists by then.
    pub fn tear_down(self: &Arc<ScriptRun>, most: Duration) -> mpsc::Sender<()> {
        let was_stopped = self.log().take_any_stop().is_some();
        {
            let mut budget = lock(&self.budget);
            budget.until = budget.until.max(self.log().now() + most);
        }
        self.stopping.store(self.log().stopped().is_some(), Relaxed);
        if was_stopped {
            self.host.resume();
        }
        let (going_on, over) = mpsc::channel();
        let run = self.clone();
        std::thread::spawn(move || {
            if over.recv_timeout(most) == Err(mpsc::RecvTimeoutError::Timeout) {
                let message = format!("the teardown did not end within {} s", most.as_secs());
                run.log().stop(Ended::error(message));
            }
        });
        going_on
    }

    /// Called at the end of the script: passes its variables to [`ScriptRun::on_failure`].
    pub fn pause(&self, variables: Scope<'static>, result: &Result<(), Box<EvalAltResult>>) {
        if let Some(pause) = &self.on_failure {
            pause(self, variables, result);
        }
    }

    /// Whether the script has to end. Called before each of its operations.
    pub fn must_stop(&self) -> bool {
        if self.stopping.load(Relaxed) {
            return true;
        }
        // the log's lock and the clock cost more than most operations
        let operation = self.operations.fetch_add(1, Relaxed);
        let due = operation & 15 == 0 && self.memory.is_due();
        if due && self.log().now() > lock(&self.budget).until {
            self.log().stop(self.too_long());
        } else if due && self.memory.growth() > self.limits.memory {
            self.log().stop(self.too_large());
        } else if !due && operation & 63 != 0 {
            return false;
        }
        let stop = self.log().stopped().is_some();
        self.stopping.store(stop, Relaxed);
        stop
    }

    /// Adds a wait to the script's time, the first time that the script reaches this place. Returns the end of its
    /// time.
    pub fn declare_wait(&self, site: &Site, wait: Millis) -> Time {
        let mut budget = lock(&self.budget);
        if budget.declared.insert((site.source.clone(), site.position)) {
            budget.until += wait.0;
        }
        budget.until
    }

    /// The end of a script that uses too much memory.
    fn too_large(&self) -> Ended {
        let limit = self.limits.memory >> 20;
        Ended {
            advice: Some("keep less in variables, or run fewer scripts at once".into()),
            ..Ended::error(format!("the program came to need {limit} MiB more memory while the script ran"))
        }
    }

    /// The end of a script that runs too long.
    pub fn too_long(&self) -> Ended {
        let limit = Millis(self.limits.test.as_secs_f64() * 1000.0).in_words();
        Ended {
            advice: Some("end the loop, or allow more time with --test-timeout".to_string()),
            ..Ended::error(format!("the script did not end: it ran {limit} beyond the waits that it declares"))
        }
    }
}

/// Places in scripts.
impl ScriptRun {
    /// The place of a site in the user's text, or in a module. Marks its line as reached.
    pub fn at(&self, site: &Site) -> At {
        let line = site.position.line().unwrap_or(1) as u32;
        let column = site.position.position().unwrap_or(1) as u32;
        match &site.source {
            Some(source) if *source != self.program.script.source.name => {
                At { source: source.as_str().into(), line, column }
            }
            _ => {
                let script = &self.program.script;
                let at = script.at(line, column);
                // the user did not write a line that the compiler added
                if script.lines.get(line.saturating_sub(1) as usize) != Some(&0) {
                    lock(&self.reached).insert(at.line);
                }
                at
            }
        }
    }

    /// The source of a site: the user's script, or a module.
    pub fn source_of(&self, site: &Site) -> Option<Arc<Source>> {
        let script = &self.program.script;
        Some(match &site.source {
            Some(name) if *name != script.source.name => {
                Source::new(name, modules::read_module(&self.program, name).ok()?)
            }
            _ => script.source.clone(),
        })
    }

    /// The text from a site on, at most `most` bytes.
    pub fn text_from(&self, site: &Site, most: usize) -> Option<String> {
        let (line, column) = (site.position.line()? as u32, site.position.position()? as u32);
        let source = self.source_of(site)?;
        let text = &source.text[source.offset(line, column)..];
        Some(text[..text.floor_char_boundary(most)].to_string())
    }

    /// The error that carries a failure and its place, wherever it is thrown again.
    pub fn raise(&self, mut failure: ScriptFailure, site: &Site) -> Box<EvalAltResult> {
        let std = site.source.as_deref().is_some_and(stdlib::is_std);
        failure.ended.at = (!std).then(|| self.at(site));
        Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(failure), site.position))
    }

    /// Whether the script may send commands and wait. It may not at the top level of a file with tests, nor while it
    /// does not know that an agent was lost.
    pub fn may_act(&self, site: &Site) -> Fallible<()> {
        if self.program.selection == TestSelection::Whole || self.in_test.load(Relaxed) {
            return self.throw_loss(site);
        }
        let ended = Ended::error("commands and waits belong in a test, a setup or a teardown");
        let advice = "the top level of a file with tests only declares what they share".to_string();
        Err(self.end(Ended { advice: Some(advice), ..ended }, site))
    }
}
