//! Which hosts exist: each holds a lock (flock(2)) on its own file, which is released when its process ends in any way.

use super::problem::Problem;
use super::secret;
use crate::diagnostic::Diagnostic;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// This host, as others see it in the queue: there for as long as this is.
#[derive(Debug)]
pub struct Host {
    /// A word that no other host has.
    id: String,
    path: PathBuf,
    _lock: File,
}

impl Host {
    /// Makes it known in the data directory.
    ///
    /// # Errors
    /// Its file can't be made.
    pub fn take(data_dir: &Path) -> Result<Host, Problem> {
        let hosts = data_dir.join("hosts");
        loop {
            // a file's name that begins with `-` is a nuisance
            let id = format!("host-{}", &secret::random()?[..16]);
            let path = hosts.join(&id);
            let made = fs::create_dir_all(&hosts).and_then(|()| {
                let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
                // where the file system knows no locks it counts as gone, and its jobs with it
                let _ = file.lock();
                Ok(file)
            });
            let lock = made.map_err(|error| {
                let message = format!("cannot make {}: {error}", path.display());
                Problem::Broken(Diagnostic::error(message).advice("see that the data directory may be written"))
            })?;
            // who sweeps may have taken it for an old one before it was locked
            if path.symlink_metadata().is_ok() {
                return Ok(Host { id, path, _lock: lock });
            }
        }
    }

    pub fn id(&self) -> &str {
        &self.id
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether the host of that id is there. The file of one that is not is removed.
pub(super) fn is_there(data_dir: &Path, id: &str) -> bool {
    let path = data_dir.join("hosts").join(id);
    let there = holds(&path);
    if !there {
        let _ = fs::remove_file(&path);
    }
    there
}

/// Whether a process holds the file of a host.
fn holds(path: &Path) -> bool {
    let locked = File::open(path).map(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)));
    locked.unwrap_or_else(|error| error.kind() != io::ErrorKind::NotFound)
}

/// The files that hosts left which were killed.
pub(super) fn left(data_dir: &Path) -> Vec<PathBuf> {
    let entries = data_dir.join("hosts").read_dir().into_iter().flatten().filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    files.map(|entry| entry.path()).filter(|path| !holds(path)).collect()
}

/// Removes them.
pub(super) fn sweep(data_dir: &Path) {
    for path in left(data_dir) {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_there_until_it_goes() {
        let data = tempfile::tempdir().unwrap();
        let [one, two] = [(); 2].map(|()| Host::take(data.path()).unwrap());
        assert_ne!(one.id(), two.id());
        let id = one.id().to_string();
        assert!(is_there(data.path(), &id));
        drop(one);
        assert!(!is_there(data.path(), &id) && is_there(data.path(), two.id()));
        // one that was killed leaves its file
        fs::write(data.path().join("hosts").join(&id), "").unwrap();
        assert!(!is_there(data.path(), &id));
        assert_eq!(data.path().join("hosts").read_dir().unwrap().count(), 1);
        fs::write(data.path().join("hosts/host-old"), "").unwrap();
        sweep(data.path());
        assert!(!data.path().join("hosts/host-old").exists() && is_there(data.path(), two.id()));
    }
}
