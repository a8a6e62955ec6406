//! One event as one line for a terminal: what a run shows while it goes on, and what a replay prints.
//!
//! ```text
//!   +0.012  alice     > dial sip:bob@127.0.0.1:5062  (calls:8:1)
//!   +0.013  alice     -> INVITE to bob, UDP
//!   +0.015  alice     <- 180 Ringing (INVITE) from bob, UDP
//!   +0.015  alice     CALL_RINGING  bob
//! ```

use super::paint::{Paint, count, cut, safe};
use super::told::place;
use crate::calls::heard_line;
use crate::event::{AgentEvent, At, Body, Ended, Event, How, LogLine, Note, Response, SipEvent, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is shown of the agents' own logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logs {
    /// Warnings and errors.
    Grave,
    All,
}

/// The most characters of a line's text.
const LENGTH: usize = 200;
/// The most characters of what an agent answers to a command that it took.
const ANSWER: usize = 60;
/// Columns of the agents' names: at least, and at most.
const NAMES: (usize, usize) = (8, 24);
/// ANSI codes that tell agents apart; none of those that tell good from bad.
const COLOURS: [&str; 6] = ["36", "35", "34", "96", "95", "94"];

/// Writes the events of one run as lines. It takes them in the order of the log: from those that it has seen it knows who
/// an address belongs to.
#[derive(Debug)]
pub struct EventLines {
    started: Time,
    logs: Logs,
    paint: Paint,
    /// In the order in which they came.
    agents: Vec<Arc<str>>,
    addresses: BTreeMap<String, Arc<str>>,
}

impl EventLines {
    /// `started` is when the run began: times are relative to it.
    pub fn new(started: Time, logs: Logs, colour: bool) -> EventLines {
        EventLines { started, logs, paint: Paint(colour), agents: vec![], addresses: BTreeMap::new() }
    }

    /// The event's line with its end; none for one that is not shown.
    pub fn line(&mut self, event: &Event) -> Option<String> {
        self.learn(event);
        let text = cut(&self.text(&event.body)?, LENGTH);
        let text = match self.is_bad(&event.body) {
            Some(true) => self.paint.red(&text),
            Some(false) => self.paint.yellow(&text),
            None => text,
        };
        let time = self.paint.faint(&format!("{:>+9.3}", (event.time - self.started) / 1000.0));
        Some(format!("{time}  {}  {text}\n", self.name(event.agent.as_ref())))
    }

    fn learn(&mut self, event: &Event) {
        let Some(agent) = &event.agent else { return };
        if !self.agents.contains(agent) {
            self.agents.push(agent.clone());
        }
        if let Body::Note(Note::AgentStarting { address, .. }) = &event.body {
            let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
            self.addresses.insert(address.clone(), agent.clone());
            // TLS is at the port after it
            let tls = port.parse::<u16>().ok().and_then(|port| port.checked_add(1));
            self.addresses.extend(tls.map(|port| (format!("{host}:{port}"), agent.clone())));
        }
    }

    fn name(&self, agent: Option<&Arc<str>>) -> String {
        let longest = self.agents.iter().map(|agent| agent.chars().count()).max().unwrap_or_default();
        let width = longest.clamp(NAMES.0, NAMES.1);
        let name = cut(&safe(agent.map_or("", |agent| agent)), width);
        let padded = format!("{name:width$}");
        match agent.and_then(|agent| self.agents.iter().position(|known| known == agent)) {
            Some(place) => self.paint.with(COLOURS[place % COLOURS.len()], &padded),
            None => padded,
        }
    }

    fn text(&self, body: &Body) -> Option<String> {
        match body {
            Body::Event(event) => (event.name != "MODULE").then(|| self.event(event)),
            Body::Sip(sip) => Some(self.sip(sip)),
            Body::Log(line) => (self.logs == Logs::All || is_grave(line)).then(|| log(line)),
            Body::Command(command) => Some(format!("> {}{}", safe(&command.text), at(command.at.as_ref()))),
            Body::Response(response) => Some(answer(response)),
            Body::Note(told) => Some(note(told)),
        }
    }

    /// Red, yellow, or none of both.
    fn is_bad(&self, body: &Body) -> Option<bool> {
        match body {
            Body::Sip(sip) => sip.status.filter(|status| *status >= 400).map(|_| true),
            Body::Log(line) => is_grave(line).then_some(line.level == "error"),
            Body::Response(response) => (!response.ok).then_some(true),
            Body::Note(Note::AgentLost { .. } | Note::CheckFailed { .. }) => Some(true),
            Body::Note(Note::Ended(ended) | Note::Validated { ended, .. }) => {
                (ended.how != How::Finished).then_some(ended.how != How::Skipped)
            }
            Body::Note(Note::Warning { .. }) => Some(false),
            _ => None,
        }
    }

    fn event(&self, event: &AgentEvent) -> String {
        let peer = event.peer.as_deref().unwrap_or_default();
        let param = if event.param == peer { "" } else { &event.param };
        let body = event.fields.get("body").and_then(|body| body.as_str()).filter(|_| event.name == "MESSAGE");
        let parts = [event.name.clone(), self.who(peer), param.to_string(), body.unwrap_or_default().to_string()];
        parts.iter().map(|part| safe(part)).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
    }

    fn sip(&self, sip: &SipEvent) -> String {
        let what = match sip.status {
            Some(status) => format!("{status} {} ({})", sip.reason.as_deref().unwrap_or_default(), sip.method),
            None => sip.method.clone(),
        };
        let text = match sip.direction == "OUT" {
            true => format!("-> {what} to {}, {}", self.at_address(&sip.dst), sip.transport),
            false => format!("<- {what} from {}, {}", self.at_address(&sip.src), sip.transport),
        };
        safe(&text)
    }

    fn at_address(&self, address: &str) -> String {
        self.addresses.get(address).map_or(address, |agent| agent).to_string()
    }

    /// The agent that a URI leads to; else the URI.
    fn who(&self, uri: &str) -> String {
        let address = uri.rsplit_once('@').map_or(uri, |(_, address)| address);
        let address = address.split([';', '>', '?']).next().unwrap_or_default();
        self.addresses.get(address).map_or(uri, |agent| agent).to_string()
    }
}

fn is_grave(line: &LogLine) -> bool {
    matches!(line.level.as_str(), "warning" | "error")
}

fn log(line: &LogLine) -> String {
    let text = safe(&line.text);
    // many lines begin with their level
    match text.starts_with(&line.level) {
        true => format!("log: {text}"),
        false => format!("log: {}: {text}", safe(&line.level)),
    }
}

fn at(at: Option<&At>) -> String {
    at.map(|at| format!("  ({})", place(at))).unwrap_or_default()
}

fn answer(response: &Response) -> String {
    let data = response.data.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = match response.ok {
        true => format!("< ok  {}", cut(&safe(&data), ANSWER)),
        false => format!("< refused  {}", safe(&data)),
    };
    text.trim_end().to_string()
}

fn note(note: &Note) -> String {
    match note {
        Note::AgentStarting { aor, address, baresip, .. } => {
            format!("starts as {} at {}: {}", safe(aor), safe(address), safe(baresip))
        }
        Note::AgentReady { milliseconds } => format!("is ready after {milliseconds:.0} ms"),
        Note::AgentStopping => "is being stopped".into(),
        Note::AgentStopped { status } => format!("stopped: {}", safe(status)),
        Note::AgentLost { status } => format!("went away by itself: {}", safe(status)),
        Note::Directive { name, values, at: place } => {
            format!("{} {}{}", safe(name), safe(&values.join(", ")), at(place.as_ref()))
        }
        Note::StepBegins { name, .. } => format!("step: {}", safe(name)),
        Note::StepEnds { name, ok: true } => format!("step done: {}", safe(name)),
        Note::StepEnds { name, ok: false } => format!("step failed: {}", safe(name)),
        Note::Print { text } => format!("print: {}", safe(text)),
        Note::Waiting { what, limit, at: place } => {
            format!("waits: {}, {} at most{}", safe(what), limit_in_words(*limit), at(place.as_ref()))
        }
        Note::CheckFailed { message, at: place } => format!("a check failed: {}{}", safe(message), at(place.as_ref())),
        Note::Warning { message, at: place } => format!("warning: {}{}", safe(message), at(place.as_ref())),
        Note::Recording { file, duration, .. } => format!("recording {}, {:.1} s", safe(file), duration / 1000.0),
        Note::CallSound { call, sound, .. } => {
            let call = call.map(|call| format!(" in call {call}")).unwrap_or_default();
            format!("heard{call}: {}", safe(&heard_line(sound)))
        }
        Note::Awaited { events } => format!("the await took {}", count(events.len(), "event")),
        Note::Reached { lines } => format!("{} reached", count(lines.len(), "line")),
        Note::StepsDone => "the last step is done".into(),
        Note::Ended(ended) => end(ended),
        Note::Validated { file, ended } => validated(file, ended),
    }
}

fn end(ended: &Ended) -> String {
    let how = match ended.how {
        How::Finished => "the test came to its end",
        How::Failed => "the test failed",
        How::Error => "the test could not be carried out",
        How::Cancelled => "the test was cancelled",
        How::Skipped => "the test is skipped",
    };
    match ended.message.as_str() {
        "" => how.into(),
        message => format!("{how}: {}{}", safe(message), at(ended.at.as_ref())),
    }
}

fn validated(file: &str, ended: &Ended) -> String {
    let how = match ended.how {
        How::Finished | How::Skipped => "found nothing wrong",
        How::Failed => "failed",
        How::Error => "could not be carried out",
        How::Cancelled => "was cancelled",
    };
    let why = if ended.message.is_empty() { String::new() } else { format!(": {}", safe(&ended.message)) };
    format!("the validation {} {how}{why}{}", safe(file), at(ended.at.as_ref()))
}

/// Milliseconds as scripts write them: `500 ms`, `5 s`.
fn limit_in_words(milliseconds: f64) -> String {
    match milliseconds < 1000.0 {
        true => format!("{milliseconds} ms"),
        false => format!("{} s", milliseconds / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(agent: Option<&str>, body: Body) -> Event {
        Event { n: 0, time: Time(1500.25), agent: agent.map(Into::into), body }
    }

    fn starting(address: &str) -> Body {
        let address = address.to_string();
        Body::Note(Note::AgentStarting { aor: "sip:bob@h".into(), address, local: true, baresip: "baresip".into() })
    }

    #[test]
    fn addresses_are_told_by_name_once_their_agent_has_started() {
        let mut lines = EventLines::new(Time(1000.0), Logs::Grave, false);
        let closed =
            |peer: &str| AgentEvent { name: "CALL_CLOSED".into(), peer: Some(peer.into()), ..Default::default() };
        let mut told = |peer: &str| lines.line(&event(Some("alice"), Body::Event(closed(peer)))).unwrap();
        assert_eq!(told("sip:bob@[::1]:5062"), "   +0.500  alice     CALL_CLOSED  sip:bob@[::1]:5062\n");
        lines.line(&event(Some("bob"), starting("[::1]:5062"))).unwrap();
        let mut told = |peer: &str| lines.line(&event(Some("alice"), Body::Event(closed(peer)))).unwrap();
        assert!(told("sip:bob@[::1]:5062").ends_with("CALL_CLOSED  bob\n"));
        assert!(told("sip:bob@[::1]:5063;transport=tls").ends_with("CALL_CLOSED  bob\n"));
        assert!(told("sip:bob@[::1]:5064").ends_with("CALL_CLOSED  sip:bob@[::1]:5064\n"));
    }

    #[test]
    fn agents_have_colours_and_what_is_bad_is_red() {
        let mut lines = EventLines::new(Time(1000.0), Logs::Grave, true);
        let response = |ok| Body::Response(Response { ok, data: "x".into(), to: 1 });
        let line = lines.line(&event(Some("alice"), response(false))).unwrap();
        assert_eq!(line, "\x1b[2m   +0.500\x1b[0m  \x1b[36malice   \x1b[0m  \x1b[31m< refused  x\x1b[0m\n");
        let line = lines.line(&event(Some("bob"), response(true))).unwrap();
        assert!(line.ends_with("\x1b[35mbob     \x1b[0m  < ok  x\n"), "{line:?}");
        let info = Body::Log(LogLine { level: "info".into(), text: "x".into() });
        assert_eq!(lines.line(&event(Some("bob"), info.clone())), None);
        assert!(
            EventLines::new(Time(0.0), Logs::All, false).line(&event(None, info)).unwrap().contains("log: info: x")
        );
    }

    fn body(text: String, number: u16) -> impl Strategy<Value = Body> {
        let agent =
            AgentEvent { name: text.clone(), peer: Some(text.clone()), param: text.clone(), ..Default::default() };
        let sip = SipEvent {
            direction: text.clone(),
            transport: text.clone(),
            src: text.clone(),
            dst: text.clone(),
            method: text.clone(),
            status: Some(number),
            reason: Some(text.clone()),
            ..SipEvent::default()
        };
        let note = Note::Waiting { what: text.clone(), limit: f64::from(number) * 1e300, at: None };
        prop::sample::select(vec![
            Body::Event(agent),
            Body::Sip(Box::new(sip)),
            Body::Log(LogLine { level: "error".into(), text: text.clone() }),
            Body::Response(Response { ok: number > 9, data: text.clone(), to: 0 }),
            Body::Note(note),
            starting(&text),
        ])
    }

    proptest! {
        #[test]
        fn whatever_happens_is_one_harmless_line(
            (name, body) in (".{0,40}", ".{0,400}|[\u{0}-\u{20}]{0,9}", any::<u16>())
                .prop_flat_map(|(name, text, number)| (Just(name), body(text, number))),
            time in any::<f64>(),
        ) {
            let mut lines = EventLines::new(Time(time), Logs::All, false);
            let line = lines.line(&event(Some(&name), body)).unwrap();
            prop_assert!(line.ends_with('\n') && line.matches('\n').count() == 1);
            prop_assert!(!line.trim_end_matches('\n').chars().any(crate::diagnostic::is_invisible), "{:?}", line);
            prop_assert!(line.chars().count() < 700);
        }
    }
}
