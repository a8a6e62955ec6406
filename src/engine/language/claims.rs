//! `check(…)` and `assert(…)` in a text that will run: they become keywords, so that a run sees both sides of a
//! comparison.

use rhai::Position;

/// The internal keywords for the two functions. Scripts can't have such names.
pub const CHECK: &str = "__check";
pub const ASSERT: &str = "__assert";

/// The keyword for a function, if it is one of these.
pub fn keyword_of(function: &str) -> Option<&'static str> {
    match function {
        "check" => Some(CHECK),
        "assert" => Some(ASSERT),
        _ => None,
    }
}

/// Encodes the position of a call as a number: Rhai does not give the position of custom syntax.
pub fn encode(position: Position) -> i64 {
    (position.line().unwrap_or_default() << 16 | position.position().unwrap_or_default()) as i64
}

pub fn decode(place: i64) -> Position {
    match (u16::try_from(place >> 16), place as u16) {
        (Ok(line), column) if line > 0 => Position::new(line, column),
        _ => Position::NONE,
    }
}
