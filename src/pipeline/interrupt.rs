//! The user's request to stop, passed to the active runs.

use crate::event::{Ended, How, Log, lock};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

#[derive(Default)]
pub struct Interrupt(Mutex<State>);

#[derive(Default)]
struct State {
    requested: bool,
    logs: Vec<Weak<Log>>,
    hooks: Vec<Hook>,
    aim: Option<Aim>,
}

/// What Ctrl-C ends in place of everything.
type Aim = Arc<dyn Fn() + Send + Sync>;

/// Called with the wish.
struct Hook(Box<dyn FnOnce() + Send>);

impl Interrupt {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    /// Stops every run that is going on, and every one that would begin. A second wish ends their teardowns, too.
    pub fn request(&self) {
        let mut state = self.state();
        state.requested = true;
        state.logs.iter().filter_map(Weak::upgrade).for_each(|log| log.stop(cancelled()));
        let hooks = std::mem::take(&mut state.hooks);
        drop(state);
        hooks.into_iter().for_each(|hook| (hook.0)());
    }

    /// From now on [`Interrupt::press`] means this alone: the statement of a session.
    pub fn aim(&self, aim: Option<Aim>) {
        self.state().aim = aim;
    }

    /// Ctrl-C: ends what it is aimed at, else everything.
    pub fn press(&self) {
        let aim = self.state().aim.clone();
        match aim {
            Some(aim) => aim(),
            None => self.request(),
        }
    }

    /// Calls `hook` when the user wishes to stop, or at once if that has been wished already.
    pub fn on_request(&self, hook: impl FnOnce() + Send + 'static) {
        let mut state = self.state();
        if state.requested {
            drop(state);
            return hook();
        }
        state.hooks.push(Hook(Box::new(hook)));
    }

    pub fn requested(&self) -> bool {
        self.state().requested
    }

    /// From now on this run ends with the wish.
    pub fn watch(&self, log: &Arc<Log>) {
        let mut state = self.state();
        if state.requested {
            log.stop(cancelled());
        }
        state.logs.retain(|log| log.strong_count() > 0);
        state.logs.push(Arc::downgrade(log));
    }
}

fn cancelled() -> Ended {
    Ended { how: How::Cancelled, message: "interrupted".into(), ..Ended::finished() }
}
