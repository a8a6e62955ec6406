//! A test that has been read: what has to be known of it before it runs.

use super::compile::{Compiled, compile, load};
use super::{Workplace, preflight};
use crate::agent::Kind;
use crate::diagnostic::{Diagnostic, Place};
use crate::engine::{self, Block};
use crate::record::block_name;
use crate::run::Inputs;
use crate::verdict::ExitCode;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Which test it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestId {
    /// Its file, as the user named it.
    pub file: PathBuf,
    /// The name of its block, where the file has several tests.
    pub block: Option<Arc<str>>,
}

impl TestId {
    /// The only test of a file.
    pub fn of_file(file: &Path) -> TestId {
        TestId { file: file.to_path_buf(), block: None }
    }
}

impl fmt::Display for TestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&block_name(&self.file.display().to_string(), self.block.as_deref()))
    }
}

pub struct Case {
    pub test: TestId,
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
    /// Reads and compiles the tests of a file: one, or as many as it has blocks. Starts nothing.
    pub fn read(workplace: &Workplace, path: &Path) -> Vec<Case> {
        let inputs = workplace.inputs();
        let compiled = load(path).map_err(|problem| vec![problem]).and_then(|source| compile(&source, inputs));
        let supervisor = workplace.supervisor();
        let tests = match (compiled, &supervisor) {
            (Err(problems), _) => Err(Refusal { problems, exit_code: ExitCode::Usage }),
            (Ok(_), Err(problem)) => Err(Refusal { problems: vec![problem.clone()], exit_code: ExitCode::Error }),
            (Ok(compiled), Ok(supervisor)) => tests(compiled, inputs, supervisor.kind())
                .map_err(|problem| Refusal { problems: vec![problem], exit_code: ExitCode::Usage }),
        };
        let case = |block, compiled| Case { test: TestId { file: path.to_path_buf(), block }, compiled };
        let possible = |compiled: Compiled| {
            let kind = supervisor.as_ref().map(|supervisor| supervisor.kind()).map_err(|_| ());
            kind.map_or(Ok(compiled.clone()), |kind| possible(compiled, inputs, kind))
        };
        match tests {
            Err(refusal) => vec![case(None, Err(refusal))],
            Ok(tests) => tests.into_iter().map(|(block, compiled)| case(block, possible(compiled))).collect(),
        }
    }

    pub fn name(&self) -> String {
        self.test.to_string()
    }

    /// Where it says that only it is to be run.
    pub fn only(&self) -> Option<&Place> {
        self.compiled.as_ref().ok()?.facts.only.as_ref()
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

type Named = (Option<Arc<str>>, Compiled);

/// Whether it can be carried out here, as far as that shows before a run.
fn possible(compiled: Compiled, inputs: &Inputs, kind: &Kind) -> Result<Compiled, Refusal> {
    let mut problems = preflight::missing_commands(&compiled.script, kind);
    problems.extend(preflight::missing_accounts(&compiled.facts, inputs));
    if problems.is_empty() { Ok(compiled) } else { Err(Refusal { problems, exit_code: ExitCode::Error }) }
}

/// The tests of a file, each with the name of its block.
fn tests(compiled: Compiled, inputs: &Arc<Inputs>, kind: &Kind) -> Result<Vec<Named>, Diagnostic> {
    if !compiled.program.has_tests() {
        return Ok(vec![(None, compiled)]);
    }
    let one = |block: Block| {
        let facts = engine::facts_of(&compiled.program, &block);
        let program = compiled.program.of_test(&block.name);
        (Some(block.name), Compiled { program, facts, ..compiled.clone() })
    };
    Ok(preflight::blocks(&compiled.program, inputs, kind)?.into_iter().map(one).collect())
}
