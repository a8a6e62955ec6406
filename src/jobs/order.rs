//! An order to run tests, and how the queue stores it.

use crate::record::Trigger;
use crate::store::Kind;
use serde::{Deserialize, Serialize};

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Order {
    pub what: What,
    pub trigger: Trigger,
    /// The schedule that it comes from.
    pub schedule: Option<i64>,
    pub options: Options,
    /// It waits where all places are taken; otherwise it is refused.
    pub may_wait: bool,
}

#[derive(Debug, Clone)]
pub enum What {
    /// All tests of a project, in alphabetical order.
    Project(i64),
    /// Tests of a project, by their ids, in this order; with a block, that of the only one.
    Tests { project: i64, tests: Vec<i64>, block: Option<String> },
    /// Those of a project whose last run did not pass; all, if none ever ran.
    Failed(i64),
    /// A text that is not saved, as if it were the test of that name.
    Text { project: Option<i64>, name: String, kind: Kind, text: String },
    /// The test of a run once more, as it is saved now.
    Rerun(String),
}

/// How tests are run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// As `--define`.
    #[serde(default)]
    pub defines: Vec<(String, String)>,
    /// How often one that fails is tried again.
    #[serde(default)]
    pub retries: u32,
    /// How often each is run; 0 counts as 1.
    #[serde(default)]
    pub repeat: u32,
}

/// A job in the queue's own words: texts are pinned, so that what was queued is what runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Payload {
    /// The project's name then.
    pub project: Option<String>,
    pub texts: Vec<Text>,
    pub options: Options,
}

/// A test of a job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Text {
    pub name: String,
    /// A script, else a testfile.
    pub rhai: bool,
    pub from: From,
    /// Of its blocks, these alone; none: all.
    #[serde(default)]
    pub blocks: Option<Vec<String>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum From {
    /// A version of a saved test.
    Saved { test: i64, version: u32 },
    /// The text itself.
    Text(String),
}

/// A test that a job has, as everybody may know it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// The test's name in its project.
    pub test: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<String>,
    /// The id that its first run will have; none where its text has errors.
    pub run: Option<String>,
}
