//! Selects the events that a run's page shows: the beginning and the end of the record, within limits.

use crate::event::Event;
use std::collections::VecDeque;

/// Of these many events, and of these many bytes of their JSON, the page shows all.
const HEAD: usize = 4_000;
const HEAD_BYTES: usize = 3 << 20;
/// Of a longer record, it also shows its end: that is where most failures are.
const TAIL: usize = 1_000;
const TAIL_BYTES: usize = 1 << 20;

/// What is kept of events that come one by one.
#[derive(Debug, Default)]
pub struct Kept {
    head: Vec<Event>,
    head_bytes: usize,
    /// With their sizes.
    tail: VecDeque<(Event, usize)>,
    tail_bytes: usize,
    left_out: u64,
}

impl Kept {
    pub fn push(&mut self, event: &Event) {
        let size = serde_json::to_string(event).map_or(0, |json| json.len());
        if self.is_whole() && self.head.len() < HEAD && self.head_bytes + size <= HEAD_BYTES {
            self.head_bytes += size;
            return self.head.push(event.clone());
        }
        self.tail_bytes += size;
        self.tail.push_back((event.clone(), size));
        while self.tail.len() > TAIL || self.tail_bytes > TAIL_BYTES {
            let Some((_, size)) = self.tail.pop_front() else { break };
            self.tail_bytes -= size;
            self.left_out += 1;
        }
    }

    /// Nothing went past the head yet.
    fn is_whole(&self) -> bool {
        self.tail.is_empty() && self.left_out == 0
    }

    /// How many events stand between the beginning and the end that are kept.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The place of the first event of the end, where some were left out before it.
    pub fn gap(&self) -> Option<usize> {
        (self.left_out > 0).then_some(self.head.len())
    }

    /// In the order of the record.
    pub fn into_events(self) -> Vec<Event> {
        let mut events = self.head;
        events.extend(self.tail.into_iter().map(|(event, _)| event));
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Body, Note, Time};

    fn print(n: u64, length: usize) -> Event {
        Event { n, time: Time(n as f64), agent: None, body: Body::Note(Note::Print { text: "x".repeat(length) }) }
    }

    fn kept(events: impl Iterator<Item = Event>) -> Kept {
        let mut kept = Kept::default();
        events.for_each(|event| kept.push(&event));
        kept
    }

    #[test]
    fn a_record_within_the_limits_is_whole() {
        let kept = kept((0..5_000).map(|n| print(n, 10)));
        assert_eq!((kept.left_out(), kept.gap()), (0, None));
        assert_eq!(kept.into_events().len(), 5_000);
    }

    #[test]
    fn of_a_longer_one_the_middle_is_left_out() {
        let kept = kept((0..100_000).map(|n| print(n, 10)));
        assert_eq!((kept.left_out(), kept.gap()), (95_000, Some(4_000)));
        let events = kept.into_events();
        let numbers: Vec<u64> = events.iter().map(|event| event.n).collect();
        assert_eq!((numbers[3_999], numbers[4_000], numbers[4_999]), (3_999, 99_000, 99_999));
    }

    #[test]
    fn huge_events_take_no_more_room_than_many() {
        let size = |event: &Event| serde_json::to_string(event).unwrap().len();
        let events = kept((0..200).map(|n| print(n, 100_000))).into_events();
        assert!(events.iter().map(size).sum::<usize>() <= HEAD_BYTES + TAIL_BYTES);
        assert_eq!(events.last().unwrap().n, 199);
        let one = kept([print(0, 10 << 20)].into_iter());
        assert_eq!((one.left_out(), one.into_events().len()), (1, 0));
    }
}
