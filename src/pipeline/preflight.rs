//! What can be said of a test before any agent starts.

use crate::agent::{Kind, commands};
use crate::diagnostic::{Diagnostic, MOST, Source, limited, nearest};
use crate::engine::{self, Block, Facts, Known, Limits, Loader, Program};
use crate::run::{Collecting, Inputs};
use crate::script::Script;
use crate::testfile;
use crate::verdict::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// What a check found.
pub struct Checked {
    pub diagnostics: Vec<Diagnostic>,
    /// [`ExitCode::Usage`] for a text with errors, [`ExitCode::Error`] where only the agent lacks something.
    pub exit_code: ExitCode,
}

impl Checked {
    /// The text itself has errors.
    pub fn broken(diagnostics: Vec<Diagnostic>) -> Checked {
        Checked { diagnostics, exit_code: ExitCode::Usage }
    }
}

/// Everything that is wrong with a test, as far as it shows without a call; `kind` is the agent that would run it.
/// It imports what `files` has.
pub fn check(source: &Arc<Source>, inputs: &Arc<Inputs>, files: &Loader, kind: Option<&Kind>) -> Checked {
    let (script, mut diagnostics) = match super::compile::script(source, inputs) {
        Ok(text) => (text.script, text.warnings),
        Err(problems) => return Checked::broken(coded(problems)),
    };
    diagnostics = coded(diagnostics);
    let known = Known {
        commands: commands::names().map(str::to_string).collect(),
        files: Some(files.clone()),
        ..Known::default()
    };
    diagnostics.extend(engine::check(&script, &known));
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Checked::broken(diagnostics);
    }
    diagnostics.extend(unknown_commands(&script));
    let missing = kind.map(|kind| missing_commands(&script, kind)).unwrap_or_default();
    let Ok(program) = engine::compile(&script).map(|program| program.with_files(files.clone())) else {
        return Checked::broken(diagnostics);
    };
    diagnostics.extend(super::compile::validations(&program, inputs).1);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Checked::broken(diagnostics);
    }
    let mut facts = vec![engine::facts(&program)];
    if let Some(kind) = kind.filter(|_| program.has_tests()) {
        match blocks(&program, inputs, kind) {
            Ok(tests) => facts.extend(tests.iter().map(|test| engine::facts_of(&program, test))),
            Err(problem) => {
                diagnostics.push(problem);
                return Checked::broken(diagnostics);
            }
        }
    }
    let mut missing = missing;
    for problem in facts.iter().flat_map(|facts| missing_accounts(facts, inputs)) {
        if !missing.contains(&problem) {
            missing.push(problem);
        }
    }
    let exit_code = if missing.is_empty() { ExitCode::Passed } else { ExitCode::Error };
    diagnostics.extend(missing);
    Checked { diagnostics, exit_code }
}

/// A top level that takes longer to declare its tests, or needs more for that, never ends.
const COLLECTING: Limits = Limits { within: Duration::ZERO, test: Duration::from_secs(10), memory: 512 << 20 };

/// The tests of a file that has them in blocks. Nothing is started.
///
/// # Errors
/// Its top level fails, or makes none.
pub fn blocks(program: &Program, inputs: &Arc<Inputs>, kind: &Kind) -> Result<Vec<Block>, Diagnostic> {
    engine::collect(program, Arc::new(Collecting::new(inputs.clone(), kind.clone())), &COLLECTING)
}

/// What is wrong with a testfile's own syntax.
fn coded(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.into_iter().map(|one| Diagnostic { code: one.code.or(Some("testfile")), ..one }).collect()
}

/// Words that no baresip has: sent all the same, an agent may carry a module of its own.
fn unknown_commands(script: &Script) -> Vec<Diagnostic> {
    let unknown = script.commands.iter().filter(|(word, _)| !commands::is_known(word));
    let warning = |(n, (word, place)): (usize, &(String, _))| {
        let warning = Diagnostic::warning(format!("no known baresip has the command `{word}`")).at(Clone::clone(place));
        let warning = warning.code("unknown-command");
        // of those that are not shown nobody reads the advice
        let near =
            || nearest(word, commands::names().filter(|_| n < MOST)).map(|near| format!("did you mean `{near}`?"));
        Diagnostic { advice: testfile::suggest::meant(word).or_else(near), ..warning }
    };
    limited(unknown.enumerate().map(warning).collect())
}

/// The accounts of the test that no accounts file has.
pub fn missing_accounts(facts: &Facts, inputs: &Inputs) -> Vec<Diagnostic> {
    let missing = facts.accounts.iter().filter(|(name, _)| !inputs.accounts.contains_key(name));
    let told = missing.map(|(name, place)| {
        let error =
            Diagnostic::error(format!("there is no account `{name}`")).at(place.clone()).code("unknown-account");
        error.advice(match nearest(name, inputs.accounts.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "add a line `{name} <sip:user@domain>;…` to <data_dir>/accounts, or name another file with --accounts"
            ),
        })
    });
    told.collect()
}

/// The commands of the test that this agent lacks: the run would not get through.
pub fn missing_commands(script: &Script, kind: &Kind) -> Vec<Diagnostic> {
    let missing = |(word, place): (String, _)| {
        Some(Diagnostic::error(commands::missing(&word, kind)?).at(place).code("missing-command"))
    };
    engine::commands(script).into_iter().filter_map(missing).collect()
}
