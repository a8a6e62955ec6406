//! A call of an agent: what `dial` returns, and `.call` of an event. Its commands and waits are about this call only.

use super::agent::AgentValue;
use crate::engine::rules::matching::Which;
use crate::engine::script::failure::Fallible;
use crate::engine::script::host::Reply;
use crate::engine::script::native::register;
use crate::engine::script::run::ScriptRun;
use crate::event::Event;
use rhai::{Dynamic, Module, NativeCallContext};
use std::fmt;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct CallValue {
    pub agent: AgentValue,
    pub which: Arc<Which>,
    /// The answer to the `dial` that began it.
    reply: Option<Reply>,
}

/// Its id; empty while it is unknown.
impl fmt::Display for CallValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.which.id().unwrap_or_default())
    }
}

impl CallValue {
    /// The call that a `dial` began; `from`: the log's length before the command.
    pub fn dialled(agent: &AgentValue, from: u64, reply: Reply) -> CallValue {
        // baresip 1.1 and newer give the id: "call uri: sip:… call id: 0a1b…"
        let told = reply.data.split_once("call id:").and_then(|(_, rest)| rest.split_whitespace().next());
        let which = told.map_or_else(|| Which::next_from(from), Which::from_id);
        CallValue { agent: agent.clone(), which: which.into(), reply: Some(reply) }
    }

    /// The call of an event.
    pub fn from_event(event: &Event, id: &str) -> CallValue {
        let name = event.agent.clone().unwrap_or_else(|| "".into());
        CallValue { agent: AgentValue { name }, which: Which::from_id(id).into(), reply: None }
    }

    /// The answer to the `dial` that began it.
    pub fn reply(&self) -> Option<&Reply> {
        self.reply.as_ref()
    }

    /// Its id; from the log if the answer to `dial` does not have it.
    pub fn id(&self, run: &ScriptRun) -> Option<String> {
        let mut next = 0;
        while self.which.id().is_none() {
            let events = run.log().since(next);
            next = events.last()?.n as usize + 1;
            let own = |event: &&Arc<Event>| event.agent.as_ref() == Some(&self.agent.name);
            events.iter().filter(own).find(|event| self.which.has(event));
        }
        self.which.id().map(str::to_string)
    }

    fn is(&self, other: &CallValue) -> bool {
        self.agent == other.agent && self.which.id().is_some() && self.which.id() == other.which.id()
    }
}

pub fn register_into(module: &mut Module) {
    module.set_custom_type::<CallValue>("Call");
    register(module, "get$id", |context: NativeCallContext, call: &mut CallValue| -> Fallible<Dynamic> {
        Ok(call.id(&*ScriptRun::from_call(&context)?).map_or(Dynamic::UNIT, Dynamic::from))
    });
    register(module, "get$agent", |call: &mut CallValue| call.agent.clone());
    // from the answer to the command
    register(module, "get$ok", |call: &mut CallValue| call.reply.as_ref().is_none_or(|reply| reply.ok));
    register(module, "get$data", |call: &mut CallValue| {
        call.reply.as_ref().map_or("", |reply| &reply.data).to_string()
    });
    register(module, "get$time", |call: &mut CallValue| {
        call.reply.as_ref().map_or(Dynamic::UNIT, |reply| reply.time.0.into())
    });
    register(module, "to_string", |call: &mut CallValue| call.to_string());
    register(module, "to_debug", |call: &mut CallValue| format!("call {call} at {}", call.agent));
    register(module, "==", |a: CallValue, b: CallValue| a.is(&b));
    register(module, "!=", |a: CallValue, b: CallValue| !a.is(&b));
    // a call is known by its id, which is a text
    register(module, "==", |call: CallValue, id: &str| call.which.id() == Some(id));
    register(module, "==", |id: &str, call: CallValue| call.which.id() == Some(id));
    register(module, "!=", |call: CallValue, id: &str| call.which.id() != Some(id));
    register(module, "!=", |id: &str, call: CallValue| call.which.id() != Some(id));
}
