//! How much memory a script fills. Rhai limits each value, not all of them together.

use crate::event::lock;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often it is looked at: what a script can fill in that time is little beside any limit.
const LOOK: Duration = Duration::from_millis(5);

/// What the program needed before a script began.
pub struct Memory {
    before: usize,
    looked: Mutex<Instant>,
}

impl Memory {
    pub fn now() -> Memory {
        Memory { before: resident(), looked: Mutex::new(Instant::now()) }
    }

    /// Whether it is time to look again.
    pub fn is_due(&self) -> bool {
        let mut looked = lock(&self.looked);
        let due = looked.elapsed() >= LOOK;
        if due {
            *looked = Instant::now();
        }
        due
    }

    /// By so much the program has grown, in bytes; other scripts of it count, too.
    pub fn growth(&self) -> usize {
        resident().saturating_sub(self.before)
    }
}

/// How much of the program is in memory, in bytes; 0 where the system does not say.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}
