//! Why an await was not satisfied: what was awaited, what came instead, and the nearest miss. Pure.

use super::marks::Marks;
use super::matching::{Member, Pattern};
use crate::event::{Body, Event};
use std::sync::Arc;

/// So many of an agent's latest events are told.
const LATEST: usize = 6;

/// Events that tell a reader nothing about how a call went.
const NOISE: [&str; 7] = ["CALL_RTCP", "CALL_LOCAL_SDP", "CALL_REMOTE_SDP", "MODULE", "REGISTERING", "VU_TX", "VU_RX"];

/// What is known when an await ends without success.
pub struct Shortfall<'a> {
    /// Members that still lack events, and how many of each came.
    pub missing: &'a [(&'a Member, usize)],
    /// The log's latest events.
    pub events: &'a [Arc<Event>],
    pub marks: &'a Marks,
    /// Events that fitted but for the await's own closure, the newest first.
    pub refused: &'a [Arc<Event>],
    /// The name of an agent of the run by its URI.
    pub name_of: &'a dyn Fn(&str) -> Option<Arc<str>>,
}

impl Shortfall<'_> {
    /// "CALL_ESTABLISHED at bob", "2 of 3 CALL_DTMF_END at bob": what did not come.
    pub fn subject(&self) -> String {
        let one = |(member, found): &(&Member, usize)| {
            let what = member.pattern.in_words();
            let fitting = if member.conditional { " that fits where(…)" } else { "" };
            match member.count {
                Some(count) => format!("{count} {what} at {}{fitting} (only {found} came)", member.agent),
                None => format!("{what} at {}{fitting}", member.agent),
            }
        };
        self.missing.iter().map(one).collect::<Vec<_>>().join(", no ")
    }

    /// A line for each agent, then the near misses.
    pub fn details(&self) -> Vec<String> {
        let mut lines: Vec<String> = vec![];
        for (member, _) in self.missing {
            let line = self.instead(member);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        for (member, _) in self.missing {
            lines.extend(self.nearest_miss(member).filter(|miss| !lines.contains(miss)));
        }
        lines
    }

    fn instead(&self, member: &Member) -> String {
        let began = self.marks.began(&member.agent);
        let mut came: Vec<String> = self
            .events
            .iter()
            .rev()
            .take_while(|event| event.n >= began)
            .filter(|event| event.agent.as_ref() == Some(&member.agent))
            .filter_map(|event| self.as_alternative(&member.pattern, event))
            .take(LATEST + 1)
            .collect();
        let more = if came.len() > LATEST { "…, " } else { "" };
        came.truncate(LATEST);
        came.reverse();
        match came.is_empty() {
            true if began == 0 => format!("{} had none of its kind", member.agent),
            true => format!("{} had none of its kind since its call began", member.agent),
            false => format!("{} had: {more}{}", member.agent, came.join(", ")),
        }
    }

    /// How an event is told beside what was awaited; none where it is of another sort.
    fn as_alternative(&self, pattern: &Pattern, event: &Event) -> Option<String> {
        match (pattern, &event.body) {
            (Pattern::Request(_) | Pattern::Response(_), Body::Sip(_)) => Some(describe(event, self.name_of)),
            (Pattern::Log(_), Body::Log(line)) => Some(format!("`{}`", shorten(&line.text))),
            (Pattern::Event(_) | Pattern::Digit(_), Body::Event(of_agent)) => {
                (!NOISE.contains(&of_agent.name.as_str())).then(|| describe(event, self.name_of))
            }
            _ => None,
        }
    }

    fn nearest_miss(&self, member: &Member) -> Option<String> {
        let told = |event: &Event| describe(event, self.name_of);
        let here = |event: &&Arc<Event>| event.agent.as_ref() == Some(&member.agent) && member.pattern.fits(event);
        if let Some(event) = self.refused.iter().find(here) {
            return Some(format!("{} came at {}, but where(…) said no to it", told(event), member.agent));
        }
        if let Some(event) = self.events.iter().rev().find(here) {
            return if self.marks.is_consumed(event) {
                Some(format!("{} came before at {}, and an earlier await took it", told(event), member.agent))
            } else if !self.marks.is_live(event) {
                Some(format!("{} came at {} in an earlier call, which does not count", told(event), member.agent))
            } else {
                None
            };
        }
        let began = self.marks.began(&member.agent);
        let elsewhere = self.events.iter().rev().take_while(|event| event.n >= began);
        let mut elsewhere = elsewhere.filter(|event| member.pattern.fits(event));
        elsewhere.find_map(|event| Some(format!("{} came at {} instead", told(event), event.agent.as_ref()?)))
    }
}

/// An event as a person tells it: "CALL_INCOMING from alice", "CALL_CLOSED (486 Busy Here)", "486 Busy Here to INVITE in".
pub fn describe(event: &Event, name_of: &dyn Fn(&str) -> Option<Arc<str>>) -> String {
    match &event.body {
        Body::Event(of_agent) => {
            let peer = of_agent.peer.as_deref().unwrap_or_default();
            let who = || name_of(peer).map_or_else(|| peer.to_string(), |name| name.to_string());
            match of_agent.name.as_str() {
                "CALL_INCOMING" if !peer.is_empty() => format!("CALL_INCOMING from {}", who()),
                "CALL_OUTGOING" if !peer.is_empty() => format!("CALL_OUTGOING to {}", who()),
                // the parameter of many call events is the peer's URI once more
                name if of_agent.param.is_empty() || of_agent.param.starts_with("sip") => name.to_string(),
                name => format!("{name} ({})", shorten(without_errno(&of_agent.param))),
            }
        }
        Body::Sip(sip) => {
            let direction = sip.direction.to_lowercase();
            match (sip.status, &sip.reason) {
                (None, _) => format!("{} {direction}", sip.method),
                (Some(code), reason) => {
                    format!("{code} {} to {} {direction}", reason.as_deref().unwrap_or_default(), sip.method)
                }
            }
        }
        Body::Log(line) => format!("log line `{}`", shorten(&line.text)),
        _ => String::new(),
    }
}

/// baresip 4 ends a reason with its error number: "Connection reset by peer [104]".
fn without_errno(reason: &str) -> &str {
    match reason.rsplit_once(" [") {
        Some((text, number)) if number.trim_end_matches(']').bytes().all(|b| b.is_ascii_digit()) => text,
        _ => reason,
    }
}

/// The first line, at most 80 characters of it.
fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_string(),
    }
}
