//! Points in time.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

/// A point in time: milliseconds since the epoch, with fractions. JSON has it as a number.
///
/// The difference between two is a number of milliseconds, and only such a number can be added to one.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub f64);

impl Time {
    pub const EPOCH: Time = Time(0.0);
    /// Later than all others.
    pub const NEVER: Time = Time(f64::INFINITY);
    /// Earlier than all others.
    pub const ALWAYS: Time = Time(f64::NEG_INFINITY);

    pub fn is_finite(self) -> bool {
        self.0.is_finite()
    }

    pub fn min(self, other: Time) -> Time {
        Time(self.0.min(other.0))
    }

    pub fn max(self, other: Time) -> Time {
        Time(self.0.max(other.0))
    }

    pub fn total_cmp(&self, other: &Time) -> Ordering {
        self.0.total_cmp(&other.0)
    }

    /// Whole milliseconds since the epoch, rounded down.
    pub fn whole_millis(self) -> i64 {
        self.0.floor() as i64
    }

    pub fn as_seconds(self) -> f64 {
        self.0 / 1000.0
    }

    /// As a date; none for a time that no calendar has.
    pub fn utc(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.whole_millis())
    }
}

/// The milliseconds from the other time to this one.
impl Sub for Time {
    type Output = f64;

    fn sub(self, other: Time) -> f64 {
        self.0 - other.0
    }
}

impl Add<f64> for Time {
    type Output = Time;

    fn add(self, milliseconds: f64) -> Time {
        Time(self.0 + milliseconds)
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    fn add(self, duration: Duration) -> Time {
        self + duration.as_secs_f64() * 1000.0
    }
}

impl AddAssign<f64> for Time {
    fn add_assign(&mut self, milliseconds: f64) {
        self.0 += milliseconds;
    }
}

impl Sub<f64> for Time {
    type Output = Time;

    fn sub(self, milliseconds: f64) -> Time {
        Time(self.0 - milliseconds)
    }
}

impl From<Time> for Value {
    fn from(time: Time) -> Value {
        time.0.into()
    }
}

/// As JSON has it.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_in_json_and_a_difference_in_sums() {
        let time = Time(1_795_469_001_763.25);
        assert_eq!(serde_json::to_string(&time).unwrap(), "1795469001763.25");
        assert_eq!(serde_json::from_str::<Time>("1795469001763.25").unwrap(), time);
        assert_eq!(serde_json::from_str::<Time>("5").unwrap(), Time(5.0));
        assert_eq!((time + 250.0) - time, 250.0);
        assert_eq!(time + Duration::from_millis(1500), time + 1500.0);
        assert_eq!((time - 250.0).whole_millis(), 1_795_469_001_513);
        assert!(Time::ALWAYS < time && time < Time::NEVER && !Time::NEVER.is_finite());
        assert_eq!((time.min(Time::EPOCH), time.max(Time::EPOCH)), (Time::EPOCH, time));
        assert_eq!(Time(f64::NAN).total_cmp(&Time::NEVER), Ordering::Greater);
    }
}
