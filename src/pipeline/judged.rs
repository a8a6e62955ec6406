//! A record → its verdict, with what explains it. The same for a run that has just ended and for one that is replayed.

use crate::flow::Flow;
use crate::record::Record;
use crate::verdict::{Evidence, Status, Verdict, judge};

/// `baseline` is the flow that the test should have, as far as one is known.
pub fn judged(record: &Record, flow: &Flow, baseline: Option<&str>) -> Verdict {
    let verdict = judge(record, flow, baseline);
    if matches!(verdict.status, Status::Pass | Status::Skipped) {
        return verdict;
    }
    let mut evidence = Evidence::new();
    record.events.iter().for_each(|event| evidence.event(event));
    Verdict { findings: evidence.findings(&verdict, flow, baseline), ..verdict }
}
