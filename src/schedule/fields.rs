//! The five fields of a cron expression: what each allows, and the message for anything else.

use crate::diagnostic::{Diagnostic, nearest};
use croner::parser::{CronParser, Seconds, Year};

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

/// A field's name, the words that may stand in it, and what it takes.
struct Field {
    name: &'static str,
    words: &'static [&'static str],
    takes: &'static str,
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", words: &[], takes: "0 to 59" },
    Field { name: "hour", words: &[], takes: "0 to 23" },
    Field {
        name: "day of month",
        words: &["l", "w", "lw"],
        takes: "1 to 31, `L` (the last), `15W` (the weekday nearest to it)",
    },
    Field { name: "month", words: &MONTHS, takes: "1 to 12 or `jan` to `dec`" },
    Field {
        name: "day of week",
        words: &DAYS,
        takes: "0 to 7 (0 and 7 are Sunday) or `sun` to `sat`, `mon#1` (the first in the month), `friL` (the last)",
    },
];

/// Reads five fields, or a name in place of them; gives them and how they are understood.
///
/// # Errors
/// They are not five, a field says what it may not, or no such time ever comes.
pub fn parse(text: &str) -> Result<(String, croner::Cron), Diagnostic> {
    if text.len() > LONGEST {
        return Err(Diagnostic::error(format!("the cron expression has {} bytes", text.len()))
            .advice(format!("write it with ranges and steps, in {LONGEST} at most")));
    }
    let text = text.trim();
    let five = if text.starts_with('@') { named(text)? } else { text };
    let parts: Vec<&str> = five.split_whitespace().collect();
    let parts: [&str; 5] = parts.try_into().map_err(|parts: Vec<&str>| count(parts.len()))?;
    for (field, part) in FIELDS.iter().zip(parts) {
        if !is_written(field, part) {
            return Err(wrong(field, part));
        }
    }
    let five = parts.join(" ");
    let cron = parser(parts).parse(&five).map_err(|error| at_fault(parts, &error.to_string()))?;
    let start = jiff::civil::date(2000, 1, 1).at(0, 0, 0, 0);
    match cron.find_next_occurrence(&start, true) {
        Ok(_) => Ok((five, cron)),
        Err(_) => Err(Diagnostic::error(format!("`{five}` never comes"))
            .advice("name a day that its month has: there is no 30th of February")),
    }
}

/// As cron has it since the 1980s: where both day fields are restricted, either will do; but a field that begins with `*` does
/// not count as restricted, so that both have to fit.
fn parser(parts: [&str; 5]) -> CronParser {
    let both = [parts[2], parts[4]].iter().any(|day| day.starts_with('*'));
    CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).dom_and_dow(both).build()
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

/// Whether it is made of the right characters and words. croner itself would take a day's name for a minute, and `1,,2`.
fn is_written(field: &Field, part: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '*' | '/' | ',' | '-' | '#');
    let lower = part.to_ascii_lowercase();
    let mut words = lower.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let is_word = |word: &str| {
        let day =
            || field.words == DAYS && (word == "l" || word.strip_suffix('l').is_some_and(|day| DAYS.contains(&day)));
        field.words.contains(&word) || day()
    };
    part.chars().all(known) && words.all(is_word) && part.split(',').all(|item| !item.is_empty())
}

fn wrong(field: &Field, part: &str) -> Diagnostic {
    let Field { name, takes, .. } = field;
    Diagnostic::error(format!("the field `{name}` says `{}`", part.escape_debug())).advice(format!(
        "allowed are {takes}; `*` (all), ranges upwards (`1-5`), steps (`*/2`, `1-5/2`), lists (`1,3`) of these"
    ))
}

/// The first field that can't be read by itself.
fn at_fault(parts: [&str; 5], error: &str) -> Diagnostic {
    let alone = |place: usize| {
        let mut five = ["*"; 5];
        five[place] = parts[place];
        parser(five).parse(&five.join(" ")).is_err()
    };
    match (0..5).find(|place| alone(*place)) {
        Some(place) => wrong(&FIELDS[place], parts[place]),
        None => Diagnostic::error(format!("`{}` is no cron expression: {error}", parts.join(" "))),
    }
}
