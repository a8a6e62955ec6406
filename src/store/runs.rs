//! The index of the runs' folders: filled from them, searched page by page. The folders are the truth.

mod filter;
mod status;

pub use filter::RunFilter;
pub use status::RunStatus;

use super::database::{Store, all, change, one};
use super::kept::{kept_run, kept_runs};
use super::name::{key, name, test_of_file};
use super::problem::Problem;
use crate::diagnostic::Diagnostic;
use crate::event::Time;
use crate::record::{self, Header, Trigger};
use crate::report::kept::{KeptRun, State};
use filter::Conditions;
use rusqlite::{Connection, Row, params, params_from_iter};
use std::collections::HashSet;
use std::path::Path;

/// The most characters of a text that the index takes from a folder, which may come from anywhere.
const LONGEST: usize = 1000;
/// The most runs on a page.
const PAGE: u32 = 500;

/// A run as the index has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The name of its folder.
    pub id: String,
    pub project: Option<String>,
    pub test: String,
    pub file: String,
    pub block: Option<String>,
    pub status: RunStatus,
    pub started: Time,
    /// In milliseconds, up to its last event; none where it has no event yet.
    pub duration: Option<f64>,
    /// None: not by a server.
    pub trigger: Option<Trigger>,
    /// Which of the repetitions, from 1, and of how many.
    pub repetition: u32,
    pub repetitions: u32,
    pub attempt: u32,
}

/// The place of a run in the list, newest first: the next page begins after it, whatever came or went meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    pub started: Time,
    pub id: String,
}

/// A part of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPage {
    pub runs: Vec<Run>,
    /// None: there are no more.
    pub next: Option<Cursor>,
}

/// What a rebuild came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Rebuilt {
    /// How many runs the index has now.
    pub runs: usize,
    /// How many of them are new there.
    pub added: usize,
    /// How many went out of it: their folders are gone.
    pub forgotten: usize,
    /// Folders that are not in it, as they are no run's, and why.
    pub left_out: Vec<(String, String)>,
}

pub(super) const RUN: &str = "SELECT id, project, test, file, block, status, started, duration, cause, repetition, repetitions, attempt FROM runs";

pub(super) fn run(row: &Row) -> rusqlite::Result<Run> {
    let (status, trigger): (String, Option<String>) = (row.get(5)?, row.get(8)?);
    Ok(Run {
        id: row.get(0)?,
        project: row.get(1)?,
        test: row.get(2)?,
        file: row.get(3)?,
        block: row.get(4)?,
        status: RunStatus::from_word(&status),
        started: row.get(6)?,
        duration: row.get(7)?,
        trigger: trigger.and_then(|word| Trigger::ALL.into_iter().find(|trigger| trigger.word() == word)),
        repetition: row.get(9)?,
        repetitions: row.get(10)?,
        attempt: row.get(11)?,
    })
}

impl Store {
    /// Takes what the folder of a run holds now into the index: when it begins, and when it is over. One without a folder goes.
    ///
    /// # Errors
    /// It is no id of a run; what is there is no run's folder.
    pub fn index_run(&self, id: &str) -> Result<(), Problem> {
        if !is_id(id) {
            return Err(Problem::missing("run", id.escape_debug()));
        }
        let path = self.data_dir().join("runs").join(id);
        self.write(|transaction| {
            if path.symlink_metadata().is_err() {
                return forget(transaction, id).map(drop);
            }
            // read while nobody else can write an older state
            match of_folder(&kept_run(&path)) {
                Ok(run) => put(transaction, &run),
                Err(why) => Err(Problem::Invalid(Diagnostic::error(format!("{}: {why}", path.display())))),
            }
        })
    }

    /// Takes a run into the index that begins in this moment: its folder need not say so yet.
    ///
    /// # Errors
    /// The database can't be written.
    pub fn index_begun(&self, header: &Header) -> Result<(), Problem> {
        let (id, header) = (header.run.clone(), Some(header.clone()));
        let begun = KeptRun { id, state: State::GoingOn, header, duration: None };
        let run = of_folder(&begun).map_err(|why| Problem::Invalid(Diagnostic::error(why)))?;
        self.write(|transaction| put(transaction, &run))
    }

    /// Rebuilds the index from the folders, for example after the database was lost. Entries without a folder are deleted.
    ///
    /// # Errors
    /// The folder of the runs, or the database, can't be read or written.
    pub fn rebuild_runs(&self) -> Result<Rebuilt, Problem> {
        let kept = kept_runs(self.data_dir()).map_err(Problem::Broken)?;
        self.write(|transaction| rebuild(transaction, &self.data_dir().join("runs"), &kept))
    }

    /// # Errors
    /// The index has none of that id.
    pub fn run(&self, id: &str) -> Result<Run, Problem> {
        let found = self.read(|connection| one(connection, &format!("{RUN} WHERE id = ?1"), (id,), run))?;
        found.ok_or_else(|| Problem::missing("run", id.escape_debug()))
    }

    /// The runs that a filter lets through, the newest first, from after the cursor; `limit` is 1 to 500, and held to that.
    pub fn runs(&self, filter: &RunFilter, after: Option<&Cursor>, limit: u32) -> Result<RunPage, Problem> {
        let limit = limit.clamp(1, PAGE);
        let mut conditions = Conditions::of(filter);
        if let Some(cursor) = after {
            let (started, id) = (conditions.value(cursor.started), conditions.value(cursor.id.clone()));
            conditions.all.push(format!("(started, id) < ({started}, {id})"));
        }
        let query = format!("{RUN} {} ORDER BY started DESC, id DESC LIMIT {}", conditions.text(), limit + 1);
        let mut runs = self.read(|connection| all(connection, &query, params_from_iter(conditions.values), run))?;
        let more = runs.len() > limit as usize;
        runs.truncate(limit as usize);
        let next = runs.last().filter(|_| more).map(|last| Cursor { started: last.started, id: last.id.clone() });
        Ok(RunPage { runs, next })
    }

    /// Deletes a run for good: its folder, then its place in the index.
    ///
    /// # Errors
    /// It is no run, it is going on, or its folder can't be deleted whole.
    pub fn delete_run(&self, id: &str) -> Result<(), Problem> {
        if !is_id(id) {
            return Err(Problem::missing("run", id.escape_debug()));
        }
        let path = self.data_dir().join("runs").join(id);
        if path.symlink_metadata().is_ok() {
            record::delete(&path).map_err(Problem::Invalid)?;
        } else {
            self.run(id)?;
        }
        self.write(|transaction| forget(transaction, id).map(drop))
    }
}

/// Takes what was found in the folder of all runs into the index.
pub(super) fn rebuild(connection: &Connection, runs: &Path, kept: &[KeptRun]) -> Result<Rebuilt, Problem> {
    let ids = |connection| all(connection, "SELECT id FROM runs", (), |row| row.get::<_, String>(0));
    let before = HashSet::<String>::from_iter(ids(connection)?);
    let (mut known, mut left_out) = (HashSet::new(), vec![]);
    for found in kept {
        // it may be over since it was read
        let again = (found.state == State::GoingOn).then(|| kept_run(&runs.join(&found.id)));
        match of_folder(again.as_ref().unwrap_or(found)) {
            Ok(run) => put(connection, &run)?,
            Err(why) => {
                // its host was killed before it had an event
                if record::is_stillborn(&runs.join(&found.id)) {
                    forget(connection, &found.id)?;
                }
                left_out.push((found.id.clone(), why));
            }
        }
        known.insert(found.id.as_str());
    }
    let mut forgotten = 0;
    for id in &before {
        // a run may have begun since the folders were listed
        if !known.contains(id.as_str()) && runs.join(id).symlink_metadata().is_err() {
            forgotten += forget(connection, id)?;
        }
    }
    let after = ids(connection)?;
    let added = after.iter().filter(|id| !before.contains(*id)).count();
    Ok(Rebuilt { runs: after.len(), added, forgotten, left_out })
}

/// Takes a run out of the index, with what was sent of it.
fn forget(connection: &Connection, id: &str) -> Result<usize, Problem> {
    change(connection, "DELETE FROM deliveries WHERE run = ?1", (id,))?;
    change(connection, "DELETE FROM runs WHERE id = ?1", (id,))
}

/// One name, that leads nowhere else.
fn is_id(id: &str) -> bool {
    !id.starts_with('.') && !id.is_empty() && !id.contains(['/', '\0'])
}

/// A folder as a run; why it is none.
fn of_folder(found: &KeptRun) -> Result<Run, String> {
    let Some(header) = &found.header else {
        let State::Damaged(why) = &found.state else { return Err("it has just begun".into()) };
        return Err(why.clone());
    };
    let short = |text: &str| text.chars().take(LONGEST).collect::<String>();
    Ok(Run {
        id: found.id.clone(),
        project: header.project.as_deref().and_then(|text| name(text).ok()),
        test: short(&header.test),
        file: short(&header.file),
        block: header.block.as_deref().map(short),
        status: RunStatus::from(&found.state),
        started: header.time,
        duration: found.duration.map(|duration| duration.as_secs_f64() * 1000.0),
        trigger: header.trigger,
        repetition: header.repetition,
        repetitions: header.of,
        attempt: header.attempt,
    })
}

/// Project and test stay as the index has them: they may have been renamed since.
pub(super) fn put(connection: &Connection, run: &Run) -> Result<(), Problem> {
    let search = key(&record::block_name(&run.file, run.block.as_deref()));
    let put = "INSERT INTO runs (id, project, project_key, test, file, block, search, status, started, duration, cause,
            repetition, repetitions, attempt, test_key)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
        ON CONFLICT (id) DO UPDATE SET status = excluded.status, duration = excluded.duration,
            test_key = coalesce(runs.test_key, excluded.test_key)";
    let of_test = run.project.as_ref().and_then(|_| test_of_file(Path::new(&run.file)));
    let values = params![
        run.id,
        run.project,
        run.project.as_deref().map(key),
        run.test,
        run.file,
        run.block,
        search,
        run.status.word(),
        run.started,
        run.duration,
        run.trigger.map(Trigger::word),
        run.repetition,
        run.repetitions,
        run.attempt,
        of_test.map(|(test, _)| key(test))
    ];
    change(connection, put, values).map(drop)
}

#[cfg(test)]
mod tests;
