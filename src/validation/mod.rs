//! Validation scripts, in Rhai and in JavaScript: found and read before a run, they judge its record at its end, or on the way
//! (`validate("x.rhai")`). They see events and figures, never agents.
//!
//! A script that fails by itself (an assertion, `fail`, `throw`) says that the system under test did wrong: `Fail`. One that can't
//! be carried out (a fault in it, a limit) says nothing of that: `Error`.

mod folder;
mod javascript;
mod material;
mod seen;
mod stats;
#[cfg(test)]
mod tests;

use crate::diagnostic::{Diagnostic, Place, Source};
use crate::engine::{self, CheckInputs, CheckedScript, Judging, Program, StopAsked};
use crate::event::{Ended, Events};
use crate::run::Validator;
use crate::script::Script;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// So long a validation may take. To be given the longest record and to look through it takes two seconds in a debug build on a busy
/// machine; whoever waits for the verdict waits for this.
const LIMIT: Duration = Duration::from_secs(10);

/// The validation scripts of a test, by the name of their file.
#[derive(Debug, Default)]
pub struct Validations {
    scripts: BTreeMap<String, Validation>,
    limit: Option<Duration>,
}

#[derive(Debug)]
struct Validation {
    source: Arc<Source>,
    /// None for JavaScript.
    rhai: Option<Program>,
}

impl Validations {
    /// Reads the scripts that a test asks for, with the places where it does, from a folder. With them comes all that can be found
    /// wrong with them without a run; a script with an error is left out.
    pub fn read(wanted: &[(String, Place)], folder: &Path) -> (Validations, Vec<Diagnostic>) {
        let (mut read, mut found) = (Validations::default(), vec![]);
        for (name, place) in wanted {
            match folder::source(folder, name) {
                Err(problem) => found.push(problem.at(place.clone()).code("validation")),
                Ok(source) => match compiled(source) {
                    Ok((validation, warnings)) => {
                        found.extend(warnings);
                        read.scripts.insert(name.clone(), validation);
                    }
                    Err(errors) => found.extend(errors),
                },
            }
        }
        (read, found)
    }

    /// Names and texts of the scripts.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.scripts.iter().map(|(name, validation)| (name.as_str(), validation.source.text.as_str()))
    }
}

/// A script that can be run, and what it is warned of.
fn compiled(source: Arc<Source>) -> Result<(Validation, Vec<Diagnostic>), Vec<Diagnostic>> {
    if source.name.ends_with(".js") {
        return match javascript::check(&source) {
            None => Ok((Validation { source, rhai: None }, vec![])),
            Some(error) => Err(vec![error]),
        };
    }
    let script = Script::rhai(source.clone());
    let known = CheckInputs { validation: true, ..CheckInputs::default() };
    let CheckedScript { diagnostics: found, program, .. } = engine::read_and_check(&script, &known);
    match program.filter(|_| !found.iter().any(Diagnostic::is_error)) {
        Some(program) => Ok((Validation { source, rhai: Some(program) }, found)),
        None => Err(found),
    }
}

impl Validator for Validations {
    fn validate(&self, file: &str, events: &dyn Events, stop: StopAsked) -> Judging {
        let nothing_said = |ended| Judging::new(ended, vec![]);
        let Some(validation) = self.scripts.get(file) else {
            return nothing_said(Ended::error(format!("the validation `{file}` was not read before the run")));
        };
        let material = match material::of(events) {
            Ok(material) => material,
            Err(ended) => return nothing_said(ended),
        };
        let limit = self.limit.unwrap_or(LIMIT);
        match &validation.rhai {
            Some(program) => engine::validate(program, material, limit, stop),
            None => javascript::validate(validation.source.clone(), material, limit, stop),
        }
    }
}
