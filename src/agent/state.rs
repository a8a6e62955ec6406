//! The state that an agent's handle shares with the task that drives its process.

use crate::event::{Ended, lock};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    Starting,
    Ready,
    /// It did not get ready, or its account was refused.
    Failed(Ended),
    /// The run had its process end.
    Stopped,
    /// Its process went away by itself; in words.
    Lost(String),
}

pub struct Inner {
    pub phase: Phase,
    /// The run wants no more answers.
    pub abandoned: bool,
    /// A question was not answered in time: it is asked nothing more.
    pub hangs: bool,
    /// Calls that have closed, but whose report has not come.
    pub reports_due: usize,
    /// The calls that came in and are not over, in their order, and whether a command accepted them; the newest of them.
    pub came: VecDeque<(String, bool)>,
    /// The sound files that a command had it send, the newest last.
    pub played: VecDeque<PathBuf>,
    /// Nothing of it is left: no process, no lease.
    pub over: bool,
    /// Its SIP socket, and its folder: others where a port was taken and it was started again.
    pub sip: SocketAddr,
    pub folder: PathBuf,
}

impl Inner {
    /// A call came in.
    pub fn call_came(&mut self, id: &str) {
        const CALLS: usize = 1000;
        if self.came.len() == CALLS {
            self.came.pop_front();
        }
        self.came.push_back((id.to_string(), false));
    }

    /// A command had it send a sound file.
    pub fn play(&mut self, file: &Path) {
        const FILES: usize = 4;
        self.played.retain(|known| known != file);
        if self.played.len() == FILES {
            self.played.pop_front();
        }
        self.played.push_back(file.to_path_buf());
    }

    /// A call is over, whoever made it.
    pub fn call_closed(&mut self, id: &str) {
        self.came.retain(|(known, _)| known != id);
    }
}

pub struct State {
    inner: Mutex<Inner>,
    changed: Condvar,
}

impl State {
    pub fn new(sip: SocketAddr, folder: PathBuf) -> State {
        let (phase, abandoned, hangs, reports_due, over) = (Phase::Starting, false, false, 0, false);
        let (came, played) = (VecDeque::new(), VecDeque::new());
        let inner = Inner { phase, abandoned, hangs, reports_due, came, played, over, sip, folder };
        State { inner: Mutex::new(inner), changed: Condvar::new() }
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    pub fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    pub fn enter(&self, phase: Phase) {
        self.change(|inner| inner.phase = phase);
    }

    /// Waits for as long as `waiting` holds, and not longer than `limit`.
    pub fn wait_while(&self, limit: Duration, mut waiting: impl FnMut(&Inner) -> bool) -> MutexGuard<'_, Inner> {
        let start = Instant::now();
        let mut inner = self.lock();
        while waiting(&inner) {
            let left = limit.saturating_sub(start.elapsed());
            if left.is_zero() {
                break;
            }
            inner = self.changed.wait_timeout(inner, left).unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
        inner
    }
}
