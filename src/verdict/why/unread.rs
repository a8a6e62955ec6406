//! Messages that an agent could not read: it drops them, and its trace, of which all SIP of a record is made, lacks them.

use super::wording::{short, times};
use super::{Evidence, Weighed};
use crate::verdict::Finding;

pub fn find(evidence: &Evidence) -> Vec<Weighed> {
    let unread = evidence.agents.iter().filter_map(|(name, agent)| {
        let (count, first) = agent.unread?;
        let about = format!("SIP at {} that can't be read", short(name));
        let lines = vec![
            format!("{}, the first time at {}", times(count), evidence.clock(first)),
            "neither ladder nor export has it: a capture on the wire does".into(),
        ];
        Some((62, Finding { about, lines }))
    });
    unread.collect()
}
