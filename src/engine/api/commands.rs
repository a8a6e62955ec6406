//! `agent("alice")`, and baresip's commands under plain names.

use super::agent::{AgentValue, ReplyValue, command_word};
use super::call::CallValue;
use super::party::Party;
use crate::engine::script::failure::{Fallible, wrong};
use crate::engine::script::host::AgentAsk;
use crate::engine::script::native::register;
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use crate::event::Ended;
use rhai::{Dynamic, Map, Module, NativeCallContext};

/// Methods that are one baresip command each, with the command's word; for checks before a run.
pub const COMMANDS: &[(&str, &str)] = &[
    ("abort_transfer", "atransferabort"),
    ("accept", "accept"),
    ("attended_transfer", "atransferstart"),
    ("audio", "ausrc"),
    ("complete_transfer", "atransferexec"),
    ("dial", "dial"),
    ("dtmf", "sndcode"),
    ("hangup", "hangup"),
    ("header", "uaaddheader"),
    ("hold", "hold"),
    ("message", "message"),
    ("mute", "mute"),
    ("options", "options"),
    ("refer", "refer"),
    ("register", "uareg"),
    ("resume", "resume"),
    ("transfer", "transfer"),
    ("unregister", "uareg"),
];

/// `agent(account)`, `agent(account, #{ name: …, audio: … })`, `uanew(line)`, `uanew(line, name)`.
fn declare(context: NativeCallContext, ask: AgentAsk) -> Fallible<AgentValue> {
    let run = ScriptRun::from_call(&context)?;
    let site = Site::of_call(&context);
    // others may know the address of an account, or a port that is not leased
    let known = ask.account.contains('@') || ask.options.iter().any(|(key, _)| key.contains("port"));
    let name = run.host.declare(ask, &run.at(&site)).map_err(|ended| run.end(ended, &site))?;
    if known {
        run.marks().reveal(&name);
    }
    Ok(AgentValue { name })
}

fn with_options(context: NativeCallContext, account: &str, options: Map) -> Fallible<AgentValue> {
    let mut ask = AgentAsk { account: account.to_string(), ..AgentAsk::default() };
    for (key, value) in options {
        if key == "config"
            && let Some(settings) = value.read_lock::<Map>()
        {
            ask.options.extend(baresip_settings(&settings)?);
            continue;
        }
        let list =
            value.read_lock::<rhai::Array>().map(|list| list.iter().map(command_word).collect::<Fallible<Vec<_>>>());
        let value = match list {
            Some(list) => list?.join(","),
            None => command_word(&value).map_err(|_| wrong(format!("the option `{key}` takes a text or a number")))?,
        };
        match key.as_str() {
            "name" => ask.name = Some(value),
            _ => ask.options.push((key.to_string(), value)),
        }
    }
    declare(context, ask)
}

/// Converts baresip's settings to one option each.
fn baresip_settings(settings: &Map) -> Fallible<Vec<(String, String)>> {
    let option = |(key, value): (&rhai::Identifier, &Dynamic)| {
        let value = match value.as_bool() {
            Ok(true) => "yes".to_string(),
            Ok(false) => "no".to_string(),
            Err(_) => {
                command_word(value).map_err(|_| wrong(format!("the setting `{key}` takes a text or a number")))?
            }
        };
        Ok((format!("config.{key}"), value))
    };
    settings.iter().map(option).collect()
}

/// Finds an agent by name, alias or address of record; ends the run if there is none.
fn find(context: NativeCallContext, alias: &str) -> Fallible<AgentValue> {
    let run = ScriptRun::from_call(&context)?;
    let site = Site::of_call(&context);
    match run.host.find(alias) {
        Some(name) => Ok(AgentValue { name }),
        None if alias.is_empty() => {
            let ended = Ended::error("there is no agent to take the command");
            Err(run.end(
                Ended { advice: Some("start one first: `uanew <sip:alice@127.0.0.1>;regint=0`".into()), ..ended },
                &site,
            ))
        }
        None => Err(run.end(Ended::error(format!("there is no agent `{alias}` to take the command")), &site)),
    }
}

fn uadelall(context: NativeCallContext) -> Fallible<()> {
    let run = ScriptRun::from_call(&context)?;
    let site = Site::of_call(&context);
    run.host.stop_agents(&run.at(&site)).map_err(|ended| run.end(ended, &site))
}

/// Headers that an agent writes itself, once each (RFC 3261 section 20), with their short forms.
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

/// `NAME=VALUE` for `uaaddheader`, with a percent-encoded value. baresip decodes the value only if all of it is valid
/// in a URI's header, so only the plainest characters stay as they are.
fn header(name: &str, value: &str) -> Fallible<String> {
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

/// The target of `message` and `refer` as one word, because another parameter follows it.
fn target(context: &NativeCallContext, to: &Dynamic) -> Fallible<String> {
    let text = command_word(to)?;
    let run = ScriptRun::from_call(context)?;
    if to.read_lock::<AgentValue>().is_some() || run.host.find(&text).is_some() {
        return Ok(text);
    }
    crate::agent::target(&text).map_err(|ended| run.end(ended, &Site::of_call(context)))
}

pub fn register_into(module: &mut Module) {
    module.set_custom_type::<AgentValue>("Agent");
    register(module, "agent", |context: NativeCallContext, account: &str| {
        declare(context, AgentAsk { account: account.to_string(), ..AgentAsk::default() })
    });
    register(module, "agent", with_options);
    register(module, "uanew", |context: NativeCallContext, line: &str| {
        declare(context, AgentAsk { account: line.to_string(), uanew: true, ..AgentAsk::default() })
    });
    register(module, "uanew", |context: NativeCallContext, line: &str, name: &str| {
        let name = Some(name.to_string());
        declare(context, AgentAsk { account: line.to_string(), name, uanew: true, ..AgentAsk::default() })
    });
    register(module, "on", find);
    register(module, "uafind", find);
    register(module, "uadelall", uadelall);
    register(module, "stop", |context: NativeCallContext, agent: &mut AgentValue| {
        agent.ask_host(&context, |host, name, at| host.stop(name, at))
    });
    register(module, "restart", |context: NativeCallContext, agent: &mut AgentValue| {
        agent.ask_host(&context, |host, name, at| host.restart(name, at))
    });
    register(module, "get$name", |agent: &mut AgentValue| agent.name.to_string());
    register(module, "get$aor", |context: NativeCallContext, agent: &mut AgentValue| -> Fallible<String> {
        Ok(agent.aor(&*ScriptRun::from_call(&context)?))
    });
    register(module, "get$address", |context: NativeCallContext, agent: &mut AgentValue| agent.address(&context));
    register(module, "to_string", |agent: &mut AgentValue| agent.to_string());
    register(module, "to_debug", |agent: &mut AgentValue| agent.to_string());
    register(module, "==", |a: AgentValue, b: AgentValue| a == b);
    register(module, "!=", |a: AgentValue, b: AgentValue| a != b);
    register_commands(module);
}

fn register_commands(module: &mut Module) {
    for (method, command) in [
        ("complete_transfer", "atransferexec"),
        ("abort_transfer", "atransferabort"),
        // each process has one account, with index 0
        ("register", "uareg account 0"),
        ("unregister", "uareg 0 0"),
    ] {
        register(module, method, move |context: NativeCallContext, agent: &mut AgentValue| {
            agent.send(&context, command)
        });
    }
    register(
        module,
        "dial",
        |context: NativeCallContext, agent: &mut AgentValue, to: Dynamic| -> Fallible<CallValue> {
            let from = ScriptRun::from_call(&context)?.log().len() as u64;
            let reply = agent.send(&context, &format!("dial {}", command_word(&to)?))?;
            Ok(CallValue::dialled(agent, from, reply.0))
        },
    );
    register(
        module,
        "options",
        |context: NativeCallContext, agent: &mut AgentValue, to: Dynamic| -> Fallible<ReplyValue> {
            agent.send(&context, &format!("options {}", command_word(&to)?))
        },
    );
    register_texts(module);
}

/// Commands that carry a text: a message, a header, a sound's name.
fn register_texts(module: &mut Module) {
    for (method, command) in [("message", "message"), ("refer", "refer"), ("cmd", "")] {
        register(
            module,
            method,
            move |context: NativeCallContext,
                  agent: &mut AgentValue,
                  to: Dynamic,
                  what: Dynamic|
                  -> Fallible<ReplyValue> {
                let to = if command.is_empty() { command_word(&to)? } else { target(&context, &to)? };
                let text = format!("{command} {to} {}", command_word(&what)?);
                agent.send(&context, text.trim_start())
            },
        );
    }
    register(
        module,
        "header",
        |context: NativeCallContext, agent: &mut AgentValue, name: &str, value: Dynamic| -> Fallible<ReplyValue> {
            agent.send(&context, &format!("uaaddheader {} 0", header(name, &command_word(&value)?)?))
        },
    );
    register(
        module,
        "audio",
        |context: NativeCallContext, agent: &mut AgentValue, file: &str| -> Fallible<ReplyValue> {
            if file.contains(['/', '\\']) {
                return Err(wrong(format!(
                    "`{file}`: a sound is named without a folder; it is looked for in the sounds folder"
                )));
            }
            agent.send(&context, &format!("ausrc aufile,{file}"))
        },
    );
}
