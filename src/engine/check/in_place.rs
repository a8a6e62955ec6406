//! Finds uses of the value of Rhai methods that change a text or list in place and return nothing.

use super::kinds::ValueKind;
use super::walk::Walk;
use rhai::{Expr, Position};

const OF_TEXTS: [&str; 9] =
    ["trim", "replace", "truncate", "crop", "clear", "make_upper", "make_lower", "append", "set"];
const OF_LISTS: [&str; 11] =
    ["push", "append", "insert", "sort", "reverse", "dedup", "truncate", "clear", "chop", "pad", "for_each"];

/// Whether this method of such a value returns nothing.
pub fn gives_nothing(receiver: ValueKind, name: &str) -> bool {
    match receiver {
        ValueKind::Text => OF_TEXTS.contains(&name),
        list if list.is_list() => OF_LISTS.contains(&name),
        // only texts and lists have it
        ValueKind::Unknown => matches!(name, "trim" | "replace" | "push" | "sort" | "reverse"),
        _ => false,
    }
}

impl Walk<'_> {
    /// Checks an expression whose value is used.
    pub fn taken(&mut self, expression: &Expr, kind: ValueKind) {
        if kind == ValueKind::Unit
            && let Some((name, position)) = last_method(expression)
        {
            let message = format!("`{name}` changes the value itself, and gives nothing");
            let advice = match name.as_str() {
                "trim" => "write it as a statement: let name = …; name.trim();".to_string(),
                "replace" => "write it as a statement: let name = …; name.replace(\"a\", \"b\");".to_string(),
                name => format!("write it as a statement: list.{name}(…);"),
            };
            self.error("unused-value", position, message, Some(advice));
        }
    }
}

/// The last method of a chain of dots.
fn last_method(expression: &Expr) -> Option<(String, Position)> {
    match expression {
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => last_method(&parts.rhs),
        Expr::MethodCall(call, position) if OF_TEXTS.contains(&&*call.name) || OF_LISTS.contains(&&*call.name) => {
            Some((call.name.to_string(), *position))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::api;

    #[test]
    fn those_methods_give_nothing() {
        let arguments = |name: &str| match name {
            "replace" => "\"a\", \"b\"",
            "crop" | "pad" | "insert" => "1, 1",
            "set" => "0, 'x'",
            "append" | "push" => "ARG",
            "truncate" | "chop" => "1",
            "for_each" => "|x| 1",
            _ => "",
        };
        let mut engine = rhai::Engine::new_raw();
        api::add_functions(&mut engine);
        let texts = OF_TEXTS.iter().map(|name| ("\" abc \"", *name, "\"x\""));
        let lists = OF_LISTS.iter().map(|name| ("[2, 1]", *name, "[3]"));
        for (value, name, argument) in texts.chain(lists) {
            let script = format!("let x = {value}; x.{name}({})", arguments(name).replace("ARG", argument));
            let given = engine.eval::<rhai::Dynamic>(&script).map_err(|error| error.to_string());
            assert!(given.as_ref().is_ok_and(rhai::Dynamic::is_unit), "{script}: {given:?}");
        }
    }
}
