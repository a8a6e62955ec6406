//! ACKs and BYEs that never left: the connection was lost, or the peer's Contact takes none. The other side still has a call, or has none
//! where the agent has one.

use super::case::Case;
use super::connections::UNDER_WAY;
use super::row::Row;
use super::wording::short;
use super::{Evidence, Weighed};
use crate::event::{ClosedBy, closed_reason};
use crate::verdict::{Finding, Reason};

/// The method that did not leave, and what is known of it.
fn unsent(case: &Case) -> Option<(&'static str, Vec<String>)> {
    let dialog = case.dialog;
    let is_answer = |row: &&Row| !row.out && row.method == "INVITE" && matches!(row.status, Some(200..300));
    let answer = dialog.rows.iter().rfind(is_answer);
    let acknowledged = answer.is_none() || !dialog.unacknowledged;
    let by_agent = dialog.closed.as_ref().filter(|(_, param)| closed_reason(param).by == ClosedBy::Local);
    let left = dialog.end.is_some() || dialog.said_goodbye;
    let hung_up = by_agent.filter(|_| dialog.established.is_some() && !left).map(|(time, _)| *time);
    // the agent ends its call at once where the answer's Contact, well formed, is in a network that it has no socket for
    let gave_up = dialog.closed.as_ref().filter(|(time, param)| {
        let by = closed_reason(param).by;
        let by_error = matches!(by, ClosedBy::Other | ClosedBy::Refused);
        by_error && dialog.malformed.is_empty() && answer.is_some_and(|answer| answer.first <= *time)
    });
    let of = |method: &str| dialog.unsent.iter().find(|(known, _)| known == method);
    let (method, said) = match (of("ACK"), of("BYE").filter(|_| hung_up.is_some())) {
        // where the BYE has no way, the ACK before it had none
        (ack, bye) if answer.is_some() && !acknowledged && (ack.is_some() || bye.is_some()) => ("ACK", ack.or(bye)),
        (_, Some(said)) => ("BYE", Some(said)),
        (Some(_), None) => return None,
        (None, None) if gave_up.is_some() && !acknowledged => ("ACK", None),
        (None, None) => {
            // other agents do not say it: over a connection what was not sent for long was never sent
            let since = match (answer.filter(|_| !acknowledged), hung_up) {
                (Some(answer), _) => answer.first,
                (None, time) => time?,
            };
            let over_connection = dialog.rows.iter().all(|row| row.transport != "UDP");
            if !over_connection || case.evidence.stopped - since < UNDER_WAY {
                return None;
            }
            (if acknowledged { "BYE" } else { "ACK" }, None)
        }
    };
    // who has been stopped takes nothing any more, and the test knows
    if case.other_side().is_some_and(|(_, other, _)| other.stopping || other.lost.is_some()) {
        return None;
    }
    let contact = dialog.contact.as_deref().map(short);
    let mut lines = vec![];
    if let Some((target, why)) = said.and_then(|(_, why)| why.rsplit_once(": ")) {
        let place = target.strip_prefix("sip:").unwrap_or(target);
        let place =
            short(place.rsplit_once('@').map_or(place, |(_, place)| place).split(';').next().unwrap_or_default());
        lines.push(match why {
            "Connection refused" => format!("{place}, where it had to go, refuses connections"),
            why => format!("there is no connection to {place}, where it had to go: {}", short(why)),
        });
    }
    if let (Some((_, param)), "ACK") = (gave_up, method) {
        lines.push(format!("{} ended the call at once: {}", short(case.name), short(&closed_reason(param).text)));
    }
    lines.extend(contact.map(|contact| format!("the Contact of the answer is {contact}")));
    lines.push(match method {
        "ACK" => "the peer has no call without it, and sends its answer again".to_string(),
        _ => "the peer knows nothing of the end: its call goes on".to_string(),
    });
    Some((method, lines))
}

fn about(case: &Case, method: &str) -> String {
    let name = short(case.name);
    match method {
        "ACK" => format!("{name}'s ACK to the answer in {} was never sent", case.title()),
        _ => format!("{name}'s BYE in {} was never sent", case.title()),
    }
}

pub fn find(case: &Case) -> Option<Weighed> {
    let (method, lines) = unsent(case)?;
    Some((96, Finding { about: about(case, method), lines }))
}

/// What speaks against a run that would pass: a call that was not what the test takes it for.
pub fn reasons(evidence: &Evidence) -> Vec<Reason> {
    let cases = evidence.agents.iter().flat_map(|(name, agent)| {
        agent.dialogs.iter().filter(|dialog| dialog.is_call()).map(move |dialog| Case { evidence, name, agent, dialog })
    });
    let reason = |case: Case| {
        let (method, details) = unsent(&case)?;
        Some(Reason { details, ..Reason::new(about(&case, method)) })
    };
    cases.filter_map(reason).take(super::FINDINGS).collect()
}
