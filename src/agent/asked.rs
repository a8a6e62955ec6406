//! Modules that agents load only where a test asks for them.

use crate::event::is_heard;
use regex::Regex;
use std::sync::LazyLock;

/// The events that the module vumeter raises, twice a second in each call.
pub const LEVELS: [&str; 2] = ["VU_RX_REPORT", "VU_TX_REPORT"];
/// Words of a text that has to do with presence: a command, a parameter of accounts and of contacts.
pub const PRESENCE: [&str; 2] = ["presence", "pubint"];
/// What a test that listens to its calls has in its text: methods of agents, the names of events, an option.
static LISTENING: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"(?i)\.\s*(tone|speech|silence|hears|quiet_line)\s*\(|heard_|sent_speech|watermark";
    Regex::new(words).expect("a fixed pattern")
});
/// What a test asks all its agents for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// How loud the sound of their calls is.
    pub levels: bool,
    /// To publish their presence, and to tell who subscribes to it.
    pub presence: bool,
    /// To listen to their calls.
    pub listening: bool,
}

impl Asked {
    /// All of it, for a test whose text is not known yet.
    pub const ALL: Asked = Asked { levels: true, presence: true, listening: true };

    /// What a test with this text asks for.
    pub fn by(text: &str) -> Asked {
        let lower = text.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(&word.to_ascii_lowercase()));
        Asked { levels: has(&LEVELS), presence: has(&PRESENCE), listening: LISTENING.is_match(text) }
    }

    /// Why no agent of the test raises an event.
    pub fn lacks(self, event: &str) -> Option<String> {
        if is_heard(event) && !self.listening {
            return Some(
                "no agent of this test listens: the call of tone, speech, silence, hears or quiet_line has to stand in \
                 the test's text, as in bob.tone(425)"
                    .to_string(),
            );
        }
        let name = LEVELS.into_iter().find(|name| name.eq_ignore_ascii_case(event)).filter(|_| !self.levels)?;
        Some(format!("no agent of this test measures its sound: `{name}` has to stand in the test's text as a whole"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_asked_for_does_not_come() {
        assert!(Asked::default().lacks("vu_rx_report").unwrap().contains("`VU_RX_REPORT`"));
        let asked = |levels, presence, listening| Asked { levels, presence, listening };
        assert_eq!(Asked::by("await alice.event(\"vu_rx_report\");"), asked(true, false, false));
        assert_eq!(Asked::by("alice.cmd(\"Presence online\");"), asked(false, true, false));
        for text in ["await bob.speech().ended();", "await bob\n  . tone (425);", "bob.event(\"heard_tone\")"] {
            assert_eq!(Asked::by(text), asked(false, false, true), "{text}");
        }
        assert_eq!(Asked::by("let tone = 1; alice.audio(tone(440));"), asked(false, false, false));
        assert_eq!((Asked::ALL.lacks("VU_RX_REPORT"), Asked::default().lacks("CALL_CLOSED")), (None, None));
    }
}
