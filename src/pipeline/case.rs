//! A test that has been read: what has to be known of it before it runs.

use super::compile::{Compiled, compile, load};
use super::{Workplace, preflight};
use crate::diagnostic::Diagnostic;
use crate::run::Inputs;
use crate::verdict::ExitCode;
use std::path::{Path, PathBuf};

pub struct Case {
    /// As the user named it.
    pub path: PathBuf,
    /// What is to be run, or why it can't be.
    pub compiled: Result<Compiled, Refusal>,
}

/// Why a test is not run.
#[derive(Debug)]
pub struct Refusal {
    pub problems: Vec<Diagnostic>,
    /// [`ExitCode::Usage`] for a text with errors; [`ExitCode::Error`] where this machine lacks something: an agent, a command of
    /// the agent, an account.
    pub exit_code: ExitCode,
}

impl Case {
    /// Reads and compiles a test. Starts nothing.
    pub fn read(workplace: &Workplace, path: &Path) -> Case {
        let inputs = workplace.inputs();
        let source = load(path).map_err(|problem| vec![problem]);
        let compiled = source.and_then(|source| compile(&source, inputs));
        let compiled = compiled
            .map_err(|problems| Refusal { problems, exit_code: ExitCode::Usage })
            .and_then(|compiled| possible(workplace, &compiled, inputs).map(|()| compiled));
        Case { path: path.to_path_buf(), compiled }
    }

    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    pub fn tags(&self) -> &[String] {
        self.compiled.as_ref().map_or(&[], |compiled| &compiled.facts.tags)
    }

    /// The names of the accounts that it needs to itself, in alphabetical order.
    pub fn accounts(&self) -> Vec<String> {
        let accounts = self.compiled.as_ref().map_or(&[][..], |compiled| &compiled.facts.accounts);
        let mut names: Vec<String> = accounts.iter().map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    }
}

/// Whether it can be carried out here, as far as that shows before a run.
fn possible(workplace: &Workplace, compiled: &Compiled, inputs: &Inputs) -> Result<(), Refusal> {
    let refused = |problems: Vec<Diagnostic>| Refusal { problems, exit_code: ExitCode::Error };
    let supervisor = workplace.supervisor().map_err(|problem| refused(vec![problem]))?;
    let mut problems = preflight::missing_commands(&compiled.script, supervisor.kind());
    problems.extend(preflight::missing_accounts(&compiled.facts, inputs));
    if problems.is_empty() { Ok(()) } else { Err(refused(problems)) }
}
