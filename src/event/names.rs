//! The names of events, for "did you mean".

/// The types that an [`AgentEvent`](super::AgentEvent) may have, in alphabetical order: baresip's own names in all
/// versions from 1.0 on, and ours (`AUDIO_REPORT`, `MESSAGE`).
pub const EVENT_NAMES: &[&str] = &[
    "AUDIO_ERROR",
    "AUDIO_REPORT",
    "CALL_ANSWERED",
    "CALL_CLOSED",
    "CALL_DTMF_END",
    "CALL_DTMF_START",
    "CALL_ESTABLISHED",
    "CALL_HOLD",
    "CALL_INCOMING",
    "CALL_LOCAL_SDP",
    "CALL_MENC",
    "CALL_OUTGOING",
    "CALL_PROGRESS",
    "CALL_REDIRECT",
    "CALL_REMOTE_SDP",
    "CALL_RESUME",
    "CALL_RINGING",
    "CALL_RTCP",
    "CALL_RTPESTAB",
    "CREATE",
    "CUSTOM",
    "END_OF_FILE",
    "EXIT",
    "FALLBACK_FAIL",
    "FALLBACK_OK",
    "HEARD_AGENT",
    "HEARD_DIGIT",
    "HEARD_PROMPT",
    "HEARD_SILENCE",
    "HEARD_SOUND",
    "HEARD_SPEECH",
    "HEARD_SPEECH_END",
    "HEARD_TONE",
    "HEARD_TONE_END",
    "MESSAGE",
    "MODULE",
    "MWI_NOTIFY",
    "REFER",
    "REGISTERING",
    "REGISTER_FAIL",
    "REGISTER_OK",
    "SENT_SPEECH",
    "SENT_SPEECH_END",
    "SHUTDOWN",
    "SIPSESS_CONN",
    "SIPSESS_FAILED",
    "TRANSFER",
    "TRANSFER_FAILED",
    "UNREGISTERING",
    "VU_RX_REPORT",
    "VU_TX_REPORT",
];

/// What an event means; `None` for an unknown name. `SIP` and `LOG` stand for messages and lines of an agent's log.
pub fn meaning(name: &str) -> Option<&'static str> {
    MEANINGS.iter().find(|(known, _)| *known == name).map(|(_, meaning)| *meaning)
}

/// In the order of [`EVENT_NAMES`]; if a version is named, older agents do not send it.
pub const MEANINGS: &[(&str, &str)] = &[
    ("AUDIO_ERROR", "the sound of a call stopped; `param` says why"),
    ("AUDIO_REPORT", "a call is over: what was sent and received in it"),
    ("CALL_ANSWERED", "the callee answered (1.1)"),
    ("CALL_CLOSED", "a call is over, or failed before it was established; `param` says why"),
    ("CALL_DTMF_END", "the peer let go of a key"),
    ("CALL_DTMF_START", "the peer pressed a key: `param` is the digit"),
    ("CALL_ESTABLISHED", "a call is up, at either side"),
    ("CALL_HOLD", "the peer put the call on hold (3.7)"),
    ("CALL_INCOMING", "a call came in: it can be answered"),
    ("CALL_LOCAL_SDP", "the agent's session description was sent: `param` is offer or answer"),
    ("CALL_MENC", "the media are encrypted; `param` says how"),
    ("CALL_OUTGOING", "a call was started (2.0)"),
    ("CALL_PROGRESS", "the peer sends sound before it answers (183)"),
    ("CALL_REDIRECT", "the call was sent elsewhere: `param` is the code and the new address (3.3)"),
    ("CALL_REMOTE_SDP", "the peer's session description came: `param` is offer or answer"),
    ("CALL_RESUME", "the peer took the call off hold (3.7)"),
    ("CALL_RINGING", "the peer's phone rings (180)"),
    ("CALL_RTCP", "figures about the media of a call, about every 5 s"),
    ("CALL_RTPESTAB", "the first media of a call came in"),
    ("CREATE", "the agent has its account (2.4)"),
    ("CUSTOM", "a message of one of the agent's modules"),
    ("END_OF_FILE", "the sound file was played to its end (3.7)"),
    ("EXIT", "the agent ends"),
    ("FALLBACK_FAIL", "the fallback registrar can't be reached (1.1)"),
    ("FALLBACK_OK", "the fallback registrar can be reached (1.1)"),
    (
        "HEARD_AGENT",
        "the awaited sound of another agent was heard, or its watermark; `param` is the agent (embedded agent, as all HEARD_…)",
    ),
    ("HEARD_DIGIT", "a DTMF digit was heard as tones of the audio; `param` is the digit"),
    ("HEARD_PROMPT", "the awaited sound file was heard; `param` is its name"),
    ("HEARD_SILENCE", "nothing was heard for the awaited time"),
    ("HEARD_SOUND", "something was heard while it had to be quiet"),
    ("HEARD_SPEECH", "somebody begins to speak"),
    ("HEARD_SPEECH_END", "the speech that was heard is over"),
    ("HEARD_TONE", "a tone is heard; `param` is its frequency in Hz to the nearest 5, or two: `350+440`"),
    ("HEARD_TONE_END", "the tone is over"),
    ("LOG", "a line of the agent's log, for log(…)"),
    ("MESSAGE", "a text came in (SIP MESSAGE)"),
    ("MODULE", "a message of one of the agent's modules; `param` begins with its name (1.1)"),
    ("MWI_NOTIFY", "news of a mailbox: `param` is the message's body"),
    ("REFER", "a REFER came in outside of a call (2.8)"),
    ("REGISTERING", "a REGISTER is sent"),
    ("REGISTER_FAIL", "the registration failed; `param` says why"),
    ("REGISTER_OK", "the registrar accepted the registration, or its refresh"),
    ("SENT_SPEECH", "the agent begins to send speech (embedded agent)"),
    ("SENT_SPEECH_END", "the speech that the agent sent is over (embedded agent)"),
    ("SHUTDOWN", "the agent removes its account"),
    ("SIP", "a SIP message that the agent sent or got, for sip(…)"),
    ("SIPSESS_CONN", "an INVITE came in, before there is a call (3.15)"),
    ("SIPSESS_FAILED", "an INVITE was refused before it became a call; `param` says why (4.9)"),
    ("TRANSFER", "the peer transfers this call: `param` says where to"),
    ("TRANSFER_FAILED", "a transfer came to nothing; `param` says why"),
    ("UNREGISTERING", "the registration is taken back"),
    ("VU_RX_REPORT", "how loud the received sound is"),
    ("VU_TX_REPORT", "how loud the sent sound is"),
];

/// Prefixes of the events that report sound.
const HEARD: [&str; 2] = ["HEARD_", "SENT_SPEECH"];

/// Whether an event, in any case, reports what an agent heard, or said.
pub fn is_heard(name: &str) -> bool {
    HEARD.iter().any(|begin| name.get(..begin.len()).is_some_and(|start| start.eq_ignore_ascii_case(begin)))
}

/// Whether an event comes from the sound of a call, not from its signalling: when it comes, and whether it still does
/// before the call is over, time alone decides.
pub fn is_of_sound(name: &str) -> bool {
    matches!(name, "CALL_DTMF_END" | "CALL_DTMF_START" | "CALL_MENC" | "CALL_RTPESTAB") || is_heard(name)
}

/// The lines of a flow that tell of an agent's own requests. They are made from its SIP messages, so no agent gives an event of such
/// a name; `accept` and `ignore` take them as they take events.
pub const SENT_NAMES: &[&str] = &[
    "SENT_BYE",
    "SENT_CANCEL",
    "SENT_HOLD",
    "SENT_INFO",
    "SENT_INVITE",
    "SENT_MESSAGE",
    "SENT_OPTIONS",
    "SENT_PRACK",
    "SENT_PROGRESS",
    "SENT_PUBLISH",
    "SENT_REFER",
    "SENT_REGISTER",
    "SENT_RESUME",
    "SENT_SUBSCRIBE",
    "SENT_UPDATE",
];

/// What never enters a flow or its hash, whatever a test accepts; `SIP` and `LOG` are names of the events' kinds.
pub const NEVER_IN_FLOW: &[&str] =
    &["CALL_RTCP", "END_OF_FILE", "LOG", "MODULE", "SIP", "VU_RX_REPORT", "VU_TX_REPORT"];

/// Whether a text has the form of a flow's hash.
pub fn is_flow_hash(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a text stands where a hash is to come, and is none: `xyz`. One that says `hash` is a placeholder, as `Actual hash`.
pub fn is_no_flow_hash(text: &str) -> bool {
    !text.is_empty() && !is_flow_hash(text) && !text.to_ascii_lowercase().contains("hash")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_a_meaning() {
        let mut names: Vec<_> = EVENT_NAMES.iter().copied().chain(["LOG", "SIP"]).collect();
        names.sort_unstable();
        assert_eq!(MEANINGS.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
        assert_eq!(meaning("CALL_CLOSET"), None);
    }
}
