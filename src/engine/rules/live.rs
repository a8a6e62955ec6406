//! The newest events of an agent that an await may still take, indexed by name. Pure.

use super::pattern::Pattern;
use super::sort::EventName;
use crate::event::{Event, weight};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The most events of each sort (events, SIP messages, log lines) that an agent keeps for awaits; older ones are
/// dropped.
pub const MOST: usize = 10_000;
/// The most bytes of these events; long events are dropped earlier.
pub const MOST_BYTES: usize = 16 << 20;

/// Events of one sort, each in the log's order.
#[derive(Debug, Default)]
pub struct LiveEvents {
    events: BTreeMap<u64, Arc<Event>>,
    names: HashMap<EventName, BTreeSet<u64>>,
    bytes: usize,
}

impl LiveEvents {
    pub fn push(&mut self, event: &Arc<Event>) {
        self.bytes += weight(event);
        self.names.entry(EventName::from_event(event)).or_default().insert(event.n);
        self.events.insert(event.n, event.clone());
        while self.events.len() > MOST || self.bytes > MOST_BYTES {
            let Some(oldest) = self.events.first_key_value().map(|(n, _)| *n) else { return };
            self.remove(oldest);
        }
    }

    pub fn has(&self, n: u64) -> bool {
        self.events.contains_key(&n)
    }

    pub fn remove(&mut self, n: u64) {
        let Some(gone) = self.events.remove(&n) else { return };
        self.bytes -= weight(&gone);
        let name = EventName::from_event(&gone);
        let Some(numbers) = self.names.get_mut(&name) else { return };
        numbers.remove(&n);
        if numbers.is_empty() {
            self.names.remove(&name);
        }
    }

    /// Those of the names that a pattern looks for.
    pub fn named(&self, pattern: &Pattern) -> Vec<Arc<Event>> {
        let named = self.names.iter().filter(|(name, _)| pattern.looks_for(name));
        let mut numbers: Vec<u64> = named.flat_map(|(_, numbers)| numbers.iter().copied()).collect();
        numbers.sort_unstable();
        numbers.iter().filter_map(|n| self.events.get(n).cloned()).collect()
    }

    #[cfg(test)]
    pub fn sizes(&self) -> (usize, usize, usize) {
        (self.events.len(), self.names.len(), self.bytes)
    }
}
