//! How often a message is tried, and how long it waits in between.

use std::time::Duration;

/// How messages are sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// How often one is tried at most.
    pub attempts: u32,
    /// The time that an attempt may take, name resolution and redirects included.
    pub limit: Duration,
    /// About how long the second attempt waits; each one after it waits about twice as long as the one before.
    pub first: Duration,
    /// The longest wait, whatever a receiver asks for.
    pub longest: Duration,
    /// How many are sent to a receiver at the same time.
    pub at_once: usize,
    /// How many may wait; more, and the oldest are given up.
    pub waiting: usize,
}

impl Default for Policy {
    /// Six attempts within about ten minutes.
    fn default() -> Policy {
        Policy {
            attempts: 6,
            limit: Duration::from_secs(10),
            first: Duration::from_secs(20),
            longest: Duration::from_secs(600),
            at_once: 2,
            waiting: 1000,
        }
    }
}

impl Policy {
    /// How long to wait after this number of attempts; `None` if it was the last. `asked` is what the receiver asks for, `chance`, from 0 to 1,
    /// keeps those that failed together from coming back together.
    pub fn pause(&self, attempts: u32, asked: Option<Duration>, chance: f64) -> Option<Duration> {
        if attempts >= self.attempts {
            return None;
        }
        let doubled = 2u32.saturating_pow(attempts.saturating_sub(1));
        let own = self.first.saturating_mul(doubled).min(self.longest).mul_f64(0.75 + chance / 2.0);
        Some(own.max(asked.unwrap_or_default()).min(self.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(chance: f64) -> Vec<u64> {
        let policy = Policy::default();
        (1..).map_while(|attempts| policy.pause(attempts, None, chance)).map(|pause| pause.as_secs()).collect()
    }

    #[test]
    fn six_attempts_take_about_ten_minutes() {
        assert_eq!(pauses(0.5), [20, 40, 80, 160, 320]);
        assert_eq!(pauses(0.0), [15, 30, 60, 120, 240]);
        assert_eq!(pauses(1.0), [25, 50, 100, 200, 400]);
    }

    #[test]
    fn what_the_receiver_asks_for_counts_within_bounds() {
        let policy = Policy::default();
        let asked = |seconds| policy.pause(1, Some(Duration::from_secs(seconds)), 0.5).unwrap().as_secs();
        assert_eq!((asked(0), asked(90), asked(u64::MAX)), (20, 90, 600));
        assert_eq!(policy.pause(6, Some(Duration::ZERO), 0.5), None);
        let endless = Policy { attempts: u32::MAX, ..policy };
        assert_eq!(endless.pause(1000, None, 1.0), Some(endless.longest));
    }
}
