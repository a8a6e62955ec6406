//! Events as scripts see them: `e.type`, `e.time`, `e.param`, `e.headers["Contact"]`, `e.rtcp_stats.rtt`.

use super::agent::ReplyValue;
use super::call::CallValue;
use crate::diagnostic::nearest;
use crate::engine::rules::shortfall::describe;
use crate::engine::script::failure::{Fallible, wrong};
use crate::engine::script::native::{register, rhai_index};
use crate::event::{Body, Event, Note, fields};
use rhai::{Dynamic, ImmutableString, Map, Module};
use serde_json::Value;
use std::cell::RefCell;
use std::sync::Arc;

/// An event of the run's log.
#[derive(Debug, Clone)]
pub struct EventValue(pub Arc<Event>);

/// The fields that every event has; `()` if a field has no meaning for an event.
pub const FIELDS: &[&str] = &[
    "type",
    "time",
    "agent",
    "call",
    "peer",
    "direction",
    "param",
    "method",
    "status",
    "reason",
    "call_id",
    "cseq",
    "from",
    "to",
    "headers",
    "body",
    "src",
    "dst",
    "transport",
    "text",
    "level",
];

thread_local! {
    /// The fields that a `where(…)` closure reads while it is called, with their values.
    static READ: RefCell<Vec<(String, String)>> = const { RefCell::new(vec![]) };
}

/// The most fields that are shown.
const MOST_READ: usize = 4;

/// Calls a closure; returns its value, and the fields of events that it read.
pub fn reading<T>(closure: impl FnOnce() -> T) -> (T, Vec<(String, String)>) {
    READ.take();
    let answer = closure();
    (answer, READ.take())
}

fn note_read(name: &str, value: &Dynamic) {
    if !value.is_map() && !value.is_array() {
        READ.with_borrow_mut(|read| {
            if read.len() < MOST_READ && !read.iter().any(|(known, _)| known == name) {
                let text = value.read_lock::<CallValue>().map_or_else(|| value.to_string(), |call| call.to_string());
                read.push((name.to_string(), text));
            }
        });
    }
}

/// A field's value; the error names the nearest field.
pub fn field(event: &Event, name: &str) -> Fallible<Dynamic> {
    if let Body::Event(of_agent) = &event.body
        && let Some(value) = of_agent.fields.get(name)
    {
        return Ok(from_json(value));
    }
    if let Some(value) = common_field(event, name) {
        return Ok(value);
    }
    // fields that an event may have, but has not: a display name, a field of a newer baresip
    if FIELDS.contains(&name) || fields::named(name).is_some_and(|field| field.is_of(kind(event))) {
        return Ok(Dynamic::UNIT);
    }
    let of_agent = match &event.body {
        Body::Event(of_agent) => of_agent.fields.keys().map(String::as_str).collect(),
        _ => vec![],
    };
    let near = nearest(name, FIELDS.iter().copied().chain(of_agent));
    let meant = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Err(wrong(format!("{} has no field `{name}`{meant}", kind(event))))
}

fn common_field(event: &Event, name: &str) -> Option<Dynamic> {
    let text = |text: &str| Some(Dynamic::from(text.to_string()));
    match (name, &event.body) {
        ("type", _) => text(kind(event)),
        ("time", _) => Some(event.time.0.into()),
        ("agent", _) => text(event.agent.as_deref()?),
        ("call", Body::Event(e)) => Some(Dynamic::from(CallValue::from_event(event, e.call.as_deref()?))),
        ("peer", Body::Event(e)) => text(e.peer.as_deref()?),
        ("direction", Body::Event(e)) => text(e.direction.as_deref()?),
        ("param", Body::Event(e)) => text(&e.param),
        ("direction", Body::Sip(sip)) => text(&sip.direction),
        ("method", Body::Sip(sip)) => text(&sip.method),
        ("status", Body::Sip(sip)) => Some(i64::from(sip.status?).into()),
        ("reason", Body::Sip(sip)) => text(sip.reason.as_deref()?),
        ("call_id", Body::Sip(sip)) => text(&sip.call_id),
        ("cseq", Body::Sip(sip)) => text(&sip.cseq),
        ("from", Body::Sip(sip)) => text(&sip.from),
        ("to", Body::Sip(sip)) => text(&sip.to),
        ("headers", Body::Sip(sip)) => Some(headers(&sip.headers).into()),
        ("body", Body::Sip(sip)) => text(&sip.body),
        ("src", Body::Sip(sip)) => text(&sip.src),
        ("dst", Body::Sip(sip)) => text(&sip.dst),
        ("transport", Body::Sip(sip)) => text(&sip.transport),
        ("param" | "text", Body::Sip(sip)) => text(&sip.param),
        ("param" | "text", Body::Log(line)) => text(&line.text),
        ("level", Body::Log(line)) => text(&line.level),
        ("param" | "text", Body::Command(command)) => text(&command.text),
        ("param" | "text", Body::Response(response)) => text(&response.data),
        ("param" | "text", Body::Note(Note::Print { text: said })) => text(said),
        _ => None,
    }
}

/// The event's type: baresip's name or ours; `SIP` and `LOG` for messages and log lines.
fn kind(event: &Event) -> &str {
    match &event.body {
        Body::Event(of_agent) => &of_agent.name,
        Body::Sip(_) => "SIP",
        Body::Log(_) => "LOG",
        Body::Command(_) => "COMMAND",
        Body::Response(_) => "RESPONSE",
        Body::Note(_) => "NOTE",
    }
}

/// Headers by name. The values of a repeated header are joined by ", " (RFC 3261, 7.3.1).
fn headers(headers: &[(String, String)]) -> Map {
    let mut map = Map::new();
    for (name, value) in headers {
        let known = map.entry(name.as_str().into()).or_insert(Dynamic::UNIT);
        *known = match known.clone().into_string() {
            Ok(before) => format!("{before}, {value}").into(),
            Err(_) => value.clone().into(),
        };
    }
    map
}

pub fn from_json(value: &Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(truth) => (*truth).into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64().unwrap_or_default().into(),
        },
        Value::String(text) => text.clone().into(),
        Value::Array(list) => list.iter().map(from_json).collect::<Vec<_>>().into(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.into(), from_json(value))).collect::<Map>().into(),
    }
}

pub fn register_into(module: &mut Module) {
    module.set_custom_type::<EventValue>("Event");
    register(module, rhai_index(), |event: &mut EventValue, name: ImmutableString| {
        field(&event.0, &name).inspect(|value| note_read(&name, value))
    });
    let told = |event: &mut EventValue| {
        let told = describe(&event.0, &|_| None);
        format!("{told} at {}", event.0.agent.as_deref().unwrap_or_default())
    };
    register(module, "to_string", told);
    register(module, "to_debug", told);
    module.set_custom_type::<ReplyValue>("Reply");
    register(module, "get$ok", |reply: &mut ReplyValue| reply.0.ok);
    register(module, "get$data", |reply: &mut ReplyValue| reply.0.data.clone());
    register(module, "get$time", |reply: &mut ReplyValue| reply.0.time.0);
    register(module, "to_string", |reply: &mut ReplyValue| reply.0.data.clone());
    register(module, "to_debug", |reply: &mut ReplyValue| format!("{:?}", reply.0));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{AgentEvent, SipEvent, Time};

    fn event(body: Body) -> Event {
        Event { n: 0, time: Time(1000.5), agent: Some("bob".into()), body }
    }

    #[test]
    fn every_common_field_is_there_and_an_unknown_one_names_the_nearest() {
        let fields = serde_json::json!({ "rtcp_stats": { "rtt": 1.5, "tx": { "lost": 0 } } });
        let Value::Object(fields) = fields else { unreachable!() };
        let event = event(Body::Event(AgentEvent { name: "CALL_RTCP".into(), fields, ..Default::default() }));
        for name in FIELDS {
            assert!(field(&event, name).is_ok(), "{name}");
        }
        assert_eq!(field(&event, "time").unwrap().as_float(), Ok(1000.5));
        assert!(field(&event, "peer").unwrap().is_unit());
        let stats = field(&event, "rtcp_stats").unwrap().cast::<Map>();
        assert_eq!(stats["rtt"].as_float(), Ok(1.5));
        let rhai::EvalAltResult::ErrorRuntime(failure, _) = *field(&event, "rtcp_stat").unwrap_err() else { panic!() };
        let failure = failure.cast::<crate::engine::script::failure::ScriptFailure>().to_string();
        assert!(failure.contains("did you mean `rtcp_stats`"), "{failure}");
    }

    #[test]
    fn the_table_of_fields_has_all_of_them() {
        for name in FIELDS {
            assert!(crate::event::fields::named(name).is_some(), "{name}");
        }
    }

    #[test]
    fn repeated_headers_are_joined() {
        let headers = [("Via", "a"), ("To", "b"), ("Via", "c")].map(|(name, value)| (name.into(), value.into()));
        let sip = SipEvent {
            direction: "IN".into(),
            transport: "UDP".into(),
            method: "INVITE".into(),
            status: Some(486),
            headers: headers.to_vec(),
            ..SipEvent::default()
        };
        let event = event(Body::Sip(Box::new(sip)));
        assert_eq!(field(&event, "headers").unwrap().cast::<Map>()["Via"].clone().into_string(), Ok("a, c".into()));
        assert_eq!(field(&event, "status").unwrap().as_int(), Ok(486));
        assert_eq!(field(&event, "type").unwrap().into_string(), Ok("SIP".into()));
    }
}
