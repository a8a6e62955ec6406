//! `:save FILE`: a session as a test that runs by itself. Pure.
//!
//! A person waits by looking. Where a command came after an event of its agent that no `await` took, the test awaits that event first;
//! and what agents had said at the end, it awaits at its end.

use crate::engine::Statement;
use crate::event::{Body, Event, Time};
use regex::Regex;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, LazyLock};

/// What a call has come to, or what else a next command may depend on. Media and statistics come in no fixed order.
const AWAITED: [&str; 13] = [
    "CALL_INCOMING",
    "CALL_RINGING",
    "CALL_PROGRESS",
    "CALL_ANSWERED",
    "CALL_ESTABLISHED",
    "CALL_HOLD",
    "CALL_RESUME",
    "CALL_CLOSED",
    "CALL_DTMF_START",
    "TRANSFER_FAILED",
    "REGISTER_OK",
    "REGISTER_FAIL",
    "MESSAGE",
];
/// The shortest time limit that is written, in seconds.
const WITHIN: f64 = 5.0;

/// A look at a variable does nothing.
static LOOK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[\w.\[\]]+;?$").expect("a fixed pattern"));

/// What the session's log tells, as far as it counts here.
#[derive(Debug, Default)]
pub struct Seen {
    events: Vec<Notable>,
    commands: Vec<Sent>,
}

#[derive(Debug, Clone)]
struct Notable {
    n: usize,
    agent: Arc<str>,
    name: String,
    param: String,
    /// Seconds after the last command before it.
    after: f64,
}

#[derive(Debug)]
struct Sent {
    n: usize,
    agent: Arc<str>,
    text: String,
    time: Time,
}

impl Seen {
    /// Takes the events in the order of the log.
    pub fn event(&mut self, event: &Event) {
        let (Some(agent), n) = (&event.agent, event.n as usize) else { return };
        match &event.body {
            Body::Command(command) if command.at.is_some() => {
                self.commands.push(Sent { n, agent: agent.clone(), text: command.text.clone(), time: event.time });
            }
            Body::Event(of_agent) if AWAITED.contains(&of_agent.name.as_str()) => self.events.push(Notable {
                n,
                agent: agent.clone(),
                name: of_agent.name.clone(),
                param: of_agent.param.clone(),
                after: self.commands.last().map_or(0.0, |sent| (event.time - sent.time) / 1000.0),
            }),
            _ => {}
        }
    }

    /// The newest event of an agent before a place in the log.
    fn last_of(&self, agent: &str, before: usize) -> Option<&Notable> {
        self.events.iter().rev().find(|event| event.n < before && *event.agent == *agent)
    }
}

/// The session as a Rhai script. `agents`: the variables that hold agents, with the agents' names.
pub fn script(statements: &[Statement], seen: &Seen, agents: &[(String, Arc<str>)]) -> String {
    let taken: HashMap<usize, usize> =
        (0..).zip(statements).flat_map(|(at, one)| one.taken.iter().map(move |n| (*n as usize, at))).collect();
    let mut writer = Writer { seen, agents, taken, written: HashSet::new(), text: String::new() };
    writer.text.push_str("// A session of `telefonist repl`, saved as a test. Awaits with a mark were not typed, but seen to be needed.\n\n");
    let last = statements.iter().rposition(|one| writer.first_command(one).is_some());
    for (at, statement) in statements.iter().enumerate() {
        if !counts(statement, &statements[at + 1..]) {
            continue;
        }
        writer.before(at, statement);
        writer.text.push_str(statement.text.trim_end());
        writer.text.push('\n');
    }
    if let Some(last) = last {
        writer.at_end(statements[last].events.start);
    }
    writer.text
}

/// Not a look at a variable, nor a function that is redefined later.
fn counts(statement: &Statement, later: &[Statement]) -> bool {
    let redefined: BTreeSet<_> = later.iter().flat_map(|later| &later.functions).collect();
    let only_old =
        !statement.functions.is_empty() && statement.functions.iter().all(|function| redefined.contains(function));
    !only_old && !LOOK.is_match(&statement.text)
}

struct Writer<'a> {
    seen: &'a Seen,
    agents: &'a [(String, Arc<str>)],
    /// The event → the statement that awaited it.
    taken: HashMap<usize, usize>,
    /// Events that the script awaits by now though no statement does.
    written: HashSet<usize>,
    text: String,
}

impl<'a> Writer<'a> {
    fn first_command(&self, statement: &Statement) -> Option<&'a Sent> {
        self.seen.commands.iter().find(|sent| statement.events.contains(&sent.n))
    }

    /// What has to be awaited before a statement.
    fn before(&mut self, at: usize, statement: &Statement) {
        let Some(first) = self.first_command(statement) else { return };
        let (seen, begin) = (self.seen, statement.events.start);
        let mut needed: Vec<&Notable> = seen.last_of(&first.agent, begin).into_iter().collect();
        // who is called through a registrar has to be registered
        let others = self.agents.iter().filter(|(_, name)| *name != first.agent && names(&first.text, name));
        needed.extend(
            others.filter_map(|(_, name)| seen.last_of(name, begin)).filter(|event| event.name == "REGISTER_OK"),
        );
        for event in needed {
            match self.taken.get(&event.n) {
                Some(by) if *by <= at => {}
                // a later statement awaits it: it must stay there for that
                Some(_) => {
                    self.text.push_str(&format!("sleep({}ms); // until {}\n", self.pause(event, first), event.name))
                }
                None => self.write(&[event]),
            }
        }
    }

    /// Milliseconds between the command before an event and the one after it.
    fn pause(&self, event: &Notable, next: &Sent) -> u64 {
        let before = self.seen.commands.iter().rev().find(|sent| sent.n < event.n).map_or(next.time, |sent| sent.time);
        ((next.time - before) / 100.0).ceil().clamp(1.0, 600.0) as u64 * 100
    }

    /// What agents said since the last command, and nothing awaited.
    fn at_end(&mut self, last: usize) {
        let seen = self.seen;
        let mut agents: Vec<&str> = vec![];
        for event in seen.events.iter().filter(|event| event.n >= last) {
            if !agents.contains(&&*event.agent) {
                agents.push(&event.agent);
            }
        }
        let left: Vec<&Notable> = agents
            .into_iter()
            .filter_map(|agent| seen.last_of(agent, usize::MAX))
            .filter(|event| !self.taken.contains_key(&event.n))
            .collect();
        self.write(&left);
    }

    fn write(&mut self, events: &[&Notable]) {
        let new: Vec<&Notable> = events.iter().copied().filter(|event| self.written.insert(event.n)).collect();
        let waiters: Vec<String> = new.iter().map(|event| self.waiter(event)).collect();
        let within = new.iter().map(|event| (event.after * 2.0 / 5.0).ceil() * 5.0).fold(WITHIN, f64::max);
        match &waiters[..] {
            [] => {}
            [one] => self.text.push_str(&format!("await {one} within {within}s; // seen\n")),
            all => self.text.push_str(&format!("await all([{}]) within {within}s; // seen\n", all.join(", "))),
        }
    }

    fn waiter(&self, event: &Notable) -> String {
        let variable = self.agents.iter().rev().find(|(_, name)| *name == event.agent);
        let agent = variable.map_or_else(|| format!("on({:?})", &*event.agent), |(variable, _)| variable.clone());
        match event.name.as_str() {
            "CALL_DTMF_START" => format!("{agent}.dtmf({:?})", event.param),
            name => format!("{agent}.event(\"{name}\")"),
        }
    }
}

/// Whether a command names an agent.
fn names(command: &str, agent: &str) -> bool {
    command.split(|c: char| !c.is_alphanumeric() && !"-_.".contains(c)).any(|word| word == agent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{AgentEvent, At, Command};

    /// A log of lines "alice > dial bob" and "bob CALL_INCOMING", a second apart.
    fn seen(lines: &[&str]) -> Seen {
        let mut seen = Seen::default();
        for (n, line) in lines.iter().enumerate() {
            let (agent, what) = line.split_once(' ').unwrap();
            let at = Some(At { source: "session".into(), line: 1, column: 1 });
            let body = match what.strip_prefix("> ") {
                Some(text) => Body::Command(Command { text: text.into(), at }),
                None => Body::Event(AgentEvent { name: what.into(), ..Default::default() }),
            };
            seen.event(&Event { n: n as u64, time: Time(n as f64 * 1000.0), agent: Some(agent.into()), body });
        }
        seen
    }

    fn statement(text: &str, events: std::ops::Range<usize>, taken: &[u64]) -> Statement {
        let functions = text.strip_prefix("fn ").map(|rest| (rest[..1].to_string(), 0)).into_iter().collect();
        Statement { text: text.into(), events, taken: taken.to_vec(), value: None, functions }
    }

    fn saved(statements: &[Statement], seen: &Seen) -> Vec<String> {
        let agents = [("a".to_string(), "alice".into()), ("bob".to_string(), "bob".into())];
        let text = script(statements, seen, &agents);
        text.lines().skip(2).map(str::to_string).collect()
    }

    const LOG: [&str; 8] = [
        "alice > dial bob",
        "bob CALL_INCOMING",
        "bob > accept",
        "alice CALL_ESTABLISHED",
        "bob CALL_ESTABLISHED",
        "alice > hangup",
        "alice CALL_CLOSED",
        "bob CALL_CLOSED",
    ];

    #[test]
    fn what_a_command_needed_and_what_came_last_is_awaited() {
        let statements = [
            statement("let a = agent(\"alice\"); ", 0..0, &[]),
            statement("a;", 0..0, &[]),
            statement("fn f() { 1 }", 0..0, &[]),
            statement("fn f() { 2 }", 0..0, &[]),
            statement("a.dial(bob);", 0..1, &[]),
            statement("bob.accept();", 2..3, &[]),
            statement("a.hangup();", 5..6, &[]),
        ];
        assert_eq!(
            saved(&statements, &seen(&LOG)),
            [
                "let a = agent(\"alice\");",
                "fn f() { 2 }",
                "a.dial(bob);",
                "await bob.event(\"CALL_INCOMING\") within 5s; // seen",
                "bob.accept();",
                "await a.event(\"CALL_ESTABLISHED\") within 5s; // seen",
                "a.hangup();",
                "await all([a.event(\"CALL_CLOSED\"), bob.event(\"CALL_CLOSED\")]) within 5s; // seen",
            ]
        );
    }

    #[test]
    fn what_a_statement_awaits_is_not_awaited_twice() {
        let statements = [
            statement("a.dial(bob);", 0..1, &[]),
            statement("await bob.event(\"CALL_INCOMING\");", 1..2, &[1]),
            statement("bob.accept();", 2..3, &[]),
            statement("a.hangup();", 5..6, &[]),
            statement("await a.established();", 6..6, &[3]),
            statement("await bob.closed();", 8..8, &[7]),
        ];
        assert_eq!(
            saved(&statements, &seen(&LOG)),
            [
                "a.dial(bob);",
                "await bob.event(\"CALL_INCOMING\");",
                "bob.accept();",
                "sleep(3000ms); // until CALL_ESTABLISHED",
                "a.hangup();",
                "await a.established();",
                "await bob.closed();",
                "await a.event(\"CALL_CLOSED\") within 5s; // seen",
            ]
        );
    }

    #[test]
    fn who_is_called_through_a_registrar_is_registered_before() {
        let log = ["alice REGISTER_OK", "bob REGISTER_OK", "alice > dial sip:bob@pbx"];
        let lines = saved(&[statement("a.dial(\"sip:bob@pbx\");", 2..3, &[])], &seen(&log));
        assert_eq!(
            lines,
            [
                "await a.event(\"REGISTER_OK\") within 5s; // seen",
                "await bob.event(\"REGISTER_OK\") within 5s; // seen",
                "a.dial(\"sip:bob@pbx\");",
            ]
        );
    }
}
