//! What the flow knows of one agent so far.

use super::accept::{self, Counts, Filter};
use super::calls::{Call, Calls};
use super::names::Names;
use super::one_line::one_line;
use super::repeats::Repeats;
use super::sent::{Line, Sent};
use super::wording;
use crate::event::{AgentEvent, Command, SipEvent};
use std::collections::HashMap;
use std::fmt::Write;

#[derive(Debug, Default)]
pub(super) struct Agent {
    /// The host stops it, or the test's steps are done: nothing more begins, but what has begun may be answered.
    pub stopping: bool,
    /// What belongs to no call.
    lines: Vec<Outside>,
    /// The last registration result that counts.
    registration: Option<String>,
    pub calls: Calls,
    sent: Sent,
    repeats: Repeats,
    /// The reasons that its `hangup` commands gave: a call closed with one of these was closed from this side.
    hangup_reasons: Vec<String>,
}

/// An event out of any call.
#[derive(Debug)]
struct Outside {
    /// Messages of different senders have no order; what each sends has.
    order: (Sort, String),
    text: String,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Registration,
    Other,
    Message,
}

impl Agent {
    /// A new process: what the one before it left open stays as it is.
    pub fn start(&mut self) {
        self.stopping = false;
        self.registration = None;
        self.calls.end_all();
    }

    pub fn command(&mut self, n: u64, command: &Command) {
        self.calls.dialled(n, &command.text);
        self.hangup_reasons.extend(wording::hangup_reasons(&command.text).map(String::from));
    }

    pub fn sip(&mut self, sip: &SipEvent) {
        if sip.direction != "OUT" {
            self.sent.answered(sip);
            self.repeats.received(sip);
            if sip.method == "INVITE" && matches!(sip.status, Some(101..=199)) {
                self.calls.rings_late(sip);
            }
        } else if !self.stopping {
            self.sent.out(sip);
        }
    }

    pub fn event(&mut self, n: u64, event: &AgentEvent, filter: &Filter, names: &Names) {
        let name = accept::canonical(&event.name);
        let counts = filter.counts(&name, &event.param);
        if !accept::is_of_a_call(&name, event) {
            if name == "MESSAGE" && self.repeats.is_one(event) {
                return;
            }
            if counts == Counts::Yes {
                self.outside(filter, &name, event, names);
            }
            return;
        }
        let call = self.calls.of_event(&name, event, names);
        if counts != Counts::No {
            let line = wording::line(&name, event, names, &self.hangup_reasons);
            match name.as_ref() {
                name if accept::is_media(name) => call.sound(n, name, line, counts == Counts::Yes),
                "CALL_RINGING" | "CALL_PROGRESS" => call.rings(name == "CALL_PROGRESS"),
                _ => call.line(&name, line),
            }
        }
        call.happened(&name);
    }

    /// A registration is refreshed as time goes by, so only its first result counts, and where it was asked for by
    /// `accept` each change of it.
    fn outside(&mut self, filter: &Filter, name: &str, event: &AgentEvent, names: &Names) {
        let text = wording::line(name, event, names, &[]);
        let order = match name {
            _ if accept::is_registration(name) => {
                let refreshes = |last: &String| !filter.is_chosen() || *last == text;
                if self.registration.as_ref().is_some_and(refreshes) {
                    return;
                }
                self.registration = Some(text.clone());
                (Sort::Registration, String::new())
            }
            "MESSAGE" => (Sort::Message, event.peer.as_deref().map(|peer| names.of_uri(peer)).unwrap_or_default()),
            _ => (Sort::Other, String::new()),
        };
        self.lines.push(Outside { order, text });
    }

    pub fn write(&mut self, name: &str, filter: &Filter, names: &Names, text: &mut String) {
        let mut sent: HashMap<String, Vec<String>> = HashMap::new();
        let mut without_call = vec![];
        for line in self.sent.lines(filter, names) {
            match self.calls.has(&line.call) {
                true => sent.entry(line.call.clone()).or_default().push(line.in_call()),
                false => without_call.push(line),
            }
        }
        self.lines.sort_by(|one, other| one.order.cmp(&other.order));
        let outside = self.lines.iter().map(|line| line.text.clone()).chain(Line::without_call(without_call));
        let outside: Vec<String> = outside.collect();
        let sent_in = |call: &Call| call.id.as_ref().and_then(|id| sent.get(id)).map_or(&[][..], Vec::as_slice);
        let calls = self.calls.in_order(|call| call.counts(filter) || !sent_in(call).is_empty());
        if outside.is_empty() && calls.is_empty() {
            return;
        }
        let _ = writeln!(text, "{}", one_line(name));
        for line in outside {
            let _ = writeln!(text, "  {line}");
        }
        for (number, call) in calls {
            let _ = write!(text, "  call {number}");
            for part in [call.direction.as_str(), call.peer_name.as_str()] {
                if !part.is_empty() {
                    let _ = write!(text, ", {part}");
                }
            }
            text.push('\n');
            for line in call.lines(filter) {
                let _ = writeln!(text, "    {line}");
            }
            for (head, lines) in [("sent", sent_in(call).to_vec()), ("media", call.media())] {
                if !lines.is_empty() {
                    let _ = writeln!(text, "    {head}");
                }
                for line in lines {
                    let _ = writeln!(text, "      {line}");
                }
            }
        }
    }
}
