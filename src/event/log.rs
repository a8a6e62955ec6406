//! The append-only log of a run: written by the run, read by index by everyone else. Its newest events are in memory, the rest
//! wherever its [`Archive`] has them: a slow reader lags, and fetches them from there.
//!
//! One mutex, one list of waits, one sticky reason to stop: every wait of a run ends through them.

use super::lock::lock;
use super::tail::{Limits, Tail};
use super::waits::{self, BACKLOG, Concern, Waits};
use super::{Body, Clock, Ended, Event, Events, How, Time};
use crate::diagnostic::Diagnostic;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Nobody gets more events at once.
pub const CHUNK: usize = 1024;
/// For this long [`Log::gather`] waits for more events after the first.
const GATHERING: Duration = Duration::from_millis(50);
/// So long an archive may take nothing before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why a run has to end before its script does. The first reason stays.
pub type Stop = Ended;

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
    waits: Waits,
    /// How many wait until the archive has taken something.
    pushing: usize,
    stop: Option<Stop>,
    closed: bool,
    hooks: Vec<Hook>,
}

impl State {
    /// Why waits end, unless that is known already; gives what is to be called then.
    fn stop_for(&mut self, reason: Stop) -> Vec<Hook> {
        self.stop.get_or_insert(reason);
        std::mem::take(&mut self.hooks)
    }
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

impl Log {
    pub fn new(clock: Clock) -> Log {
        Log::with_limits(clock, Limits::default())
    }

    pub fn with_limits(clock: Clock, limits: Limits) -> Log {
        Log { clock, limits, state: Mutex::default() }
    }

    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Moves a manual clock on and wakes all waits. No effect on a system clock.
    pub fn advance(&self, milliseconds: f64) {
        if let Clock::Manual(now) = &self.clock {
            *lock(now) += milliseconds;
        }
        lock(&self.state).waits.wake_all();
    }

    /// Appends an event, stamped now, and returns its number. After [`Log::close`] it is dropped.
    ///
    /// Who pushes faster than the archive takes waits for it; while the archive takes nothing, the oldest go.
    pub fn push(&self, agent: Option<&Arc<str>>, body: Body) -> u64 {
        self.push_all(agent, [body])
    }

    /// Appends what came at once, and wakes whom it concerns once for all of it. Returns the number of the first.
    pub fn push_all(&self, agent: Option<&Arc<str>>, bodies: impl IntoIterator<Item = Body>) -> u64 {
        self.push_and_stop(agent, bodies, None)
    }

    /// The same for what may be a reason to end the run: nobody sees the events before that is known.
    pub fn push_and_stop(
        &self,
        agent: Option<&Arc<str>>,
        bodies: impl IntoIterator<Item = Body>,
        stop: Option<Stop>,
    ) -> u64 {
        let mut guard = lock(&self.state);
        let state = &mut *guard;
        let first = state.tail.next();
        if state.closed {
            return first;
        }
        for (n, body) in (first..).zip(bodies) {
            state.tail.push(Event { n, time: self.clock.now(), agent: agent.cloned(), body });
        }
        let hooks = stop.map(|stop| state.stop_for(stop)).unwrap_or_default();
        match state.stop.is_some() {
            true => state.waits.wake_all(),
            false if state.waits.is_empty() => {}
            false => state.waits.tell(state.tail.next(), state.tail.after(first)),
        }
        let over = state.archive.is_some() && state.tail.is_over(self.limits);
        drop(guard);
        hooks.into_iter().for_each(|hook| (hook.0)());
        if over {
            self.make_room();
        }
        first
    }

    fn make_room(&self) {
        let (mut state, begun) = (lock(&self.state), Instant::now());
        state.pushing += 1;
        // who gathers for the archive has to stop that
        state.waits.wake_all();
        while state.tail.is_over(self.limits) && !state.stuck && !state.closed {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            state.stuck = left.is_zero();
            state = waits::wait(state, |state| &mut state.waits, &Concern::nothing(), u64::MAX, Some(left));
        }
        state.pushing -= 1;
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
            state.waits.wake_all();
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

    /// Waits until there is an event at `index`, the deadline has passed, or the run
    /// has to end. A stop comes before new events.
    pub fn wait(&self, index: usize, deadline: Time) -> Wake {
        self.wait_for(index, deadline, &Concern::anything())
    }

    /// The same until there is an event of that concern at `index` or after it, or a long backlog of others.
    pub fn wait_for(&self, index: usize, deadline: Time, concern: &Concern) -> Wake {
        let (mut state, most) = (lock(&self.state), index as u64 + BACKLOG);
        let mut unseen = index as u64;
        loop {
            if let Some(stop) = &state.stop {
                return Wake::Stopped(stop.clone());
            }
            let length = state.tail.next();
            if length > most
                || state.tail.is_past(unseen)
                || state.tail.after(unseen).any(|event| concern.is_about(event))
            {
                return Wake::New;
            }
            unseen = length.max(unseen);
            let left = deadline - self.clock.now();
            if left <= 0.0 {
                return Wake::Timeout;
            }
            let limit = Duration::from_secs_f64((left / 1000.0).min(86_400.0));
            state = self.sleep(state, concern, most, Some(limit));
        }
    }

    /// A clock that stands still is moved on by hand, which wakes all.
    fn sleep<'a>(
        &self,
        state: MutexGuard<'a, State>,
        concern: &Concern,
        most: u64,
        limit: Option<Duration>,
    ) -> MutexGuard<'a, State> {
        let limit = limit.filter(|_| matches!(self.clock, Clock::System { .. }));
        waits::wait(state, |state| &mut state.waits, concern, most, limit)
    }

    /// Waits for events from a number on, whatever else happens, and gives them as [`Log::since`] does; none once the log is closed
    /// and read to its end.
    pub fn follow(&self, index: usize) -> Option<Vec<Arc<Event>>> {
        drop(self.first(index)?);
        Some(self.since(index))
    }

    /// The same for whom it does for all events to come a moment later: gives many at once, and is woken seldom.
    pub fn gather(&self, index: usize) -> Option<Vec<Arc<Event>>> {
        let mut state = self.first(index)?;
        let (begun, enough) = (self.clock.now(), (index + CHUNK) as u64);
        while state.tail.next() < enough && !state.closed && state.pushing == 0 {
            let left = GATHERING.as_secs_f64() * 1000.0 - (self.clock.now() - begun);
            if left <= 0.0 {
                break;
            }
            let left = Duration::from_secs_f64(left / 1000.0);
            state = self.sleep(state, &Concern::nothing(), enough - 1, Some(left));
        }
        drop(state);
        Some(self.since(index))
    }

    /// Waits for the event of that number; none where the log was closed before.
    fn first(&self, index: usize) -> Option<MutexGuard<'_, State>> {
        let mut state = lock(&self.state);
        while state.tail.next() as usize <= index {
            if state.closed {
                return None;
            }
            state = self.sleep(state, &Concern::anything(), u64::MAX, None);
        }
        Some(state)
    }

    /// How often an event has woken somebody.
    #[cfg(test)]
    pub fn woken(&self) -> usize {
        lock(&self.state).waits.woken
    }

    /// Ends all waits of the run, now and later. The first reason stays.
    pub fn stop(&self, reason: Stop) {
        let hooks = {
            let mut state = lock(&self.state);
            state.waits.wake_all();
            state.stop_for(reason)
        };
        hooks.into_iter().for_each(|hook| (hook.0)());
    }

    /// Takes the reason to end away, so that waits are possible again: for a teardown after a failure, or the next line of a session.
    /// That somebody cancelled the run stays.
    pub fn take_stop(&self) -> Option<Stop> {
        lock(&self.state).stop.take_if(|stop| stop.how != How::Cancelled)
    }

    /// The same whoever wants the run to end: for a teardown, which is bounded.
    pub fn take_any_stop(&self) -> Option<Stop> {
        lock(&self.state).stop.take()
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
        let mut state = lock(&self.state);
        state.closed = true;
        state.waits.wake_all();
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
