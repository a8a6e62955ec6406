//! Checks calls of modules' functions: whether they exist, and the arguments of the standard library's.

use super::functions::ImportedModule;
use super::kinds::ValueKind;
use super::walk::Walk;
use crate::diagnostic::nearest;
use crate::engine::language::positions::start_of;
use rhai::{Expr, FnCallExpr, Position};

/// The kinds that a parameter of the standard library takes, by its name.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Takes {
    Agent,
    AgentOrAddress,
    Number,
    Duration,
    Text,
    Event,
    Closure,
    List,
}

/// The kinds for a parameter's name; none for an unknown name.
fn takes(module: &str, parameter: &str) -> Option<Takes> {
    Some(match (module, parameter) {
        ("std/sip", "event") => Takes::Event,
        (_, "agent" | "host" | "transferor" | "one" | "other" | "listener" | "speaker") => Takes::Agent,
        (_, "caller" | "callee" | "peer" | "to" | "transferee" | "target") => Takes::AgentOrAddress,
        (_, "code" | "most" | "least") => Takes::Number,
        (_, "time" | "granted") => Takes::Duration,
        (_, "digits" | "text" | "name" | "event" | "file") => Takes::Text,
        (_, "message") => Takes::Event,
        (_, "body" | "condition") => Takes::Closure,
        (_, "guests" | "steps") => Takes::List,
        _ => return None,
    })
}

impl Takes {
    fn fits(self, kind: ValueKind) -> bool {
        match self {
            _ if kind == ValueKind::Unknown => true,
            Takes::Agent => matches!(kind, ValueKind::Agent | ValueKind::Call),
            Takes::AgentOrAddress => matches!(kind, ValueKind::Agent | ValueKind::Call | ValueKind::Text),
            Takes::Number => kind == ValueKind::Number,
            // as a text, too: "5s"
            Takes::Duration => matches!(kind, ValueKind::Duration | ValueKind::Text),
            Takes::Text => kind == ValueKind::Text,
            Takes::Event => matches!(kind, ValueKind::Event(_)),
            Takes::Closure => kind == ValueKind::Closure,
            Takes::List => kind.is_list(),
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Takes::Agent => "an agent",
            Takes::AgentOrAddress => "an agent or an address",
            Takes::Number => "a number",
            Takes::Duration => "a duration",
            Takes::Text => "a text",
            Takes::Event => "an event",
            Takes::Closure => "a closure",
            Takes::List => "a list",
        }
    }

    fn advice(self, given: ValueKind, argument: &Expr) -> Option<String> {
        match (self, given, argument) {
            (Takes::Duration, ValueKind::Number, _) => Some("write the unit: 5s, 500ms, 2m".into()),
            (Takes::Number, ValueKind::Text, Expr::StringConstant(text, _)) if text.parse::<i64>().is_ok() => {
                Some(format!("write the number: {text}"))
            }
            (Takes::Text, ValueKind::Number, Expr::IntegerConstant(number, _)) => {
                Some(format!("write a text: \"{number}\""))
            }
            (Takes::Agent, ValueKind::Text, _) => Some("give the agent itself: let alice = agent(\"alice\");".into()),
            (Takes::Closure, ..) => Some("a closure is written || …".into()),
            (Takes::Event, kind, _) if kind.is_waiter() => Some("await it first: (await …)".into()),
            _ => None,
        }
    }
}

impl Walk<'_> {
    /// The module of the standard library that an alias of the file stands for.
    pub fn is_std(&self, call: &FnCallExpr) -> bool {
        let alias = call.namespace.path.first();
        let module = alias.and_then(|alias| self.modules.get(alias.name.as_str())).and_then(Option::as_ref);
        module.is_some_and(|module| crate::engine::language::stdlib::is_std(&module.name))
    }

    pub fn module_function(&mut self, call: &FnCallExpr, arguments: &[ValueKind], position: Position) {
        let [alias] = call.namespace.path.as_slice() else { return };
        let (alias, name) = (alias.name.to_string(), call.name.as_str());
        let Some(module) = self.modules.get(&alias) else {
            if alias != "global" {
                let near = nearest(&alias, self.modules.keys().map(String::as_str));
                let advice = near.map(|near| format!("did you mean `{near}`?"));
                let advice = advice.or_else(|| Some(crate::engine::language::stdlib::how_to_import(&alias)));
                let message = format!("there is no module `{alias}`");
                self.error("unknown-module", call.namespace.path[0].pos, message, advice);
            }
            return;
        };
        let Some(module) = module.clone() else { return };
        let Some(known) = module.functions.get(name) else {
            let near = nearest(name, module.functions.keys().map(String::as_str));
            let advice = near.map(|near| format!("did you mean `{near}`?"));
            let message = format!("the module `{alias}` has no function `{name}`");
            return self.error("unknown-function", position, message, advice);
        };
        let Some(parameters) = known.iter().find(|parameters| parameters.len() == call.args.len()) else {
            let counts: Vec<_> = known.iter().map(Vec::len).collect();
            let all: Vec<_> = known.iter().map(|names| format!("{alias}::{name}({})", names.join(", "))).collect();
            let usage = Some(all.join(" or "));
            return self.wrong_count(&format!("{alias}::{name}"), &counts, call.args.len(), usage, position);
        };
        self.given_to_std(&module, parameters, call, arguments);
    }

    fn given_to_std(
        &mut self,
        module: &ImportedModule,
        parameters: &[String],
        call: &FnCallExpr,
        arguments: &[ValueKind],
    ) {
        if !crate::engine::language::stdlib::is_std(&module.name) {
            return;
        }
        for ((parameter, given), argument) in parameters.iter().zip(arguments).zip(&call.args) {
            let due = takes(&module.name, parameter).map(|due| match due {
                Takes::AgentOrAddress if parameter != "to" && is_bare_name(argument) => Takes::Agent,
                due => due,
            });
            if let Some(due) = due.filter(|due| !due.fits(*given)) {
                let message =
                    format!("`{parameter}` of `{}` is {}, not {}", call.name, due.in_words(), given.in_words());
                self.error("argument-kind", start_of(argument), message, due.advice(*given, argument));
            }
        }
    }
}

/// `"alice"` is no address, but may be the name of an agent.
fn is_bare_name(argument: &Expr) -> bool {
    matches!(argument, Expr::StringConstant(text, _) if text.chars().all(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::STD_MODULES;

    #[test]
    fn every_parameter_of_the_library_has_a_kind() {
        let mut seen = 0;
        for (name, text) in STD_MODULES.iter().copied() {
            let ast = crate::engine::language::parser::parse_text(text, name).unwrap();
            let is_public = |function: &rhai::ScriptFnMetadata| {
                function.access == rhai::FnAccess::Public && !function.name.starts_with("anon$")
            };
            for function in ast.iter_functions().filter(is_public) {
                for parameter in &function.params {
                    assert!(takes(name, parameter).is_some(), "{name} {}({parameter})", function.name);
                    seen += 1;
                }
            }
        }
        assert!(seen > 50, "{seen}");
    }
}
