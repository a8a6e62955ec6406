//! `assert`, `assert_eq`, `check`, `fail` and `skip`.

use super::steps;
use crate::diagnostic::mask_secrets;
use crate::engine::language::statements::in_parentheses;
use crate::engine::script::failure::Fallible;
use crate::engine::script::native::register;
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use crate::event::{At, Ended, How, Note, lock};
use rhai::{Dynamic, Module, NativeCallContext};

/// Ends the run as failed, even if the script catches the error.
fn fail(context: &NativeCallContext, ended: Ended) -> Fallible<()> {
    Err(ScriptRun::from_call(context)?.end(ended, &Site::of_call(context)))
}

/// Marks the line of a claim as reached, whether it holds or not.
fn reached(context: &NativeCallContext) -> Fallible<At> {
    Ok(ScriptRun::from_call(context)?.at(&Site::of_call(context)))
}

/// If there is no reason, the condition is shown. `values`: the values that the condition compares.
pub fn assert(context: &NativeCallContext, holds: bool, why: Option<&str>, values: Vec<String>) -> Fallible<()> {
    reached(context)?;
    match holds {
        true => Ok(()),
        false => fail(context, unmet(context, "assert", why, values)?),
    }
}

/// The end of a test whose claim does not hold.
fn unmet(context: &NativeCallContext, function: &str, why: Option<&str>, values: Vec<String>) -> Fallible<Ended> {
    if let Some(why) = why {
        return Ok(Ended { details: values, ..Ended::failed(why) });
    }
    let condition = condition(context, function)?;
    Ok(Ended::failed(match values.is_empty() {
        true => condition,
        false => format!("{condition}: {}", values.join(", ")),
    }))
}

/// Describes a condition that does not hold, as the script has it.
fn condition(context: &NativeCallContext, function: &str) -> Fallible<String> {
    /// The most bytes of a script that are searched; longer conditions are not readable.
    const MOST: usize = 1024;
    let (run, site) = (ScriptRun::from_call(context)?, Site::of_call(context));
    let written = run.text_from(&site, MOST).and_then(|text| {
        let masked = mask_secrets(&text);
        let condition = in_parentheses(masked.strip_prefix(function)?.trim_start())?;
        Some(condition.split_whitespace().collect::<Vec<_>>().join(" "))
    });
    Ok(match written {
        Some(condition) => format!("`{condition}` does not hold"),
        None => format!("what `{function}` was given does not hold"),
    })
}

/// A value as a message shows it.
pub fn shown(context: &NativeCallContext, value: &Dynamic) -> String {
    match value {
        value if value.is_unit() => "()".to_string(),
        value if value.is_string() || value.is_char() => format!("\"{value}\""),
        value => context.call_native_fn::<String>("to_string", (value.clone(),)).unwrap_or_else(|_| value.to_string()),
    }
}

/// What differs, where both sides fit on a line.
fn unequal(left: &str, right: &str) -> String {
    /// A side that is longer stands below alone.
    const MOST: usize = 60;
    let (left, right) = (mask_secrets(left), mask_secrets(right));
    let fits = |side: &str| side.chars().count() <= MOST && !side.contains(char::is_control);
    match fits(&left) && fits(&right) {
        true => format!("{left} is not equal to {right}"),
        false => "the two are not equal".into(),
    }
}

/// Compares two values with the script's `==`.
fn assert_eq(context: NativeCallContext, a: Dynamic, b: Dynamic, why: Option<&str>) -> Fallible<()> {
    reached(&context)?;
    if context.call_native_fn::<bool>("==", (a.clone(), b.clone())).unwrap_or(false) {
        return Ok(());
    }
    let (left, right) = (shown(&context, &a), shown(&context, &b));
    let why = why.map_or_else(|| unequal(&left, &right), String::from);
    let details = vec![format!("left:  {left}"), format!("right: {right}")];
    fail(&context, Ended { details, ..Ended::failed(why) })
}

/// Notes a failed check and continues; the run fails at its end.
pub fn check(context: &NativeCallContext, holds: bool, why: Option<&str>, values: Vec<String>) -> Fallible<()> {
    let (run, at) = (ScriptRun::from_call(context)?, Some(reached(context)?));
    if !holds {
        let mut ended = Ended { at: at.clone(), ..unmet(context, "check", why, values)? };
        run.host.note(Note::CheckFailed { message: ended.message.clone(), at });
        ended.details.extend(steps::going_on());
        lock(&run.check_failed).get_or_insert(ended);
    }
    Ok(())
}

/// Ends the test as skipped.
fn skip(context: NativeCallContext, why: &str) -> Fallible<()> {
    fail(&context, Ended { how: How::Skipped, message: why.to_string(), ..Ended::finished() })
}

pub fn register_into(module: &mut Module) {
    register(module, "skip", skip);
    register(module, "skip", |context: NativeCallContext| skip(context, "the test skips itself"));
    // it is read when tests are selected
    register(module, "only", || ());
    // these two are called where `comparisons` does not see the call: through a function pointer, or as a method
    register(module, "assert", |context: NativeCallContext, holds: bool, why: &str| {
        assert(&context, holds, Some(why), vec![])
    });
    register(module, "assert", |context: NativeCallContext, holds: bool| assert(&context, holds, None, vec![]));
    register(module, "assert_eq", |context: NativeCallContext, a: Dynamic, b: Dynamic, why: &str| {
        assert_eq(context, a, b, Some(why))
    });
    register(module, "assert_eq", |context: NativeCallContext, a: Dynamic, b: Dynamic| assert_eq(context, a, b, None));
    register(module, "check", |context: NativeCallContext, holds: bool, why: &str| {
        check(&context, holds, Some(why), vec![])
    });
    register(module, "check", |context: NativeCallContext, holds: bool| check(&context, holds, None, vec![]));
    register(module, "fail", |context: NativeCallContext, why: &str| fail(&context, Ended::failed(why)));
    for getter in ["kind", "message"] {
        let name = format!("get${getter}");
        register(module, &name, move |failure: &mut crate::engine::script::failure::ScriptFailure| match getter {
            "kind" => failure.kind.to_string(),
            _ => failure.ended.message.clone(),
        });
    }
    module.set_custom_type::<crate::engine::script::failure::ScriptFailure>("Failure");
    register(module, "to_string", |failure: &mut crate::engine::script::failure::ScriptFailure| failure.to_string());
    register(module, "to_debug", |failure: &mut crate::engine::script::failure::ScriptFailure| failure.to_string());
}
