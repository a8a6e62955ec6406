//! Describes why an await was not satisfied: what was awaited, what came instead, and the nearest miss. Pure.

use super::digits::digit_of;
use super::marks::{Marks, WhyPast};
use super::matching::Member;
use super::pattern::Pattern;
use super::pattern::shorten;
use crate::event::{Body, Event, closed_reason, without_error_number};
use std::sync::Arc;

/// The number of an agent's latest events that are shown.
const LATEST: usize = 6;

/// Events that say nothing about how a call went.
const NOISE: [&str; 7] =
    ["CALL_RTCP", "CALL_LOCAL_SDP", "CALL_REMOTE_SDP", "MODULE", "REGISTERING", "VU_TX_REPORT", "VU_RX_REPORT"];

/// An event that only a closure rejected.
#[derive(Debug, Clone)]
pub struct RefusedEvent {
    pub event: Arc<Event>,
    /// The number of the closure, from 1, if there are several.
    pub which: Option<usize>,
    /// The fields that the closure read, with their values.
    pub read: Vec<(String, String)>,
}

impl RefusedEvent {
    fn in_words(&self) -> String {
        let which = self.which.map_or("where(…)".to_string(), |n| format!("where(…) number {n}"));
        let read: Vec<_> =
            self.read.iter().map(|(name, value)| format!("its {name} is `{}`", shorten(value))).collect();
        let read = if read.is_empty() { String::new() } else { format!(": {}", read.join(", ")) };
        format!("{which} said no to it{read}")
    }
}

/// What is known when an await fails.
pub struct Shortfall<'a> {
    /// Members that still lack events, with the number of events that came.
    pub missing: &'a [(&'a Member, usize)],
    /// The log's latest events.
    pub events: &'a [Arc<Event>],
    pub marks: &'a Marks,
    /// Why an event that fits a member does not count.
    pub past: &'a dyn Fn(&Member, &Event) -> Option<WhyPast>,
    /// Events that only the await's closures rejected, newest first.
    pub refused: &'a [RefusedEvent],
    /// Finds the name of an agent by its URI.
    pub name_of: &'a dyn Fn(&str) -> Option<Arc<str>>,
}

impl Shortfall<'_> {
    /// "CALL_ESTABLISHED at bob", "2 of 3 CALL_DTMF_END at bob": what did not come.
    pub fn subject(&self) -> String {
        let one = |(member, found): &(&Member, usize)| {
            let what = member.pattern.in_words();
            let fitting = if member.conditional { " that fits where(…)" } else { "" };
            match (member.count, member.pattern.run()) {
                (Some(count), _) => format!("{count} {what} at {}{fitting} (only {found} came)", member.agent),
                (None, Some(digits)) if *found > 0 => {
                    let came: String = digits.chars().take(*found).collect();
                    format!("{what} at {}{fitting} (only {came} came)", member.agent)
                }
                (None, _) => format!("{what} at {}{fitting}", member.agent),
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

    /// Describes an event next to what was awaited; none if it is of another sort.
    fn as_alternative(&self, pattern: &Pattern, event: &Event) -> Option<String> {
        match (pattern, &event.body) {
            (Pattern::Sip(_), Body::Sip(_)) => Some(describe(event, self.name_of)),
            (Pattern::Log(_), Body::Log(line)) => Some(format!("`{}`", shorten(&line.text))),
            (pattern, Body::Event(of_agent)) if pattern.event_name().is_some() => {
                (!NOISE.contains(&of_agent.name.as_str())).then(|| describe(event, self.name_of))
            }
            _ => None,
        }
    }

    fn nearest_miss(&self, member: &Member) -> Option<String> {
        let told = |event: &Event| describe(event, self.name_of);
        let is_here = |event: &Event| event.agent.as_ref() == Some(&member.agent);
        let here = |event: &&Arc<Event>| member.fits(event);
        if let Some(refusal) = self.refused.iter().find(|refusal| here(&&refusal.event)) {
            return Some(format!("{} came at {}, but {}", told(&refusal.event), member.agent, refusal.in_words()));
        }
        let began = self.marks.began(&member.agent);
        let of_call = || self.events.iter().rev().take_while(|event| event.n >= began);
        if let Pattern::Digits(digits) = &member.pattern {
            let digit = |event: &&Arc<Event>| is_here(event) && member.pattern.is_of_kind(event);
            let mut came: Vec<_> = of_call().filter(digit).map(|event| digit_of(event)).collect();
            came.reverse();
            let in_a_row = if member.pattern.run().is_some() { " in a row" } else { "" };
            return (!came.is_empty())
                .then(|| format!("the digits {} came at {}, not {digits}{in_a_row}", came.concat(), member.agent));
        }
        let near = of_call().filter(|event| is_here(event));
        let mut near = near.filter_map(|event| Some((event, member.pattern.near_miss(event)?)));
        if let Some((event, why)) = near.next() {
            return Some(format!("{} came at {}, but {why}", told(event), member.agent));
        }
        let of_others = |event: &&Arc<Event>| is_here(event) && member.pattern.fits(event) && !member.fits(event);
        if let Some(event) = self.events.iter().rev().find(of_others) {
            return Some(format!("{} came at {}, of another of its calls", told(event), member.agent));
        }
        if let Some(event) = self.events.iter().rev().find(here) {
            let at = format!("{} came before at {}", told(event), member.agent);
            return match (self.past)(member, event) {
                _ if self.marks.is_consumed(event) => Some(format!("{at}, and an earlier await took it")),
                Some(why) => Some(format!("{at}, {}", without_count(why))),
                None if !self.marks.is_live(event) => Some(format!("{at}, and too much came since")),
                None => None,
            };
        }
        let mut elsewhere = of_call().filter(|event| member.pattern.fits(event));
        elsewhere.find_map(|event| Some(format!("{} came at {} instead", told(event), event.agent.as_ref()?)))
    }
}

/// Describes why an earlier event does not count.
fn without_count(why: WhyPast) -> &'static str {
    match why {
        WhyPast::Call => "in an earlier call, which does not count: only a wait that names that call takes it",
        WhyPast::Request => "of a request that was sent before the newest command of its kind, which does not count",
        WhyPast::Outcome => "and tells how an earlier command went, which does not count",
    }
}

/// Describes an event: "CALL_INCOMING from alice", "CALL_CLOSED (486 Busy Here)", "486 Busy Here to INVITE in".
pub fn describe(event: &Event, name_of: &dyn Fn(&str) -> Option<Arc<str>>) -> String {
    match &event.body {
        Body::Event(of_agent) => {
            let peer = of_agent.peer.as_deref().unwrap_or_default();
            let who = || name_of(peer).map_or_else(|| peer.to_string(), |name| name.to_string());
            match of_agent.name.as_str() {
                "CALL_INCOMING" if !peer.is_empty() => format!("CALL_INCOMING from {}", who()),
                "CALL_OUTGOING" if !peer.is_empty() => format!("CALL_OUTGOING to {}", who()),
                "CALL_CLOSED" => format!("CALL_CLOSED ({})", shorten(&closed_reason(&of_agent.param).in_words())),
                // the parameter of many call events repeats the peer's URI
                name if of_agent.param.is_empty() || of_agent.param.starts_with("sip") => name.to_string(),
                name => format!("{name} ({})", shorten(without_error_number(&of_agent.param))),
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
