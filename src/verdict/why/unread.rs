//! Messages that an agent could not read: it drops them, and its trace, the source of all SIP in a record, lacks them.

use super::case::Question;
use super::wording::{short, times};
use super::{Evidence, Weighed};
use crate::verdict::Finding;

pub fn find(evidence: &Evidence, question: &Question) -> Vec<Weighed> {
    let unread = evidence.agents.iter().filter_map(|(name, agent)| {
        let (count, first) = agent.unread?;
        let about = format!("SIP at {} that can't be read", short(name));
        let lines = vec![
            format!("{}, the first time at {}", times(count), evidence.clock(first)),
            "neither ladder nor export has it: a capture on the wire does".into(),
        ];
        // it may be what the agent waits for, where nothing else came
        let waits = |method| {
            let last = agent.last(method).filter(|dialog| dialog.outgoing);
            last.is_some_and(|dialog| dialog.request.time <= first && dialog.responses().next().is_none())
        };
        let missed = question.agents.contains(name) && ["INVITE", "MESSAGE", "REGISTER"].into_iter().any(waits);
        Some((if missed { 91 } else { 62 }, Finding { about, lines }))
    });
    unread.collect()
}
