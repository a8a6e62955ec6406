//! Transfers that came to nothing.

use super::case::{Case, Question};
use super::wording::short;
use super::{Weighed, connections, meanings};
use crate::event::Time;
use crate::verdict::Finding;

pub fn find(case: &Case, question: &Question) -> Option<Weighed> {
    let refer = case.dialog.refer.as_ref().filter(|refer| refer.taken)?;
    let evidence = case.evidence;
    let (by, to) = (case.who(&refer.src), evidence.names.of_uri(&refer.to));
    let whom = case.who(&refer.dst);
    let became = match &refer.progress {
        Some((200..300, ..)) => return None,
        Some((code @ 300.., phrase, _)) => format!("failed: {code} {phrase}"),
        _ if question.awaited.is_none() || evidence.end - refer.time < connections::UNDER_WAY => return None,
        _ => "has come to nothing so far".into(),
    };
    let mut lines = vec![format!("{}  {by} → {whom}  REFER to {to}, taken", evidence.clock(refer.time))];
    match &refer.progress {
        Some((code, phrase, time)) => {
            lines.push(format!("{}  {whom} → {by}  NOTIFY: {code} {phrase}", evidence.clock(*time)));
            lines.extend(meanings::status(*code).map(String::from));
        }
        None => lines.push(format!("{whom} told nothing of it (no NOTIFY)")),
    }
    lines.extend(case.command(&by, &["transfer", "atransferexec"], Time::ALWAYS..refer.time));
    Some((85, Finding { about: format!("{by}'s transfer of {} to {to} {became}", short(&whom)), lines }))
}
