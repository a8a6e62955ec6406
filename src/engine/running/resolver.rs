//! Resolves `import`: embedded modules (`std/…`), and the user's files through the program's loader.

use crate::diagnostic::Source;
use crate::engine::language::parser::parse_to_run;
use crate::engine::language::program::Program;
use crate::engine::language::{modules, syntax_errors};
use crate::engine::script::failure::{wrong, wrong_at};
use crate::event::lock;
use crate::script::Script;
use rhai::{Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};
use std::collections::HashMap;
use std::sync::Mutex;

/// The modules of a run.
pub struct Resolver {
    program: Program,
    /// By full name; none while a module is being loaded, which reveals a cycle.
    modules: Mutex<HashMap<String, Option<Shared<Module>>>>,
}

impl Resolver {
    pub fn new(program: Program) -> Resolver {
        Resolver { program, modules: Mutex::default() }
    }

    fn load(&self, engine: &Engine, name: &str) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let text = modules::read_module(&self.program, name).map_err(wrong)?;
        let script = Script::rhai(Source::new(name, text));
        let ast = parse_to_run(&script.rhai, name).map_err(|error| {
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
        let name = modules::full_name(&self.program, source, path).map_err(at)?;
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
