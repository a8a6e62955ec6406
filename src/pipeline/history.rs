//! The memory of each test, independent of its runs' folders: its last result, its duration, and
//! the flow of its last pass.

use super::case::TestId;
use super::replace::replace;
use crate::event::Time;
use crate::verdict::TestStatus;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// `<data_dir>/history/`: for each test a JSON file, and its flow beside it.
#[derive(Debug, Clone)]
pub struct History(PathBuf);

/// What is known of a test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// The test's file as an absolute path, and its block.
    pub test: String,
    pub status: TestStatus,
    /// The id of its last run.
    pub run: String,
    /// When that began.
    pub time: Time,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How many agents it had.
    pub agents: usize,
    /// The id of its last run that passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<String>,
    /// A digest of the values that its last run that passed was given (`--define`); empty where it was given none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub given: String,
}

/// A digest of given values, which may be secret.
pub fn given(defines: &[(String, String)]) -> String {
    let mut defines: Vec<_> = defines.iter().collect();
    defines.sort();
    match defines.is_empty() {
        true => String::new(),
        false => hex(&Sha256::digest(format!("{defines:?}")), 8),
    }
}

fn hex(bytes: &[u8], count: usize) -> String {
    bytes.iter().take(count).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

impl History {
    pub fn of(data_dir: &Path) -> History {
        History(data_dir.join("history"))
    }

    /// A name that no other test has, whatever its path holds.
    fn file(&self, test: &TestId, extension: &str) -> PathBuf {
        let mut key = absolute(test).into_os_string().into_encoded_bytes();
        if test.stored {
            // no path holds one
            key.insert(0, 0);
        }
        if let Some(block) = &test.block {
            key.push(0);
            key.extend(block.bytes());
        }
        let key = hex(&Sha256::digest(key), 12);
        self.0.join(format!("{key}.{extension}"))
    }

    /// None where it never ran here; what can't be read counts as that.
    pub fn past(&self, test: &TestId) -> Option<Past> {
        serde_json::from_slice(&std::fs::read(self.file(test, "json")).ok()?).ok()
    }

    /// The flow of its last pass, where that was given the same values.
    pub fn flow(&self, test: &TestId, given: &str) -> Option<String> {
        self.past(test).filter(|past| past.given == given)?;
        std::fs::read_to_string(self.file(test, "flow")).ok()
    }

    /// Remembers a run.
    pub fn remember(&self, test: &TestId, mut past: Past, flow: &str) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.0)?;
        let before = self.past(test);
        past.test = TestId { file: absolute(test), ..test.clone() }.to_string();
        let passed = matches!(past.status, TestStatus::Pass | TestStatus::Flaky);
        if passed {
            past.passed = Some(past.run.clone());
        } else {
            (past.passed, past.given) = before.map(|before| (before.passed, before.given)).unwrap_or_default();
        }
        if passed {
            replace(&self.file(test, "flow"), flow)?;
        }
        replace(&self.file(test, "json"), &serde_json::to_string_pretty(&past)?)
    }
}

fn absolute(test: &TestId) -> PathBuf {
    let file = &test.file;
    if test.stored {
        return file.clone();
    }
    file.canonicalize().unwrap_or_else(|_| std::path::absolute(file).unwrap_or_else(|_| file.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(status: TestStatus, run: &str) -> Past {
        let given = given(&[("PEER".into(), "h:1".into())]);
        Past {
            test: String::new(),
            status,
            run: run.into(),
            time: Time(1.0),
            seconds: 2.5,
            agents: 2,
            passed: None,
            given,
        }
    }

    #[test]
    fn the_last_run_and_the_flow_of_the_last_pass_are_remembered() {
        let data = tempfile::tempdir().unwrap();
        let history = History::of(data.path());
        let test = TestId::of_file(&data.path().join("../a test"));
        assert_eq!((history.past(&test), history.flow(&test, "")), (None, None));
        for (status, run, flow) in [
            (TestStatus::Fail, "1", "first"),
            (TestStatus::Fail, "2", "worse"),
            (TestStatus::Flaky, "3", "good"),
            (TestStatus::Error, "4", "broken"),
        ] {
            history.remember(&test, past(status, run), flow).unwrap();
            let (same, other) = (given(&[("PEER".into(), "h:1".into())]), given(&[("PEER".into(), "h:2".into())]));
            assert_eq!(history.flow(&test, &same).as_deref(), (run >= "3").then_some("good"));
            assert_eq!(history.flow(&test, &other), None);
        }
        let last = history.past(&test).unwrap();
        assert_eq!((last.status, last.run.as_str(), last.passed.as_deref()), (TestStatus::Error, "4", Some("3")));
        assert_eq!(history.past(&TestId::of_file(&data.path().join("other"))), None);
        assert_eq!(history.past(&TestId { block: Some("a test of several".into()), ..test }), None);
    }
}
