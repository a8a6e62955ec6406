//! The time of a run's events.

use super::lock::lock;
use std::sync::Mutex;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since the epoch that never run backwards, whatever happens to the machine's clock.
#[derive(Debug)]
pub enum Clock {
    System {
        start: Instant,
        epoch: f64,
    },
    /// For tests: stands still until [`Log::advance`].
    Manual(Mutex<f64>),
}

impl Clock {
    pub fn system() -> Clock {
        Clock::from(SystemTime::now())
    }

    /// What the wall clock says later does not matter.
    fn from(wall: SystemTime) -> Clock {
        let epoch = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock::System { start: Instant::now(), epoch: epoch.as_secs_f64() * 1000.0 }
    }

    pub fn manual(start: f64) -> Clock {
        Clock::Manual(Mutex::new(start))
    }

    /// Rounded to microseconds, so that it survives JSON unchanged.
    pub fn now(&self) -> f64 {
        let now = match self {
            Clock::System { start, epoch } => epoch + start.elapsed().as_secs_f64() * 1000.0,
            Clock::Manual(now) => *lock(now),
        };
        (now * 1000.0).round() / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Log, Wake};
    use std::time::Duration;

    #[test]
    fn a_clock_counts_on_from_where_the_wall_clock_stood_wherever_that_goes() {
        let year = Duration::from_secs(31_536_000);
        // set back behind the epoch, wrong by decades, right: a run's deadlines are kept all the same
        for wall in [UNIX_EPOCH - year, UNIX_EPOCH, SystemTime::now() + 50 * year] {
            let log = Log::new(Clock::from(wall));
            let (begun, start) = (Instant::now(), log.now());
            assert!(
                (start - wall.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1000.0).abs() < 1000.0
            );
            assert_eq!(log.wait(0, start + 20.0), Wake::Timeout);
            let (real, told) = (begun.elapsed().as_secs_f64() * 1000.0, log.now() - start);
            assert!(told >= 20.0 && told <= real + 0.1, "{told} ms told, {real} ms passed");
        }
    }
}
