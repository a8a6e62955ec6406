//! `agent("alice")` and the like: how a script gets an agent, and what it is called.

use super::agent::{AgentValue, command_word};
use crate::engine::script::failure::{Fallible, wrong};
use crate::engine::script::host::AgentAsk;
use crate::engine::script::native::register;
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use crate::event::Ended;
use rhai::{Dynamic, Map, Module, NativeCallContext};

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
    register(module, "get$name", |agent: &mut AgentValue| agent.name.to_string());
    register(module, "get$aor", |context: NativeCallContext, agent: &mut AgentValue| -> Fallible<String> {
        Ok(agent.aor(&*ScriptRun::from_call(&context)?))
    });
    register(module, "get$address", |context: NativeCallContext, agent: &mut AgentValue| agent.address(&context));
    register(module, "to_string", |agent: &mut AgentValue| agent.to_string());
    register(module, "to_debug", |agent: &mut AgentValue| agent.to_string());
    register(module, "==", |a: AgentValue, b: AgentValue| a == b);
    register(module, "!=", |a: AgentValue, b: AgentValue| a != b);
}
