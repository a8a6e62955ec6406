//! What the engine asks of the run that it serves.

use crate::engine::rules::heard::HeardAsk;
use crate::event::{At, Ended, Log, Note, Time};
use serde_json::Value;
use std::sync::Arc;

/// An agent that a script declares.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AgentAsk {
    /// A name (`alice`: a local agent) or an account line (`<sip:alice@pbx.example>;auth_pass=…`).
    pub account: String,
    /// Its name in the script; by default, the name in the account.
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
    /// When the command was sent.
    pub time: Time,
}

/// Everything that a script can do outside the engine. All functions are called from the script's own thread; those
/// that block return within milliseconds once the log is stopped. An error ends the script with that reason.
pub trait Host: Send + Sync {
    /// The run's log: to wait on, and to read.
    fn log(&self) -> &Log;
    /// Declares an agent and returns its name. Starts nothing, except for `uanew`, which does not wait for the start.
    fn declare(&self, ask: AgentAsk, at: &At) -> Result<Arc<str>, Ended>;
    /// Starts those of the agents that are not running, all at once, and waits until they take commands.
    fn start(&self, agents: &[Arc<str>], at: &At) -> Result<(), Ended>;
    /// Finds an agent by its name, alias or address of record.
    fn find(&self, alias: &str) -> Option<Arc<str>>;
    /// Sends a command and waits for the answer. Starts the agent, and agents that the command names, if necessary.
    /// `call`: the id of the call that the command is for; if none, the agent's current call.
    fn command_in(&self, agent: &Arc<str>, call: Option<&str>, text: &str, at: &At) -> Result<Reply, Ended>;
    /// The loss of an agent that follows the first `known` losses.
    fn next_loss(&self, _known: usize) -> Option<Ended> {
        None
    }
    /// Why no agent of this run can raise an event of that name.
    fn lacks_event(&self, _name: &str) -> Option<String> {
        None
    }
    /// Has an agent listen for something in its calls; returns the number that the event has which says that it heard it.
    fn listen(&self, _agent: &Arc<str>, _ask: &HeardAsk, _at: &At) -> Result<u64, Ended> {
        Ok(0)
    }
    /// Has an agent listen for it no more.
    fn forget_asked(&self, _agent: &Arc<str>, _number: u64) {}
    /// Stops a running agent: ends its calls and removes its registration. Returns when the agent is gone.
    fn stop(&self, agent: &Arc<str>, at: &At) -> Result<(), Ended>;
    /// Stops an agent if it runs, and starts it again with the same name and account, and at the same address if that
    /// is free.
    fn restart(&self, agent: &Arc<str>, at: &At) -> Result<(), Ended>;
    /// `uadelall`: stops all agents and forgets them.
    fn stop_agents(&self, at: &At) -> Result<(), Ended>;
    /// Waits until a peer answers an OPTIONS request: `host:port`, with `;transport=tcp` if necessary. An error means
    /// that the test can't be carried out.
    fn reach(&self, peer: &str, at: &At) -> Result<(), Ended>;
    /// The value of a parameter, set with `--define`.
    fn param(&self, name: &str) -> Option<String>;
    /// A secret value. From now on the run masks it everywhere.
    fn secret(&self, name: &str) -> Option<String>;
    /// The account line of that name. From now on the run masks its password.
    fn account(&self, name: &str) -> Option<String>;
    /// Judges the record so far with a validation script that was read before the run; returns how the script ended.
    fn validate(&self, file: &str, at: &At) -> Ended;
    /// The figures of a call's sound, as `calls::audio_figures` makes them. `call`: its id; if none, the agent's last call.
    fn call_audio(&self, _agent: &Arc<str>, _call: Option<&str>) -> Result<Value, Ended> {
        Err(Ended::error("there is no sound here"))
    }
    /// The agents whose sound an agent received in a call.
    fn heard_agents(&self, _agent: &Arc<str>, _call: Option<&str>) -> Result<Vec<String>, Ended> {
        Err(Ended::error("there is no sound here"))
    }
    /// How what an agent received in a call compares with a sound file.
    fn sound_quality(&self, _agent: &Arc<str>, _call: Option<&str>, _file: &str) -> Result<Value, Ended> {
        Err(Ended::error("there is no sound here"))
    }
    /// Adds a note to the log.
    fn note(&self, note: Note);
    /// The script continues after a stop: its agents accept commands again.
    fn resume(&self) {}
}
