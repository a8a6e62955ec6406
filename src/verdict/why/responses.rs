//! A request that was refused: by whom, and what the response says of the cause.

use super::case::Case;
use super::credentials::{credentials, lacking};
use super::request::Refusal;
use super::wording::{seconds, short};
use super::{Weighed, meanings};
use crate::event::Time;
use crate::sip::headers;
use crate::sip::uri::NameAddr;
use crate::verdict::Finding;

pub fn find(case: &Case) -> Option<Weighed> {
    let refusal = case.dialog.refusal.as_ref().filter(|_| case.dialog.method != "REGISTER")?;
    let title = match (refusal.request.method.as_str(), refusal.within) {
        ("INVITE", false) => case.title(),
        ("INVITE", true) => format!("the re-INVITE in {}", case.title()),
        (method, _) if method == case.dialog.method => case.title(),
        (method, _) => format!("the {method} in {}", case.title()),
    };
    let about = match (refusal.code, lacking(case)) {
        (401 | 407, Some(lacking)) if !refusal.out => {
            format!("{title} was refused: {lacking} ({})", answer(case, refusal))
        }
        _ => match refusal.code {
            487 if case.dialog.end.as_ref().is_some_and(|end| end.cancelled) => format!("{title} was cancelled"),
            300..=399 => format!("{title} was redirected: {}", answer(case, refusal)),
            _ => format!("{title} was refused: {}", answer(case, refusal)),
        },
    };
    Some((90, Finding { about, lines: explain(case, refusal) }))
}

/// `486 Busy Here from bob`, `… from bob, through 192.0.2.9:5060`, `… from 192.0.2.9:5060 (Server: pbx 1)`: a Server header may be that
/// of somebody behind the address.
pub fn answer(case: &Case, refusal: &Refusal) -> String {
    let (code, phrase, address) = (refusal.code, &refusal.phrase, case.who(&refusal.src));
    if let Some((name, _)) = origin(case, refusal) {
        let through = if *name == address { String::new() } else { format!(", through {address}") };
        return format!("{code} {phrase} from {name}{through}");
    }
    let server = ["Server", "User-Agent"].iter().find_map(|name| Some(format!(" ({name}: {})", refusal.header(name)?)));
    format!("{code} {phrase} from {address}{}", server.unwrap_or_default())
}

/// What is known of the cause, a line each.
pub fn explain(case: &Case, refusal: &Refusal) -> Vec<String> {
    let mut lines = vec![];
    lines.extend(meanings::status(refusal.code).filter(|_| refusal.code != 487).map(String::from));
    lines.extend(of_code(case, refusal));
    lines.extend(told(case, refusal));
    lines.extend(complaints(case, refusal));
    lines.extend(refusal.header("Reason").iter().flat_map(|value| reasons(value)));
    for warning in refusal.header("Warning").iter().flat_map(|value| headers::warnings(value)) {
        let meaning = meanings::warning(warning.code).map(|words| format!("{words}: ")).unwrap_or_default();
        lines.push(format!("Warning {} of {}: {meaning}{}", warning.code, warning.agent, warning.text));
    }
    if let Some(after) = refusal.header("Retry-After").and_then(|value| headers::retry_after(&value)) {
        lines.push(format!("Retry-After: it may be tried again after {after} s"));
    }
    lines
}

/// Each value of a Reason header (RFC 3326).
pub fn reasons(value: &str) -> Vec<String> {
    let line = |reason: headers::Reason| {
        let cause = reason.cause?;
        let meaning = match reason.protocol.to_ascii_uppercase().as_str() {
            "Q.850" => meanings::q850(cause),
            "SIP" => meanings::status(cause),
            _ => None,
        };
        let text = reason.text.filter(|text| !meaning.is_some_and(|words| words.eq_ignore_ascii_case(text)));
        let words: Vec<String> = meaning.map(String::from).into_iter().chain(text).collect();
        let words = if words.is_empty() { String::new() } else { format!(": {}", words.join("; ")) };
        Some(format!("Reason: {} cause {cause}{words}", reason.protocol))
    };
    headers::reasons(value).into_iter().filter_map(line).collect()
}

/// So long after a refusal an agent may say why, milliseconds.
pub const SAID_LATER: f64 = 100.0;

/// What an agent of the run said when it refused for a reason of its own.
fn complaints(case: &Case, refusal: &Refusal) -> Vec<String> {
    let Some((name, time)) = origin(case, refusal).filter(|_| refusal.code == 500) else { return vec![] };
    let Some(agent) = case.evidence.agents.get(name.as_str()) else { return vec![] };
    let said = agent.alarms.iter().filter(|(at, _)| (refusal.request.time..=time + SAID_LATER).contains(at));
    said.take(2).map(|(_, line)| format!("{name}'s log: {line}")).collect()
}

/// What belongs to one code.
fn of_code(case: &Case, refusal: &Refusal) -> Vec<String> {
    let request = &refusal.request;
    let waited = seconds(refusal.time - request.time);
    let header = |name: &str, before: &str| refusal.header(name).map(|value| format!("{before} {value}"));
    let one = |line: Option<String>| line.into_iter().collect::<Vec<String>>();
    match refusal.code {
        // RFC 3261 section 8.1.3.4
        300..=399 => {
            let contact = refusal.header("Contact").unwrap_or_default();
            let contacts = headers::values(&contact).filter_map(|value| Some(NameAddr::parse(value)?.uri.to_string()));
            let lines: Vec<String> = contacts.take(3).map(|uri| format!("it says to go to {uri}")).collect();
            if lines.is_empty() { vec!["it does not say where to go (no Contact)".into()] } else { lines }
        }
        401 | 403 | 407 => credentials(case, refusal),
        404 | 410 | 484 | 485 | 604 => vec![format!("it was meant for {}", request.uri)],
        405 => one(header("Allow", "allowed are")),
        406 | 415 => [
            request.header("Content-Type").map(|sent| format!("{} sent {sent}", sender(case, refusal))),
            header("Accept", "accepted is"),
        ]
        .into_iter()
        .flatten()
        .collect(),
        408 | 480 | 504 => {
            vec![format!("{} came {waited} after the {} to {}", refusal.code, request.method, request.uri)]
        }
        // RFC 3261 sections 8.2.2.3 and 21.4.16
        420 => [header("Unsupported", "not supported:"), request.header("Require").map(|it| format!("demanded: {it}"))]
            .into_iter()
            .flatten()
            .collect(),
        421 => one(header("Require", "the server demands")),
        422 => one(header("Min-SE", "the least that it wants, in seconds:")),
        423 => one(header("Min-Expires", "the least that it wants, in seconds:")),
        487 => cancelled(case, refusal),
        _ => vec![],
    }
}

fn sender(case: &Case, refusal: &Refusal) -> String {
    match refusal.out {
        true => case.peer(),
        false => short(case.name),
    }
}

fn cancelled(case: &Case, refusal: &Refusal) -> Vec<String> {
    let Some(end) = case.dialog.end.as_ref().filter(|end| end.cancelled) else {
        return vec![
            "it says that the request was cancelled, and no CANCEL is in the record: something on the way cancelled it"
                .into(),
        ];
    };
    let by = case.who(&end.src);
    let mut lines = vec![format!("{by} cancelled it {} after the INVITE", seconds(end.time - refusal.request.time))];
    lines.extend(case.command(&by, &["hangup"], refusal.request.time..end.time));
    lines.extend(end.reason.iter().flat_map(|reason| reasons(reason)));
    lines
}

/// The agent of the run that made the response, and when: the one at its address, or one behind that.
fn origin(case: &Case, refusal: &Refusal) -> Option<(String, Time)> {
    if let Some(name) = case.evidence.names.agent_at(&refusal.src) {
        return Some((short(name), refusal.time));
    }
    let (name, _, dialog) = case.other_side()?;
    let theirs = dialog.refusal.as_ref().filter(|theirs| theirs.out && theirs.code == refusal.code)?;
    Some((short(name), theirs.time))
}

/// What the test told the agent that refused: then the cause is in the test.
fn told(case: &Case, refusal: &Refusal) -> Option<String> {
    let (name, time) = origin(case, refusal).filter(|_| refusal.code != 487)?;
    case.command(&name, &["hangup"], refusal.request.time..time)
}
