//! Calls that an agent refused to make.

use super::case::Question;
use super::wording::short;
use super::{Evidence, Weighed, connections, traversal};
use crate::event::without_error_number;
use crate::verdict::Finding;

/// The most that are listed: after the first ones the cause is clear.
const TOLD: usize = 2;

pub fn find(evidence: &Evidence, question: &Question) -> Vec<Weighed> {
    let refused = evidence.agents.iter().filter_map(|(name, agent)| {
        let given = agent.commands.iter().rev().find(|given| given.text.starts_with("dial "))?;
        let answer = given.refused.as_deref()?;
        let target = given.text.split_ascii_whitespace().nth(1)?;
        let said = answer.rsplit_once("failed: ").map_or(answer, |(_, why)| why);
        let mut lines = vec![format!("the agent says: {}", short(without_error_number(said.trim())))];
        lines.extend(traversal::unusable(agent));
        lines.extend(connections::unreachable(target, name, agent));
        let weight = if question.agents.contains(name) { 89 } else { 72 };
        Some((weight, Finding { about: format!("{} did not call {}", short(name), short(target)), lines }))
    });
    let mut refused: Vec<Weighed> = refused.collect();
    refused.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    refused.truncate(TOLD);
    refused
}
