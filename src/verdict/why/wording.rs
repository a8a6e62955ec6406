//! Wording of details: texts cut to size, spans of time.

/// The longest line of a finding, in characters.
pub const LINE: usize = 140;

/// At most `limit` characters of a text, as they are.
pub fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => text[..end].to_string(),
        None => text.to_string(),
    }
}

/// What fits on a line, control characters escaped: agents and peers say what they want.
pub fn short(text: &str) -> String {
    let escaped = |letter: char| match letter.is_control() {
        true => letter.escape_default().to_string(),
        false => letter.to_string(),
    };
    // an escaped letter is longer: cut first, so that hostile texts cost little, and again
    let plain: String = cut(text.trim(), LINE).chars().map(escaped).collect();
    match plain.char_indices().nth(LINE - 1) {
        Some((end, _)) if plain.len() > end + 1 || text.trim().chars().nth(LINE).is_some() => {
            format!("{}…", &plain[..end])
        }
        _ => plain,
    }
}

/// Milliseconds as `0.02 s`, `12.4 s`.
pub fn seconds(milliseconds: f64) -> String {
    let seconds = (milliseconds / 1000.0).max(0.0);
    if seconds < 1.0 { format!("{seconds:.2} s") } else { format!("{seconds:.1} s") }
}

/// How long after something: `0.02 s after the answer`, `right after the answer`.
pub fn after(milliseconds: f64, what: &str) -> String {
    match milliseconds < 5.0 {
        true => format!("right after {what}"),
        false => format!("{} after {what}", seconds(milliseconds)),
    }
}

/// `once`, `4 times`.
pub fn times(count: u32) -> String {
    match count {
        1 => "once".into(),
        count => format!("{count} times"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_and_counts() {
        assert_eq!([seconds(20.4), seconds(3499.0), seconds(-5.0)], ["0.02 s", "3.5 s", "0.00 s"]);
        assert_eq!([times(1), times(4)], ["once", "4 times"]);
        assert_eq!(short(" a\u{1b}[31m\n"), "a\\u{1b}[31m");
        assert_eq!(short(&"x".repeat(LINE)), "x".repeat(LINE));
        assert_eq!(short(&"x".repeat(LINE + 1)), format!("{}…", "x".repeat(LINE - 1)));
    }

    proptest! {
        #[test]
        fn a_line_is_short_and_harmless(text in "(?s).{0,300}") {
            let line = short(&text);
            prop_assert!(line.chars().count() <= LINE);
            prop_assert!(!line.chars().any(char::is_control));
        }
    }
}
