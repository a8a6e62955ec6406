//! What the engine asks of the run that it serves.

use crate::event::{At, Ended, Log, Note};
use std::sync::Arc;

/// An agent that a script declares.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AgentAsk {
    /// A name (`alice`: a local agent) or an account line (`<sip:alice@pbx.example>;auth_pass=…`).
    pub account: String,
    /// The name it goes by; without one that of the account.
    pub name: Option<String>,
    /// Account parameters by name, as `#{ audio: "bob.wav", mediaenc: "srtp-mand" }` gives them.
    pub options: Vec<(String, String)>,
    /// `uanew`: an agent of that alias is stopped first, and the new one starts at once.
    pub uanew: bool,
}

/// The agent's answer to a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub ok: bool,
    pub data: String,
    /// When the command was sent: milliseconds since the epoch.
    pub time: f64,
}

/// The world, as a script may touch it. All of it is called from the script's own thread; what blocks ends within
/// milliseconds once the log is stopped. An error ends the script with that reason.
pub trait Host: Send + Sync {
    /// The run's log: to wait on, and to read.
    fn log(&self) -> &Log;
    /// Makes an agent known and gives its name; starts nothing (but `uanew`, which does not wait for it).
    fn declare(&self, ask: AgentAsk, at: &At) -> Result<Arc<str>, Ended>;
    /// Starts the declared agents that have not been started, all at once, and waits until they take commands.
    fn start(&self, agents: &[Arc<str>], at: &At) -> Result<(), Ended>;
    /// The agent of that name, alias or address of record.
    fn find(&self, alias: &str) -> Option<Arc<str>>;
    /// Sends a command, starting the agent (and those that the command names) before it, and waits for the answer. `call`: the id
    /// of the call that it is for; without one it is the agent's current one.
    fn command_in(&self, agent: &Arc<str>, call: Option<&str>, text: &str, at: &At) -> Result<Reply, Ended>;
    /// The agent that went away by itself after the first `known` that did.
    fn next_loss(&self, _known: usize) -> Option<Ended> {
        None
    }
    /// Why no agent of this run ever raises an event of that name.
    fn lacks_event(&self, _name: &str) -> Option<String> {
        None
    }
    /// Stops an agent that runs: its calls are ended, its registration is taken back. Comes back when nothing of it is left.
    fn stop(&self, agent: &Arc<str>, at: &At) -> Result<(), Ended>;
    /// Stops an agent if it runs, and starts it again under its name and account, at its address where that is free.
    fn restart(&self, agent: &Arc<str>, at: &At) -> Result<(), Ended>;
    /// `uadelall`: stops all agents and forgets them.
    fn stop_agents(&self, at: &At) -> Result<(), Ended>;
    /// Waits until a peer answers an OPTIONS: `host:port`, with `;transport=tcp` if need be. An error is one of the test's surroundings.
    fn reach(&self, peer: &str, at: &At) -> Result<(), Ended>;
    /// The value that the caller gives for a parameter (`--define`).
    fn param(&self, name: &str) -> Option<String>;
    /// A secret value, masked from now on in all that the run shows.
    fn secret(&self, name: &str) -> Option<String>;
    /// The account line of that name, its password masked from now on.
    fn account(&self, name: &str) -> Option<String>;
    /// Judges the record so far by a validation script that was read before the run: how that script ended.
    fn validate(&self, file: &str, at: &At) -> Ended;
    /// Notes something in the log.
    fn note(&self, note: Note);
    /// The script goes on although it had to end: its agents are asked again.
    fn resume(&self) {}
}
