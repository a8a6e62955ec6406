//! The folder of one run: `<data_dir>/runs/<id>/`.

use super::held::Held;
use crate::diagnostic::{Diagnostic, mask_secrets};
use crate::event::Time;
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The longest part of a test's name in a run's id, in bytes.
const NAME_LENGTH: usize = 60;

/// Everything that is kept of a run. Only the user may look into it: it holds who called whom, and what was said. As long as
/// one that was created is there, the run counts as going on.
#[derive(Debug, Clone)]
pub struct RunFolder {
    id: String,
    path: PathBuf,
    /// None for one that was found.
    _held: Option<Held>,
}

impl RunFolder {
    /// Makes a new folder. Its id tells when (UTC) and what: `20261123-231105-basic_call-3f2a`. The last part is the
    /// fraction of the second, or the next number that no other run has, in this process or another.
    pub fn create(data_dir: &Path, test: &str, time: Time) -> Result<RunFolder, Diagnostic> {
        RunFolder::create_as(data_dir, None, test, time)
    }

    /// The same under an id that [`RunFolder::plan`] gave, unless somebody has it by now.
    pub fn create_as(data_dir: &Path, planned: Option<&str>, test: &str, time: Time) -> Result<RunFolder, Diagnostic> {
        let runs = data_dir.join("runs");
        let failed = |error: std::io::Error| {
            Diagnostic::error(format!("cannot make a folder for the run in {}: {error}", runs.display()))
                .advice("see that the data directory may be written, or name another with --data-dir")
        };
        fs::create_dir_all(&runs).map_err(failed)?;
        for id in planned.map(str::to_string).into_iter().chain(ids(test, time)) {
            let path = runs.join(&id);
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => {
                    let Some(held) = Held::take(&path) else { continue };
                    fs::create_dir(path.join("recordings")).map_err(failed)?;
                    return Ok(RunFolder { id, path, _held: Some(held) });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Err(failed(ErrorKind::AlreadyExists.into()))
    }

    /// An id for a run that begins later, which no run has and `taken` does not know either.
    pub fn plan(data_dir: &Path, test: &str, time: Time, taken: impl Fn(&str) -> bool) -> String {
        let runs = data_dir.join("runs");
        let free = |id: &String| !taken(id) && runs.join(id).symlink_metadata().is_err();
        // with all of a second's ids taken, the run gets another one when it begins
        ids(test, time).find(free).unwrap_or_default()
    }

    /// The folder of a run that is kept there.
    pub fn open(path: &Path) -> Result<RunFolder, Diagnostic> {
        let shown = path.display();
        let wrong = |message: String| {
            Diagnostic::error(message).advice("name a run in <data_dir>/runs, or the path of a run's folder")
        };
        let path = path.canonicalize().map_err(|error| wrong(format!("there is no run {shown}: {error}")))?;
        let id = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder = RunFolder { id, path, _held: None };
        match folder.events().is_file() {
            true => Ok(folder),
            false => Err(wrong(format!("{shown} is no folder of a run: it has no events.jsonl"))),
        }
    }

    /// The run's id: the folder's name.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The event file.
    pub fn events(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    /// Keeps the testfile as it was, secrets masked.
    pub fn keep_testfile(&self, text: &str) -> Result<(), Diagnostic> {
        self.keep("testfile", &mask_secrets(text))
    }

    /// Keeps the script that was run, secrets masked.
    pub fn keep_script(&self, text: &str) -> Result<(), Diagnostic> {
        self.keep("script.rhai", &mask_secrets(text))
    }

    /// Keeps a validation script below `scripts/`, secrets masked; `name` is a plain file name.
    pub fn keep_validation(&self, name: &str, text: &str) -> Result<(), Diagnostic> {
        let folder = self.path.join("scripts");
        // what is wrong shows when the file is written
        let _ = fs::create_dir_all(&folder);
        self.keep_in(&folder, name, &mask_secrets(text))
    }

    /// Keeps the flow's text.
    pub fn keep_flow(&self, text: &str) -> Result<(), Diagnostic> {
        self.keep("flow.txt", text)
    }

    /// Keeps the text of the flow that this one was compared with.
    pub fn keep_baseline(&self, text: &str) -> Result<(), Diagnostic> {
        self.keep("baseline.txt", text)
    }

    /// Keeps the verdict as JSON.
    pub fn keep_verdict(&self, json: &str) -> Result<(), Diagnostic> {
        self.keep("verdict.json", json)
    }

    /// Removes it with all that is in it.
    ///
    /// # Errors
    /// What could not be removed, as a warning.
    pub fn remove(&self) -> Result<(), Diagnostic> {
        fs::remove_dir_all(&self.path).map_err(|error| {
            Diagnostic::warning(format!("cannot remove {}: {error}", self.path.display())).advice("remove it by hand")
        })
    }

    /// What cannot be kept is a warning. A file appears whole or not at all: another host may look for it.
    fn keep(&self, name: &str, text: &str) -> Result<(), Diagnostic> {
        self.keep_in(&self.path, name, text)
    }

    fn keep_in(&self, folder: &Path, name: &str, text: &str) -> Result<(), Diagnostic> {
        let path = folder.join(name);
        let partial = folder.join(format!(".{name}"));
        let kept = fs::write(&partial, text).and_then(|()| fs::rename(&partial, &path));
        kept.inspect_err(|_| drop(fs::remove_file(&partial))).map_err(|error| {
            Diagnostic::warning(format!("cannot write {}: {error}", path.display()))
                .advice("make room on the disk and see that the data directory may be written")
        })
    }
}

/// The name as a part of a folder's name: letters and digits of any script, `-`, `_` and `.`; anything else is `_`.
pub fn tame(name: &str) -> String {
    let keep = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '.') { c } else { '_' };
    let mut tamed: String = name.chars().map(keep).collect();
    let end = (0..=NAME_LENGTH.min(tamed.len())).rev().find(|at| tamed.is_char_boundary(*at)).unwrap_or(0);
    tamed.truncate(end);
    match tamed.is_empty() {
        true => "test".into(),
        false => tamed,
    }
}

/// All ids that a run of that time may have.
fn ids(test: &str, time: Time) -> impl Iterator<Item = String> {
    let time = time.max(Time::EPOCH);
    let (stamp, name) = (time.utc().unwrap_or_default().format("%Y%m%d-%H%M%S").to_string(), tame(test));
    let fraction = (time.as_seconds().fract() * 65536.0) as u16;
    (0..=u16::MAX).map(move |n| format!("{stamp}-{name}-{:04x}", fraction.wrapping_add(n)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_id_tells_when_and_what() {
        for (time, expected) in [
            (Time(-1.0), "19700101-000000-a-0000"),
            (Time(951_782_400_500.0), "20000229-000000-a-8000"),
            (Time(1_795_475_465_000.0), "20261123-231105-a-0000"),
            (Time::NEVER, "19700101-000000-a-0000"),
        ] {
            assert_eq!(ids("a", time).next().as_deref(), Some(expected));
        }
        assert_eq!(tame("lib/größe mit*"), "lib_größe_mit_");
        assert_eq!(tame(""), "test");
        assert!(tame(&"ä".repeat(100)).len() <= NAME_LENGTH);
    }

    #[test]
    fn folders_of_the_same_moment_are_different_ones() {
        let data = tempfile::tempdir().unwrap();
        let make = || RunFolder::create(data.path(), "../basic call", Time(1_795_475_465_247.0)).unwrap();
        let threads: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let ids: BTreeSet<_> = threads.iter().map(|folder| folder.id().to_string()).collect();
        assert_eq!(ids.len(), 8);
        assert_eq!(ids.first().unwrap(), "20261123-231105-.._basic_call-3f3b");
        let folder = &threads[0];
        assert_eq!(folder.path().parent().unwrap(), data.path().join("runs"));
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
        folder.keep_flow("alice\n").unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("flow.txt")).unwrap(), "alice\n");
    }

    #[test]
    fn a_data_directory_that_cannot_be_written_is_named() {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join("file");
        fs::write(&file, "").unwrap();
        let error = RunFolder::create(&file, "x", Time(0.0)).unwrap_err();
        assert!(error.message.contains("file/runs"), "{}", error.message);
        assert!(error.advice.is_some());
    }
}
