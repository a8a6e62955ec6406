//! The vocabulary of a run and its append-only log. Plain data: no process, no script, no file.
//!
//! An [`Event`] is one line of a run's `events.jsonl`. Times are [`Time`]s.

mod clock;
mod closed;
pub mod fields;
mod json;
mod lock;
mod log;
mod names;
mod secrets;
mod sound;
mod tail;
mod time;
mod waits;

use crate::diagnostic::Diagnostic;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;

pub use clock::Clock;
pub use closed::{AGENTS_REASONS, ClosedBy, ClosedReason, closed_reason, closed_words, without_error_number};
pub use lock::lock;
pub use log::{Archive, Log, Stop, Wake};
pub use names::{
    EVENT_NAMES, MEANINGS, NEVER_IN_FLOW, SENT_NAMES, is_flow_hash, is_heard, is_no_flow_hash, is_of_sound, meaning,
};
pub use secrets::Secrets;
pub use sound::{CallSound, HeardAgent, TrackLevels, TrackSound};
pub use tail::{Limits, weight};
pub use time::Time;
pub use waits::Concern;

/// A line of the text that the user wrote (line and column from 1, the column in characters).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct At {
    pub source: Arc<str>,
    pub line: u32,
    pub column: u32,
}

/// One thing that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// Place in the log, from 0.
    pub n: u64,
    /// When the host learned of it, from a clock that never runs backwards.
    pub time: Time,
    /// The name of the agent that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Arc<str>>,
    #[serde(flatten)]
    pub body: Body,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// The agent says: a call state, a registration, a digit…
    Event(AgentEvent),
    /// A SIP message that the agent sent or received.
    Sip(Box<SipEvent>),
    /// A line of the agent's own log.
    Log(LogLine),
    /// A command as it was sent to the agent.
    Command(Command),
    /// The agent's answer to a command.
    Response(Response),
    /// What the host itself notes; never part of a flow.
    Note(Note),
}

/// An agent's event in the one vocabulary that all baresip versions are brought to.
///
/// `type` is baresip's name (`CALL_INCOMING`, `CALL_RINGING`, `CALL_PROGRESS`, `CALL_ANSWERED`, `CALL_ESTABLISHED`,
/// `CALL_RTPESTAB`, `CALL_RTCP`, `CALL_MENC`, `CALL_HOLD`, `CALL_RESUME`, `CALL_DTMF_START`, `CALL_DTMF_END`,
/// `CALL_CLOSED`, `TRANSFER`, `TRANSFER_FAILED`, `REGISTER_OK`, `REGISTER_FAIL`, `MESSAGE`, …) or ours (`AUDIO_REPORT`).
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct AgentEvent {
    #[serde(rename = "type")]
    pub name: String,
    /// baresip's id of the call, where the event has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// `incoming` or `outgoing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// The peer's URI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub param: String,
    /// Everything else that the event says, under baresip's names (`accountaor`, `rtcp_stats`, …);
    /// for AUDIO_REPORT `tx`, `rx` (booleans), `protocol`, `codec`, `packets_tx`, `packets_rx`;
    /// for MESSAGE `ctype`, `body`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SipEvent {
    /// `IN` or `OUT`, seen from the agent.
    pub direction: String,
    /// `UDP`, `TCP`, `TLS`, `WS`, `WSS`.
    pub transport: String,
    /// `address:port`.
    pub src: String,
    pub dst: String,
    /// The method of a request; for a response that of its CSeq.
    pub method: String,
    /// The code of a response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub call_id: String,
    /// The whole header value: `1 INVITE`.
    pub cseq: String,
    pub from: String,
    pub to: String,
    /// In the order of the message, compact names spelled out.
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The message as it was on the wire.
    pub param: String,
    /// Missing in records of versions before this field.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub on_wire: Option<OnWire>,
}

/// Which message on the wire a [`SipEvent`] is a record of. Both agents of a call record a message between them.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct OnWire {
    /// The message's number in its run, from 0: the same in both records.
    pub wire: u64,
    /// A retransmission: a request that went the same way before in the same transaction, or a response of the same bytes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// The other end, where it is an agent of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_agent: Option<String>,
    /// The `address:port` at which the other end can be reached.
    pub peer: String,
}

impl SipEvent {
    /// Whether it went over a connection (TCP, TLS, WebSocket).
    pub fn is_stream(&self) -> bool {
        !self.transport.eq_ignore_ascii_case("UDP")
    }

    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Begins the log line that stands for a SIP message of the trace that can't be read.
pub const UNREAD: &str = "SIP message that cannot be read";

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogLine {
    /// `info`, `warning` or `error`.
    pub level: String,
    pub text: String,
}

impl LogLine {
    /// It tells of a message that the agent could not read as SIP and so dropped, or that its trace has and we can't read.
    pub fn is_of_unread(&self) -> bool {
        self.text.starts_with("sip: msg decode err") || self.text.starts_with(UNREAD)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Command {
    /// As it was sent, secrets masked.
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Response {
    pub ok: bool,
    pub data: String,
    /// The `n` of the command that it answers.
    pub to: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Note {
    /// The process is being started. `aor` without port; `address` is `address:port` of its SIP socket.
    AgentStarting {
        aor: String,
        address: String,
        local: bool,
        baresip: String,
    },
    /// Commands can be sent.
    AgentReady {
        milliseconds: f64,
    },
    /// The host begins to stop it: what it says from here on is not part of the flow.
    AgentStopping,
    /// The process is gone.
    AgentStopped {
        status: String,
    },
    /// The process went away by itself.
    AgentLost {
        status: String,
    },
    /// What a testfile directive, or the function of its name, says: `hash`, `accept`, `ignore`, `include`, `webhook`, `repeat`, `strict`, `account`, `tags`, `fail_on`.
    Directive {
        name: String,
        values: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<At>,
    },
    /// The script printed it.
    Print {
        text: String,
    },
    /// The script waits, in words: `CALL_INCOMING at bob`, `sleep`. It does so for `limit` milliseconds at most; what it does next
    /// tells that the wait is over.
    Waiting {
        what: String,
        limit: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<At>,
    },
    /// An await took these events of a call's sound ([`is_of_sound`]), by their numbers: so they came for certain, not by chance. What
    /// `any` took is not noted.
    Awaited {
        events: Vec<u64>,
    },
    /// The script begins a step, and ends it.
    StepBegins {
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<At>,
    },
    StepEnds {
        name: String,
        ok: bool,
    },
    /// A check that failed and let the test go on.
    CheckFailed {
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<At>,
    },
    /// Something the user should know that does not change the verdict.
    Warning {
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<At>,
    },
    /// A recording was collected: file name below the run's folder, the call's number at its agent (from 1), milliseconds.
    Recording {
        file: String,
        call: Option<u32>,
        duration: f64,
    },
    /// What was heard in a call at the agent: its number (from 1), its id, and the figures of its recordings.
    CallSound {
        call: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        sound: Box<CallSound>,
    },
    /// The lines of the test's own text, from 1 and in their order, that did something: an agent, a command, a wait, an assertion.
    /// A line that only computes is not among them.
    Reached {
        lines: Vec<u32>,
    },
    /// The last step is done; what comes after is the stopping of the agents.
    StepsDone,
    /// How the script ended; what comes after it is the stopping of agents, and what validations found.
    Ended(Ended),
    /// A validation script was carried out on the record up to here: the file's name, and how that ended.
    Validated {
        file: String,
        #[serde(flatten)]
        ended: Ended,
    },
}

/// How the script of a run ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ended {
    pub how: How,
    /// One sentence; empty when it finished.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// What came instead, the nearest miss, and so on: a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// An agent went away by itself, which a script can catch.
    #[serde(skip)]
    pub lost: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// To its end.
    Finished,
    /// A check failed: the system under test did not do what the test says.
    Failed,
    /// It could not be carried out.
    Error,
    /// The user stopped it.
    Cancelled,
    /// The text says that it is not to be run (`_run 0`).
    Skipped,
}

impl Ended {
    pub fn finished() -> Ended {
        Ended { how: How::Finished, message: String::new(), at: None, details: vec![], advice: None, lost: false }
    }

    pub fn failed(message: impl Into<String>) -> Ended {
        Ended { how: How::Failed, message: message.into(), ..Ended::finished() }
    }

    pub fn error(message: impl Into<String>) -> Ended {
        Ended { how: How::Error, message: message.into(), ..Ended::finished() }
    }

    /// An agent went away by itself; `status`: how its process ended.
    pub fn lost(agent: &str, status: &str) -> Ended {
        let lost = Ended::error(format!("agent `{agent}` went away by itself: {status}"));
        Ended { advice: Some("the last lines of its log are in the run's events".into()), lost: true, ..lost }
    }
}

/// Takes what happens; implemented by the run.
pub trait Sink: Send + Sync {
    /// Appends to the log and returns the event's `n`.
    fn push(&self, agent: Option<&Arc<str>>, body: Body) -> u64 {
        self.push_all(agent, vec![body])
    }

    /// Appends what came at once and returns the `n` of the first.
    fn push_all(&self, agent: Option<&Arc<str>>, bodies: Vec<Body>) -> u64;

    /// The text as it may be shown: without the secrets that this log knows.
    fn mask(&self, text: &str) -> String {
        text.to_string()
    }
}

/// The events of a run that is over, in their order, as often as they are asked for.
pub trait Events {
    /// Calls `take` with each of them; none is kept.
    ///
    /// # Errors
    /// They can't be read to their end.
    fn each(&self, take: &mut dyn FnMut(&Event)) -> Result<(), Diagnostic>;
}

impl Events for [Event] {
    fn each(&self, take: &mut dyn FnMut(&Event)) -> Result<(), Diagnostic> {
        self.iter().for_each(take);
        Ok(())
    }
}
