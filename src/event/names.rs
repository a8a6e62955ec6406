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
    "MESSAGE",
    "MODULE",
    "MWI_NOTIFY",
    "REFER",
    "REGISTERING",
    "REGISTER_FAIL",
    "REGISTER_OK",
    "SHUTDOWN",
    "SIPSESS_CONN",
    "SIPSESS_FAILED",
    "TRANSFER",
    "TRANSFER_FAILED",
    "UNREGISTERING",
    "VU_RX_REPORT",
    "VU_TX_REPORT",
];

/// What never enters a flow or its hash, whatever a test accepts; `SIP` and `LOG` are names of the events' kinds.
pub const NEVER_IN_FLOW: &[&str] = &["CALL_RTCP", "END_OF_FILE", "LOG", "MODULE", "SIP"];
