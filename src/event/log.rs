//! The append-only log of a run: written by the run, read by index by everyone else. Its newest events are in memory, the rest
//! wherever its [`Archive`] has them: a slow reader lags, and fetches them from there.
//!
//! One mutex, one condition variable, one sticky reason to stop: every wait of a run ends through them.

use super::tail::{Limits, Tail};
use super::{Body, Ended, Event, Events, How};
use crate::diagnostic::Diagnostic;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Nobody gets more events at once.
pub const CHUNK: usize = 1024;
/// So long an archive may take nothing before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(1);

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
        Clock::from(SystemTime::now())
    }

    /// What the wall clock says later does not matter.
    fn from(wall: SystemTime) -> Clock {
        let epoch = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
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

/// Where events are that are not in memory any more.
pub trait Archive: Send + Sync {
    /// Calls `take` with the events from number `from` on, in their order, for as long as it says true.
    ///
    /// # Errors
    /// They can't be read.
    fn read(&self, from: u64, take: &mut dyn FnMut(Event) -> bool) -> Result<(), Diagnostic>;
}

#[derive(Default)]
struct State {
    tail: Tail,
    archive: Option<Arc<dyn Archive>>,
    /// The archive takes nothing: the disk is full.
    stuck: bool,
    /// How many wait for a change: each waking is a system call, which a flood of events can do without.
    waiting: usize,
    /// How many of them wait until the archive has taken something.
    pushing: usize,
    stop: Option<Stop>,
    closed: bool,
    hooks: Vec<Hook>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("tail", &self.tail).finish_non_exhaustive()
    }
}

/// What is called when the run has to end.
struct Hook(Box<dyn FnOnce() + Send>);

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook")
    }
}

impl Events for Log {
    /// As far as there are events now.
    fn each(&self, take: &mut dyn FnMut(&Event)) -> Result<(), Diagnostic> {
        let mut next = 0;
        loop {
            let begun = next;
            if let Some(archive) = self.archive_of(begun) {
                // one after another: thousands at once would not stay in the processor's cache
                archive.read(begun, &mut |event| {
                    next = event.n + 1;
                    take(&event);
                    true
                })?;
            }
            if next > begun {
                continue;
            }
            let events = lock(&self.state).tail.from(begun, CHUNK);
            let Some(last) = events.last() else { return Ok(()) };
            next = last.n + 1;
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
    ///
    /// Who pushes faster than the archive takes waits for it; while the archive takes nothing, the oldest go.
    pub fn push(&self, agent: Option<&Arc<str>>, body: Body) -> u64 {
        self.push_all(agent, [body])
    }

    /// Appends what came at once, and wakes who waits once for all of it. Returns the number of the first.
    pub fn push_all(&self, agent: Option<&Arc<str>>, bodies: impl IntoIterator<Item = Body>) -> u64 {
        let mut state = lock(&self.state);
        let first = state.tail.next();
        if state.closed {
            return first;
        }
        for (n, body) in (first..).zip(bodies) {
            state.tail.push(Event { n, time: self.clock.now(), agent: agent.cloned(), body });
        }
        if state.waiting > 0 {
            self.changed.notify_all();
        }
        if state.archive.is_some() && state.tail.is_over(self.limits) {
            self.make_room(state);
        }
        first
    }

    fn make_room(&self, mut state: MutexGuard<'_, State>) {
        let begun = Instant::now();
        while state.tail.is_over(self.limits) && !state.stuck && !state.closed {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            state.stuck = left.is_zero();
            state.pushing += 1;
            state = self.wait_changed(state, Some(left));
            state.pushing -= 1;
        }
        if state.tail.is_over(self.limits) && state.tail.drop_oldest(self.limits).is_err() {
            drop(state);
            let why = "events of this run could neither be written nor held in memory any longer";
            let advice = Some("make room on the disk of the data directory, and run the test again".into());
            self.stop(Ended { advice, ..Ended::error(why) });
        }
    }

    /// How many events there have been.
    pub fn len(&self) -> usize {
        lock(&self.state).tail.next() as usize
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// From now on old events may be read from there; [`Log::archived`] says which. Without an archive all are held in memory.
    pub fn set_archive(&self, archive: Arc<dyn Archive>) {
        lock(&self.state).archive = Some(archive);
    }

    /// All events before number `next` can be read from the archive. `stuck`: it can't take more now.
    pub fn archived(&self, next: u64, stuck: bool) {
        let mut state = lock(&self.state);
        let let_go = state.tail.archived(next, self.limits);
        state.stuck = stuck;
        if state.pushing > 0 {
            self.changed.notify_all();
        }
        drop(state);
        drop(let_go);
    }

    /// How many events had to be dropped because nobody could take them over.
    pub fn dropped(&self) -> u64 {
        lock(&self.state).tail.dropped()
    }

    /// The events from a number on, at most [`CHUNK`] of them; none where there are none yet. Dropped ones, and those that can't
    /// be read back, are left out, so that who reads on goes by the number of the last.
    pub fn since(&self, index: usize) -> Vec<Arc<Event>> {
        let index = index as u64;
        self.read(index).unwrap_or_else(|_| lock(&self.state).tail.from(index, CHUNK))
    }

    fn read(&self, index: u64) -> Result<Vec<Arc<Event>>, Diagnostic> {
        let mut events = vec![];
        if let Some(archive) = self.archive_of(index) {
            archive.read(index, &mut |event| {
                events.push(Arc::new(event));
                events.len() < CHUNK
            })?;
        }
        match events.is_empty() {
            true => Ok(lock(&self.state).tail.from(index, CHUNK)),
            false => Ok(events),
        }
    }

    /// As [`Log::since`], from memory alone; none where an event of this number may be in the archive alone.
    pub fn held(&self, index: u64) -> Option<Vec<Arc<Event>>> {
        let state = lock(&self.state);
        let only_there = state.archive.is_some() && state.tail.is_past(index);
        (!only_there).then(|| state.tail.from(index, CHUNK))
    }

    /// The archive, where an event of this number may be in it alone.
    fn archive_of(&self, index: u64) -> Option<Arc<dyn Archive>> {
        let state = lock(&self.state);
        state.archive.clone().filter(|_| state.tail.is_past(index))
    }

    /// Waits until there is an event at `index`, the deadline (milliseconds since the epoch) has passed, or the run
    /// has to end. A stop is told before new events.
    pub fn wait(&self, index: usize, deadline: f64) -> Wake {
        let mut state = lock(&self.state);
        loop {
            if let Some(stop) = &state.stop {
                return Wake::Stopped(stop.clone());
            }
            if state.tail.next() as usize > index {
                return Wake::New;
            }
            let left = deadline - self.clock.now();
            if left <= 0.0 {
                return Wake::Timeout;
            }
            let limit = Duration::from_secs_f64((left / 1000.0).min(86_400.0));
            // a clock that stands still is moved on by hand
            let limit = matches!(self.clock, Clock::System { .. }).then_some(limit);
            state = self.wait_changed(state, limit);
        }
    }

    fn wait_changed<'a>(&self, mut state: MutexGuard<'a, State>, limit: Option<Duration>) -> MutexGuard<'a, State> {
        state.waiting += 1;
        let mut state = match limit {
            None => self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner()),
            Some(limit) => {
                let woken = self.changed.wait_timeout(state, limit);
                woken.unwrap_or_else(|poisoned| poisoned.into_inner()).0
            }
        };
        state.waiting -= 1;
        state
    }

    /// Waits for events from a number on, whatever else happens, and gives them as [`Log::since`] does; none once the log is closed
    /// and read to its end.
    pub fn follow(&self, index: usize) -> Option<Vec<Arc<Event>>> {
        let mut state = lock(&self.state);
        while state.tail.next() as usize <= index {
            if state.closed {
                return None;
            }
            state = self.wait_changed(state, None);
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

    /// Takes the reason to end away, so that waits are possible again: for a teardown after a failure, or the next line of a session.
    /// That somebody cancelled the run stays.
    pub fn take_stop(&self) -> Option<Stop> {
        lock(&self.state).stop.take_if(|stop| stop.how != How::Cancelled)
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
    use crate::event::tail::weight;
    use crate::event::{LogLine, Note};

    fn print(text: &str) -> Body {
        Body::Note(Note::Print { text: text.into() })
    }

    #[test]
    fn a_clock_counts_on_from_where_the_wall_clock_stood_wherever_that_goes() {
        let year = Duration::from_secs(31_536_000);
        // set back behind the epoch, wrong by decades, right: a run's deadlines are kept all the same
        for wall in [UNIX_EPOCH - year, UNIX_EPOCH, SystemTime::now() + 50 * year] {
            let log = Log::new(Clock::from(wall));
            let (begun, start) = (Instant::now(), log.now());
            assert!(
                (start - wall.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1000.0).abs() < 1000.0
            );
            assert_eq!(log.wait(0, start + 20.0), Wake::Timeout);
            let (real, told) = (begun.elapsed().as_secs_f64() * 1000.0, log.now() - start);
            assert!(told >= 20.0 && told <= real + 0.1, "{told} ms told, {real} ms passed");
        }
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
        fn read(&self, from: u64, take: &mut dyn FnMut(Event) -> bool) -> Result<(), Diagnostic> {
            let events = lock(&self.0).clone();
            let _ = events.iter().filter(|event| event.n >= from).all(|event| take((**event).clone()));
            Ok(())
        }
    }

    fn numbers(log: &Log, from: usize) -> Vec<u64> {
        log.since(from).iter().map(|event| event.n).collect()
    }

    fn all(log: &Log) -> Vec<u64> {
        let mut all = vec![];
        log.each(&mut |event| all.push(event.n)).unwrap();
        all
    }

    fn line(log: &Log) -> u64 {
        log.push(None, Body::Log(LogLine { level: "info".into(), text: "x".into() }))
    }

    /// In events as [`line`] makes them.
    fn small(kept: usize, most: usize) -> (Log, Arc<Shelf>) {
        let one = weight(&Event {
            n: 0,
            time: 0.0,
            agent: None,
            body: Body::Log(LogLine { level: "info".into(), text: "x".into() }),
        });
        let log = Log::with_limits(Clock::manual(0.0), Limits { kept: kept * one, most: most * one });
        let shelf = Arc::new(Shelf(Mutex::default()));
        log.set_archive(shelf.clone());
        (log, shelf)
    }

    #[test]
    fn old_events_come_from_the_archive() {
        let (log, shelf) = small(2, 8);
        (0..5).for_each(|_| _ = line(&log));
        assert_eq!(numbers(&log, 0), [0, 1, 2, 3, 4], "nobody has taken them over");
        lock(&shelf.0).extend(log.since(0).into_iter().take(4));
        log.archived(4, false);
        assert_eq!(lock(&log.state).tail.from(0, 9).len(), 3);
        assert_eq!((all(&log), numbers(&log, 1), numbers(&log, 3)), (vec![0, 1, 2, 3, 4], vec![1, 2, 3], vec![3, 4]));
        assert_eq!(log.wait(4, 0.0), Wake::New);
        assert_eq!(log.wait(5, 0.0), Wake::Timeout);
    }

    #[test]
    fn while_the_archive_is_stuck_the_oldest_lines_go_and_what_decides_stays() {
        let (log, shelf) = small(2, 8);
        log.push(None, print("first"));
        line(&log);
        lock(&shelf.0).extend(log.since(0));
        log.archived(2, true);
        (0..3).for_each(|n| _ = log.push(None, print(&n.to_string())));
        (0..100).for_each(|_| _ = line(&log));
        let left = all(&log);
        assert_eq!((left[..5].to_vec(), *left.last().unwrap()), (vec![0, 1, 2, 3, 4], 104));
        assert_eq!(log.dropped() as usize, 105 - left.len());
        assert!(left.len() < 15 && log.stopped().is_none(), "{left:?}");
        // it takes again
        lock(&shelf.0).extend(log.since(2));
        log.archived(105, false);
        line(&log);
        assert_eq!(all(&log), [left, vec![105]].concat());
    }

    #[test]
    fn a_run_ends_when_too_much_comes_that_decides_its_verdict() {
        let (log, _) = small(2, 8);
        log.archived(0, true);
        (0..100).for_each(|n| _ = log.push(None, print(&n.to_string())));
        assert_eq!(log.stopped().unwrap().how, crate::event::How::Error);
        assert!(all(&log).len() < 10);
    }

    #[test]
    fn who_pushes_too_fast_waits_for_the_archive_and_nothing_is_dropped() {
        let (log, shelf) = small(2, 8);
        let log = Arc::new(log);
        let archiving = std::thread::spawn({
            let log = log.clone();
            move || {
                let mut next = 0;
                while let Some(events) = log.follow(next) {
                    next = events.last().unwrap().n as usize + 1;
                    lock(&shelf.0).extend(events);
                    log.archived(next as u64, false);
                }
            }
        });
        (0..10_000).for_each(|_| _ = line(&log));
        log.close();
        archiving.join().unwrap();
        assert_eq!((all(&log).len(), log.dropped()), (10_000, 0));
    }

    #[test]
    fn a_reason_to_end_can_be_taken_away_but_not_that_of_the_user() {
        let log = Log::new(Clock::manual(0.0));
        log.stop(Ended::failed("too slow"));
        assert_eq!(log.take_stop().unwrap().message, "too slow");
        assert_eq!((log.take_stop(), log.wait(0, 0.0)), (None, Wake::Timeout));
        log.stop(Ended { how: How::Cancelled, ..Ended::finished() });
        assert_eq!(log.take_stop(), None);
        assert!(matches!(log.wait(0, 0.0), Wake::Stopped(_)));
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
