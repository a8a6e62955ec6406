//! What a verdict that is not Pass is explained with: the record, and the flow of an earlier run.

use crate::flow::Flow;
use crate::record::Record;
use crate::verdict::{Evidence, Verdict};

/// The verdict with its findings. `baseline` is the flow of the last run that passed.
pub fn explained(record: &Record, flow: &Flow, verdict: Verdict, baseline: Option<&str>) -> Verdict {
    if !verdict.wants_findings() {
        return verdict;
    }
    let mut evidence = Evidence::new();
    record.events.iter().for_each(|event| evidence.event(event));
    Verdict { findings: evidence.findings(&verdict, flow, baseline), ..verdict }
}
