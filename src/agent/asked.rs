//! Modules that agents load only where a test asks for them.

/// The events that the module vumeter raises, twice a second in each call.
pub const LEVELS: [&str; 2] = ["VU_RX_REPORT", "VU_TX_REPORT"];
/// Words of a text that has to do with presence: a command, a parameter of accounts and of contacts.
pub const PRESENCE: [&str; 2] = ["presence", "pubint"];

/// What a test asks all its agents for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// How loud the sound of their calls is.
    pub levels: bool,
    /// To publish their presence, and to tell who subscribes to it.
    pub presence: bool,
}

impl Asked {
    /// All of it, for a test whose text is not known yet.
    pub const ALL: Asked = Asked { levels: true, presence: true };

    /// What a test with this text asks for.
    pub fn by(text: &str) -> Asked {
        let text = text.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(&word.to_ascii_lowercase()));
        Asked { levels: has(&LEVELS), presence: has(&PRESENCE) }
    }

    /// Why no agent of the test raises an event.
    pub fn lacks(self, event: &str) -> Option<String> {
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
        assert_eq!(Asked::by("await alice.event(\"vu_rx_report\");"), Asked { levels: true, presence: false });
        assert_eq!(Asked::by("alice.cmd(\"Presence online\");"), Asked { levels: false, presence: true });
        assert_eq!((Asked::ALL.lacks("VU_RX_REPORT"), Asked::default().lacks("CALL_CLOSED")), (None, None));
    }
}
