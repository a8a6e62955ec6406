//! The first event that came in place of another, or beside those of the last run that passed. What did not come, as the test broke off
//! before it, is no cause: its own hang-up, say.

use super::Weighed;
use crate::flow::{Flow, differences};
use crate::verdict::{Finding, Status, Verdict};

/// None where the verdict shows a difference of flows already, or the run broke off: what did not come in it is no cause.
pub fn find(verdict: &Verdict, flow: &Flow, baseline: Option<&str>) -> Option<Weighed> {
    if verdict.status == Status::Error || verdict.reasons.iter().any(|reason| reason.diff.is_some()) {
        return None;
    }
    let difference = differences(baseline?, flow.text()).into_iter().find(|difference| difference.extra.is_some())?;
    let about = "the first difference from the last run that passed".into();
    Some((50, Finding { about, lines: vec![difference.to_string()] }))
}
