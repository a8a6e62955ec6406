//! What the folder of the runs holds, which takes long to count where there are many: one walk goes on at a time, with pauses between
//! them, and nobody waits for long.

use super::clock::now;
use crate::event::{Time, lock};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// After a walk, the pause before the next one is this many times its duration.
const PAUSE: u32 = 10;

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    pub runs: u64,
    pub bytes: u64,
    /// When that began.
    pub at: Time,
}

#[derive(Clone)]
pub struct Measure(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    known: watch::Sender<Option<Measured>>,
    turn: Mutex<Turn>,
}

struct Turn {
    walking: bool,
    /// When another walk may begin.
    due: Instant,
}

impl Measure {
    pub fn of(folder: PathBuf) -> Measure {
        let turn = Mutex::new(Turn { walking: false, due: Instant::now() });
        Measure(Arc::new(Inner { folder, known: watch::Sender::new(None), turn }))
    }

    /// Counts if it is time to, and waits so long for what is being counted; then what was counted before has to do. None where nothing
    /// ever was.
    pub async fn get(&self, patience: Duration) -> Option<Measured> {
        let mut known = self.0.known.subscribe();
        let walking = {
            let mut turn = self.turn();
            let begins = !turn.walking && turn.due <= Instant::now();
            turn.walking |= begins;
            if begins {
                let measure = self.clone();
                tokio::task::spawn_blocking(move || measure.walk());
            }
            turn.walking
        };
        if walking {
            let _ = tokio::time::timeout(patience, known.changed()).await;
        }
        *known.borrow()
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        lock(&self.0.turn)
    }

    fn walk(&self) {
        let (begun, at) = (Instant::now(), now());
        let folders = self.0.folder.read_dir().into_iter().flatten().filter_map(Result::ok);
        let folders = folders.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let (runs, bytes) = folders.fold((0, 0), |(runs, bytes), entry| (runs + 1, bytes + size(&entry.path())));
        let mut turn = self.turn();
        *turn = Turn { walking: false, due: Instant::now() + begun.elapsed() * PAUSE };
        self.0.known.send_replace(Some(Measured { runs, bytes, at }));
    }
}

/// What a file or a folder holds, links not followed.
pub fn size(path: &Path) -> u64 {
    let Ok(entry) = path.symlink_metadata() else { return 0 };
    if !entry.is_dir() {
        return entry.len();
    }
    path.read_dir().into_iter().flatten().filter_map(Result::ok).map(|entry| size(&entry.path())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longer than counting a few files takes on a machine with much to do.
    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn one_walk_goes_on_and_nobody_waits_for_it_for_long() {
        let data = tempfile::tempdir().unwrap();
        let add = |run: &str| {
            std::fs::create_dir_all(data.path().join(run).join("recordings")).unwrap();
            std::fs::write(data.path().join(run).join("recordings/a.wav"), [0; 1000]).unwrap();
        };
        let measure = Measure::of(data.path().into());
        let count = |measured: Option<Measured>| measured.map(|measured| measured.runs);
        measure.turn().walking = true;
        assert_eq!(measure.get(Duration::ZERO).await, None, "the first walk goes on");
        measure.turn().walking = false;
        add("one");
        std::os::unix::fs::symlink(data.path().join("one"), data.path().join("link")).unwrap();
        let first = measure.get(LONG).await.unwrap();
        assert!(first.runs == 1 && (1000..500_000).contains(&first.bytes), "{first:?}");
        add("two");
        measure.turn().due = Instant::now() + LONG;
        assert_eq!(measure.get(LONG).await, Some(first), "it is not time to count");
        *measure.turn() = Turn { walking: true, due: Instant::now() };
        assert_eq!(measure.get(Duration::ZERO).await, Some(first), "another's walk takes long");
        measure.turn().walking = false;
        assert_eq!(count(measure.get(LONG).await), Some(2));
        assert!(measure.get(LONG).await.is_some_and(|second| second.at >= first.at));
    }
}
