//! An event as a line of the flow: its name, and those of its values that are the same in every run.

use super::names::{Names, Who};
use super::one_line::one_line;
use crate::event::{AgentEvent, ClosedBy, closed_reason, without_error_number};
use serde_json::Value;
use std::fmt::Write;

/// Takes the canonical name. `hangup_reasons` are those that the agent's own commands have given so far.
pub(super) fn line(name: &str, event: &AgentEvent, names: &Names, hangup_reasons: &[String]) -> String {
    let detail = match name {
        // the call's own line says it
        "CALL_INCOMING" | "CALL_OUTGOING" | "CALL_RINGING" | "CALL_PROGRESS" | "CALL_ANSWERED" | "CALL_ESTABLISHED"
        | "CALL_HOLD" | "CALL_RESUME" | "CALL_DTMF_END" | "CREATE" | "SHUTDOWN" => String::new(),
        "CALL_CLOSED" => closed(&event.param, names, hangup_reasons),
        "CALL_TRANSFER" => transfer(&event.param, names),
        "CALL_REDIRECT" => redirect(&event.param, names),
        "AUDIO_REPORT" => audio_report(event),
        "MESSAGE" => message(event, names),
        _ => names.in_text(without_error_number(&event.param)),
    };
    match detail.is_empty() {
        true => one_line(name),
        false => format!("{} {detail}", one_line(name)),
    }
}

/// How an agent may say the `reason=` of a hangup: the embedded one says all of it, an external one its first word.
pub(super) fn hangup_reasons(command: &str) -> impl Iterator<Item = &str> {
    let parameters = command.strip_prefix("hangup").and_then(|rest| rest.split_once("reason="));
    let reason = parameters.and_then(|(_, reason)| reason.split(" scode=").next()).map(str::trim);
    reason.into_iter().chain(reason.and_then(|reason| reason.split_whitespace().next()))
}

/// Why a call was closed, in one wording over all baresip versions: `local`, `remote`, a code with its phrase, …
fn closed(param: &str, names: &Names, hangup_reasons: &[String]) -> String {
    let reason = closed_reason(param);
    match reason.by {
        ClosedBy::Code(code) => format!("{code} {}", names.in_text(&reason.text)).trim_end().to_string(),
        ClosedBy::Other if hangup_reasons.contains(&reason.text) => ClosedBy::Local.to_string(),
        ClosedBy::Other => names.in_text(&reason.text),
        by => by.to_string(),
    }
}

fn transfer(refer_to: &str, names: &Names) -> String {
    let replaces = Who::of(refer_to).headers.to_ascii_lowercase().starts_with("replaces=");
    format!("to {}{}", names.of_uri(refer_to), if replaces { ", replacing a call" } else { "" })
}

/// `302,sip:bob@host`
fn redirect(param: &str, names: &Names) -> String {
    match param.split_once(',') {
        Some((code, uri)) => format!("{} to {}", one_line(code), names.of_uri(uri)),
        None => names.in_text(param),
    }
}

fn audio_report(event: &AgentEvent) -> String {
    let flag = |key| event.fields.get(key) == Some(&Value::Bool(true));
    let mut text = match (flag("tx"), flag("rx")) {
        (true, true) => "tx rx",
        (true, false) => "tx",
        (false, true) => "rx",
        (false, false) => "none",
    }
    .to_string();
    for part in ["protocol", "codec"].iter().filter_map(|key| event.fields.get(*key)?.as_str()) {
        let _ = write!(text, " {}", one_line(part));
    }
    text
}

fn message(event: &AgentEvent, names: &Names) -> String {
    let from = event.peer.as_deref().map(|peer| names.of_uri(peer)).unwrap_or_default();
    let body = event.fields.get("body").and_then(Value::as_str).unwrap_or(&event.param);
    format!("{from} \"{}\"", names.in_text(body)).trim_start().to_string()
}
