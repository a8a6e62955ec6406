//! Cleans up the data directory: rebuilds the index, deletes old runs and leftovers of killed hosts. Active runs are left alone.

use super::database::Store;
use super::kept::kept_runs;
use super::problem::Problem;
use super::retention::{self, Retention};
use super::runs::{self, Rebuilt};
use super::{host, queue, sessions};
use crate::diagnostic::Diagnostic;
use crate::event::Time;
use crate::record;
use rusqlite::Connection;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file that is being written is younger than that, in seconds.
const WRITTEN: i64 = 3600;

/// What it came to, or would.
#[derive(Debug)]
pub struct Maintained {
    pub index: Rebuilt,
    /// The runs that are gone.
    pub runs: Vec<Gone>,
    /// What hosts left that were killed, by its path below the data directory.
    pub leftovers: Vec<Gone>,
    /// Jobs that ended before the days that are kept.
    pub jobs: usize,
    /// Sessions that have expired.
    pub sessions: usize,
    /// The bytes of the database, before and after; of a trial, before only.
    pub database: (u64, Option<u64>),
    /// What could not be deleted.
    pub problems: Vec<Diagnostic>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Gone {
    pub name: String,
    pub bytes: u64,
}

impl Store {
    /// Takes all runs into the index, deletes those that are not to be kept and what is left of killed hosts, gives room back.
    /// `trial`: nothing is changed.
    ///
    /// # Errors
    /// The folder of the runs, or the database, can't be read or written.
    pub fn maintain(&self, keep: Retention, trial: bool, now: Time) -> Result<Maintained, Problem> {
        let before = self.size();
        let runs = self.data_dir().join("runs");
        let kept = kept_runs(self.data_dir()).map_err(Problem::Broken)?;
        let work = |connection: &Connection| {
            let index = runs::rebuild(connection, &runs, &kept)?;
            let sessions = sessions::forget(connection, now)?;
            let jobs = queue::forget(connection, keep.since(now))?;
            Ok((index, (jobs, sessions), retention::to_go(connection, &runs, keep, now)?))
        };
        let (mut index, (jobs, sessions), to_go) =
            if trial { self.trial(work)? } else { self.write(|transaction| work(transaction))? };
        let (mut gone, mut problems) = (vec![], vec![]);
        for id in to_go {
            let bytes = bytes(&runs.join(&id));
            match if trial { Ok(()) } else { self.delete_run(&id) } {
                Ok(()) => gone.push(Gone { name: id, bytes }),
                Err(problem @ Problem::Broken(_)) => return Err(problem),
                Err(problem) => problems.push(problem.diagnostic()),
            }
        }
        let mut leftovers = vec![];
        for left in leftovers_of(self.data_dir(), now) {
            let path = left.path();
            let name = path.strip_prefix(self.data_dir()).unwrap_or(path).display().to_string();
            let found = Gone { bytes: bytes(path), name };
            match if trial { Ok(()) } else { left.delete() } {
                Ok(()) => leftovers.push(found),
                // it is gone already, or a run has begun in it
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ResourceBusy) => {}
                Err(error) => {
                    let problem = Diagnostic::error(format!("cannot delete {}: {error}", path.display()));
                    problems.push(problem.advice("see to its rights"));
                }
            }
        }
        index
            .left_out
            .retain(|(id, _)| !leftovers.iter().any(|gone| Path::new(&gone.name) == Path::new("runs").join(id)));
        if !trial && let Err(problem) = self.vacuum() {
            problems.push(problem.diagnostic());
        }
        let after = (!trial).then(|| self.size());
        Ok(Maintained { index, runs: gone, leftovers, jobs, sessions, database: (before, after), problems })
    }
}

/// What is nobody's any more.
enum Leftover {
    File(PathBuf),
    /// The folder of a run that never had an event.
    Run(PathBuf),
}

impl Leftover {
    fn path(&self) -> &Path {
        match self {
            Leftover::File(path) | Leftover::Run(path) => path,
        }
    }

    fn delete(&self) -> io::Result<()> {
        match self {
            Leftover::File(path) => fs::remove_file(path),
            Leftover::Run(path) => record::delete_stillborn(path),
        }
    }
}

fn leftovers_of(data_dir: &Path, now: Time) -> Vec<Leftover> {
    let runs = data_dir.join("runs");
    let mut found: Vec<Leftover> = host::left(data_dir).into_iter().map(Leftover::File).collect();
    for folder in [&runs, &data_dir.join("history")] {
        found.extend(partial_files(folder, now).map(Leftover::File));
    }
    for run in entries(&runs).filter(|path| path.symlink_metadata().is_ok_and(|entry| entry.is_dir())) {
        if record::is_stillborn(&run) {
            found.push(Leftover::Run(run));
        } else if run.join("events.jsonl").is_file() && !record::is_going_on(&run) {
            // its own files are hidden until they are whole
            let folders = [run.clone(), run.join("scripts")];
            found.extend(folders.iter().flat_map(|folder| partial_files(folder, now)).map(Leftover::File));
        }
    }
    found.sort_by(|a, b| a.path().cmp(b.path()));
    found
}

/// The files that were being written when their writer was killed, not touched for a while.
fn partial_files(folder: &Path, now: Time) -> impl Iterator<Item = PathBuf> {
    entries(folder).filter(move |path| {
        let name = path.file_name().and_then(|name| name.to_str());
        let entry = path.symlink_metadata();
        let is_old = |entry: fs::Metadata| entry.is_file() && Time((entry.mtime() + WRITTEN) as f64 * 1000.0) < now;
        name.is_some_and(is_partial) && entry.is_ok_and(is_old)
    })
}

/// Whether a file of that name is to become one of ours: hidden, with six letters at random, or the name that it is to have.
fn is_partial(name: &str) -> bool {
    let Some(name) = name.strip_prefix('.') else { return false };
    let random = name.len() == 6 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let ends = [".rhai", ".js", ".txt", ".json"];
    random || name == "testfile" || ends.iter().any(|end| name.ends_with(end))
}

/// None where a folder can't be read, or a link is in its place.
fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let is_folder = folder.symlink_metadata().is_ok_and(|entry| entry.is_dir());
    let entries = is_folder.then(|| folder.read_dir()).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path()))
}

/// Of a file, or of all in a folder.
fn bytes(path: &Path) -> u64 {
    match path.symlink_metadata() {
        Ok(entry) if entry.is_dir() => entries(path).map(|path| bytes(&path)).sum(),
        Ok(entry) => entry.len(),
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Header, RunFolder};
    use std::fs::File;
    use std::time::{Duration, UNIX_EPOCH};

    /// After all times that the files have.
    const LATER: Time = Time(4e12);

    fn run(data: &Path, name: &str) -> RunFolder {
        let folder = RunFolder::create(data, name, Time(1000.0)).unwrap();
        let header = Header::new(folder.id(), name, name, Time(1000.0), "a");
        fs::write(folder.events(), serde_json::to_string(&header).unwrap() + "\n").unwrap();
        folder
    }

    fn names(gone: &[Gone]) -> Vec<&str> {
        gone.iter().map(|gone| gone.name.as_str()).collect()
    }

    #[test]
    fn leftovers_go_and_what_goes_on_or_is_somebodys_stays() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let over = run(data.path(), "over").path().to_path_buf();
        fs::write(over.join(".verdict.json"), "{").unwrap();
        let going = run(data.path(), "going");
        fs::write(going.path().join(".flow.txt"), "x").unwrap();
        let killed = RunFolder::create(data.path(), "killed", Time(1000.0)).unwrap().path().to_path_buf();
        fs::write(killed.join(".testfile"), "half").unwrap();
        let begun = RunFolder::create(data.path(), "begun", Time(1000.0)).unwrap();
        let mine = data.path().join("runs/mine");
        fs::create_dir_all(mine.join("recordings")).unwrap();
        fs::write(mine.join("notes"), "kept").unwrap();
        for path in ["hosts/host-old", "history/.tmp123", "history/.newabc", "history/a.json", "runs/.gitkeep"] {
            fs::create_dir_all(data.path().join(path).parent().unwrap()).unwrap();
            let file = File::create(data.path().join(path)).unwrap();
            if path.ends_with(".newabc") {
                file.set_modified(UNIX_EPOCH + Duration::from_millis(LATER.whole_millis() as u64)).unwrap();
            }
        }
        std::os::unix::fs::symlink(&mine, data.path().join("runs/link")).unwrap();
        let host = host::Host::take(data.path()).unwrap();

        let id = |path: &Path| format!("runs/{}", path.file_name().unwrap().to_str().unwrap());
        let killed_id = id(&killed);
        let partial = format!("{}/.verdict.json", id(&over));
        let mut expected = vec!["history/.tmp123", "hosts/host-old", &killed_id, &partial];
        expected.sort();
        let tried = store.maintain(Retention::default(), true, LATER).unwrap();
        assert_eq!(names(&tried.leftovers), expected);
        assert!(killed.exists() && store.run(going.id()).is_err(), "a trial changes nothing");

        let done = store.maintain(Retention::default(), false, LATER).unwrap();
        assert_eq!((names(&done.leftovers), done.index.added, done.problems.len()), (expected, 2, 0));
        let left_out: Vec<_> = done.index.left_out.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!((left_out.len(), left_out.contains(&"mine"), left_out.contains(&"link")), (3, true, true));
        assert!(!killed.exists() && !over.join(".verdict.json").exists() && over.exists());
        for path in [going.path().join(".flow.txt"), begun.path().into(), mine.join("notes")] {
            assert!(path.exists(), "{path:?}");
        }
        assert!(data.path().join("runs/.gitkeep").exists());
        assert!(data.path().join("history/.newabc").exists() && data.path().join("hosts").join(host.id()).exists());
        let again = store.maintain(Retention::default(), false, LATER).unwrap();
        assert_eq!((again.leftovers, again.index.added, again.runs), (vec![], 0, vec![]));
    }

    #[test]
    fn old_runs_go_with_their_sizes_and_a_trial_names_them() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let old = run(data.path(), "old").path().to_path_buf();
        let going = run(data.path(), "going");
        let keep = Retention { runs: None, days: Some(1) };
        for trial in [true, false] {
            let done = store.maintain(keep, trial, LATER).unwrap();
            assert_eq!(names(&done.runs), [old.file_name().unwrap().to_str().unwrap()]);
            assert!(done.runs[0].bytes > 20 && done.problems.is_empty());
            assert_eq!((old.exists(), done.database.1.is_some()), (trial, !trial));
        }
        assert!(going.events().exists() && store.run(going.id()).is_ok());
    }
}
