//! Unusual cron expressions: what crontab(5) says about them, or an error that names the field.

use super::expression::Cron;
use crate::event::Time;
use jiff::Timestamp;

/// The days of a week on which it comes, as `Mon Tue`, at 00:00.
fn days(five: &str) -> String {
    let cron = Cron::parse(five, "UTC").unwrap_or_else(|error| panic!("{five}: {error:?}"));
    // a Monday
    let begin: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
    let begin = Time(begin.as_millisecond() as f64);
    let end = begin + 7.0 * 86_400_000.0;
    let times = std::iter::successors(cron.next(begin - 1.0), |time| cron.next(*time));
    let day = |time: Time| Timestamp::from_millisecond(time.whole_millis()).unwrap().strftime("%a").to_string();
    times.take_while(|time| *time < end).map(day).collect::<Vec<_>>().join(" ")
}

#[test]
fn weekdays_are_those_of_crontab() {
    const ALL: &str = "Mon Tue Wed Thu Fri Sat Sun";
    for (weekdays, expected) in [
        ("5-7", "Fri Sat Sun"),
        ("0-6", ALL),
        ("0-7", ALL),
        ("1-7", ALL),
        ("mon-sun", ALL),
        ("sun-sat", ALL),
        ("*", ALL),
        ("*/1", ALL),
        ("0", "Sun"),
        ("7", "Sun"),
        ("0,7", "Sun"),
        ("7-7", "Sun"),
        ("sun-sun", "Sun"),
        ("0-sun", "Sun"),
        ("*/7", "Sun"),
        ("*/100", "Sun"),
        ("6-7", "Sat Sun"),
        ("sat-sun", "Sat Sun"),
        ("sat-7", "Sat Sun"),
        // from 0 in steps of two, as cron counts
        ("*/2", "Tue Thu Sat Sun"),
        ("*/3", "Wed Sat Sun"),
        ("1-5/2", "Mon Wed Fri"),
        ("1-7/2", "Mon Wed Fri Sun"),
        ("mon-fri/4", "Mon Fri"),
        ("sun,mon", "Mon Sun"),
        ("SUN,Mon,tUE", "Mon Tue Sun"),
        ("wed,1-2,WED", "Mon Tue Wed"),
        ("sun-tue", "Mon Tue Sun"),
        ("01-03", "Mon Tue Wed"),
    ] {
        assert_eq!(days(&format!("0 0 * * {weekdays}")), expected, "{weekdays}");
    }
    for weekly in ["@weekly", "@Weekly", " @weekly "] {
        assert_eq!(days(weekly), "Sun", "{weekly}");
    }
    assert_eq!(days("0\t0  * * mon"), "Mon");
}

#[test]
fn months_have_names_in_any_case() {
    let words = |five: &str| Cron::parse(five, "UTC").unwrap().next_three(Time(0.0));
    let expected = words("0 0 1 1-3,12 *");
    for months in ["jan-mar,dec", "JAN-MAR,DEC", "Jan-3,12", "1,feb,3,dEc", "1-3/1,12"] {
        assert_eq!(words(&format!("0 0 1 {months} *")), expected, "{months}");
    }
}

#[test]
fn mistakes_name_their_field() {
    for (text, message, advice) in [
        ("60 * * * *", "`minute` says `60`", "0 to 59"),
        ("0-60 * * * *", "`minute` says `0-60`", "0 to 59"),
        ("-1 * * * *", "`minute` says `-1`", "0 to 59"),
        ("4294967296 * * * *", "`minute` says `4294967296`", "0 to 59"),
        ("*/-1 * * * *", "`minute` says `*/-1`", "steps"),
        ("* * * * sat-mon", "`day of week` says `sat-mon`", "ranges upwards"),
        ("* * * * 6-0", "`day of week` says `6-0`", "ranges upwards"),
        ("* * * * 7-1", "`day of week` says `7-1`", "ranges upwards"),
        ("* * * * 8", "`day of week` says `8`", "0 and 7 are Sunday"),
        ("* * * * monday", "`day of week` says `monday`", "`sun` to `sat`"),
        ("* * * * mon-", "`day of week` says `mon-`", "ranges"),
        ("* * * * mon,", "`day of week` says `mon,`", "lists"),
        ("* * * * mon-tue-wed", "`day of week` says `mon-tue-wed`", "ranges"),
        ("* * * dec-jan *", "`month` says `dec-jan`", "ranges upwards"),
        ("0 0 0 * * *", "6 fields, not five", "take out seconds"),
        ("0 0 * * * mon", "6 fields, not five", "take out seconds"),
        ("0 0 0 * * * 2030", "7 fields, not five", "year"),
        ("@weekly 5", "`@weekly 5`", "`@weekly`"),
    ] {
        let error = Cron::parse(text, "UTC").expect_err(text);
        let advised = error.advice.unwrap_or_default();
        assert!(error.message.contains(message), "{text}: {}", error.message);
        assert!(advised.contains(advice), "{text}: {advised}");
    }
}
