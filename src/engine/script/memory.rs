//! Measures how much memory a script uses. Rhai limits each value, but not their sum.

use crate::event::lock;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often memory is measured. What a script can allocate between two measurements is small compared to any limit.
const LOOK: Duration = Duration::from_millis(5);

/// The program's memory use when the script started.
pub struct Memory {
    /// Open as long as the script runs, for it is read often. None where the system has no such file.
    statm: Option<File>,
    before: usize,
    looked: Mutex<Instant>,
}

impl Memory {
    pub fn now() -> Memory {
        let statm = File::open("/proc/self/statm").ok();
        Memory { before: resident(statm.as_ref()), statm, looked: Mutex::new(Instant::now()) }
    }

    /// Whether it is time to measure again.
    pub fn is_due(&self) -> bool {
        let mut looked = lock(&self.looked);
        let due = looked.elapsed() >= LOOK;
        if due {
            *looked = Instant::now();
        }
        due
    }

    /// How much the program has grown, in bytes; this includes other scripts that run at the same time.
    pub fn growth(&self) -> usize {
        resident(self.statm.as_ref()).saturating_sub(self.before)
    }
}

/// The program's resident memory in bytes; 0 if the system does not tell.
fn resident(statm: Option<&File>) -> usize {
    let mut bytes = [0; 128];
    let length = statm.and_then(|file| file.read_at(&mut bytes, 0).ok()).unwrap_or(0);
    let text = str::from_utf8(&bytes[..length]).unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}
