//! `telefonist runs`: list and delete kept runs.

use super::arguments::{DeleteArguments, RunsArguments, RunsVerb};
use super::tell::{colours, complain};
use crate::diagnostic::Diagnostic;
use crate::event::{Clock, Time};
use crate::record;
use crate::report::kept::{self, KeptRun, State};
use crate::store;
use crate::verdict::ExitCode;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Lists the runs, the newest first, or deletes some.
pub fn runs(arguments: &RunsArguments) -> ExitCode {
    if let Some(RunsVerb::Delete(arguments)) = &arguments.verb {
        return delete(arguments);
    }
    let all = match store::kept_runs(&arguments.data.data_dir) {
        Ok(runs) => runs,
        Err(problem) => return refuse(problem, ExitCode::Error),
    };
    let now = Clock::system().now();
    let count = all.len();
    let runs: Vec<KeptRun> = all.into_iter().filter(|run| is_asked_for(run, arguments, now)).collect();
    let stdout = std::io::stdout();
    let text = match arguments.json {
        true => kept::json(&runs),
        false => kept::list(&runs, &chrono::Local, colours(&stdout)),
    };
    let _ = stdout.lock().write_all(text.as_bytes());
    if runs.is_empty() && !arguments.json {
        let folder = arguments.data.data_dir.join("runs");
        let none = match count {
            0 => format!("no run is kept in {}", folder.display()),
            count => format!("none of the {count} runs in {} is like that", folder.display()),
        };
        let _ = writeln!(std::io::stderr(), "{none}");
    }
    ExitCode::Passed
}

fn is_asked_for(run: &KeptRun, arguments: &RunsArguments, now: Time) -> bool {
    let header = run.header.as_ref();
    let (name, tags) = header.map_or((run.id.clone(), &[][..]), |header| (header.name(), &header.tags[..]));
    let word = run.state.word();
    arguments.filters.iter().all(|filter| filter.holds(&name, tags))
        && (arguments.status.is_empty() || arguments.status.iter().any(|asked| asked.eq_ignore_ascii_case(&word)))
        && arguments.since.as_ref().is_none_or(|since| header.is_some_and(|header| header.time >= since.at(now)))
}

fn delete(arguments: &DeleteArguments) -> ExitCode {
    let folders = match &arguments.older_than {
        Some(moment) => older(&arguments.data.data_dir, moment.at(Clock::system().now())),
        None => arguments.runs.iter().map(|run| named(&arguments.data.data_dir, run)).collect(),
    };
    // nothing is deleted where one of them is not what was meant
    let folders: Vec<PathBuf> = match folders {
        Ok(folders) => folders,
        Err(problem) => return refuse(problem, ExitCode::Usage),
    };
    let mut code = ExitCode::Passed;
    for folder in folders {
        match record::delete(&folder) {
            Ok(()) => {
                let id = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let _ = writeln!(std::io::stdout(), "deleted {}", id.escape_debug());
            }
            Err(problem) => code = refuse(problem, ExitCode::Error),
        }
    }
    code
}

/// A run in the data folder; a folder elsewhere is never deleted, and neither is one that a link leads to.
fn named(data_dir: &Path, run: &Path) -> Result<PathBuf, Diagnostic> {
    let runs = data_dir.join("runs");
    let refused = |why: String| Diagnostic::error(why).advice("name a run by its id, as `telefonist runs` lists it");
    if runs.join(run).is_symlink() {
        return Err(refused(format!("{} is a link", run.display())));
    }
    let found = record::find(data_dir, run)?;
    let inside = runs.canonicalize().is_ok_and(|runs| found.path().parent() == Some(&runs));
    match inside {
        true => Ok(found.path().to_path_buf()),
        false => Err(refused(format!("{} does not lie in {}", run.display(), runs.display()))),
    }
}

/// The runs from before that time. What is going on, or can't be read, is left alone.
fn older(data_dir: &Path, time: Time) -> Result<Vec<PathBuf>, Diagnostic> {
    let is_older = |run: &KeptRun| {
        let over = matches!(run.state, State::Judged(_) | State::BrokenOff);
        over && run.header.as_ref().is_some_and(|header| header.time < time)
    };
    let runs = store::kept_runs(data_dir)?.into_iter().filter(is_older);
    Ok(runs.map(|run| data_dir.join("runs").join(run.id)).collect())
}

fn refuse(problem: Diagnostic, code: ExitCode) -> ExitCode {
    complain(&[problem]);
    code
}
