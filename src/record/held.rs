//! Whether a run is active: its host holds a lock (flock(2)) on its folder, which is released when the process ends in any way.

use crate::diagnostic::Diagnostic;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

/// The lock on a run's folder, for as long as one of its clones is there. None where the file system knows no locks.
#[derive(Debug, Clone)]
pub struct Held {
    _lock: Option<Arc<File>>,
}

impl Held {
    /// Takes the lock on a folder that has just been made; none where somebody has deleted it meanwhile.
    pub(super) fn take(folder: &Path) -> Option<Held> {
        let file = match open(folder) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(_) => return Some(Held { _lock: None }),
        };
        // who looks whether the run goes on has it for a moment
        if file.lock().is_err() {
            return Some(Held { _lock: None });
        }
        is_same(&file, folder).then(|| Held { _lock: Some(Arc::new(file)) })
    }
}

/// The folder itself: a link in its place is an error.
fn open(folder: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_DIRECTORY | libc::O_NOFOLLOW).open(folder)
}

/// Whether what is open is still what stands at that path.
pub(super) fn is_same(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(there)) = (file.metadata(), path.symlink_metadata()) else { return false };
    (open.dev(), open.ino()) == (there.dev(), there.ino())
}

/// Whether somebody is writing the run of this folder right now.
pub fn is_going_on(folder: &Path) -> bool {
    let locked = open(folder).map(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)));
    locked.unwrap_or(false)
}

/// Deletes a run's folder with all that is in it. Links in it are removed, never followed.
///
/// # Errors
/// It is no folder of a run, the run is going on, or something can't be deleted.
pub fn delete(folder: &Path) -> Result<(), Diagnostic> {
    let shown = folder.display();
    let refused = |why: &str, advice: &str| Err(Diagnostic::error(format!("{shown} {why}")).advice(advice));
    let file = match open(folder) {
        Ok(file) => file,
        Err(error) => {
            let refused = Diagnostic::error(format!("{shown} can't be deleted: {error}"));
            return Err(refused.advice("only the folder of a run is deleted, never what a link leads to"));
        }
    };
    if folder.join(EVENTS).symlink_metadata().is_err() {
        return refused("is not the folder of a run: there is no events.jsonl in it", "delete it by hand");
    }
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return refused("can't be deleted: the run is going on", "end it first, or wait until it is over");
        }
        // no locks here: a run with a verdict is over
        Err(TryLockError::Error(_)) if folder.join("verdict.json").exists() => {}
        Err(TryLockError::Error(error)) => {
            let why = format!("has no verdict, and whether it is going on can't be known: {error}");
            return refused(&why, "delete it by hand");
        }
    }
    fs::remove_dir_all(folder).map_err(|error| {
        Diagnostic::error(format!("{shown} can't be deleted whole: {error}")).advice("see to its rights")
    })
}

/// The events of a run.
const EVENTS: &str = "events.jsonl";
/// The files that a run's folder can have before its first event.
const FIRST: [&str; 4] = ["recordings", "scripts", "testfile", "script.rhai"];

/// Whether this is the folder of a run whose host was killed before the first event: nothing of it can be shown.
pub fn is_stillborn(folder: &Path) -> bool {
    let Ok(mut entries) = folder.read_dir() else { return false };
    let is_first = |entry: io::Result<fs::DirEntry>| {
        let name = entry.map(|entry| entry.file_name()).unwrap_or_default();
        let name = name.to_string_lossy();
        FIRST.contains(&name.strip_prefix('.').unwrap_or(&name)) || (name == EVENTS && !has_begun(folder))
    };
    let recordings = folder.join("recordings").read_dir().map_or(0, |files| files.count());
    let all_first = folder.symlink_metadata().is_ok_and(|entry| entry.is_dir()) && entries.all(is_first);
    all_first && recordings == 0 && open(folder).is_ok_and(|file| file.try_lock_shared().is_ok())
}

/// What a run writes first into its event file is a line that says which run it is.
fn has_begun(folder: &Path) -> bool {
    let mut line = vec![];
    let read = File::open(folder.join(EVENTS)).map(|file| BufReader::new(file).read_until(b'\n', &mut line));
    read.is_ok() && line.last() == Some(&b'\n')
}

/// Deletes such a folder. Who has just made it takes another one.
pub fn delete_stillborn(folder: &Path) -> io::Result<()> {
    let file = open(folder)?;
    let locked = file.try_lock().is_ok();
    // it may have begun meanwhile
    if !locked || has_begun(folder) {
        return Err(io::ErrorKind::ResourceBusy.into());
    }
    fs::remove_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Time;
    use crate::record::RunFolder;

    fn run(data: &Path) -> RunFolder {
        let folder = RunFolder::create(data, "basic_call", Time(0.0)).unwrap();
        fs::write(folder.events(), "").unwrap();
        folder
    }

    #[test]
    fn a_run_goes_on_until_its_folder_is_let_go() {
        let data = tempfile::tempdir().unwrap();
        let folder = run(data.path());
        let (path, clone) = (folder.path().to_path_buf(), folder.clone());
        drop(folder);
        assert!(is_going_on(&path));
        assert!(delete(&path).unwrap_err().message.contains("the run is going on"));
        drop(clone);
        assert!(!is_going_on(&path));
        delete(&path).unwrap();
        assert!(!path.exists() && !is_going_on(&path));
    }

    #[test]
    fn only_a_run_is_deleted_and_nothing_behind_a_link() {
        let data = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        fs::write(other.path().join("events.jsonl"), "kept").unwrap();
        let path = run(data.path()).path().to_path_buf();
        std::os::unix::fs::symlink(other.path(), path.join("link")).unwrap();
        let link = data.path().join("runs/link");
        std::os::unix::fs::symlink(other.path(), &link).unwrap();
        assert!(delete(&link).unwrap_err().advice.unwrap().contains("link"));
        assert!(delete(data.path()).unwrap_err().message.contains("not the folder of a run"));
        delete(&path).unwrap();
        assert_eq!(fs::read_to_string(other.path().join("events.jsonl")).unwrap(), "kept");
    }

    #[test]
    fn a_folder_that_was_deleted_before_it_was_held_is_not_taken() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("run");
        assert!(Held::take(&path).is_none());
        fs::create_dir(&path).unwrap();
        assert!(Held::take(&path).is_some());
    }
}
