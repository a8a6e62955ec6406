//! Which events count.

use crate::event::{AgentEvent, NEVER_IN_FLOW, Note};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What counts without `accept`. Left out are CALL_OUTGOING and CALL_ANSWERED, which older baresips don't have and
/// which say no more than the call's own line and CALL_ESTABLISHED; a plain call has the same flow on all of them.
const BY_DEFAULT: [&str; 18] = [
    "AUDIO_REPORT",
    "CALL_CLOSED",
    "CALL_DTMF_END",
    "CALL_DTMF_START",
    "CALL_ESTABLISHED",
    "CALL_HOLD",
    "CALL_INCOMING",
    "CALL_MENC",
    "CALL_PROGRESS",
    "CALL_REDIRECT",
    "CALL_RESUME",
    "CALL_RINGING",
    "CALL_RTPESTAB",
    "CALL_TRANSFER",
    "CALL_TRANSFER_FAILED",
    "MESSAGE",
    "REGISTER_FAIL",
    "REGISTER_OK",
];

/// What comes in no fixed order among the events of its call.
const MEDIA: [&str; 3] = ["AUDIO_REPORT", "CALL_MENC", "CALL_RTPESTAB"];

/// The `accept` and `ignore` directives of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    accepted: BTreeSet<String>,
    ignored: BTreeSet<String>,
}

impl Filter {
    pub fn note(&mut self, note: &Note) {
        let Note::Directive { name, values, .. } = note else { return };
        let names = values.iter().map(|value| canonical(value.trim()).into_owned()).filter(|name| !name.is_empty());
        match name.as_str() {
            "accept" => self.accepted.extend(names),
            "ignore" => self.ignored.extend(names),
            _ => {}
        }
    }

    /// Whether the test says itself what counts.
    pub fn is_chosen(&self) -> bool {
        !self.accepted.is_empty()
    }

    /// Takes a [`canonical`] name.
    pub fn accepts(&self, name: &str) -> bool {
        let accepted = match self.is_chosen() {
            true => self.accepted.contains(name),
            false => BY_DEFAULT.contains(&name),
        };
        accepted && !self.ignored.contains(name) && !NEVER_IN_FLOW.contains(&name)
    }
}

/// The one spelling of an event's name: upper case, and CALL_TRANSFER for baresip's TRANSFER.
pub(super) fn canonical(name: &str) -> Cow<'_, str> {
    let name = match name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        true => Cow::Owned(name.to_ascii_uppercase()),
        false => Cow::Borrowed(name),
    };
    match name.as_ref() {
        "TRANSFER" | "TRANSFER_FAILED" => Cow::Owned(format!("CALL_{name}")),
        _ => name,
    }
}

/// Takes a [`canonical`] name.
pub(super) fn is_media(name: &str) -> bool {
    MEDIA.contains(&name)
}

pub(super) fn is_registration(name: &str) -> bool {
    matches!(name, "REGISTER_OK" | "REGISTER_FAIL")
}

/// Whether the event is one of a call, even when it names none (some do not).
pub(super) fn is_of_a_call(name: &str, event: &AgentEvent) -> bool {
    event.call.is_some() || name.starts_with("CALL_") || name.starts_with("AUDIO_")
}
