//! Messages that an agent could not read: it drops them, and its trace, the source of all SIP in a record, lacks them.

use super::agent::Agent;
use super::case::Question;
use super::wording::{short, times};
use super::{Evidence, Weighed};
use crate::event::Time;
use crate::verdict::Finding;

pub fn find(evidence: &Evidence, question: &Question) -> Vec<Weighed> {
    let unread = evidence.agents.iter().filter_map(|(name, agent)| {
        let (count, first, said) = agent.unread.as_ref()?;
        let (reason, rule) = reason(said);
        let about = format!("SIP at {} that can't be read{reason}", short(name));
        let mut lines = vec![
            format!("{}, the first time at {}", times(*count), evidence.clock(*first)),
            "neither ladder nor export has it: a capture on the wire does".into(),
        ];
        lines.extend(rule.map(String::from));
        let missed = question.agents.contains(name) && is_missed(agent, *first, question);
        Some((if missed { 91 } else { 62 }, Finding { about, lines }))
    });
    unread.collect()
}

/// It may be what the agent waits for, where nothing else came.
fn is_missed(agent: &Agent, first: Time, question: &Question) -> bool {
    let is_unanswered = |method| {
        let last = agent.last(method).filter(|dialog| dialog.outgoing);
        last.is_some_and(|dialog| dialog.request.time <= first && dialog.responses().next().is_none())
    };
    let never_came = |(method, event): (&str, &str)| {
        let awaited = question.awaits(event) || question.awaits(&format!("SIP {method}"));
        awaited && agent.last(method).is_none_or(|dialog| dialog.outgoing)
    };
    ["INVITE", "MESSAGE", "REGISTER"].into_iter().any(is_unanswered)
        || [("INVITE", "CALL_INCOMING"), ("MESSAGE", "MESSAGE")].into_iter().any(never_came)
}

/// What the agent's log says, where it says more than that the message is bad, and the rule that was broken.
fn reason(said: &str) -> (&'static str, Option<&'static str>) {
    if said.contains("no Content-Length") {
        let rule = "over TCP and TLS only Content-Length says where a message ends (RFC 3261 section 20.14)";
        return (": it has no Content-Length", Some(rule));
    }
    if said.contains("not SIP/2.0") || said.contains("neither a request nor a status line") {
        return (": its first line is not that of SIP", None);
    }
    ("", None)
}
