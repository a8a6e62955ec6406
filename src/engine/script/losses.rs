//! Agents that end unexpectedly: an error that a script can catch, once in each of its branches.

use super::failure::{Fallible, ScriptFailure};
use super::run::ScriptRun;
use super::site::Site;
use crate::event::{Body, Ended, Event, Note};
use rhai::EvalAltResult;
use std::cell::Cell;

/// The kind of the failure.
const LOST: &str = "lost";

thread_local! {
    /// How many losses this branch of the script has seen.
    static KNOWN: Cell<usize> = const { Cell::new(0) };
}

/// How many losses this branch has seen.
pub fn known() -> usize {
    KNOWN.get()
}

/// Sets how many losses this branch has seen.
pub fn set_known(count: usize) {
    KNOWN.set(count);
}

impl ScriptRun {
    fn next_loss(&self) -> Option<Ended> {
        let loss = self.host.next_loss(KNOWN.get())?;
        KNOWN.set(KNOWN.get() + 1);
        Some(loss)
    }

    /// Throws the first loss that this branch has not seen.
    pub fn throw_loss(&self, site: &Site) -> Fallible<()> {
        self.next_loss().map_or(Ok(()), |lost| Err(self.raise(ScriptFailure::new(LOST, lost), site)))
    }

    /// Throws a loss if a wait has reached an event that is one.
    pub fn throw_if_lost(&self, event: &Event, site: &Site) -> Fallible<()> {
        match event.body {
            Body::Note(Note::AgentLost { .. }) => self.throw_loss(site),
            _ => Ok(()),
        }
    }

    /// Returns the first loss that this branch has not seen, and marks all as seen.
    pub fn take_losses(&self) -> Option<Ended> {
        let first = self.next_loss();
        while self.next_loss().is_some() {}
        first
    }

    /// The error for a request that the host refused. A script can catch the loss of an agent; anything else ends the
    /// run.
    pub fn refuse(&self, ended: Ended, site: &Site) -> Box<EvalAltResult> {
        match ended.lost {
            false => self.end(ended, site),
            true => self.throw_loss(site).err().unwrap_or_else(|| self.raise(ScriptFailure::new(LOST, ended), site)),
        }
    }
}
