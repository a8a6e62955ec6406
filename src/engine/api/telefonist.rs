//! Functions of validations: `telefonist`, and events whose calls are over.

use super::event_value::{EventValue, field};
use crate::engine::script::failure::Fallible;
use crate::engine::script::native::{register, rhai_index};
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use crate::event::{Body, Ended};
use rhai::{Dynamic, ImmutableString, Module, NativeCallContext};

/// The value `telefonist`, through which a validation fails.
#[derive(Debug, Clone)]
pub struct Telefonist;

fn fail(context: &NativeCallContext, why: &str) -> Fallible<()> {
    Err(ScriptRun::from_call(context)?.end(Ended::failed(why), &Site::of_call(context)))
}

pub fn register_into(module: &mut Module) {
    module.set_custom_type::<Telefonist>("telefonist");
    // a call that is over takes no commands: its id is enough
    register(module, rhai_index(), |event: &mut EventValue, name: ImmutableString| match &event.0.body {
        Body::Event(said) if name == "call" => Ok(said.call.clone().map_or(Dynamic::UNIT, Dynamic::from)),
        _ => field(&event.0, &name),
    });
    register(
        module,
        "assert",
        |context: NativeCallContext, _: &mut Telefonist, holds: bool, why: &str| {
            if holds { Ok(()) } else { fail(&context, why) }
        },
    );
    register(
        module,
        "assert",
        |context: NativeCallContext, _: &mut Telefonist, holds: bool| {
            if holds { Ok(()) } else { fail(&context, "an assertion failed") }
        },
    );
    register(module, "fail", |context: NativeCallContext, _: &mut Telefonist, why: &str| fail(&context, why));
}
