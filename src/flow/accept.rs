//! Which events count.

use crate::event::{AgentEvent, NEVER_IN_FLOW, Note, SENT_NAMES, is_of_sound};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What counts without `accept`: what signalling brings. Left out are CALL_OUTGOING and CALL_ANSWERED, which older baresips don't have
/// and which say no more than the call's own line and CALL_ESTABLISHED; a plain call has the same flow on all of them.
const BY_DEFAULT: [&str; 13] = [
    "CALL_CLOSED",
    "CALL_ESTABLISHED",
    "CALL_HOLD",
    "CALL_INCOMING",
    "CALL_PROGRESS",
    "CALL_REDIRECT",
    "CALL_RESUME",
    "CALL_RINGING",
    "CALL_TRANSFER",
    "CALL_TRANSFER_FAILED",
    "MESSAGE",
    "REGISTER_FAIL",
    "REGISTER_OK",
];

/// Requests that an agent sends by itself, at times of its own.
const BY_ITSELF: [&str; 2] = ["SENT_PUBLISH", "SENT_SUBSCRIBE"];

/// Whether an event counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
    Yes,
    /// Only where an await of the script took it.
    IfAwaited,
    No,
}

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

    /// Takes a [`canonical`] name and the event's param.
    pub fn counts(&self, name: &str, param: &str) -> Counts {
        if self.ignored.contains(name) || NEVER_IN_FLOW.contains(&name) {
            return Counts::No;
        }
        if self.is_chosen() {
            return if self.accepted.contains(name) { Counts::Yes } else { Counts::No };
        }
        match () {
            () if name == "CALL_MENC" && is_keyed_by_sdp(param) => Counts::Yes,
            () if is_of_sound(name) => Counts::IfAwaited,
            () if BY_DEFAULT.contains(&name) => Counts::Yes,
            () if SENT_NAMES.contains(&name) && !BY_ITSELF.contains(&name) => Counts::Yes,
            () => Counts::No,
        }
    }

    /// Whether lines of that name, which is no event of a call's sound, count.
    pub fn accepts(&self, name: &str) -> bool {
        self.counts(name, "") == Counts::Yes
    }
}

/// SDES: offer and answer have the keys. DTLS agrees on them where the sound goes, `0,audio,RTP` says when it has.
fn is_keyed_by_sdp(param: &str) -> bool {
    !matches!(param.rsplit(',').next(), Some("RTP" | "RTCP"))
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

/// What comes in no fixed order among the events of its call. Takes a [`canonical`] name.
pub(super) fn is_media(name: &str) -> bool {
    name == "AUDIO_REPORT" || is_of_sound(name)
}

pub(super) fn is_registration(name: &str) -> bool {
    matches!(name, "REGISTER_OK" | "REGISTER_FAIL")
}

/// Whether the event belongs to a call, even if it does not name one.
pub(super) fn is_of_a_call(name: &str, event: &AgentEvent) -> bool {
    event.call.is_some() || name.starts_with("CALL_") || name.starts_with("AUDIO_")
}
