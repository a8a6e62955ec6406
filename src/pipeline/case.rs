//! A test that has been read, with everything that the runner needs before it runs.

use super::compile::{Compiled, compile, files, load};
use super::{Workplace, preflight};
use crate::diagnostic::{Diagnostic, Place, Source};
use crate::engine::{Block, FactsOfTests, Loader};
use crate::record::block_name;
use crate::verdict::ExitCode;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Which test it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestId {
    /// Its file, as the user named it; of a server's test its project and itself: `PBX/basic_call`.
    pub file: PathBuf,
    /// The name of its block, where the file has several tests.
    pub block: Option<Arc<str>>,
    /// It stands in the store, not in a file.
    pub stored: bool,
}

impl TestId {
    /// The only test of a file.
    pub fn of_file(file: &Path) -> TestId {
        TestId { file: file.to_path_buf(), block: None, stored: false }
    }

    /// What its runs are called: the file's name without its folder, and the block.
    pub fn run_name(&self) -> String {
        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        block_name(&name, self.block.as_deref())
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
    /// The id that its first run is to have, where that was promised to somebody.
    pub run: Option<String>,
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
        match load(path) {
            Ok(source) => Case::of_source(workplace, TestId::of_file(path), &source, &files(&source)),
            Err(problem) => vec![Case::refused(TestId::of_file(path), problem)],
        }
    }

    /// One whose text is not there.
    pub fn refused(test: TestId, problem: Diagnostic) -> Case {
        let refusal = Refusal { problems: vec![problem], exit_code: ExitCode::Usage };
        Case { test, compiled: Err(refusal), run: None }
    }

    /// The same with a text that is at hand, which imports what `files` has; `whole` names it.
    pub fn of_source(workplace: &Workplace, whole: TestId, source: &Arc<Source>, files: &Loader) -> Vec<Case> {
        let case = |block, compiled| Case { test: TestId { block, ..whole.clone() }, compiled, run: None };
        match tests(workplace, source, files) {
            Err(refusal) => vec![case(None, Err(refusal))],
            Ok(tests) => tests.into_iter().map(|(block, compiled)| case(block, compiled)).collect(),
        }
    }

    pub fn name(&self) -> String {
        self.test.to_string()
    }

    /// What its runs are called.
    pub fn run_name(&self) -> String {
        self.test.run_name()
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

/// The tests of a file, each with the name of its block, as far as they can be carried out here.
fn tests(workplace: &Workplace, source: &Arc<Source>, files: &Loader) -> Result<Vec<Named>, Refusal> {
    let refused = |exit_code| move |problems| Refusal { problems, exit_code };
    let inputs = workplace.inputs();
    let compiled = compile(source, inputs, files).map_err(refused(ExitCode::Usage))?;
    let supervisor = workplace.supervisor().map_err(|problem| refused(ExitCode::Error)(vec![problem]))?;
    let lacking = preflight::missing_commands(&compiled.asked, supervisor.kind());
    let possible = |compiled: Compiled| {
        let sounds = preflight::missing_sounds(&compiled.facts, &workplace.settings().sounds);
        let problems = [lacking.clone(), preflight::missing_accounts(&compiled.facts, inputs), sounds].concat();
        if problems.is_empty() { Ok(compiled) } else { Err(refused(ExitCode::Error)(problems)) }
    };
    if !compiled.program.has_tests() {
        return Ok(vec![(None, possible(compiled))]);
    }
    let found = preflight::blocks(&compiled.program, inputs, supervisor.kind());
    let found = found.map_err(|problem| refused(ExitCode::Usage)(vec![problem]))?;
    let mut stale = found.stale;
    let facts_of_tests = FactsOfTests::new(&compiled.program);
    let one = |block: Block| {
        let facts = facts_of_tests.describe(&block);
        let program = compiled.program.of_test(&block.name);
        let of_test = |found: &[Diagnostic]| -> Vec<Diagnostic> {
            found.iter().filter(|one| facts_of_tests.concern(&block, one)).cloned().collect()
        };
        // what is stale concerns no test: it is said once
        let warnings = [of_test(&compiled.warnings), std::mem::take(&mut stale)].concat();
        let hints = of_test(&compiled.hints);
        (Some(block.name.clone()), possible(Compiled { program, facts, warnings, hints, ..compiled.clone() }))
    };
    Ok(found.blocks.into_iter().map(one).collect())
}

type Named = (Option<Arc<str>>, Result<Compiled, Refusal>);
