//! A run over time, as lanes: the script (its waits), then each agent (its process, calls, media, commands). A layout in percent of
//! the run's span, so that the page draws it at any width.

use super::text::{milliseconds, offset};
use crate::calls::Call;
use crate::event::{Body, Event, How, Note, Time};
use std::sync::Arc;

/// More bars and marks than that in a lane are not drawn.
const MOST: usize = 1_500;
/// The most calls of an agent that are drawn one below the other.
const LEVELS: usize = 6;
/// A bar is at least so wide, in percent: what was short can still be seen.
const NARROWEST: f64 = 0.2;
/// Pixels: above the first bar of a lane, from one bar to the next, below the last.
const TOP: usize = 16;
const STEP: usize = 22;
const BOTTOM: usize = 6;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timeline {
    pub ticks: Vec<Tick>,
    pub lanes: Vec<Lane>,
    /// Start and width of the time whose events are left out of the page.
    pub gap: Option<(f64, f64)>,
    /// How many bars and marks were not drawn.
    pub left_out: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Percent, as all positions here.
    pub x: f64,
    pub label: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    pub name: String,
    pub agent: bool,
    /// Pixels.
    pub height: usize,
    pub bars: Vec<Bar>,
    pub marks: Vec<Mark>,
}

/// Something that lasts.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    pub x: f64,
    pub width: f64,
    /// Pixels from the lane's top.
    pub y: usize,
    pub kind: &'static str,
    pub label: String,
    pub title: String,
}

/// A moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub x: f64,
    pub kind: &'static str,
    pub title: String,
    /// The event's number.
    pub n: u64,
}

/// Where a run began and how long it was, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: Time,
    length: f64,
}

impl Span {
    fn of(start: Time, events: &[Event]) -> Span {
        let times = || events.iter().map(|event| event.time).filter(|time| time.is_finite());
        let start = times().fold(if start.is_finite() { start } else { Time::EPOCH }, Time::min);
        let length = (times().fold(start, Time::max) - start).clamp(1.0, 1e12);
        Span { start, length }
    }

    /// 0 to 100, in hundredths.
    fn x(self, time: Time) -> f64 {
        let percent = 100.0 * (time - self.start) / self.length;
        if percent.is_finite() { (percent.clamp(0.0, 100.0) * 100.0).round() / 100.0 } else { 0.0 }
    }

    fn bar(self, from: Time, to: Time, y: usize, kind: &'static str) -> Bar {
        let x = self.x(from);
        let width = (self.x(to) - x).max(NARROWEST).min(100.0 - x);
        Bar { x, width: (width * 100.0).round() / 100.0, y, kind, label: String::new(), title: String::new() }
    }

    fn end(self) -> Time {
        self.start + self.length
    }
}

impl Timeline {
    /// `start` is when the run began; before the event at the place `gap`, some are left out.
    pub fn of(start: Time, events: &[Event], calls: &[Call], gap: Option<usize>) -> Timeline {
        let span = Span::of(start, events);
        let time = |place: usize| events.get(place).map(|event| event.time);
        let around = gap.and_then(|gap| Some((time(gap.checked_sub(1)?)?, time(gap)?)));
        let gap = around.map(|(from, to)| (span.x(from), (span.x(to) - span.x(from)).max(0.0)));
        let mut names: Vec<&Arc<str>> = vec![];
        for name in events.iter().filter_map(|event| event.agent.as_ref()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let mut lanes = vec![script(span, events)];
        lanes.extend(names.into_iter().map(|name| agent(span, name, events, calls)));
        let mut left_out = 0;
        for lane in &mut lanes {
            left_out += lane.bars.len().saturating_sub(MOST) + lane.marks.len().saturating_sub(MOST);
            lane.bars.truncate(MOST);
            lane.marks.truncate(MOST);
        }
        Timeline { ticks: ticks(span), lanes, gap, left_out }
    }
}

fn ticks(span: Span) -> Vec<Tick> {
    // about ten, at 1, 2 or 5 times a power of ten
    let rough = span.length / 10.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| *step >= rough).unwrap_or(rough);
    let last = (span.length / step).floor() as usize;
    let label = |passed: f64| match step {
        _ if passed == 0.0 => "0".to_string(),
        0.0..1.0 => format!("{passed:.1} ms"),
        1.0..100.0 => format!("{passed:.0} ms"),
        100.0..1000.0 => format!("{:.1} s", passed / 1000.0),
        _ => format!("{:.0} s", passed / 1000.0),
    };
    (0..=last.min(20))
        .map(|n| Tick { x: span.x(span.start + n as f64 * step), label: label(n as f64 * step) })
        .collect()
}

/// What the script does: its waits, until it does something else, and what it finds.
fn script(span: Span, events: &[Event]) -> Lane {
    let mut bars: Vec<Bar> = vec![];
    let mut marks = vec![];
    let mut waiting: Option<(Time, &str)> = None;
    let mut end = |waiting: &mut Option<(Time, &str)>, time: Time| {
        if let Some((from, what)) = waiting.take().filter(|(from, _)| time - *from >= 1.0) {
            let title = format!("waits for {what}: {}", milliseconds(time - from));
            let kind = if what == "sleep" { "sleep" } else { "wait" };
            bars.push(Bar { label: what.to_string(), title, ..span.bar(from, time, TOP, kind) });
        }
    };
    for event in events {
        let mut mark = |kind: &'static str, title: String| {
            marks.push(Mark { x: span.x(event.time), kind, title, n: event.n });
        };
        match &event.body {
            // what `uanew` sends when its agent is ready is no step of its own
            Body::Command(command) if command.at.is_some() => end(&mut waiting, event.time),
            Body::Note(Note::Waiting { what, .. }) => {
                end(&mut waiting, event.time);
                waiting = Some((event.time, what));
            }
            Body::Note(Note::CheckFailed { message, .. }) => {
                end(&mut waiting, event.time);
                mark("failed", message.clone());
            }
            Body::Note(Note::StepBegins { name, .. }) => {
                end(&mut waiting, event.time);
                mark("step", name.clone());
            }
            Body::Note(Note::Print { text }) => {
                end(&mut waiting, event.time);
                mark("print", text.clone());
            }
            Body::Note(Note::StepsDone) => end(&mut waiting, event.time),
            Body::Note(Note::Ended(ended)) => {
                end(&mut waiting, event.time);
                match ended.how {
                    How::Finished => mark("end", "the script came to its end".into()),
                    How::Failed | How::Error => mark("failed", ended.message.clone()),
                    How::Cancelled | How::Skipped => mark("end", ended.message.clone()),
                }
            }
            Body::Note(Note::Validated { ended, .. }) if ended.how != How::Finished => {
                mark("failed", ended.message.clone())
            }
            _ => {}
        }
    }
    end(&mut waiting, span.end());
    Lane { name: "script".into(), agent: false, height: TOP + STEP + BOTTOM, bars, marks }
}

fn agent(span: Span, name: &Arc<str>, events: &[Event], calls: &[Call]) -> Lane {
    let mut bars = vec![];
    let mut marks = vec![];
    let mut started: Option<Time> = None;
    let own = || events.iter().filter(|event| event.agent.as_ref() == Some(name));
    let stopped = |bars: &mut Vec<Bar>, from: Time, to: Time| bars.push(span.bar(from, to, TOP / 2 - 1, "process"));
    for event in own() {
        let mut mark = |kind: &'static str, title: String| {
            marks.push(Mark { x: span.x(event.time), kind, title, n: event.n });
        };
        match &event.body {
            Body::Note(Note::AgentStarting { .. }) => started = Some(event.time),
            Body::Note(Note::AgentReady { milliseconds: took }) => {
                let title = format!("starts: ready after {}", milliseconds(*took));
                let from = started.unwrap_or(event.time);
                bars.push(Bar { title, ..span.bar(from, event.time, TOP / 2 - 1, "starting") });
                started = Some(event.time);
            }
            Body::Note(Note::AgentStopped { .. }) => {
                stopped(&mut bars, started.take().unwrap_or(event.time), event.time);
            }
            Body::Note(Note::AgentLost { status }) => {
                stopped(&mut bars, started.take().unwrap_or(event.time), event.time);
                mark("failed", format!("went away by itself: {status}"));
            }
            Body::Command(command) => {
                let who = if command.at.is_some() { "command" } else { "host command" };
                mark("command", format!("{who} {}", command.text));
            }
            Body::Response(response) if !response.ok => mark("failed", format!("refused: {}", response.data)),
            Body::Event(said) => {
                let kind = match said.name.as_str() {
                    "REGISTER_FAIL" | "TRANSFER_FAILED" | "AUDIO_ERROR" => "failed",
                    "REGISTER_OK" | "CALL_DTMF_START" | "TRANSFER" | "MESSAGE" | "REFER" | "CALL_INCOMING" => "event",
                    _ => continue,
                };
                mark(kind, format!("{} {}", said.name, said.param));
            }
            _ => {}
        }
    }
    if let Some(from) = started {
        stopped(&mut bars, from, span.end());
    }
    let levels = call_bars(span, calls.iter().filter(|call| call.agent == *name), &mut bars);
    Lane { name: name.to_string(), agent: true, height: TOP + levels.max(1) * STEP + BOTTOM, bars, marks }
}

/// Each call as bars: ringing, talking, holding, its media below. Gives how many calls there were at once.
fn call_bars<'a>(span: Span, calls: impl Iterator<Item = &'a Call>, bars: &mut Vec<Bar>) -> usize {
    // until when each level is taken
    let mut levels: Vec<Time> = vec![];
    for call in calls {
        let closed = call.closed.unwrap_or(span.end());
        let level = match levels.iter().position(|taken| *taken <= call.begun) {
            Some(level) => level,
            None if levels.len() < LEVELS => {
                levels.push(Time::EPOCH);
                levels.len() - 1
            }
            None => LEVELS - 1,
        };
        levels[level] = closed;
        let y = TOP + level * STEP;
        let answered = call.established.unwrap_or(closed);
        let about = |what: &str, from: Time, to: Time| {
            let Call { number, direction, peer, .. } = call;
            let from_to = format!("{} to {} s", offset(from, span.start), offset(to, span.start));
            format!("call {number}, {direction} {peer}: {what}, {} ({from_to})", milliseconds(to - from))
        };
        let unanswered = if call.established.is_some() { "ringing" } else { "unanswered" };
        let title = about(if call.established.is_some() { "rings" } else { "never answered" }, call.begun, answered);
        let label = if call.established.is_none() { call.peer.clone() } else { String::new() };
        bars.push(Bar { title, label, ..span.bar(call.begun, answered, y, unanswered) });
        if let Some(from) = call.established {
            let title = format!("{}; closed: {}", about("talks", from, closed), call.reason());
            bars.push(Bar { label: call.peer.clone(), title, ..span.bar(from, closed, y, "talking") });
        }
        for (from, to) in &call.holds {
            let to = to.unwrap_or(closed);
            bars.push(Bar { title: about("on hold", *from, to), ..span.bar(*from, to, y, "hold") });
        }
        if let Some(from) = call.media {
            bars.push(Bar { title: about("receives RTP", from, closed), ..span.bar(from, closed, y + 16, "media") });
        }
    }
    levels.len()
}

#[cfg(test)]
#[path = "timeline_tests.rs"]
mod tests;
