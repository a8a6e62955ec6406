//! Messages that the agent could not use, because they break the rules of SIP.

use super::case::Case;
use super::wording::short;
use super::{LINES, Weighed};
use crate::event::closed_reason;
use crate::verdict::Finding;

pub fn find(case: &Case) -> Option<Weighed> {
    let (first, more) = case.dialog.malformed.split_first()?;
    let from = case.who(&first.src);
    let mut lines = vec![first.why.to_string(), format!("it came from {from} at {}", case.evidence.clock(first.time))];
    if let Some((_, param)) = case.dialog.closed.as_ref().filter(|(time, _)| *time >= first.time) {
        lines.push(format!("{} closed the call: {}", short(case.name), short(&closed_reason(param).in_words())));
    }
    lines.extend(more.iter().take(LINES - 4).map(|wrong| wrong.what.clone()));
    Some((95, Finding { about: format!("{}: {}", case.title(), first.what), lines }))
}
