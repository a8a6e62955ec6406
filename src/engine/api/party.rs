//! What goes with an agent, for its current call, and with one of its calls, for that call alone; and the waits of both, in the forms
//! in which `methods` registers them.

use super::agent::{AgentValue, ReplyValue};
use super::call::CallValue;
use super::method::{Gives, Method};
use super::waiter::{self, Waiter};
use crate::engine::rules::pattern::Pattern;
use crate::engine::script::failure::{Fallible, wrong};
use crate::engine::script::native::register;
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use crate::event::Ended;
use rhai::{Dynamic, Module, NativeCallContext, Variant};

/// An agent or a call.
pub trait Party: Variant + Clone {
    fn agent(&self) -> &AgentValue;
    /// Sends a command of its agent's, for the call that is meant.
    fn send(&self, context: &NativeCallContext, text: &str) -> Fallible<ReplyValue>;
    /// A waiter of its agent's, for what is meant.
    fn waiter(&self, waiter: Waiter) -> Waiter;
}

impl Party for AgentValue {
    fn agent(&self) -> &AgentValue {
        self
    }

    fn send(&self, context: &NativeCallContext, text: &str) -> Fallible<ReplyValue> {
        self.send_in(context, None, text)
    }

    fn waiter(&self, waiter: Waiter) -> Waiter {
        waiter
    }
}

impl Party for CallValue {
    fn agent(&self) -> &AgentValue {
        &self.agent
    }

    fn send(&self, context: &NativeCallContext, text: &str) -> Fallible<ReplyValue> {
        let run = ScriptRun::from_call(context)?;
        let Some(id) = self.id(&run) else {
            return Err(run.end(Ended::error("this call has not begun"), &Site::of_call(context)));
        };
        self.agent.send_in(context, Some(&id), text)
    }

    fn waiter(&self, waiter: Waiter) -> Waiter {
        waiter.of_call(&self.which)
    }
}

/// A waiter for the event that the method gives.
pub fn happens<T: Party>(module: &mut Module, method: &'static Method) {
    let Gives::Waiter(name) = method.gives else { return };
    register(module, method.name, move |party: &mut T| party.waiter(waiter::event(party.agent(), name)));
}

/// For a reason.
pub fn closed<T: Party>(module: &mut Module, method: &'static Method) {
    register(module, method.name, |party: &mut T, reason: Dynamic| -> Fallible<Waiter> {
        Ok(party.waiter(waiter::closed(party.agent(), &reason)?))
    });
}

pub fn event<T: Party>(module: &mut Module, method: &'static Method) {
    register(module, method.name, |context: NativeCallContext, party: &mut T, name: &str| -> Fallible<Waiter> {
        raised(&context, name)?;
        Ok(party.waiter(waiter::named(party.agent(), name)?))
    });
}

pub fn sip<T: Party>(module: &mut Module, method: &'static Method) {
    register(module, method.name, |party: &mut T, what: Dynamic| -> Fallible<Waiter> {
        Ok(party.waiter(waiter::sip(party.agent(), &what)?))
    });
    register(module, method.name, |party: &mut T, code: Dynamic, method: &str| -> Fallible<Waiter> {
        Ok(party.waiter(waiter::response_to(party.agent(), &code, method)?))
    });
}

pub fn quiet<T: Party>(module: &mut Module, method: &'static Method) {
    register(module, method.name, |context: NativeCallContext, party: &mut T, name: &str| -> Fallible<Waiter> {
        raised(&context, name)?;
        waiter::quiet(&context, party.waiter(waiter::named(party.agent(), name)?))
    });
}

/// Any MESSAGE that comes, or one of that text.
pub fn message(module: &mut Module, method: &'static Method) {
    register(module, method.name, |agent: &mut AgentValue| waiter::event(agent, "MESSAGE"));
    register(module, method.name, |agent: &mut AgentValue, text: &str| {
        Waiter::new(agent, Pattern::Message(text.to_string()))
    });
}

pub fn log(module: &mut Module, method: &'static Method) {
    register(module, method.name, |agent: &mut AgentValue, text: &str| -> Fallible<Waiter> {
        let pattern = Pattern::log(text);
        let pattern = pattern.map_err(|why| wrong(format!("`{text}` is no regular expression: {why}")))?;
        Ok(Waiter::new(agent, pattern))
    });
}

/// Refuses a wait for what the agents of this run never raise.
pub fn raised(context: &NativeCallContext, name: &str) -> Fallible<()> {
    let run = ScriptRun::from_call(context)?;
    match run.host.lacks_event(name) {
        Some(lacks) => Err(run.end(Ended::error(lacks), &Site::of_call(context))),
        None => Ok(()),
    }
}
