//! The last SIP exchange: a request and what came of it, a line each.

use super::case::Case;
use super::row::Row;
use super::wording::{seconds, short, times};
use super::{LINES, Weighed};
use crate::verdict::Finding;
use std::collections::BTreeSet;

pub fn find(case: &Case) -> Option<Weighed> {
    let rows: Vec<&Row> = case.dialog.exchange().collect();
    if rows.is_empty() {
        return None;
    }
    let tags = rows.iter().filter(|row| row.status.is_some() && row.method == "INVITE").map(|row| row.tag.as_str());
    let tags: BTreeSet<&str> = tags.filter(|tag| !tag.is_empty()).collect();
    // several phones answer one INVITE (RFC 3261 section 13.2.2.4)
    let forked = tags.len() > 1;
    let mut lines: Vec<String> = rows.iter().map(|row| line(case, row, forked)).collect();
    if lines.len() > LINES {
        // the request, and how it ended
        let left_out = lines.len() + 1 - LINES;
        lines.splice(1..=left_out, ["… more messages".to_string()]);
    }
    Some((60, Finding { about: format!("the last SIP exchange of {}", case.title()), lines }))
}

/// `0.021 s  alice → bob  INVITE with SDP, sent 4 times in 3.5 s`
fn line(case: &Case, row: &Row, forked: bool) -> String {
    let what = match row.status {
        None => row.method.clone(),
        Some(code) if row.method == "INVITE" || code >= 300 => format!("{code} {}", row.phrase),
        // which of several requests it is for
        Some(code) => format!("{code} {} to {}", row.phrase, row.method),
    };
    let sdp = if row.sdp { " with SDP" } else { "" };
    let again = match row.count {
        1 => String::new(),
        count => {
            let verb = if row.out { "sent" } else { "received" };
            format!(", {verb} {} in {}", times(count), seconds(row.last - row.first))
        }
    };
    let tag = match forked && row.status.is_some() && !row.tag.is_empty() {
        true => format!(", To tag {}", short(&row.tag)),
        false => String::new(),
    };
    let clock = case.evidence.clock(row.first);
    format!("{clock}  {} → {}  {}{sdp}{tag}{again}", case.who(&row.src), case.who(&row.dst), what.trim_end())
}
