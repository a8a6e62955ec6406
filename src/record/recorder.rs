//! Follows a run's log and writes each event as it comes.

use super::held::is_same;
use super::{Header, RunFolder};
use crate::diagnostic::Diagnostic;
use crate::event::{Archive, Event, Log};
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::thread::{self, JoinHandle};

/// A thread that writes a log into an event file. What cannot be written (a full disk) never breaks the run: it is
/// tried again with the next events, the log keeps it meanwhile, and what is missing in the end is a warning.
#[derive(Debug)]
pub struct Recorder {
    log: Arc<Log>,
    path: PathBuf,
    thread: io::Result<JoinHandle<Outcome>>,
}

/// How many events were written, and what came of the last try.
type Outcome = (usize, io::Result<()>);

impl Recorder {
    /// Begins `events.jsonl` in the run's folder.
    pub fn start(folder: &RunFolder, header: &Header, log: Arc<Log>) -> Recorder {
        let path = folder.events();
        let file = EventFile::new(path.clone(), header.clone());
        let thread = thread::Builder::new().name("recorder".into()).spawn({
            let log = log.clone();
            move || record(&log, file)
        });
        Recorder { log, path, thread }
    }

    /// Closes the log, waits until all of it is written, and warns of what could not be.
    pub fn finish(self) -> Option<Diagnostic> {
        self.log.close();
        let (written, error) = match self.thread.map(JoinHandle::join) {
            Ok(Ok((_, Ok(())))) => return None,
            Ok(Ok((written, Err(error)))) => (written, error.to_string()),
            Ok(Err(_)) => (0, "the thread that writes them failed".to_string()),
            Err(error) => (0, error.to_string()),
        };
        let (all, path) = (self.log.len(), self.path.display());
        let missing = all.saturating_sub(written);
        let message = format!("{missing} of {all} events could not be written to {path}: {error}");
        let advice =
            "make room on the disk, see that the data directory may be written, and leave it alone while tests run";
        Some(Diagnostic::warning(message).advice(advice))
    }
}

fn record(log: &Log, mut file: EventFile) -> Outcome {
    log.set_archive(file.written.clone());
    let mut outcome = file.append(&[]);
    let mut seen = 0;
    while let Some(new) = log.follow(seen) {
        // what failed before is tried again with it
        let events = if file.next == seen { new } else { log.since(file.next) };
        outcome = file.append(&events);
        log.archived(file.next as u64);
        // each try puts thousands of events into words: not for each new one
        seen = if outcome.is_ok() { file.next } else { log.len() + RETRY };
    }
    loop {
        let events = log.since(file.next);
        if events.is_empty() {
            // what is written into a file that has been removed goes with it
            let gone = file.is_gone().then(|| io::Error::other("the file was removed while the run went on"));
            return gone.map_or((file.events, outcome), |gone| (0, Err(gone)));
        }
        outcome = file.append(&events);
        log.archived(file.next as u64);
        if outcome.is_err() {
            return (file.events, outcome);
        }
    }
}

/// After so many new events what could not be written is tried again.
const RETRY: usize = 100;

/// Where events stand in a file: one of these for so many of them.
const STRIDE: usize = 1000;

/// The events that have been written, read back. From the open file: its path may lead nowhere by now.
struct Written {
    file: OnceLock<File>,
    /// The numbers of events and where their lines begin, in bytes; both ascend.
    places: Mutex<Vec<(u64, u64)>>,
}

impl Written {
    fn places(&self) -> MutexGuard<'_, Vec<(u64, u64)>> {
        self.places.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Archive for Written {
    fn read(&self, from: u64, most: usize) -> Vec<Arc<Event>> {
        let offset = {
            let places = self.places();
            let after = places.partition_point(|(n, _)| *n <= from);
            after.checked_sub(1).map(|at| places[at].1)
        };
        let lines = offset.zip(self.file.get()).map(|(offset, file)| {
            BufReader::with_capacity(1 << 16, From { file, offset }).split(b'\n').map_while(Result::ok)
        });
        let events = lines.into_iter().flatten().map_while(|line| serde_json::from_slice::<Event>(&line).ok());
        events.skip_while(|event| event.n < from).take(most).map(Arc::new).collect()
    }
}

/// A file from a place on, for one reader of several.
struct From<'a> {
    file: &'a File,
    offset: u64,
}

impl Read for From<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read_at(buffer, self.offset)?;
        self.offset += length as u64;
        Ok(length)
    }
}

/// An event file that holds whole lines only, whatever fails.
struct EventFile {
    path: PathBuf,
    /// Until it is written.
    header: Option<Header>,
    /// How many events were written.
    events: usize,
    /// The number of the event that is to be written next.
    next: usize,
    written: Arc<Written>,
    /// Its length in bytes with the last batch that was written whole.
    whole: u64,
    /// Whether a part of a batch may stand after that.
    torn: bool,
    /// The batch as JSON lines; kept for its memory.
    lines: Vec<u8>,
}

impl EventFile {
    fn new(path: PathBuf, header: Header) -> EventFile {
        let written = Arc::new(Written { file: OnceLock::new(), places: Mutex::default() });
        let (header, lines) = (Some(header), vec![]);
        EventFile { path, header, events: 0, next: 0, written, whole: 0, torn: false, lines }
    }

    /// Writes events, and the header before the first of them, in one go.
    fn append(&mut self, events: &[Arc<Event>]) -> io::Result<()> {
        self.lines.clear();
        if let Some(header) = &self.header {
            push_line(&mut self.lines, header)?;
        }
        let mut places = vec![];
        for (at, event) in events.iter().enumerate() {
            // the first of a batch as well: numbers may be missing before it
            if at == 0 || (self.events + at).is_multiple_of(STRIDE) {
                places.push((event.n, self.whole + self.lines.len() as u64));
            }
            push_line(&mut self.lines, &**event)?;
        }
        let file = match self.written.file.get() {
            Some(file) => file,
            None => {
                let file = OpenOptions::new().read(true).write(true).create_new(true).open(&self.path)?;
                self.written.file.get_or_init(|| file)
            }
        };
        if self.torn {
            file.set_len(self.whole)?;
        }
        if let Err(error) = file.write_all_at(&self.lines, self.whole) {
            // nobody should meet half a batch, least of all where no later try succeeds
            self.torn = file.set_len(self.whole).is_err();
            return Err(error);
        }
        self.torn = false;
        self.whole += self.lines.len() as u64;
        self.header = None;
        self.events += events.len();
        self.next = events.last().map_or(self.next, |last| last.n as usize + 1);
        self.note(places);
        Ok(())
    }

    /// Whether its path does not lead to it any more.
    fn is_gone(&self) -> bool {
        self.written.file.get().is_some_and(|file| !is_same(file, &self.path))
    }

    /// A batch of one event after another would note each of them.
    fn note(&self, places: Vec<(u64, u64)>) {
        let mut known = self.written.places();
        for (n, offset) in places {
            let near = known.last().is_some_and(|(last, _)| n < last + STRIDE as u64);
            if !near {
                known.push((n, offset));
            }
        }
    }
}

fn push_line(lines: &mut Vec<u8>, item: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *lines, item)?;
    lines.push(b'\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Body, Clock, Events, Limits, Note};
    use crate::record::Record;
    use std::time::Instant;

    fn print(log: &Log, text: &str) {
        log.push(Some(&"alice".into()), Body::Note(Note::Print { text: text.into() }));
    }

    fn header() -> Header {
        Header::new("id", "basic_call", "examples/basic_call", 1_795_475_465_247.125, "baresip 4.12.0 (embedded)")
    }

    #[test]
    fn what_is_pushed_is_read_back() {
        let data = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(data.path(), "basic_call", 0.0).unwrap();
        let log = Arc::new(Log::new(Clock::system()));
        print(&log, "before");
        let recorder = Recorder::start(&folder, &header(), log.clone());
        (0..500).for_each(|n| print(&log, &format!("{n} é \n")));
        assert_eq!(recorder.finish(), None);
        let mut record = Record::open(&folder.events()).unwrap();
        assert_eq!(record.header, header());
        assert_eq!(
            record.by_ref().map(Result::unwrap).collect::<Vec<_>>(),
            log.since(0).iter().map(|event| (**event).clone()).collect::<Vec<_>>()
        );
        assert_eq!(record.torn(), None);
    }

    #[test]
    fn a_folder_that_goes_away_is_a_warning_that_counts_what_is_missing() {
        let data = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(data.path(), "basic_call", 0.0).unwrap();
        std::fs::remove_dir_all(folder.path()).unwrap();
        let log = Arc::new(Log::new(Clock::system()));
        let recorder = Recorder::start(&folder, &header(), log.clone());
        print(&log, "lost");
        let warning = recorder.finish().unwrap();
        assert!(warning.message.starts_with("1 of 1 events could not be written to "), "{}", warning.message);
        assert!(!warning.is_error());
    }

    #[test]
    fn what_failed_is_written_when_the_disk_takes_it_again() {
        let data = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(data.path(), "basic_call", 0.0).unwrap();
        let log = Log::new(Clock::system());
        let mut file = EventFile::new(folder.events(), header());
        file.append(&[]).unwrap();
        print(&log, "one");
        // half a batch, as a full disk leaves it
        let full = Arc::new(Written { file: File::open("/dev/null").unwrap().into(), places: Mutex::default() });
        let writable = std::mem::replace(&mut file.written, full);
        assert!(file.append(&log.since(0)).is_err());
        std::fs::write(folder.events(), [std::fs::read(folder.events()).unwrap(), b"{\"n\":0".to_vec()].concat())
            .unwrap();
        file.written = writable;
        print(&log, "two");
        file.append(&log.since(0)).unwrap();
        assert_eq!(Record::open(&folder.events()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_that_is_removed_under_a_run_is_a_warning_and_its_events_are_still_read_back() {
        let data = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(data.path(), "basic_call", 0.0).unwrap();
        let log = Arc::new(Log::with_limits(Clock::system(), Limits { tail: 10, ..Limits::default() }));
        let recorder = Recorder::start(&folder, &header(), log.clone());
        print(&log, "first");
        let begun = Instant::now();
        while std::fs::read_to_string(folder.events()).map_or(0, |text| text.lines().count()) < 2 {
            assert!(begun.elapsed().as_secs() < 20, "it is written");
            thread::yield_now();
        }
        std::fs::remove_dir_all(folder.path()).unwrap();
        (1..100).for_each(|n| print(&log, &n.to_string()));
        let warning = recorder.finish().unwrap();
        assert!(warning.message.starts_with("100 of 100 events could not be written"), "{}", warning.message);
        assert!(warning.message.ends_with("the file was removed while the run went on"), "{}", warning.message);
        let mut numbers = vec![];
        log.each(&mut |event| numbers.push(event.n)).unwrap();
        assert_eq!(numbers, (0..100).collect::<Vec<_>>());
    }
}
