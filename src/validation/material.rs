//! The input of a validation: the events of a run, within limits, and the figures of its calls.

use super::stats::stats;
use crate::calls::Builder;
use crate::engine::Material;
use crate::event::{Body, Ended, Event, Events, weight};
use std::collections::HashMap;
use std::sync::Arc;

/// The most events that a validation is given: as many as a list of the language holds.
pub const MOST_EVENTS: usize = 1 << 16;
/// The most bytes that these events take in memory.
pub const MOST_BYTES: usize = 16 << 20;

/// All events, as far as they are within the limits; an error of the validation where they are not.
pub fn of(events: &dyn Events) -> Result<Material, Ended> {
    within(events, MOST_EVENTS, MOST_BYTES)
}

pub fn within(events: &dyn Events, most: usize, bytes: usize) -> Result<Material, Ended> {
    let (mut kept, mut count, mut weighs): (Vec<Arc<Event>>, _, _) = (vec![], 0usize, 0usize);
    let mut calls = Builder::default();
    let mut reports = Reports::default();
    let read = events.each(&mut |event| {
        count += 1;
        weighs += weight(event);
        if count <= most && weighs <= bytes {
            calls.event(event);
            if !reports.takes(event, &mut kept) {
                kept.push(Arc::new(event.clone()));
            }
        } else {
            // not to be used any more
            kept.clear();
        }
    });
    read.map_err(|problem| Ended { advice: problem.advice, ..Ended::error(problem.message) })?;
    if count > most || weighs > bytes {
        let mib = |bytes: usize| bytes.div_ceil(1 << 20);
        return Err(Ended {
            details: vec![format!("a validation is given {most} events of {} MiB at most", mib(bytes))],
            advice: Some("judge a run of that length on its way: by `await` and `assert` in the test".into()),
            ..Ended::error(format!("the record is too long for a validation: {count} events of {} MiB", mib(weighs)))
        });
    }
    Ok(Material { events: kept, stats: calls.calls.iter().map(stats).collect() })
}

/// The report that an agent prints when a call is over: a table of several lines, which is one event here.
#[derive(Default)]
struct Reports {
    /// By agent: where the event of the table that is being printed stands, and how many lines it has.
    open: HashMap<Arc<str>, (usize, usize)>,
}

impl Reports {
    /// Takes a further line of a table into the event of its first one. False for everything else.
    fn takes(&mut self, event: &Event, kept: &mut [Arc<Event>]) -> bool {
        let (Body::Log(line), Some(agent)) = (&event.body, &event.agent) else { return false };
        if is_head(&line.text) {
            self.open.insert(agent.clone(), (kept.len(), 1));
            return false;
        }
        let Some((at, lines)) = self.open.get_mut(agent) else { return false };
        let first = kept.get_mut(*at).filter(|_| is_row(&line.text) && *lines < MOST_ROWS);
        let Some(Body::Log(first)) = first.map(|first| &mut Arc::make_mut(first).body) else {
            self.open.remove(agent);
            return false;
        };
        first.text.push('\n');
        first.text.push_str(&line.text);
        *lines += 1;
        true
    }
}

/// A table has seven lines.
const MOST_ROWS: usize = 16;

/// `audio           Transmit:     Receive:`
fn is_head(text: &str) -> bool {
    let mut words = text.split_whitespace().rev();
    (words.next(), words.next()) == (Some("Receive:"), Some("Transmit:"))
}

/// `packets:            100          100`
fn is_row(text: &str) -> bool {
    let numbers = text.split_once(": ").map(|(_, numbers)| numbers.split_whitespace().take(2));
    numbers.is_some_and(|numbers| numbers.filter(|number| number.parse::<f64>().is_ok()).count() == 2)
}
