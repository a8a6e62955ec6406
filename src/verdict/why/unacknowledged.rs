//! Answers without an ACK: a call is established for who sent the 200 only when its ACK comes (RFC 3261 section 13.3.1.4).

use super::Weighed;
use super::case::Case;
use super::row::Row;
use super::wording::{seconds, short, times};
use crate::verdict::Finding;

/// An answer that came so often was not acknowledged in time; one more may cross the ACK.
const OFTEN: u32 = 3;

pub fn find(case: &Case) -> Option<Weighed> {
    let dialog = case.dialog;
    let is_answer = |row: &&Row| row.method == "INVITE" && matches!(row.status, Some(200..300));
    let answer = dialog.rows.iter().rfind(is_answer)?;
    let open = dialog.unacknowledged && (answer.count > 1 || dialog.closed.is_some());
    let (about, verb) = match answer.out {
        true if open => (format!("{} was answered, and no ACK came", case.title()), "sent"),
        false if answer.count >= OFTEN => (format!("{}: the answer came again and again", case.title()), "received"),
        _ => return None,
    };
    let over = dialog.closed.as_ref().map_or(case.evidence.end, |(time, _)| *time);
    let waited = over - answer.first;
    // it had ended almost before it was answered
    let since =
        if waited < 10.0 { String::new() } else { format!(", the first time {} before the end", seconds(waited)) };
    let (code, phrase) = (answer.status.unwrap_or_default(), &answer.phrase);
    let mut lines = vec![format!("{code} {phrase} {verb} {}{since}", times(answer.count))];
    let contact = dialog.contact.as_deref().map_or("nobody: the answer has no Contact".into(), short);
    lines.push(match (answer.out, dialog.unacknowledged) {
        (true, _) => {
            format!("the peer's ACK has to go to {contact} (the Contact of the answer), by way of its Record-Route")
        }
        (false, true) => format!("{} sent no ACK for it", short(case.name)),
        (false, false) => format!("{} sent its ACK to {contact}: probably it does not arrive there", short(case.name)),
    });
    Some((90, Finding { about, lines }))
}
