//! An agent as scripts see it.

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

/// What stands for a peer or a value in a command: text, a number, or an agent by its name, which the host resolves.
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
    /// Sends a command and gives the answer; `ok: false` fails a strict run and is a warning in any other. `call`: the id of the one
    /// of its calls that it is for.
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
        // in any other run it is a warning, which the verdict finds in the record
        if !reply.ok && run.strict.load(Relaxed) {
            let answer = reply.data.trim();
            let answer = if answer.is_empty() { "with an error".to_string() } else { format!("`{answer}`") };
            let message = format!("{} answered {answer} to `{}`", self.name, mask_secrets(text));
            return Err(run.end(Ended::failed(message), &site));
        }
        Ok(ReplyValue(reply))
    }

    /// Has the host do something with it that is no command of baresip's.
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

    /// The address of record; of an agent that has not started yet, what its account will make it.
    pub fn aor(&self, run: &ScriptRun) -> String {
        let started = run.marks().aor(&self.name).map(str::to_string);
        started.unwrap_or_else(|| match self.name.contains([':', '@']) {
            true => self.name.to_string(),
            false => format!("sip:{}@127.0.0.1", self.name),
        })
    }

    /// `host:port` of its SIP socket (UDP and TCP), which an agent has once it is started: so it is.
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
