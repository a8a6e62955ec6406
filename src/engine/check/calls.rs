//! Checks calls of functions, methods and modules: whether they exist, and how many arguments they take.

use super::kinds::{Type, ValueKind, result_of};
use super::walk::Walk;
use super::{command_of, habits};
use crate::agent::commands;
use crate::diagnostic::nearest;
use crate::engine::api::method::Gives;
use crate::engine::api::methods::{find_method, meaning_of, method_names};
use crate::engine::api::names;
use crate::engine::language::docs;
use crate::engine::language::positions::{place, start_of};
use crate::event::{EVENT_NAMES, SENT_NAMES};
use rhai::{Expr, FnCallExpr, Position};
use std::rc::Rc;

/// Functions and methods that take names of events.
const WITH_EVENT_NAMES: [&str; 5] = ["event", "quiet", "accept", "ignore", "fail_on"];

/// Methods that wait for what the agent hears, and the events that say so.
const LISTENS: [(&str, &str); 5] = [
    ("hears", "HEARD_PROMPT"),
    ("quiet_line", "HEARD_SOUND"),
    ("silence", "HEARD_SILENCE"),
    ("speech", "HEARD_SPEECH"),
    ("tone", "HEARD_TONE"),
];

impl Walk<'_> {
    pub fn call(&mut self, call: &FnCallExpr, position: Position) -> ValueKind {
        let name = call.name.as_str();
        if name == "curry" && matches!(call.args.first(), Some(Expr::DynamicConstant(..))) {
            self.curried_call(call);
            return ValueKind::Unknown;
        }
        let arguments = self.arguments(call, ValueKind::Unknown);
        if !call.namespace.is_empty() {
            self.called("");
            self.module_function(call, &arguments, position);
            return ValueKind::Unknown;
        }
        if call.op_token.is_some() || !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return self.operator(call, &arguments, position);
        }
        self.called(name);
        let own = self.functions.get(name).is_some_and(|own| own.iter().any(|own| own.params.len() == call.args.len()));
        if own {
            self.all_is_there(name, position);
            return ValueKind::Unknown;
        }
        if self.not_in_a_validation(name, position) {
            return ValueKind::Unknown;
        }
        let counts = self.counts(name, 0);
        if counts.is_empty() {
            let advice = match self.scope.used(name) {
                Some(_) => Some(format!("`{name}` is a variable; a closure in it is called so: {name}.call(…)")),
                None => habits::function(name).map(str::to_string).or_else(|| self.meant_function(name)),
            };
            self.error("unknown-function", position, format!("there is no function `{name}`"), advice);
        } else if !counts.contains(&call.args.len()) {
            self.wrong_count(name, &counts, call.args.len(), names::usage(name, None), position);
        } else {
            self.kinds(None, call, &arguments, position);
            self.agent(call);
            self.function_values(call, &arguments, position);
        }
        if let ("all" | "any" | "parallel", [Expr::Array(elements, position)]) = (name, &call.args[..]) {
            let kinds = self.lists.remove(position).unwrap_or_default();
            self.joined(name, elements, &kinds);
        }
        if matches!(name, "sleep" | "validate") {
            self.acts(position);
        }
        let named = self.event_names(ValueKind::Unknown, call);
        result_of(ValueKind::Unknown, name, &arguments, named)
    }

    pub fn method(&mut self, receiver: ValueKind, call: &FnCallExpr, position: Position) -> ValueKind {
        let name = call.name.as_str();
        let parameter = match receiver {
            ValueKind::Waiter(of) | ValueKind::Waiters(of) if name == "where" => ValueKind::Event(of),
            list if list.is_list() => list.element(),
            _ if name == "where" => ValueKind::Event(None),
            _ => ValueKind::Unknown,
        };
        let outer = self.in_condition;
        self.in_condition |= name == "where";
        let arguments = self.arguments(call, parameter);
        self.in_condition = outer;
        let count = call.args.len();
        self.called("");
        if receiver == ValueKind::Telefonist {
            self.of_telefonist(call, &arguments, position);
            return ValueKind::Unit;
        }
        if self.functions.get(name).is_some_and(|own| own.iter().any(|own| own.params.len() == count)) {
            if receiver == ValueKind::Agent && !method_counts(name, receiver).is_empty() {
                let message = format!("this calls the file's function `{name}`, not the agent's method");
                self.warn("shadows", position, message, Some("give the function another name".to_string()));
            }
            return ValueKind::Unknown;
        }
        if self.properties.contains(name) && receiver.native().is_none() {
            return ValueKind::Unknown;
        }
        let counts = match receiver {
            ValueKind::Unknown => self.counts(name, 1),
            // Rhai's own, for closures
            kind if name == "call" && kind.native().is_some() => vec![],
            kind => method_counts(name, kind),
        };
        if counts.is_empty() {
            self.unknown_method(receiver, call, position);
            return ValueKind::Unknown;
        }
        if counts.contains(&count) {
            self.kinds(Some(receiver), call, &arguments, position);
        } else {
            self.wrong_count(name, &counts, count, names::usage(name, Some(&|id| receiver.fits(id))), position);
        }
        self.values(receiver, call, position);
        let named = self.event_names(receiver, call);
        let result = match (receiver, name, &call.args[..]) {
            (ValueKind::Agent | ValueKind::Call, "dtmf", [digits]) if self.awaited => of_digits(digits),
            _ => result_of(receiver, name, &arguments, named),
        };
        self.listens(receiver, name, position);
        if receiver == ValueKind::Agent && find_method(name).is_some_and(|method| method.gives == Gives::Nothing) {
            self.acts(position);
        }
        if matches!(receiver, ValueKind::Agent | ValueKind::Call)
            && matches!(result, ValueKind::Reply | ValueKind::Call)
        {
            self.sends(call, position);
        }
        result
    }

    /// Notes an event that a method waits for without naming it.
    fn listens(&mut self, receiver: ValueKind, name: &str, position: Position) {
        let heard = LISTENS.iter().find(|(method, _)| *method == name);
        if let (ValueKind::Agent | ValueKind::Call, Some((_, event))) = (receiver, heard) {
            self.events.push((event, place(self.script, position)));
        }
    }

    /// Checks the place of a command, and notes it.
    fn sends(&mut self, call: &FnCallExpr, position: Position) {
        if self.in_condition {
            let advice = "look only at the event: |e| e.param.contains(\"…\")".to_string();
            let message = "a condition can't send a command".to_string();
            self.error("in-condition", position, message, Some(advice));
        }
        self.acts(position);
        self.note_command(call, position);
    }

    fn unknown_method(&mut self, receiver: ValueKind, call: &FnCallExpr, position: Position) {
        let name = call.name.as_str();
        let known: Vec<_> = match receiver.native() {
            Some(native) => names::methods(native).collect(),
            None => names::functions().filter(|known| !method_counts(known, receiver).is_empty()).collect(),
        };
        let near = || nearest(name, known).map(|near| format!("did you mean `{near}`?"));
        let command = || {
            let is_one = matches!(receiver, ValueKind::Agent | ValueKind::Call) && commands::is_known(name);
            let parameters = if call.args.is_empty() { "" } else { " …" };
            is_one.then(|| format!("it is a command of baresip's: cmd(\"{name}{parameters}\")"))
        };
        let advice = habits::method(receiver, name).or_else(command).or_else(near);
        let message = match receiver {
            ValueKind::Unknown => format!("nothing has a method `{name}`"),
            kind => format!("{} has no method `{name}`", kind.in_words()),
        };
        self.error("unknown-method", position, message, advice);
    }
}

impl Walk<'_> {
    fn curried_call(&mut self, call: &FnCallExpr) {
        if let Some((Expr::DynamicConstant(value, _), captured)) = call.args.split_first() {
            self.closure(value, captured, ValueKind::Unknown);
        }
    }

    /// Advice for an unknown function: a similar one, or a method that was called as a function.
    fn meant_function(&self, name: &str) -> Option<String> {
        let own = self.functions.keys().map(String::as_str).filter(|name| !name.contains('$'));
        let of_language = names::functions().filter(|known| meaning_of(known).is_none());
        let ours = docs::FUNCTIONS.iter().map(|(known, _)| *known);
        let mut functions: Vec<&str> = own.collect();
        ours.chain(of_language).for_each(|known| functions.push(known));
        if let Some(near) = nearest(name, functions) {
            return Some(format!("did you mean `{near}`?"));
        }
        let near = nearest(name, method_names())?;
        Some(format!("did you mean the method `{near}`? it stands behind a dot: alice.{near}(…)"))
    }

    /// The numbers of arguments that a function takes, without the receiver.
    fn counts(&self, name: &str, receiver: usize) -> Vec<usize> {
        let natives = names::signatures(name).iter().filter_map(|known| known.parameters.len().checked_sub(receiver));
        // a script's function has all its parameters when called as a method: `this` is not one of them
        let own = self.functions.get(name).into_iter().flatten().map(|own| own.params.len());
        natives.chain(own).collect()
    }

    /// Checks that the agents that a function uses are declared before its call.
    fn all_is_there(&mut self, name: &str, position: Position) {
        if self.in_function {
            return;
        }
        let used = match self.used_by.get(name) {
            Some(used) => used.clone(),
            None => {
                let used = Rc::new(self.variables_used(name));
                self.used_by.insert(name.to_string(), used.clone());
                used
            }
        };
        let missing = used.iter().find(|variable| !self.scope.has(variable));
        if let Some(variable) = missing {
            let top = self.top_level.get(variable);
            let line = top.map(|top| self.line_of(top.position)).unwrap_or_default();
            let what = if top.is_some_and(|top| top.is_agent) { "the agent " } else { "" };
            let message = format!("`{name}` uses {what}`{variable}`, which is not made yet");
            let advice = format!("line {line} makes it: call `{name}` after that");
            self.warn("used-before-made", position, message, Some(advice));
        }
    }

    pub fn wrong_count(
        &mut self,
        name: &str,
        counts: &[usize],
        given: usize,
        usage: Option<String>,
        position: Position,
    ) {
        let mut counts: Vec<_> = counts.to_vec();
        counts.sort_unstable();
        counts.dedup();
        let due = counts.iter().map(usize::to_string).collect::<Vec<_>>().join(" or ");
        let plural = if counts == [1] { "argument" } else { "arguments" };
        let message = format!("`{name}` takes {due} {plural}, not {given}");
        self.error("argument-count", position, message, usage.map(|usage| format!("it is called so: {usage}")));
    }

    /// Checks the names of events among the arguments; returns the type if there is one name.
    fn event_names(&mut self, receiver: ValueKind, call: &FnCallExpr) -> Type {
        let of_agent = matches!(call.name.as_str(), "event" | "quiet");
        // in a compiled testfile its own compiler has checked the names
        let directive = receiver == ValueKind::Unknown && !of_agent && self.script.lines.is_empty();
        if !WITH_EVENT_NAMES.contains(&call.name.as_str()) || !(of_agent || directive) {
            return None;
        }
        let listed = call.args.iter().flat_map(|argument| match argument {
            Expr::Array(elements, _) => elements.as_slice(),
            one => std::slice::from_ref(one),
        });
        let mut found = None;
        for argument in listed {
            let Expr::StringConstant(name, position) = argument else { continue };
            // no event: the run hears by itself that a call is silent
            if call.name == "fail_on" && name.eq_ignore_ascii_case("audio") {
                continue;
            }
            let of_flow = matches!(call.name.as_str(), "accept" | "ignore");
            let known = EVENT_NAMES.iter().chain(SENT_NAMES.iter().filter(|_| of_flow));
            found = known.clone().copied().find(|known| known.eq_ignore_ascii_case(name));
            if let Some(known) = found.filter(|_| of_agent) {
                self.events.push((known, place(self.script, *position)));
            }
            if found.is_none() {
                let near = habits::event(name).or_else(|| nearest(name, known.copied()));
                let advice = match name.as_str() {
                    "SIP" | "LOG" if of_agent => Some(format!("write {}(…)", name.to_lowercase())),
                    _ => near.map(|near| format!("did you mean `{near}`?")),
                };
                self.error("unknown-event", *position, format!("no agent gives an event `{name}`"), advice);
            }
        }
        found
    }

    /// The elements of `all([…])`, `any([…])` and `parallel([…])`.
    fn joined(&mut self, word: &str, elements: &[Expr], kinds: &[ValueKind]) {
        for (element, kind) in elements.iter().zip(kinds) {
            let method = match element {
                Expr::Dot(parts, ..) => match &parts.rhs {
                    Expr::MethodCall(call, position) => Some((call.name.as_str(), *position)),
                    _ => None,
                },
                _ => None,
            };
            let place = method.map_or_else(|| start_of(element), |(_, position)| position);
            let (what, advice) = match (word, kind, method) {
                ("parallel", ValueKind::Closure | ValueKind::Unknown, _) => continue,
                ("parallel", ..) => (
                    format!("`parallel` takes closures, not {}", kind.in_words()),
                    "write || before it: parallel([|| …, || …])",
                ),
                (_, ValueKind::Quiet, _) => {
                    (format!("quiet(…) can't stand in `{word}`"), "write it around: await quiet(any([…])) during 1s")
                }
                (_, ValueKind::Reply, Some(("dtmf", _))) => (
                    format!("`{word}` takes waiters; `dtmf` is a command here"),
                    "it waits only in an `await` itself; elsewhere: bob.event(\"CALL_DTMF_START\").where(|e| e.param == \"9\")",
                ),
                (_, ValueKind::Reply | ValueKind::Call, Some((command, _))) => (
                    format!("`{word}` takes waiters; `{command}` is a command here"),
                    "write it before, and wait for what it leads to",
                ),
                (_, ValueKind::Event(_) | ValueKind::Events(_), None) => (
                    format!("`{word}` takes waiters, not what an `await` gives"),
                    "take out the `await` in the list: await all([…, …])",
                ),
                (_, ValueKind::Agent, _) => (
                    format!("`{word}` takes waiters, not agents"),
                    "say what to wait for: all([alice.established(), bob.established()])",
                ),
                (_, kind, _) if *kind == ValueKind::Unknown || kind.is_waiter() => continue,
                (_, kind, _) => {
                    (format!("`{word}` takes waiters, not {}", kind.in_words()), "such as alice.event(\"CALL_CLOSED\")")
                }
            };
            self.error("await-operand", place, what, Some(advice.to_string()));
        }
    }

    fn note_command(&mut self, call: &FnCallExpr, position: Position) {
        let text = match (call.name.as_str(), call.args.first()) {
            ("cmd", Some(Expr::StringConstant(text, _))) => text.to_string(),
            ("hangup", Some(Expr::IntegerConstant(code, _))) if call.args.len() == 1 => format!("hangup scode={code}"),
            ("hangup", Some(_)) => "hangup scode=".to_string(),
            (method, _) => match command_of(method) {
                Some(command) => command.to_string(),
                None => return,
            },
        };
        self.commands.push((text, place(self.script, position)));
    }
}

/// The kind of `dtmf(…)` after `await`: a waiter for one event, or for a list if there are several digits.
fn of_digits(digits: &Expr) -> ValueKind {
    let of = Some("CALL_DTMF_START");
    match digits {
        Expr::StringConstant(digits, _) if digits.chars().count() == 1 => ValueKind::Waiter(of),
        Expr::StringConstant(..) => ValueKind::Waiters(of),
        Expr::IntegerConstant(0..=9, _) => ValueKind::Waiter(of),
        Expr::IntegerConstant(..) => ValueKind::Waiters(of),
        _ => ValueKind::AnyWaiter,
    }
}

/// The numbers of arguments that a method of this kind takes.
pub fn method_counts(name: &str, receiver: ValueKind) -> Vec<usize> {
    let own = names::signatures(name)
        .iter()
        .filter(|known| known.parameters.first().is_some_and(|first| receiver.fits(*first)));
    own.map(|known| known.parameters.len() - 1).collect()
}
