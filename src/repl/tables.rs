//! The agents and the calls of a run, from its events, as lines of a table.

use crate::diagnostic::is_invisible;
use crate::event::{Body, Event, Note, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of the agents and their calls.
#[derive(Debug, Default)]
pub struct Tables {
    agents: Vec<(Arc<str>, Agent)>,
    /// By the agent's name and baresip's id of the call.
    calls: BTreeMap<(Arc<str>, String), Call>,
    /// In the order in which they began.
    order: Vec<(Arc<str>, String)>,
}

#[derive(Debug, Default)]
struct Agent {
    aor: String,
    address: String,
    state: String,
    registration: Option<String>,
}

#[derive(Debug)]
struct Call {
    outgoing: bool,
    peer: String,
    state: String,
    since: Time,
}

impl Tables {
    /// Takes the events in the order of the log.
    pub fn event(&mut self, event: &Event) {
        let Some(name) = &event.agent else { return };
        match &event.body {
            Body::Note(note) => self.note(name, note),
            Body::Event(of_agent) => {
                if let Some(word) = of_agent.name.strip_prefix("REGISTER_") {
                    let told = if word == "OK" {
                        "registered".to_string()
                    } else {
                        format!("not registered: {}", of_agent.param)
                    };
                    self.agent(name).registration = Some(told);
                }
                let (Some(id), true) = (&of_agent.call, of_agent.name.starts_with("CALL_")) else { return };
                self.call(name, id, &of_agent.name, &of_agent.param, event.time, |call| {
                    if let Some(peer) = of_agent.peer.as_ref().filter(|peer| !peer.is_empty()) {
                        call.peer = peer.clone();
                    }
                    if let Some(direction) = &of_agent.direction {
                        call.outgoing = direction == "outgoing";
                    }
                });
            }
            _ => {}
        }
    }

    fn agent(&mut self, name: &Arc<str>) -> &mut Agent {
        let place = self.agents.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            self.agents.push((name.clone(), Agent::default()));
            self.agents.len() - 1
        });
        &mut self.agents[place].1
    }

    fn note(&mut self, name: &Arc<str>, note: &Note) {
        let state = match note {
            Note::AgentStarting { aor, address, .. } => {
                *self.agent(name) = Agent { aor: aor.clone(), address: address.clone(), ..Agent::default() };
                "starting".to_string()
            }
            Note::AgentReady { .. } => "ready".into(),
            Note::AgentStopping => "being stopped".into(),
            Note::AgentStopped { .. } => "stopped".into(),
            Note::AgentLost { status } => format!("went away by itself: {status}"),
            _ => return,
        };
        self.agent(name).state = state;
        if matches!(note, Note::AgentStarting { .. } | Note::AgentStopped { .. } | Note::AgentLost { .. }) {
            self.calls.retain(|(agent, _), _| agent != name);
        }
    }

    fn call(&mut self, agent: &Arc<str>, id: &str, name: &str, param: &str, time: Time, tell: impl FnOnce(&mut Call)) {
        let key = (agent.clone(), id.to_string());
        let state = match name {
            "CALL_CLOSED" => {
                self.calls.remove(&key);
                return;
            }
            "CALL_INCOMING" => "incoming".to_string(),
            "CALL_OUTGOING" => "calling".into(),
            "CALL_RINGING" => "ringing".into(),
            "CALL_PROGRESS" => "ringing, early media".into(),
            "CALL_ESTABLISHED" | "CALL_RESUME" => "established".into(),
            "CALL_HOLD" => "on hold".into(),
            "CALL_TRANSFER" | "TRANSFER" => format!("transferred to {param}"),
            _ => String::new(),
        };
        if !self.calls.contains_key(&key) {
            if state.is_empty() {
                return;
            }
            self.order.push(key.clone());
        }
        let outgoing = name != "CALL_INCOMING";
        let call =
            self.calls.entry(key).or_insert(Call { outgoing, peer: String::new(), state: String::new(), since: time });
        tell(call);
        if !state.is_empty() && call.state != state {
            (call.state, call.since) = (state, time);
        }
    }

    /// `:agents`. `declared`: those that a script has made, started or not; `current`: takes classic commands that name none.
    pub fn agents(&self, declared: &[(String, Arc<str>)]) -> String {
        let mut lines = vec![];
        for (name, agent) in &self.agents {
            let variable = declared.iter().find(|(_, known)| known == name).map(|(variable, _)| variable.as_str());
            let variable = variable.filter(|variable| *variable != &**name).map(|v| format!("  (variable {v})"));
            let registration = agent.registration.as_ref().map(|told| format!(", {told}")).unwrap_or_default();
            let words =
                [&agent.aor, "  ", &agent.address, "  ", &agent.state, &registration, &variable.unwrap_or_default()];
            lines.push(format!("{name:10} {}", words.concat()));
        }
        for (variable, name) in declared.iter().filter(|(_, name)| !self.agents.iter().any(|(known, _)| known == name))
        {
            let variable = if *variable == **name { String::new() } else { format!("  (variable {variable})") };
            lines.push(format!("{name:10} starts with its first command{variable}"));
        }
        told(lines, "there is no agent yet: let alice = agent(\"alice\")")
    }

    /// `:calls`, at a time.
    pub fn calls(&self, now: Time) -> String {
        let line = |key: &(Arc<str>, String)| {
            let call = self.calls.get(key)?;
            let arrow = if call.outgoing { "->" } else { "<-" };
            let peer = call.peer.split([';', '>']).next().unwrap_or_default().trim_start_matches('<');
            let seconds = ((now - call.since) / 1000.0).max(0.0);
            Some(format!("{:10} {arrow} {peer}  {}, {seconds:.1} s", key.0, call.state))
        };
        told(self.order.iter().filter_map(line).collect(), "there is no call now")
    }
}

fn told(lines: Vec<String>, none: &str) -> String {
    if lines.is_empty() {
        return format!("{none}\n");
    }
    let safe = |line: String| line.chars().map(|c| if is_invisible(c) { '\u{fffd}' } else { c }).collect::<String>();
    lines.into_iter().map(|line| format!("{}\n", safe(line).trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::AgentEvent;

    fn event(agent: &str, name: &str, call: &str, peer: &str) -> Event {
        let of_agent = AgentEvent {
            name: name.into(),
            call: Some(call.into()),
            peer: Some(peer.into()),
            direction: Some(if agent == "alice" { "outgoing" } else { "incoming" }.into()),
            ..Default::default()
        };
        Event { n: 0, time: Time(1000.0), agent: Some(agent.into()), body: Body::Event(of_agent) }
    }

    #[test]
    fn agents_and_calls_are_told_as_they_are_now() {
        let mut tables = Tables::default();
        assert!(tables.calls(Time(0.0)).contains("no call") && tables.agents(&[]).contains("let alice"));
        let starting =
            Note::AgentStarting { aor: "sip:bob@h".into(), address: "h:5".into(), local: true, baresip: "b".into() };
        for note in [starting, Note::AgentReady { milliseconds: 5.0 }] {
            tables.event(&Event { n: 0, time: Time(0.0), agent: Some("bob".into()), body: Body::Note(note) });
        }
        tables.event(&event("alice", "CALL_OUTGOING", "1", "sip:bob@h;x=y"));
        tables.event(&event("bob", "CALL_INCOMING", "2", "sip:a\u{1b}@h"));
        tables.event(&event("alice", "CALL_ESTABLISHED", "1", "sip:bob@h;x=y"));
        assert_eq!(
            tables.calls(Time(3500.0)),
            "alice      -> sip:bob@h  established, 2.5 s\nbob        <- sip:a\u{fffd}@h  incoming, 2.5 s\n"
        );
        let declared = [("b".to_string(), "bob".into()), ("carol".to_string(), "carol".into())];
        assert_eq!(
            tables.agents(&declared),
            "bob        sip:bob@h  h:5  ready  (variable b)\ncarol      starts with its first command\n"
        );
        tables.event(&event("alice", "CALL_CLOSED", "1", ""));
        let gone = Note::AgentStopped { status: "x".into() };
        tables.event(&Event { n: 0, time: Time(0.0), agent: Some("bob".into()), body: Body::Note(gone) });
        assert_eq!(tables.calls(Time(0.0)), "there is no call now\n");
    }
}
