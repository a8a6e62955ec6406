//! Finds mistakes in a script without running it: unknown names, wrong argument counts, `await` without a waiter.
//!
//! The walk (`walk`) follows the types that it is sure of, and accepts everything else.

pub mod facts;
mod accounts;
mod arguments;
mod awaits;
mod blocks;
mod calls;
pub mod effort;
mod empty;
mod expressions;
mod functions;
mod habits;
mod in_place;
mod kinds;
mod library;
mod operators;
mod reasons;
mod scope;
mod statements;
mod validation;
mod walk;

use super::api::methods::find_method;
use super::language::modules as sources;
use super::language::parser::parse_text;
use super::language::positions::place;
use super::language::program::{self, Loader, Parsed, Program};
use super::language::syntax_errors;
use crate::diagnostic::{Diagnostic, Place, Source, limited, nearest};
use crate::script::Script;
use functions::ImportedModule;
pub use kinds::ValueKind;
use rhai::{AST, Expr, Stmt};
pub use scope::SeenVariable;
use std::collections::BTreeMap;
use walk::Walk;

/// What a check knows besides the script.
#[derive(Clone, Default)]
pub struct CheckInputs {
    /// The command words of all known agents; if empty, commands are not checked.
    pub commands: Vec<String>,
    /// Reads the script's own imports; without it they are not checked.
    pub files: Option<Loader>,
    /// The script is a validation: it judges a record, and has no agents.
    pub validation: bool,
    /// The script is a part of a session and need not do anything.
    pub piece: bool,
}

/// What a script asks of its agents, with places.
#[derive(Debug, Default)]
pub struct AskedOfAgents {
    /// The commands that it is known to send; for a compiled testfile, the testfile's commands.
    pub commands: Vec<(String, Place)>,
    /// The events that it is known to wait for, or whose absence it checks.
    pub events: Vec<(&'static str, Place)>,
}

/// A script that was read and checked.
pub struct CheckedScript {
    /// In the order of the text, and not more than a person reads.
    pub diagnostics: Vec<Diagnostic>,
    pub asked: AskedOfAgents,
    /// None if the text could not be read as a whole.
    pub program: Option<Program>,
}

/// Checks a script. Returns findings in the order of the text, and not more than a person reads.
pub fn check(script: &Script, known: &CheckInputs) -> Vec<Diagnostic> {
    read_and_check(script, known).diagnostics
}

/// Reads a script once, for all that is to be known of it before it runs: Rhai's parser takes a time that grows with the square of
/// the number of variables.
pub fn read_and_check(script: &Script, known: &CheckInputs) -> CheckedScript {
    let (ast, mut diagnostics, left_out) = match program::parse_lines(script) {
        Parsed { ast: Some(ast), errors, left_out } => (ast, errors, left_out),
        Parsed { errors, .. } => {
            return CheckedScript { diagnostics: errors, asked: AskedOfAgents::default(), program: None };
        }
    };
    let is_whole = diagnostics.is_empty();
    let program = Program { files: known.files.clone(), ..Program::new(script, ast) };
    let mut found = vec![];
    let modules = modules(&program, &mut found);
    let mut walk = Walk::new(script, &program.ast, modules);
    walk.validation = known.validation;
    walk.piece = known.piece;
    walk.program();
    found.append(&mut walk.diagnostics);
    let asked = match script.commands.is_empty() {
        true => AskedOfAgents { commands: walk.commands, events: walk.events },
        // the testfile's own compiler checks its commands
        false => AskedOfAgents { commands: script.commands.clone(), events: walk.events },
    };
    if !known.commands.is_empty() && script.commands.is_empty() {
        found.extend(asked.commands.iter().filter_map(|(text, place)| unknown_command(text, place, known)));
    }
    found.extend(facts::problems(&program).into_iter().map(|problem| problem.code("not-written-out")));
    // the removed pieces may have declared or used what now seems to be missing
    found.retain(|one| !left_out.explains(one.code, text_of(one)));
    diagnostics.extend(found);
    diagnostics.sort_by_key(|diagnostic| diagnostic.place.as_ref().map_or(0, |place| place.span.start));
    diagnostics.dedup();
    let program = is_whole.then(|| program.with_functions_that_see_the_top_level());
    CheckedScript { diagnostics: limited(diagnostics), asked, program }
}

/// The text at the place of a diagnostic.
fn text_of(diagnostic: &Diagnostic) -> &str {
    diagnostic.place.as_ref().and_then(|place| place.source.text.get(place.span.clone())).unwrap_or_default()
}

/// The variables in scope after a line, innermost last; none if the text can't be parsed.
pub fn seen_at(script: &Script, line: u32) -> Option<Vec<SeenVariable>> {
    let ast = program::parse_lines(script).ast?;
    let mut walk = Walk::new(script, &ast, BTreeMap::new());
    walk.watched = Some(line);
    walk.program();
    Some(walk.seen.1)
}

/// The names of a call's figures that validations get.
pub fn figures() -> impl Iterator<Item = &'static str> {
    validation::FIGURES.iter().map(|(name, _)| *name)
}

/// The baresip command of a method that is exactly one command.
pub fn command_of(method: &str) -> Option<&'static str> {
    find_method(method)?.word()
}

fn unknown_command(text: &str, place: &Place, known: &CheckInputs) -> Option<Diagnostic> {
    let word = text.split_whitespace().next()?;
    if known.commands.iter().any(|known| known == word) {
        return None;
    }
    let mut warning = Diagnostic::warning(format!("no known baresip has a command `{word}`")).at(place.clone());
    warning.code = Some("unknown-command");
    let near = nearest(word, known.commands.iter().map(String::as_str));
    warning.advice = near.map(|near| format!("did you mean `{near}`?"));
    Some(warning)
}

/// The functions of each imported module by its alias; none for modules that can't be read.
fn modules(program: &Program, diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<String, Option<ImportedModule>> {
    let mut modules = BTreeMap::new();
    for statement in program.ast.statements() {
        let Stmt::Import(import, _) = statement else { continue };
        let (path, alias) = &**import;
        let Expr::StringConstant(path, position) = path else {
            modules.insert(alias.name.to_string(), None);
            continue;
        };
        let functions = match functions_of(program, path) {
            Ok(functions) => functions,
            Err(message) => {
                let error = Diagnostic::error(message).at(place(&program.script, *position));
                diagnostics.push(error.code("unknown-module"));
                None
            }
        };
        modules.insert(alias.name.to_string(), functions);
    }
    modules
}

fn functions_of(program: &Program, path: &str) -> Result<Option<ImportedModule>, String> {
    let name = sources::full_name(program, None, path)?;
    if program.files.is_none() && !super::language::stdlib::is_std(&name) {
        return Ok(None);
    }
    let script = Script::rhai(Source::new(name.as_str(), sources::read_module(program, &name)?));
    let ast = parse_text(&script.rhai, &name).map_err(|error| {
        let diagnostic = syntax_errors::diagnostic(&error, &script);
        let place = diagnostic.place.map(|place| place.to_string()).unwrap_or_default();
        format!("`{name}` does not compile: {place}: {}", diagnostic.message)
    })?;
    Ok(Some(ImportedModule { functions: public_functions(&ast), name }))
}

fn public_functions(ast: &AST) -> BTreeMap<String, Vec<Vec<String>>> {
    let mut functions: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for function in ast.iter_functions().filter(|function| function.access == rhai::FnAccess::Public) {
        let params = function.params.iter().map(|name| name.to_string()).collect();
        functions.entry(function.name.to_string()).or_default().push(params);
    }
    // Rhai's order is random
    functions.values_mut().for_each(|forms| forms.sort_by_key(Vec::len));
    functions
}
