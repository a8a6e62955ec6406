//! The rules by themselves, on a log with a clock that stands still.

mod matching;
mod model;
mod past;
mod reference;
mod shortfalls;

use super::marks::Marks;
use crate::event::{AgentEvent, Body, Clock, Command, Event, Log, LogLine, Note, Response, SipEvent, Time};
use std::sync::Arc;

/// "bob CALL_CLOSED c1 486 Busy Here": agent, name, call, then the parameter; "-" for no call,
/// `#` in it for the number of the latest dial; "from=sip:x" is the peer.
pub fn event(text: &str) -> (String, AgentEvent) {
    let mut words = text.split(' ');
    let (agent, name) = (words.next().unwrap(), words.next().unwrap());
    let call = words.next().filter(|call| *call != "-").map(str::to_string);
    let rest: Vec<_> = words.collect();
    let (peers, param): (Vec<_>, Vec<_>) = rest.into_iter().partition(|word| word.starts_with("from="));
    let peer = peers.first().map(|peer| peer.trim_start_matches("from=").to_string());
    let of_agent = AgentEvent { name: name.into(), call, peer, param: param.join(" "), ..Default::default() };
    (agent.to_string(), of_agent)
}

/// A log that is written by lines: "bob CALL_INCOMING b1", "alice > dial bob" for a command, "alice =" for its answer,
/// "bob < INVITE c1" and "bob < 486 INVITE c1" for SIP that is received, "bob ~ INVITE c1 cseq=2 to=x;tag=1" for SIP that is sent,
/// "bob # text" for a log line, "bob ." where the test has waited for all before.
pub fn log_of(lines: &[&str]) -> Vec<Arc<Event>> {
    let log = Log::new(Clock::manual(Time(1000.0)));
    for line in lines {
        let (agent, rest) = line.split_once(' ').unwrap();
        let body = match rest.split_at(1) {
            (">", text) => Body::Command(Command { text: text.trim().into(), at: None }),
            ("#", text) => Body::Log(LogLine { level: "info".into(), text: text.trim().into() }),
            ("<", text) => Body::Sip(Box::new(sip("IN", text.trim()))),
            ("~", text) => Body::Sip(Box::new(sip("OUT", text.trim()))),
            ("=", _) => Body::Response(Response { ok: true, data: String::new(), to: 0 }),
            (".", _) => Body::Note(Note::StepsDone),
            _ if rest == "STARTING" => Body::Note(Note::AgentStarting {
                aor: String::new(),
                address: String::new(),
                local: true,
                baresip: String::new(),
            }),
            _ => Body::Event(event(line).1),
        };
        log.push(Some(&agent.into()), body);
        log.advance(10.0);
    }
    log.since(0)
}

fn sip(direction: &str, text: &str) -> SipEvent {
    let mut words: Vec<_> = text.split(' ').collect();
    let status = words[0].parse().ok();
    if status.is_some() {
        words.remove(0);
    }
    let given = |name: &str| words.iter().find_map(|word| word.strip_prefix(name));
    SipEvent {
        direction: direction.into(),
        transport: "UDP".into(),
        method: words[0].into(),
        status,
        reason: status.map(|_| "Busy Here".to_string()),
        call_id: words[1].into(),
        cseq: format!("{} {}", given("cseq=").unwrap_or("1"), words[0]),
        to: given("to=").unwrap_or_default().into(),
        headers: words[2..].iter().filter_map(|word| word.split_once(':')).map(|(a, b)| (a.into(), b.into())).collect(),
        ..SipEvent::default()
    }
}

pub fn marks_of(events: &[Arc<Event>]) -> Marks {
    let mut marks = Marks::default();
    for event in events {
        match (&event.body, &event.agent) {
            (Body::Command(command), Some(agent)) => marks.command(agent, None, &command.text),
            (Body::Note(Note::StepsDone), _) => marks.know(event.n as usize),
            _ => {}
        }
        marks.observe(std::slice::from_ref(event));
    }
    marks
}
