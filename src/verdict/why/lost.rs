//! Agents that died, hung or did not start: their last words.

use super::wording::short;
use super::{Evidence, LINES, Weighed};
use crate::verdict::{Finding, Verdict};

pub fn find(evidence: &Evidence, verdict: &Verdict) -> Vec<Weighed> {
    let told = |name: &str, words: &str| {
        let start = format!("agent `{name}` {words}");
        verdict.reasons.iter().any(|reason| reason.message.starts_with(&start))
    };
    let lost = evidence.agents.iter().filter_map(|(name, agent)| {
        let name = &**name;
        let (about, first) = match &agent.lost {
            Some((status, time)) => {
                (format!("agent {} went away", short(name)), format!("{} after {}", status, evidence.clock(*time)))
            }
            None if told(name, "does not answer") => {
                let last = agent.commands.back().map(|given| format!("its last command: `{}`", short(&given.text)));
                (format!("agent {} hangs", short(name)), last.unwrap_or_else(|| "it took no command".into()))
            }
            None if told(name, "did not start") => {
                (format!("agent {} did not start", short(name)), "it never took a command".into())
            }
            None => return None,
        };
        let mut lines = vec![first];
        let quit = agent.commands.iter().rfind(|given| agent.lost.is_some() && given.text.trim() == "quit");
        let place = quit.and_then(|given| given.at.as_ref());
        lines.extend(place.map(|at| format!("it was told to: `quit` at {}:{}", at.source, at.line)));
        // what it complained of first, then what it did last
        lines.extend(agent.alarms.iter().rev().take(3).rev().map(|(_, line)| format!("warning: {line}")));
        let room = LINES.saturating_sub(lines.len());
        let skipped = agent.lines.len().saturating_sub(room);
        lines.extend(agent.lines.iter().skip(skipped).map(|line| format!("log: {line}")));
        Some((100, Finding { about, lines }))
    });
    lost.collect()
}
