//! The verdict of a recorded run: Pass, Fail, Error, Cancelled or Skipped, and why. Pure: it never sees a live run, so a replayed
//! one is judged by the same code.
//!
//! A failed check is not a broken run: `Fail` says that the system under test did not do what the test says, `Error`
//! that the test could not be carried out.

mod counted;
mod exit;
mod hash;
mod heard;
mod judge;
mod refused_command;
mod stored;
mod test_status;
#[cfg(test)]
mod tests;
mod why;

use crate::diagnostic::Diagnostic;
use crate::event::At;
use serde::{Deserialize, Serialize};
use std::fmt;

pub use exit::{ExitCode, worst};
pub use judge::{Judged, judge};
pub use stored::stored_verdict;
pub use test_status::TestStatus;
pub use why::Evidence;

/// What `format` says in a verdict's JSON.
const FORMAT: &str = "telefonist-verdict";
/// The version of that JSON.
const VERSION: u32 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pass,
    Fail,
    Error,
    Cancelled,
    /// The test says that it is not to be run.
    Skipped,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Status::Pass => "PASS",
            Status::Fail => "FAIL",
            Status::Error => "ERROR",
            Status::Cancelled => "CANCELLED",
            Status::Skipped => "SKIPPED",
        })
    }
}

/// One thing that the user should know, in the order place, what, what to do.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Reason {
    /// A lower-case sentence without a full stop.
    pub message: String,
    /// The line of the user's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// What came instead, the nearest miss, and so on: a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// How the flow differs: lines that begin with `- ` (missing), `+ ` (extra) or two spaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Reason {
    pub fn new(message: impl Into<String>) -> Reason {
        Reason { message: message.into(), ..Reason::default() }
    }

    pub fn at(self, at: Option<At>) -> Reason {
        Reason { at, ..self }
    }

    pub fn advice(self, advice: impl Into<String>) -> Reason {
        Reason { advice: Some(advice.into()), ..self }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub status: Status,
    /// Why it is not Pass, the weightiest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// The flow's hash.
    pub hash: String,
    /// The hash that the test asks for, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What does not change the status.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Reason>,
    /// What the record shows of the cause, for a run that did not pass: the last SIP exchange, codecs, who never answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// What each agent heard in each call with sound, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heard: Vec<String>,
}

/// Something that the record shows of why a run did not pass.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Finding {
    /// A lower-case phrase without a full stop: `the last SIP exchange of alice's call 1`.
    pub about: String,
    /// A line each.
    pub lines: Vec<String>,
}

/// A verdict's JSON: the verdict with the name and version of the format.
#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    format: String,
    version: u32,
    #[serde(flatten)]
    verdict: T,
}

impl Verdict {
    /// What `verdict.json` holds.
    pub fn to_json(&self) -> String {
        let versioned = Versioned { format: FORMAT.into(), version: VERSION, verdict: self };
        // plain data with text keys: nothing that JSON could not hold
        serde_json::to_string_pretty(&versioned).unwrap_or_default()
    }

    /// A verdict from its JSON.
    pub fn from_json(json: &str) -> Result<Verdict, Diagnostic> {
        let wrong = |what: String| Diagnostic::error(what).advice("run the test again");
        let read: Versioned<serde_json::Value> =
            serde_json::from_str(json).map_err(|error| wrong(format!("this is not a verdict: {error}")))?;
        if read.format != FORMAT {
            return Err(wrong(format!("this is not a verdict: its format is `{}`", read.format)));
        }
        if read.version != VERSION {
            let version = read.version;
            return Err(wrong(format!("this verdict has version {version}; this program reads version {VERSION}")));
        }
        serde_json::from_value(read.verdict).map_err(|error| wrong(format!("this verdict is damaged: {error}")))
    }
}
