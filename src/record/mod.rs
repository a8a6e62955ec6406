//! A run's folder and its event file: written as it happens, read back as a [`Record`].
//!
//! The format of `events.jsonl`: the first line is the [`Header`], each line after it one [`Event`]. A killed host
//! leaves a file that reads up to its last whole line.

mod find;
mod folder;
mod read;
mod recorder;

use crate::event::Event;
use serde::{Deserialize, Serialize};

pub use find::{by_id, find};
pub use folder::{RunFolder, stamp};
pub use recorder::Recorder;

/// What `format` says in the first line of an event file.
const FORMAT: &str = "telefonist-run";
/// The version of the format that is written, and the newest that is read.
const VERSION: u32 = 1;

/// The first line of an event file: which run it is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    pub format: String,
    pub version: u32,
    /// The run's id: the name of its folder.
    pub run: String,
    /// The test's name.
    pub test: String,
    /// The path of the file that it stands in, as the user named it.
    pub file: String,
    /// When the run began: milliseconds since the epoch.
    pub time: f64,
    /// Which of the repetitions (`_run`) it is, from 1.
    pub repetition: u32,
    /// How many repetitions there are.
    pub of: u32,
    /// Which attempt at this repetition it is, from 1: one that failed may be tried again (`--retries`).
    #[serde(default = "first")]
    pub attempt: u32,
    /// What the test calls itself (`_tags`, `tags(…)`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// `telefonist 0.1.0`
    pub host: String,
    /// `baresip 4.12.0 (embedded)`
    pub agent: String,
}

fn first() -> u32 {
    1
}

impl Header {
    /// The only run of a test, by this version of the program.
    pub fn new(run: &str, test: &str, file: &str, time: f64, agent: &str) -> Header {
        Header {
            format: FORMAT.into(),
            version: VERSION,
            run: run.into(),
            test: test.into(),
            file: file.into(),
            time,
            repetition: 1,
            of: 1,
            attempt: 1,
            tags: vec![],
            host: concat!("telefonist ", env!("CARGO_PKG_VERSION")).into(),
            agent: agent.into(),
        }
    }
}

/// A run as its event file tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub header: Header,
    pub events: Vec<Event>,
    /// The number of the file's last line when it is torn: the host was killed while it wrote.
    pub torn: Option<u64>,
}
