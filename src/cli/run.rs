//! `telefonist run`: tests, some of them at once, each with its verdict, in the order in which they were named.

use super::arguments::{Kept, RunArguments};
use super::check::complain;
use super::progress::Progress;
use super::watch::Watch;
use super::{colours, inputs, interrupt, reports, settings};
use crate::engine::Limits;
use crate::event::Log;
use crate::pipeline::{self, Case, History, Keep, Plan, Ran, Selection, Turn, Watcher, Workplace};
use crate::report::results::TestResult;
use crate::report::terminal;
use crate::report::told::Extent;
use crate::verdict::{ExitCode, worst};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

/// Runs the tests of the paths and gives the worst exit code.
pub fn run(arguments: &RunArguments) -> ExitCode {
    let workplace = match settings::workplace(&arguments.host) {
        Ok(workplace) => workplace,
        Err(problem) => {
            complain(&[problem]);
            return ExitCode::Error;
        }
    };
    let workplace = match inputs::inputs(&arguments.inputs, workplace.data_dir()) {
        Ok(inputs) => workplace.with_inputs(inputs),
        Err(problems) => {
            complain(&problems);
            return ExitCode::Usage;
        }
    };
    let paths = match pipeline::find(&arguments.paths) {
        Ok(paths) => paths,
        Err(problems) => {
            complain(&problems);
            return ExitCode::Usage;
        }
    };
    if let Err(problem) = reports::prepare(&arguments.output.report) {
        complain(&[problem]);
        return ExitCode::Usage;
    }
    interrupt::watch(workplace.interrupt.clone());
    if !arguments.watch {
        return run_tests(arguments, &workplace, &paths, &selection(arguments));
    }
    // watched from before the first round on: what is changed while it goes on counts
    match Watch::new(&arguments.paths, &workplace.interrupt) {
        Ok(watch) => watch_tests(arguments, &workplace, &paths, watch),
        Err(problem) => {
            complain(&[problem]);
            ExitCode::Error
        }
    }
}

/// Round after round, after the first each for what a change concerns, until Ctrl-C.
fn watch_tests(arguments: &RunArguments, workplace: &Workplace, paths: &[PathBuf], mut watch: Watch) -> ExitCode {
    run_tests(arguments, workplace, paths, &selection(arguments));
    say("watching the tests; Ctrl-C ends\n");
    while let Some(tests) = watch.next() {
        let known = History::of(workplace.data_dir());
        let selection = Selection { last_failed: false, shuffle: None, ..selection(arguments) };
        let cases: Vec<Case> = tests.iter().map(|path| Case::read(workplace, path)).collect();
        run_cases(arguments, workplace, &selection.of(cases, &known));
        say("watching the tests; Ctrl-C ends\n");
    }
    ExitCode::Interrupted
}

fn selection(arguments: &RunArguments) -> Selection {
    let asked = &arguments.selection;
    Selection {
        filter: asked.filter.clone(),
        tags: asked.tags.clone(),
        last_failed: asked.last_failed,
        shuffle: asked.shuffle.clone(),
        shard: asked.shard,
    }
}

fn plan(arguments: &RunArguments) -> Plan {
    Plan {
        jobs: arguments.jobs.into(),
        retries: arguments.retries.into(),
        repeat: arguments.repeat.into(),
        fail_fast: arguments.fail_fast,
        keep: match arguments.output.keep {
            Kept::All => Keep::All,
            Kept::Failed => Keep::Failed,
            Kept::None => Keep::None,
        },
        keeps_order: arguments.selection.shuffle.is_some(),
        limits: Limits { within: arguments.timeout, test: arguments.test_timeout },
    }
}

/// One round over the tests.
fn run_tests(arguments: &RunArguments, workplace: &Workplace, paths: &[PathBuf], selection: &Selection) -> ExitCode {
    let cases: Vec<Case> = paths.iter().map(|path| Case::read(workplace, path)).collect();
    let found = cases.len();
    let cases = selection.of(cases, &History::of(workplace.data_dir()));
    if cases.is_empty() {
        return nothing_picked(arguments, found);
    }
    run_cases(arguments, workplace, &cases)
}

fn run_cases(arguments: &RunArguments, workplace: &Workplace, cases: &[Case]) -> ExitCode {
    let printer = Printer { arguments, progress: Progress::new(), state: Mutex::default() };
    let (results, exit_code) = pipeline::run(workplace, cases, &plan(arguments), &printer);
    if results.tests.len() > 1 || results.left_out > 0 {
        printer.say(&terminal::summary(&results, printer.colours()));
    }
    let unwritten = reports::write(&arguments.output.report, &results);
    complain(&unwritten);
    if unwritten.is_empty() { exit_code } else { worst([exit_code, ExitCode::Error]) }
}

/// None is left of tests that are there. A shard may be empty, and so may the list of what failed; anything else is a mistake.
fn nothing_picked(arguments: &RunArguments, found: usize) -> ExitCode {
    let asked = &arguments.selection;
    if asked.filter.is_some() || !asked.tags.is_empty() {
        say(&format!("none of {found} tests fits --filter and --tag\n"));
        return ExitCode::Usage;
    }
    let why = if asked.last_failed { "nothing failed in its last run" } else { "no test falls into this shard" };
    say(&format!("{why}: nothing to run\n"));
    ExitCode::Passed
}

/// A reader that went away (`| head`) ends no run.
fn say(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints what the tests came to in their order, each as soon as those before it have been printed.
struct Printer<'a> {
    arguments: &'a RunArguments,
    progress: Progress,
    state: Mutex<Held>,
}

/// What waits for its turn to be printed.
#[derive(Default)]
struct Held {
    /// The unit whose results are printed as they come.
    next: usize,
    texts: BTreeMap<usize, Vec<Text>>,
    done: std::collections::BTreeSet<usize>,
    /// What `--update` has to say of a run, until its test is printed.
    updates: BTreeMap<usize, Vec<Text>>,
}

enum Text {
    Out(String),
    Problems(Vec<crate::diagnostic::Diagnostic>),
}

impl Printer<'_> {
    /// A report that goes to the standard output has it for itself.
    fn to_stderr(&self) -> bool {
        reports::use_stdout(&self.arguments.output.report)
    }

    fn colours(&self) -> bool {
        if self.to_stderr() { colours(&std::io::stderr()) } else { colours(&std::io::stdout()) }
    }

    fn say(&self, text: &str) {
        match self.to_stderr() {
            true => drop(std::io::stderr().lock().write_all(text.as_bytes())),
            false => say(text),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn print(&self, texts: Vec<Text>) {
        self.progress.aside(|| {
            for text in texts {
                match text {
                    Text::Out(text) => self.say(&text),
                    Text::Problems(problems) => complain(&problems),
                }
            }
        });
    }
}

impl Watcher for Printer<'_> {
    fn begins(&self, unit: usize, case: &Case, _turn: Turn, log: &Arc<Log>) {
        self.progress.begins(unit, case.name(), log);
    }

    fn ran(&self, unit: usize, ran: &Ran) {
        if self.arguments.update && pipeline::is_updatable(ran) {
            let text = match pipeline::update(Path::new(&ran.record.header.file), ran) {
                Ok(done) => Text::Out(format!("  {done}\n")),
                Err(problem) => Text::Problems(vec![problem]),
            };
            self.held().updates.entry(unit).or_default().push(text);
        }
    }

    fn ended(&self, unit: usize, result: &TestResult) {
        let mut texts = vec![Text::Out(terminal::test(result, Extent::Screen, self.colours()))];
        let mut held = self.held();
        texts.extend(held.updates.remove(&unit).unwrap_or_default());
        match held.next == unit {
            true => self.print(texts),
            false => held.texts.entry(unit).or_default().extend(texts),
        }
    }

    fn done(&self, unit: usize) {
        self.progress.ends(unit);
        let mut held = self.held();
        held.done.insert(unit);
        while {
            let next = held.next;
            held.done.remove(&next)
        } {
            held.next += 1;
            let next = held.next;
            let texts = held.texts.remove(&next).unwrap_or_default();
            self.print(texts);
        }
    }
}
