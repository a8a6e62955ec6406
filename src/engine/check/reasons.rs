//! Checks the reasons in `closed("…")`: finds words and codes that no call can have.
//!
//! A peer may send any reason phrase, so a text is only wrong if it almost matches a known one.

use super::walk::Walk;
use crate::diagnostic::nearest;
use crate::event::{AGENTS_REASONS, closed_words};
use rhai::Position;

/// Reason phrases of RFC 3261 section 21, of RFCs that added codes, and of common peers.
const PHRASES: [&str; 66] = [
    "Address Incomplete",
    "Alternative Service",
    "Ambiguous",
    "Bad Event",
    "Bad Extension",
    "Bad Gateway",
    "Bad Request",
    "Busy",
    "Busy Everywhere",
    "Busy Here",
    "Call/Transaction Does Not Exist",
    "Conditional Request Failed",
    "Conflict",
    "Decline",
    "Declined",
    "Does Not Exist Anywhere",
    "Extension Required",
    "Flow Failed",
    "Forbidden",
    "Gone",
    "Internal Server Error",
    "Interval Too Brief",
    "Invalid Identity Header",
    "Length Required",
    "Loop Detected",
    "Max-Breadth Exceeded",
    "Message Too Large",
    "Method Not Allowed",
    "Moved Permanently",
    "Moved Temporarily",
    "Multiple Choices",
    "No Answer",
    "Not Acceptable",
    "Not Acceptable Here",
    "Not Found",
    "Not Implemented",
    "Payment Required",
    "Precondition Failure",
    "Proxy Authentication Required",
    "Rejected",
    "Request Cancelled",
    "Request Canceled",
    "Request Entity Too Large",
    "Request Pending",
    "Request Terminated",
    "Request Timeout",
    "Request-URI Too Long",
    "Security Agreement Required",
    "Server Internal Error",
    "Server Time-out",
    "Server Timeout",
    "Service Unavailable",
    "Session Interval Too Small",
    "Temporarily Unavailable",
    "Temporarily not available",
    "Too Many Hops",
    "Unauthorized",
    "Undecipherable",
    "Unsupported Media Type",
    "Unsupported URI Scheme",
    "Unwanted",
    "Use Identity Header",
    "Use Proxy",
    "User Busy",
    "User Not Found",
    "Version Not Supported",
];

/// What is wrong with a reason.
#[derive(Debug, PartialEq)]
struct WrongReason {
    /// No call can have it; otherwise it is only unlikely.
    never: bool,
    message: String,
    advice: String,
}

/// What is wrong with the reason of a call's end; none if a call may have it.
fn wrong(text: &str) -> Option<WrongReason> {
    let meant = text.trim();
    if meant.is_empty() {
        let advice =
            "for any reason: closed(); else a code, a word or a part of the reason: closed(486), closed(\"remote\")";
        return Some(WrongReason { never: true, message: "there is no reason".into(), advice: advice.into() });
    }
    let lower = meant.to_lowercase();
    let known = || AGENTS_REASONS.iter().copied().chain(PHRASES);
    let may_be = |phrase: &str| {
        let phrase = phrase.to_lowercase();
        phrase.contains(&lower) || lower.contains(&phrase)
    };
    if closed_words().any(|word| word.eq_ignore_ascii_case(meant)) || known().any(may_be) {
        return None;
    }
    let words: Vec<String> = closed_words().collect();
    let message = format!("no call closes for `{meant}`");
    if let Some(near) = nearest(meant, words.iter().map(String::as_str)) {
        return Some(WrongReason { never: true, message, advice: format!("did you mean `{near}`?") });
    }
    if meant.starts_with(|c: char| c.is_ascii_digit()) && meant.chars().count() == 3 {
        let advice = "a code is a number from 300 to 699: closed(486)".to_string();
        return Some(WrongReason { never: true, message, advice });
    }
    let habit = match lower.replace([' ', '-', '_'], "").as_str() {
        "bye" | "hangup" | "hungup" | "normal" | "normalclearing" | "ended" | "ok" => {
            Some("who hung up is said by closed(\"remote\") or closed(\"local\")")
        }
        _ => None,
    };
    let unlikely =
        |advice: String| WrongReason { never: false, message: format!("hardly a call closes for `{meant}`"), advice };
    if let Some(habit) = habit {
        return Some(unlikely(habit.to_string()));
    }
    let parts = known().chain(known().flat_map(|phrase| phrase.split_whitespace().filter(|part| part.len() > 3)));
    nearest(meant, parts).map(|near| unlikely(format!("did you mean `{near}`?")))
}

impl Walk<'_> {
    /// Checks the text of `closed("…")`.
    pub fn reason(&mut self, text: &str, position: Position) {
        if let Ok(status) = text.trim().parse() {
            return self.closing(status, position);
        }
        let Some(WrongReason { never, message, advice }) = wrong(text) else { return };
        match never {
            true => self.error("argument-value", position, message, Some(advice)),
            false => self.warn("argument-value", position, message, Some(advice)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_known_reason_is_wrong_and_a_peer_s_own_text_is_not() {
        for (text, never, advice) in [
            ("remot", true, "remote"),
            ("Locale", true, "local"),
            ("timeuot", true, "timeout"),
            ("no coedc", true, "no codec"),
            ("transfered by me", false, ""),
            ("", true, "closed()"),
            ("4xx", true, "number"),
            ("buzy", false, "Busy"),
            ("Declind", false, "Decline"),
            ("hangup", false, "closed(\"remote\")"),
        ] {
            match wrong(text) {
                None => assert_eq!(advice, "", "{text}"),
                Some(found) => {
                    assert_eq!(found.never, never, "{text}: {found:?}");
                    assert!(!advice.is_empty() && found.advice.contains(advice), "{text}: {found:?}");
                }
            }
        }
        for text in [
            "remote",
            "LOCAL",
            "Busy",
            "busy here",
            "486 Busy Here",
            "reset by peer",
            "Connection reset by peer [104]",
            "Declined",
            "Decline, sorry",
            "SIP;cause=200",
            "Q.850;cause=17",
            "cancelled",
            "out of office",
            "Ring group full",
            "Call completed elsewhere",
        ] {
            assert_eq!(wrong(text), None, "{text}");
        }
    }
}
