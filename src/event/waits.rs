//! Who waits on a log, and for which events: a wake-up is two system calls and a change of threads, more than most events cost
//! otherwise, so nobody is woken by what does not concern them.

use super::{Body, Event, Note};
use std::sync::{Arc, Condvar, MutexGuard};
use std::time::Duration;

/// Whoever waits is woken by this many events, whatever they are, so that nobody falls far behind.
pub const BACKLOG: u64 = 512;

/// Whether an event may matter to whoever waits; the loss of an agent matters to all. It is asked while the log is locked, so it only compares.
#[derive(Clone)]
pub struct Concern(Option<Arc<Question>>);

type Question = dyn Fn(&Event) -> bool + Send + Sync;

impl Concern {
    pub fn anything() -> Concern {
        Concern(None)
    }

    pub fn nothing() -> Concern {
        Concern::of(|_| false)
    }

    pub fn of(question: impl Fn(&Event) -> bool + Send + Sync + 'static) -> Concern {
        Concern(Some(Arc::new(question)))
    }

    pub fn is_about(&self, event: &Event) -> bool {
        let is_loss = matches!(event.body, Body::Note(Note::AgentLost { .. }));
        is_loss || self.0.as_ref().is_none_or(|question| question(event))
    }
}

/// The waits that go on.
#[derive(Default)]
pub struct Waits {
    going: Vec<Wait>,
    /// The number of the next wait.
    next: u64,
    /// How often events have woken somebody.
    #[cfg(test)]
    pub woken: usize,
}

struct Wait {
    number: u64,
    concern: Concern,
    /// It is woken when the log has more events than this, whatever they are.
    most: u64,
    woken: bool,
    bell: Arc<Condvar>,
}

impl Wait {
    fn wake(&mut self) {
        self.woken = true;
        self.bell.notify_one();
    }
}

impl Waits {
    /// Wakes those whom one of these events concerns, the last of which makes the log `length` long.
    pub fn tell<'a>(&mut self, length: u64, events: impl Iterator<Item = &'a Event> + Clone) {
        for wait in self.going.iter_mut().filter(|wait| !wait.woken) {
            if length > wait.most || events.clone().any(|event| wait.concern.is_about(event)) {
                wait.wake();
                #[cfg(test)]
                {
                    self.woken += 1;
                }
            }
        }
    }

    pub fn wake_all(&mut self) {
        self.going.iter_mut().for_each(Wait::wake);
    }

    pub fn is_empty(&self) -> bool {
        self.going.is_empty()
    }
}

/// Waits for an event of that concern, a log of more than `most` events, [`Waits::wake_all`], or the end of `limit`.
pub fn wait<'a, T>(
    mut state: MutexGuard<'a, T>,
    waits: impl Fn(&mut T) -> &mut Waits,
    concern: &Concern,
    most: u64,
    limit: Option<Duration>,
) -> MutexGuard<'a, T> {
    let bell = Arc::new(Condvar::new());
    let all = waits(&mut state);
    let number = all.next;
    all.next += 1;
    all.going.push(Wait { number, concern: concern.clone(), most, woken: false, bell: bell.clone() });
    state = match limit {
        None => bell.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner()),
        Some(limit) => bell.wait_timeout(state, limit).unwrap_or_else(|poisoned| poisoned.into_inner()).0,
    };
    waits(&mut state).going.retain(|wait| wait.number != number);
    state
}
