//! A moment in the past, as the user writes it: `2h` ago, or a day.

use crate::event::Time;
use chrono::{Local, NaiveDate, TimeZone};
use std::str::FromStr;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Ago(Duration),
    /// Its beginning, by the clock of this machine.
    Day(NaiveDate),
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Moment, String> {
        if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return Ok(Moment::Day(day));
        }
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let seconds = match unit {
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 604_800,
            _ => 0,
        };
        let ago = number.parse::<u64>().ok().filter(|_| seconds > 0).and_then(|number| number.checked_mul(seconds));
        ago.map(|seconds| Moment::Ago(Duration::from_secs(seconds)))
            .ok_or_else(|| "name a time ago (30m, 12h, 7d, 2w) or a day (2026-11-23)".into())
    }
}

impl Moment {
    pub fn at(&self, now: Time) -> Time {
        match self {
            Moment::Ago(ago) => now - ago.as_secs_f64() * 1000.0,
            Moment::Day(day) => beginning(*day, &Local).unwrap_or(now),
        }
    }
}

/// Where summer time begins at midnight, the day begins an hour later.
fn beginning<Z: TimeZone>(day: NaiveDate, zone: &Z) -> Option<Time> {
    let hours = (0..24).filter_map(|hour| day.and_hms_opt(hour, 0, 0));
    let time = hours.filter_map(|time| zone.from_local_datetime(&time).earliest()).next()?;
    Some(Time(time.timestamp_millis() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::FixedOffset;

    #[test]
    fn so_long_ago_or_a_day() {
        let at = |text: &str| text.parse::<Moment>().map(|moment| moment.at(Time(1e12)));
        assert_eq!(at("90m").unwrap(), Time(1e12 - 5_400_000.0));
        assert_eq!(at("2w").unwrap(), Time(1e12 - 14.0 * 86_400_000.0));
        let day = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        assert_eq!("2026-11-24".parse(), Ok(Moment::Day(day)));
        assert_eq!(beginning(day, &FixedOffset::east_opt(3600).unwrap()), Some(Time(1_795_474_800_000.0)));
        for wrong in ["", "d", "5", "5 d", "-1d", "2026-13-01", "99999999999999999999d", "18446744073709551615w", "5s"]
        {
            assert!(at(wrong).unwrap_err().contains("7d"), "{wrong}");
        }
    }
}
