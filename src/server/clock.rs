//! The time of requests.

use crate::event::{Clock, Time};

pub fn now() -> Time {
    Clock::system().now()
}
