//! Each event of a record as one line of the log.

use super::text::{offset, shown};
use crate::calls::heard_line;
use crate::event::{At, Body, Ended, Event, How, Note, Time};

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    /// The event's number.
    pub n: u64,
    /// Seconds since the run's start.
    pub time: String,
    pub agent: String,
    /// What it can be filtered by: `step`, `event`, `sip`, `log`, `host`.
    pub kind: &'static str,
    /// Its first word: `CALL_INCOMING`, `dial`, `INVITE`.
    pub head: String,
    pub text: String,
    /// `basic_call:3`
    pub place: String,
    /// It tells of something that went wrong.
    pub bad: bool,
    /// Events before it are left out.
    pub after_gap: bool,
}

impl Line {
    /// `start` is when the run began.
    pub fn of(event: &Event, start: Time) -> Line {
        let mut line = Line::default();
        line.fill(&event.body);
        Line {
            n: event.n,
            time: offset(event.time, start),
            agent: event.agent.as_deref().map(shown).unwrap_or_default(),
            head: shown(&line.head),
            text: shown(line.text.trim_end()),
            place: shown(&line.place),
            ..line
        }
    }

    fn fill(&mut self, body: &Body) {
        match body {
            Body::Event(said) => {
                let peer = said.peer.as_ref().filter(|peer| **peer != said.param);
                let parts = [said.direction.as_deref(), peer.map(String::as_str), Some(&said.param)];
                let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
                self.set("event", &said.name, parts.collect::<Vec<_>>().join(" · "));
                self.bad =
                    said.name.ends_with("_FAIL") || said.name.ends_with("_FAILED") || said.name.ends_with("_ERROR");
            }
            Body::Sip(sip) => {
                let head = match (sip.status, &sip.reason) {
                    (Some(code), reason) => format!("{code} {}", reason.as_deref().unwrap_or_default()),
                    (None, _) => sip.method.clone(),
                };
                let way = if sip.direction == "OUT" { format!("to {}", sip.dst) } else { format!("from {}", sip.src) };
                self.set("sip", head.trim_end(), format!("{way} · {} · {} · {}", sip.transport, sip.cseq, sip.call_id));
                self.bad = sip.status.is_some_and(|code| code >= 400);
            }
            Body::Log(log) => {
                self.set("log", &log.level, log.text.clone());
                self.bad = log.level != "info";
            }
            Body::Command(command) => {
                let (verb, rest) = command.text.split_once(' ').unwrap_or((&command.text, ""));
                self.set("step", verb, rest.into());
                self.at(command.at.as_ref());
            }
            Body::Response(response) => {
                self.set("step", if response.ok { "answer" } else { "refused" }, without_blank_lines(&response.data));
                self.bad = !response.ok;
            }
            Body::Note(note) => self.note(note),
        }
    }

    fn note(&mut self, note: &Note) {
        match note {
            Note::AgentStarting { aor, address, baresip, .. } => {
                self.set("host", "agent starts", format!("{aor} · {address} · {baresip}"));
            }
            Note::AgentReady { milliseconds } => self.set("host", "agent ready", format!("after {milliseconds:.0} ms")),
            Note::AgentStopping => self.set("host", "agent is stopped", String::new()),
            Note::AgentStopped { status } => self.set("host", "agent stopped", status.clone()),
            Note::AgentLost { status } => {
                self.set("host", "agent lost", status.clone());
                self.bad = true;
            }
            Note::Directive { name, values, at } => {
                self.set("host", name, values.join(", "));
                self.at(at.as_ref());
            }
            Note::StepBegins { name, .. } => self.set("step", "step", name.clone()),
            Note::StepEnds { name, .. } => self.set("step", "step ends", name.clone()),
            Note::Print { text } => self.set("step", "print", text.clone()),
            Note::Waiting { what, limit, at } => {
                let most = if what == "sleep" { "" } else { "at most " };
                self.set("step", "wait", format!("{what}, {most}{limit:.0} ms"));
                self.at(at.as_ref());
            }
            Note::CheckFailed { message, at } => {
                self.set("step", "check failed", message.clone());
                self.bad = true;
                self.at(at.as_ref());
            }
            Note::Warning { message, at } => {
                self.set("host", "warning", message.clone());
                self.bad = true;
                self.at(at.as_ref());
            }
            Note::Recording { file, duration, .. } => {
                self.set("host", "recording", format!("{file}, {duration:.0} ms"))
            }
            Note::CallSound { call, sound, .. } => {
                let call = call.map(|call| format!("call {call}: ")).unwrap_or_default();
                self.set("host", "heard", format!("{call}{}", heard_line(sound)));
            }
            Note::Awaited { events } => self.set("step", "wait over", format!("{} taken", events.len())),
            Note::Reached { lines } => self.set("host", "lines reached", lines.len().to_string()),
            Note::StepsDone => self.set("host", "steps done", String::new()),
            Note::Ended(ended) => self.ended(ended),
            Note::Validated { file, ended } => {
                self.ended(ended);
                let why = if ended.message.is_empty() { String::new() } else { format!(": {}", ended.message) };
                (self.head, self.text) = ("validation".into(), format!("{file} {}{why}", self.head));
            }
        }
    }

    fn ended(&mut self, ended: &Ended) {
        let how = match ended.how {
            How::Finished => "finished",
            How::Failed => "failed",
            How::Error => "error",
            How::Cancelled => "cancelled",
            How::Skipped => "skipped",
        };
        self.set("step", how, ended.message.clone());
        self.bad = matches!(ended.how, How::Failed | How::Error);
        self.at(ended.at.as_ref());
    }

    fn set(&mut self, kind: &'static str, head: &str, text: String) {
        (self.kind, self.head, self.text) = (kind, head.into(), text);
    }

    fn at(&mut self, at: Option<&At>) {
        self.place = at.map(|at| format!("{}:{}", at.source, at.line)).unwrap_or_default();
    }
}

/// An agent's answer is meant for a terminal of its own.
fn without_blank_lines(text: &str) -> String {
    text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
