//! One of an agent's calls: what `dial` gives, and `.call` of an event. Its commands and waits concern no other call.

use super::agent::Agent;
use crate::engine::rules::matching::Which;
use crate::engine::script::failure::Fallible;
use crate::engine::script::host::Reply;
use crate::engine::script::native::register;
use crate::engine::script::run::Run;
use crate::event::Event;
use rhai::{Dynamic, Module, NativeCallContext};
use std::fmt;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct Call {
    pub agent: Agent,
    pub which: Arc<Which>,
    /// The answer to the `dial` that began it.
    reply: Option<Reply>,
}

/// Its id; empty until that is known.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.which.id().unwrap_or_default())
    }
}

impl Call {
    /// The call that a `dial` began; `from`: how long the log was before it.
    pub fn dialled(agent: &Agent, from: u64, reply: Reply) -> Call {
        // baresip 1.1 and newer tell the id: "call uri: sip:… call id: 0a1b…"
        let told = reply.data.split_once("call id:").and_then(|(_, rest)| rest.split_whitespace().next());
        let which = told.map_or_else(|| Which::next_from(from), Which::of);
        Call { agent: agent.clone(), which: which.into(), reply: Some(reply) }
    }

    /// The call that an event is of.
    pub fn of(event: &Event, id: &str) -> Call {
        let name = event.agent.clone().unwrap_or_else(|| "".into());
        Call { agent: Agent { name }, which: Which::of(id).into(), reply: None }
    }

    /// The answer to the `dial` that began it.
    pub fn reply(&self) -> Option<&Reply> {
        self.reply.as_ref()
    }

    /// Its id, from the log where the answer to the `dial` did not tell it.
    pub fn id(&self, run: &Run) -> Option<String> {
        let mut next = 0;
        while self.which.id().is_none() {
            let events = run.log().since(next);
            next = events.last()?.n as usize + 1;
            let own = |event: &&Arc<Event>| event.agent.as_ref() == Some(&self.agent.name);
            events.iter().filter(own).find(|event| self.which.has(event));
        }
        self.which.id().map(str::to_string)
    }

    fn is(&self, other: &Call) -> bool {
        self.agent == other.agent && self.which.id().is_some() && self.which.id() == other.which.id()
    }
}

pub fn register_into(module: &mut Module) {
    module.set_custom_type::<Call>("Call");
    register(module, "get$id", |context: NativeCallContext, call: &mut Call| -> Fallible<Dynamic> {
        Ok(call.id(&*Run::of(&context)?).map_or(Dynamic::UNIT, Dynamic::from))
    });
    register(module, "get$agent", |call: &mut Call| call.agent.clone());
    // as the answer to the command has them
    register(module, "get$ok", |call: &mut Call| call.reply.as_ref().is_none_or(|reply| reply.ok));
    register(module, "get$data", |call: &mut Call| call.reply.as_ref().map_or("", |reply| &reply.data).to_string());
    register(module, "get$time", |call: &mut Call| {
        call.reply.as_ref().map_or(Dynamic::UNIT, |reply| reply.time.into())
    });
    register(module, "to_string", |call: &mut Call| call.to_string());
    register(module, "to_debug", |call: &mut Call| format!("call {call} at {}", call.agent));
    register(module, "==", |a: Call, b: Call| a.is(&b));
    register(module, "!=", |a: Call, b: Call| !a.is(&b));
    // a call is known by its id, which is a text
    register(module, "==", |call: Call, id: &str| call.which.id() == Some(id));
    register(module, "==", |id: &str, call: Call| call.which.id() == Some(id));
    register(module, "!=", |call: Call, id: &str| call.which.id() != Some(id));
    register(module, "!=", |id: &str, call: Call| call.which.id() != Some(id));
}
