//! When one schedule is due, from its expression and the times that were already handled.

use super::Cron;
use crate::diagnostic::Diagnostic;
use crate::event::Time;
use crate::store::NewSchedule;

/// A time that is handled more than this (milliseconds) after it was due counts as missed, although its job still runs.
const GRACE: f64 = 60_000.0;
/// The most missed times that are counted.
const COUNTED: u32 = 1000;

/// A schedule's next time, kept until the schedule changes. The expression is parsed again for each time: a parsed one takes some
/// kilobytes, and there may be thousands.
pub struct Plan {
    text: String,
    zone: String,
    /// The time that was asked about last, and the first due time after it. None: the expression is invalid.
    next: Option<(Time, Option<Time>)>,
}

/// Times that were due and have not been handled.
#[derive(Debug, PartialEq)]
pub struct Passed {
    /// The last of them.
    pub time: Time,
    /// How many.
    pub times: u32,
    /// It is too late to call the last one on time.
    pub late: bool,
}

impl Plan {
    /// The plan of times after `seen`, and the error if the expression is invalid: then it is never due.
    pub fn new(what: &NewSchedule, seen: Time) -> (Plan, Option<Diagnostic>) {
        let mut plan = Plan { text: what.cron.clone(), zone: what.zone.clone(), next: None };
        let wrong = match plan.read() {
            Ok(cron) => {
                plan.next = Some((seen, cron.next(seen)));
                None
            }
            Err(wrong) => Some(wrong),
        };
        (plan, wrong)
    }

    pub fn says(&self, what: &NewSchedule) -> bool {
        self.text == what.cron && self.zone == what.zone
    }

    fn read(&self) -> Result<Cron, Diagnostic> {
        Cron::parse(&self.text, &self.zone)
    }

    /// The first time after `seen`.
    pub fn next(&mut self, seen: Time) -> Option<Time> {
        let (after, next) = self.next?;
        if after == seen {
            return next;
        }
        let next = self.read().ok()?.next(seen);
        self.next = Some((seen, next));
        next
    }

    /// The times after `seen`, until now.
    pub fn passed(&mut self, seen: Time, now: Time) -> Option<Passed> {
        let mut time = self.next(seen).filter(|time| *time <= now)?;
        let cron = self.read().ok()?;
        let mut times = 1;
        while let Some(next) = cron.next(time).filter(|next| *next <= now) {
            if times == COUNTED {
                return Some(Passed { time: now, times, late: true });
            }
            (time, times) = (next, times + 1);
        }
        Some(Passed { time, times, late: now - time > GRACE })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_time_missed_or_still_to_come() {
        let what =
            |cron: &str| NewSchedule { project: 1, test: None, cron: cron.into(), zone: "UTC".into(), paused: false };
        let hourly = what("@hourly");
        let (mut plan, wrong) = Plan::new(&hourly, Time::EPOCH);
        assert!(wrong.is_none() && plan.says(&hourly) && !plan.says(&what("@daily")));
        let hour = 3_600_000.0;
        let after = |milliseconds: f64| Time::EPOCH + milliseconds;
        let passed = |time, times, late| Some(Passed { time: after(time), times, late });
        assert_eq!(plan.next(Time::EPOCH), Some(after(hour)));
        for (seen, now, expected) in [
            (0.0, hour - 1.0, None),
            (0.0, hour, passed(hour, 1, false)),
            (0.0, hour + GRACE, passed(hour, 1, false)),
            (0.0, hour + GRACE + 1.0, passed(hour, 1, true)),
            (0.0, 3.0 * hour, passed(3.0 * hour, 3, false)),
            (0.0, 3.5 * hour, passed(3.0 * hour, 3, true)),
            (hour, 1.5 * hour, None),
            (0.0, 1e4 * hour + 5.0, passed(1e4 * hour + 5.0, COUNTED, true)),
        ] {
            assert_eq!(plan.passed(after(seen), after(now)), expected, "{seen} {now}");
        }
        let (mut never, wrong) = Plan::new(&what("0 0 30 2 *"), Time::EPOCH);
        assert!(wrong.is_some() && never.passed(Time::EPOCH, Time(1e12)).is_none());
    }
}
