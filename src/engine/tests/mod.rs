//! The engine as a whole, on a host that plays the agents.

mod advice;
mod awaits;
mod blocks;
mod checking;
mod endings;
mod errors;
mod inputs;
mod language;
mod losses;
mod modules;
mod session;
mod suggesting;
mod waiters;

use super::rules::tests::{event, log_of};
use super::*;
use crate::diagnostic::Source;
use crate::event::{AgentEvent, At, Body, Clock, Command, Ended, Event, How, Log, Note, Response};
use crate::script::Script;
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn run(program: &Program, host: Arc<dyn Host>, limits: &ScriptLimits) -> Ended {
    super::run(program, host, limits, None)
}

/// A host without agents: commands are recorded, and answered by events that the test names.
struct FakeHost {
    log: Log,
    agents: Mutex<Vec<Arc<str>>>,
    asks: Mutex<Vec<AgentAsk>>,
    /// A command's text ("bob accept") → what is pushed when it comes.
    reactions: Vec<(String, Vec<Arc<Event>>)>,
    /// Commands that are answered with `ok: false`.
    refused: Vec<String>,
    /// A command's text → the agent that goes away by itself when it comes.
    losing: Vec<(String, Arc<str>)>,
}

impl FakeHost {
    fn new() -> FakeHost {
        FakeHost::with_clock(Clock::system())
    }

    fn with_clock(clock: Clock) -> FakeHost {
        FakeHost {
            log: Log::new(clock),
            agents: Mutex::default(),
            asks: Mutex::default(),
            reactions: vec![],
            refused: vec![],
            losing: vec![],
        }
    }

    /// When this command comes, those events happen ("bob CALL_CLOSED c1 486 Busy Here", and as [`log_of`] has them).
    fn on(mut self, command: &str, events: &[&str]) -> FakeHost {
        self.reactions.push((command.to_string(), log_of(events)));
        self
    }

    fn refusing(mut self, command: &str) -> FakeHost {
        self.refused.push(command.to_string());
        self
    }

    fn losing(mut self, command: &str, agent: &str) -> FakeHost {
        self.losing.push((command.to_string(), agent.into()));
        self
    }

    fn push(&self, text: &str) {
        let (agent, of_agent) = event(text);
        self.log.push(Some(&agent.as_str().into()), Body::Event(of_agent));
    }

    fn commands(&self) -> Vec<String> {
        let command = |event: &Arc<Event>| match &event.body {
            Body::Command(command) => Some(format!("{} {}", event.agent.as_deref().unwrap(), command.text)),
            _ => None,
        };
        self.log.since(0).iter().filter_map(command).collect()
    }

    fn notes(&self) -> Vec<Note> {
        let note = |event: &Arc<Event>| match &event.body {
            Body::Note(note) => Some(note.clone()),
            _ => None,
        };
        self.log.since(0).iter().filter_map(note).collect()
    }

    fn prints(&self) -> Vec<String> {
        let print = |note: Note| match note {
            Note::Print { text } => Some(text),
            _ => None,
        };
        self.notes().into_iter().filter_map(print).collect()
    }
}

impl Host for FakeHost {
    fn log(&self) -> &Log {
        &self.log
    }

    fn declare(&self, ask: AgentAsk, _: &At) -> Result<Arc<str>, Ended> {
        if ask.account.is_empty() {
            return Err(Ended::error("an agent needs a name"));
        }
        let aor = ask.account.trim_start_matches('<').split(['>', ';']).next().unwrap_or_default().to_string();
        let name: Arc<str> = ask.name.clone().unwrap_or(aor).into();
        self.agents.lock().unwrap().push(name.clone());
        self.asks.lock().unwrap().push(ask);
        Ok(name)
    }

    fn start(&self, _: &[Arc<str>], _: &At) -> Result<(), Ended> {
        Ok(())
    }

    fn find(&self, alias: &str) -> Option<Arc<str>> {
        let agents = self.agents.lock().unwrap();
        agents.iter().find(|name| ***name == *alias || format!("sip:{name}@127.0.0.1") == alias).cloned()
    }

    fn command_in(&self, agent: &Arc<str>, call: Option<&str>, text: &str, at: &At) -> Result<Reply, Ended> {
        let said = call.map_or_else(|| text.to_string(), |call| format!("{text} in {call}"));
        let text = said.as_str();
        let time = self.log.now();
        let to = self.log.push(Some(agent), Body::Command(Command { text: text.into(), at: Some(at.clone()) }));
        let line = format!("{agent} {text}");
        for (_, events) in self.reactions.iter().filter(|(command, _)| *command == line) {
            for event in events {
                let mut body = event.body.clone();
                if let Body::Event(AgentEvent { call: Some(call), .. }) = &mut body {
                    let dialled = self.commands().iter().filter(|command| command.contains(" dial ")).count();
                    *call = call.replace('#', &dialled.to_string());
                }
                self.log.push(event.agent.as_ref(), body);
            }
        }
        for (_, lost) in self.losing.iter().filter(|(command, _)| *command == line) {
            self.log.push(Some(lost), Body::Note(Note::AgentLost { status: "killed by signal 9".into() }));
        }
        let ok = !self.refused.contains(&line);
        let data = if ok { String::new() } else { "no such call".to_string() };
        self.log.push(Some(agent), Body::Response(Response { ok, data: data.clone(), to }));
        Ok(Reply { ok, data, time })
    }

    fn stop(&self, agent: &Arc<str>, _: &At) -> Result<(), Ended> {
        self.log.push(Some(agent), Body::Note(Note::AgentStopped { status: "exit code 0".into() }));
        Ok(())
    }

    fn restart(&self, agent: &Arc<str>, at: &At) -> Result<(), Ended> {
        self.stop(agent, at)
    }

    fn stop_agents(&self, _: &At) -> Result<(), Ended> {
        self.agents.lock().unwrap().clear();
        Ok(())
    }

    fn reach(&self, peer: &str, _: &At) -> Result<(), Ended> {
        match peer {
            "there" => Ok(()),
            _ => Err(Ended::error(format!("there is no SIP peer at {peer}"))),
        }
    }

    fn next_loss(&self, known: usize) -> Option<Ended> {
        let loss = |event: &Arc<Event>| match (&event.agent, &event.body) {
            (Some(agent), Body::Note(Note::AgentLost { status })) => Some(Ended::lost(agent, status)),
            _ => None,
        };
        self.log.since(0).iter().filter_map(loss).nth(known)
    }

    fn param(&self, name: &str) -> Option<String> {
        (name == "GIVEN").then(|| "7".to_string())
    }

    fn secret(&self, name: &str) -> Option<String> {
        (name == "PASS").then(|| "sesame".to_string())
    }

    fn account(&self, name: &str) -> Option<String> {
        (name == "trunk").then(|| "<sip:100@pbx.example>;auth_pass=x".to_string())
    }

    fn validate(&self, file: &str, _: &At) -> Ended {
        match file {
            "good.rhai" => Ended::finished(),
            _ => Ended::failed(format!("{file} says no")),
        }
    }

    fn note(&self, note: Note) {
        self.log.push(None, Body::Note(note));
    }
}

fn script(text: &str) -> Script {
    Script::rhai(Source::new("tests/a.rhai", text))
}

fn program(text: &str) -> Program {
    compile(&script(text)).unwrap_or_else(|errors| panic!("{text}\n{errors:#?}"))
}

/// Runs a script to its end; awaits without `within` wait 20 ms.
fn run_on(host: FakeHost, text: &str) -> (Ended, Arc<FakeHost>) {
    let host = Arc::new(host);
    let limits =
        ScriptLimits { within: Duration::from_millis(20), test: Duration::from_secs(20), ..ScriptLimits::default() };
    (run(&program(text), host.clone(), &limits), host)
}

fn run_text(text: &str) -> (Ended, Arc<FakeHost>) {
    run_on(FakeHost::new(), text)
}

/// The run finished; what the script printed.
fn printed(text: &str) -> Vec<String> {
    let (ended, host) = run_text(text);
    assert_eq!(ended, Ended::finished(), "{text}");
    host.prints()
}

/// Line and column at which a run ended.
fn place(ended: &Ended) -> (u32, u32) {
    let at = ended.at.as_ref().unwrap_or_else(|| panic!("no place in {ended:?}"));
    assert_eq!(&*at.source, "tests/a.rhai", "{ended:?}");
    (at.line, at.column)
}
