//! The variables in scope during a walk, and how they were used when they go out of scope.

use super::kinds::ValueKind;
use super::walk::Walk;
use super::{effort, habits};
use crate::diagnostic::{MOST, nearest};
use rhai::Position;
use std::collections::HashMap;

#[derive(Default)]
pub struct KnownNames {
    /// The innermost last.
    variables: Vec<Variable>,
    /// The indexes of the variables of each name, innermost last; a file may have thousands.
    named: HashMap<String, Vec<usize>>,
    /// The index where the innermost block begins.
    block: usize,
}

/// A variable as an editor sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenVariable {
    pub name: String,
    pub kind: ValueKind,
}

struct Variable {
    name: String,
    kind: ValueKind,
    /// The position of its `let`; none for parameters and loop variables, which need not be used.
    declared: Option<Position>,
    used: bool,
}

impl KnownNames {
    pub fn push(&mut self, name: impl Into<String>, kind: ValueKind) {
        self.declare(name.into(), kind, None);
    }

    fn declare(&mut self, name: String, kind: ValueKind, declared: Option<Position>) {
        self.named.entry(name.clone()).or_default().push(self.variables.len());
        self.variables.push(Variable { name, kind, declared, used: false });
    }

    /// The innermost variable of this name.
    fn find(&self, name: &str) -> Option<usize> {
        effort::spend();
        self.named.get(name)?.last().copied()
    }

    /// Removes the variables from this index on.
    fn split_off(&mut self, start: usize) -> Vec<Variable> {
        let gone = self.variables.split_off(start);
        for variable in &gone {
            if let Some(places) = self.named.get_mut(&variable.name) {
                places.pop();
                if places.is_empty() {
                    self.named.remove(&variable.name);
                }
            }
        }
        gone
    }

    /// Begins a block. Pass the returned value to [`Walk::close_block`].
    pub fn open(&mut self) -> (usize, usize) {
        let outer = self.block;
        self.block = self.variables.len();
        (self.block, outer)
    }

    /// A scope with only these variables.
    pub fn with_parameters(parameters: Vec<(String, ValueKind)>) -> KnownNames {
        let mut scope = KnownNames::default();
        parameters.into_iter().for_each(|(name, kind)| scope.push(name, kind));
        scope
    }

    /// The variables in scope, outermost first.
    pub fn in_sight(&self) -> impl Iterator<Item = SeenVariable> {
        self.variables.iter().map(|variable| SeenVariable { name: variable.name.clone(), kind: variable.kind })
    }

    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// From here on the variable may have any value.
    pub fn forget(&mut self, name: &str) {
        if let Some(place) = self.find(name) {
            self.variables[place].kind = ValueKind::Unknown;
        }
    }

    /// Returns the variable's kind and marks it as used.
    pub fn used(&mut self, name: &str) -> Option<ValueKind> {
        let place = self.find(name)?;
        let variable = &mut self.variables[place];
        variable.used = true;
        Some(variable.kind)
    }
}

/// Words of other languages for the empty value.
const EMPTY: [&str; 6] = ["null", "nil", "None", "undefined", "NULL", "Nil"];

impl Walk<'_> {
    /// Declares a variable: `let name = …`.
    pub fn declare(&mut self, name: &str, kind: ValueKind, position: Position) {
        let before = self.scope.find(name).filter(|place| *place >= self.scope.block);
        if let Some(before) = before.and_then(|place| self.scope.variables[place].declared) {
            let message = format!("`{name}` is declared a second time");
            let line = self.line_of(before);
            let advice = format!("line {line} declares it: to change it, leave out `let`; else choose another name");
            self.warn("declared-twice", position, message, Some(advice));
        }
        self.scope.declare(name.to_string(), kind, Some(position));
    }

    pub fn close_block(&mut self, (start, outer): (usize, usize)) {
        self.close(start);
        self.scope.block = outer;
    }

    /// Closes the scope of the variables from this index on.
    pub fn close(&mut self, start: usize) {
        for variable in self.scope.split_off(start) {
            let Variable { name, kind, declared: Some(position), used: false } = variable else { continue };
            if !name.starts_with('_') && !self.is_used_elsewhere(&name, kind, position) {
                let (message, advice) = match kind {
                    ValueKind::Agent => (
                        format!("the agent `{name}` is never used"),
                        "an agent starts with its first command or wait: take this one out, or use it".to_string(),
                    ),
                    kind if kind.is_waiter() => {
                        (format!("the waiter `{name}` is never awaited"), format!("write: await {name};"))
                    }
                    _ => (
                        format!("`{name}` is never used"),
                        format!("take it out, or call it `_{name}` if that is meant"),
                    ),
                };
                self.warn("unused", position, message, Some(advice));
            }
        }
    }

    fn is_used_elsewhere(&self, name: &str, kind: ValueKind, position: Position) -> bool {
        let in_function = self.top_level.get(name).is_some_and(|top| top.position == position && top.used_elsewhere);
        // `alice.dial("sip:bob@127.0.0.1")` may mean an agent; its own account is one of the texts
        let mentioned = || self.texts.get(name).is_some_and(|count| *count > 1);
        in_function || kind == ValueKind::Agent && mentioned()
    }

    /// Checks the use of a variable.
    pub fn variable(&mut self, name: &str, position: Position) -> ValueKind {
        if let Some(kind) = self.scope.used(name) {
            return kind;
        }
        if let Some(kind) = self.given(name) {
            return kind;
        }
        if self.in_function
            && let Some(top) = self.top_level.get_mut(name)
        {
            top.used_elsewhere = true;
            return if top.is_agent { ValueKind::Agent } else { ValueKind::Unknown };
        }
        if self.functions.contains_key(name) {
            return ValueKind::Unknown;
        }
        match self.top_level.get(name).map(|top| top.position) {
            Some(declared) if !self.in_function && declared > position => {
                let advice = format!("line {} makes it: use it after that", self.line_of(declared));
                self.error("used-before-made", position, format!("`{name}` is used before it is made"), Some(advice));
            }
            _ => {
                // advice for findings that are not shown is not needed
                let told = self.diagnostics.len() < MOST;
                let advice = if told { self.advice_for(name) } else { String::new() };
                // the misspelled variable counts as used
                if let Some(meant) = advice.strip_prefix("did you mean `").and_then(|rest| rest.strip_suffix("`?")) {
                    self.scope.used(meant);
                }
                self.error("unknown-variable", position, format!("there is no variable `{name}` here"), Some(advice));
            }
        }
        ValueKind::Unknown
    }

    fn advice_for(&self, name: &str) -> String {
        if EMPTY.contains(&name) {
            return "the empty value is written ()".to_string();
        }
        if matches!(name, "True" | "False") {
            return format!("did you mean `{}`?", name.to_lowercase());
        }
        if self.modules.contains_key(name) {
            return format!("`{name}` is a module: its functions are called so: {name}::…(…)");
        }
        let in_sight = self.scope.variables.iter().inspect(|_| effort::spend()).map(|known| known.name.as_str());
        let shared = self.top_level.keys().filter(|_| self.in_function).map(String::as_str);
        let given = super::validation::GIVEN.iter().filter(|_| self.validation).map(|(name, _)| *name);
        match nearest(name, in_sight.chain(shared).chain(given)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => habits::variable(name).unwrap_or_else(|| format!("declare it before: let {name} = …;")),
        }
    }

    /// Checks `global::NAME`: a constant of the top level.
    pub fn global(&mut self, name: &str, position: Position) {
        match self.top_level.get_mut(name).filter(|top| top.is_constant) {
            Some(constant) => constant.used_elsewhere = true,
            None => {
                let constants = self.top_level.iter().filter(|(_, top)| top.is_constant);
                let constants: Vec<String> = constants.map(|(name, _)| name.clone()).collect();
                let advice = match nearest(name, constants.iter().map(String::as_str)) {
                    Some(near) => {
                        // the misspelled variable counts as used
                        self.top_level.entry(near.to_string()).and_modify(|top| top.used_elsewhere = true);
                        format!("did you mean `global::{near}`?")
                    }
                    None => format!("declare it at the top level: const {name} = …;"),
                };
                self.error("unknown-constant", position, format!("there is no constant `{name}`"), Some(advice));
            }
        }
    }
}
