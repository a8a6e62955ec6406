//! Walks a script's own functions, and its closures at the places where they are written.

use super::effort;
use super::kinds::ValueKind;
use super::scope::KnownNames;
use super::walk::Walk;
use crate::diagnostic::Diagnostic;
use crate::engine::api::names;
use crate::engine::language::docs;
use crate::engine::language::functions::Function;
use rhai::{ASTNode, Expr, FnCallExpr, Stmt};
use std::collections::{BTreeMap, BTreeSet};

/// A module that the script imports.
#[derive(Clone)]
pub struct ImportedModule {
    /// Its full name: `std/calls`.
    pub name: String,
    /// Its public functions: name → the parameters of each function of that name.
    pub functions: BTreeMap<String, Vec<Vec<String>>>,
}

impl Walk<'_> {
    pub fn function(&mut self, function: &Function, parameters: Vec<(String, ValueKind)>) {
        let outer = std::mem::replace(&mut self.scope, KnownNames::with_parameters(parameters));
        let was_awaited = std::mem::replace(&mut self.awaited, false);
        self.statements(&function.body, true);
        self.close(0);
        self.awaited = was_awaited;
        self.scope = outer;
    }

    /// Walks a closure where it is written, with its captured variables and its parameters in scope.
    pub fn closure(&mut self, value: &rhai::Dynamic, captured: &[Expr], parameter: ValueKind) {
        let Some(pointer) = value.read_lock::<rhai::FnPtr>() else { return };
        let Some(function) = self.functions.get(pointer.fn_name()).and_then(|found| found.first().cloned()) else {
            return;
        };
        let captured: Vec<_> = captured.iter().map(|variable| self.expression(variable)).collect();
        let kinds = captured.into_iter().chain(std::iter::once(parameter)).chain(std::iter::repeat(ValueKind::Unknown));
        let parameters = function.params.iter().cloned().zip(kinds).collect();
        self.function(&function, parameters);
    }

    /// Walks the arguments of a call. `parameter`: the kind of the parameter of a closure among them.
    pub fn arguments(&mut self, call: &FnCallExpr, parameter: ValueKind) -> Vec<ValueKind> {
        let walk_one = |argument: &Expr| match argument {
            Expr::DynamicConstant(value, _) => {
                self.closure(value, &[], parameter);
                ValueKind::Closure
            }
            Expr::Stmt(block) => match block.statements() {
                [Stmt::Share(_), Stmt::Expr(curried)] => {
                    self.curried(curried, parameter);
                    ValueKind::Closure
                }
                _ => self.expression(argument),
            },
            _ => self.expression(argument),
        };
        let kinds: Vec<_> = call.args.iter().map(walk_one).collect();
        call.args.iter().zip(&kinds).for_each(|(argument, kind)| self.taken(argument, *kind));
        kinds
    }

    /// Walks `curry(closure, captured…)`, which is how Rhai writes a closure that captures variables.
    pub fn curried(&mut self, curried: &Expr, parameter: ValueKind) {
        if let Expr::FnCall(call, _) = curried
            && let Some((Expr::DynamicConstant(value, _), captured)) = call.args.split_first()
        {
            self.closure(value, captured, parameter);
        }
    }
}

impl Walk<'_> {
    /// Warns of a function whose name already has a meaning.
    pub fn shadowing(&mut self, name: &str, function: &Function) {
        let count = function.params.len();
        let built_in = docs::function(name).is_some()
            && names::signatures(name).iter().any(|signature| signature.parameters.len() == count);
        let message = if built_in {
            format!("`{name}` takes the place of the language's own `{name}`")
        } else if self.top_level.get(name).is_some_and(|top| top.is_agent) {
            format!("`{name}` is an agent and a function")
        } else {
            return;
        };
        if self.script.lines.is_empty()
            && let Some(place) = self.definition(name)
        {
            let warning = Diagnostic::warning(message).at(place).code("shadows");
            self.diagnostics.push(warning.advice("give the function another name"));
        }
    }

    /// The place of a function's name in its definition; Rhai does not give it.
    fn definition(&self, name: &str) -> Option<crate::diagnostic::Place> {
        let source = &self.script.source;
        let pattern = format!(r"\bfn\s+({})\s*\(", regex::escape(name));
        let found = regex::Regex::new(&pattern).ok()?.captures(&source.text)?.get(1)?.range();
        Some(crate::diagnostic::Place { source: source.clone(), span: found })
    }

    /// The variables of the file's top level that a function uses, also through functions that it calls.
    pub fn variables_used(&self, name: &str) -> BTreeSet<String> {
        let (mut variables, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![name.to_string()]);
        while let Some(name) = open.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            for function in self.functions.get(&name).into_iter().flatten() {
                for statement in &function.body {
                    statement.walk(&mut vec![], &mut |path| {
                        effort::spend();
                        match path.last() {
                            Some(ASTNode::Expr(Expr::Variable(variable, ..))) => {
                                let own = function.params.iter().any(|name| **name == *variable.1);
                                let is_top = self.top_level.contains_key(variable.1.as_str());
                                variables.extend((is_top && !own).then(|| variable.1.to_string()));
                            }
                            Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))) => {
                                open.push(call.name.to_string());
                            }
                            Some(ASTNode::Expr(Expr::DynamicConstant(value, _))) => {
                                open.extend(
                                    value.read_lock::<rhai::FnPtr>().map(|closure| closure.fn_name().to_string()),
                                );
                            }
                            _ => {}
                        }
                        true
                    });
                }
            }
        }
        variables
    }
}
