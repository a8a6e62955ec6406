//! Agents as values of scripts.

use crate::diagnostic::mask_secrets;
use crate::engine::language::duration::Millis;
use crate::engine::language::words::plain_type;
use crate::engine::script::failure::{Fallible, wrong};
use crate::engine::script::host::{Host, Reply};
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use crate::event::{At, Ended};
use rhai::{Dynamic, NativeCallContext};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// An agent of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentValue {
    pub name: Arc<str>,
}

impl fmt::Display for AgentValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// An agent's answer.
#[derive(Debug, Clone)]
pub struct ReplyValue(pub Reply);

/// Converts an argument of a command to text: text, numbers, durations, or an agent, which the host resolves by name.
pub fn command_word(value: &Dynamic) -> Fallible<String> {
    if let Some(agent) = value.read_lock::<AgentValue>() {
        return Ok(agent.name.to_string());
    }
    match value {
        value if value.is_string() || value.is_int() || value.is_float() || value.is_bool() => Ok(value.to_string()),
        value => match value.clone().try_cast::<Millis>() {
            Some(duration) => Ok(duration.to_string()),
            None => Err(wrong(format!("a text or an agent is due here, not {}", plain_type(value.type_name())))),
        },
    }
}

impl AgentValue {
    /// Sends a command and returns the answer. `ok: false` fails a strict run; in other runs it is a warning. `call`:
    /// the id of the call that the command is for.
    pub fn send_in(&self, context: &NativeCallContext, call: Option<&str>, text: &str) -> Fallible<ReplyValue> {
        let run = ScriptRun::from_call(context)?;
        let site = Site::of_call(context);
        run.may_act(&site)?;
        let at = run.at(&site);
        run.acted(run.log().len());
        run.marks().command(&self.name, call, text);
        let reply = run.host.command_in(&self.name, call, text, &at).map_err(|ended| run.refuse(ended, &site))?;
        if !reply.ok {
            run.marks().refused(&self.name, text);
        }
        // otherwise the verdict finds it in the record and warns
        if !reply.ok && run.strict.load(Relaxed) {
            let answer = reply.data.trim();
            let answer = if answer.is_empty() { "with an error".to_string() } else { format!("`{answer}`") };
            let message = format!("{} answered {answer} to `{}`", self.name, mask_secrets(text));
            return Err(run.end(Ended::failed(message), &site));
        }
        Ok(ReplyValue(reply))
    }

    /// Asks the host to do something with the agent that is not a command of baresip.
    pub fn ask_host(
        &self,
        context: &NativeCallContext,
        act: fn(&dyn Host, &Arc<str>, &At) -> Result<(), Ended>,
    ) -> Fallible<()> {
        let run = ScriptRun::from_call(context)?;
        let site = Site::of_call(context);
        run.may_act(&site)?;
        run.acted(run.log().len());
        act(&*run.host, &self.name, &run.at(&site)).map_err(|ended| run.refuse(ended, &site))
    }

    /// The address of record. Before the agent starts, the one that its account will lead to.
    pub fn aor(&self, run: &ScriptRun) -> String {
        let started = run.marks().aor(&self.name).map(str::to_string);
        started.unwrap_or_else(|| match self.name.contains([':', '@']) {
            true => self.name.to_string(),
            false => format!("sip:{}@127.0.0.1", self.name),
        })
    }

    /// `host:port` of its SIP socket (UDP and TCP). Starts the agent, because it has no address before.
    pub fn address(&self, context: &NativeCallContext) -> Fallible<String> {
        let run = ScriptRun::from_call(context)?;
        let site = Site::of_call(context);
        run.may_act(&site)?;
        run.host.start(std::slice::from_ref(&self.name), &run.at(&site)).map_err(|ended| run.refuse(ended, &site))?;
        let mut marks = run.marks();
        marks.reveal(&self.name);
        let address = marks.address(&self.name).map(str::to_string);
        drop(marks);
        address.ok_or_else(|| wrong(format!("{} has no address: it has stopped", self.name)))
    }
}
