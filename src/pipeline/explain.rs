//! What a verdict that is not Pass is explained with: the record, and the flow of the last run that passed.

use super::deliver;
use crate::flow::Flow;
use crate::record::Record;
use crate::verdict::{Evidence, Status, Verdict};
use std::path::Path;

/// The verdict with its findings.
pub fn explained(record: &Record, flow: &Flow, verdict: Verdict, data_dir: &Path, test: &Path) -> Verdict {
    if matches!(verdict.status, Status::Pass | Status::Skipped) {
        return verdict;
    }
    let mut evidence = Evidence::new();
    record.events.iter().for_each(|event| evidence.event(event));
    let passed = deliver::last_passed(data_dir, test);
    Verdict { findings: evidence.findings(&verdict, flow, passed.as_deref()), ..verdict }
}
