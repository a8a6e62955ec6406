//! Makes text fit to be shown: colours, harmless characters, masked secrets, durations, a readable length.

use crate::diagnostic::{is_invisible, mask_secrets};
use crate::verdict::TestStatus;
use std::time::Duration;

/// ANSI colours, or none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(pub bool);

impl Paint {
    pub fn with(self, code: &str, text: &str) -> String {
        match self.0 {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_string(),
        }
    }

    pub fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    pub fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    pub fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    pub fn cyan(self, text: &str) -> String {
        self.with("36", text)
    }

    pub fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    pub fn status(self, status: TestStatus) -> String {
        self.with(status_code(status), &status.to_string())
    }

    /// A line of a diff, by its first character.
    pub fn diff(self, line: &str) -> String {
        match line.chars().next() {
            Some('-') => self.red(line),
            Some('+') => self.green(line),
            _ => line.to_string(),
        }
    }
}

fn status_code(status: TestStatus) -> &'static str {
    match status {
        TestStatus::Pass => "1;32",
        TestStatus::Flaky => "1;33",
        TestStatus::Fail => "1;31",
        TestStatus::Error => "1;35",
        TestStatus::Cancelled => "1;33",
        TestStatus::Skipped => "36",
    }
}

/// One line that is safe to show: secrets are masked, and what an agent or a peer says cannot steer the terminal, as what
/// it does not show is escaped. Every format can hold it: XML takes neither control characters nor U+FFFE and U+FFFF (XML
/// 1.0, 2.2).
pub(super) fn safe(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in mask_secrets(text.trim_end()).chars() {
        match is_invisible(c) || matches!(c, '\u{fffe}' | '\u{ffff}') {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    shown
}

/// The first `length` characters, and `…` where there are more.
pub(super) fn cut(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_string(),
    }
}

/// `0.42 s`, `4.2 s`, `2 min 5 s`.
pub(super) fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match duration.as_secs() {
        0 => format!("{seconds:.2} s"),
        1..60 => format!("{seconds:.1} s"),
        whole => format!("{} min {} s", whole / 60, whole % 60),
    }
}

/// Milliseconds with their microseconds.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}

/// `1 run`, `2 runs`.
pub(super) fn count(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_shown_is_harmless_and_cut_between_characters() {
        assert_eq!(
            safe("a\u{1b}[31m\u{9b}\u{202e}\tb;auth_pass=secret \n"),
            "a\\u{1b}[31m\\u{9b}\\u{202e}\\tb;auth_pass=******"
        );
        assert_eq!((cut("größe", 3).as_str(), cut("größe", 5).as_str()), ("grö…", "größe"));
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 5 s");
        assert_eq!(milliseconds(Duration::from_nanos(1_234_567)), 1.234);
        assert_eq!((count(1, "run"), count(0, "run")), ("1 run".into(), "0 runs".into()));
    }

    proptest! {
        #[test]
        fn nothing_invisible_is_left(text: String) {
            prop_assert!(!safe(&text).chars().any(is_invisible));
        }
    }
}
