//! What the record says of the sound of its calls.

use super::why::unheard::LONGEST_SILENCE;
use crate::calls::{Call, call_line};

/// The most lines on what was heard.
const MOST_HEARD: usize = 24;

/// Whether one side heard nothing for long: what is cheap to see, of every call.
pub fn may_be_unheard(call: &Call) -> bool {
    // a call that only sends has no recording
    let Some(sound) = &call.audio.sound else {
        return call.audio.packets.is_some_and(|(sent, received)| sent > 0.0 && received == 0.0);
    };
    let Some(received) = &sound.received else { return call.established.is_some() };
    let late = call.established.zip(received.begins).is_some_and(|(from, begins)| begins - from.0 > LONGEST_SILENCE);
    let ends = received.begins.map(|begins| begins + received.seconds * 1000.0);
    let early = call.closed.zip(ends).is_some_and(|(closed, ends)| closed.0 - ends > LONGEST_SILENCE);
    late || early || received.missing.iter().chain(&sound.unheard).any(|(from, to)| to - from > LONGEST_SILENCE)
}

/// A line for each call with sound, at each agent of the run.
pub fn heard_lines(calls: &[Call]) -> Vec<String> {
    calls.iter().filter_map(call_line).take(MOST_HEARD).collect()
}
