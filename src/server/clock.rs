//! The time of requests.

use crate::event::Clock;

/// Milliseconds since the epoch.
pub fn now() -> f64 {
    Clock::system().now()
}
