//! A ladder for a terminal: lanes as columns, a line for each message, and between them what became of calls.
//!
//! ```text
//!                     alice                              bob
//!    0.000             │────────── INVITE (SDP) ──────────>│
//!    0.001  +0.001     │<───────── 180 Ringing ────────────│
//! ```
//!
//! Where the lanes don't fit side by side, a line names both ends instead.

use super::columns::{Canvas, Keep, cut, tame, width_of, wrapped};
use super::{Ladder, Mark, MarkKind, Row};
use crate::event::Time;

/// The width of the times that a line begins with, in columns.
const TIMES: usize = 19;
/// Between two lanes at least, so that the usual labels fit, and at most.
const GAP: std::ops::RangeInclusive<usize> = 16..=34;
/// The longest name in a line that names both ends.
const NAME: usize = 22;
/// A mark that is cut shorter than this says nothing.
const TEXT: usize = 12;

/// The ladder in lines of `width` columns at most, with ANSI colours or without. No character that could steer the terminal.
pub fn draw(ladder: &Ladder, width: usize, colour: bool) -> String {
    let width = width.max(TIMES + 2 * TEXT);
    let sheet = Sheet { ladder, width, colour, columns: columns(ladder, width) };
    let mut text = sheet.heads();
    let mut times = Times::default();
    for item in items(ladder) {
        let (time, lines) = match item {
            Item::Row(row) => (row.time, vec![sheet.row(row)]),
            Item::Mark(mark) => (mark.time, sheet.mark(mark)),
        };
        let mut times = times.next(time);
        for line in lines {
            let line = format!("{times:TIMES$}{line}");
            text.push_str(line.trim_end());
            text.push('\n');
            times.clear();
        }
    }
    text.push_str(&summary(ladder));
    text
}

enum Item<'a> {
    Row(&'a Row),
    Mark(&'a Mark),
}

/// Rows and marks in the order of the record.
fn items(ladder: &Ladder) -> Vec<Item<'_>> {
    let rows = ladder.rows.iter().map(|row| (row.events.first().copied().unwrap_or_default(), Item::Row(row)));
    let marks = ladder.marks.iter().map(|mark| (mark.event, Item::Mark(mark)));
    let mut items: Vec<_> = rows.chain(marks).collect();
    items.sort_by_key(|(n, _)| *n);
    items.into_iter().map(|(_, item)| item).collect()
}

/// Seconds since the first line and since the line before.
#[derive(Default)]
struct Times(Option<(Time, Time)>);

impl Times {
    fn next(&mut self, time: Time) -> String {
        let (first, last) = self.0.unwrap_or((time, time));
        let begun = self.0.replace((first, time)).is_some();
        let since = format!("{:8.3}", (time - first) / 1000.0);
        if begun { format!("{since} {:>+8.3}", (time - last) / 1000.0) } else { since }
    }
}

/// The lanes' columns, from the first column after the times; none where they don't fit.
fn columns(ladder: &Ladder, width: usize) -> Option<Vec<usize>> {
    let room = width - TIMES - 1;
    let half = |name: &str| width_of(name).min(*GAP.start()) / 2;
    let (first, last) = (half(&ladder.lanes.first()?.name), half(&ladder.lanes.last()?.name));
    let between = ladder.lanes.len() - 1;
    if between == 0 {
        return Some(vec![first]);
    }
    let gap = room.checked_sub(first + last)? / between;
    (gap >= *GAP.start()).then(|| (0..=between).map(|lane| first + lane * gap.min(*GAP.end())).collect())
}

struct Sheet<'a> {
    ladder: &'a Ladder,
    width: usize,
    colour: bool,
    columns: Option<Vec<usize>>,
}

impl Sheet<'_> {
    fn room(&self) -> usize {
        self.width - TIMES
    }

    fn name(&self, lane: usize) -> &str {
        self.ladder.lanes.get(lane).map_or("", |lane| &lane.name)
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour && !code.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }

    /// The names above their lanes.
    fn heads(&self) -> String {
        let Some(columns) = &self.columns else { return String::new() };
        let gap = columns.get(1).map_or(self.room(), |second| second - columns[0] - 1);
        let mut line = Canvas::new(self.room());
        for (lane, column) in self.ladder.lanes.iter().zip(columns) {
            let end = if lane.agent { Keep::Start } else { Keep::End };
            let name = cut(&lane.name, gap.min(self.room()), end);
            let wide = width_of(&name);
            line.put(column.saturating_sub(wide / 2).min(self.room().saturating_sub(wide)), &name);
        }
        let line = format!("{}{}", " ".repeat(TIMES), line.text());
        format!("{}\n", self.paint("1", line.trim_end()))
    }

    fn empty(&self, columns: &[usize]) -> Canvas {
        let mut line = Canvas::new(self.room());
        for column in columns {
            line.put(*column, "│");
        }
        line
    }

    fn row(&self, row: &Row) -> String {
        let again = if row.retransmission { "↻ " } else { "" };
        let label = format!("{again}{}", row.label);
        let code = code(row);
        let Some(columns) = &self.columns else { return self.listed(row, &label, code) };
        let line = self.empty(columns);
        let (from, to) = (columns[row.from], columns[row.to]);
        if from == to {
            let (column, text) = beside(from, &format!("to itself: {label}"), self.room());
            return line.painted(column, &text, |text| self.paint(code, text));
        }
        let (left, right) = (from.min(to), from.max(to));
        let dash = if row.retransmission { "╌" } else { "─" };
        let inside = right - left - 1;
        let label = cut(&label, inside - 4, Keep::Start);
        let dashes = inside - 1 - 2 - width_of(&label);
        let (before, after) = (dash.repeat(dashes / 2), dash.repeat(dashes - dashes / 2));
        let arrow = match from < to {
            true => format!("{before} {label} {after}>"),
            false => format!("<{after} {label} {before}"),
        };
        line.painted(left + 1, &arrow, |text| self.paint(code, text))
    }

    /// A row where the lanes don't fit.
    fn listed(&self, row: &Row, label: &str, code: &str) -> String {
        let (from, to) = (self.padded(row.from), self.padded(row.to));
        let used = width_of(&from) + width_of(&to) + 5;
        let label = cut(label, self.room().saturating_sub(used).max(TEXT), Keep::Start);
        format!("{from} > {to}  {}", self.paint(code, &label))
    }

    /// A lane's name, as wide as all of them.
    fn padded(&self, lane: usize) -> String {
        let most = (self.room().saturating_sub(2 * TEXT + 5) / 2).min(NAME);
        let all = self.ladder.lanes.iter().map(|lane| width_of(&lane.name).min(most)).max();
        let keep = if self.ladder.lanes.get(lane).is_some_and(|lane| lane.agent) { Keep::Start } else { Keep::End };
        let name = cut(self.name(lane), most, keep);
        let missing = all.unwrap_or(0).saturating_sub(width_of(&name));
        format!("{name}{}", " ".repeat(missing))
    }

    fn mark(&self, mark: &Mark) -> Vec<String> {
        let code = match mark.kind {
            MarkKind::Call => "32",
            MarkKind::Closed | MarkKind::Media => "2",
            MarkKind::Problem => "1;31",
        };
        let named = |mark: &Mark| match mark.lane {
            Some(lane) => format!("{}: {}", self.name(lane), mark.text),
            None => mark.text.clone(),
        };
        if mark.kind == MarkKind::Problem {
            let lines = wrapped(&named(mark), self.room() - 2);
            let head = |n: usize| if n == 0 { "✗ " } else { "  " };
            let painted = |(n, line): (usize, &String)| self.paint(code, &format!("{}{line}", head(n)));
            return lines.iter().enumerate().map(painted).collect();
        }
        match (&self.columns, mark.lane) {
            (Some(columns), Some(lane)) => {
                let (column, text) = beside(columns[lane], &mark.text, self.room());
                vec![self.empty(columns).painted(column, &text, |text| self.paint(code, text))]
            }
            _ => vec![self.paint(code, &cut(&named(mark), self.room(), Keep::Start))],
        }
    }
}

/// A text beside a lane: where it goes, and the text with the dot that stands on the lane.
fn beside(lane: usize, text: &str, room: usize) -> (usize, String) {
    let text = tame(text);
    let wide = width_of(&text);
    let right = room.saturating_sub(lane + 2);
    if wide <= right || lane < right {
        return (lane, format!("● {}", cut(&text, right, Keep::Start)));
    }
    let text = cut(&text, lane.saturating_sub(1), Keep::Start);
    (lane - 1 - width_of(&text), format!("{text} ●"))
}

/// By class (RFC 3261 section 7.2), as ANSI codes.
fn code(row: &Row) -> &'static str {
    match row.status {
        0 => "",
        1..=199 => "36",
        200..=299 => "32",
        300..=399 => "33",
        _ => "31",
    }
}

/// `12 messages over TCP and UDP, 2 of them retransmissions (↻)`
fn summary(ladder: &Ladder) -> String {
    let mut transports: Vec<String> = ladder.rows.iter().map(|row| cut(&row.transport, TEXT, Keep::Start)).collect();
    transports.sort();
    transports.dedup();
    let again = ladder.rows.iter().filter(|row| row.retransmission).count();
    let again = if again > 0 { format!(", {again} sent again (↻)") } else { String::new() };
    match ladder.rows.len() {
        0 => "no SIP message was recorded\n".into(),
        1 => format!("1 message over {}\n", transports.join(", ")),
        n => format!("{n} messages over {}{again}\n", transports.join(", ")),
    }
}
