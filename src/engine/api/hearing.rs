//! What was heard in a call, from its recordings: `call.audio`, `bob.heard(alice)`, `bob.quality("alice_speech.wav")`.

use super::agent::AgentValue;
use super::call::CallValue;
use super::event_value::from_json;
use super::method::Method;
use super::party::Party;
use crate::engine::script::failure::Fallible;
use crate::engine::script::native::register;
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use crate::event::Ended;
use rhai::{Array, Dynamic, Module, NativeCallContext};

/// Asks the host, at the place of the call.
fn ask<T>(context: &NativeCallContext, question: impl FnOnce(&ScriptRun) -> Result<T, Ended>) -> Fallible<T> {
    let (run, site) = (ScriptRun::from_call(context)?, Site::of_call(context));
    // the line did something
    run.at(&site);
    question(&run).map_err(|ended| run.end(ended, &site))
}

/// `heard()`: the names of all agents that are heard; `heard(alice)`: whether she is.
pub fn heard<T: Party + Meant>(module: &mut Module, method: &'static Method) {
    register(module, method.name, |context: NativeCallContext, party: &mut T| -> Fallible<Array> {
        let names = ask(&context, |run| run.host.heard_agents(&party.agent().name, party.meant(run).as_deref()))?;
        Ok(names.into_iter().map(Dynamic::from).collect())
    });
    register(module, method.name, |context: NativeCallContext, party: &mut T, other: AgentValue| -> Fallible<bool> {
        let names = ask(&context, |run| run.host.heard_agents(&party.agent().name, party.meant(run).as_deref()))?;
        Ok(names.iter().any(|name| **name == *other.name))
    });
}

/// How what was received compares with a sound file.
pub fn quality<T: Party + Meant>(module: &mut Module, method: &'static Method) {
    register(module, method.name, |context: NativeCallContext, party: &mut T, file: &str| -> Fallible<Dynamic> {
        let agent = &party.agent().name;
        let compared = ask(&context, |run| run.host.sound_quality(agent, party.meant(run).as_deref(), file))?;
        Ok(from_json(&compared))
    });
}

/// Which call of its agent is meant.
pub trait Meant {
    /// Its id; none: the last.
    fn meant(&self, run: &ScriptRun) -> Option<String>;
}

impl Meant for AgentValue {
    fn meant(&self, _: &ScriptRun) -> Option<String> {
        None
    }
}

impl Meant for CallValue {
    fn meant(&self, run: &ScriptRun) -> Option<String> {
        self.id(run)
    }
}

pub fn register_into(module: &mut Module) {
    register(module, "get$audio", |context: NativeCallContext, call: &mut CallValue| -> Fallible<Dynamic> {
        let figures = ask(&context, |run| run.host.call_audio(&call.agent.name, call.meant(run).as_deref()))?;
        Ok(from_json(&figures))
    });
}
