//! What can be found wrong in a script without running it: unknown names, wrong argument counts, `await` without a waiter.
//!
//! The walk (`walk`) follows the types that it can be sure of; what it can't be sure of it lets pass.

use super::agent_api::COMMANDS;
use super::functions::ModuleFunctions;
use super::program::{self, Loader, Program};
use super::walk::Walk;
use super::{resolver, syntax_errors};
use crate::diagnostic::{Diagnostic, Place, Source, nearest};
use crate::script::Script;
use rhai::{AST, Expr, Position, Stmt};
use std::collections::HashMap;

/// What a check knows beside the script.
#[derive(Clone, Default)]
pub struct Known {
    /// The command words of all known agents; none: commands are not checked.
    pub commands: Vec<String>,
    /// How the script's own imports are read; without it they are not looked into.
    pub files: Option<Loader>,
}

/// Everything that can be found wrong without a run, in the order of the text.
pub fn check(script: &Script, known: &Known) -> Vec<Diagnostic> {
    let program = match program::compile(script) {
        Ok(program) => Program { files: known.files.clone(), ..program },
        Err(errors) => return errors,
    };
    let mut diagnostics = vec![];
    let modules = modules(&program, &mut diagnostics);
    let mut walk = Walk::new(script, &program.ast, modules);
    walk.program();
    diagnostics.append(&mut walk.diagnostics);
    if !known.commands.is_empty() {
        diagnostics.extend(walk.commands.iter().filter_map(|(text, place)| unknown_command(text, place, known)));
    }
    diagnostics.extend(super::facts(&program).problems);
    diagnostics.sort_by_key(|diagnostic| diagnostic.place.as_ref().map_or(0, |place| place.span.start));
    diagnostics.dedup();
    diagnostics
}

/// The commands that a Rhai script is known to send, with their places; of a compiled testfile, its own.
pub fn commands(script: &Script) -> Vec<(String, Place)> {
    if !script.commands.is_empty() {
        return script.commands.clone();
    }
    let Ok(program) = program::compile(script) else { return vec![] };
    let mut walk = Walk::new(script, &program.ast, HashMap::new());
    walk.program();
    walk.commands
}

/// baresip's word for a method that is one command.
pub fn command_of(method: &str) -> Option<&'static str> {
    COMMANDS.iter().find(|(known, _)| *known == method).map(|(_, command)| *command)
}

fn unknown_command(text: &str, place: &Place, known: &Known) -> Option<Diagnostic> {
    let word = text.split_whitespace().next()?;
    if known.commands.iter().any(|known| known == word) {
        return None;
    }
    let mut warning = Diagnostic::warning(format!("no known baresip has a command `{word}`")).at(place.clone());
    let near = nearest(word, known.commands.iter().map(String::as_str));
    warning.advice = near.map(|near| format!("did you mean `{near}`?"));
    Some(warning)
}

/// The functions of each imported module by its alias; none for those that can't be looked into.
fn modules(program: &Program, diagnostics: &mut Vec<Diagnostic>) -> HashMap<String, Option<ModuleFunctions>> {
    let mut modules = HashMap::new();
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
                diagnostics.push(Diagnostic::error(message).at(place(&program.script, *position)));
                None
            }
        };
        modules.insert(alias.name.to_string(), functions);
    }
    modules
}

fn functions_of(program: &Program, path: &str) -> Result<Option<ModuleFunctions>, String> {
    let name = resolver::full_name(program, None, path)?;
    if program.files.is_none() && !super::stdlib::is_std(&name) {
        return Ok(None);
    }
    let script = Script::rhai(Source::new(name.as_str(), resolver::text(program, &name)?));
    let ast = program::parse_text(&script.rhai, &name).map_err(|error| {
        let diagnostic = syntax_errors::diagnostic(&error, &script);
        let place = diagnostic.place.map(|place| place.to_string()).unwrap_or_default();
        format!("`{name}` does not compile: {place}: {}", diagnostic.message)
    })?;
    Ok(Some(public_functions(&ast)))
}

fn public_functions(ast: &AST) -> ModuleFunctions {
    let mut functions = ModuleFunctions::new();
    for function in ast.iter_functions().filter(|function| function.access == rhai::FnAccess::Public) {
        functions.entry(function.name.to_string()).or_default().push(function.params.len());
    }
    functions
}

/// The place of a rhai position in the user's file.
pub fn place(script: &Script, position: Position) -> Place {
    script.place(position.line().unwrap_or(1) as u32, position.position().unwrap_or(1) as u32)
}
