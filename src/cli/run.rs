//! `telefonist run`: tests one after another, each with its verdict.

use super::arguments::RunArguments;
use super::check::complain;
use super::{colours, interrupt, settings};
use crate::engine::Limits;
use crate::pipeline::{self, Outcome, Ran};
use crate::report::terminal;
use crate::verdict::{Status, exit};
use std::io::{IsTerminal, Write};
use std::path::Path;

/// Runs every test of the paths and gives the worst exit code.
pub fn run(arguments: &RunArguments) -> u8 {
    let tests = match pipeline::find(&arguments.paths) {
        Ok(tests) => tests,
        Err(problems) => {
            complain(&problems);
            return exit::USAGE;
        }
    };
    let workplace = match settings::workplace(&arguments.host) {
        Ok(workplace) => workplace,
        Err(problem) => {
            complain(&[problem]);
            return exit::ERROR;
        }
    };
    interrupt::watch(workplace.interrupt.clone());
    let limits = Limits { within: arguments.timeout, test: arguments.test_timeout, ..Limits::default() };
    let mut summary = terminal::Summary::default();
    let mut codes = vec![exit::PASSED];
    for path in &tests {
        if workplace.interrupt.requested() {
            summary.left_out += 1;
            continue;
        }
        progress(Some(path));
        let outcome = pipeline::execute(&workplace, path, &limits, &mut |ran| {
            progress(None);
            report(ran, arguments.update.then_some(path));
            summary.count(ran.verdict.status);
        });
        progress(None);
        if let Outcome::NotCompiled(problems) | Outcome::Refused(problems) = &outcome {
            complain(problems);
            say(&terminal::not_run(path, colours(&std::io::stdout())));
            summary.count(Status::Error);
        }
        codes.push(outcome.exit_code());
    }
    if tests.len() > 1 {
        say(&terminal::summary(&summary, colours(&std::io::stdout())));
    }
    if workplace.interrupt.requested() {
        codes.push(exit::INTERRUPTED);
    }
    exit::worst(codes)
}

/// A reader that went away (`| head`) ends no run.
fn say(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

fn report(ran: &Ran, update: Option<&Path>) {
    complain(&ran.warnings);
    let text = terminal::test(&ran.record, &ran.verdict, &ran.folder, colours(&std::io::stdout()));
    say(&text);
    let updatable = matches!(ran.verdict.status, Status::Pass) || ran.verdict.hash_mismatch;
    if let Some(path) = update.filter(|_| updatable) {
        match pipeline::update(path, ran) {
            Ok(done) => say(&format!("  {done}\n")),
            Err(problem) => complain(&[problem]),
        }
    }
}

/// On a terminal, what is going on now; it leaves no trace.
fn progress(test: Option<&Path>) {
    let stderr = std::io::stderr();
    if stderr.is_terminal() {
        let text = test.map(|path| format!("running {} …", path.display())).unwrap_or_default();
        let _ = write!(stderr.lock(), "\r\x1b[2K{text}");
    }
}
