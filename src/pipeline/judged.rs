//! Judges a record and explains the verdict, for a run that has just ended and for a replayed one.

use crate::diagnostic::Diagnostic;
use crate::event::Events;
use crate::record::Header;
use crate::verdict::{Evidence, Judged, Status, judge};

/// `baseline` is the flow that the test should have, as far as one is known.
///
/// # Errors
/// The events can't be read.
pub fn judged(header: &Header, events: &(impl Events + ?Sized), baseline: Option<&str>) -> Result<Judged, Diagnostic> {
    let mut judged = judge(header, events, baseline)?;
    let passes = judged.verdict.status == Status::Pass;
    let is_explained = !matches!(judged.verdict.status, Status::Pass | Status::Skipped);
    if (passes && judged.over_connections) || is_explained || judged.unheard {
        let mut evidence = Evidence::new(header.time);
        events.each(&mut |event| evidence.event(event))?;
        if passes {
            judged.fails_by(evidence.unsent());
        }
        if judged.unheard {
            judged.heard_nothing(evidence.unheard());
        }
        evidence.explain(&mut judged.verdict, &judged.flow, baseline);
    }
    Ok(judged)
}
