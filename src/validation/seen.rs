//! An event as a JavaScript validation sees it: an object with the fields that Rhai's events have, under the same names.

use crate::event::{Body, Event, Note, SipEvent};
use serde_json::{Map, Value};

/// What is not there is left out: `undefined`.
pub fn seen(event: &Event) -> Map<String, Value> {
    let mut fields = Map::new();
    if let Body::Event(said) = &event.body {
        fields.extend(said.fields.clone());
    }
    let mut put = |name: &str, value: Value| drop(fields.insert(name.into(), value));
    put("time", event.time.into());
    if let Some(agent) = &event.agent {
        put("agent", (**agent).into());
    }
    let kind = match &event.body {
        Body::Event(said) => {
            put("param", said.param.as_str().into());
            for (name, text) in [("call", &said.call), ("direction", &said.direction), ("peer", &said.peer)] {
                if let Some(text) = text {
                    put(name, text.as_str().into());
                }
            }
            &said.name
        }
        Body::Sip(sip) => {
            fields.extend(sip_fields(sip));
            "SIP"
        }
        Body::Log(line) => {
            put("level", line.level.as_str().into());
            put("param", line.text.as_str().into());
            "LOG"
        }
        Body::Command(command) => {
            put("param", command.text.as_str().into());
            "COMMAND"
        }
        Body::Response(response) => {
            put("param", response.data.as_str().into());
            "RESPONSE"
        }
        Body::Note(note) => {
            if let Note::Print { text } = note {
                put("param", text.as_str().into());
            }
            "NOTE"
        }
    };
    fields.insert("type".into(), kind.into());
    fields
}

fn sip_fields(sip: &SipEvent) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| drop(fields.insert(name.into(), value));
    for (name, text) in [
        ("direction", &sip.direction),
        ("transport", &sip.transport),
        ("src", &sip.src),
        ("dst", &sip.dst),
        ("method", &sip.method),
        ("call_id", &sip.call_id),
        ("cseq", &sip.cseq),
        ("from", &sip.from),
        ("to", &sip.to),
        ("body", &sip.body),
        ("param", &sip.param),
    ] {
        put(name, text.as_str().into());
    }
    if let Some(status) = sip.status {
        put("status", status.into());
    }
    if let Some(reason) = &sip.reason {
        put("reason", reason.as_str().into());
    }
    put("headers", headers(&sip.headers).into());
    fields
}

/// By name; a header that stands several times has its values joined by ", " (RFC 3261, 7.3.1).
fn headers(headers: &[(String, String)]) -> Map<String, Value> {
    let mut map: Map<String, Value> = Map::new();
    for (name, value) in headers {
        match map.get_mut(name) {
            Some(Value::String(before)) => *before = format!("{before}, {value}"),
            _ => drop(map.insert(name.clone(), value.as_str().into())),
        }
    }
    map
}
