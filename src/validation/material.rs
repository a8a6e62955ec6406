//! What a validation is given of a run: its events, within limits, and its calls' figures.

use super::stats::stats;
use crate::calls::Builder;
use crate::engine::Material;
use crate::event::{Ended, Event, Events, weight};
use std::sync::Arc;

/// A validation is given so many events at most: as many as a list of the language holds.
pub const MOST_EVENTS: usize = 1 << 16;
/// They weigh so many bytes at most, as they are held in memory.
pub const MOST_BYTES: usize = 16 << 20;

/// All events, as far as they are within the limits; an error of the validation where they are not.
pub fn of(events: &dyn Events) -> Result<Material, Ended> {
    within(events, MOST_EVENTS, MOST_BYTES)
}

pub fn within(events: &dyn Events, most: usize, bytes: usize) -> Result<Material, Ended> {
    let (mut kept, mut count, mut weighs): (Vec<Arc<Event>>, _, _) = (vec![], 0usize, 0usize);
    let mut calls = Builder::default();
    let read = events.each(&mut |event| {
        count += 1;
        weighs += weight(event);
        if count <= most && weighs <= bytes {
            calls.event(event);
            kept.push(Arc::new(event.clone()));
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
