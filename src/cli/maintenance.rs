//! `telefonist maintenance`: clean up the data folder.

use super::arguments::{MaintenanceArguments, RetentionArguments};
use super::settings;
use super::tell::{complain, say};
use crate::diagnostic::is_invisible;
use crate::event::Clock;
use crate::store::{Gone, Maintained, Problem, Retention};
use crate::verdict::ExitCode;
use std::fmt::Write;

pub fn maintenance(arguments: &MaintenanceArguments) -> ExitCode {
    let RetentionArguments { keep_runs: runs, keep_days: days } = arguments.retention;
    let now = Clock::system().now();
    let done = settings::store(&arguments.data)
        .and_then(|store| store.maintain(Retention { runs, days }.or(store.retention()?), arguments.dry_run, now));
    match done {
        Ok(done) => {
            say(&told(&done, arguments.dry_run));
            complain(&done.problems);
            if done.problems.is_empty() { ExitCode::Passed } else { ExitCode::Error }
        }
        Err(problem) => {
            let code = if matches!(problem, Problem::Broken(_)) { ExitCode::Error } else { ExitCode::Usage };
            complain(&[problem.diagnostic()]);
            code
        }
    }
}

fn told(done: &Maintained, trial: bool) -> String {
    let mut text = String::new();
    if trial {
        text.push_str("this would be done:\n");
    }
    let index = &done.index;
    let _ = writeln!(
        text,
        "index: {} runs, {} of them new to it, {} without a folder taken out",
        index.runs, index.added, index.forgotten
    );
    list(&mut text, "runs deleted", &done.runs);
    list(&mut text, "leftovers deleted", &done.leftovers);
    for (id, why) in &index.left_out {
        let _ = writeln!(text, "left alone: runs/{}: {}", plain(id), plain(why));
    }
    let _ = writeln!(text, "jobs forgotten: {}", done.jobs);
    let _ = writeln!(text, "expired logins: {}", done.sessions);
    let (before, after) = done.database;
    let _ = match after {
        Some(after) => writeln!(text, "database: {}, before {}", size(after), size(before)),
        None => writeln!(text, "database: {}", size(before)),
    };
    text
}

fn list(text: &mut String, what: &str, gone: &[Gone]) {
    let bytes = gone.iter().map(|gone| gone.bytes).sum();
    let _ = writeln!(text, "{what}: {}, {}", gone.len(), size(bytes));
    for gone in gone {
        let _ = writeln!(text, "  {}  {}", plain(&gone.name), size(gone.bytes));
    }
}

/// Names of files may hold what steers a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if is_invisible(c) { '\u{fffd}' } else { c }).collect()
}

/// Bytes as a person reads them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
