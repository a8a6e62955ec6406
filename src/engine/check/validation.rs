//! Checks validations: their `events`, `stats` and `telefonist`, and what has no meaning in them.

use super::kinds::ValueKind;
use super::walk::Walk;
use crate::diagnostic::nearest;
use crate::engine::language::docs;
use crate::engine::language::positions::start_of;
use rhai::{CustomExpr, FnCallExpr, Position};

/// The variables of a validation.
pub const GIVEN: [(&str, ValueKind); 3] =
    [("events", ValueKind::Events(None)), ("stats", ValueKind::ListOfFigures), ("telefonist", ValueKind::Telefonist)];

/// The figures of a call in `stats`, if the record has them.
pub const FIGURES: [(&str, ValueKind); 22] = [
    ("agent", ValueKind::Text),
    ("number", ValueKind::Number),
    ("peer", ValueKind::Text),
    ("direction", ValueKind::Text),
    ("begun", ValueKind::Number),
    ("established", ValueKind::Bool),
    ("post_dial_delay", ValueKind::Number),
    ("ring_time", ValueKind::Number),
    ("duration", ValueKind::Number),
    ("closed_by", ValueKind::Text),
    ("closed_reason", ValueKind::Text),
    ("codec", ValueKind::Text),
    ("protocol", ValueKind::Text),
    ("packets_sent", ValueKind::Number),
    ("packets_received", ValueKind::Number),
    ("lost_sent", ValueKind::Number),
    ("lost_received", ValueKind::Number),
    ("jitter_sent", ValueKind::Number),
    ("jitter_received", ValueKind::Number),
    ("rtt", ValueKind::Number),
    ("mos", ValueKind::Number),
    ("audio", ValueKind::Unknown),
];

/// Functions of ours that only depend on their arguments.
const PURE: [&str; 2] = ["mos", "print"];

impl Walk<'_> {
    pub fn given(&self, name: &str) -> Option<ValueKind> {
        GIVEN.iter().find(|(known, _)| self.validation && *known == name).map(|(_, kind)| *kind)
    }

    /// Checks a figure of a call.
    pub fn figure(&mut self, name: &str, position: Position) -> ValueKind {
        let known = FIGURES.iter().find(|(known, _)| *known == name);
        if known.is_none() {
            let near = nearest(name, FIGURES.map(|(known, _)| known)).map(|near| format!("did you mean `{near}`?"));
            let all = || format!("it has: {}", FIGURES.map(|(known, _)| known).join(", "));
            let advice = near.unwrap_or_else(all);
            self.error("unknown-field", position, format!("a call in `stats` has no `{name}`"), Some(advice));
        }
        known.map_or(ValueKind::Unknown, |(_, kind)| *kind)
    }

    /// Reports a function that acts on a run, if this is a validation.
    pub fn not_in_a_validation(&mut self, name: &str, position: Position) -> bool {
        if !self.validation || PURE.contains(&name) || docs::function(name).is_none() {
            return false;
        }
        let advice = match name {
            "assert" | "fail" => format!("write telefonist.{name}(…)"),
            "assert_eq" | "check" => "write telefonist.assert(a == b, \"why\")".to_string(),
            _ => "it judges what is recorded: `events`, and the calls in `stats`".to_string(),
        };
        let message = match name {
            "agent" | "uanew" | "uafind" | "on" | "uadelall" => format!("a validation has no agents: no `{name}(…)`"),
            "sleep" | "all" | "any" => "a validation can't wait".to_string(),
            _ => format!("`{name}(…)` belongs in a test, not in a validation"),
        };
        self.error("not-in-validation", position, message, Some(advice));
        true
    }

    /// Reports `test`, `setup` and `teardown`.
    pub fn block_of_a_test(&mut self, word: &str, custom: &CustomExpr) {
        if let Some(first) = custom.inputs.first() {
            let message = format!("`{word}` belongs in a test, not in a validation");
            let advice = "write what is to be asserted without a block around it".to_string();
            self.error("not-in-validation", start_of(first), message, Some(advice));
        }
    }

    /// Checks `telefonist.assert(…)` and `telefonist.fail(…)`.
    pub fn of_telefonist(&mut self, call: &FnCallExpr, arguments: &[ValueKind], position: Position) {
        let (counts, usage) = match call.name.as_str() {
            "assert" => (1..=2, "telefonist.assert(true or false, text)"),
            "fail" => (1..=1, "telefonist.fail(text)"),
            other => {
                let near = nearest(other, ["assert", "fail"]).map(|near| format!("did you mean `{near}`?"));
                let advice = near.or_else(|| Some("there are telefonist.assert(…) and telefonist.fail(…)".into()));
                let message = format!("`telefonist` has no method `{other}`");
                return self.error("unknown-method", position, message, advice);
            }
        };
        let texts = if call.name == "assert" { &arguments[1.min(arguments.len())..] } else { arguments };
        let no_text = |kind: &ValueKind| !matches!(kind, ValueKind::Text | ValueKind::Unknown);
        let no_truth = call.name == "assert"
            && arguments.first().is_some_and(|kind| !matches!(kind, ValueKind::Bool | ValueKind::Unknown));
        if !counts.contains(&arguments.len()) || texts.iter().any(no_text) || no_truth {
            let given: Vec<_> = arguments.iter().map(|kind| kind.in_words()).collect();
            let message = format!("`{}` can't be called with ({})", call.name, given.join(", "));
            self.error("argument-kind", position, message, Some(format!("it is called so: {usage}")));
        }
    }
}
