//! Runs validations: on the record at the end of a script, and in the middle when a script asks for one.

use super::Run;
use crate::engine::{Judging, StopAsked};
use crate::event::{Body, Ended, Events, How, Note, Sink};
use std::sync::Arc;

/// Carries out validation scripts that were read before the run.
pub trait Validator: Send + Sync {
    /// Judges events by the script of that file; ends soon after `stop` says so.
    fn validate(&self, file: &str, events: &dyn Events, stop: StopAsked) -> Judging;
}

impl Run {
    /// Lets scripts judge this run; what is given later changes nothing.
    pub fn validate_by(&self, validator: Arc<dyn Validator>) {
        let _ = self.validator.set(validator);
    }

    /// Carries out what the script has included, and notes how each validation ended.
    pub(super) fn validate_included(&self) {
        for file in self.includes() {
            let log = self.log.clone();
            // an agent that dies while it is being stopped is no reason to leave the record unjudged
            let stop = move || log.stopped().is_some_and(|stop| stop.how == How::Cancelled);
            let ended = self.judged(&file, Arc::new(stop));
            self.note(Note::Validated { file, ended });
        }
    }

    /// A validation on the way: what speaks against the run ends the script, which tells of it; the rest is noted.
    pub(super) fn validate_so_far(&self, file: &str) -> Ended {
        let log = self.log.clone();
        let ended = self.judged(file, Arc::new(move || log.stopped().is_some()));
        match self.log.stopped() {
            // the reason to stop counts, not what the validation made of it
            Some(stop) => stop,
            None => {
                if ended.how == How::Finished {
                    self.note(Note::Validated { file: file.into(), ended: ended.clone() });
                }
                ended
            }
        }
    }

    fn judged(&self, file: &str, stop: StopAsked) -> Ended {
        let Some(validator) = self.validator.get() else {
            return Ended::error(format!("the validation `{file}` can't be carried out here"));
        };
        let Judging { ended, said } = validator.validate(file, self.log.as_ref(), stop);
        self.push_all(None, said.into_iter().map(|text| Body::Note(Note::Print { text })).collect());
        ended
    }
}
