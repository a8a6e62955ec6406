//! Why a call closed: normalises the `param` of CALL_CLOSED, whose wording differs between baresip versions.

use std::fmt;

/// Who or what ended a call, and how the agent worded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedReason {
    pub by: ClosedBy,
    /// The agent's words without the error number at their end; for [`ClosedBy::Code`] the reason phrase, with the Reason
    /// header that may follow it.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosedBy {
    /// The agent hung up, rejected or cancelled it.
    Local,
    /// The peer hung up, or cancelled it.
    Remote,
    /// The peer's final response: 300 to 699.
    Code(u16),
    /// The agent rang for longer than its `call_local_timeout`.
    LocalTimeout,
    /// Nobody answered the request.
    Timeout,
    /// The session timer that the peer asked for ran out without a refresh (RFC 4028).
    SessionTimer,
    /// The transport refused the connection.
    Refused,
    /// It was transferred, and the transfer succeeded.
    Transferred,
    /// Another call took its place (RFC 3891).
    Replaced,
    /// Both sides share no codec, or no way to encrypt.
    NoCodec,
    /// No RTP came in for as long as `rtp_timeout` says.
    NoRtp,
    /// The audio file ended (1.0 and 1.1 end the call with it).
    EndOfFile,
    /// Anything else, such as a reason given to `hangup`: the text says it.
    Other,
}

/// All but the codes.
const NAMED: [ClosedBy; 12] = [
    ClosedBy::Local,
    ClosedBy::Remote,
    ClosedBy::LocalTimeout,
    ClosedBy::Timeout,
    ClosedBy::SessionTimer,
    ClosedBy::Refused,
    ClosedBy::Transferred,
    ClosedBy::Replaced,
    ClosedBy::NoCodec,
    ClosedBy::NoRtp,
    ClosedBy::EndOfFile,
    ClosedBy::Other,
];

/// What agents of any version say, but for codes and for what a peer sends.
pub const AGENTS_REASONS: [&str; 14] = [
    "Connection reset by user",
    "Rejected by user",
    "Connection reset by peer",
    "Local timeout",
    "Connection timed out",
    "Connection refused",
    "Call transfered",
    "Call transferred",
    "No audio codecs",
    "No common audio or video codecs",
    "rtp stream error",
    "end of file",
    "No such file or directory",
    "replaced",
];

/// The words for reasons that a flow has, and that [`ClosedReason::is`] takes: `remote`, `local`, …
pub fn closed_words() -> impl Iterator<Item = String> {
    NAMED.into_iter().map(|by| by.to_string())
}

impl ClosedReason {
    /// As a person tells it: who hung up, with the Reason header that the BYE had.
    pub fn in_words(&self) -> String {
        let more = self.text.split_once(',').map_or(String::new(), |(_, more)| format!(", Reason: {more}"));
        match self.by {
            ClosedBy::Local => "this side hung up".into(),
            ClosedBy::Remote => format!("the peer hung up{more}"),
            ClosedBy::Code(code) => format!("{code} {}", self.text).trim_end().to_string(),
            _ => self.text.clone(),
        }
    }

    /// Whether it is the reason that somebody means: a code (`486`, `486 Busy Here`), a word that a flow has (`remote`), else a part of
    /// the agent's words, in any case.
    pub fn is(&self, meant: &str) -> bool {
        let meant = without_error_number(meant.trim());
        if let Ok(code) = meant.parse() {
            return self.by == ClosedBy::Code(code);
        }
        if let Some((code, phrase)) = final_code(meant) {
            return self.by == ClosedBy::Code(code) && self.says(phrase);
        }
        match NAMED.into_iter().find(|by| by.to_string().eq_ignore_ascii_case(meant)) {
            Some(by) => self.by == by,
            None => self.says(meant),
        }
    }

    fn says(&self, part: &str) -> bool {
        self.text.to_lowercase().contains(&part.to_lowercase())
    }
}

impl fmt::Display for ClosedBy {
    /// As a flow has it: the same in all versions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ClosedBy::Local => "local",
            ClosedBy::Remote => "remote",
            ClosedBy::Code(code) => return write!(f, "{code}"),
            ClosedBy::LocalTimeout => "local timeout",
            ClosedBy::Timeout => "timeout",
            ClosedBy::SessionTimer => "session timer",
            ClosedBy::Refused => "refused",
            ClosedBy::Transferred => "transferred",
            ClosedBy::Replaced => "replaced",
            ClosedBy::NoCodec => "no codec",
            ClosedBy::NoRtp => "no rtp",
            ClosedBy::EndOfFile => "end of file",
            ClosedBy::Other => "other",
        })
    }
}

/// Reads the `param` of a CALL_CLOSED of any baresip version.
pub fn closed_reason(param: &str) -> ClosedReason {
    let text = without_error_number(param.trim());
    if let Some((code, phrase)) = final_code(text) {
        return ClosedReason { by: ClosedBy::Code(code), text: phrase.to_string() };
    }
    // a BYE or CANCEL may say more in a Reason header, which stands behind a comma: "… by peer [104],SIP;cause=200;text=…"
    let (words, more) = text.split_once(',').unwrap_or((text, ""));
    let words = without_error_number(words);
    let by = match words {
        "Connection reset by user" | "Rejected by user" => ClosedBy::Local,
        "Connection reset by peer" => ClosedBy::Remote,
        "Local timeout" => ClosedBy::LocalTimeout,
        "Connection timed out" => ClosedBy::Timeout,
        "Timer expired" => ClosedBy::SessionTimer,
        "Connection refused" => ClosedBy::Refused,
        "Call transfered" | "Call transferred" => ClosedBy::Transferred,
        "No audio codecs" | "No common audio or video codecs" => ClosedBy::NoCodec,
        "rtp stream error" => ClosedBy::NoRtp,
        "end of file" => ClosedBy::EndOfFile,
        _ if text.ends_with(" replaced") && text.contains(";to-tag=") => ClosedBy::Replaced,
        _ => ClosedBy::Other,
    };
    let text = if more.is_empty() { words.to_string() } else { format!("{words},{more}") };
    ClosedReason { by, text }
}

/// Without the error number that versions from 2.0 on append: `Connection refused [111]`.
pub fn without_error_number(text: &str) -> &str {
    let number = text.strip_suffix(']').and_then(|text| text.rsplit_once(" ["));
    match number {
        Some((words, digits)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => words.trim_end(),
        _ => text,
    }
}

/// `486 Busy Here`, also with a Reason header after a comma.
fn final_code(text: &str) -> Option<(u16, &str)> {
    let (code, phrase) = text.split_once(' ').unwrap_or((text, ""));
    let digits = code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit());
    let code = code.parse().ok().filter(|code| digits && (300..700).contains(code))?;
    Some((code, phrase.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_meant_by_a_code_a_word_or_a_part_of_it() {
        for (param, meant, is) in [
            ("486 Busy Here", "486", true),
            ("603 Declined 486", "486", false),
            ("486 Busy Here", "busy", true),
            ("Connection reset by peer [104]", "remote", true),
            ("Rejected by user", "Local", true),
            ("Local timeout", "local", false),
            ("Local timeout", "local timeout", true),
            ("Connection reset by user", "reset", true),
            ("Connection reset by peer [104]", "104", false),
            ("Connection reset by peer [104]", "Connection reset by peer [104]", true),
            ("486 Busy Here", "486 Busy Here", true),
            ("486 Busy Here", "486 Busy Everywhere", false),
            ("603 Busy Here", "486 Busy Here", false),
            ("Connection timed out", "timeout", true),
        ] {
            assert_eq!(closed_reason(param).is(meant), is, "{param} {meant}");
        }
    }

    #[test]
    fn who_hung_up_in_words() {
        for (param, words) in [
            ("Connection reset by peer [104]", "the peer hung up"),
            ("Connection reset by peer,Q.850;cause=16", "the peer hung up, Reason: Q.850;cause=16"),
            ("Rejected by user", "this side hung up"),
            ("603", "603"),
            ("486 Busy Here", "486 Busy Here"),
            ("Local timeout", "Local timeout"),
        ] {
            assert_eq!(closed_reason(param).in_words(), words, "{param}");
        }
    }

    #[test]
    fn all_wordings_that_were_seen() {
        for (param, by, text) in [
            ("Connection reset by user", "local", "Connection reset by user"),
            ("Rejected by user", "local", "Rejected by user"),
            ("Connection reset by peer", "remote", "Connection reset by peer"),
            ("Connection reset by peer [104]", "remote", "Connection reset by peer"),
            (
                "Connection reset by peer [104],SIP;cause=200;text=\"Call completed elsewhere\"",
                "remote",
                "Connection reset by peer,SIP;cause=200;text=\"Call completed elsewhere\"",
            ),
            ("Decline, sorry", "other", "Decline, sorry"),
            ("486 Rejected", "486", "Rejected"),
            ("486 X,Q.850;cause=17;text=\"User busy\"", "486", "X,Q.850;cause=17;text=\"User busy\""),
            ("302 Moved Temporarily", "302", "Moved Temporarily"),
            ("603", "603", ""),
            ("Local timeout", "local timeout", "Local timeout"),
            ("Connection timed out [110]", "timeout", "Connection timed out"),
            ("Timer expired [62]", "session timer", "Timer expired"),
            ("Connection refused", "refused", "Connection refused"),
            ("Call transfered", "transferred", "Call transfered"),
            ("2b7e;to-tag=96;from-tag=50 replaced", "replaced", "2b7e;to-tag=96;from-tag=50 replaced"),
            ("No audio codecs", "no codec", "No audio codecs"),
            ("No common audio or video codecs", "no codec", "No common audio or video codecs"),
            ("rtp stream error", "no rtp", "rtp stream error"),
            ("end of file", "end of file", "end of file"),
            ("No such file or directory [2]", "other", "No such file or directory"),
            ("Decline", "other", "Decline"),
            ("", "other", ""),
            ("2000 x []", "other", "2000 x []"),
            ("ä [x]", "other", "ä [x]"),
            ("200 OK", "other", "200 OK"),
        ] {
            let reason = closed_reason(param);
            assert_eq!((reason.by.to_string().as_str(), reason.text.as_str()), (by, text), "{param}");
        }
    }
}
