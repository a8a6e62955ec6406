//! The checks of calls, properties and `await` in a walk.

use super::check::{command_of, place};
use super::event_value::{FIELDS, OF_AGENTS};
use super::kinds::{Kind, result_of};
use super::names;
use super::syntax::PARENTHESES;
use super::walk::Walk;
use crate::diagnostic::nearest;
use crate::event::EVENT_NAMES;
use rhai::{CustomExpr, Expr, FnCallExpr, Position};

/// Functions and methods that are given names of events.
const WITH_EVENT_NAMES: [&str; 5] = ["event", "quiet", "accept", "ignore", "fail_on"];

impl Walk<'_> {
    pub fn call(&mut self, call: &FnCallExpr, position: Position) -> Kind {
        let name = call.name.as_str();
        if name == "curry" && matches!(call.args.first(), Some(Expr::DynamicConstant(..))) {
            self.curried_call(call);
            return Kind::Unknown;
        }
        let arguments = self.arguments(call, Kind::Unknown);
        if !call.namespace.is_empty() {
            self.module_function(call, position);
            return Kind::Unknown;
        }
        if call.op_token.is_some() || !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return operator(name, &arguments);
        }
        let own = self.functions.get(name).is_some_and(|own| own.iter().any(|own| own.params.len() == call.args.len()));
        if own {
            return Kind::Unknown;
        }
        let counts = self.counts(name, 0);
        if counts.is_empty() {
            let mut known: Vec<&str> = names::functions().collect();
            known.extend(self.functions.keys().map(String::as_str).filter(|name| !name.contains('$')));
            let advice = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
            self.error(position, format!("there is no function `{name}`"), advice);
        } else if !counts.contains(&call.args.len()) {
            self.wrong_count(name, &counts, call.args.len(), names::usage(name, false), position);
        }
        self.event_names(Kind::Unknown, call);
        result_of(Kind::Unknown, name, &arguments, self.awaited)
    }

    pub fn method(&mut self, receiver: Kind, call: &FnCallExpr, position: Position) -> Kind {
        let name = call.name.as_str();
        let parameter = if name == "where" || receiver == Kind::Events { Kind::Event } else { Kind::Unknown };
        let arguments = self.arguments(call, parameter);
        let own = self.functions.get(name).is_some_and(|own| own.iter().any(|own| own.params.len() == call.args.len()));
        if own || self.properties.contains(name) && receiver.native().is_none() {
            return Kind::Unknown;
        }
        let counts = match receiver.native() {
            Some(native) => self.native_counts(name, native),
            None => self.counts(name, 1),
        };
        if counts.is_empty() {
            let advice = match receiver.native() {
                Some(native) => nearest(name, names::methods(native)),
                None => nearest(name, names::functions()),
            };
            let advice = advice.map(|near| format!("did you mean `{near}`?"));
            let message = match receiver {
                Kind::Unknown => format!("nothing has a method `{name}`"),
                kind => format!("{} has no method `{name}`", kind.in_words()),
            };
            self.error(position, message, advice);
            return Kind::Unknown;
        }
        if !counts.contains(&call.args.len()) {
            self.wrong_count(name, &counts, call.args.len(), names::usage(name, true), position);
        }
        self.event_names(receiver, call);
        let result = result_of(receiver, name, &arguments, self.awaited);
        if receiver == Kind::Agent && result == Kind::Reply {
            self.note_command(call, position);
        }
        result
    }

    pub fn property(&mut self, receiver: Kind, name: &str, position: Position) -> Kind {
        let known: Vec<&str> = match receiver {
            Kind::Event => FIELDS.iter().chain(OF_AGENTS).copied().collect(),
            Kind::Agent => vec!["name", "aor"],
            Kind::Reply => vec!["ok", "data", "time"],
            Kind::Waiter | Kind::Waiters | Kind::AnyWaiter | Kind::Quiet => {
                let message = format!("a waiter has no `{name}`: it must be awaited first");
                self.error(position, message, Some(PARENTHESES.to_string()));
                return Kind::Unknown;
            }
            _ => return Kind::Unknown,
        };
        if !known.contains(&name) {
            let advice = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
            self.error(position, format!("{} has no `{name}`", receiver.in_words()), advice);
        }
        match name {
            "time" | "status" => Kind::Number,
            "ok" => Kind::Bool,
            _ => Kind::Unknown,
        }
    }

    /// `await …`, or a duration literal.
    pub fn custom(&mut self, custom: &CustomExpr) -> Kind {
        if custom.tokens.first().is_none_or(|keyword| keyword != "await") {
            return Kind::Duration;
        }
        let before = self.diagnostics.len();
        let outer = std::mem::replace(&mut self.awaited, true);
        let operand = custom.inputs.first().map_or(Kind::Unknown, |operand| self.expression(operand));
        self.awaited = outer;
        let position = custom.inputs.first().map_or(Position::NONE, Expr::start_position);
        if let Some(time) = custom.inputs.get(1) {
            match self.expression(time) {
                Kind::Unknown | Kind::Duration | Kind::Text => {}
                Kind::Bool => self.error(time.start_position(), PARENTHESES.to_string(), None),
                Kind::Number => {
                    let advice = Some("write the unit: 5s, 500ms, 2m".to_string());
                    self.error(time.start_position(), "this time has no unit".to_string(), advice);
                }
                kind => {
                    self.error(time.start_position(), format!("a duration is due here, not {}", kind.in_words()), None);
                }
            }
        }
        let during = custom.tokens.iter().any(|token| token == "during");
        match (operand, operand.awaited()) {
            (Kind::Quiet, _) if !during => {
                let advice = Some("await alice.quiet(\"CALL_CLOSED\") during 1s".to_string());
                self.error(position, "say how long it has to be quiet".to_string(), advice);
            }
            (Kind::Waiter | Kind::Waiters, _) if during => {
                let message = "`during` goes with quiet(…)".to_string();
                self.error(position, message, Some("say `within` for the longest wait".to_string()));
            }
            (_, Some(result)) => return result,
            (kind, None) if self.diagnostics.len() == before => {
                let message = format!(
                    "`await` needs a waiter such as alice.event(\"CALL_ESTABLISHED\"), not {}",
                    kind.in_words()
                );
                self.error(position, message, Some(PARENTHESES.to_string()));
            }
            _ => {}
        }
        Kind::Unknown
    }
}

impl Walk<'_> {
    fn curried_call(&mut self, call: &FnCallExpr) {
        if let Some((Expr::DynamicConstant(value, _), captured)) = call.args.split_first() {
            self.closure(value, captured, Kind::Unknown);
        }
    }

    /// How many arguments a function takes, less the receiver.
    fn counts(&self, name: &str, receiver: usize) -> Vec<usize> {
        let natives = names::signatures(name).iter().filter_map(|known| known.parameters.len().checked_sub(receiver));
        // a script's function is called as a method with all its parameters: `this` is none of them
        let own = self.functions.get(name).into_iter().flatten().map(|own| own.params.len());
        natives.chain(own).collect()
    }

    fn native_counts(&self, name: &str, native: std::any::TypeId) -> Vec<usize> {
        let any = std::any::TypeId::of::<rhai::Dynamic>();
        let fits =
            |known: &&names::Signature| known.parameters.first().is_some_and(|first| *first == native || *first == any);
        names::signatures(name).iter().filter(fits).map(|known| known.parameters.len() - 1).collect()
    }

    fn wrong_count(&mut self, name: &str, counts: &[usize], given: usize, usage: Option<String>, position: Position) {
        let mut counts: Vec<_> = counts.to_vec();
        counts.sort_unstable();
        counts.dedup();
        let due = counts.iter().map(usize::to_string).collect::<Vec<_>>().join(" or ");
        let plural = if counts == [1] { "argument" } else { "arguments" };
        let message = format!("`{name}` takes {due} {plural}, not {given}");
        self.error(position, message, usage.map(|usage| format!("it is called so: {usage}")));
    }

    fn module_function(&mut self, call: &FnCallExpr, position: Position) {
        let [alias] = call.namespace.path.as_slice() else { return };
        let (alias, name) = (alias.name.to_string(), call.name.as_str());
        let Some(module) = self.modules.get(&alias) else {
            if alias != "global" {
                let advice = Some(format!("import it first: import \"std/{alias}\" as {alias};"));
                self.error(position, format!("there is no module `{alias}`"), advice);
            }
            return;
        };
        let Some(functions) = module else { return };
        match functions.get(name).cloned() {
            None => {
                let advice =
                    nearest(name, functions.keys().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
                self.error(position, format!("the module `{alias}` has no function `{name}`"), advice);
            }
            Some(counts) if !counts.contains(&call.args.len()) => {
                self.wrong_count(&format!("{alias}::{name}"), &counts, call.args.len(), None, position);
            }
            Some(_) => {}
        }
    }

    fn event_names(&mut self, receiver: Kind, call: &FnCallExpr) {
        let of_agent = matches!(call.name.as_str(), "event" | "quiet");
        // in a compiled testfile the names are the testfile's own: its compiler has looked at them
        let directive = receiver == Kind::Unknown && !of_agent && self.script.lines.is_empty();
        if !WITH_EVENT_NAMES.contains(&call.name.as_str()) || !(of_agent || directive) {
            return;
        }
        let listed = call.args.iter().flat_map(|argument| match argument {
            Expr::Array(elements, _) => elements.as_slice(),
            one => std::slice::from_ref(one),
        });
        let named: Vec<_> = listed
            .filter_map(|argument| match argument {
                Expr::StringConstant(name, position) => Some((name.to_string(), *position)),
                _ => None,
            })
            .collect();
        for (name, position) in named {
            if !EVENT_NAMES.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                let advice = nearest(&name, EVENT_NAMES.iter().copied()).map(|near| format!("did you mean `{near}`?"));
                self.error(position, format!("no agent gives an event `{name}`"), advice);
            }
        }
    }

    fn note_command(&mut self, call: &FnCallExpr, position: Position) {
        let text = match (call.name.as_str(), call.args.first()) {
            ("cmd", Some(Expr::StringConstant(text, _))) => text.to_string(),
            (method, _) => match command_of(method) {
                Some(command) => command.to_string(),
                None => return,
            },
        };
        self.commands.push((text, place(self.script, position)));
    }
}

fn operator(name: &str, operands: &[Kind]) -> Kind {
    match (name, operands) {
        ("==" | "!=" | "<" | "<=" | ">" | ">=" | "!" | "in", _) => Kind::Bool,
        ("+" | "-", [Kind::Duration, Kind::Duration]) | ("-" | "+", [Kind::Duration]) => Kind::Duration,
        ("*", [Kind::Duration, Kind::Number] | [Kind::Number, Kind::Duration]) => Kind::Duration,
        ("+" | "-" | "*" | "/" | "%", [Kind::Number, Kind::Number]) => Kind::Number,
        _ => Kind::Unknown,
    }
}
