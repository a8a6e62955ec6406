//! What a script claims: `assert`, `assert_eq`, `check`, `fail`; and when it does not: `skip`.

use super::at::Site;
use super::state::{Fallible, Run, lock};
use super::statements::in_parentheses;
use super::{register, steps};
use crate::diagnostic::mask_secrets;
use crate::event::{At, Ended, How, Note};
use rhai::{Dynamic, Module, NativeCallContext};

/// Ends the run as failed, whatever the script catches.
fn fail(context: &NativeCallContext, ended: Ended) -> Fallible<()> {
    Err(Run::of(context)?.end(ended, &Site::of_call(context)))
}

/// The line of a claim is reached, whether it holds or not.
fn reached(context: &NativeCallContext) -> Fallible<At> {
    Ok(Run::of(context)?.at(&Site::of_call(context)))
}

fn assert(context: NativeCallContext, holds: bool, why: &str) -> Fallible<()> {
    reached(&context)?;
    if holds { Ok(()) } else { fail(&context, Ended::failed(why)) }
}

/// The same without a reason: the condition is one.
fn assert_alone(context: NativeCallContext, holds: bool) -> Fallible<()> {
    let why = if holds { String::new() } else { condition(&context, "assert")? };
    assert(context, holds, &why)
}

/// A condition that does not hold, as its script has it.
fn condition(context: &NativeCallContext, function: &str) -> Fallible<String> {
    /// Of a script, in bytes: a condition that is longer says nothing.
    const MOST: usize = 1024;
    let (run, site) = (Run::of(context)?, Site::of_call(context));
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

/// Equal as the script's own `==` sees it.
fn assert_eq(context: NativeCallContext, a: Dynamic, b: Dynamic, why: &str) -> Fallible<()> {
    reached(&context)?;
    let shown = |value: &Dynamic| match value {
        value if value.is_unit() => "()".to_string(),
        value if value.is_string() || value.is_char() => format!("\"{value}\""),
        value => context.call_native_fn::<String>("to_string", (value.clone(),)).unwrap_or_else(|_| value.to_string()),
    };
    if context.call_native_fn::<bool>("==", (a.clone(), b.clone())).unwrap_or(false) {
        return Ok(());
    }
    let details = vec![format!("left:  {}", shown(&a)), format!("right: {}", shown(&b))];
    fail(&context, Ended { details, ..Ended::failed(why) })
}

/// Notes a failed check and goes on; the run fails at its end.
fn check(context: NativeCallContext, holds: bool, why: &str) -> Fallible<()> {
    let (run, at) = (Run::of(&context)?, Some(reached(&context)?));
    if !holds {
        run.host.note(Note::CheckFailed { message: why.to_string(), at: at.clone() });
        let details = steps::going_on().into_iter().collect();
        lock(&run.check_failed).get_or_insert(Ended { at, details, ..Ended::failed(why) });
    }
    Ok(())
}

fn check_alone(context: NativeCallContext, holds: bool) -> Fallible<()> {
    let why = if holds { String::new() } else { condition(&context, "check")? };
    check(context, holds, &why)
}

/// Ends the test, which counts as neither passed nor failed.
fn skip(context: NativeCallContext, why: &str) -> Fallible<()> {
    fail(&context, Ended { how: How::Skipped, message: why.to_string(), ..Ended::finished() })
}

pub fn register_into(module: &mut Module) {
    register(module, "skip", skip);
    register(module, "skip", |context: NativeCallContext| skip(context, "the test skips itself"));
    // who picks tests has read it already
    register(module, "only", || ());
    register(module, "assert", assert);
    register(module, "assert", assert_alone);
    register(module, "assert_eq", assert_eq);
    register(module, "assert_eq", |context: NativeCallContext, a: Dynamic, b: Dynamic| {
        assert_eq(context, a, b, "the two are not equal")
    });
    register(module, "check", check);
    register(module, "check", check_alone);
    register(module, "fail", |context: NativeCallContext, why: &str| fail(&context, Ended::failed(why)));
    for getter in ["kind", "message"] {
        let name = format!("get${getter}");
        register(module, &name, move |failure: &mut super::errors::Failure| match getter {
            "kind" => failure.kind.to_string(),
            _ => failure.ended.message.clone(),
        });
    }
    module.set_custom_type::<super::errors::Failure>("Failure");
    register(module, "to_string", |failure: &mut super::errors::Failure| failure.to_string());
    register(module, "to_debug", |failure: &mut super::errors::Failure| failure.to_string());
}
