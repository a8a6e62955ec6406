//! Functions see the variables of the file's top level, which Rhai hides from them. After its `let`, a variable that a
//! function names is shared with all functions. Functions read it; only the top level changes it.

use crate::engine::language::functions::names_in_functions;
use crate::engine::script::failure::Fallible;
use crate::engine::script::run::ScriptRun;
use crate::event::lock;
use rhai::{Dynamic, EvalContext, Expression, Scope};

/// Shares the variable that the statement names.
pub fn share_one(context: &mut EvalContext, _: &[Expression], name: &Dynamic) -> Fallible<Dynamic> {
    let run = ScriptRun::from_tag(context.tag())?;
    let name = name.to_string();
    if let Some(value) = share(context.scope_mut(), &name) {
        lock(&run.shared).insert(name, value);
    }
    Ok(Dynamic::UNIT)
}

/// Shares the existing variables that a function of the program names.
pub fn share_all(scope: &mut Scope, run: &ScriptRun) {
    for name in names_in_functions(&run.program.ast) {
        if let Some(value) = share(scope, &name) {
            lock(&run.shared).insert(name, value);
        }
    }
}

fn share(scope: &mut Scope, name: &str) -> Option<Dynamic> {
    let Some(variable) = scope.get_mut(name) else {
        // a constant
        return scope.get(name).cloned();
    };
    *variable = std::mem::take(variable).into_shared();
    Some(variable.clone())
}
