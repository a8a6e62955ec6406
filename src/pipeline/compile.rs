//! A file → what the engine runs.

use crate::diagnostic::{Diagnostic, Place, Source};
use crate::engine::{self, AskedOfAgents, CheckInputs, CheckedScript, Loader, Program, ScriptFacts};
use crate::run::Inputs;
use crate::script::{self, Script};
use crate::testfile::{self, Directive, Step, TestFile};
use crate::validation::Validations;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// No test is larger; a testfile's own limit is lower.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A test that can be run.
#[derive(Clone)]
pub struct Compiled {
    pub program: Program,
    pub warnings: Vec<Diagnostic>,
    /// What a check warns of: shown where the test does not pass.
    pub hints: Vec<Diagnostic>,
    /// What is known of it before it runs.
    pub facts: ScriptFacts,
    pub asked: Arc<AskedOfAgents>,
    /// What its declared waits add up to; zero where that can't be known.
    pub waits: Duration,
    /// What it judges its record by.
    pub validations: Arc<Validations>,
}

impl Compiled {
    pub fn script(&self) -> &Script {
        self.program.script()
    }
}

/// Reads a test. Errors: not there, not a file, too large, not UTF-8 (with the place).
pub fn load(path: &Path) -> Result<Arc<Source>, Diagnostic> {
    let name = path.display().to_string();
    let unreadable = |why: String| Diagnostic::error(format!("`{name}` can't be read: {why}"));
    // a pipe is opened when somebody writes into it, if ever
    if !path.metadata().map_err(|error| unreadable(error.to_string()))?.is_file() {
        return Err(unreadable("it is not a file".into()));
    }
    let file = std::fs::File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let mut bytes = vec![];
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(unreadable(format!("it is larger than {} MiB", LARGEST >> 20)).advice("split the test"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(name, text)),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
            let problem = Diagnostic::error(format!("{name}:{line}: this line is not UTF-8"));
            Err(problem.advice("save the file with the encoding UTF-8"))
        }
    }
}

/// Whether the file holds a Rhai script; everything else is a testfile.
fn is_rhai(source: &Source) -> bool {
    Path::new(&source.name).extension().is_some_and(|extension| extension == "rhai")
}

/// The Rhai text of a test, before the engine has seen it.
pub struct Text {
    pub script: Script,
    pub warnings: Vec<Diagnostic>,
    waits: Duration,
}

/// Reads a test's text; a testfile is compiled, with the macros that the caller gives.
pub fn script(source: &Arc<Source>, inputs: &Inputs) -> Result<Text, Vec<Diagnostic>> {
    if is_rhai(source) {
        return Ok(Text { script: Script::rhai(source.clone()), warnings: vec![], waits: Duration::ZERO });
    }
    let file = testfile::parse(source, &inputs.macros())?;
    let waits = file.steps().filter_map(|step| match step {
        Step::Wait(wait) => Some(Duration::from_millis(wait.milliseconds())),
        _ => None,
    });
    let waits = waits.fold(Duration::ZERO, Duration::saturating_add);
    let mut warnings = file.warnings.clone();
    warnings.extend(without_steps(&file));
    Ok(Text { script: script::compile(&file), waits, warnings })
}

/// A testfile that was cut off, or that a mistake has emptied, passes whatever the system does.
fn without_steps(file: &TestFile) -> Option<Diagnostic> {
    let skipped = file.directives().any(|directive| *directive == Directive::Run(0));
    if skipped || file.steps().next().is_some() {
        return None;
    }
    let warning = Diagnostic::warning("the testfile does nothing, and passes whatever the system does");
    let place = Place { source: file.source.clone(), span: 0..0 };
    Some(warning.at(place).advice("write lines like `ua1:dial ua2|2s|hangup`, or `_run 0` to skip it on purpose"))
}

/// What the script of a file may import: files below its own folder.
pub fn files(source: &Source) -> Loader {
    let folder = Path::new(&source.name).parent().unwrap_or(Path::new("")).to_path_buf();
    Arc::new(move |file| {
        let root = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
        let root = root.canonicalize().map_err(|error| error.to_string())?;
        let path = root.join(file).canonicalize().map_err(|error| error.to_string())?;
        // a link may lead anywhere
        if !path.starts_with(&root) {
            return Err("it lies outside of the script's folder".into());
        }
        load(&path).map(|source| source.text.clone()).map_err(|problem| problem.message)
    })
}

/// All errors of the file in one go, those too that would show only in the middle of a call, or the program and its warnings.
/// It imports what `files` has.
pub fn compile(source: &Arc<Source>, inputs: &Inputs, files: &Loader) -> Result<Compiled, Vec<Diagnostic>> {
    let Text { script, mut warnings, waits } = script(source, inputs)?;
    let known = CheckInputs { files: Some(files.clone()), ..CheckInputs::default() };
    let CheckedScript { diagnostics: found, asked, program } = engine::read_and_check(&script, &known);
    let Some(program) = program.filter(|_| !found.iter().any(Diagnostic::is_error)) else { return Err(found) };
    let (always, hints): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| one.code == Some("empty-test"));
    warnings.extend(always);
    let facts = engine::facts(&program);
    if !facts.problems.is_empty() {
        return Err(facts.problems);
    }
    let (validations, found) = validations(&program, inputs);
    if found.iter().any(Diagnostic::is_error) {
        return Err(found);
    }
    warnings.extend(found);
    let (asked, validations) = (Arc::new(asked), Arc::new(validations));
    Ok(Compiled { program, warnings, hints, facts, asked, waits, validations })
}

/// The validation scripts of a file's tests, and what is wrong with them.
pub fn validations(program: &Program, inputs: &Inputs) -> (Validations, Vec<Diagnostic>) {
    match &inputs.scripts {
        Some(folder) => Validations::read(&engine::validations(program), folder),
        None => (Validations::default(), vec![]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Kind;
    use crate::engine::PARSED;
    use crate::pipeline::preflight;

    #[test]
    fn a_text_is_parsed_once_whatever_is_asked_about_it() {
        let text =
            "let alice = agent(\"alice\");\nalice.cmd(\"help\");\nawait alice.event(\"CALL_CLOSED\") within 1s;\n";
        let (source, inputs) = (Source::new("t.rhai", text), Arc::new(Inputs::default()));
        let before = PARSED.get();
        let compiled = compile(&source, &inputs, &files(&source)).unwrap();
        assert_eq!(PARSED.get() - before, 1);
        assert_eq!((compiled.asked.commands.len(), compiled.asked.events.len()), (1, 1));
        let kind = Kind::for_tests((4, 12, 0));
        let checked = preflight::check(&source, &inputs, &files(&source), &[], Some(&kind));
        assert_eq!((PARSED.get() - before, checked.diagnostics.len()), (2, 0));
    }
}
