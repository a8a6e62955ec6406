//! Cron expressions against the calendar: fields, names, changes of the clocks, words.

use super::expression::{Cron, zones};
use crate::event::Time;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use proptest::prelude::*;

pub(super) fn cron(text: &str, zone: &str) -> Cron {
    Cron::parse(text, zone).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

/// `2024-03-31T01:30Z` as a time.
fn utc(text: &str) -> Time {
    Time(text.parse::<Timestamp>().unwrap().as_millisecond() as f64)
}

/// The next times, as `2024-03-31T01:30` UTC.
pub(super) fn times(cron: &Cron, after: &str, count: usize) -> Vec<String> {
    let all = std::iter::successors(cron.next(utc(after)), |time| cron.next(*time));
    let shown =
        |time: Time| Timestamp::from_millisecond(time.whole_millis()).unwrap().strftime("%Y-%m-%dT%H:%M").to_string();
    all.take(count).map(shown).collect()
}

#[test]
fn fields_names_and_either_day() {
    for (text, after, expected) in [
        ("*/20 * * * *", "2024-01-01T00:00:00Z", ["2024-01-01T00:20", "2024-01-01T00:40", "2024-01-01T01:00"]),
        ("5,10-12/2 4 * * *", "2024-01-01T00:00:00Z", ["2024-01-01T04:05", "2024-01-01T04:10", "2024-01-01T04:12"]),
        ("@hourly", "2024-01-01T00:00:00.5Z", ["2024-01-01T01:00", "2024-01-01T02:00", "2024-01-01T03:00"]),
        ("@daily", "2024-02-28T00:00:00Z", ["2024-02-29T00:00", "2024-03-01T00:00", "2024-03-02T00:00"]),
        ("@midnight", "2024-02-28T00:00:00Z", ["2024-02-29T00:00", "2024-03-01T00:00", "2024-03-02T00:00"]),
        ("@WEEKLY", "2024-01-01T00:00:00Z", ["2024-01-07T00:00", "2024-01-14T00:00", "2024-01-21T00:00"]),
        ("@monthly", "2024-01-01T00:00:00Z", ["2024-02-01T00:00", "2024-03-01T00:00", "2024-04-01T00:00"]),
        ("@yearly", "2024-01-01T00:00:00Z", ["2025-01-01T00:00", "2026-01-01T00:00", "2027-01-01T00:00"]),
        ("@annually", "2024-01-01T00:00:00Z", ["2025-01-01T00:00", "2026-01-01T00:00", "2027-01-01T00:00"]),
        ("0 0 * * 7", "2024-01-01T00:00:00Z", ["2024-01-07T00:00", "2024-01-14T00:00", "2024-01-21T00:00"]),
        ("0 0 * * sat-sun", "2024-01-01T00:00:00Z", ["2024-01-06T00:00", "2024-01-07T00:00", "2024-01-13T00:00"]),
        ("0 0 1 JAN,Mar-apr *", "2024-01-01T00:00:00Z", ["2024-03-01T00:00", "2024-04-01T00:00", "2025-01-01T00:00"]),
        // either day will do, unless one of the fields begins with a star
        ("0 0 13 * fri", "2024-09-01T00:00:00Z", ["2024-09-06T00:00", "2024-09-13T00:00", "2024-09-20T00:00"]),
        ("0 0 */13 * fri", "2024-09-01T00:00:00Z", ["2024-09-27T00:00", "2024-11-01T00:00", "2024-12-27T00:00"]),
        ("0 0 L * *", "2024-01-01T00:00:00Z", ["2024-01-31T00:00", "2024-02-29T00:00", "2024-03-31T00:00"]),
        ("0 0 * * mon#1", "2024-01-01T00:00:00Z", ["2024-02-05T00:00", "2024-03-04T00:00", "2024-04-01T00:00"]),
        ("0 0 * * friL", "2024-01-01T00:00:00Z", ["2024-01-26T00:00", "2024-02-23T00:00", "2024-03-29T00:00"]),
        ("0 0 1W * *", "2024-05-15T00:00:00Z", ["2024-06-03T00:00", "2024-07-01T00:00", "2024-08-01T00:00"]),
        ("0 0 LW * *", "2024-03-01T00:00:00Z", ["2024-03-29T00:00", "2024-04-30T00:00", "2024-05-31T00:00"]),
        ("0 0 29 2 *", "2096-03-01T00:00:00Z", ["2104-02-29T00:00", "2108-02-29T00:00", "2112-02-29T00:00"]),
    ] {
        assert_eq!(times(&cron(text, "UTC"), after, 3), expected, "{text}");
    }
}

#[test]
fn what_can_not_be_meant_is_refused_by_its_field() {
    for (text, message, advice) in [
        ("60 * * * *", "`minute` says `60`", "0 to 59"),
        ("*/0 * * * *", "`minute` says `*/0`", "steps"),
        ("mon * * * *", "`minute` says `mon`", "0 to 59"),
        ("* 24 * * *", "`hour` says `24`", "0 to 23"),
        ("* 22-2 * * *", "`hour` says `22-2`", "upwards"),
        ("* 1,,2 * * *", "`hour` says `1,,2`", "lists"),
        ("* 5/10 * * *", "`hour` says `5/10`", "`*/2`"),
        ("* * 0 * *", "`day of month` says `0`", "1 to 31"),
        ("* * 32 * *", "`day of month` says `32`", "1 to 31"),
        ("* * ? * *", "`day of month` says `?`", "`*` (all)"),
        ("* * * 13 *", "`month` says `13`", "`jan`"),
        ("* * * mon *", "`month` says `mon`", "`jan`"),
        ("* * * january *", "`month` says `january`", "`jan`"),
        ("* * * * 8", "`day of week` says `8`", "Sunday"),
        ("* * * * jan", "`day of week` says `jan`", "Sunday"),
        ("* * * * mon#6", "`day of week` says `mon#6`", "mon#1"),
        ("* * * * +1", "`day of week` says `+1`", "0 to 7"),
        ("* * * * \u{1b}[2J", r"`\u{1b}[2J`", "0 to 7"),
        ("0 0 0 * * *", "6 fields", "seconds"),
        ("", "0 fields", "every day at 03:00"),
        ("* * * *", "4 fields", "day of week"),
        ("0 0 30 2 *", "never comes", "30th of February"),
        ("0 0 31 apr,jun *", "never comes", "30th of February"),
        ("0 0 5L * *", "`day of month` says `5L`", "`L` (the last)"),
        ("0 0 * * L", "never comes", "a day"),
        ("@reboot", "no time", "telefonist run"),
        ("@dayly", "`@dayly`", "`@daily`"),
        ("@sometimes", "`@sometimes`", "@hourly, @daily"),
    ] {
        let error = Cron::parse(text, "UTC").expect_err(text);
        let advised = error.advice.unwrap();
        assert!(error.message.contains(message) && advised.contains(advice), "{text}: {} {advised}", error.message);
    }
    let long = format!("{} * * * *", vec!["1"; 300].join(","));
    assert!(Cron::parse(&long, "UTC").unwrap_err().message.contains("607 bytes"));
}

#[test]
fn zones_are_those_of_the_iana_database() {
    assert_eq!(cron("@daily", "europe/berlin").zone(), "Europe/Berlin");
    assert_eq!(cron("@daily", "UTC").zone(), "UTC");
    assert!(zones().iter().any(|zone| zone == "Australia/Lord_Howe"));
    for (zone, advice) in
        [("Europe/Berlim", "`Europe/Berlin`"), ("", "IANA"), ("../../etc/passwd", "IANA"), ("+01:00", "IANA")]
    {
        let error = Cron::parse("@daily", zone).expect_err(zone);
        assert!(error.advice.unwrap().contains(advice), "{zone}");
    }
    let berlin = cron("@daily", "Europe/Berlin");
    assert_eq!(berlin.shown(utc("2024-07-01T01:00:00Z")), "Mon 2024-07-01 03:00 CEST");
    assert_eq!(berlin.next_three(utc("2024-01-01T00:00:00Z")).len(), 3);
}

#[test]
fn times_that_are_none_give_none() {
    let cron = cron("@hourly", "Europe/Berlin");
    for after in [Time::NEVER, Time::ALWAYS, Time(1e300), utc("9999-01-01T00:00:00Z")] {
        assert_eq!(cron.next(after), None, "{after}");
    }
    assert!(cron.next(Time(f64::NAN)).is_some_and(|next| next > Time::EPOCH));
    assert_eq!(cron.shown(Time::NEVER), "");
}

#[test]
fn words_say_it_or_show_the_fields() {
    for (text, words) in [
        ("* * * * *", "every minute"),
        ("*/15 * * * *", "every 15 minutes"),
        ("0-59/30 * * * *", "every 30 minutes"),
        ("*/15 9-17 * * mon-fri", "every 15 minutes from 09:00 to 17:45 from Monday to Friday"),
        ("* 3 * * *", "every minute from 03:00 to 03:59"),
        ("@hourly", "every hour"),
        ("5 * * * *", "every hour at minute 5"),
        ("0 */6 * * *", "every 6 hours"),
        ("30 */2 * * 0,6", "every 2 hours at minute 30 on Saturdays and Sundays"),
        ("0 8-18 * * 1-5", "every hour from 08:00 to 18:00 from Monday to Friday"),
        ("0 3 * * *", "every day at 03:00"),
        ("0 3,15 * * 1,3", "on Mondays and Wednesdays at 03:00 and 15:00"),
        ("0,30 3 * * 7", "on Sundays at 03:00 and 03:30"),
        ("@monthly", "on the 1st of the month at 00:00"),
        ("@yearly", "on the 1st of the month in January at 00:00"),
        ("0 3 * feb *", "in February at 03:00"),
        ("0 0 2,3,11 * *", "on the 2nd, 3rd and 11th of the month at 00:00"),
        ("0 0 L * *", "on the last day of the month at 00:00"),
        ("0 0 * * mon#1", "on the first Monday of the month at 00:00"),
        ("0 0 * * 5L", "on the last Friday of the month at 00:00"),
        ("0 0 13 * fri", "on the 13th of the month and on Fridays at 00:00"),
        ("7 1-9/2,20 * * *", "every day at 01:07, 03:07, 05:07, 07:07, 09:07 and 20:07"),
        ("0 */12 * * *", "every day at 00:00 and 12:00"),
        ("1-20/3 1,3 * * *", "whenever `1-20/3 1,3 * * *` comes"),
        ("0 0 1W * *", "whenever `0 0 1W * *` comes"),
        ("0 0 */13 * fri", "whenever `0 0 */13 * fri` comes"),
        ("*/7 * * * *", "whenever `*/7 * * * *` comes"),
    ] {
        assert_eq!(cron(text, "UTC").words(), words, "{text}");
    }
}

/// An expression of plain lists, and its values: what a test can check by itself.
#[derive(Debug, Clone)]
struct Plain {
    minutes: Vec<u32>,
    hours: Option<Vec<u32>>,
    days: Option<Vec<u32>>,
    weekdays: Option<Vec<u32>>,
}

impl Plain {
    fn text(&self) -> String {
        let list = |values: &[u32]| values.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let field = |values: &Option<Vec<u32>>| values.as_deref().map_or("*".into(), list);
        format!("{} {} {} * {}", list(&self.minutes), field(&self.hours), field(&self.days), field(&self.weekdays))
    }

    fn matches(&self, wall: DateTime) -> bool {
        let is_in = |values: &Option<Vec<u32>>, value: i8| values.as_ref().map(|all| all.contains(&(value as u32)));
        let day = match (is_in(&self.days, wall.day()), is_in(&self.weekdays, wall.weekday().to_sunday_zero_offset())) {
            (Some(one), Some(other)) => one || other,
            (one, other) => one.or(other).unwrap_or(true),
        };
        day && is_in(&self.hours, wall.hour()).unwrap_or(true) && self.minutes.contains(&(wall.minute() as u32))
    }
}

fn some_of(range: std::ops::Range<u32>) -> impl Strategy<Value = Vec<u32>> {
    let all: Vec<u32> = range.collect();
    proptest::sample::subsequence(all, 1..4)
}

fn plain() -> impl Strategy<Value = Plain> {
    let maybe = |range| proptest::option::of(some_of(range));
    (some_of(0..60), maybe(0..24), maybe(1..29), maybe(0..7)).prop_map(|(minutes, hours, days, weekdays)| Plain {
        minutes,
        hours,
        days,
        weekdays,
    })
}

const ZONES: [&str; 5] = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Against a walk over all minutes of three days, around the changes of the clocks or elsewhere.
    #[test]
    fn the_next_time_is_the_first_that_matches(
        plain in plain(),
        zone in proptest::sample::select(&ZONES[..]),
        start in proptest::sample::select(vec!["2024-03-30T12:00:00Z", "2024-10-26T12:00:00Z", "2024-03-09T20:00:00Z",
            "2024-11-02T20:00:00Z", "2024-04-06T03:00:00Z", "2024-10-05T03:00:00Z", "2024-02-28T00:00:00Z"]),
        offset in 0..1440_i64,
    ) {
        let cron = cron(&plain.text(), zone);
        let tz = TimeZone::get(zone).unwrap();
        let after = utc(start).whole_millis() + offset * 60_000;
        let at = |minute: i64| Timestamp::from_millisecond(after + minute * 60_000).unwrap();
        // the wall clock times that had been before a minute began, so that those that come twice are known
        let is_met = |minute: i64| {
            let (before, wall) = (tz.to_datetime(at(minute - 1)), tz.to_datetime(at(minute)));
            if plain.hours.is_none() {
                return plain.matches(wall);
            }
            let again = tz.to_ambiguous_timestamp(wall).earlier().unwrap() < at(minute);
            let skipped = std::iter::successors(Some(before), |wall| wall.checked_add(jiff::SignedDuration::from_mins(1)).ok())
                .skip(1).take_while(|skipped| *skipped < wall);
            (plain.matches(wall) && !again) || skipped.into_iter().any(|wall| plain.matches(wall))
        };
        let next = cron.next(Time(after as f64)).unwrap();
        prop_assert!(next > Time(after as f64));
        let first = (1..3 * 1440).find(|minute| is_met(*minute));
        match first {
            Some(minute) => prop_assert_eq!(next, Time(at(minute).as_millisecond() as f64), "{} {}", plain.text(), zone),
            None => prop_assert!(next >= Time(at(3 * 1440).as_millisecond() as f64)),
        }
    }

    #[test]
    fn nothing_that_is_sent_ends_the_program(text in "[0-9*/,@#LWlw a-z-]{0,30}|\\PC{0,20}", zone in "\\PC{0,10}", after in any::<f64>()) {
        if let Ok(cron) = Cron::parse(&text, "Europe/Berlin") {
            prop_assert!(cron.next(Time(after)).is_none_or(|next| next > Time(after) || after.is_nan()));
            prop_assert!(!cron.words().is_empty());
        }
        let _ = Cron::parse("@daily", &zone);
    }

    /// Five fields of what may stand in them: nothing loops, nothing breaks.
    #[test]
    fn any_five_fields_have_later_and_later_times(
        text in "(\\*|[1-5]?[0-9])(/[1-9])? (\\*|1?[0-9])(-2[0-3])?(/[1-9])? (\\*|L|1?[1-9]W?) (\\*|jan|[1-9]) (\\*|[0-7](#[1-5]|L)?)",
        after in 0.0..4e12_f64,
    ) {
        if let Ok(cron) = Cron::parse(&text, "America/New_York") {
            let three = cron.next_three(Time(after));
            prop_assert_eq!(three.len(), 3);
            prop_assert!(Time(after) < three[0] && three[0] < three[1] && three[1] < three[2]);
            prop_assert!(!cron.words().is_empty());
        }
    }
}
