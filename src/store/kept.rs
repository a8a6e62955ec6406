//! The runs that are kept in the data folder.

use crate::diagnostic::Diagnostic;
use crate::event::Time;
use crate::record::{Header, is_going_on, last_time};
use crate::report::kept::{KeptRun, State};
use crate::verdict::stored_verdict;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// All of them, the newest first. What is damaged, or no run at all, comes last and says so;
/// hidden files are left out.
///
/// # Errors
/// The folder of the runs can't be read; that it isn't there is no error.
pub fn kept_runs(data_dir: &Path) -> Result<Vec<KeptRun>, Diagnostic> {
    let folder = data_dir.join("runs");
    let unreadable = |error| Diagnostic::error(format!("cannot read {}: {error}", folder.display()));
    let entries = match folder.read_dir() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
        entries => entries.map_err(unreadable)?,
    };
    let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut runs: Vec<KeptRun> = paths.map_err(unreadable)?.iter().map(|path| kept_run(path)).collect();
    runs.retain(|run| !run.id.starts_with('.'));
    let time = |run: &KeptRun| run.header.as_ref().map_or(Time::EPOCH, |header| header.time);
    runs.sort_by(|a, b| time(b).total_cmp(&time(a)).then(b.id.cmp(&a.id)));
    Ok(runs)
}

/// What one folder holds.
pub(super) fn kept_run(path: &Path) -> KeptRun {
    let id = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let damaged = |why: String| KeptRun { id: id.clone(), state: State::Damaged(why), header: None, duration: None };
    if !path.symlink_metadata().is_ok_and(|entry| entry.is_dir()) {
        return damaged("this is not the folder of a run".into());
    }
    let events = path.join("events.jsonl");
    let going_on = || is_going_on(path);
    if !events.is_file() && !going_on() {
        return damaged("this is not the folder of a run: there is no events.jsonl in it".into());
    }
    let header = match Header::read(&events) {
        Ok(header) => header,
        // it has just begun
        Err(_) if going_on() => return KeptRun { state: State::GoingOn, ..damaged(String::new()) },
        Err(problem) => return damaged(problem.message),
    };
    let duration = last_time(&events).map(|last| header.until(last));
    let state = match stored_verdict(path) {
        Some(Ok(verdict)) => State::Judged(verdict.status),
        Some(Err(problem)) => State::Damaged(problem.message),
        None if going_on() => State::GoingOn,
        None => State::BrokenOff,
    };
    KeptRun { id, state, header: Some(header), duration }
}
