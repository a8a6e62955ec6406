//! What the audio threads pass to the analysis.

use super::ask::ListenAsk;
use crate::event::Clock;
use std::sync::LazyLock;

/// Something that happened to a call, or that the host asks for.
pub enum Message {
    Opened {
        ear: u64,
        call: String,
        sent: bool,
    },
    /// Samples of one channel. `arrived`: milliseconds since the epoch, when the last of them was there.
    Frame {
        ear: u64,
        rate: u32,
        samples: Vec<i16>,
        arrived: f64,
    },
    Closed {
        ear: u64,
    },
    Asked(ListenAsk),
}

/// The agents of a machine begin with the same clock: what one says of a time, another understands.
static CLOCK: LazyLock<Clock> = LazyLock::new(Clock::system);

/// Milliseconds since the epoch.
pub fn now() -> f64 {
    CLOCK.now().0
}
