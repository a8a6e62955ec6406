//! `run --watch`: which tests a changed file affects.

use crate::diagnostic::Diagnostic;
use crate::pipeline::{self, Interrupt};
use notify::{ErrorKind, EventKind, RecursiveMode, Watcher};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Editors write a file in several steps: a change is over when nothing more has come for so long.
const SETTLED: Duration = Duration::from_millis(100);

/// What wakes the watch.
enum Wake {
    Changed(Vec<PathBuf>),
    Stop,
}

/// The files below some paths, watched by the kernel.
pub struct Watch {
    paths: Vec<PathBuf>,
    /// What runs write there is no change of a test.
    data_dir: PathBuf,
    wakes: Receiver<Wake>,
    /// What each file held when it was last looked at: a touched file is no change.
    known: BTreeMap<PathBuf, Vec<u8>>,
    _watcher: notify::RecommendedWatcher,
}

impl Watch {
    /// # Errors
    /// The files can't be watched.
    pub fn new(paths: &[PathBuf], data_dir: &Path, interrupt: &Arc<Interrupt>) -> Result<Watch, Diagnostic> {
        let (sender, wakes) = channel();
        let failed = |error: notify::Error| Diagnostic::error(format!("the tests can't be watched: {error}"));
        let mut watcher = notify::recommended_watcher(told(sender.clone())).map_err(failed)?;
        for path in paths {
            let (folder, mode) = match path.is_dir() {
                true => (path.as_path(), RecursiveMode::Recursive),
                // an editor may put another file in its place, which is seen from the folder only
                false => (
                    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")),
                    RecursiveMode::NonRecursive,
                ),
            };
            // a folder below it that goes while the tree is walked ends the walk: it is walked again
            while let Err(error) = watcher.watch(folder, mode) {
                if !gone(&error) || !folder.exists() {
                    return Err(failed(error));
                }
            }
        }
        interrupt.on_request(move || drop(sender.send(Wake::Stop)));
        let known = paths
            .iter()
            .flat_map(|path| files(path, data_dir))
            .filter_map(|file| Some((absolute(&file), content(&file)?)));
        let (known, paths, data_dir) = (known.collect(), paths.to_vec(), absolute(data_dir));
        Ok(Watch { known, paths, data_dir, wakes, _watcher: watcher })
    }

    /// Waits for a change and gives the tests that it concerns: those whose own file changed; all, where another script did, for
    /// one of them may import it. None when the user wants to stop.
    pub fn next(&mut self) -> Option<Vec<PathBuf>> {
        loop {
            let mut changed = match self.wakes.recv() {
                Ok(Wake::Changed(paths)) => BTreeSet::from_iter(paths),
                Ok(Wake::Stop) | Err(_) => return None,
            };
            while let Ok(wake) = self.wakes.recv_timeout(SETTLED) {
                match wake {
                    Wake::Changed(paths) => changed.extend(paths),
                    Wake::Stop => return None,
                }
            }
            // a test that is gone, or that can't be read for the moment, is none
            let tests = pipeline::find(&self.paths, &self.data_dir).unwrap_or_default();
            let concerned = self.concerned(&changed, tests);
            if !concerned.is_empty() {
                return Some(concerned);
            }
        }
    }

    fn concerned(&mut self, changed: &BTreeSet<PathBuf>, tests: Vec<PathBuf>) -> Vec<PathBuf> {
        let named: BTreeMap<PathBuf, &PathBuf> = tests.iter().map(|test| (absolute(test), test)).collect();
        let (mut concerned, mut all) = (BTreeSet::new(), false);
        let changed =
            changed.iter().map(|path| absolute(path)).filter(|path| !path.starts_with(self.data_dir.join("runs")));
        for path in changed {
            let test = named.get(&path);
            let script = path.extension().is_some_and(|extension| extension == "rhai" || extension == "js");
            let Some(content) = content(&path).filter(|_| test.is_some() || script) else { continue };
            if self.known.insert(path, content.clone()).is_none_or(|known| known != content) {
                concerned.extend(test.map(|test| (*test).clone()));
                all |= test.is_none();
            }
        }
        if all { tests } else { tests.into_iter().filter(|test| concerned.contains(test)).collect() }
    }
}

/// The kernel's "not found" comes as either kind, by the step that met it.
fn gone(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::PathNotFound => true,
        ErrorKind::Io(error) => error.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

fn told(sender: Sender<Wake>) -> impl Fn(notify::Result<notify::Event>) {
    move |event| {
        if let Ok(event) = event
            && !matches!(event.kind, EventKind::Access(_))
        {
            let _ = sender.send(Wake::Changed(event.paths));
        }
    }
}

/// The tests and scripts below a path.
fn files(path: &Path, data_dir: &Path) -> Vec<PathBuf> {
    let mut files = pipeline::find(&[path.to_path_buf()], data_dir).unwrap_or_default();
    let lib = path.join("lib");
    files.extend(lib.read_dir().into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())));
    files
}

fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// None for what is no file.
fn content(path: &Path) -> Option<Vec<u8>> {
    path.is_file().then(|| std::fs::read(path).ok())?.map(|bytes| Sha256::digest(bytes).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn folders_that_come_and_go_meanwhile_do_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("call"), "").unwrap();
        let (below, over) = (folder.path().join("runs"), AtomicBool::new(false));
        let tests = [folder.path().to_path_buf()];
        let watched = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::fs::create_dir_all(below.join("recordings")).unwrap();
                    std::fs::remove_dir_all(&below).unwrap();
                }
            });
            let watched: Result<Vec<_>, Diagnostic> = (0..200)
                .map(|_| {
                    Watch::new(&tests, Path::new("data"), &Arc::default())?;
                    pipeline::find(&tests, Path::new("data")).map_err(|mut problems| problems.remove(0))
                })
                .collect();
            over.store(true, Ordering::Relaxed);
            watched
        });
        for found in watched.unwrap() {
            assert_eq!(found, [folder.path().join("call")]);
        }
    }
}
