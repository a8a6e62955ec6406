//! The first event that differs from the last run that passed.

use super::Weighed;
use crate::flow::{Flow, first_difference};
use crate::verdict::{Finding, Status, Verdict};

/// None where the verdict shows a difference of flows already, or the run broke off: what did not come in it is no cause.
pub fn find(verdict: &Verdict, flow: &Flow, baseline: Option<&str>) -> Option<Weighed> {
    if verdict.status == Status::Error || verdict.reasons.iter().any(|reason| reason.diff.is_some()) {
        return None;
    }
    let difference = first_difference(baseline?, flow.text())?;
    let about = "the first difference from the last run that passed".into();
    Some((50, Finding { about, lines: vec![difference.to_string()] }))
}
