//! Describes how a script ended: Rhai's runtime errors in plain words, with a place in the user's text.

use crate::diagnostic::nearest;
use crate::engine::api::agent::AgentValue;
use crate::engine::api::call::CallValue;
use crate::engine::api::event_value::EventValue;
use crate::engine::api::names;
use crate::engine::api::waiter::Waiter;
use crate::engine::language::stdlib;
use crate::engine::language::words::plain_type;
use crate::engine::script::failure::ScriptFailure;
use crate::engine::script::run::ScriptRun;
use crate::engine::script::trace::{Trace, origin};
use crate::event::{Ended, How, lock};
use rhai::{Dynamic, EvalAltResult};
use std::any::TypeId;

/// Describes how a script ended. A reason to stop in the log takes precedence over the script's own result.
pub fn describe_end(run: &ScriptRun, result: Result<(), Box<EvalAltResult>>) -> Ended {
    let check = lock(&run.check_failed).take();
    describe_end_so_far(run, &result, check)
}

/// Like [`describe_end`], for a run that continues. `check`: the check that failed before.
pub fn describe_end_so_far(run: &ScriptRun, result: &Result<(), Box<EvalAltResult>>, check: Option<Ended>) -> Ended {
    let trace = result.as_ref().err().map(|error| Trace::follow(error));
    let stop = run.log().stopped().or_else(|| run.take_losses());
    let mut ended = match (stop, &trace) {
        (Some(stop), _) => stop,
        (None, Some(trace)) => translate(run, trace.cause),
        (None, None) => return check.unwrap_or_else(Ended::finished),
    };
    if let Some(Err(error)) = trace.is_some().then_some(result) {
        let step = lock(&run.failed_steps).describe(origin(error));
        ended.details.splice(0..0, step);
    }
    if let Some(trace) = &trace {
        let elsewhere = ended.at.is_some();
        ended.at = ended.at.or_else(|| trace.users().next().map(|site| run.at(site)));
        if !elsewhere {
            ended.details.extend(describe_ways(trace, run));
        }
    }
    if let Some(check) = check {
        ended.details.push(format!("before it, a check failed: {}", check.message));
    }
    ended
}

fn translate(run: &ScriptRun, error: &EvalAltResult) -> Ended {
    let ended = describe_error(run, error);
    let nothing =
        ended.how == How::Error && ended.message.split(|c: char| !c.is_alphanumeric()).any(|word| word == "nothing");
    match nothing {
        true => Ended { advice: Some(NOTHING.to_string()), ..ended },
        false => ended,
    }
}

/// Advice for every error about an empty value.
const NOTHING: &str = "nothing, `()`, is what a field gives that is not there, and a function whose last line ends with `;`: look \
                       before, `if value != ()`, or give something in its place, `value ?? \"none\"`";

fn describe_error(run: &ScriptRun, error: &EvalAltResult) -> Ended {
    use EvalAltResult::*;
    let plain = |message: String| Ended::error(message);
    let advised = |message: String, advice: Option<String>| Ended { advice, ..Ended::error(message) };
    match error {
        ErrorRuntime(value, _) => match value.read_lock::<ScriptFailure>() {
            Some(failure) => failure.ended.clone(),
            // the script's own `throw`: the test says itself that it failed
            None if value.is_string() => Ended::failed(value.to_string()),
            None => Ended::failed(format!("the script threw {value}")),
        },
        ErrorVariableNotFound(name, _) => {
            let known = run.program.variables();
            let near = nearest(name, known.iter().map(String::as_str));
            advised(format!("there is no variable `{name}` here"), near.map(did_you_mean))
        }
        ErrorFunctionNotFound(call, _) => {
            let functions = run.program.ast.iter_functions().map(|function| function.name.to_string());
            let (message, advice) = unknown_function(call, &functions.collect::<Vec<_>>());
            advised(message, advice)
        }
        ErrorDotExpr(text, _) => plain(unknown_property(text)),
        ErrorIndexingType(kind, _) => plain(format!("{} can't be indexed", plain_type(kind))),
        ErrorModuleNotFound(name, _) => {
            advised(format!("there is no module `{name}`"), Some(stdlib::how_to_import(name)))
        }
        ErrorMismatchDataType(wanted, given, _) | ErrorMismatchOutputType(wanted, given, _) => {
            plain(format!("{} is due here, not {}", plain_type(wanted), plain_type(given)))
        }
        ErrorArrayBounds(length, index, _) => {
            plain(format!("the list has {length} elements; there is none at [{index}]"))
        }
        ErrorStringBounds(length, index, _) => {
            plain(format!("the text has {length} characters; there is none at [{index}]"))
        }
        ErrorFor(_) => advised(
            "`for` needs something with elements: a list, a range".to_string(),
            Some("what stands behind `in` has none: a field that is not there is nothing, `()`".to_string()),
        ),
        ErrorStackOverflow(_) => advised(
            "a function calls itself without end".to_string(),
            Some("calls can be nested 64 levels deep".to_string()),
        ),
        ErrorDataTooLarge(what, _) => plain(format!("a value grew too large: {}", what.to_lowercase())),
        ErrorAssignmentToConstant(name, _) => plain(format!("`{name}` is a constant and can't be changed")),
        ErrorArithmetic(what, _) => plain(format!("this can't be computed: {what}")),
        ErrorTerminated(..) => plain("the script was ended".to_string()),
        ErrorTooManyModules(_) => plain("the script imports too many modules".to_string()),
        ErrorUnboundThis(_) => plain("`this` has no value here".to_string()),
        other => {
            let text = other.to_string();
            plain(text.strip_suffix(&format!(" ({})", other.position())).unwrap_or(&text).to_string())
        }
    }
}

/// Describes an error about a property, from Rhai's message.
fn unknown_property(text: &str) -> String {
    match text.split('\'').collect::<Vec<_>>().as_slice() {
        [_, property, _, kind, ..] => format!("{} has no `{property}`", plain_type(kind)),
        _ => text.to_string(),
    }
}

fn did_you_mean(near: &str) -> String {
    format!("did you mean `{near}`?")
}

/// Describes a call that matches no function, from Rhai's message ("dial (Agent, i64)"), with advice.
fn unknown_function(call: &str, own: &[String]) -> (String, Option<String>) {
    let (name, arguments) = call.split_once(" (").unwrap_or((call, ""));
    let arguments = arguments.strip_suffix(')').unwrap_or(arguments);
    let words: Vec<_> = arguments.split(", ").filter(|word| !word.is_empty()).map(plain_type).collect();
    if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return (format!("`{name}` does not work with {}", words.join(" and ")), None);
    }
    if let Some(property) = name.strip_prefix("get$").or_else(|| name.strip_prefix("set$")) {
        return (format!("{} has no `{property}`", words.first().map_or("this", String::as_str)), None);
    }
    if name.contains("::") {
        return (format!("there is no function `{name}` that takes ({})", words.join(", ")), None);
    }
    let receivers = [
        ("agent", TypeId::of::<AgentValue>()),
        ("waiter", TypeId::of::<Waiter>()),
        ("event", TypeId::of::<EventValue>()),
        ("call", TypeId::of::<CallValue>()),
    ];
    let receiver = receivers.iter().find(|(word, _)| words.first().is_some_and(|first| first.ends_with(word)));
    let fits = |first| receiver.is_none_or(|(_, id)| first == *id || first == TypeId::of::<Dynamic>());
    if let Some(usage) = names::usage(name, receiver.is_some().then_some(&fits)) {
        return (
            format!("`{name}` can't be called with ({})", words.join(", ")),
            Some(format!("it is called so: {usage}")),
        );
    }
    match receiver {
        Some((_, id)) => {
            let near = nearest(name, names::methods(*id));
            (format!("{} has no method `{name}`", words[0]), near.map(did_you_mean))
        }
        None => {
            let mut known: Vec<&str> = names::functions().collect();
            known.extend(own.iter().map(String::as_str));
            let near = nearest(name, known);
            (format!("there is no function `{name}` that takes ({})", words.join(", ")), near.map(did_you_mean))
        }
    }
}

/// Names the embedded module where an error happened, and the place that called the user's own library.
fn describe_ways(trace: &Trace, run: &ScriptRun) -> Vec<String> {
    let mut ways = vec![];
    if let Some(source) = trace.sites.last().and_then(|site| site.source.as_deref())
        && stdlib::is_std(source)
    {
        ways.push(format!("it happened in {source}"));
    }
    let mut users = trace.users();
    if let (Some(inner), Some(outer)) = (users.next(), users.last())
        && inner.source != outer.source
    {
        let at = run.at(outer);
        if at.source != run.at(inner).source {
            ways.push(format!("called from {}:{}", at.source, at.line));
        }
    }
    ways
}
