//! A run as its native functions see it.

use super::at::Site;
use super::host::Host;
use super::memory::Memory;
use crate::engine::api::steps::FailedSteps;
use crate::engine::language::duration::Millis;
use crate::engine::language::program::Program;
use crate::engine::rules::marks::Marks;
use crate::engine::running::blocks::Block;
use crate::engine::running::ended::wrong;
use crate::event::{At, Ended, Log};
use rhai::{Dynamic, EvalAltResult, NativeCallContext, Position};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, mpsc};
use std::time::Duration;

/// The limits of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// How long an `await` without `within` waits.
    pub within: Duration,
    /// How long a script may run beyond the waits that it declares.
    pub test: Duration,
    /// By so much the program may grow while it runs, in bytes: far more than all that runs keep.
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { within: Duration::from_secs(30), test: Duration::from_secs(600), memory: 2 << 30 }
    }
}

/// One run of a script.
pub struct Run {
    pub program: Program,
    pub host: Arc<dyn Host>,
    pub limits: Limits,
    pub marks: Mutex<Marks>,
    /// The variables of the file's top level that functions see.
    pub shared: Mutex<HashMap<String, Dynamic>>,
    /// A command that is answered with `ok: false` fails the run.
    pub strict: AtomicBool,
    /// How long an `await` without `within` waits (`timeout`).
    pub within: Mutex<Millis>,
    /// The tests that the top level has made so far, and their names.
    pub blocks: Mutex<(Vec<Block>, HashSet<Arc<str>>)>,
    /// The tests whose hashes the file lists (`hash(#{…})`), and where.
    pub listed: Mutex<Vec<(String, At)>>,
    /// A test is being run, not the top level around it.
    pub in_test: AtomicBool,
    /// How the test of a file with several ended.
    pub test_ended: Mutex<Option<Ended>>,
    /// The first failed `check`.
    pub check_failed: Mutex<Option<Ended>>,
    /// The steps that the last error came through.
    pub failed_steps: Mutex<FailedSteps>,
    /// The log's length when the last command was sent, or up to what the last await took: from there on `quiet` counts.
    pub acted: AtomicUsize,
    /// How many `parallel` go on: another branch may do what an await of this one waits for.
    pub branches: AtomicUsize,
    /// The lines of the user's text that did something.
    pub reached: Mutex<BTreeSet<u32>>,
    /// When it began: milliseconds since the epoch.
    pub began: f64,
    budget: Mutex<Budget>,
    /// The log has a reason to stop, or will have at once.
    stopping: AtomicBool,
    operations: AtomicU32,
    memory: Memory,
}

/// The script's time. Each wait counts once, where it is written: so a loop around it ends too.
struct Budget {
    /// Milliseconds since the epoch.
    until: f64,
    declared: HashSet<(Option<String>, Position)>,
}

/// How a native function finds its run: the engine's tag.
#[derive(Clone)]
struct Handle(Arc<Run>);

pub type Fallible<T> = Result<T, Box<EvalAltResult>>;

/// A panic elsewhere does not spoil what these locks guard.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Run {
    pub fn new(program: Program, host: Arc<dyn Host>, limits: Limits) -> Run {
        let began = host.log().now();
        let until = began + limits.test.as_secs_f64() * 1000.0;
        Run {
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
            budget: Mutex::new(Budget { until, declared: HashSet::new() }),
            stopping: AtomicBool::new(host.log().stopped().is_some()),
            // the clock is not looked at before the first operation: `start` has just done so
            operations: AtomicU32::new(1),
            memory: Memory::now(),
            host,
        }
    }

    /// The script's time begins here: what came before (its thread, its engine) is none of its own.
    pub fn start(&self) {
        lock(&self.budget).until = self.log().now() + self.limits.test.as_secs_f64() * 1000.0;
    }

    pub fn tag(self: &Arc<Run>) -> Dynamic {
        Dynamic::from(Handle(self.clone()))
    }

    /// The run that a native function serves.
    pub fn of(context: &NativeCallContext) -> Fallible<Arc<Run>> {
        Run::by_tag(context.tag().unwrap_or(&Dynamic::UNIT))
    }

    pub fn by_tag(tag: &Dynamic) -> Fallible<Arc<Run>> {
        let handle = tag.read_lock::<Handle>().map(|handle| handle.0.clone());
        handle.ok_or_else(|| wrong("there is no run here"))
    }

    pub fn log(&self) -> &Log {
        self.host.log()
    }

    /// The marks of all events so far.
    pub fn marks(&self) -> MutexGuard<'_, Marks> {
        let mut marks = lock(&self.marks);
        // not of those that come meanwhile: there may be no end of them
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

    /// Takes note of what has come, while it is still in memory, and tells up to where.
    pub fn keep_up(&self) -> usize {
        self.marks().seen()
    }

    /// The test has waited for what has come until now.
    pub fn wait_is_over(&self) {
        let mut marks = self.marks();
        let seen = marks.seen();
        marks.know(seen);
    }

    /// From event number `n` on `quiet` counts: what came before is no consequence of what the script did last.
    pub fn acted(&self, n: usize) {
        self.acted.fetch_max(n, Relaxed);
    }

    /// Ends the run, whatever the script catches: the reason is sticky in the log, and no operation runs after it.
    pub fn end(&self, mut ended: Ended, site: &Site) -> Box<EvalAltResult> {
        let std = site.source.as_deref().is_some_and(crate::engine::language::stdlib::is_std);
        if ended.at.is_none() && !std {
            ended.at = Some(self.at(site));
        }
        self.log().stop(ended);
        self.stopped(site)
    }

    /// The error that unwinds a script whose run has to end.
    pub fn stopped(&self, site: &Site) -> Box<EvalAltResult> {
        self.stopping.store(true, Relaxed);
        Box::new(EvalAltResult::ErrorRuntime("the run ends".into(), site.position))
    }

    /// Lets the script go on although it had to end, and says why it had to; none where it did not, or must not go on.
    pub fn go_on(&self) -> Option<Ended> {
        let reason = self.log().take_stop();
        self.take_losses();
        self.stopping.store(self.log().stopped().is_some(), Relaxed);
        if reason.is_some() {
            self.host.resume();
        }
        reason
    }

    /// Lets a teardown run, whatever ended the test, for that long at most: it is stopped when what this gives is still there then.
    pub fn tear_down(self: &Arc<Run>, most: Duration) -> mpsc::Sender<()> {
        let was_stopped = self.log().take_any_stop().is_some();
        {
            let mut budget = lock(&self.budget);
            budget.until = budget.until.max(self.log().now() + most.as_secs_f64() * 1000.0);
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

    /// Called before every operation of the script: whether it has to end.
    pub fn must_stop(&self) -> bool {
        if self.stopping.load(Relaxed) {
            return true;
        }
        // the log's lock and the clock cost more than an operation does, but for one with a large value
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

    /// Lengthens the script's time by a wait, the first time that it is met, and gives the time's end.
    pub fn declare_wait(&self, site: &Site, wait: Millis) -> f64 {
        let mut budget = lock(&self.budget);
        if budget.declared.insert((site.source.clone(), site.position)) {
            budget.until += wait.0;
        }
        budget.until
    }

    /// How a script ends that fills the memory.
    fn too_large(&self) -> Ended {
        let limit = self.limits.memory >> 20;
        Ended {
            advice: Some("keep less in variables, or run fewer scripts at once".into()),
            ..Ended::error(format!("the program came to need {limit} MiB more memory while the script ran"))
        }
    }

    /// How a script ends that does not end.
    pub fn too_long(&self) -> Ended {
        let limit = Millis(self.limits.test.as_secs_f64() * 1000.0).in_words();
        Ended {
            advice: Some("end the loop, or allow more time with --test-timeout".to_string()),
            ..Ended::error(format!("the script did not end: it ran {limit} beyond the waits that it declares"))
        }
    }
}
