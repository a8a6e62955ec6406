//! Which events a session shows, and a description of them in words.

use crate::diagnostic::{Diagnostic, nearest};
use crate::event::{Body, EVENT_NAMES, Event, Note};
use std::sync::Arc;

/// What `:show` takes beside the names of agents and events.
pub const KINDS: [(&str, &str); 5] = [
    ("events", "what agents say of their calls, registrations, messages"),
    ("sip", "SIP messages"),
    ("commands", "commands and their answers"),
    ("log", "the agents' own log lines"),
    ("notes", "what the host does: agents that start and stop, waits"),
];
/// What comes all the time, or with every call.
const NOISE: [&str; 7] =
    ["CALL_LOCAL_SDP", "CALL_REMOTE_SDP", "CALL_RTCP", "CREATE", "SHUTDOWN", "VU_RX_REPORT", "VU_TX_REPORT"];

/// What is shown. Warnings, what a script prints, and agents that die are shown in any case.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Names of [`KINDS`].
    kinds: Vec<&'static str>,
    /// All, if empty.
    agents: Vec<String>,
    /// Names of events; all but noise, if empty.
    names: Vec<String>,
}

impl Default for Shown {
    fn default() -> Shown {
        Shown { kinds: vec!["events"], agents: vec![], names: vec![] }
    }
}

impl Shown {
    /// What `:show` is given: kinds, agents' names and events' names in any order; `all`, `nothing` or `default`.
    ///
    /// # Errors
    /// A word that is none of them, with the nearest.
    pub fn of(words: &str, agents: &[Arc<str>]) -> Result<Shown, Diagnostic> {
        let mut shown = Shown { kinds: vec![], agents: vec![], names: vec![] };
        for word in words.split([' ', ',']).filter(|word| !word.is_empty()) {
            let kind = KINDS.iter().find(|(kind, _)| *kind == word).map(|(kind, _)| *kind);
            let event = EVENT_NAMES.iter().find(|name| name.eq_ignore_ascii_case(word));
            match (word, kind, event) {
                ("all", ..) => shown.kinds.extend(KINDS.map(|(kind, _)| kind)),
                ("default", ..) => return Ok(Shown::default()),
                ("nothing", ..) => return Ok(shown),
                (_, Some(kind), _) => shown.kinds.push(kind),
                (_, _, Some(event)) => shown.names.push(event.to_string()),
                _ if agents.iter().any(|agent| **agent == *word) => shown.agents.push(word.to_string()),
                _ => return Err(unknown(word, agents)),
            }
        }
        if !shown.names.is_empty() && !shown.kinds.contains(&"events") || shown.kinds.is_empty() {
            shown.kinds.push("events");
        }
        Ok(shown)
    }

    pub fn has(&self, event: &Event) -> bool {
        let always = match &event.body {
            Body::Log(line) => matches!(line.level.as_str(), "warning" | "error"),
            Body::Note(note) => {
                matches!(
                    note,
                    Note::Print { .. } | Note::Warning { .. } | Note::AgentLost { .. } | Note::CheckFailed { .. }
                )
            }
            _ => false,
        };
        let kind = match &event.body {
            Body::Event(_) => "events",
            Body::Sip(_) => "sip",
            Body::Log(_) => "log",
            Body::Command(_) | Body::Response(_) => "commands",
            Body::Note(_) => "notes",
        };
        let named = match &event.body {
            Body::Event(of_agent) if self.names.is_empty() => !NOISE.contains(&of_agent.name.as_str()),
            Body::Event(of_agent) => self.names.iter().any(|name| name.eq_ignore_ascii_case(&of_agent.name)),
            _ => true,
        };
        let agent =
            event.agent.as_deref().is_none_or(|agent| self.agents.is_empty() || self.agents.iter().any(|a| a == agent));
        always || self.kinds.contains(&kind) && named && agent
    }

    /// One line: what is shown, and how to change it.
    pub fn in_words(&self) -> String {
        let of = match self.agents.is_empty() {
            true => "all agents".to_string(),
            false => self.agents.join(", "),
        };
        let named = if self.names.is_empty() { String::new() } else { format!(" ({})", self.names.join(", ")) };
        match self.kinds.is_empty() {
            true => "shown: nothing but warnings".to_string(),
            false => format!("shown: {}{named} of {of}", self.kinds.join(", ")),
        }
    }
}

fn unknown(word: &str, agents: &[Arc<str>]) -> Diagnostic {
    let kinds = KINDS.iter().map(|(kind, _)| *kind).chain(["all", "nothing", "default"]);
    let known = kinds.chain(agents.iter().map(|agent| &**agent)).chain(EVENT_NAMES.iter().copied());
    let shown: String = word.chars().filter(|c| !crate::diagnostic::is_invisible(*c)).take(60).collect();
    let problem = Diagnostic::error(format!("`{shown}` is no kind of event, no event and no agent"));
    problem.advice(match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            "`:show` takes events, sip, commands, log, notes, all, nothing, default, agents and names of events".into()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{AgentEvent, LogLine, Time};

    fn event(agent: &str, name: &str) -> Event {
        let body = Body::Event(AgentEvent { name: name.into(), ..Default::default() });
        Event { n: 0, time: Time(0.0), agent: Some(agent.into()), body }
    }

    #[test]
    fn words_pick_kinds_agents_and_names() {
        let agents: Vec<Arc<str>> = vec!["alice".into(), "bob".into()];
        let of = |words| Shown::of(words, &agents).unwrap();
        assert!(
            Shown::default().has(&event("bob", "CALL_CLOSED")) && !Shown::default().has(&event("bob", "CALL_RTCP"))
        );
        let one = of("alice call_closed");
        assert_eq!(one.in_words(), "shown: events (CALL_CLOSED) of alice");
        assert!(one.has(&event("alice", "CALL_CLOSED")) && !one.has(&event("bob", "CALL_CLOSED")));
        assert!(!one.has(&event("alice", "CALL_RINGING")));
        assert!(of("CALL_RTCP").has(&event("alice", "CALL_RTCP")));
        let line = |level: &str| Event {
            body: Body::Log(LogLine { level: level.into(), text: "x".into() }),
            ..event("bob", "")
        };
        assert!(of("nothing").has(&line("error")) && !of("events").has(&line("info")) && of("all").has(&line("info")));
        assert_eq!(of("nothing").in_words(), "shown: nothing but warnings");
        assert_eq!(of("sip,events").in_words(), "shown: sip, events of all agents");
        assert_eq!(of("all default"), Shown::default());
        let problem = Shown::of("alic", &agents).unwrap_err();
        assert_eq!(problem.advice.as_deref(), Some("did you mean `alice`?"));
    }
}
