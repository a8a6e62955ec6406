//! What an embedded agent heard, as events of the run.

use crate::event::AgentEvent;
use serde_json::{Map, Value};

/// How our own module begins the `param` of its MODULE events.
const LISTENER: &str = "listener,";

/// The event that the module's MODULE event stands for; the same event where it is another module's.
pub fn renamed(event: AgentEvent) -> AgentEvent {
    let said = event.param.strip_prefix(LISTENER).map(|text| text.trim_end_matches(','));
    let Some(mut said) = said.and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok()) else {
        return event;
    };
    let Some(what) = said.remove("what").and_then(|what| what.as_str().map(str::to_uppercase)) else { return event };
    let sent = said.remove("sent").is_some_and(|sent| sent == true);
    let param = match said.remove("param") {
        Some(Value::String(param)) => param,
        _ => tone(&said),
    };
    let mut fields = event.fields;
    fields.extend(said);
    let name = format!("{}_{what}", if sent { "SENT" } else { "HEARD" });
    AgentEvent { name, param, fields, ..event }
}

/// `425`, `350+440`: the frequencies to 5 Hz, so that it is the same in every run.
fn tone(said: &Map<String, Value>) -> String {
    let hz = said.get("hz").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_f64);
    hz.map(|hz| ((hz / 5.0).round() * 5.0).to_string()).collect::<Vec<_>>().join("+")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(param: &str) -> AgentEvent {
        AgentEvent { name: "MODULE".into(), call: Some("c".into()), param: param.into(), ..AgentEvent::default() }
    }

    #[test]
    fn what_the_module_says_becomes_an_event() {
        let heard = renamed(module("listener,{\"what\":\"tone\",\"began\":5.5,\"hz\":[350.3,439.1],\"dbfs\":-20},"));
        assert_eq!((heard.name.as_str(), heard.param.as_str()), ("HEARD_TONE", "350+440"));
        assert_eq!((heard.call.as_deref(), heard.fields["began"].as_f64()), (Some("c"), Some(5.5)));
        let sent = renamed(module("listener,{\"what\":\"speech_end\",\"sent\":true,\"began\":1,\"ended\":2},"));
        assert_eq!((sent.name.as_str(), sent.param.as_str()), ("SENT_SPEECH_END", ""));
        let digit = renamed(module("listener,{\"what\":\"digit\",\"param\":\"#\"},"));
        assert_eq!((digit.name.as_str(), digit.param.as_str()), ("HEARD_DIGIT", "#"));
        for other in ["recorder,open,x", "listener,{", "listener,{\"what\":3},"] {
            assert_eq!(renamed(module(other)).name, "MODULE");
        }
    }
}
