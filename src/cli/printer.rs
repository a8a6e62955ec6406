//! Prints the results of running tests in the order of the tests, whatever order they end in.

use super::arguments::OutputArguments;
use super::progress::Progress;
use super::reports;
use super::tell::{colours, complain, say};
use crate::diagnostic::Diagnostic;
use crate::event::{Log, lock};
use crate::pipeline::{self, Case, Ran, Updates, Watcher};
use crate::record::Header;
use crate::report::events::{EventLines, Logs};
use crate::report::html::Room;
use crate::report::results::{Results, TestResult};
use crate::report::terminal;
use crate::report::told::Extent;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Prints for the user what the runner reports.
pub struct Printer {
    paper: Arc<Paper>,
    verbose: bool,
    /// New hashes are to be written into the tests.
    updates: Option<Updates>,
    /// For the report that shows runs in all detail, by their ids.
    pages: Option<Mutex<BTreeMap<String, String>>>,
    room: Arc<Room>,
    /// Those that print the events of a unit's run.
    followers: Mutex<BTreeMap<usize, JoinHandle<()>>>,
}

/// Where it is printed, each unit in its turn.
struct Paper {
    progress: Progress,
    /// A report has the standard output for itself.
    to_stderr: bool,
    state: Mutex<Held>,
}

/// What waits for its turn to be printed.
#[derive(Default)]
struct Held {
    /// The unit whose texts are printed as they come.
    next: usize,
    texts: BTreeMap<usize, Vec<Text>>,
    done: BTreeSet<usize>,
}

enum Text {
    Out(String),
    Problem(Diagnostic),
}

impl Paper {
    fn colours(&self) -> bool {
        if self.to_stderr { colours(&std::io::stderr()) } else { colours(&std::io::stdout()) }
    }

    fn say(&self, text: &str) {
        match self.to_stderr {
            true => drop(std::io::stderr().lock().write_all(text.as_bytes())),
            false => say(text),
        }
    }

    /// Prints what a unit has to say, or keeps it until it is its turn.
    fn emit(&self, unit: usize, text: Text) {
        let mut held = lock(&self.state);
        match held.next == unit {
            true => self.print(vec![text]),
            false => held.texts.entry(unit).or_default().push(text),
        }
    }

    /// Nothing more comes of a unit: the next one's turn, and so on.
    fn done(&self, unit: usize) {
        let mut held = lock(&self.state);
        held.done.insert(unit);
        let mut next = held.next;
        while held.done.remove(&next) {
            next += 1;
            let texts = held.texts.remove(&next).unwrap_or_default();
            self.print(texts);
        }
        held.next = next;
    }

    fn print(&self, texts: Vec<Text>) {
        self.progress.aside(|| {
            for text in texts {
                match text {
                    Text::Out(text) => self.say(&text),
                    Text::Problem(problem) => complain(&[problem]),
                }
            }
        });
    }

    /// The events of a run as they come.
    fn follow(&self, unit: usize, log: &Log) {
        let mut lines = EventLines::new(log.now(), Logs::Grave, self.colours());
        let mut seen = 0;
        while let Some(events) = log.follow(seen) {
            seen = events.last().map_or(seen, |last| last.n as usize + 1);
            let text: String = events.iter().filter_map(|event| lines.line(event)).collect();
            self.emit(unit, Text::Out(text));
        }
    }
}

impl Printer {
    /// `progress`: shows what is going on, where that is possible.
    pub fn new(output: &OutputArguments, update: bool, progress: bool) -> Printer {
        let to_stderr = reports::use_stdout(&output.report);
        let paper = Arc::new(Paper { progress: Progress::new(progress), to_stderr, state: Mutex::default() });
        let pages = reports::show_runs(&output.report).then(Mutex::default);
        let (verbose, room, followers) = (output.verbose, Arc::default(), Mutex::default());
        let updates = update.then(Updates::default);
        Printer { paper, verbose, updates, pages, room, followers }
    }

    /// Writes new hashes into the tests, where that was asked for. False where one that was run could not be.
    pub fn update(&self, cases: &[Case]) -> bool {
        let done = self.updates.as_ref().map(|updates| updates.write(cases)).unwrap_or_default();
        let all = done.iter().all(Result::is_ok);
        let text = |done| match done {
            Ok(done) => Text::Out(format!("{done}\n")),
            Err(problem) => Text::Problem(problem),
        };
        self.paper.print(done.into_iter().map(text).collect());
        all
    }

    /// What the runs look like in a browser, by their ids; empty where no report wants them.
    pub fn pages(&self) -> BTreeMap<String, String> {
        self.pages.as_ref().map(|pages| std::mem::take(&mut *lock(pages))).unwrap_or_default()
    }

    pub fn summary(&self, results: &Results) {
        self.paper.say(&terminal::summary(results, self.paper.colours()));
    }
}

impl Watcher for Printer {
    fn begins(&self, unit: usize, case: &Case, _: &Header, log: &Arc<Log>) {
        self.paper.progress.begins(unit, case.name(), log);
        if self.verbose {
            let (paper, log) = (self.paper.clone(), log.clone());
            let follower = std::thread::spawn(move || paper.follow(unit, &log));
            lock(&self.followers).insert(unit, follower);
        }
    }

    fn ran(&self, unit: usize, ran: &Ran) {
        // its log is closed: all of it comes before the verdict
        let follower = lock(&self.followers).remove(&unit);
        follower.into_iter().for_each(|follower| drop(follower.join()));
        if let Some(pages) = &self.pages {
            match pipeline::page(ran.folder.path(), ran.verdict.status, &self.room) {
                Ok(page) => drop(lock(pages).insert(ran.header.run.clone(), page)),
                Err(problem) => self.paper.emit(unit, Text::Problem(problem)),
            }
        }
        self.updates.iter().for_each(|updates| updates.ran(ran));
    }

    fn ended(&self, unit: usize, result: &TestResult) {
        let text = terminal::test(result, Extent::Screen, self.paper.colours());
        self.paper.emit(unit, Text::Out(text));
    }

    fn done(&self, unit: usize) {
        self.paper.progress.ends(unit);
        self.paper.done(unit);
    }
}
