//! How tests are to be run, and who watches.

use super::case::Case;
use super::execute::Ran;
use crate::engine::ScriptLimits;
use crate::event::Log;
use crate::record::Header;
use crate::report::results::TestResult;
use std::sync::Arc;

/// How a person wants the tests to be run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many tests at once.
    pub jobs: usize,
    /// How often one that fails is tried again.
    pub retries: u32,
    /// How often each test is run, from 1; what the test says itself (`_run`) comes on top.
    pub repeat: u32,
    /// No further test is begun after one has failed.
    pub fail_fast: bool,
    pub keep: Keep,
    /// The tests begin in the order given, even if others first would be done sooner.
    pub keeps_order: bool,
    pub limits: ScriptLimits,
}

impl Default for Plan {
    fn default() -> Plan {
        let (jobs, retries, repeat) = (1, 0, 1);
        let limits = ScriptLimits::default();
        Plan { jobs, retries, repeat, fail_fast: false, keep: Keep::All, keeps_order: false, limits }
    }
}

/// Which runs' folders stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    All,
    /// All attempts of tests that failed, were flaky or could not be carried out.
    Failed,
    None,
}

/// Watches what happens, from the threads on which it happens. `unit` numbers the tests from 0, those of a second `--repeat` after all of
/// the first.
pub trait Watcher: Sync {
    /// A run begins; its log is empty yet.
    fn begins(&self, unit: usize, case: &Case, header: &Header, log: &Arc<Log>);
    /// A run is judged; its folder is still there.
    fn ran(&self, unit: usize, ran: &Ran);
    /// A repetition is over, with all its attempts; or the test could not begin.
    fn ended(&self, unit: usize, result: &TestResult);
    /// Nothing more comes of this unit.
    fn done(&self, unit: usize);
}
