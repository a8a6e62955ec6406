//! `telefonist run`: tests one after another, each with its verdict.

use super::arguments::RunArguments;
use super::check::complain;
use super::{colours, interrupt, settings};
use crate::engine::Limits;
use crate::event::Clock;
use crate::pipeline::{self, Outcome, Ran};
use crate::report::results::{Attempt, Results, TestResult};
use crate::report::{Extent, terminal};
use crate::verdict::{ExitCode, TestStatus, worst};
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
    let agent = workplace.supervisor().map(|supervisor| supervisor.kind().to_string()).unwrap_or_default();
    let mut results = Results {
        started: Clock::system().now(),
        duration: std::time::Duration::ZERO,
        host: concat!("telefonist ", env!("CARGO_PKG_VERSION")).into(),
        agent,
        tests: vec![],
        left_out: 0,
    };
    let mut codes = vec![ExitCode::Passed];
    for path in &tests {
        if workplace.interrupt.requested() {
            results.left_out += 1;
            continue;
        }
        progress(Some(path));
        let outcome = pipeline::execute(&workplace, path, &limits, &mut |ran| {
            progress(None);
            results.tests.push(report(ran, arguments.update.then_some(path)));
        });
        progress(None);
        if let Outcome::NotCompiled(problems) | Outcome::Refused(problems) = &outcome {
            let file = path.display().to_string();
            let test = TestResult { problems: problems.clone(), ..result(&file, &file) };
            say(&terminal::test(&test, Extent::Screen, colours(&std::io::stdout())));
            results.tests.push(test);
        }
        codes.push(outcome.exit_code());
    }
    if tests.len() > 1 {
        results.duration = begun.elapsed();
        say(&terminal::summary(&results, colours(&std::io::stdout())));
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

/// A test that has not run.
fn result(file: &str, name: &str) -> TestResult {
    TestResult {
        file: file.into(),
        name: name.into(),
        tags: vec![],
        repetition: 1,
        repetitions: 1,
        status: TestStatus::Error,
        attempts: vec![],
        problems: vec![],
    }
}

fn report(ran: &Ran, update: Option<&Path>) -> TestResult {
    let header = &ran.record.header;
    let attempt = Attempt {
        run: header.run.clone(),
        started: header.time,
        duration: ran.duration,
        verdict: ran.verdict.clone(),
        flow: ran.flow.text().into(),
        folder: Some(ran.folder.clone()),
        warnings: ran.warnings.clone(),
    };
    let test = TestResult {
        tags: header.tags.clone(),
        repetition: header.repetition,
        repetitions: header.of,
        status: ran.verdict.status.into(),
        attempts: vec![attempt],
        ..result(&header.file, &header.file)
    };
    say(&terminal::test(&test, Extent::Screen, colours(&std::io::stdout())));
    if let Some(path) = update.filter(|_| pipeline::is_updatable(ran)) {
        match pipeline::update(path, ran) {
            Ok(done) => say(&format!("  {done}\n")),
            Err(problem) => complain(&[problem]),
        }
    }
    test
}

/// On a terminal, what is going on now; it leaves no trace.
fn progress(test: Option<&Path>) {
    let stderr = std::io::stderr();
    if stderr.is_terminal() {
        let text = test.map(|path| format!("running {} …", path.display())).unwrap_or_default();
        let _ = write!(stderr.lock(), "\r\x1b[2K{text}");
    }
}
