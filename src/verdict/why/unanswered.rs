//! Requests that nobody answered, phones that rang.

use super::Weighed;
use super::case::{Case, Question};
use super::connections::{self, UNDER_WAY};
use super::dialog::Dialog;
use super::responses::SAID_LATER;
use super::row::Row;
use super::traversal;
use super::wording::{after as after_it, seconds, short, times};
use crate::event::{ClosedBy, ClosedReason, closed_reason};
use crate::verdict::Finding;

pub fn find(case: &Case, question: &Question) -> Option<Weighed> {
    let dialog = case.dialog;
    // a test that failed for another reason gave it no time
    let under_way = case.evidence.end - dialog.request.time < UNDER_WAY && dialog.closed.is_none();
    if question.awaited.is_none() && under_way {
        return None;
    }
    if dialog.method == "REGISTER" || dialog.refusal.is_some() {
        return None;
    }
    if dialog.established.is_some() {
        return within(case, question);
    }
    if dialog.last_request().is_none() && traversal::find(case, question).is_some() {
        return None;
    }
    if let Some(found) = given_up(case) {
        return Some(found);
    }
    let (about, lines) = match dialog.last_request() {
        None => unsent(case)?,
        Some(request) if dialog.responses().next().is_none() => silence(case, request)?,
        Some(request) => ringing(case, request)?,
    };
    Some((90, Finding { about: format!("{} {about}", case.title()), lines }))
}

/// A request within a call that is up. Where the wait is not for its answer, something else may be the cause.
fn within(case: &Case, question: &Question) -> Option<Weighed> {
    let dialog = case.dialog;
    let request = dialog.last_request().filter(|row| row.out && row.cseq != dialog.first_invite)?;
    if !dialog.request.out || dialog.responses().any(|row| row.status >= Some(200)) {
        return None;
    }
    let name = if request.method == "INVITE" { "re-INVITE" } else { request.method.as_str() };
    let named = |word: &str| question.awaits(word);
    let meant = named(&request.method) || named("SIP") || (request.method == "REFER" && named("TRANSFER"));
    let (what, lines) = match dialog.responses().last() {
        None => ("no answer", silence_lines(case, request)),
        Some(last) => {
            let waited = seconds(case.evidence.end - last.first);
            let code = format!("{} {}", last.status.unwrap_or_default(), short(&last.phrase));
            (
                "no final answer",
                vec![format!("{} from {}, then nothing final within {waited}", code.trim_end(), case.who(&last.src))],
            )
        }
    };
    let about = format!("{} got {what} to its {name}", case.title());
    Some((if meant { 90 } else { 66 }, Finding { about, lines }))
}

/// The agent itself closed a call that had not been answered, for a reason of its own.
fn given_up(case: &Case) -> Option<Weighed> {
    let dialog = case.dialog;
    let (time, param) = dialog.closed.as_ref()?;
    let reason = closed_reason(param);
    let last = dialog.responses().filter(|row| row.first <= *time && row.status.is_some()).last()?;
    if reason.by != ClosedBy::Other || !dialog.outgoing {
        return None;
    }
    let what = format!("{} {}", last.status.unwrap_or_default(), short(&last.phrase));
    let name = short(case.name);
    let mut lines = vec![format!("{name} closed it {}: {}", after_it(*time - last.first, &what), short(&reason.text))];
    let said = case.agent.alarms.iter().filter(|(at, _)| (dialog.request.time..=*time + SAID_LATER).contains(at));
    lines.extend(said.take(2).map(|(_, line)| format!("{name}'s log: {line}")));
    Some((
        90,
        Finding { about: format!("{} was given up by {name} after the {}", case.title(), what.trim_end()), lines },
    ))
}

/// Nothing went onto the wire.
fn unsent(case: &Case) -> Option<(String, Vec<String>)> {
    let Case { dialog, agent, evidence, name } = case;
    match &dialog.closed {
        _ if !dialog.outgoing => None,
        Some((_, param)) => connections::failed(param, &dialog.peer, (name, agent), evidence),
        None => connections::pending(&dialog.peer, agent, evidence, dialog.request.time),
    }
}

/// Not even a provisional response came (RFC 3261 sections 17.1.1.2 and 17.1.2.2: over UDP a request is sent again and again for
/// 32 s, timers B and F).
fn silence(case: &Case, request: &Row) -> Option<(String, Vec<String>)> {
    if !request.out {
        return None;
    }
    if case.evidence.names.agent_at(&request.dst) == Some(case.name) {
        let name = short(case.name);
        let lines = vec![format!("{} is {name}'s own address: a target without a domain is called there", case.peer())];
        return Some((format!("came back to {name} itself"), lines));
    }
    let about = match earlier(case, request) {
        None => format!("got no answer at all to its {}", request.method),
        Some(response) => format!("got no answer to its {} {}", request.method, after(response)),
    };
    Some((about, silence_lines(case, request)))
}

/// The last response that the peer gave before, to a request that was sent again after it.
pub fn earlier<'a>(case: &Case<'a>, request: &Row) -> Option<&'a Row> {
    let is_one =
        |row: &&Row| !row.out && row.status >= Some(300) && row.method == request.method && row.src == request.dst;
    case.dialog.rows.iter().rfind(is_one)
}

/// `after 401 Unauthorized`
pub fn after(response: &Row) -> String {
    format!("after {} {}", response.status.unwrap_or_default(), response.phrase).trim_end().to_string()
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
    let earlier = earlier(case, request);
    if passwords.challenges > 0 {
        let realm = passwords.realm.as_deref().unwrap_or_default();
        let sent = times(passwords.sent);
        lines.push(format!("before it was challenged for the realm `{realm}`; credentials were sent {sent}"));
    } else if let Some(code @ (401 | 407)) = earlier.and_then(|response| response.status) {
        lines.push(format!(
            "the {code} was no challenge (it named no realm): there was nothing to answer with a password"
        ));
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
        None if earlier.is_some() => format!("{to} is there, as it answered before: probably it dropped this one"),
        None if request.transport == "UDP" => {
            "probably nobody listens there, or something on the way drops it: UDP tells neither".into()
        }
        None => match said(case) {
            Some(ClosedReason { by: ClosedBy::Remote, .. }) => {
                format!("{to} closed the connection in place of an answer")
            }
            Some(ClosedReason { by: ClosedBy::Other, text }) => format!("{} gave up: {text}", short(case.name)),
            _ => "the connection is open: probably the peer hangs".into(),
        },
    });
    lines
}

/// How it ended, as the agent says of the call, or of the registration.
fn said(case: &Case) -> Option<ClosedReason> {
    let registered = case.agent.registration.as_ref().and_then(Option::as_deref);
    let closed = case.dialog.closed.as_ref().map(|(_, param)| param.as_str());
    let said = if case.dialog.method == "REGISTER" { registered } else { closed };
    said.map(closed_reason)
}

/// A provisional response came and no final one.
fn ringing(case: &Case, request: &Row) -> Option<(String, Vec<String>)> {
    let dialog: &Dialog = case.dialog;
    let last = dialog.responses().filter(|row| row.status.is_some_and(|code| code < 200)).last()?;
    let answered = dialog.responses().any(|row| row.status.is_some_and(|code| code >= 200));
    if answered || request.method != "INVITE" {
        return None;
    }
    let best = dialog.responses().filter_map(|row| row.status).filter(|code| *code < 200).max();
    // 183 says that something goes on, and often brings sound; no phone rings for it
    let rang = dialog.responses().any(|row| matches!(row.status, Some(180..=182)));
    let (callee, agent) = match dialog.outgoing {
        true => (case.other_side().map(|(name, _, _)| short(name)), case.other_side().map(|(_, agent, _)| agent)),
        false => (Some(short(case.name)), Some(case.agent)),
    };
    let closed = dialog.closed.as_ref().map(|(time, _)| *time);
    let over = dialog.end.as_ref().map(|end| end.time).or(closed).unwrap_or(case.evidence.end);
    let about = match (rang, best) {
        (true, _) => "rang and was not answered",
        (false, Some(101..)) => "was under way, and nobody rang",
        _ => "was taken by the next server, and nobody rang",
    };
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
