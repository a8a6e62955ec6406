//! Reasons that are counted: the same ones once, and events that a record leaves out.

use super::Reason;
use std::collections::BTreeMap;

/// Events whose numbers a record leaves out: the disk was full for longer than the log could keep them.
#[derive(Debug, Default)]
pub struct Missing {
    next: u64,
    count: u64,
    first: u64,
}

impl Missing {
    pub fn number(&mut self, n: u64) {
        if n > self.next {
            if self.count == 0 {
                self.first = self.next;
            }
            self.count += n - self.next;
        }
        self.next = n.saturating_add(1);
    }

    pub fn told(&self) -> Option<Reason> {
        (self.count > 0).then(|| {
            let (count, first) = (self.count, self.first);
            Reason::new(format!("{count} events are missing from the record, the first is number {first}"))
                .advice("the disk was full for longer than memory could hold them: make room on it")
        })
    }
}

/// The most different ones that are kept; the rest is counted.
const MOST_WARNINGS: usize = 1000;

/// Reasons that say the same of the same line, once.
#[derive(Debug, Default)]
pub struct Counted {
    reasons: Vec<(Reason, usize)>,
    places: BTreeMap<(String, Option<(u32, u32)>), usize>,
    more: usize,
}

impl Counted {
    pub fn add(&mut self, reason: Reason) {
        let key = (reason.message.clone(), reason.at.as_ref().map(|at| (at.line, at.column)));
        match self.places.get(&key) {
            Some(place) => self.reasons[*place].1 += 1,
            None if self.reasons.len() == MOST_WARNINGS => self.more += 1,
            None => {
                self.places.insert(key, self.reasons.len());
                self.reasons.push((reason, 1));
            }
        }
    }

    pub fn told(&self) -> impl Iterator<Item = Reason> {
        let told = |(reason, times): &(Reason, usize)| match times {
            1 => reason.clone(),
            _ => Reason { message: format!("{} ({times} times)", reason.message), ..reason.clone() },
        };
        let more = (self.more > 0).then(|| Reason::new(format!("and {} more of this kind", self.more)));
        self.reasons.iter().map(told).chain(more)
    }
}
