//! Requests that came to an agent and belong to none of its calls: another Call-ID, or none at all.

use super::agent::Agent;
use super::case::Question;
use super::dialog::Dialog;
use super::malformed::NECESSARY;
use super::wording::short;
use super::{Evidence, Weighed};
use crate::event::Time;
use crate::verdict::Finding;

/// Above what the call shows that the request was meant for: nobody hung up, or it rang on.
const WEIGHT: u8 = 92;

/// Requests that always belong to a call; others do where their To has a tag.
const WITHIN_A_CALL: [&str; 6] = ["ACK", "BYE", "CANCEL", "INFO", "PRACK", "UPDATE"];

/// For agents that waited for such a request, or for what it brings about.
pub fn find(evidence: &Evidence, question: &Question) -> Vec<Weighed> {
    let strays = question.agents.iter().filter_map(|name| {
        let agent = evidence.agents.get(name)?;
        let (about, src, time, rule) = without_call_id(agent, name, question).or_else(|| {
            let rule = "a call is known by its Call-ID and both tags (RFC 3261 section 12)";
            let dialog = agent.dialogs.iter().rfind(|dialog| is_stray(dialog, agent, question))?;
            let (method, id) = (short(&dialog.method), short(&dialog.call_id));
            let about = format!("the {method} that came to {} has the Call-ID {id}, which no call has", short(name));
            Some((about, dialog.rows.front()?.src.as_str(), dialog.began, rule))
        })?;
        let came = format!("it came from {} at {}", evidence.names.of_address(src), evidence.clock(time));
        Some((WEIGHT, Finding { about, lines: vec![came, rule.into()] }))
    });
    strays.collect()
}

fn without_call_id<'a>(
    agent: &'a Agent,
    name: &str,
    question: &Question,
) -> Option<(String, &'a str, Time, &'static str)> {
    let request = agent.nameless.as_ref().filter(|request| is_awaited(&request.method, question))?;
    let about = format!("the {} that came to {} has no Call-ID", short(&request.method), short(name));
    Some((about, &request.src, request.time, NECESSARY))
}

/// The agent refused it, or could not answer as it was an ACK: it is of no call that was forgotten here.
fn is_stray(dialog: &Dialog, agent: &Agent, question: &Question) -> bool {
    let method = dialog.method.as_str();
    let refused = dialog.rows.iter().any(|row| row.out && row.status >= Some(400));
    let is_within = dialog.rows.front().is_some_and(|row| WITHIN_A_CALL.contains(&method) || !row.tag.is_empty());
    let is_one = refused || (method == "ACK" && !agent.is_full());
    !dialog.outgoing && is_within && is_one && is_awaited(method, question)
}

fn is_awaited(method: &str, question: &Question) -> bool {
    let brings: &[&str] = match method {
        "ACK" => &["CALL_ESTABLISHED", "CALL_RTPESTAB"],
        "BYE" | "CANCEL" => &["CALL_CLOSED"],
        "INVITE" => &["CALL_INCOMING", "CALL_HOLD", "CALL_RESUME"],
        "INFO" => &["DTMF"],
        "NOTIFY" => &["TRANSFER", "CALL_CLOSED"],
        "REFER" => &["CALL_TRANSFER"],
        _ => &[],
    };
    question.awaits(method) || brings.iter().any(|word| question.awaits(word))
}
