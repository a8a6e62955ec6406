//! Chains: the parts between `|`, and which of them are waits.

use super::Wait;
use super::macros::{Expanded, Writer};
use std::ops::Range;

/// The longest wait: a day.
const MAX_WAIT: u64 = 24 * 60 * 60 * 1000;
/// What a chain gets that does not end with a wait.
pub const LAST_WAIT: Wait = Wait { amount: 1, unit: "s" };

/// The ranges of the parts of a chain, trimmed; empty ones are left out.
pub fn parts(chain: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut password_end = 0;
    for (at, c) in chain.char_indices() {
        if at < password_end {
            continue;
        }
        if let Some(value) = after_auth_pass(chain, at) {
            password_end = value + password_length(&chain[value..]);
        } else if c == '|' {
            parts.push(start..at);
            start = at + 1;
        }
    }
    parts.push(start..chain.len());
    parts.into_iter().map(|part| trim(chain, part)).filter(|part| !part.is_empty()).collect()
}

/// A range without the white space at its ends.
pub fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}

/// Where the value starts, if `auth_pass=` stands here.
fn after_auth_pass(chain: &str, at: usize) -> Option<usize> {
    const KEY: &str = "auth_pass=";
    let end = at + KEY.len();
    chain.get(at..end)?.eq_ignore_ascii_case(KEY).then_some(end)
}

/// A password ends at `;` or white space; between quotes, as baresip takes it, it may contain them.
fn password_length(text: &str) -> usize {
    let quoted = text.strip_prefix('"').and_then(|rest| Some(rest.find('"')? + 2)).filter(|length| {
        text[*length..].chars().next().is_none_or(|next| next == ';' || next == '|' || next.is_whitespace())
    });
    quoted.or_else(|| text.find(|c: char| c == ';' || c.is_whitespace())).unwrap_or(text.len())
}

/// The wait is longer than a day.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLong;

/// A part that is digits and a unit is a wait; any other part (`None`) is a command.
pub fn wait(part: &str) -> Option<Result<Wait, TooLong>> {
    let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = part.split_at(digits);
    let unit = ["ms", "s", "m"].into_iter().find(|known| *known == unit).filter(|_| digits > 0)?;
    let wait = number.parse().ok().map(|amount| Wait { amount, unit });
    Some(wait.filter(|wait| wait.milliseconds() <= MAX_WAIT).ok_or(TooLong))
}

/// Where a value from outside stands that would do more than to stand for something: with a line break in it, with a bar between
/// `parts`, or in place of a command, but for a wait, an agent's name before a colon, and one word of a macro that the file defines.
pub fn made_by_a_given_value(line: &Expanded, parts: &[Range<usize>]) -> Option<Range<usize>> {
    let text = line.text.as_str();
    let steps = parts.iter().filter(|part| wait(&text[(*part).clone()]).is_none());
    let words: Vec<Range<usize>> = steps.map(|part| first_word(text, part)).collect();
    let separates = |at: usize| parts.iter().all(|part| !part.contains(&at));
    let steers = |writer: Writer, piece: &Range<usize>| {
        let value = &text[piece.clone()];
        if value.contains(char::is_control) || value.match_indices('|').any(|(at, _)| separates(piece.start + at)) {
            return true;
        }
        // what stands for nothing is no part of a word that it was to begin
        let before = text[..piece.start].trim_end();
        if value.is_empty() && (before.is_empty() || before.ends_with('|')) {
            return true;
        }
        let Some(word) = words.iter().find(|word| word.start <= piece.end && piece.start <= word.end) else {
            return false;
        };
        let names_an_agent = || text.get(piece.end..word.end).is_some_and(|after| after.contains(':'));
        value.is_empty() || value.contains(char::is_whitespace) || writer == Writer::Stranger && !names_an_agent()
    };
    line.given().find(|(writer, piece, _)| steers(*writer, piece)).map(|(_, _, origin)| origin)
}

fn first_word(text: &str, part: &Range<usize>) -> Range<usize> {
    let length = text[part.clone()].find(char::is_whitespace).unwrap_or(part.len());
    part.start..part.start + length
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(chain: &str) -> Vec<&str> {
        parts(chain).into_iter().map(|part| &chain[part]).collect()
    }

    #[test]
    fn the_table_of_waits() {
        for (part, milliseconds) in [("10s", 10_000), ("500ms", 500), ("2m", 120_000), ("0s", 0), ("007s", 7_000)] {
            assert_eq!(wait(part).unwrap().unwrap().milliseconds(), milliseconds, "{part}");
        }
        for part in ["10", "s", "10 s", "10S", "10h", "10xs", "autodialgap=60", "", "٣s", "1.5s", "-1s", "ms"] {
            assert_eq!(wait(part), None, "{part}");
        }
    }

    #[test]
    fn a_wait_has_an_upper_limit() {
        assert!(wait("1440m").unwrap().is_ok());
        for part in ["1441m", "99999999999999m", "18446744073709551616ms", &format!("{}s", "9".repeat(1000))] {
            assert_eq!(wait(part), Some(Err(TooLong)), "{part}");
        }
    }

    #[test]
    fn the_table_of_chains() {
        assert_eq!(texts("dial 0123|10s|hangup"), ["dial 0123", "10s", "hangup"]);
        assert_eq!(texts(" dial 0123 | 10s "), ["dial 0123", "10s"]);
        assert_eq!(
            texts("autodialadd 123;autodialgap=60|10s|hangup"),
            ["autodialadd 123;autodialgap=60", "10s", "hangup"]
        );
        assert_eq!(texts("500ms|dial 0123"), ["500ms", "dial 0123"]);
        assert_eq!(
            texts("dial sip:u@h;transport=tcp;maddr=10.0.0.1|5s"),
            ["dial sip:u@h;transport=tcp;maddr=10.0.0.1", "5s"]
        );
        assert_eq!(texts("| |x||\u{a0}|"), ["x"]);
    }

    #[test]
    fn a_bar_in_a_password_is_part_of_it() {
        assert_eq!(texts("uanew <sip:a@h>;auth_pass=a|b;x=1|2s"), ["uanew <sip:a@h>;auth_pass=a|b;x=1", "2s"]);
        assert_eq!(texts("x;AUTH_Pass=a|b |2s"), ["x;AUTH_Pass=a|b", "2s"]);
        assert_eq!(texts("x;auth_pass=a|2s"), ["x;auth_pass=a|2s"]);
        assert_eq!(texts(r#"x;auth_pass="a; |b";y|2s"#), [r#"x;auth_pass="a; |b";y"#, "2s"]);
        assert_eq!(texts(r#"x;auth_pass="a|b c|2s"#), [r#"x;auth_pass="a|b c"#, "2s"], "no closing quote");
        assert_eq!(texts("x;auth_pass=ä|é;auth_pass=|;|y"), ["x;auth_pass=ä|é;auth_pass=|;", "y"]);
    }

    proptest! {
        #[test]
        fn parts_are_trimmed_and_in_order(chain in "(auth_pass=|[|;\" aé0-9s]){0,40}") {
            let mut last = 0;
            for part in parts(&chain) {
                prop_assert!(part.start >= last && !part.is_empty());
                prop_assert_eq!(chain[part.clone()].trim(), &chain[part.clone()]);
                let _ = wait(&chain[part.clone()]);
                last = part.end;
            }
        }
    }
}
