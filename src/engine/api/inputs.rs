//! Inputs from outside: `param`, `secret`, `account`, `timeout`; and `tags`, which select tests.

use crate::engine::language::duration::Millis;
use crate::engine::language::words::plain_type;
use crate::engine::script::failure::{Fallible, wrong};
use crate::engine::script::native::register;
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use crate::event::{Ended, Note, lock};
use rhai::{Array, Dynamic, Module, NativeCallContext};

/// `param("NAME")`: the value of `--define NAME=…`. Without it the run can't be carried out.
fn param(context: NativeCallContext, name: &str) -> Fallible<Dynamic> {
    let run = ScriptRun::from_call(&context)?;
    match run.host.param(name) {
        Some(value) => Ok(value.into()),
        None => Err(missing(&context, &run, format!("there is no value for the parameter `{name}`"), || {
            format!("run it with --define {name}=VALUE, or give a default: param(\"{name}\", …)")
        })),
    }
}

/// `param("NAME", default)`: the value, converted to the kind of the default.
fn param_or(context: NativeCallContext, name: &str, default: Dynamic) -> Fallible<Dynamic> {
    let Some(text) = ScriptRun::from_call(&context)?.host.param(name) else { return Ok(default) };
    let text = text.as_str();
    let value = if default.is_int() {
        text.parse::<i64>().ok().map(Dynamic::from)
    } else if default.is_float() {
        text.parse::<f64>().ok().map(Dynamic::from)
    } else if default.is_bool() {
        text.parse::<bool>().ok().map(Dynamic::from)
    } else if default.is::<Millis>() {
        Millis::from_script(&Dynamic::from(text.to_string())).ok().map(Dynamic::from)
    } else {
        Some(text.to_string().into())
    };
    let kind = plain_type(default.type_name());
    value.ok_or_else(|| wrong(format!("the parameter `{name}` is `{text}`, where its default is {kind}")))
}

/// `peer("127.0.0.1:5060")`: waits until a peer that the test needs is there. Without it the run can't be carried out.
fn peer(context: NativeCallContext, address: &str, advice: Option<&str>) -> Fallible<()> {
    let run = ScriptRun::from_call(&context)?;
    let site = Site::of_call(&context);
    run.host.note(Note::Waiting { what: format!("a SIP peer at {address}"), limit: 4000.0, at: Some(run.at(&site)) });
    run.host.reach(address, &run.at(&site)).map_err(|ended| {
        let advice = advice.unwrap_or("start it, or give the test the address of another").to_string();
        run.end(Ended { advice: Some(advice), ..ended }, &site)
    })
}

/// `secret("NAME")`: from `--env-file`, else from the environment; masked in all output.
fn secret(context: NativeCallContext, name: &str) -> Fallible<String> {
    let run = ScriptRun::from_call(&context)?;
    run.host.secret(name).ok_or_else(|| {
        missing(&context, &run, format!("there is no secret `{name}`"), || {
            format!("put {name}=VALUE into the environment, or into a file for --env-file")
        })
    })
}

/// `account("NAME")`: the account's line in the accounts file.
fn account(context: NativeCallContext, name: &str) -> Fallible<String> {
    let run = ScriptRun::from_call(&context)?;
    let at = Some(run.at(&Site::of_call(&context)));
    run.host.note(Note::Directive { name: "account".into(), values: vec![name.to_string()], at });
    run.host.account(name).ok_or_else(|| {
        missing(&context, &run, format!("there is no account `{name}`"), || {
            format!("add a line `{name} <sip:user@domain>;auth_pass=…` to the accounts file")
        })
    })
}

/// The end of a run that lacks an input: it can't be carried out.
fn missing(
    context: &NativeCallContext,
    run: &ScriptRun,
    what: String,
    advice: impl FnOnce() -> String,
) -> Box<rhai::EvalAltResult> {
    run.end(Ended { advice: Some(advice()), ..Ended::error(what) }, &Site::of_call(context))
}

/// Tags are read before the run (`facts`); here they are only noted.
fn tags(context: &NativeCallContext, tags: Vec<String>) -> Fallible<()> {
    let run = ScriptRun::from_call(context)?;
    let at = Some(run.at(&Site::of_call(context)));
    run.host.note(Note::Directive { name: "tags".into(), values: tags, at });
    Ok(())
}

/// Sets how long an `await` without `within` waits from now on.
fn timeout(context: NativeCallContext, time: Dynamic) -> Fallible<()> {
    let run = ScriptRun::from_call(&context)?;
    let time = Millis::from_script(&time).map_err(wrong)?;
    if time.0 <= 0.0 {
        return Err(wrong(format!("a time limit of {} is none: write timeout(10s)", time.in_words())));
    }
    *lock(&run.within) = time;
    Ok(())
}

pub fn register_into(module: &mut Module) {
    register(module, "timeout", timeout);
    register(module, "param", param);
    register(module, "param", param_or);
    register(module, "peer", |context: NativeCallContext, address: &str| peer(context, address, None));
    register(module, "peer", |context: NativeCallContext, address: &str, advice: &str| {
        peer(context, address, Some(advice))
    });
    register(module, "secret", secret);
    register(module, "account", account);
    register(module, "tags", |context: NativeCallContext, list: Array| -> Fallible<()> {
        let text = |tag: Dynamic| tag.into_string().map_err(|kind| wrong(format!("a tag is a text, not {kind}")));
        tags(&context, list.into_iter().map(text).collect::<Fallible<_>>()?)
    });
    register(module, "tags", |context: NativeCallContext, a: &str| tags(&context, vec![a.into()]));
    register(module, "tags", |context: NativeCallContext, a: &str, b: &str| tags(&context, vec![a.into(), b.into()]));
    register(module, "tags", |context: NativeCallContext, a: &str, b: &str, c: &str| {
        tags(&context, vec![a.into(), b.into(), c.into()])
    });
}
