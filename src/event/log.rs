//! The append-only log of a run: written by the run, read by index by everyone else. Its newest events are in memory, the rest
//! wherever its [`Archive`] has them: a slow reader lags, and fetches them from there.
//!
//! One mutex, one condition variable, one sticky reason to stop: every wait of a run ends through them.

use super::{Body, Ended, Event, Events};
use crate::diagnostic::Diagnostic;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Nobody gets more events at once.
pub const CHUNK: usize = 4096;

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
    limits: Limits,
    state: Mutex<State>,
    changed: Condvar,
}

/// How many events a log holds in memory.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The newest ones, which nobody has to fetch.
    pub tail: usize,
    /// At most, while nobody takes them over (the disk is full): the oldest are dropped then.
    pub most: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { tail: 10_000, most: 250_000 }
    }
}

/// Where events are that are not in memory any more.
pub trait Archive: Send + Sync {
    /// Events from number `from` on, the first of them; at most `most`. Fewer, or none, where they can't be read.
    fn read(&self, from: u64, most: usize) -> Vec<Arc<Event>>;
}

#[derive(Default)]
struct State {
    /// The newest events.
    tail: VecDeque<Arc<Event>>,
    /// The number of the first of them.
    first: u64,
    /// The number that the next event gets.
    next: u64,
    /// Events before this number can be read from the archive.
    archived: u64,
    archive: Option<Arc<dyn Archive>>,
    /// How many were dropped that nobody had taken over.
    dropped: u64,
    stop: Option<Stop>,
    closed: bool,
    hooks: Vec<Hook>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("first", &self.first).field("next", &self.next).finish_non_exhaustive()
    }
}

/// What is called when the run has to end.
struct Hook(Box<dyn FnOnce() + Send>);

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook")
    }
}

impl State {
    /// Lets go of what is old and can be read elsewhere; or of the oldest, where there is too much.
    fn shrink(&mut self, limits: Limits) {
        while self.tail.len() > limits.tail && (self.first < self.archived || self.tail.len() > limits.most) {
            self.dropped += u64::from(self.first >= self.archived);
            self.tail.pop_front();
            self.first += 1;
        }
    }

    fn tail_from(&self, index: u64) -> Vec<Arc<Event>> {
        let skipped = index.saturating_sub(self.first) as usize;
        self.tail.iter().skip(skipped).take(CHUNK).cloned().collect()
    }
}

impl Events for Log {
    /// For a log that is closed.
    fn each(&self, take: &mut dyn FnMut(&Event)) -> Result<(), Diagnostic> {
        let mut next = 0;
        loop {
            let events = self.since(next);
            let Some(last) = events.last() else { return Ok(()) };
            next = last.n as usize + 1;
            events.iter().for_each(|event| take(event));
        }
    }
}

/// A panic elsewhere must not take the log with it: its state is valid between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Log {
    pub fn new(clock: Clock) -> Log {
        Log::with_limits(clock, Limits::default())
    }

    pub fn with_limits(clock: Clock, limits: Limits) -> Log {
        Log { clock, limits, state: Mutex::default(), changed: Condvar::new() }
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

    /// Appends an event, stamped now, and returns its number. After [`Log::close`] it is dropped.
    pub fn push(&self, agent: Option<&Arc<str>>, body: Body) -> u64 {
        let mut state = lock(&self.state);
        let n = state.next;
        if !state.closed {
            let time = self.clock.now();
            state.tail.push_back(Arc::new(Event { n, time, agent: agent.cloned(), body }));
            state.next += 1;
            state.shrink(self.limits);
            self.changed.notify_all();
        }
        n
    }

    /// How many events there have been.
    pub fn len(&self) -> usize {
        lock(&self.state).next as usize
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// From now on old events may be read from there; [`Log::archived`] says which.
    pub fn set_archive(&self, archive: Arc<dyn Archive>) {
        lock(&self.state).archive = Some(archive);
    }

    /// All events before number `next` can be read from the archive.
    pub fn archived(&self, next: u64) {
        let mut state = lock(&self.state);
        state.archived = state.archived.max(next);
        state.shrink(self.limits);
    }

    /// How many events had to be dropped because nobody could take them over.
    pub fn dropped(&self) -> u64 {
        lock(&self.state).dropped
    }

    /// The events from a number on, at most [`CHUNK`] of them; none where there are none yet. Dropped ones are left out, so that
    /// who reads on goes by the number of the last.
    pub fn since(&self, index: usize) -> Vec<Arc<Event>> {
        let index = index as u64;
        let (archive, first) = {
            let state = lock(&self.state);
            if index >= state.first {
                return state.tail_from(index);
            }
            (state.archive.clone(), state.first)
        };
        let most = CHUNK.min((first - index) as usize);
        let mut events = archive.map(|archive| archive.read(index, most)).unwrap_or_default();
        events.retain(|event| (index..first).contains(&event.n));
        match events.is_empty() {
            true => lock(&self.state).tail_from(index),
            false => events,
        }
    }

    /// Waits until there is an event at `index`, the deadline (milliseconds since the epoch) has passed, or the run
    /// has to end. A stop is told before new events.
    pub fn wait(&self, index: usize, deadline: f64) -> Wake {
        let mut state = lock(&self.state);
        loop {
            if let Some(stop) = &state.stop {
                return Wake::Stopped(stop.clone());
            }
            if state.next as usize > index {
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

    /// Waits for events from a number on, whatever else happens, and gives them as [`Log::since`] does; none once the log is closed
    /// and read to its end.
    pub fn follow(&self, index: usize) -> Option<Vec<Arc<Event>>> {
        let mut state = lock(&self.state);
        while state.next as usize <= index {
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        drop(state);
        Some(self.since(index))
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

    /// Keeps what it is told to, as a file would.
    struct Shelf(Mutex<Vec<Arc<Event>>>);

    impl Archive for Shelf {
        fn read(&self, from: u64, most: usize) -> Vec<Arc<Event>> {
            lock(&self.0).iter().skip(from as usize).take(most).cloned().collect()
        }
    }

    fn numbers(log: &Log, from: usize) -> Vec<u64> {
        log.since(from).iter().map(|event| event.n).collect()
    }

    #[test]
    fn old_events_come_from_the_archive_and_none_is_dropped_that_is_not_there() {
        let log = Log::with_limits(Clock::manual(0.0), Limits { tail: 3, most: 5 });
        let shelf = Arc::new(Shelf(Mutex::default()));
        log.set_archive(shelf.clone());
        (0..5).for_each(|n| _ = log.push(None, print(&n.to_string())));
        assert_eq!(numbers(&log, 0), [0, 1, 2, 3, 4], "nobody has taken them over");
        lock(&shelf.0).extend(log.since(0));
        log.archived(4);
        assert_eq!((numbers(&log, 0), numbers(&log, 1), numbers(&log, 3)), (vec![0, 1], vec![1], vec![3, 4]));
        // the archive takes nothing more: what is too much goes, and reading goes on after it
        (5..12).for_each(|n| _ = log.push(None, print(&n.to_string())));
        assert_eq!((log.len(), log.dropped()), (12, 3));
        let mut all = vec![];
        log.each(&mut |event| all.push(event.n)).unwrap();
        assert_eq!(all, [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]);
        assert_eq!(log.wait(11, 0.0), Wake::New);
        assert_eq!(log.wait(12, 0.0), Wake::Timeout);
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
