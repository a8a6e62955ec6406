//! A run's folder and its event file: written as it happens, read back as a [`Record`], event by event.
//!
//! The format of `events.jsonl`: the first line is the [`Header`], each line after it one [`Event`]. A killed host
//! leaves a file that reads up to its last whole line.

mod find;
mod folder;
mod held;
mod keep;
mod lines;
mod read;
mod recorder;
mod text;

use crate::event::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

pub use find::{by_id, find};
pub use folder::{RunFolder, tame};
pub use held::{delete, delete_stillborn, is_going_on, is_stillborn};
pub use keep::{keep, keeps};
pub use lines::{Line, lines, lines_from};
pub use read::{Kept, Record, last, last_time};
pub use recorder::Recorder;
pub use text::text;

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
    /// The name of its block, where the file has several tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<String>,
    /// When the run began.
    pub time: Time,
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
    /// The project of the server's that the test belongs to, as it was named then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// What had it run, on a server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// `telefonist 0.1.0`
    pub host: String,
    /// `baresip 4.12.0 (embedded)`
    pub agent: String,
}

/// What has a server run a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Somebody at a browser.
    Manual,
    /// A program, by REST.
    Api,
    /// A schedule.
    Cron,
    /// Somebody who wants a run once more.
    Rerun,
}

impl Trigger {
    pub const ALL: [Trigger; 4] = [Trigger::Manual, Trigger::Api, Trigger::Cron, Trigger::Rerun];

    /// As the header has it.
    pub fn word(self) -> &'static str {
        match self {
            Trigger::Manual => "manual",
            Trigger::Api => "api",
            Trigger::Cron => "cron",
            Trigger::Rerun => "rerun",
        }
    }
}

/// `calls.rhai › answers`: a test by its file and, where that has several, its block.
pub fn block_name(file: &str, block: Option<&str>) -> String {
    block.map_or_else(|| file.to_string(), |block| format!("{file} › {block}"))
}

fn first() -> u32 {
    1
}

impl Header {
    /// What tells the test from others: its file, and its block.
    pub fn name(&self) -> String {
        block_name(&self.file, self.block.as_deref())
    }

    /// How long the run had been going on then. A record that was changed may say anything.
    pub fn until(&self, time: Time) -> Duration {
        Duration::try_from_secs_f64((time - self.time) / 1000.0).unwrap_or_default()
    }

    /// The only run of a test, by this version of the program.
    pub fn new(run: &str, test: &str, file: &str, time: Time, agent: &str) -> Header {
        Header {
            format: FORMAT.into(),
            version: VERSION,
            run: run.into(),
            test: test.into(),
            file: file.into(),
            block: None,
            time,
            repetition: 1,
            of: 1,
            attempt: 1,
            tags: vec![],
            project: None,
            trigger: None,
            host: concat!("telefonist ", env!("CARGO_PKG_VERSION")).into(),
            agent: agent.into(),
        }
    }
}
