//! Small texts of the page: what is shown of a string, durations, times.

use crate::diagnostic::{is_invisible, mask_secrets};
use crate::event::Time;
use chrono::SecondsFormat;
use std::time::Duration;

/// A longer text is cut, in bytes.
const LONGEST: usize = 64 * 1024;
/// The same for labels.
const LABEL: usize = 300;

/// A text of the record as it may be shown: what is invisible or turns the writing direction is escaped, CRLF is LF, what is too
/// long is cut. Escaping for HTML is the templates' part.
pub fn shown(text: &str) -> String {
    let cut = text.floor_char_boundary(LONGEST);
    let lines = text[..cut].replace("\r\n", "\n");
    let mut shown = String::with_capacity(lines.len());
    for c in lines.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            _ if is_invisible(c) => shown.extend(c.escape_default()),
            _ => shown.push(c),
        }
    }
    if cut < text.len() {
        shown.push_str(&format!("\n… {} more bytes", text.len() - cut));
    }
    shown
}

/// The same for what was not masked when it was recorded: the user's own lines in verdicts and problems.
pub fn masked(text: &str) -> String {
    shown(&mask_secrets(text))
}

/// The beginning of such a text, for labels.
pub fn brief(text: &str) -> String {
    let cut = text.floor_char_boundary(LABEL);
    let more = if cut < text.len() { "…" } else { "" };
    shown(&text[..cut]) + more
}

/// `230 ms`, `4.2 s`, `2 min 5 s`.
pub fn duration(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()),
        whole => format!("{} min {} s", whole / 60, whole % 60),
    }
}

/// The same for milliseconds that a record gives.
pub fn milliseconds(span: f64) -> String {
    match span {
        // short spans of a record: an answer, a transaction
        0.0..10.0 => format!("{span:.1} ms"),
        _ => duration(Duration::try_from_secs_f64(span.max(0.0) / 1000.0).unwrap_or_default()),
    }
}

/// A moment of a run, as seconds since its start: `+0.049`.
pub fn offset(time: Time, start: Time) -> String {
    let seconds = (time - start) / 1000.0;
    if seconds.is_finite() { format!("{seconds:+.3}") } else { "?".into() }
}

/// A time as `2026-11-24T18:21:02Z`; empty for times that are none.
pub fn moment(time: Time) -> String {
    let date = time.utc();
    date.map(|date| date.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default()
}

/// `1 test`, `2 tests`.
pub fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_can_not_be_seen_is_escaped() {
        assert_eq!(shown("a\u{202e}b\r\n\tc\r\u{0}"), "a\\u{202e}b\n\tc\\r\\u{0}");
        assert_eq!(masked("sip:a@b;auth_pass=geheim"), "sip:a@b;auth_pass=******");
        assert!(shown(&"ä".repeat(40_000)).ends_with("\n… 14464 more bytes"));
    }

    #[test]
    fn spans_and_moments() {
        assert_eq!(duration(Duration::from_millis(230)), "230 ms");
        assert_eq!(duration(Duration::from_millis(4_210)), "4.2 s");
        assert_eq!(duration(Duration::from_secs(125)), "2 min 5 s");
        assert_eq!(milliseconds(0.86), "0.9 ms");
        assert_eq!(milliseconds(f64::NAN), "0 ms");
        assert_eq!(offset(Time(1_049.4), Time(1_000.0)), "+0.049");
        assert_eq!(moment(Time(1_795_544_462_992.2)), "2026-11-24T18:21:02Z");
        assert_eq!(moment(Time::NEVER), "");
    }

    proptest! {
        #[test]
        fn any_number_has_a_text(a in any::<f64>(), b in any::<f64>()) {
            milliseconds(a);
            offset(Time(a), Time(b));
            moment(Time(a));
        }
    }
}
