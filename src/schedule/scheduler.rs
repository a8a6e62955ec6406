//! Runs schedules when they are due: a thread that sleeps until the next time of any of them.

use super::clock::Clock;
use super::plan::{Passed, Plan};
use crate::diagnostic::Diagnostic;
use crate::event::Time;
use crate::store::{Due, NewJob, Problem, Queued, Schedule, Store};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// If the clock goes back by more than this (milliseconds), it was wrong before, and the schedules follow its new time. If it goes back by
/// less, what has run does not run again.
const SET_BACK: f64 = 3.0 * 3_600_000.0;
/// The shortest and the longest pause before a retry (milliseconds).
const AGAIN: (f64, f64) = (1000.0, 60_000.0);
/// How often the daily work runs (milliseconds).
const DAY: f64 = 24.0 * 3_600_000.0;

/// Makes the jobs of schedules, and hears what became of them.
pub trait Fire: Send + Sync {
    /// What a schedule has run; `due` is the time that it is queued for.
    ///
    /// # Errors
    /// After [`Problem::Broken`] it is asked again a little later; after any other error the time is missed.
    fn job(&self, schedule: &Schedule, due: Time) -> Result<NewJob, Problem>;

    /// Does the daily work. The schedules wait meanwhile.
    fn daily(&self);

    /// A time was handled, and the store says so. Called on the scheduler's thread, which waits meanwhile.
    fn told(&self, told: Told);

    /// Reports an error. An error that persists is reported once.
    fn report(&self, problem: Diagnostic);
}

/// What became of a schedule's time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Told {
    /// Its job waits in the queue.
    Fired { schedule: i64, due: Time, job: i64 },
    /// It got no job: the last job is still waiting, or no job can be made.
    Missed { schedule: i64, due: Time },
}

/// The thread, which ends with this value.
pub struct Scheduler {
    clock: Arc<dyn Clock>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Scheduler {
    /// Starts the thread. A schedule that was due while no server ran is queued once, immediately.
    pub fn start(store: Arc<Store>, clock: Arc<dyn Clock>, fire: Arc<dyn Fire>) -> Scheduler {
        let stop = Arc::new(AtomicBool::new(false));
        let (clock_of, day, plans) = (clock.clone(), clock.now(), HashMap::new());
        let mut worker = Worker { store, clock: clock_of, fire, plans, day, told: None, wait: AGAIN.0 };
        let until = stop.clone();
        let thread = std::thread::spawn(move || {
            while !until.load(Ordering::Acquire) {
                let next = worker.turn();
                worker.clock.sleep(next);
            }
        });
        Scheduler { clock, stop, thread: Some(thread) }
    }

    /// Call this after schedules were made, changed or deleted.
    pub fn changed(&self) {
        self.clock.wake();
    }

    /// Ends the thread, immediately unless it is working. The next scheduler handles what is due later.
    pub fn shutdown(self) {}
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.clock.wake();
        if let Some(thread) = self.thread.take() {
            // a panic in it was printed when it happened
            let _ = thread.join();
        }
    }
}

struct Worker {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    fire: Arc<dyn Fire>,
    plans: HashMap<i64, Plan>,
    /// When the daily work ran last, or the thread started.
    day: Time,
    /// The last error, while it persists.
    told: Option<Diagnostic>,
    /// How long to wait after the next error.
    wait: f64,
}

impl Worker {
    /// Handles all that is due; returns the time of the next turn.
    ///
    /// All schedules are read each time, at most once a minute: another host may have changed them.
    fn turn(&mut self) -> Option<Time> {
        let now = self.clock.now();
        let (mut next, mut wrong) = (None, None);
        match self.store.schedules() {
            Ok(schedules) => {
                let mut plans = std::mem::take(&mut self.plans);
                for schedule in schedules.iter().filter(|schedule| !schedule.what.paused) {
                    let plan = plans.remove(&schedule.id).filter(|plan| plan.says(&schedule.what));
                    let mut plan = plan.unwrap_or_else(|| self.plan(schedule));
                    match self.see_to(schedule, &mut plan, now) {
                        Ok(time) => next = earlier(next, time),
                        Err(problem) => wrong = Some(problem),
                    }
                    self.plans.insert(schedule.id, plan);
                }
            }
            Err(problem) => wrong = Some(problem),
        }
        next = earlier(next, Some(self.daily(now)));
        let Some(problem) = wrong.map(Diagnostic::from) else {
            (self.told, self.wait) = (None, AGAIN.0);
            return next;
        };
        if self.told.as_ref() != Some(&problem) {
            self.fire.report(problem.clone());
            self.told = Some(problem);
        }
        let again = now + self.wait;
        self.wait = (self.wait * 2.0).min(AGAIN.1);
        earlier(next, Some(again))
    }

    /// Does the daily work if it is due; returns its next time.
    fn daily(&mut self, now: Time) -> Time {
        // a clock that was set back had been wrong before
        self.day = self.day.min(now);
        if now >= self.day + DAY {
            self.fire.daily();
            self.day = now;
        }
        self.day + DAY
    }

    fn plan(&self, schedule: &Schedule) -> Plan {
        let (plan, wrong) = Plan::new(&schedule.what, seen(schedule));
        if let Some(wrong) = wrong {
            let message = format!("the schedule {} never runs: {}", schedule.id, wrong.message);
            self.fire.report(Diagnostic { message, ..wrong });
        }
        plan
    }

    /// Queues a job if the schedule is due; returns its next time.
    fn see_to(&self, schedule: &Schedule, plan: &mut Plan, now: Time) -> Result<Option<Time>, Problem> {
        let mut seen = seen(schedule);
        let due = |time, times, late| Due { schedule: schedule.id, seen: schedule.last_due, time, times, late };
        if seen > now + SET_BACK {
            self.store.pass_due(&due(now, 0, false))?;
            seen = now;
        } else if let Some(Passed { time, times, late }) = plan.passed(seen, now) {
            self.queue(schedule, &due(time, times, late), now)?;
            seen = time;
        }
        Ok(plan.next(seen))
    }

    fn queue(&self, schedule: &Schedule, due: &Due, now: Time) -> Result<(), Problem> {
        let queued = self.fire.job(schedule, due.time).and_then(|job| self.store.queue_due(due, &job, now));
        let missed = Told::Missed { schedule: schedule.id, due: due.time };
        match queued {
            Ok(Some(Queued::Waits(job))) => {
                self.fire.told(Told::Fired { schedule: schedule.id, due: due.time, job });
            }
            Ok(Some(_)) => self.fire.told(missed),
            // another host has seen to it
            Ok(None) => {}
            Err(problem @ Problem::Broken(_)) => return Err(problem),
            Err(problem) => {
                if self.store.pass_due(due)? {
                    let wrong = problem.diagnostic();
                    let message = format!("the schedule {} could not run: {}", schedule.id, wrong.message);
                    self.fire.report(Diagnostic { message, ..wrong });
                    self.fire.told(missed);
                }
            }
        }
        Ok(())
    }
}

/// The last time that was handled.
fn seen(schedule: &Schedule) -> Time {
    schedule.last_due.unwrap_or(schedule.created)
}

fn earlier(one: Option<Time>, other: Option<Time>) -> Option<Time> {
    one.into_iter().chain(other).min_by(Time::total_cmp)
}
