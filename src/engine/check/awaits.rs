//! Checks `await … within …`, `await … during …` and fields of values.

use super::calls::method_counts;
use super::habits;
use super::kinds::{Type, ValueKind};
use super::walk::Walk;
use crate::diagnostic::nearest;
use crate::engine::api::{event_value, names};
use crate::engine::language::blocks;
use crate::engine::language::grammar::PARENTHESES;
use crate::engine::language::positions::start_of;
use crate::event::fields;
use rhai::{CustomExpr, Expr, Position};

impl Walk<'_> {
    /// Walks `await …`, or a duration literal.
    pub fn custom(&mut self, custom: &CustomExpr) -> ValueKind {
        let keyword = custom.tokens.first().map_or("", |keyword| keyword.as_str());
        if let Some(word) = blocks::word_of(keyword) {
            match self.validation {
                true => self.block_of_a_test(word, custom),
                false => self.test_block(word, custom),
            }
            return ValueKind::Unit;
        }
        if keyword != "await" {
            return ValueKind::Duration;
        }
        let Some(operand) = custom.inputs.first() else { return ValueKind::Unknown };
        let position = start_of(operand);
        if self.validation {
            let advice =
                "the run is over: look for the event among `events`, as in events.find(|e| e.type == \"CALL_CLOSED\")";
            let message = "a validation can't wait".to_string();
            self.error("not-in-validation", position, message, Some(advice.to_string()));
            return ValueKind::Unknown;
        }
        self.acts(position);
        self.called("await");
        if self.in_condition {
            let advice = "a condition looks at one event: await outside of where(…)".to_string();
            self.error("in-condition", position, "a condition can't wait".to_string(), Some(advice));
        }
        let before = self.diagnostics.len();
        let kind = self.operand(operand);
        if let Expr::FnCall(call, _) = operand
            && (self.is_std(call)
                || call.namespace.is_empty() && matches!(call.name.as_str(), "sleep" | "parallel" | "step"))
            && self.diagnostics.len() == before
        {
            let message = format!("`{}` waits by itself", call.name);
            let advice = "take out `await`, and `within` behind it: timeout(5s) above says how long waits may last";
            self.error("await-operand", position, message, Some(advice.to_string()));
        }
        let during = custom.tokens.iter().any(|token| token == "during");
        if let Some(time) = custom.inputs.get(1) {
            // `await … within 5s && …` gives all of `5s && …` to the duration
            if matches!(time, Expr::And(..) | Expr::Or(..) | Expr::Coalesce(..)) {
                let message = "the time of an `await` ends in `&&`, `||` or `??`".to_string();
                self.error("await-time", start_of(time), message, Some(PARENTHESES.into()));
            } else {
                let kind = self.expression(time);
                self.time(time, kind);
            }
        }
        if self.diagnostics.len() == before {
            self.waits(kind, during, custom.inputs.get(1).is_some(), position);
        }
        kind.awaited().unwrap_or(ValueKind::Unknown)
    }

    fn operand(&mut self, operand: &Expr) -> ValueKind {
        let (join, list) = match operand {
            Expr::And(list, _) => ("all", list),
            Expr::Or(list, _) => ("any", list),
            _ => {
                let outer = std::mem::replace(&mut self.awaited, true);
                let kind = self.expression(operand);
                self.awaited = outer;
                return kind;
            }
        };
        let before = self.diagnostics.len();
        list.iter().for_each(|waiter| {
            self.expression(waiter);
        });
        if self.diagnostics.len() == before {
            let advice = format!("wait for them so: await {join}([…, …]); or {PARENTHESES}");
            let message = "`&&` and `||` don't join waits".to_string();
            self.error("await-operand", start_of(operand), message, Some(advice));
        }
        ValueKind::Unknown
    }

    /// Checks the duration after `within` and `during`, and the argument of `sleep`.
    pub fn time(&mut self, time: &Expr, kind: ValueKind) {
        let position = start_of(time);
        let code = "await-time";
        match kind {
            ValueKind::Duration if is_negative(time) => {
                self.error(code, position, "a wait can't be negative".into(), Some("write it so: within 5s".into()));
            }
            ValueKind::Unknown | ValueKind::Duration => {}
            ValueKind::Text => self.value_of_duration(time),
            ValueKind::Bool => {
                self.error(
                    code,
                    position,
                    "a duration is due here, not a truth value".into(),
                    Some(PARENTHESES.into()),
                );
            }
            ValueKind::Number => {
                let advice = Some("write the unit: 5s, 500ms, 2m".to_string());
                self.error(code, position, "this time has no unit".to_string(), advice);
            }
            kind => self.error(code, position, format!("a duration is due here, not {}", kind.in_words()), None),
        }
    }

    fn waits(&mut self, kind: ValueKind, during: bool, timed: bool, position: Position) {
        let mut wrong = |message: &str, advice: &str| {
            self.error("await-operand", position, message.to_string(), Some(advice.to_string()));
        };
        match kind {
            ValueKind::Quiet if timed && !during => {
                wrong(
                    "`within` does not go with quiet(…)",
                    "say for how long: await alice.quiet(\"CALL_CLOSED\") during 1s",
                );
            }
            ValueKind::Quiet if !during => {
                wrong("say how long it has to be quiet", "await alice.quiet(\"CALL_CLOSED\") during 1s");
            }
            ValueKind::Waiter(_) | ValueKind::Waiters(_) if during => {
                wrong("`during` goes with quiet(…)", "say `within` for the longest wait");
            }
            ValueKind::ListOfWaiters(_) | ValueKind::List => {
                wrong("`await` needs a waiter, not a list", "await all([…]) waits for each of them, any([…]) for one");
            }
            ValueKind::Reply | ValueKind::Call => wrong(
                "`await` needs a waiter; a command is answered at once",
                "take out `await`, and wait for what the command leads to: await bob.event(\"CALL_INCOMING\")",
            ),
            ValueKind::Agent => wrong(
                "`await` needs a waiter, not an agent",
                "say what to wait for: await alice.event(\"CALL_ESTABLISHED\")",
            ),
            ValueKind::Duration => {
                wrong("`await` needs a waiter, not a duration", "to wait for a time, whatever comes: sleep(1s)")
            }
            kind if kind.awaited().is_none() => {
                let words = kind.in_words();
                let message = format!("`await` needs a waiter such as alice.event(\"CALL_ESTABLISHED\"), not {words}");
                wrong(&message, PARENTHESES);
            }
            _ => {}
        }
    }

    pub fn property(&mut self, receiver: ValueKind, name: &str, position: Position) -> ValueKind {
        let known: &[&str] = match receiver {
            ValueKind::Event(of) => {
                self.field(of, name, position);
                return match name {
                    "call" if self.validation => ValueKind::Text,
                    name => ValueKind::of_field(name),
                };
            }
            ValueKind::Events(_) if fields::named(name).is_some() => {
                let message = format!("a list of events has no `{name}`, each of them has");
                self.error("unknown-field", position, message, Some(format!("take one: (…)[0].{name}")));
                return ValueKind::Unknown;
            }
            ValueKind::Agent => &["name", "aor", "address"],
            ValueKind::Reply => &["ok", "data", "time"],
            ValueKind::Call => &["id", "agent", "audio", "ok", "data", "time"],
            ValueKind::Headers => {
                self.header_named(name, position);
                return ValueKind::Unknown;
            }
            ValueKind::Figures => return self.figure(name, position),
            kind if kind.has_getters() => {
                self.getter(kind, name, position);
                return ValueKind::Unknown;
            }
            kind if kind.is_waiter() => {
                let message = format!("a waiter has no `{name}`: it must be awaited first");
                self.error("unknown-field", position, message, Some(PARENTHESES.to_string()));
                return ValueKind::Unknown;
            }
            _ => return ValueKind::Unknown,
        };
        if !known.contains(&name) {
            let near = nearest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
            let called = || format!("it has: {}; a method is called with ( )", known.join(", "));
            let message = format!("{} has no `{name}`", receiver.in_words());
            self.error("unknown-field", position, message, Some(near.unwrap_or_else(called)));
        }
        match name {
            "time" => ValueKind::Number,
            "ok" => ValueKind::Bool,
            "agent" => ValueKind::Agent,
            "audio" => ValueKind::Unknown,
            _ => ValueKind::Text,
        }
    }

    /// Checks a property of a value that has only Rhai's own properties: a text, a list, a number.
    fn getter(&mut self, kind: ValueKind, name: &str, position: Position) {
        let getters = names::signatures(&format!("get${name}"));
        if getters.iter().any(|getter| getter.parameters.first().is_some_and(|first| kind.fits(*first))) {
            return;
        }
        let advice = match (kind, name) {
            (ValueKind::Duration, _) => Some("a duration divided by its unit is a number: time / 1ms".to_string()),
            (_, "length" | "size" | "count") => Some("write len()".to_string()),
            _ if !method_counts(name, kind).is_empty() => Some(format!("a method is called with ( ): {name}()")),
            _ => habits::method(kind, name),
        };
        self.error("unknown-field", position, format!("{} has no `{name}`", kind.in_words()), advice);
    }

    /// Checks a header's name after `e.headers`, whose keys have the spelling of the message.
    pub fn header_named(&mut self, name: &str, position: Position) {
        if let Some(sent) = habits::header(name) {
            let message = format!("headers are named as they were sent, and that is hardly `{name}`");
            let advice = format!(
                "write headers[\"{sent}\"], or sip::header(message, \"{name}\") of std/sip, which takes any case"
            );
            self.warn("header-case", position, message, Some(advice));
        }
    }

    /// Checks a field of an event. The event's type may be known.
    fn field(&mut self, of: Type, name: &str, position: Position) {
        let event = of.unwrap_or("an event");
        match fields::named(name) {
            Some(field) if of.is_none_or(|of| field.is_of(of)) => {}
            Some(field) => {
                let message = format!("{event} carries no `{name}`");
                let advice = habits::field(of, name)
                    .or_else(|| field.carrier().map(|carrier| format!("`{name}` is a field of {carrier}")));
                let advice = advice.or_else(|| Some(format!("it carries: {}", names_of(of))));
                // every event has the host's own fields, some of them empty
                match event_value::FIELDS.contains(&name) {
                    true => self.warn("foreign-field", position, message, advice),
                    false => self.error("foreign-field", position, message, advice),
                }
            }
            None => {
                let all = || fields::of(None).map(|field| field.name);
                let near = nearest(name, fields::of(of).map(|field| field.name)).or_else(|| nearest(name, all()));
                let advice = habits::field(of, name).or_else(|| near.map(|near| format!("did you mean `{near}`?")));
                let advice = advice.or_else(|| of.map(|_| format!("it carries: {}", names_of(of))));
                self.error("unknown-field", position, format!("{event} has no `{name}`"), advice);
            }
        }
    }
}

fn names_of(event: Type) -> String {
    fields::of(event).map(|field| field.name).collect::<Vec<_>>().join(", ")
}

/// A literal such as `-5s`.
fn is_negative(time: &Expr) -> bool {
    match time {
        Expr::Custom(custom, _) => {
            matches!(custom.inputs.first(), Some(Expr::IntegerConstant(microseconds, _)) if *microseconds < 0)
        }
        Expr::FnCall(minus, _) => minus.name == "-" && matches!(&minus.args[..], [Expr::Custom(..)]),
        _ => false,
    }
}
