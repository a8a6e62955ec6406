//! Decides what one await takes, and when that is enough. Pure: it is offered events and asks the run's [`Marks`].

use super::marks::{Marks, WhyPast};
use super::matching::{FoundEvents, Member, Scan, Want};
use crate::event::Event;
use std::sync::Arc;

/// An active await.
#[derive(Debug)]
pub struct Taking {
    pub scan: Scan,
    /// The log's length when the await began. This decides what is past.
    began: u64,
}

impl Taking {
    /// Begins an await; also returns the earlier events that it may take. None if there are too many ways to satisfy
    /// the want.
    pub fn begin(want: &Want, marks: &Marks) -> Option<(Taking, Vec<Arc<Event>>)> {
        let scan = Scan::new(want)?;
        let mut backlog: Vec<_> = scan.members().iter().flat_map(|member| marks.live(member)).collect();
        backlog.sort_by_key(|event| event.n);
        backlog.dedup_by_key(|event| event.n);
        Some((Taking { scan, began: marks.seen() as u64 }, backlog))
    }

    /// The members that an event may be offered to, including counts that take it as a past event.
    pub fn fitting(&self, marks: &Marks, event: &Event) -> Vec<usize> {
        // an event that a flood has pushed out must not slow down later checks
        let live = marks.is_live(event);
        if !live && !self.may_take(marks, event) {
            return vec![];
        }
        let fits = |n: &usize| {
            let member = &self.scan.members()[*n];
            (live || member.again)
                && member.fits(event)
                && (member.counts_on() || self.past(marks, member, event).is_none())
        };
        (0..self.scan.members().len()).filter(fits).collect()
    }

    /// Offers an event to members that it fits. If that is enough, takes and returns what was found.
    pub fn offer(&mut self, marks: &mut Marks, members: &[usize], event: &Arc<Event>) -> Option<FoundEvents> {
        if !self.may_take(marks, event) {
            return None;
        }
        for member in members {
            match self.past(marks, &self.scan.members()[*member], event) {
                Some(_) => self.scan.offer_past(*member, event),
                None => self.scan.offer(*member, event),
            }
        }
        let found = self.scan.solve(|event| self.may_take(marks, event))?;
        found.events().into_iter().for_each(|event| marks.consume(event));
        Some(found)
    }

    /// Whether an event that fitted when it was offered can still be taken.
    pub fn may_take(&self, marks: &Marks, event: &Event) -> bool {
        marks.is_live(event) || self.scan.members().iter().any(|member| member.again) && marks.is_taken_once(event)
    }

    /// Why an event that fits a member does not count for this await.
    pub fn past(&self, marks: &Marks, member: &Member, event: &Event) -> Option<WhyPast> {
        marks.past(member, event, self.began)
    }
}
