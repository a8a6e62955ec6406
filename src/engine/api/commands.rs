//! What methods of agents and calls have an agent do: the forms in which `methods` registers them.

use super::agent::{AgentValue, ReplyValue, command_word};
use super::awaiting::is_awaited;
use super::call::CallValue;
use super::method::Method;
use super::party::Party;
use super::sources::source_of;
use super::waiter;
use crate::engine::script::failure::{Fallible, wrong};
use crate::engine::script::native::register;
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use rhai::{Dynamic, Module, NativeCallContext};

/// The command alone.
pub fn plain<T: Party>(module: &mut Module, method: &'static Method) {
    register(module, method.name, |context: NativeCallContext, party: &mut T| party.send(&context, method.command));
}

/// The command, and somebody whom it reaches.
pub fn targeted<T: Party>(module: &mut Module, method: &'static Method) {
    let send = |context: NativeCallContext, party: &mut T, to: Dynamic| -> Fallible<ReplyValue> {
        party.send(&context, &format!("{} {}", method.command, command_word(&to)?))
    };
    register(module, method.name, send);
}

/// The command, somebody whom it reaches, and a text.
pub fn with_text(module: &mut Module, method: &'static Method) {
    let send =
        |context: NativeCallContext, agent: &mut AgentValue, to: Dynamic, what: Dynamic| -> Fallible<ReplyValue> {
            agent.send(&context, &format!("{} {} {}", method.command, one_word(&context, &to)?, command_word(&what)?))
        };
    register(module, method.name, send);
}

/// Any command, in one text.
pub fn any<T: Party>(module: &mut Module, method: &'static Method) {
    register(module, method.name, |context: NativeCallContext, party: &mut T, text: &str| party.send(&context, text));
}

/// Any command, and its parameters.
pub fn any_with_parameter(module: &mut Module, method: &'static Method) {
    let send =
        |context: NativeCallContext, agent: &mut AgentValue, command: Dynamic, what: Dynamic| -> Fallible<ReplyValue> {
            agent.send(&context, &format!("{} {}", command_word(&command)?, command_word(&what)?))
        };
    register(module, method.name, send);
}

pub fn dial(module: &mut Module, method: &'static Method) {
    register(
        module,
        method.name,
        |context: NativeCallContext, agent: &mut AgentValue, to: Dynamic| -> Fallible<CallValue> {
            let from = ScriptRun::from_call(&context)?.log().len() as u64;
            let reply = agent.send(&context, &format!("{} {}", method.command, command_word(&to)?))?;
            Ok(CallValue::dialled(agent, from, reply.0))
        },
    );
}

/// With a code, and a reason.
pub fn hangup<T: Party>(module: &mut Module, method: &'static Method) {
    register(module, method.name, |context: NativeCallContext, party: &mut T, code: i64| {
        party.send(&context, &format!("{} scode={code}", method.command))
    });
    register(module, method.name, |context: NativeCallContext, party: &mut T, code: i64, reason: &str| {
        party.send(&context, &format!("{} scode={code} reason={reason}", method.command))
    });
}

/// One name, two sides of a call: `bob.dtmf("5")` sends, `await bob.dtmf("5")` waits for it.
pub fn dtmf<T: Party>(module: &mut Module, method: &'static Method) {
    let send = |context: NativeCallContext, party: &mut T, digits: Dynamic| -> Fallible<Dynamic> {
        let digits = command_word(&digits)?;
        match is_awaited(&context) {
            true => waiter::dtmf(party.agent(), digits).map(|waiter| Dynamic::from(party.waiter(waiter))),
            false => party.send(&context, &format!("{} {digits}", method.command)).map(Dynamic::from),
        }
    };
    register(module, method.name, send);
}

pub fn header(module: &mut Module, method: &'static Method) {
    let send =
        |context: NativeCallContext, agent: &mut AgentValue, name: &str, value: Dynamic| -> Fallible<ReplyValue> {
            agent.send(&context, &format!("{} {} 0", method.command, header_parameter(name, &command_word(&value)?)?))
        };
    register(module, method.name, send);
}

/// A sound file, or a sound that is made.
pub fn audio(module: &mut Module, method: &'static Method) {
    let send = |context: NativeCallContext, agent: &mut AgentValue, sound: Dynamic| -> Fallible<ReplyValue> {
        agent.send(&context, &format!("{} {}", method.command, source_of(&sound)?))
    };
    register(module, method.name, send);
}

pub fn stop(module: &mut Module, method: &'static Method) {
    register(module, method.name, |context: NativeCallContext, agent: &mut AgentValue| {
        agent.ask_host(&context, |host, name, at| host.stop(name, at))
    });
}

pub fn restart(module: &mut Module, method: &'static Method) {
    register(module, method.name, |context: NativeCallContext, agent: &mut AgentValue| {
        agent.ask_host(&context, |host, name, at| host.restart(name, at))
    });
}

/// Headers that an agent writes itself, each once (RFC 3261 section 20), with their short forms.
const OF_THE_AGENT: [&str; 16] = [
    "via",
    "v",
    "from",
    "f",
    "to",
    "t",
    "call-id",
    "i",
    "cseq",
    "contact",
    "m",
    "max-forwards",
    "content-length",
    "l",
    "content-type",
    "c",
];

/// `NAME=VALUE` as `uaaddheader` takes it: the value in percent signs, which baresip decodes unless some sign in it is no part of
/// a URI's header, so that none but the plainest stays as it is.
fn header_parameter(name: &str, value: &str) -> Fallible<String> {
    let of_token = |c: char| c.is_ascii_alphanumeric() || "-.!%*_+`'~".contains(c);
    if name.is_empty() || !name.chars().all(of_token) {
        return Err(wrong(format!("`{}` is no name of a header: letters, digits and - are", name.escape_debug())));
    }
    if OF_THE_AGENT.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Err(wrong(format!("the agent writes the header {name} itself: a second one would break the message")));
    }
    if let Some(control) = value.chars().find(|c| c.is_control()) {
        return Err(wrong(format!("the value of the header {name} has a control character in it ({control:?})")));
    }
    if value.trim().is_empty() {
        return Err(wrong(format!("the header {name} has no value, which baresip does not send")));
    }
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let encoded = |byte: u8| if plain(&byte) { (byte as char).to_string() } else { format!("%{byte:02X}") };
    Ok(format!("{name}={}", value.trim().bytes().map(encoded).collect::<String>()))
}

/// Whom a command is for, as one word, for a text follows it.
fn one_word(context: &NativeCallContext, to: &Dynamic) -> Fallible<String> {
    let text = command_word(to)?;
    let run = ScriptRun::from_call(context)?;
    if to.read_lock::<AgentValue>().is_some() || run.host.find(&text).is_some() {
        return Ok(text);
    }
    crate::agent::target(&text).map_err(|ended| run.end(ended, &Site::of_call(context)))
}
