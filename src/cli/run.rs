//! `telefonist run`: tests one after another, each with its verdict.

use super::arguments::RunArguments;
use super::check::complain;
use super::{colours, interrupt, settings};
use crate::engine::Limits;
use crate::pipeline::{self, Outcome, Ran};
use crate::report::terminal::{self, Finished};
use crate::verdict::{ExitCode, Status, worst};
use std::io::{IsTerminal, Write};
use std::path::Path;

/// Runs every test of the paths and gives the worst exit code.
pub fn run(arguments: &RunArguments) -> ExitCode {
    let tests = match pipeline::find(&arguments.paths) {
        Ok(tests) => tests,
        Err(problems) => {
            complain(&problems);
            return ExitCode::Usage;
        }
    };
    let workplace = match settings::workplace(&arguments.host) {
        Ok(workplace) => workplace,
        Err(problem) => {
            complain(&[problem]);
            return ExitCode::Error;
        }
    };
    interrupt::watch(workplace.interrupt.clone());
    let limits = Limits { within: arguments.timeout, test: arguments.test_timeout };
    let begun = std::time::Instant::now();
    let mut statuses = vec![];
    let mut left_out = 0;
    let mut codes = vec![ExitCode::Passed];
    for path in &tests {
        if workplace.interrupt.requested() {
            left_out += 1;
            continue;
        }
        progress(Some(path));
        let outcome = pipeline::execute(&workplace, path, &limits, &mut |ran| {
            progress(None);
            report(ran, arguments.update.then_some(path));
            statuses.push(ran.verdict.status);
        });
        progress(None);
        if let Outcome::NotCompiled(problems) | Outcome::Refused(problems) = &outcome {
            complain(problems);
            say(&terminal::not_run(&path.display().to_string(), colours(&std::io::stdout())));
            statuses.push(Status::Error);
        }
        codes.push(outcome.exit_code());
    }
    if tests.len() > 1 {
        say(&terminal::summary(&statuses, left_out, begun.elapsed(), colours(&std::io::stdout())));
    }
    if workplace.interrupt.requested() {
        codes.push(ExitCode::Interrupted);
    }
    worst(codes)
}

/// A reader that went away (`| head`) ends no run.
fn say(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

fn report(ran: &Ran, update: Option<&Path>) {
    complain(&ran.warnings);
    let finished = Finished {
        name: &ran.header.file,
        verdict: &ran.verdict,
        duration: ran.duration,
        kept: Some(&ran.folder),
    };
    say(&terminal::finished(&finished, colours(&std::io::stdout())));
    if let Some(path) = update.filter(|_| pipeline::is_updatable(ran)) {
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
