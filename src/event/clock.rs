//! The time of a run's events.

use super::{Time, lock};
use std::sync::Mutex;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A clock that never runs backwards, whatever happens to the machine's clock.
#[derive(Debug)]
pub enum Clock {
    System {
        start: Instant,
        epoch: Time,
    },
    /// For tests: stands still until [`Log::advance`].
    Manual(Mutex<Time>),
}

impl Clock {
    pub fn system() -> Clock {
        Clock::from(SystemTime::now())
    }

    /// What the wall clock says later does not matter.
    fn from(wall: SystemTime) -> Clock {
        let epoch = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock::System { start: Instant::now(), epoch: Time::EPOCH + epoch }
    }

    pub fn manual(start: Time) -> Clock {
        Clock::Manual(Mutex::new(start))
    }

    /// Rounded to microseconds, so that it survives JSON unchanged.
    pub fn now(&self) -> Time {
        let now = match self {
            Clock::System { start, epoch } => *epoch + start.elapsed(),
            Clock::Manual(now) => *lock(now),
        };
        Time((now.0 * 1000.0).round() / 1000.0)
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
            let wall = Time::EPOCH + wall.duration_since(UNIX_EPOCH).unwrap_or_default();
            assert!((start - wall).abs() < 1000.0);
            assert_eq!(log.wait(0, start + 20.0), Wake::Timeout);
            let (real, counted) = (begun.elapsed().as_secs_f64() * 1000.0, log.now() - start);
            assert!(counted >= 20.0 && counted <= real + 0.1, "{counted} ms by the clock, {real} ms passed");
        }
    }
}
