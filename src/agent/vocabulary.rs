//! One vocabulary of events over all baresip versions: what `1.0` and `4.12` name or nest differently comes out alike.
//!
//! The names are baresip's own (`CALL_INCOMING`, `TRANSFER`, `REGISTER_OK`…): users know them and testfiles hold them. Fields
//! are read by name, for their order differs between versions. What a version does not say stays absent: 1.0.0 gives no
//! call id with its first CALL_LOCAL_SDP.

use super::audio_report::AudioReport;
use super::{ctrl, heard, quality};
use crate::event::AgentEvent;
use serde_json::{Map, Value};

/// How our own module in the embedded agent begins the `param` of its MODULE event.
const CALL_REPORT: &str = "callreport,audio,";

/// An object with `"event":true`. An error says what is wrong with it.
///
/// `class` is left out (versions disagree about it); a CALL_RTCP gets `mos` among its fields (see [`quality::mos`]); the
/// report of our own module becomes AUDIO_REPORT.
pub fn event(object: Map<String, Value>) -> Result<AgentEvent, String> {
    let mut event = AgentEvent::default();
    for (key, value) in object {
        match (key.as_str(), value) {
            ("event" | "class", _) => {}
            ("type", Value::String(text)) => event.name = text,
            ("id", Value::String(text)) => event.call = Some(text),
            ("direction", Value::String(text)) => event.direction = Some(text),
            ("peeruri", Value::String(text)) => event.peer = Some(text),
            ("param", Value::String(text)) => event.param = text,
            (_, value) => {
                event.fields.insert(key, value);
            }
        }
    }
    match event.name.as_str() {
        "" => return Err("an event without a type".to_string()),
        "CALL_RTCP" => {
            let mos = event.fields.get("rtcp_stats").and_then(quality::mos_of_rtcp);
            event.fields.extend(mos.map(|mos| ("mos".to_string(), mos.into())));
        }
        "MODULE" => {
            let report = event.param.strip_prefix(CALL_REPORT).and_then(AudioReport::parse);
            if let Some(report) = report {
                return Ok(report.event(event.direction, event.fields.remove("accountaor")));
            }
            return Ok(heard::renamed(event));
        }
        _ => {}
    }
    Ok(event)
}

/// An object with `"message":true`: MESSAGE, with `peer`, and `accountaor`, `ctype` and `body` among its fields.
pub fn message(object: Map<String, Value>) -> AgentEvent {
    let mut event = AgentEvent { name: "MESSAGE".to_string(), ..AgentEvent::default() };
    for (key, value) in object {
        match (key.as_str(), value) {
            ("message", _) => {}
            ("from", Value::String(from)) => event.peer = Some(from),
            ("ua", value) => {
                event.fields.insert("accountaor".to_string(), value);
            }
            (_, value) => {
                event.fields.insert(key, value);
            }
        }
    }
    event
}

/// One JSON object as it stands in a frame; for fuzzing.
pub fn parse_line(bytes: &[u8]) -> Result<AgentEvent, String> {
    let object = ctrl::parse_object(bytes)?;
    if object.get("message") == Some(&Value::Bool(true)) { Ok(message(object)) } else { event(object) }
}

#[cfg(test)]
#[path = "vocabulary_tests.rs"]
mod tests;
