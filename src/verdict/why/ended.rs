//! A call that ended while the test waited for something in it.

use super::Weighed;
use super::case::{Case, Question};
use super::responses::reasons;
use super::wording::{after, seconds, short};
use crate::event::{ClosedBy, closed_reason};
use crate::verdict::Finding;

pub fn find(case: &Case, question: &Question) -> Option<Weighed> {
    let dialog = case.dialog;
    let established = dialog.established?;
    if (question.awaits("CALL_CLOSED") || question.awaits("SIP BYE")) && dialog.closed.is_none() && dialog.end.is_none()
    {
        let lasted = case.evidence.end - established;
        let lines = vec![format!("neither side sent BYE; the call has been up for {}", seconds(lasted))];
        return Some((77, Finding { about: format!("nobody hung up in {}", case.title()), lines }));
    }
    // a test that waits for the end knows of it
    if question.awaited.is_none() || question.awaits("CALL_CLOSED") || question.awaits("BYE") {
        return None;
    }
    let title = case.title();
    if let Some(end) = dialog.end.as_ref().filter(|end| !end.cancelled) {
        let by = case.who(&end.src);
        let mut lines: Vec<String> = vec![format!("{by} sent BYE {}", after(end.time - established, "the answer"))];
        lines.extend(case.command(&by, &["hangup", "transfer", "uadel", "quit"], established..end.time));
        lines.extend(end.reason.iter().flat_map(|reason| reasons(reason)));
        return Some((73, Finding { about: format!("{title} had already ended: {by} hung up"), lines }));
    }
    let (time, param) = dialog.closed.as_ref()?;
    let reason = closed_reason(param);
    // told elsewhere, or in the exchange
    if matches!(reason.by, ClosedBy::NoRtp | ClosedBy::Code(_) | ClosedBy::NoCodec) {
        return None;
    }
    let why = short(&reason.in_words());
    let lines = vec![format!("{} closed it {}", short(case.name), after(*time - established, "the answer"))];
    Some((73, Finding { about: format!("{title} had already ended: {why}"), lines }))
}
