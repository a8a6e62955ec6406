//! The five fields of a cron expression: what each allows, and the message for anything else.

use super::days::{MonthDays, Weekdays};
use crate::diagnostic::{Diagnostic, nearest};
use cron::{Schedule, TimeUnitSpec};
use jiff::civil::{Date, DateTime};
use std::str::FromStr;

/// Longer ones are not read: all minutes and all hours as lists take half of it.
const LONGEST: usize = 500;
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// Other names of five fields.
const NAMES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// Later times are too far off to be counted.
const LATEST: i16 = 5000;
/// The calendar repeats after this number of years: what has not come by then never comes.
const CYCLE: i16 = 400;

/// A field's name, its lowest and highest number, the words for its numbers, and what it takes.
struct Field {
    name: &'static str,
    bounds: (u32, u32),
    /// The first stands for the lowest number.
    words: &'static [&'static str],
    takes: &'static str,
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", bounds: (0, 59), words: &[], takes: "0 to 59" },
    Field { name: "hour", bounds: (0, 23), words: &[], takes: "0 to 23" },
    Field {
        name: "day of month",
        bounds: (1, 31),
        words: &[],
        takes: "1 to 31, `L` (the last), `15W` (the weekday nearest to it)",
    },
    Field { name: "month", bounds: (1, 12), words: &MONTHS, takes: "1 to 12 or `jan` to `dec`" },
    Field {
        name: "day of week",
        bounds: (0, 7),
        words: &DAYS,
        takes: "0 to 7 (0 and 7 are Sunday) or `sun` to `sat`, `mon#1` (the first in the month), `friL` (the last)",
    },
];

/// The wall clock times that an expression names.
#[derive(Debug, Clone)]
pub struct Fields {
    /// All but the days.
    schedule: Schedule,
    pub month_days: MonthDays,
    pub weekdays: Weekdays,
    both: bool,
}

impl Fields {
    pub fn minutes(&self) -> Vec<u32> {
        self.schedule.minutes().iter().collect()
    }

    pub fn hours(&self) -> Vec<u32> {
        self.schedule.hours().iter().collect()
    }

    pub fn months(&self) -> Vec<u32> {
        self.schedule.months().iter().collect()
    }

    /// Both day fields have to fit; otherwise either will do. As cron has it since the 1980s: where both are restricted, either
    /// will do; but a field that begins with `*` does not count as restricted.
    pub fn needs_both_days(&self) -> bool {
        self.both
    }

    fn name_day(&self, date: Date) -> bool {
        let (one, other) = (self.month_days.name(date), self.weekdays.name(date));
        if self.both { one && other } else { one || other }
    }

    /// The first time after `wall`, or with `inclusive` not before it.
    pub fn next(&self, wall: DateTime, inclusive: bool) -> Option<DateTime> {
        let minute = wall.date().at(wall.hour(), wall.minute(), 0, 0);
        let from = match inclusive && minute == wall {
            true => minute,
            false => minute.checked_add(jiff::SignedDuration::from_mins(1)).ok()?,
        };
        if from.year() > LATEST {
            return None;
        }
        let today = self.name_date(from.date()).then(|| self.time_from(from)).flatten();
        today.or_else(|| self.first_from(from.date().tomorrow().ok()?))
    }

    fn name_date(&self, date: Date) -> bool {
        self.schedule.months().includes(date.month() as u32) && self.name_day(date)
    }

    /// The first time on that day, not before that one.
    fn time_from(&self, from: DateTime) -> Option<DateTime> {
        let (hour, minute) = (from.hour() as u32, from.minute() as u32);
        let first = self.schedule.minutes().iter().next()?;
        let in_this_hour = || {
            let minute = self.schedule.minutes().range(minute..).next()?;
            self.schedule.hours().includes(hour).then_some((hour, minute))
        };
        let (hour, minute) =
            in_this_hour().or_else(|| Some((self.schedule.hours().range(hour + 1..).next()?, first)))?;
        Some(from.date().at(hour as i8, minute as i8, 0, 0))
    }

    /// The first time on that day or a later one.
    fn first_from(&self, mut date: Date) -> Option<DateTime> {
        let last = date.year().saturating_add(CYCLE).min(LATEST);
        while date.year() <= last {
            if !self.schedule.months().includes(date.month() as u32) {
                date = date.last_of_month().tomorrow().ok()?;
            } else if self.name_day(date) {
                return self.time_from(date.at(0, 0, 0, 0));
            } else {
                date = date.tomorrow().ok()?;
            }
        }
        None
    }
}

/// Reads five fields, or a name in place of them; gives them and how they are understood.
///
/// # Errors
/// They are not five, a field says what it may not, or no such time ever comes.
pub fn parse(text: &str) -> Result<(String, Fields), Diagnostic> {
    if text.len() > LONGEST {
        return Err(Diagnostic::error(format!("the cron expression has {} bytes", text.len()))
            .advice(format!("write it with ranges and steps, in {LONGEST} at most")));
    }
    let text = text.trim();
    let five = if text.starts_with('@') { named(text)? } else { text };
    let parts: Vec<&str> = five.split_whitespace().collect();
    let parts: [&str; 5] = parts.try_into().map_err(|parts: Vec<&str>| count(parts.len()))?;
    let five = parts.join(" ");
    let fields = fields(parts)?;
    match fields.next(jiff::civil::date(2000, 1, 1).at(0, 0, 0, 0), true) {
        Some(_) => Ok((five, fields)),
        None => Err(Diagnostic::error(format!("`{five}` never comes"))
            .advice("name a day that its month has: there is no 30th of February")),
    }
}

fn fields(parts: [&str; 5]) -> Result<Fields, Diagnostic> {
    let plain = |place: usize| {
        let items = parts[place].split(',').map(|item| Some(Span::parse(&FIELDS[place], item)?.written()));
        let items: Option<Vec<String>> = items.collect();
        items.map(|items| items.join(",")).ok_or_else(|| wrong(&FIELDS[place], parts[place]))
    };
    let (minutes, hours) = (plain(0)?, plain(1)?);
    let (mut month_days, days) = month_days(parts[2]).ok_or_else(|| wrong(&FIELDS[2], parts[2]))?;
    let months = plain(3)?;
    let (mut weekdays, names) = weekdays(parts[4]).ok_or_else(|| wrong(&FIELDS[4], parts[4]))?;
    // a field of `L`, `mon#1` and their like alone names no days for the crate
    let or_all = |names: &[String]| if names.is_empty() { "*".into() } else { names.join(",") };
    let six = format!("0 {minutes} {hours} {} {months} {}", or_all(&days), or_all(&names));
    let schedule = Schedule::from_str(&six)
        .map_err(|error| Diagnostic::error(format!("`{}` is no cron expression: {error}", parts.join(" "))))?;
    if !days.is_empty() {
        month_days.named = schedule.days_of_month().iter().collect();
    }
    if !names.is_empty() {
        weekdays.named = schedule.days_of_week().iter().map(|day| day - FIRST_DAY).collect();
    }
    let both = [parts[2], parts[4]].iter().any(|day| day.starts_with('*'));
    Ok(Fields { schedule, month_days, weekdays, both })
}

/// What an item of a list names: numbers of its field, from one to another in steps.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: u32,
    last: u32,
    step: u32,
}

impl Span {
    /// Reads `*`, `5`, `1-5`, `*/2`, `1-5/2`, with words for numbers. None: it is none of these.
    fn parse(field: &Field, item: &str) -> Option<Span> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(number(step).filter(|step| *step > 0)?)),
            None => (item, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => field.bounds,
            Some((first, last)) => (value(field, first)?, last_value(field, first, last)?),
            // `5/10` could mean from 5 on, or 5 alone
            None if step.is_some() => return None,
            None => (value(field, range)?, value(field, range)?),
        };
        (first <= last).then_some(Span { first, last, step: step.unwrap_or(1) })
    }

    fn values(self) -> impl Iterator<Item = u32> {
        (self.first..=self.last).step_by(self.step as usize)
    }

    /// As the crate `cron` takes it, which refuses large steps.
    fn written(self) -> String {
        let Span { first, last, step } = self;
        if step > last - first { first.to_string() } else { format!("{first}-{last}/{step}") }
    }
}

fn number(text: &str) -> Option<u32> {
    // `+1` is a number for Rust alone
    text.bytes().all(|c| c.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn value(field: &Field, text: &str) -> Option<u32> {
    let (least, most) = field.bounds;
    let word = || field.words.iter().position(|word| word.eq_ignore_ascii_case(text)).map(|place| place as u32 + least);
    number(text).or_else(word).filter(|value| (least..=most).contains(value))
}

/// The end of a range that begins with `first`: in `sat-sun`, Sunday is the day after Saturday. `sun-sun` is Sunday alone.
fn last_value(field: &Field, first: &str, text: &str) -> Option<u32> {
    match field.words.first() {
        Some(&"sun") if text.eq_ignore_ascii_case("sun") && value(field, first) != Some(0) => Some(7),
        _ => value(field, text),
    }
}

/// What the field names that the crate `cron` does not know, and the rest for that.
fn month_days(part: &str) -> Option<(MonthDays, Vec<String>)> {
    let (mut days, mut rest) = (MonthDays::default(), vec![]);
    for item in part.split(',') {
        match item.to_ascii_lowercase().strip_suffix('w') {
            Some("l") => days.last_workday = true,
            Some(day) => days.nearest.push(number(day).filter(|day| (1..=31).contains(day))?),
            None if item.eq_ignore_ascii_case("l") => days.last = true,
            None => rest.push(Span::parse(&FIELDS[2], item)?.written()),
        }
    }
    Some((days, rest))
}

/// The number of Sunday for the crate `cron`.
const FIRST_DAY: u32 = 1;

/// What the field names that the crate `cron` does not know, and the names of the other days for that: its numbers begin with 1 for
/// Sunday, where every crontab has 0 and 7.
fn weekdays(part: &str) -> Option<(Weekdays, Vec<String>)> {
    let (mut days, mut names) = (Weekdays::default(), vec![]);
    let numbers = |item: &str| Some(Span::parse(&FIELDS[4], item)?.values().map(|day| day % 7));
    for item in part.split(',') {
        let lower = item.to_ascii_lowercase();
        match lower.split_once('#').or_else(|| Some((lower.strip_suffix('l')?, "l"))) {
            // the last day of the week is no day
            Some(("", "l")) => {}
            Some((item, "l")) => days.last.extend(numbers(item)?),
            Some((item, nth)) => {
                let nth = number(nth).filter(|nth| (1..=5).contains(nth))?;
                days.nth.extend(numbers(item)?.map(|day| (day, nth)));
            }
            None => names.extend(numbers(item)?.map(|day| DAYS[day as usize].to_string())),
        }
    }
    Some((days, names))
}

fn named(text: &str) -> Result<&'static str, Diagnostic> {
    let name = text.to_ascii_lowercase();
    if let Some((_, five)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Ok(five);
    }
    if name == "@reboot" {
        return Err(Diagnostic::error("`@reboot` is no time: a schedule does not know when the machine starts")
            .advice("start `telefonist run` from the machine's own start, or name a time"));
    }
    let all = NAMES.map(|(name, _)| name);
    let advice = match nearest(&name, all) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("take five fields, or one of {}", all.join(", ")),
    };
    Err(Diagnostic::error(format!("there is no schedule `{}`", text.escape_debug())).advice(advice))
}

fn count(found: usize) -> Diagnostic {
    let names = FIELDS.map(|field| field.name).join(", ");
    let advice = match found {
        6 | 7 => format!("take out seconds and year; what is left: {names}"),
        _ => format!("write {names}, with spaces between: `0 3 * * *` is every day at 03:00"),
    };
    Diagnostic::error(format!("the cron expression has {found} fields, not five")).advice(advice)
}

fn wrong(field: &Field, part: &str) -> Diagnostic {
    let Field { name, takes, .. } = field;
    Diagnostic::error(format!("the field `{name}` says `{}`", part.escape_debug())).advice(format!(
        "allowed are {takes}; `*` (all), ranges upwards (`1-5`), steps (`*/2`, `1-5/2`), lists (`1,3`) of these"
    ))
}
