//! Which events of a log are in memory: the newest, and all that nobody has taken over yet, up to a limit in bytes.

use super::{Body, Event};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::Arc;

/// How much a log holds in memory, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Of the newest events that the archive has too: readers that lag a little need not fetch them.
    pub kept: usize,
    /// Of events that the archive does not have yet.
    pub most: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { kept: 8 << 20, most: 64 << 20 }
    }
}

/// Too much came that decides a verdict, and nobody could take it over.
#[derive(Debug, PartialEq)]
pub struct Overflow;

#[derive(Debug, Default)]
pub struct Tail {
    /// With their weights.
    events: VecDeque<(usize, Arc<Event>)>,
    /// The number that the next event gets.
    next: u64,
    /// Events before this number are in the archive, or were dropped.
    archived: u64,
    /// The weight of the events before `archived`, and of those from there on.
    kept: usize,
    waiting: usize,
    dropped: u64,
}

impl Tail {
    pub fn next(&self) -> u64 {
        self.next
    }

    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Whether an event of this number may be in the archive alone.
    pub fn is_past(&self, n: u64) -> bool {
        n < self.archived && self.events.front().is_none_or(|(_, first)| n < first.n)
    }

    /// What is held from a number on, the first `most` of it.
    pub fn from(&self, n: u64, most: usize) -> Vec<Arc<Event>> {
        let start = self.place(n);
        self.events.range(start..).take(most).map(|(_, event)| event.clone()).collect()
    }

    /// The events that are held from a number on.
    pub fn after(&self, n: u64) -> impl Iterator<Item = &Event> + Clone {
        self.events.range(self.place(n)..).map(|(_, event)| &**event)
    }

    fn place(&self, n: u64) -> usize {
        // where none was dropped the numbers have no gaps
        let place = self.events.len().saturating_sub(self.next.saturating_sub(n) as usize);
        if n >= self.next || self.events.get(place).is_some_and(|(_, event)| event.n == n) {
            return place;
        }
        self.events.partition_point(|(_, event)| event.n < n)
    }

    pub fn push(&mut self, event: Event) {
        let weight = weight(&event);
        self.waiting += weight;
        self.next = event.n + 1;
        self.events.push_back((weight, Arc::new(event)));
    }

    /// The archive has all events before `next`, but for those that were dropped. Gives what is let go of, which takes its time to free.
    pub fn archived(&mut self, next: u64, limits: Limits) -> Vec<Arc<Event>> {
        let (from, to) = (self.place(self.archived), self.place(next));
        let taken: usize = self.events.range(from.min(to)..to).map(|(weight, _)| weight).sum();
        self.waiting -= taken;
        self.kept += taken;
        self.archived = self.archived.max(next);
        let mut going = 0;
        while self.kept > limits.kept && going < self.events.len() {
            self.kept -= self.events[going].0;
            going += 1;
        }
        self.events.drain(..going).map(|(_, event)| event).collect()
    }

    pub fn is_over(&self, limits: Limits) -> bool {
        self.waiting > limits.most
    }

    /// Drops what nobody has taken over until a quarter of the limit is free again: the oldest log lines and SIP messages, which
    /// decide no verdict. The newest event stays in any case.
    ///
    /// # Errors
    /// That was not enough: the oldest of the others are gone too.
    pub fn drop_oldest(&mut self, limits: Limits) -> Result<(), Overflow> {
        self.drop_where(limits, |event| !decides_verdict(&event.body));
        if !self.is_over(limits) {
            return Ok(());
        }
        self.drop_where(limits, |_| true);
        Err(Overflow)
    }

    fn drop_where(&mut self, limits: Limits, may_go: impl Fn(&Event) -> bool) {
        let enough = limits.most / 4 * 3;
        let unarchived = self.archived..self.next.saturating_sub(1);
        let (waiting, dropped) = (&mut self.waiting, &mut self.dropped);
        self.events.retain(|(weight, event)| {
            let goes = *waiting > enough && unarchived.contains(&event.n) && may_go(event);
            if goes {
                *waiting -= weight;
                *dropped += 1;
            }
            !goes
        });
    }
}

/// A verdict and a flow rest on what agents say and on what the host notes.
fn decides_verdict(body: &Body) -> bool {
    !matches!(body, Body::Log(_) | Body::Sip(_))
}

/// About how much memory an event takes, in bytes.
pub fn weight(event: &Event) -> usize {
    /// An event without its texts.
    const BARE: usize = 256;
    let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    BARE + match &event.body {
        Body::Event(said) => {
            let texts = [&said.call, &said.direction, &said.peer].map(optional);
            let fields = said.fields.iter().map(|(name, value)| name.len() + BARE / 2 + of_value(value));
            said.name.len() + said.param.len() + texts.iter().sum::<usize>() + fields.sum::<usize>()
        }
        Body::Sip(sip) => {
            let headers = sip.headers.iter().map(|(name, value)| 64 + name.len() + value.len());
            BARE + sip.param.len() + sip.body.len() + headers.sum::<usize>()
        }
        Body::Log(line) => line.text.len(),
        Body::Command(command) => command.text.len(),
        Body::Response(response) => response.data.len(),
        // the host's own, which are short
        Body::Note(_) => BARE,
    }
}

fn of_value(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(|value| 64 + of_value(value)).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| 64 + name.len() + of_value(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}
