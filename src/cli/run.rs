//! `telefonist run`: runs tests, some in parallel, and prints each verdict in the order in which the tests were named.

use super::arguments::{Kept, RunArguments};
use super::printer::Printer;
use super::tell::{complain, say};
use super::watch::Watch;
use super::{inputs, interrupt, repl, reports, settings};
use crate::agent;
use crate::diagnostic::Diagnostic;
use crate::engine::ScriptLimits;
use crate::pipeline::{self, Case, History, Keep, Plan, Selection, Workplace};
use crate::verdict::{ExitCode, worst};
use std::io::Write;
use std::path::PathBuf;

/// Runs the tests of the paths and gives the worst exit code.
pub fn run(arguments: &RunArguments) -> ExitCode {
    let workplace = match settings::workplace(&arguments.host) {
        Ok(workplace) => workplace,
        Err(problem) => {
            complain(&[problem]);
            return ExitCode::Error;
        }
    };
    if let Err(problem) = agent::check_addresses(workplace.settings()) {
        complain(&[problem]);
        return ExitCode::Usage;
    }
    if let Some(problem) = arguments.pause_on_failure.then(|| repl::pausable(arguments.jobs).err()).flatten() {
        complain(&[problem]);
        return ExitCode::Usage;
    }
    let workplace = match inputs::inputs(&arguments.inputs, &arguments.host.data.data_dir) {
        Ok(inputs) if arguments.pause_on_failure => {
            let interrupt = workplace.interrupt.clone();
            workplace.with_inputs(repl::pausing(inputs, interrupt))
        }
        Ok(inputs) => workplace.with_inputs(inputs),
        Err(problems) => {
            complain(&problems);
            return ExitCode::Usage;
        }
    };
    let paths = match pipeline::find(&arguments.paths, &arguments.host.data.data_dir) {
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
    match Watch::new(&arguments.paths, workplace.data_dir(), &workplace.interrupt) {
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
    aside(arguments, "watching the tests; Ctrl-C ends\n");
    while let Some(tests) = watch.next() {
        let known = History::of(workplace.data_dir());
        let selection = Selection { last_failed: false, shuffle: None, ..selection(arguments) };
        let cases: Vec<Case> = tests.iter().flat_map(|path| Case::read(workplace, path)).collect();
        run_cases(arguments, workplace, &selection.of(cases, &known));
        aside(arguments, "watching the tests; Ctrl-C ends\n");
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
        repeat: arguments.repeat.max(arguments.update.unwrap_or(1)).into(),
        fail_fast: arguments.fail_fast,
        keep: match arguments.output.keep {
            Kept::All => Keep::All,
            Kept::Failed => Keep::Failed,
            Kept::None => Keep::None,
        },
        keeps_order: arguments.selection.shuffle.is_some(),
        limits: ScriptLimits {
            within: arguments.limits.timeout,
            test: arguments.limits.test_timeout,
            ..ScriptLimits::default()
        },
    }
}

/// One round over the tests.
fn run_tests(arguments: &RunArguments, workplace: &Workplace, paths: &[PathBuf], selection: &Selection) -> ExitCode {
    let cases: Vec<Case> = paths.iter().flat_map(|path| Case::read(workplace, path)).collect();
    let found = cases.len();
    let cases = selection.of(cases, &History::of(workplace.data_dir()));
    if cases.is_empty() {
        return nothing_picked(arguments, workplace, found);
    }
    if let Some(place) = cases.iter().find_map(Case::only) {
        if settings::is_ci() {
            let problem =
                Diagnostic::error("`only()` would leave out the other tests, which CI is to run").at(place.clone());
            complain(&[problem.advice("take out `only()` before you commit, or run without CI=true")]);
            return ExitCode::Usage;
        }
        aside(arguments, &format!("only(): {} of {found} tests\n", cases.len()));
    }
    run_cases(arguments, workplace, &cases)
}

fn run_cases(arguments: &RunArguments, workplace: &Workplace, cases: &[Case]) -> ExitCode {
    let printer = Printer::new(&arguments.output, arguments.update.is_some(), !arguments.pause_on_failure);
    let (results, exit_code) = pipeline::run(workplace, cases, &plan(arguments), &printer);
    if results.tests.len() > 1 || results.left_out > 0 {
        printer.summary(&results);
    }
    let unwritten = reports::write(&arguments.output.report, &results, &printer.pages());
    complain(&unwritten);
    let written = printer.update(cases) && unwritten.is_empty();
    if written { exit_code } else { worst([exit_code, ExitCode::Error]) }
}

/// None is left of tests that are there. A shard may be empty, and so may the list of what failed; anything else is a mistake.
/// The reports say so too: one of an earlier run must not be taken for this one's.
fn nothing_picked(arguments: &RunArguments, workplace: &Workplace, found: usize) -> ExitCode {
    let asked = &arguments.selection;
    let (why, exit_code) = if asked.filter.is_some() || !asked.tags.is_empty() {
        (format!("none of {found} tests fits --filter and --tag"), ExitCode::Usage)
    } else if asked.last_failed {
        ("nothing failed in its last run: nothing to run".into(), ExitCode::Passed)
    } else {
        ("no test falls into this shard: nothing to run".into(), ExitCode::Passed)
    };
    aside(arguments, &format!("{why}\n"));
    worst([exit_code, run_cases(arguments, workplace, &[])])
}

/// Says what stands in no report.
fn aside(arguments: &RunArguments, text: &str) {
    match reports::use_stdout(&arguments.output.report) {
        true => drop(std::io::stderr().lock().write_all(text.as_bytes())),
        false => say(text),
    }
}
