//! The host of a script whose tests are being collected: it has the inputs, and starts nothing.

use super::Inputs;
use super::agents::Agents;
use crate::agent::{Account, Kind};
use crate::engine::{AgentAsk, Host, Reply};
use crate::event::{At, Clock, Ended, Log, Note};
use std::sync::Arc;

/// The host of [`engine::collect`](crate::engine::collect).
pub struct Collecting {
    log: Log,
    inputs: Arc<Inputs>,
    kind: Kind,
    agents: Agents,
}

impl Collecting {
    /// `kind`: the agent that the tests will have.
    pub fn new(inputs: Arc<Inputs>, kind: Kind) -> Collecting {
        Collecting { log: Log::new(Clock::system()), inputs, kind, agents: Agents::default() }
    }
}

/// The engine asks for nothing of the kind at the top level of a file with tests.
fn nothing_starts() -> Ended {
    Ended::error("nothing can be started here")
}

impl Host for Collecting {
    fn log(&self) -> &Log {
        &self.log
    }

    fn declare(&self, ask: AgentAsk, place: &At) -> Result<Arc<str>, Ended> {
        let at_place = |ended: Ended| Ended { at: ended.at.or_else(|| Some(place.clone())), ..ended };
        let account = Account::new(&ask.account, &ask.options, &self.kind).map_err(at_place)?;
        self.agents.declare(account, ask.name, place)
    }

    fn start(&self, _: &[Arc<str>], _: &At) -> Result<(), Ended> {
        Err(nothing_starts())
    }

    fn find(&self, alias: &str) -> Option<Arc<str>> {
        self.agents.find(alias)
    }

    fn command_in(&self, _: &Arc<str>, _: Option<&str>, _: &str, _: &At) -> Result<Reply, Ended> {
        Err(nothing_starts())
    }

    fn stop(&self, _: &Arc<str>, _: &At) -> Result<(), Ended> {
        Err(nothing_starts())
    }

    fn restart(&self, _: &Arc<str>, _: &At) -> Result<(), Ended> {
        Err(nothing_starts())
    }

    fn stop_agents(&self, _: &At) -> Result<(), Ended> {
        Err(nothing_starts())
    }

    /// It is asked when a test runs.
    fn reach(&self, _: &str, _: &At) -> Result<(), Ended> {
        Ok(())
    }

    fn param(&self, name: &str) -> Option<String> {
        self.inputs.param(name)
    }

    fn secret(&self, name: &str) -> Option<String> {
        self.inputs.secret(name)
    }

    fn account(&self, name: &str) -> Option<String> {
        self.inputs.accounts.get(name).cloned()
    }

    fn validate(&self, _: &str, _: &At) -> Ended {
        nothing_starts()
    }

    fn note(&self, _: Note) {}
}
