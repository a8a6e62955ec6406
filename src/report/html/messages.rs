//! The SIP ladder of a run as its page draws it, and the messages behind it as JSON for the page's script.

use super::text::{self, brief, offset, shown};
use crate::event::{Body, Event, How, Note, SipEvent, Time};
use crate::report::ladder::{Ladder, Mark, MarkKind, Row};
use crate::verdict::Status;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// A ladder, laid out in percent of its width.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LadderView {
    pub lanes: Vec<LaneView>,
    pub rows: Vec<RowView>,
    /// What happened after the last message.
    pub last: Vec<MarkView>,
    /// `12 messages`
    pub count: String,
    /// Which row comes nearest to why the run did not pass.
    pub failure: Option<usize>,
    /// What the page's script shows of each row, see [`inert`].
    pub json: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LaneView {
    pub name: String,
    pub agent: bool,
    pub addresses: String,
    /// Percent.
    pub x: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RowView {
    /// Seconds since the run's start.
    pub time: String,
    pub from: f64,
    /// Where the arrow's head is: a little before its lane.
    pub to: f64,
    pub middle: f64,
    /// Both ends are one lane.
    pub itself: bool,
    pub leftwards: bool,
    /// `request`, `provisional`, `success`, `redirect`, `failure`.
    pub class: &'static str,
    pub label: String,
    /// The numbers of its events, separated by blanks.
    pub events: String,
    pub retransmission: bool,
    /// What happened before it, since the message above.
    pub before: Vec<MarkView>,
    /// The one of [`LadderView::failure`].
    pub failing: bool,
    /// Said to those who cannot see the arrow.
    pub spoken: String,
}

/// Something between the messages.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkView {
    pub time: String,
    /// Of its agent's lane, percent; none for what the script says.
    pub x: Option<f64>,
    /// Its text stands to the left of the lane: there is more room.
    pub leftwards: bool,
    pub class: &'static str,
    pub text: String,
}

/// A row's message, for the script.
#[derive(Debug, Serialize)]
struct Message<'a> {
    /// Rows of one transaction have the same.
    transaction: usize,
    label: String,
    from: &'a str,
    to: &'a str,
    src: String,
    dst: String,
    transport: String,
    retransmission: bool,
    /// Milliseconds since the run's start.
    time: f64,
    /// Who recorded it, and when.
    seen: Vec<(String, String)>,
    raw: String,
}

/// `start` is when the run began. Of the ladder, only messages among the events have their text.
pub fn ladder(ladder: &Ladder, events: &[Event], start: Time, status: Status) -> LadderView {
    let count = ladder.lanes.len().max(1) as f64;
    let x = |lane: usize| ((lane as f64 + 0.5) * 10_000.0 / count).round() / 100.0;
    let lanes: Vec<LaneView> = ladder
        .lanes
        .iter()
        .enumerate()
        .map(|(index, lane)| LaneView {
            name: shown(&lane.name),
            agent: lane.agent,
            addresses: shown(&lane.addresses.join(", ")),
            x: x(index),
        })
        .collect();
    let by_number: BTreeMap<u64, &Event> = events.iter().map(|event| (event.n, event)).collect();
    let name = |lane: usize| lanes.get(lane).map_or("?", |lane| lane.name.as_str());
    let mut transactions: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut rows = vec![];
    let mut messages = vec![];
    // both are in the order of the record
    let mut marks = ladder.marks.iter().peekable();
    for row in &ladder.rows {
        let first = row.events.first().copied().unwrap_or_default();
        let before = std::iter::from_fn(|| marks.next_if(|mark| mark.event < first));
        let before = before.map(|mark| mark_view(mark, x, start)).collect();
        let next = transactions.len();
        // ACK and CANCEL have the number of what they belong to, so they light up with it
        let number = row.cseq.split_whitespace().next().unwrap_or_default();
        let transaction = *transactions.entry((&row.call_id, number)).or_insert(next);
        rows.push(RowView { before, ..view(row, x, &name, start) });
        messages.push(message(row, &by_number, &name, start, transaction));
    }
    let failure = match status {
        Status::Pass | Status::Skipped => None,
        _ => first_failure(&ladder.rows, events),
    };
    if let Some(row) = failure.and_then(|failure| rows.get_mut(failure)) {
        row.failing = true;
    }
    let count = text::count(rows.len(), "message");
    let last = marks.map(|mark| mark_view(mark, x, start)).collect();
    LadderView { failure, json: inert(&messages), lanes, rows, last, count }
}

fn view<'a>(row: &Row, x: impl Fn(usize) -> f64, name: &impl Fn(usize) -> &'a str, start: Time) -> RowView {
    let (from, to) = (x(row.from), x(row.to));
    let label = shown(&row.label);
    let again = if row.retransmission { ", sent again" } else { "" };
    RowView {
        time: offset(row.time, start),
        from,
        to,
        middle: (from + to) / 2.0,
        itself: row.from == row.to,
        leftwards: to < from,
        class: match row.status {
            0..100 => "request",
            100..200 => "provisional",
            200..300 => "success",
            300..400 => "redirect",
            _ => "failure",
        },
        spoken: format!("{label} from {} to {}{again}", name(row.from), name(row.to)),
        label,
        events: row.events.iter().map(u64::to_string).collect::<Vec<_>>().join(" "),
        retransmission: row.retransmission,
        before: vec![],
        failing: false,
    }
}

fn mark_view(mark: &Mark, x: impl Fn(usize) -> f64, start: Time) -> MarkView {
    let x = mark.lane.map(x);
    MarkView {
        time: offset(mark.time, start),
        x,
        leftwards: x.is_some_and(|x| x > 50.0),
        class: match mark.kind {
            MarkKind::Call => "call",
            MarkKind::Closed => "closed",
            MarkKind::Media => "media",
            MarkKind::Problem => "problem",
        },
        text: brief(&mark.text),
    }
}

fn message<'a>(
    row: &Row,
    events: &BTreeMap<u64, &Event>,
    name: &impl Fn(usize) -> &'a str,
    start: Time,
    transaction: usize,
) -> Message<'a> {
    let mut recorded: Vec<(&Event, &SipEvent)> = row
        .events
        .iter()
        .filter_map(|n| match events.get(n) {
            Some(event @ Event { body: Body::Sip(sip), .. }) => Some((*event, &**sip)),
            _ => None,
        })
        .collect();
    // the two agents' words race each other into the record
    recorded.sort_by_key(|(_, sip)| sip.direction != "OUT");
    let first = recorded.first().map(|(_, sip)| *sip);
    let seen = recorded.iter().map(|(event, sip)| {
        let who = event.agent.as_deref().unwrap_or("?");
        let did = if sip.direction == "OUT" { "sent by" } else { "received by" };
        (format!("{did} {}", shown(who)), offset(event.time, start))
    });
    Message {
        transaction,
        label: shown(&row.label),
        from: name(row.from),
        to: name(row.to),
        src: first.map(|sip| shown(&sip.src)).unwrap_or_default(),
        dst: first.map(|sip| shown(&sip.dst)).unwrap_or_default(),
        transport: shown(&row.transport),
        retransmission: row.retransmission,
        time: if row.time.is_finite() { row.time - start } else { 0.0 },
        seen: seen.collect(),
        raw: first.map(|sip| shown(&sip.param)).unwrap_or_default(),
    }
}

/// The first message that says no (but for a challenge: 401 and 407 ask for credentials), else the first request that nobody had
/// answered when a check failed. None where no message is at fault.
fn first_failure(rows: &[Row], events: &[Event]) -> Option<usize> {
    let says_no = |row: &Row| row.status >= 400 && !matches!(row.status, 401 | 407) && !row.retransmission;
    if let Some(row) = rows.iter().position(says_no) {
        return Some(row);
    }
    let failed = events.iter().find(|event| match &event.body {
        Body::Note(Note::CheckFailed { .. } | Note::AgentLost { .. }) => true,
        Body::Note(Note::Ended(ended)) => matches!(ended.how, How::Failed | How::Error),
        _ => false,
    });
    let time = failed?.time;
    let answered: HashSet<(&str, &str)> =
        rows.iter().filter(|row| row.status > 0).map(|row| (row.call_id.as_str(), row.cseq.as_str())).collect();
    rows.iter().position(|row| {
        let asks = row.status == 0 && row.method != "ACK" && row.time <= time;
        asks && !answered.contains(&(row.call_id.as_str(), row.cseq.as_str()))
    })
}

/// JSON for a `<script type="application/json">`: no character in it means anything to HTML.
pub fn inert(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_else(|_| "[]".into());
    let mut inert = String::with_capacity(json.len() + json.len() / 16);
    for c in json.chars() {
        match c {
            // these stand in JSON's strings only
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => inert.push_str(&format!("\\u{:04x}", c as u32)),
            _ => inert.push(c),
        }
    }
    inert
}

#[cfg(test)]
#[path = "messages_tests.rs"]
mod tests;
