//! Checks of a test before any agent starts.

use super::sounds::{BUILT_IN, SILENCE};
use crate::agent::{Kind, commands, events, sound};
use crate::diagnostic::{Diagnostic, MOST, Place, Source, limited, nearest};
use crate::engine::{
    self, AskedOfAgents, CheckInputs, CheckedScript, Collected, FactsOfTests, Loader, Program, ScriptFacts,
    ScriptLimits,
};
use crate::event::Ended;
use crate::run::{Collecting, Inputs};
use crate::script::Script;
use crate::testfile;
use crate::verdict::ExitCode;
use std::collections::HashSet;
use std::path::PathBuf;
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
/// It imports what `files` has, and sends what one of the folders `sounds` has.
pub fn check(
    source: &Arc<Source>,
    inputs: &Arc<Inputs>,
    files: &Loader,
    sounds: &[PathBuf],
    kind: Option<&Kind>,
) -> Checked {
    let (script, mut diagnostics) = match super::compile::script(source, inputs) {
        Ok(text) => (text.script, text.warnings),
        Err(problems) => return Checked::broken(coded(problems)),
    };
    diagnostics = coded(diagnostics);
    let known = CheckInputs {
        commands: commands::names().map(str::to_string).collect(),
        files: Some(files.clone()),
        ..CheckInputs::default()
    };
    let CheckedScript { diagnostics: found, asked, program } = engine::read_and_check(&script, &known);
    diagnostics.extend(found);
    let Some(program) = program.filter(|_| !diagnostics.iter().any(Diagnostic::is_error)) else {
        return Checked::broken(diagnostics);
    };
    diagnostics.extend(unknown_commands(&script));
    let missing = kind.map(|kind| missing_commands(&asked, kind)).unwrap_or_default();
    diagnostics.extend(super::compile::validations(&program, inputs).1);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Checked::broken(diagnostics);
    }
    let mut facts = vec![engine::facts(&program)];
    if let Some(kind) = kind.filter(|_| program.has_tests()) {
        match blocks(&program, inputs, kind) {
            Ok(tests) => {
                let known = FactsOfTests::new(&program);
                facts.extend(tests.blocks.iter().map(|test| known.describe(test)));
                diagnostics.extend(tests.stale);
            }
            Err(problem) => {
                diagnostics.push(problem);
                return Checked::broken(diagnostics);
            }
        }
    }
    let mut missing = missing;
    let of_test = |facts: &ScriptFacts| [missing_accounts(facts, inputs), missing_sounds(facts, sounds)].concat();
    let mut told = HashSet::new();
    let lacking = facts.iter().flat_map(of_test).filter(|problem| told.insert(problem.message.clone()));
    missing.extend(lacking);
    let exit_code = if missing.is_empty() { ExitCode::Passed } else { ExitCode::Error };
    diagnostics.extend(missing);
    Checked { diagnostics, exit_code }
}

/// A top level that takes longer to declare its tests, or needs more for that, never ends.
const COLLECTING: ScriptLimits =
    ScriptLimits { within: Duration::ZERO, test: Duration::from_secs(10), memory: 512 << 20 };

/// The tests of a file that has them in blocks. Nothing is started.
///
/// # Errors
/// Its top level fails, or makes none.
pub fn blocks(program: &Program, inputs: &Arc<Inputs>, kind: &Kind) -> Result<Collected, Diagnostic> {
    engine::collect(program, Arc::new(Collecting::new(inputs.clone(), kind.clone())), &COLLECTING)
}

/// What is wrong with a testfile's own syntax.
fn coded(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.into_iter().map(|one| Diagnostic { code: one.code.or(Some("testfile")), ..one }).collect()
}

/// Words that no baresip has: sent all the same, an agent may carry a module of its own.
fn unknown_commands(script: &Script) -> Vec<Diagnostic> {
    let word =
        |(text, place): &'_ (String, Place)| (text.split(' ').next().unwrap_or_default().to_string(), place.clone());
    let unknown = script.commands.iter().map(word).filter(|(word, _)| !commands::is_known(word));
    let warning = |(n, (word, place)): (usize, (String, Place))| {
        let warning = Diagnostic::warning(format!("no known baresip has the command `{word}`")).at(place);
        let warning = warning.code("unknown-command");
        // of those that are not shown nobody reads the advice
        let near =
            || nearest(&word, commands::names().filter(|_| n < MOST)).map(|near| format!("did you mean `{near}`?"));
        Diagnostic { advice: testfile::suggest::meant(&word).or_else(near), ..warning }
    };
    limited(unknown.enumerate().map(warning).collect())
}

/// The accounts of the test that no accounts file has.
pub fn missing_accounts(facts: &ScriptFacts, inputs: &Inputs) -> Vec<Diagnostic> {
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

/// The sound files of the test that no folder has, and that the program does not carry.
pub fn missing_sounds(facts: &ScriptFacts, folders: &[PathBuf]) -> Vec<Diagnostic> {
    let is_there = |file: &str| BUILT_IN.iter().any(|(name, _)| *name == file) || file == SILENCE;
    let problem = |(file, place): &(String, Place)| {
        let Ended { message, advice, .. } = sound::find(file, folders).err().filter(|_| !is_there(file))?;
        let names = folders.iter().flat_map(|folder| folder.read_dir()).flatten().flatten();
        let names: Vec<String> = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        let known = names.iter().map(String::as_str).chain(BUILT_IN.iter().map(|(name, _)| *name));
        // all of them end alike, which makes none like another
        let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_string();
        let known: Vec<(String, &str)> = known.map(|name| (stem(name), name)).collect();
        let near = nearest(&stem(file), known.iter().map(|(stem, _)| stem.as_str()));
        let near = known.iter().find(|(stem, _)| Some(stem.as_str()) == near).map(|(_, name)| *name);
        let near = near.map(|near| format!("did you mean `{near}`?"));
        let error = Diagnostic::error(message).at(place.clone()).code("missing-sound");
        Some(Diagnostic { advice: near.or(advice), ..error })
    };
    facts.sounds.iter().filter_map(problem).collect()
}

/// The commands of the test that this agent lacks, and the events that it never raises: the run would not get through.
pub fn missing_commands(asked: &AskedOfAgents, kind: &Kind) -> Vec<Diagnostic> {
    let missing = |(text, place): &(String, Place)| {
        Some(Diagnostic::error(commands::missing(text, kind)?).at(place.clone()).code("missing-command"))
    };
    let lacking = |(event, place): &(&str, Place)| {
        Some(Diagnostic::error(events::missing(event, kind)?).at(place.clone()).code("missing-event"))
    };
    asked.commands.iter().filter_map(missing).chain(asked.events.iter().filter_map(lacking)).collect()
}
