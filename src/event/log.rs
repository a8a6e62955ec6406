//! The append-only log of a run: written by the run, read by index by everyone else.
//!
//! One mutex, one condition variable, one sticky reason to stop: every wait of a run ends through them.

use super::{Body, Ended, Event};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Why a run has to end before its script does. The first reason stays.
pub type Stop = Ended;

/// Milliseconds since the epoch that never run backwards, whatever happens to the machine's clock.
#[derive(Debug)]
pub enum Clock {
    System {
        start: Instant,
        epoch: f64,
    },
    /// For tests: stands still until [`Log::advance`].
    Manual(Mutex<f64>),
}

impl Clock {
    pub fn system() -> Clock {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock::System { start: Instant::now(), epoch: epoch.as_secs_f64() * 1000.0 }
    }

    pub fn manual(start: f64) -> Clock {
        Clock::Manual(Mutex::new(start))
    }

    /// Rounded to microseconds, so that it survives JSON unchanged.
    pub fn now(&self) -> f64 {
        let now = match self {
            Clock::System { start, epoch } => epoch + start.elapsed().as_secs_f64() * 1000.0,
            Clock::Manual(now) => *lock(now),
        };
        (now * 1000.0).round() / 1000.0
    }
}

/// Why [`Log::wait`] came back.
#[derive(Debug, PartialEq)]
pub enum Wake {
    /// There are events from the asked index on.
    New,
    /// The time is up.
    Timeout,
    /// The run has to end.
    Stopped(Stop),
}

#[derive(Debug)]
pub struct Log {
    clock: Clock,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    events: Vec<Arc<Event>>,
    stop: Option<Stop>,
    closed: bool,
    hooks: Vec<Hook>,
}

/// What is called when the run has to end.
struct Hook(Box<dyn FnOnce() + Send>);

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook")
    }
}

/// A panic elsewhere must not take the log with it: its state is valid between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Log {
    pub fn new(clock: Clock) -> Log {
        Log { clock, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Milliseconds since the epoch.
    pub fn now(&self) -> f64 {
        self.clock.now()
    }

    /// Moves a manual clock on and wakes all waits. No effect on a system clock.
    pub fn advance(&self, milliseconds: f64) {
        if let Clock::Manual(now) = &self.clock {
            *lock(now) += milliseconds;
        }
        let _state = lock(&self.state);
        self.changed.notify_all();
    }

    /// Appends an event, stamped now, and returns its index. After [`Log::close`] it is dropped.
    pub fn push(&self, agent: Option<&Arc<str>>, body: Body) -> u64 {
        let mut state = lock(&self.state);
        let n = state.events.len() as u64;
        if !state.closed {
            let time = self.clock.now();
            state.events.push(Arc::new(Event { n, time, agent: agent.cloned(), body }));
            self.changed.notify_all();
        }
        n
    }

    pub fn len(&self) -> usize {
        lock(&self.state).events.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All events from an index on.
    pub fn since(&self, index: usize) -> Vec<Arc<Event>> {
        lock(&self.state).events.get(index..).map(<[_]>::to_vec).unwrap_or_default()
    }

    /// Waits until there is an event at `index`, the deadline (milliseconds since the epoch) has passed, or the run
    /// has to end. A stop is told before new events.
    pub fn wait(&self, index: usize, deadline: f64) -> Wake {
        let mut state = lock(&self.state);
        loop {
            if let Some(stop) = &state.stop {
                return Wake::Stopped(stop.clone());
            }
            if state.events.len() > index {
                return Wake::New;
            }
            let left = deadline - self.clock.now();
            if left <= 0.0 {
                return Wake::Timeout;
            }
            state = self.wait_changed(state, left);
        }
    }

    fn wait_changed<'a>(&self, state: MutexGuard<'a, State>, left: f64) -> MutexGuard<'a, State> {
        match self.clock {
            Clock::Manual(_) => self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner()),
            Clock::System { .. } => {
                let left = Duration::from_secs_f64((left / 1000.0).min(86_400.0));
                let woken = self.changed.wait_timeout(state, left);
                woken.unwrap_or_else(|poisoned| poisoned.into_inner()).0
            }
        }
    }

    /// Waits for events from an index on, whatever else happens; none once the log is closed and read to its end.
    pub fn follow(&self, index: usize) -> Option<Vec<Arc<Event>>> {
        let mut state = lock(&self.state);
        loop {
            if state.events.len() > index {
                return Some(state.events[index..].to_vec());
            }
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    /// Ends all waits of the run, now and later. The first reason stays.
    pub fn stop(&self, reason: Stop) {
        let mut state = lock(&self.state);
        state.stop.get_or_insert(reason);
        self.changed.notify_all();
        let hooks = std::mem::take(&mut state.hooks);
        drop(state);
        hooks.into_iter().for_each(|hook| (hook.0)());
    }

    /// Calls `hook` when the run has to end, or at once if it has to already: for waits that are not on the log.
    pub fn on_stop(&self, hook: impl FnOnce() + Send + 'static) {
        let mut state = lock(&self.state);
        if state.stop.is_none() {
            state.hooks.push(Hook(Box::new(hook)));
            return;
        }
        drop(state);
        hook();
    }

    /// The reason why the run has to end, if there is one.
    pub fn stopped(&self) -> Option<Stop> {
        lock(&self.state).stop.clone()
    }

    /// No event comes any more: readers end when they have read all.
    pub fn close(&self) {
        lock(&self.state).closed = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Note;

    fn print(text: &str) -> Body {
        Body::Note(Note::Print { text: text.into() })
    }

    #[test]
    fn a_wait_ends_by_event_time_or_stop_in_manual_time() {
        let log = Arc::new(Log::new(Clock::manual(1000.0)));
        log.push(None, print("a"));
        assert_eq!(log.wait(0, 2000.0), Wake::New);
        let waiter = std::thread::spawn({
            let log = log.clone();
            move || (log.wait(1, 1500.0), log.now())
        });
        log.advance(499.0);
        log.advance(1.0);
        assert_eq!(waiter.join().unwrap(), (Wake::Timeout, 1500.0));
        log.stop(Ended::failed("first"));
        log.stop(Ended::failed("second"));
        assert_eq!(log.wait(0, 9000.0), Wake::Stopped(Ended::failed("first")));
    }

    #[test]
    fn a_follower_reads_everything_and_ends_with_the_log() {
        let log = Arc::new(Log::new(Clock::system()));
        let reader = std::thread::spawn({
            let log = log.clone();
            move || {
                let mut seen = 0;
                while let Some(events) = log.follow(seen) {
                    seen += events.len();
                }
                seen
            }
        });
        for n in 0..1000 {
            log.push(None, print(&n.to_string()));
        }
        log.close();
        log.push(None, print("too late"));
        assert_eq!(reader.join().unwrap(), 1000);
    }
}
