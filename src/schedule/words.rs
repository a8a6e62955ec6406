//! A cron expression in words, if they are simpler than the expression.

use super::fields::Fields;

/// More times of day than these are no longer listed.
const LISTED: usize = 6;
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `five` are the fields as they are written.
pub fn words(five: &str, fields: &Fields) -> String {
    let parts: Vec<&str> = five.split(' ').collect();
    let said = || {
        let (often, times) = times(fields)?;
        let days = days(parts[2], parts[4], fields)?;
        let months = months(fields);
        let days = if days.is_empty() && !often && months.is_empty() { "every day".into() } else { days };
        let order = if often { [times, days, months] } else { [days, months, times] };
        Some(order.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" "))
    };
    said().unwrap_or_else(|| format!("whenever `{five}` comes"))
}

/// Whether it goes by intervals, and the times of a day.
fn times(fields: &Fields) -> Option<(bool, String)> {
    let (minutes, hours) = (fields.minutes(), fields.hours());
    let step = |values: &[u32], all: u32| {
        let step = all / u32::try_from(values.len()).ok()?;
        let even = values.iter().zip(0..).all(|(value, n)| *value == n * step);
        (even && step * values.len() as u32 == all && values.len() > 1).then_some(step)
    };
    let every =
        |step: u32, unit: &str| if step == 1 { format!("every {unit}") } else { format!("every {step} {unit}s") };
    let run = (hours.windows(2).all(|pair| pair[1] == pair[0] + 1)).then(|| (hours[0], hours[hours.len() - 1]));
    match (&minutes[..], step(&minutes, 60), step(&hours, 24), run) {
        (_, Some(minute), Some(1), _) => Some((true, every(minute, "minute"))),
        (_, Some(minute), _, Some((first, last))) if minutes.len() * hours.len() > LISTED => {
            Some((true, format!("{} from {first:02}:00 to {last:02}:{:02}", every(minute, "minute"), 60 - minute)))
        }
        ([0], _, Some(hour), _) if hours.len() > 2 => Some((true, every(hour, "hour"))),
        ([minute], _, Some(hour), _) if hours.len() > 2 => {
            Some((true, format!("{} at minute {minute}", every(hour, "hour"))))
        }
        ([minute], _, _, Some((first, last))) if hours.len() > LISTED => {
            Some((true, format!("every hour from {first:02}:{minute:02} to {last:02}:{minute:02}")))
        }
        _ if minutes.len() * hours.len() <= LISTED => {
            let at = hours.iter().flat_map(|hour| minutes.iter().map(move |minute| format!("{hour:02}:{minute:02}")));
            Some((false, format!("at {}", list(&at.collect::<Vec<_>>()))))
        }
        _ => None,
    }
}

/// The days, empty for all.
fn days(of_month: &str, of_week: &str, fields: &Fields) -> Option<String> {
    match (of_month, of_week) {
        ("*", "*") => Some(String::new()),
        ("*", day) => weekdays(day, fields),
        (day, "*") => month_days(day, fields),
        (month_day, day) if !fields.needs_both_days() => {
            Some(format!("{} and {}", month_days(month_day, fields)?, weekdays(day, fields)?))
        }
        _ => None,
    }
}

fn month_days(text: &str, fields: &Fields) -> Option<String> {
    if text.eq_ignore_ascii_case("L") {
        return Some("on the last day of the month".into());
    }
    let days = &fields.month_days.named;
    (fields.month_days.is_plain() && days.len() <= LISTED)
        .then(|| format!("on the {} of the month", list(&days.iter().copied().map(ordinal).collect::<Vec<_>>())))
}

fn weekdays(text: &str, fields: &Fields) -> Option<String> {
    let days = &fields.weekdays.named;
    if !fields.weekdays.is_plain() {
        return nth_weekday(text);
    }
    match &days[..] {
        [0, 1, 2, 3, 4, 5, 6] => Some(String::new()),
        [1, 2, 3, 4, 5] => Some("from Monday to Friday".into()),
        [0, 6] => Some("on Saturdays and Sundays".into()),
        days => {
            let names = days.iter().map(|day| format!("{}s", DAYS[*day as usize]));
            Some(format!("on {}", list(&names.collect::<Vec<_>>())))
        }
    }
}

/// `mon#1`, `5L`: one of them, as more are hard to follow in words.
fn nth_weekday(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let (day, which) = match lower.strip_suffix('l') {
        Some(day) => (day.trim_end_matches('#'), "last"),
        None => {
            let (day, nth) = lower.split_once('#')?;
            (day, *["first", "second", "third", "fourth", "fifth"].get(nth.parse::<usize>().ok()?.checked_sub(1)?)?)
        }
    };
    let named = DAYS.iter().find(|name| name[..3].eq_ignore_ascii_case(day));
    let name = named.or_else(|| DAYS.get(day.parse::<usize>().ok()? % 7))?;
    Some(format!("on the {which} {name} of the month"))
}

fn months(fields: &Fields) -> String {
    let months = fields.months();
    if months.len() == 12 {
        return String::new();
    }
    format!("in {}", list(&months.iter().map(|month| MONTHS[*month as usize - 1]).collect::<Vec<_>>()))
}

fn ordinal(day: u32) -> String {
    let end = match day {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    };
    format!("{day}{end}")
}

/// `a, b and c`
fn list(items: &[impl AsRef<str>]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.split_last() {
        Some((last, [])) => last.to_string(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}
