//! Cron expressions: when they come, in their time zone.
//!
//! `fields` says which wall clock times an expression names. What the changes of the clocks make of them is decided here:
//! no crate has a rule for lists of hours.

use super::fields::{self, Fields};
use super::words;
use crate::diagnostic::{Diagnostic, nearest};
use crate::event::Time;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// A schedule's times: five fields in a time zone.
///
/// Where the hour field begins with `*`, or names all hours, they are as the clock on the wall shows them: an hour that is
/// skipped in spring has none, an hour that comes twice in autumn has them twice. Otherwise each wall clock time comes once a
/// day: one that is skipped at the moment of the change (several in one), one that comes twice the first time only.
#[derive(Debug, Clone)]
pub struct Cron {
    five: String,
    fields: Fields,
    zone: TimeZone,
    every_hour: bool,
}

impl Cron {
    /// Five fields, or `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`; and a zone of the IANA
    /// database: `Europe/Berlin`, `UTC`.
    ///
    /// # Errors
    /// A field says what it may not (the message names it), no such time ever comes, or there is no such zone.
    pub fn parse(text: &str, zone: &str) -> Result<Cron, Diagnostic> {
        let (five, fields) = fields::parse(text)?;
        let zone = zone_of(zone)?;
        let every_hour = five.split(' ').nth(1).is_some_and(|hour| hour.starts_with('*')) || fields.hours().len() == 24;
        Ok(Cron { five, fields, zone, every_hour })
    }

    /// The zone's name as its database writes it.
    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// The expression in words: `every day at 03:00`.
    pub fn words(&self) -> String {
        words::words(&self.five, &self.fields)
    }

    /// The first time after that one. None: it is too far in the future.
    pub fn next(&self, after: Time) -> Option<Time> {
        let after = Timestamp::from_millisecond(after.whole_millis()).ok()?;
        let next = if self.every_hour { self.next_shown(after) } else { self.next_once(after) };
        next.map(|next| Time(next.as_millisecond() as f64))
    }

    /// The next three times, to show what an expression means.
    pub fn next_three(&self, after: Time) -> Vec<Time> {
        std::iter::successors(self.next(after), |time| self.next(*time)).take(3).collect()
    }

    /// A time as the zone's clocks show it: `Fri 2026-11-27 03:00 CET`. Empty: it is too far in the future.
    pub fn shown(&self, time: Time) -> String {
        let time = Timestamp::from_millisecond(time.whole_millis());
        time.map(|time| time.to_zoned(self.zone.clone()).strftime("%a %Y-%m-%d %H:%M %Z").to_string())
            .unwrap_or_default()
    }

    /// Wall clock times come in the order of their moments, so the first with a later one is it.
    fn next_once(&self, after: Timestamp) -> Option<Timestamp> {
        let mut wall = self.zone.to_datetime(after);
        loop {
            wall = self.fields.next(wall, false)?;
            let time = self.moment(wall)?;
            if time > after {
                return Some(time);
            }
        }
    }

    /// When a wall clock time is: the first time that it comes, or when it is skipped.
    fn moment(&self, wall: DateTime) -> Option<Timestamp> {
        match self.zone.to_ambiguous_timestamp(wall).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
                offset.to_timestamp(wall).ok()
            }
            AmbiguousOffset::Gap { before, .. } => {
                let later = before.to_timestamp(wall).ok()?.checked_add(SignedDuration::from_secs(1)).ok()?;
                self.zone.preceding(later).next().map(|change| change.timestamp())
            }
        }
    }

    /// Looks from one change of the clocks to the next: in between, wall clock times and moments go alike.
    fn next_shown(&self, after: Timestamp) -> Option<Timestamp> {
        let (mut from, mut inclusive) = (after, false);
        loop {
            let offset = self.zone.to_offset(from);
            let wall = self.fields.next(offset.to_datetime(from), inclusive)?;
            let change = self.zone.following(from).next().map(|change| change.timestamp());
            let time = offset.to_timestamp(wall).ok();
            match change {
                Some(change) if time.is_none_or(|time| time >= change) => (from, inclusive) = (change, true),
                _ => return time,
            }
        }
    }
}

/// All zones that [`Cron::parse`] takes, in the order of the alphabet.
pub fn zones() -> Vec<String> {
    jiff::tz::db().available().map(|zone| zone.to_string()).collect()
}

fn zone_of(name: &str) -> Result<TimeZone, Diagnostic> {
    if let Ok(zone) = TimeZone::get(name) {
        return Ok(zone);
    }
    let zones = zones();
    let advice = match nearest(name, zones.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "take a name of the IANA database: `Europe/Berlin`, `America/New_York`, `UTC`".into(),
    };
    // what somebody sends may be long
    let name: String = name.chars().take(50).collect();
    Err(Diagnostic::error(format!("there is no time zone `{}`", name.escape_debug())).advice(advice))
}
