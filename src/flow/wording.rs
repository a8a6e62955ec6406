//! An event as a line of the flow: its name and what of it stays the same in every run.

use super::names::{Names, Who};
use crate::event::AgentEvent;
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

/// A text that cannot break its line: control characters are escaped.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c.is_control() {
            true => line.extend(c.escape_default()),
            false => line.push(c),
        }
    }
    line
}

/// Newer baresips append the system's error number: `Connection refused [111]`.
fn without_error_number(text: &str) -> &str {
    let text = text.trim_end();
    match text.strip_suffix(']').and_then(|rest| rest.rsplit_once(" [")) {
        Some((rest, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => text,
    }
}

/// The first word of `reason=`, all that baresip takes of it.
pub(super) fn hangup_reason(command: &str) -> Option<&str> {
    let parameters = command.strip_prefix("hangup")?;
    parameters.split_once("reason=")?.1.split_whitespace().next()
}

/// Why a call was closed, in one wording over all baresip versions: `local`, `remote`, a code with its phrase, …
fn closed(param: &str, names: &Names, hangup_reasons: &[String]) -> String {
    let reason = without_error_number(param);
    match reason {
        "Connection reset by user" | "Rejected by user" => "local".into(),
        "Connection reset by peer" => "remote".into(),
        "Call transfered" | "Call transferred" => "transferred".into(),
        "No audio codecs" | "No common audio or video codecs" => "no common codec".into(),
        _ if reason.ends_with(" replaced") => "replaced".into(),
        _ if hangup_reasons.iter().any(|given| given == reason) => "local".into(),
        _ => names.in_text(reason),
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
