//! Requests that nobody answered, connections that were refused, names that led nowhere, phones that rang.

use super::Weighed;
use super::agent::Agent;
use super::case::Case;
use super::dialog::Dialog;
use super::row::Row;
use super::wording::{seconds, short, times};
use crate::event::{ClosedBy, closed_reason};
use crate::sip::uri::{NameAddr, Uri};
use crate::verdict::Finding;
use std::net::IpAddr;

/// How agents word it that a name leads to no address: after asking a name server, and after asking the C library.
const UNRESOLVED: [&str; 2] = ["Destination address required", "Cannot assign requested address"];

pub fn find(case: &Case) -> Option<Weighed> {
    let dialog = case.dialog;
    if dialog.method == "REGISTER" || dialog.refusal.is_some() || dialog.established.is_some() {
        return None;
    }
    let (about, lines) = match dialog.last_request() {
        None => unsent(case)?,
        Some(request) if dialog.responses().next().is_none() => silence(case, request)?,
        Some(request) => ringing(case, request)?,
    };
    Some((90, Finding { about: format!("{} {about}", case.title()), lines }))
}

/// What a registration or a call that never got onto the wire shows: the connection was refused, the name led nowhere. `target` is
/// where it was to go, as a URI or a name-addr.
pub fn unsent_lines(param: &str, target: &str, agent: &Agent) -> Option<(String, Vec<String>)> {
    let reason = closed_reason(param);
    // without brackets the parameters are the URI's here: the agent gives a URI, no header
    let bracketed = NameAddr::parse(target).filter(|_| target.contains('<'));
    let uri = Uri::parse(bracketed.map_or(target, |address| address.uri))?;
    // all goes there first, wherever it is meant for
    let proxy = agent.parameter("outbound").is_some();
    let literal = uri.host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    match reason.by {
        ClosedBy::Refused => {
            let sips = uri.scheme.eq_ignore_ascii_case("sips");
            let transport = uri.param("transport").or(sips.then_some("tls"));
            let kind = transport.map(|transport| format!("{} ", transport.to_uppercase())).unwrap_or_default();
            // without a port and with a name, DNS says which it is (RFC 3263)
            let standard = literal.then_some(if kind == "TLS " { 5061 } else { 5060 });
            let port = uri.port.or(standard).map(|port| format!(":{port}")).unwrap_or_default();
            let line = match proxy {
                true => "the account's outbound proxy takes no connections".into(),
                false => format!("nobody takes {kind}connections at {}{port}", uri.host),
            };
            Some(("was not sent: the connection was refused".into(), vec![line]))
        }
        ClosedBy::Local | ClosedBy::Remote | ClosedBy::Code(_) => None,
        _ => {
            let said = format!("the agent says: {}", reason.text);
            let unresolved = UNRESOLVED.contains(&reason.text.as_str()) && !literal && !proxy;
            let name = unresolved.then(|| format!("probably the name {} leads to no address (DNS)", uri.host));
            Some(("was not sent".into(), [Some(said), name].into_iter().flatten().collect()))
        }
    }
}

/// Nothing went onto the wire.
fn unsent(case: &Case) -> Option<(String, Vec<String>)> {
    let (_, param) = case.dialog.closed.as_ref().filter(|_| case.dialog.outgoing)?;
    unsent_lines(param, &case.dialog.peer, case.agent)
}

/// Not even a provisional response came (RFC 3261 sections 17.1.1.2 and 17.1.2.2: over UDP a request is sent again and again for
/// 32 s, timers B and F).
fn silence(case: &Case, request: &Row) -> Option<(String, Vec<String>)> {
    if !request.out {
        return None;
    }
    Some((format!("got no answer at all to its {}", request.method), silence_lines(case, request)))
}

pub fn silence_lines(case: &Case, request: &Row) -> Vec<String> {
    let over = case.dialog.closed.as_ref().map_or(case.evidence.end, |(time, _)| *time);
    let sent = match request.count {
        1 => "sent once".into(),
        count => format!("sent {} in {}", times(count), seconds(request.last - request.first)),
    };
    let waited = seconds(over - request.first);
    let to = case.who(&request.dst);
    let mut lines =
        vec![format!("{} {sent} over {} to {to}, no response within {waited}", request.method, request.transport)];
    let passwords = &case.dialog.passwords;
    if passwords.challenges > 0 {
        let realm = passwords.realm.as_deref().unwrap_or_default();
        let sent = times(passwords.sent);
        lines.push(format!("before it was challenged for the realm `{realm}`; credentials were sent {sent}"));
    }
    let known = case.evidence.names.agent_at(&request.dst);
    let agent = known.and_then(|name| Some((name, case.evidence.agents.get(name)?)));
    lines.push(match agent {
        Some((name, agent)) => {
            let name = short(name);
            match (agent.lost.is_some(), agent.of_call_id(&case.dialog.call_id).is_some()) {
                (true, _) => format!("{name} had gone away by then"),
                (false, true) => format!("{name} received it and did not answer"),
                (false, false) => format!("{name} never received it: probably it hangs"),
            }
        }
        None if request.transport == "UDP" => {
            "probably nobody listens there, or something on the way drops it: UDP tells neither".into()
        }
        None => "the connection is open: probably the peer hangs".into(),
    });
    lines
}

/// A provisional response came and no final one.
fn ringing(case: &Case, request: &Row) -> Option<(String, Vec<String>)> {
    let dialog: &Dialog = case.dialog;
    let last = dialog.responses().filter(|row| row.status.is_some_and(|code| code < 200)).last()?;
    let answered = dialog.responses().any(|row| row.status.is_some_and(|code| code >= 200));
    if answered || request.method != "INVITE" {
        return None;
    }
    let rang = dialog.responses().any(|row| row.status.is_some_and(|code| code > 100));
    let (callee, agent) = match dialog.outgoing {
        true => (case.other_side().map(|(name, _, _)| short(name)), case.other_side().map(|(_, agent, _)| agent)),
        false => (Some(short(case.name)), Some(case.agent)),
    };
    let closed = dialog.closed.as_ref().map(|(time, _)| *time);
    let over = dialog.end.as_ref().map(|end| end.time).or(closed).unwrap_or(case.evidence.end);
    let about = if rang { "rang and was not answered" } else { "was taken by the next server, and nobody rang" };
    let mut lines = vec![format!(
        "{} {} from {}, then nothing final within {}",
        last.status.unwrap_or_default(),
        last.phrase,
        case.who(&last.src),
        seconds(over - last.first)
    )];
    if let (Some(callee), Some(agent)) = (callee, agent) {
        let told =
            |word: &str| agent.commands.iter().any(|given| given.time >= request.first && given.text.starts_with(word));
        if !told("accept") && matches!(agent.parameter("answermode"), None | Some("manual")) {
            lines.push(format!("{callee} was not told to `accept` it"));
        }
    }
    if let Some(end) = dialog.end.as_ref().filter(|end| end.cancelled) {
        let by = case.who(&end.src);
        lines.push(format!("{by} cancelled it {} after the INVITE", seconds(end.time - request.first)));
        lines.extend(case.command(&by, &["hangup"], request.first..end.time));
    }
    Some((about.into(), lines))
}
