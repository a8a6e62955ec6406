//! Durations as scripts see them: `5s`, `500ms`, `2m`.

use crate::event::Time;
use rhai::Dynamic;
use std::fmt;
use std::ops::Add;

/// A span of time in milliseconds, as times are.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Millis(pub f64);

impl Add<Millis> for Time {
    type Output = Time;

    fn add(self, duration: Millis) -> Time {
        self + duration.0
    }
}

/// The units of a duration literal and their milliseconds.
const UNITS: [(&str, f64); 3] = [("ms", 1.0), ("s", 1000.0), ("m", 60_000.0)];

/// The milliseconds of a unit's name.
pub fn unit(name: &str) -> Option<f64> {
    UNITS.iter().find(|(known, _)| *known == name).map(|(_, milliseconds)| *milliseconds)
}

impl Millis {
    /// The longest duration of a script: a year. Longer ones are a slip and would overflow clocks.
    const LONGEST: f64 = 366.0 * 86_400_000.0;

    /// Parses a duration: digits and a unit ("5s", "1.5s", "500ms", "2m").
    pub fn parse(text: &str) -> Option<Millis> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let number = digits.parse::<f64>().ok().filter(|n| n.is_finite() && digits.ends_with(|c: char| c != '.'))?;
        unit(&text[digits.len()..]).map(|factor| Millis(number * factor))
    }

    /// Converts a value of a script to a duration; the error says what is wrong with it.
    pub fn from_script(value: &Dynamic) -> Result<Millis, String> {
        let given = if let Some(duration) = value.clone().try_cast::<Millis>() {
            duration
        } else if let Ok(text) = value.clone().into_immutable_string() {
            Millis::parse(&text).ok_or_else(|| format!("`{text}` is no duration: write 5s, 500ms or 2m"))?
        } else if value.is_int() || value.is_float() {
            return Err(format!("`{value}` has no unit: write {value}s or {value}ms"));
        } else {
            let kind = crate::engine::language::words::plain_type(value.type_name());
            return Err(format!("a duration is due here (5s, 500ms, 2m), not {kind}"));
        };
        match given.0 {
            ms if (0.0..=Millis::LONGEST).contains(&ms) => Ok(given),
            _ => Err(format!("a wait of {given} is not possible")),
        }
    }

    /// As a sentence says it: "5 s", "500 ms", "2 min".
    pub fn in_words(self) -> String {
        let (number, unit) = self.split();
        format!("{number} {}", if unit == "m" { "min" } else { unit })
    }

    fn split(self) -> (f64, &'static str) {
        let ms = (self.0 * 1000.0).round() / 1000.0;
        match ms.abs() {
            abs if abs >= 60_000.0 && abs % 60_000.0 == 0.0 => (ms / 60_000.0, "m"),
            abs if abs >= 1000.0 => (ms / 1000.0, "s"),
            0.0 => (0.0, "s"),
            _ => (ms, "ms"),
        }
    }
}

/// As a script writes it.
impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = self.split();
        write!(f, "{number}{unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_alike() {
        for text in ["5s", "500ms", "2m", "0s", "1.5s", "90s"] {
            assert_eq!(Millis::parse(text).map(|d| d.to_string()).as_deref(), Some(text));
        }
        for text in ["", "5", "s", "5 s", "5S", "5h", "5.s", "x5s", "infs", "5é"] {
            assert_eq!(Millis::parse(text), None, "{text}");
        }
        assert_eq!(Millis(120_000.0).in_words(), "2 min");
        assert_eq!(Millis(1500.0).in_words(), "1.5 s");
    }

    #[test]
    fn a_script_may_give_text_but_not_a_bare_number() {
        assert_eq!(Millis::from_script(&"5s".into()), Ok(Millis(5000.0)));
        assert!(Millis::from_script(&5_i64.into()).unwrap_err().contains("no unit"));
        assert!(Millis::from_script(&"soon".into()).unwrap_err().contains("no duration"));
        assert!(Millis::from_script(&true.into()).unwrap_err().contains("not a truth value"));
        assert!(Millis::from_script(&Dynamic::from(Millis(-1.0))).is_err());
        assert!(Millis::from_script(&Dynamic::from(Millis(f64::NAN))).is_err());
    }
}
