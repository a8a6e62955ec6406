//! How long an agent may take to start. What it waits for a busy machine does not count.

use std::time::{Duration, Instant};

/// A start takes at most this multiple of its limit, however busy the machine is.
pub const MOST: u32 = 12;

/// The limit of a start that is under way.
pub struct Patience {
    limit: Duration,
    begun: Instant,
    /// What the host's thread for agents had used and waited when it began.
    host: Schedule,
}

/// Time on a processor, and time in a queue for one.
#[derive(Debug, Clone, Copy, Default)]
struct Schedule {
    used: Duration,
    queued: Duration,
}

impl Schedule {
    /// That of a process or thread, by its file in /proc; nothing where the kernel does not count it.
    fn read(file: &str) -> Schedule {
        Schedule::parse(&std::fs::read_to_string(file).unwrap_or_default()).unwrap_or_default()
    }

    fn parse(text: &str) -> Option<Schedule> {
        let mut numbers = text.split_whitespace().map(|number| number.parse().ok().map(Duration::from_nanos));
        Some(Schedule { used: numbers.next()??, queued: numbers.next()?? })
    }

    fn of_this_thread() -> Schedule {
        Schedule::read("/proc/thread-self/schedstat")
    }
}

impl Patience {
    /// Of a start that begins now, in the thread that calls this.
    pub fn begin(limit: Duration) -> Patience {
        Patience { limit, begun: Instant::now(), host: Schedule::of_this_thread() }
    }

    /// How long the machine has kept a process waiting: in its queue, or because the host's thread was busy.
    fn kept_waiting(&self, process: u32) -> Duration {
        let (now, before) = (Schedule::of_this_thread(), self.host);
        let host = (now.used + now.queued).saturating_sub(before.used + before.queued);
        host + Schedule::read(&format!("/proc/{process}/schedstat")).queued
    }

    /// Waits until a process has had its time.
    pub async fn is_over(&self, process: u32) {
        loop {
            let elapsed = self.begun.elapsed();
            let left = left(self.limit, elapsed, self.kept_waiting(process));
            // the time in a queue is counted when it is over
            let is_held_up = elapsed < self.limit.saturating_mul(MOST) && self.is_held_up(process);
            match (left.is_zero(), is_held_up) {
                (true, false) => return,
                (true, true) => tokio::time::sleep(self.limit / 10).await,
                (false, _) => tokio::time::sleep(left).await,
            }
        }
    }

    /// Whether a process waits for a processor or a disk right now, and not because it never stops running.
    fn is_held_up(&self, process: u32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
        matches!(state, Some('R' | 'D')) && Schedule::read(&format!("/proc/{process}/schedstat")).used < self.limit
    }
}

/// How much time is left.
fn left(limit: Duration, elapsed: Duration, kept_waiting: Duration) -> Duration {
    limit.saturating_add(kept_waiting).min(limit.saturating_mul(MOST)).saturating_sub(elapsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_in_queues_does_not_count_up_to_a_bound() {
        let seconds = Duration::from_secs;
        assert_eq!(left(seconds(10), seconds(4), seconds(0)), seconds(6));
        assert_eq!(left(seconds(10), seconds(10), seconds(3)), seconds(3));
        assert_eq!(left(seconds(10), seconds(14), seconds(3)), seconds(0));
        assert_eq!(left(seconds(10), seconds(100), seconds(1000)), seconds(20));
        assert_eq!(left(Duration::MAX, seconds(1), Duration::MAX), Duration::MAX - seconds(1));
    }

    #[test]
    fn schedules_are_read_as_linux_writes_them() {
        let read = Schedule::parse("223616204 161462573 81\n").unwrap();
        assert_eq!((read.used.as_millis(), read.queued.as_millis()), (223, 161));
        for text in ["", "1", "x 1 1"] {
            assert!(Schedule::parse(text).is_none(), "{text}");
        }
        let own = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts it");
        assert!(Schedule::parse(&own).is_some(), "{own}");
    }
}
