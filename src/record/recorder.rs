//! Follows a run's log and writes each event to the run's file.

use super::{Header, RunFolder};
use crate::diagnostic::Diagnostic;
use crate::event::{Archive, Event, Log, lock};
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
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

/// How many events were written, where to, and what came of the last try.
type Outcome = (usize, Option<Arc<File>>, io::Result<()>);

impl Recorder {
    /// Begins `events.jsonl` in the run's folder.
    pub fn start(folder: &RunFolder, header: &Header, log: Arc<Log>) -> Recorder {
        let path = folder.events();
        let file = EventFile::new(path.clone(), header.clone());
        log.set_archive(file.written.clone());
        let thread = thread::Builder::new().name("recorder".into()).spawn({
            let log = log.clone();
            move || record(&log, file)
        });
        Recorder { log, path, thread }
    }

    /// Closes the log, waits until all of it is written, and warns of what could not be.
    pub fn finish(self) -> Option<Diagnostic> {
        self.log.close();
        let (all, path) = (self.log.len(), self.path.display());
        let missing = |written: usize, why: &str| {
            let missing = all.saturating_sub(written);
            let message = format!("{missing} of {all} events could not be written to {path}: {why}");
            Diagnostic::warning(message).advice("make room on the disk and see that the data directory may be written")
        };
        let (written, file, outcome) = match self.thread.map(JoinHandle::join) {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => return Some(missing(0, "the thread that writes them failed")),
            Err(error) => return Some(missing(0, &error.to_string())),
        };
        match outcome {
            Err(error) => Some(missing(written, &error.to_string())),
            Ok(()) if written < all => {
                Some(missing(written, "they could not be held in memory while the disk was full"))
            }
            Ok(()) if !file.is_some_and(|file| is_at(&file, &self.path)) => {
                let message = format!("the record of this run is lost: {path} was removed while it was written");
                Some(Diagnostic::warning(message).advice("remove the folders of runs only when they are over"))
            }
            Ok(()) => None,
        }
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(there)) = (file.metadata(), path.metadata()) else { return false };
    (open.dev(), open.ino()) == (there.dev(), there.ino())
}

fn record(log: &Log, mut file: EventFile) -> Outcome {
    let mut outcome = file.append(&[]);
    let mut seen = 0;
    while let Some(new) = log.gather(seen) {
        outcome = match outcome {
            Ok(()) => file.append(&new),
            // what failed is tried again, by one event: a batch is thousands of them, put into words for nothing
            Err(_) => file.append(&log.since(file.next)[..1]),
        };
        log.archived(file.next as u64, outcome.is_err());
        seen = if outcome.is_ok() { file.next } else { log.len() };
    }
    loop {
        let events = log.since(file.next);
        if events.is_empty() {
            return (file.events, file.file, outcome);
        }
        outcome = file.append(&events);
        log.archived(file.next as u64, outcome.is_err());
        if outcome.is_err() {
            return (file.events, file.file, outcome);
        }
    }
}

/// One place is noted for each block of this many bytes of a file.
const STRIDE: u64 = 64 * 1024;
/// Read at once, in bytes.
const BLOCK: usize = 128 * 1024;

/// The events that have been written, read back.
#[derive(Default)]
struct Written {
    /// Open for as long as the run goes on, wherever its name has gone.
    file: OnceLock<Arc<File>>,
    places: Mutex<Places>,
}

#[derive(Default)]
struct Places {
    /// The numbers of events and where their lines begin, in bytes; both ascend.
    known: Vec<(u64, u64)>,
    /// Where the last whole batch ends.
    end: u64,
}

impl Written {
    fn places(&self) -> MutexGuard<'_, Places> {
        lock(&self.places)
    }
}

impl Archive for Written {
    fn read(&self, from: u64, take: &mut dyn FnMut(Event) -> bool) -> Result<(), Diagnostic> {
        let unreadable = |why: String| Diagnostic::error(format!("the run's events can't be read back: {why}"));
        let Some(file) = self.file.get() else { return Ok(()) };
        let (start, end) = {
            let places = self.places();
            let after = places.known.partition_point(|(n, _)| *n <= from);
            (places.known.get(after.saturating_sub(1)).map_or(places.end, |(_, offset)| *offset), places.end)
        };
        let mut reader = BufReader::with_capacity(BLOCK, Span { file, at: start, end });
        let mut line = vec![];
        loop {
            line.clear();
            if reader.read_until(b'\n', &mut line).map_err(|error| unreadable(error.to_string()))? == 0 {
                return Ok(());
            }
            let event: Event = serde_json::from_slice(&line).map_err(|error| unreadable(error.to_string()))?;
            if event.n >= from && !take(event) {
                return Ok(());
            }
        }
    }
}

/// A part of a file, read without moving the place where it is written.
struct Span<'a> {
    file: &'a File,
    at: u64,
    end: u64,
}

impl Read for Span<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min((self.end - self.at) as usize);
        let read = self.file.read_at(&mut buffer[..most], self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// An event file that holds whole lines only, whatever fails.
struct EventFile {
    path: PathBuf,
    /// Until it is written.
    header: Option<Header>,
    file: Option<Arc<File>>,
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
        let (header, file, lines, written) = (Some(header), None, vec![], Arc::default());
        EventFile { path, header, file, events: 0, next: 0, written, whole: 0, torn: false, lines }
    }

    /// Writes events, and the header before the first of them, in one go.
    fn append(&mut self, events: &[Arc<Event>]) -> io::Result<()> {
        self.lines.clear();
        if let Some(header) = &self.header {
            push_line(&mut self.lines, header)?;
        }
        let mut places: Vec<(u64, u64)> = vec![];
        let mut noted = self.written.places().known.last().map(|(_, offset)| *offset);
        for event in events {
            let offset = self.whole + self.lines.len() as u64;
            if noted.is_none_or(|noted| offset >= noted + STRIDE) {
                places.push((event.n, offset));
                noted = Some(offset);
            }
            push_line(&mut self.lines, &**event)?;
        }
        let mut file: &File = match &self.file {
            Some(file) => file,
            None => {
                let file = File::options().read(true).write(true).create_new(true).open(&self.path)?;
                let file = self.file.insert(Arc::new(file));
                let _ = self.written.file.set(file.clone());
                file
            }
        };
        if self.torn {
            file.set_len(self.whole)?;
            file.seek(SeekFrom::Start(self.whole))?;
        }
        self.torn = true;
        file.write_all(&self.lines)?;
        self.torn = false;
        self.whole += self.lines.len() as u64;
        self.header = None;
        self.events += events.len();
        self.next = events.last().map_or(self.next, |last| last.n as usize + 1);
        let mut known = self.written.places();
        known.known.extend(places);
        known.end = self.whole;
        Ok(())
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
    use crate::event::{Body, Clock, Note, Time};
    use crate::record::Record;

    fn print(log: &Log, text: &str) {
        log.push(Some(&"alice".into()), Body::Note(Note::Print { text: text.into() }));
    }

    fn header() -> Header {
        Header::new("id", "basic_call", "examples/basic_call", Time(1_795_475_465_247.125), "baresip 4.12.0 (embedded)")
    }

    #[test]
    fn what_is_pushed_is_read_back() {
        let data = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(data.path(), "basic_call", Time(0.0)).unwrap();
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
        let folder = RunFolder::create(data.path(), "basic_call", Time(0.0)).unwrap();
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
        let folder = RunFolder::create(data.path(), "basic_call", Time(0.0)).unwrap();
        let log = Log::new(Clock::system());
        let mut file = EventFile::new(folder.events(), header());
        file.append(&[]).unwrap();
        print(&log, "one");
        // half a batch, as a full disk leaves it
        let writable = file.file.replace(Arc::new(File::open("/dev/null").unwrap()));
        assert!(file.append(&log.since(0)).is_err());
        std::fs::write(folder.events(), [std::fs::read(folder.events()).unwrap(), b"{\"n\":0".to_vec()].concat())
            .unwrap();
        file.file = writable;
        print(&log, "two");
        file.append(&log.since(0)).unwrap();
        assert_eq!(Record::open(&folder.events()).unwrap().count(), 2);
    }
}
