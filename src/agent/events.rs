//! Events that some versions of baresip never send: waiting for one, or for its absence, means nothing there.

use super::Kind;
use super::asked::LEVELS;
use super::config::VUMETER;
use super::listening::LISTENER;
use super::version::{Version, version_text};
use crate::event::is_heard;

/// The events that came after 1.0, each with the first version that has it.
const SINCE: [(&str, Version); 9] = [
    ("CALL_ANSWERED", (1, 1, 0)),
    ("CALL_HOLD", (3, 7, 0)),
    ("CALL_OUTGOING", (2, 0, 0)),
    ("CALL_REDIRECT", (3, 3, 0)),
    ("CALL_RESUME", (3, 7, 0)),
    ("CREATE", (2, 4, 0)),
    ("END_OF_FILE", (3, 7, 0)),
    ("MODULE", (1, 1, 0)),
    ("REFER", (2, 8, 0)),
];

/// Why this agent never raises an event that others do.
pub fn missing(event: &str, kind: &Kind) -> Option<String> {
    if is_heard(event) && !kind.has(LISTENER) {
        return Some(format!("the event {event} needs the embedded agent: {kind} can't listen to its calls"));
    }
    let of_levels = LEVELS.into_iter().find(|name| name.eq_ignore_ascii_case(event));
    if let (Some(name), false) = (of_levels, kind.has(VUMETER)) {
        return Some(format!("the event {name} needs the module {VUMETER}; the agent is {kind}, and has none"));
    }
    let (name, since) = SINCE.iter().find(|(name, _)| name.eq_ignore_ascii_case(event))?;
    (kind.version < *since).then(|| {
        format!(
            "the event {name} needs baresip {} or newer; the agent is {kind}, and never raises it",
            version_text(*since)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EVENT_NAMES;

    #[test]
    fn old_versions_lack_what_came_later() {
        assert!(SINCE.iter().all(|(name, _)| EVENT_NAMES.contains(name)));
        let (old, new) = (Kind::for_tests((1, 0, 0)), Kind::for_tests((4, 12, 0)));
        assert!(missing("call_hold", &old).unwrap().contains("CALL_HOLD needs baresip 3.7 or newer"));
        assert!(missing("VU_RX_REPORT", &new).unwrap().contains("needs the module vumeter"));
        assert_eq!((missing("CALL_HOLD", &new), missing("CALL_CLOSED", &old)), (None, None));
    }
}
