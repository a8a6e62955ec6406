//! A testfile's directives as functions: they add notes to the log, which the stages after the run read.

use crate::engine::language::blocks::TestSelection;
use crate::engine::language::words::plain_type;
use crate::engine::script::failure::{Fallible, wrong};
use crate::engine::script::native::register;
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use crate::event::{How, Note, lock};
use rhai::{Array, Dynamic, Map, Module, NativeCallContext};
use std::sync::atomic::Ordering::Relaxed;

/// Directives with one text.
const WITH_TEXT: [&str; 3] = ["hash", "include", "webhook"];

/// Directives with event names: a list, or several texts.
const WITH_EVENTS: [&str; 3] = ["accept", "ignore", "fail_on"];

fn note(context: &NativeCallContext, name: &str, values: Vec<String>) -> Fallible<()> {
    let run = ScriptRun::from_call(context)?;
    let at = Some(run.at(&Site::of_call(context)));
    run.host.note(Note::Directive { name: name.to_string(), values, at });
    Ok(())
}

fn texts(name: &str, list: Array) -> Fallible<Vec<String>> {
    let text = |value: Dynamic| {
        let kind = plain_type(value.type_name());
        value.into_string().map_err(|_| wrong(format!("`{name}` takes names of events, not {kind}")))
    };
    list.into_iter().map(text).collect()
}

/// `hash(#{ "name of a test": "its hash" })`: for tests made in a loop, which share their text.
fn hashes(context: &NativeCallContext, list: Map) -> Fallible<()> {
    let text = |(name, value): (_, Dynamic)| {
        let kind = plain_type(value.type_name());
        let value = value.into_string();
        let value = value.map_err(|_| wrong(format!("`hash` takes a hash for each name, a text, not {kind}")))?;
        Ok((Into::<String>::into(name), value))
    };
    let list = list.into_iter().map(text).collect::<Fallible<Vec<(String, String)>>>()?;
    let run = ScriptRun::from_call(context)?;
    match &run.program.selection {
        TestSelection::Whole => {
            Err(wrong("hash(#{…}) is for files with several tests; the hash of this one: hash(\"…\")"))
        }
        TestSelection::Collect => {
            let at = run.at(&Site::of_call(context));
            lock(&run.listed).extend(list.into_iter().map(|(name, _)| (name, at.clone())));
            Ok(())
        }
        // no value: the list has no hash for this test
        TestSelection::One(test) => {
            note(context, "hash", list.into_iter().filter(|(name, _)| **name == **test).map(|(_, hash)| hash).collect())
        }
    }
}

pub fn register_into(module: &mut Module) {
    for name in WITH_TEXT {
        register(module, name, move |context: NativeCallContext, value: &str| {
            note(&context, name, vec![value.to_string()])
        });
    }
    for name in WITH_EVENTS {
        register(module, name, move |context: NativeCallContext, list: Array| note(&context, name, texts(name, list)?));
        register(module, name, move |context: NativeCallContext, a: &str| note(&context, name, vec![a.to_string()]));
        register(module, name, move |context: NativeCallContext, a: &str, b: &str| {
            note(&context, name, [a, b].map(str::to_string).to_vec())
        });
        register(module, name, move |context: NativeCallContext, a: &str, b: &str, c: &str| {
            note(&context, name, [a, b, c].map(str::to_string).to_vec())
        });
    }
    register(module, "hash", |context: NativeCallContext, list: Map| hashes(&context, list));
    register(module, "repeat", |context: NativeCallContext, times: i64| {
        if times < 0 {
            return Err(wrong(format!("repeat({times}) is not possible: 0 skips the test, 1 runs it once")));
        }
        note(&context, "repeat", vec![times.to_string()])
    });
    register(module, "validate", |context: NativeCallContext, file: &str| {
        let (run, site) = (ScriptRun::from_call(&context)?, Site::of_call(&context));
        let ended = run.host.validate(file, &run.at(&site));
        // as with `assert`, even if the script catches the error
        if ended.how == How::Finished { Ok(()) } else { Err(run.end(ended, &site)) }
    });
    register(module, "strict", |context: NativeCallContext| {
        ScriptRun::from_call(&context)?.strict.store(true, Relaxed);
        note(&context, "strict", vec![])
    });
}
