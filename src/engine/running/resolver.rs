//! `import`: embedded modules by `std/…`, and the user's own files through the program's loader.

use super::ended::{wrong, wrong_at};
use crate::diagnostic::{Source, nearest};
use crate::engine::api::comparisons;
use crate::engine::language::program::Program;
use crate::engine::language::{stdlib, syntax_errors};
use crate::engine::script::run::lock;
use crate::script::Script;
use rhai::{Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};
use std::collections::HashMap;
use std::sync::Mutex;

/// One run's modules.
pub struct Resolver {
    program: Program,
    /// By full name; none while a module is being read: that is how a cycle shows.
    modules: Mutex<HashMap<String, Option<Shared<Module>>>>,
}

impl Resolver {
    pub fn new(program: Program) -> Resolver {
        Resolver { program, modules: Mutex::default() }
    }

    fn load(&self, engine: &Engine, name: &str) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let text = text(&self.program, name).map_err(wrong)?;
        let script = Script::rhai(Source::new(name, text));
        let ast = comparisons::parse_to_run(&script.rhai, name).map_err(|error| {
            let diagnostic = syntax_errors::diagnostic(&error, &script);
            let place = diagnostic.place.map(|place| place.to_string()).unwrap_or_default();
            wrong(format!("`{name}` does not compile: {place}: {}", diagnostic.message))
        })?;
        Ok(Module::eval_ast_as_new(Scope::new(), &ast, engine)?.into())
    }
}

impl ModuleResolver for Resolver {
    fn resolve(
        &self,
        engine: &Engine,
        source: Option<&str>,
        path: &str,
        position: Position,
    ) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let at = |message: String| wrong_at(message, position);
        let name = full_name(&self.program, source, path).map_err(at)?;
        match lock(&self.modules).get(&name) {
            Some(Some(module)) => return Ok(module.clone()),
            Some(None) => return Err(at(format!("`{name}` is imported in a circle: it comes to import itself"))),
            None => {}
        }
        lock(&self.modules).insert(name.clone(), None);
        match self.load(engine, &name) {
            Ok(module) => {
                lock(&self.modules).insert(name, Some(module.clone()));
                Ok(module)
            }
            Err(error) => {
                lock(&self.modules).remove(&name);
                Err(Box::new(EvalAltResult::ErrorInModule(name, error, position)))
            }
        }
    }
}

/// The one name of a module, whoever imports it: `std/calls`, or its file's path as the script's own is named.
pub fn full_name(program: &Program, importer: Option<&str>, path: &str) -> Result<String, String> {
    if path == "std" || path.starts_with("std/") {
        return match stdlib::text(path) {
            Some(_) => Ok(path.to_string()),
            None => {
                let names = stdlib::MODULES.iter().map(|(name, _)| *name);
                let meant = match nearest(path, names.clone()) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("there are: {}", names.collect::<Vec<_>>().join(", ")),
                };
                Err(format!("there is no module \"{path}\"; {meant}"))
            }
        };
    }
    let normal = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0']);
    if !path.split('/').all(normal) {
        return Err(format!(
            "\"{path}\" can't be imported: a path goes down from the file's own folder, by plain names"
        ));
    }
    let main = program.script.source.name.as_str();
    let folder = match importer.filter(|importer| !stdlib::is_std(importer)).unwrap_or(main).rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/"),
        None => String::new(),
    };
    let extension = if path.ends_with(".rhai") { "" } else { ".rhai" };
    Ok(format!("{folder}{path}{extension}"))
}

/// A module's text by its full name.
pub fn text(program: &Program, name: &str) -> Result<String, String> {
    if let Some(text) = stdlib::text(name) {
        return Ok(text.to_string());
    }
    let main = program.script.source.name.as_str();
    let root = main.rsplit_once('/').map_or("", |(folder, _)| folder);
    let relative = name.strip_prefix(root).unwrap_or(name).trim_start_matches('/');
    match &program.files {
        Some(load) => load(relative).map_err(|why| format!("`{name}` can't be imported: {why}")),
        None => Err(format!("`{name}` can't be imported: only the std/… modules are at hand here")),
    }
}
