//! Methods that agents and calls share: for an agent they are about its current call, for a call about that call.

use super::agent::{AgentValue, ReplyValue, command_word};
use super::awaiting::is_awaited;
use super::call::CallValue;
use super::waiter::{self, Waiter};
use crate::engine::script::failure::Fallible;
use crate::engine::script::native::register;
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use crate::event::Ended;
use rhai::{Dynamic, Module, NativeCallContext, Variant};

/// An agent or a call.
pub trait Party: Variant + Clone {
    fn agent(&self) -> &AgentValue;
    /// Sends a command for this call, or for the agent's current call.
    fn send(&self, context: &NativeCallContext, text: &str) -> Fallible<ReplyValue>;
    /// Restricts a waiter to this call, if it is one.
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

pub fn register_into(module: &mut Module) {
    register_of::<AgentValue>(module);
    register_of::<CallValue>(module);
}

fn register_of<T: Party>(module: &mut Module) {
    register_commands::<T>(module);
    register(module, "event", |context: NativeCallContext, party: &mut T, name: &str| -> Fallible<Waiter> {
        raised(&context, name)?;
        Ok(party.waiter(waiter::named(party.agent(), name)?))
    });
    for (method, name) in [("established", "CALL_ESTABLISHED"), ("closed", "CALL_CLOSED")] {
        register(module, method, move |party: &mut T| party.waiter(waiter::event(party.agent(), name)));
    }
    register(module, "closed", |party: &mut T, reason: Dynamic| -> Fallible<Waiter> {
        Ok(party.waiter(waiter::closed(party.agent(), &reason)?))
    });
    register(module, "sip", |party: &mut T, what: Dynamic| -> Fallible<Waiter> {
        Ok(party.waiter(waiter::sip(party.agent(), &what)?))
    });
    register(module, "sip", |party: &mut T, code: Dynamic, method: &str| -> Fallible<Waiter> {
        Ok(party.waiter(waiter::response_to(party.agent(), &code, method)?))
    });
    register(module, "quiet", |context: NativeCallContext, party: &mut T, name: &str| -> Fallible<Waiter> {
        raised(&context, name)?;
        waiter::quiet(&context, party.waiter(waiter::named(party.agent(), name)?))
    });
}

/// Refuses to wait for an event that no agent of this run can raise.
fn raised(context: &NativeCallContext, name: &str) -> Fallible<()> {
    let run = ScriptRun::from_call(context)?;
    match run.host.lacks_event(name) {
        Some(lacks) => Err(run.end(Ended::error(lacks), &Site::of_call(context))),
        None => Ok(()),
    }
}

fn register_commands<T: Party>(module: &mut Module) {
    for command in ["accept", "hangup", "hold", "resume", "mute"] {
        register(module, command, move |context: NativeCallContext, party: &mut T| party.send(&context, command));
    }
    register(module, "hangup", |context: NativeCallContext, party: &mut T, code: i64| {
        party.send(&context, &format!("hangup scode={code}"))
    });
    register(module, "hangup", |context: NativeCallContext, party: &mut T, code: i64, reason: &str| {
        party.send(&context, &format!("hangup scode={code} reason={reason}"))
    });
    for (method, command) in [("transfer", "transfer"), ("attended_transfer", "atransferstart")] {
        register(
            module,
            method,
            move |context: NativeCallContext, party: &mut T, to: Dynamic| -> Fallible<ReplyValue> {
                party.send(&context, &format!("{command} {}", command_word(&to)?))
            },
        );
    }
    register(module, "dtmf", |context: NativeCallContext, party: &mut T, digits: Dynamic| -> Fallible<Dynamic> {
        let digits = command_word(&digits)?;
        // one name for both sides of a call: `bob.dtmf("5")` sends, `await bob.dtmf("5")` waits for it
        match is_awaited(&context) {
            true => waiter::dtmf(party.agent(), digits).map(|waiter| Dynamic::from(party.waiter(waiter))),
            false => party.send(&context, &format!("sndcode {digits}")).map(Dynamic::from),
        }
    });
    register(module, "cmd", |context: NativeCallContext, party: &mut T, text: &str| party.send(&context, text));
}
