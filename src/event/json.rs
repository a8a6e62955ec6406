//! Events from their JSON lines.
//!
//! Written out, not derived: what serde derives for flattened and tagged types puts every value into a tree first, which takes
//! several times as long as all the rest.

use super::{
    AgentEvent, At, Body, CallSound, Command, Ended, Event, How, LogLine, Note, OnWire, Response, SipEvent, Time,
};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The fields of all kinds of events side by side.
#[derive(Deserialize)]
struct Line<'a> {
    n: u64,
    time: Time,
    agent: Option<Arc<str>>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(rename = "type")]
    name: Option<String>,
    call: Option<Word>,
    direction: Option<String>,
    peer: Option<String>,
    param: Option<String>,
    fields: Option<Map<String, Value>>,
    transport: Option<String>,
    wire: Option<u64>,
    #[serde(default)]
    again: bool,
    peer_agent: Option<String>,
    src: Option<String>,
    dst: Option<String>,
    method: Option<String>,
    status: Option<Word>,
    reason: Option<String>,
    call_id: Option<String>,
    cseq: Option<String>,
    from: Option<String>,
    to: Option<Word>,
    headers: Option<Vec<(String, String)>>,
    body: Option<String>,
    level: Option<String>,
    text: Option<String>,
    at: Option<At>,
    lines: Option<Vec<u32>>,
    events: Option<Vec<u64>>,
    ok: Option<bool>,
    data: Option<String>,
    aor: Option<String>,
    address: Option<String>,
    local: Option<bool>,
    baresip: Option<String>,
    milliseconds: Option<f64>,
    #[serde(rename = "name")]
    directive: Option<String>,
    values: Option<Vec<String>>,
    what: Option<String>,
    limit: Option<f64>,
    message: Option<String>,
    file: Option<String>,
    duration: Option<f64>,
    id: Option<String>,
    sound: Option<Box<CallSound>>,
    how: Option<How>,
    details: Option<Vec<String>>,
    advice: Option<String>,
}

/// What is a text in one kind of event and a number in another.
enum Word {
    Text(String),
    Number(u64),
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Word;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a text or a whole number")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Word, E> {
                Ok(Word::Text(text.into()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Word, E> {
                Ok(Word::Number(number))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Word {
    fn text<E: Error>(self) -> Result<String, E> {
        match self {
            Word::Text(text) => Ok(text),
            Word::Number(number) => Err(E::invalid_type(Unexpected::Unsigned(number), &"a text")),
        }
    }

    fn number<E: Error>(self) -> Result<u64, E> {
        match self {
            Word::Number(number) => Ok(number),
            Word::Text(text) => Err(E::invalid_type(Unexpected::Str(&text), &"a number")),
        }
    }

    fn small<E: Error, N: TryFrom<u64>>(self) -> Result<N, E> {
        let number = self.number()?;
        N::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &"a smaller number"))
    }
}

/// A field that this kind of event has always.
fn needed<T, E: Error>(field: Option<T>, name: &'static str) -> Result<T, E> {
    field.ok_or_else(|| E::missing_field(name))
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Event, D::Error> {
        let mut line = Line::deserialize(deserializer)?;
        let (n, time, agent) = (line.n, line.time, line.agent.take());
        Ok(Event { n, time, agent, body: line.body()? })
    }
}

impl Line<'_> {
    fn body<E: Error>(self) -> Result<Body, E> {
        Ok(match self.kind.as_ref() {
            "event" => Body::Event(self.agent_event()?),
            "sip" => Body::Sip(Box::new(self.sip()?)),
            "log" => Body::Log(LogLine { level: needed(self.level, "level")?, text: needed(self.text, "text")? }),
            "command" => Body::Command(Command { text: needed(self.text, "text")?, at: self.at }),
            "response" => Body::Response(Response {
                ok: needed(self.ok, "ok")?,
                data: needed(self.data, "data")?,
                to: needed(self.to, "to")?.number()?,
            }),
            "note" => Body::Note(self.note()?),
            other => return Err(E::unknown_variant(other, &["event", "sip", "log", "command", "response", "note"])),
        })
    }

    fn agent_event<E: Error>(self) -> Result<AgentEvent, E> {
        Ok(AgentEvent {
            name: needed(self.name, "type")?,
            call: self.call.map(Word::text).transpose()?,
            direction: self.direction,
            peer: self.peer,
            param: self.param.unwrap_or_default(),
            fields: self.fields.unwrap_or_default(),
        })
    }

    fn sip<E: Error>(self) -> Result<SipEvent, E> {
        Ok(SipEvent {
            direction: needed(self.direction, "direction")?,
            transport: needed(self.transport, "transport")?,
            src: needed(self.src, "src")?,
            dst: needed(self.dst, "dst")?,
            method: needed(self.method, "method")?,
            status: self.status.map(Word::small).transpose()?,
            reason: self.reason,
            call_id: needed(self.call_id, "call_id")?,
            cseq: needed(self.cseq, "cseq")?,
            from: needed(self.from, "from")?,
            to: needed(self.to, "to")?.text()?,
            headers: needed(self.headers, "headers")?,
            body: needed(self.body, "body")?,
            param: needed(self.param, "param")?,
            on_wire: match (self.wire, self.peer) {
                (Some(wire), Some(peer)) => Some(OnWire { wire, again: self.again, peer_agent: self.peer_agent, peer }),
                _ => None,
            },
        })
    }

    fn ended<E: Error>(self) -> Result<Ended, E> {
        Ok(Ended {
            lost: false,
            how: needed(self.how, "how")?,
            message: self.message.unwrap_or_default(),
            at: self.at,
            details: self.details.unwrap_or_default(),
            advice: self.advice,
        })
    }

    fn note<E: Error>(mut self) -> Result<Note, E> {
        let status = |status: Option<Word>| needed(status, "status")?.text();
        let name = needed(self.name.take(), "type")?;
        match name.as_str() {
            "ENDED" => return Ok(Note::Ended(self.ended()?)),
            "VALIDATED" => {
                let file = needed(self.file.take(), "file")?;
                return Ok(Note::Validated { file, ended: self.ended()? });
            }
            _ => {}
        }
        let at = self.at;
        Ok(match name.as_str() {
            "AGENT_STARTING" => Note::AgentStarting {
                aor: needed(self.aor, "aor")?,
                address: needed(self.address, "address")?,
                local: needed(self.local, "local")?,
                baresip: needed(self.baresip, "baresip")?,
            },
            "AGENT_READY" => Note::AgentReady { milliseconds: needed(self.milliseconds, "milliseconds")? },
            "AGENT_STOPPING" => Note::AgentStopping,
            "AGENT_STOPPED" => Note::AgentStopped { status: status(self.status)? },
            "AGENT_LOST" => Note::AgentLost { status: status(self.status)? },
            "DIRECTIVE" => {
                Note::Directive { name: needed(self.directive, "name")?, values: needed(self.values, "values")?, at }
            }
            "STEP_BEGINS" => Note::StepBegins { name: needed(self.directive, "name")?, at },
            "STEP_ENDS" => Note::StepEnds { name: needed(self.directive, "name")?, ok: needed(self.ok, "ok")? },
            "PRINT" => Note::Print { text: needed(self.text, "text")? },
            "WAITING" => Note::Waiting { what: needed(self.what, "what")?, limit: needed(self.limit, "limit")?, at },
            "CHECK_FAILED" => Note::CheckFailed { message: needed(self.message, "message")?, at },
            "WARNING" => Note::Warning { message: needed(self.message, "message")?, at },
            "RECORDING" => Note::Recording {
                file: needed(self.file, "file")?,
                call: self.call.map(Word::small).transpose()?,
                duration: needed(self.duration, "duration")?,
            },
            "CALL_SOUND" => Note::CallSound {
                call: self.call.map(Word::small).transpose()?,
                id: self.id,
                sound: needed(self.sound, "sound")?,
            },
            "AWAITED" => Note::Awaited { events: needed(self.events, "events")? },
            "REACHED" => Note::Reached { lines: needed(self.lines, "lines")? },
            "STEPS_DONE" => Note::StepsDone,
            other => return Err(E::custom(format_args!("unknown note `{other}`"))),
        })
    }
}
