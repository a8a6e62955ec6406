//! One of an agent's calls: what `dial` gives, and `.call` of an event. Its commands and waits concern no other call.

use super::agent_api::{Agent, ReplyValue, word};
use super::at::Site;
use super::host::Reply;
use super::matching::Which;
use super::state::{Fallible, Run};
use super::waiter::{self, Waiter, event};
use super::{register, syntax};
use crate::event::Event;
use rhai::{Dynamic, Module, NativeCallContext};
use std::fmt;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct Call {
    pub agent: Agent,
    which: Arc<Which>,
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
    fn id(&self, run: &Run) -> Option<String> {
        let mut next = 0;
        while self.which.id().is_none() {
            let events = run.log().since(next);
            next = events.last()?.n as usize + 1;
            let own = |event: &&Arc<Event>| event.agent.as_ref() == Some(&self.agent.name);
            events.iter().filter(own).find(|event| self.which.has(event));
        }
        self.which.id().map(str::to_string)
    }

    fn send(&self, context: &NativeCallContext, text: &str) -> Fallible<ReplyValue> {
        let run = Run::of(context)?;
        let Some(id) = self.id(&run) else {
            return Err(run.end(crate::event::Ended::error("this call has not begun"), &Site::of_call(context)));
        };
        self.agent.send_in(context, Some(&id), text)
    }

    fn waiter(&self, waiter: Waiter) -> Waiter {
        waiter.of_call(&self.which)
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
    register(module, "==", |a: Call, b: Call| {
        a.agent == b.agent && a.which.id().is_some() && a.which.id() == b.which.id()
    });
    // a call is known by its id, which is a text
    register(module, "==", |call: Call, id: &str| call.which.id() == Some(id));
    register(module, "==", |id: &str, call: Call| call.which.id() == Some(id));
    register(module, "!=", |call: Call, id: &str| call.which.id() != Some(id));
    register(module, "!=", |id: &str, call: Call| call.which.id() != Some(id));
    register(module, "!=", |a: Call, b: Call| {
        a.agent != b.agent || a.which.id().is_none() || a.which.id() != b.which.id()
    });
    for command in ["accept", "hangup", "hold", "resume", "mute"] {
        register(module, command, move |context: NativeCallContext, call: &mut Call| call.send(&context, command));
    }
    register(module, "hangup", |context: NativeCallContext, call: &mut Call, code: i64| {
        call.send(&context, &format!("hangup scode={code}"))
    });
    register(module, "hangup", |context: NativeCallContext, call: &mut Call, code: i64, reason: &str| {
        call.send(&context, &format!("hangup scode={code} reason={reason}"))
    });
    for (method, command) in [("transfer", "transfer"), ("attended_transfer", "atransferstart")] {
        register(
            module,
            method,
            move |context: NativeCallContext, call: &mut Call, to: Dynamic| -> Fallible<ReplyValue> {
                call.send(&context, &format!("{command} {}", word(&to)?))
            },
        );
    }
    register(module, "dtmf", |context: NativeCallContext, call: &mut Call, digits: Dynamic| -> Fallible<Dynamic> {
        let digits = word(&digits)?;
        match syntax::is_awaited(&context) {
            true => waiter::dtmf(&call.agent, digits).map(|waiter| Dynamic::from(call.waiter(waiter))),
            false => call.send(&context, &format!("sndcode {digits}")).map(Dynamic::from),
        }
    });
    register(module, "cmd", |context: NativeCallContext, call: &mut Call, text: &str| call.send(&context, text));
    register(module, "event", |call: &mut Call, name: &str| call.waiter(event(&call.agent, name)));
    for (method, name) in [("established", "CALL_ESTABLISHED"), ("closed", "CALL_CLOSED")] {
        register(module, method, move |call: &mut Call| call.waiter(event(&call.agent, name)));
    }
    register(module, "closed", |call: &mut Call, reason: Dynamic| -> Fallible<Waiter> {
        Ok(call.waiter(waiter::closed(&call.agent, &reason)?))
    });
    register(module, "sip", |call: &mut Call, what: Dynamic| -> Fallible<Waiter> {
        Ok(call.waiter(waiter::sip(&call.agent, &what)?))
    });
    register(module, "sip", |call: &mut Call, code: Dynamic, method: &str| -> Fallible<Waiter> {
        Ok(call.waiter(waiter::response_to(&call.agent, &code, method)?))
    });
    register(module, "quiet", |context: NativeCallContext, call: &mut Call, name: &str| -> Fallible<Waiter> {
        waiter::quiet(&context, call.waiter(event(&call.agent, name)))
    });
}
