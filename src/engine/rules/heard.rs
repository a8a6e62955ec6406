//! Patterns for what an agent hears in a call. Pure.

use crate::event::AgentEvent;
use std::sync::Arc;

/// How far a tone may lie from the frequency that is awaited, Hz. Call progress tones differ by 25 Hz and more, 425
/// and 440 by 15.
const NEAR_HZ: f64 = 12.0;

/// Something that an agent hears, or says.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardPattern {
    /// The event's name.
    pub event: &'static str,
    /// The frequencies of a tone, in rising order, Hz; none: any tone.
    pub hz: Vec<f64>,
    /// What the agent is asked to listen for, and the number of that, once it is asked.
    pub ask: Option<(HeardAsk, Option<u64>)>,
}

/// What an agent listens for only when it is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum HeardAsk {
    /// Nothing for this number of milliseconds.
    Silence(f64),
    /// Something louder than this, dBFS.
    Sound(f64),
    /// A sound file.
    Prompt(String),
    /// What an agent sends.
    Agent(Arc<str>),
}

impl HeardAsk {
    /// The event that says that it was heard.
    pub fn event(&self) -> &'static str {
        match self {
            HeardAsk::Silence(_) => "HEARD_SILENCE",
            HeardAsk::Sound(_) => "HEARD_SOUND",
            HeardAsk::Prompt(_) => "HEARD_PROMPT",
            HeardAsk::Agent(_) => "HEARD_AGENT",
        }
    }
}

/// The event that tells the end of what an event began.
pub fn end_of(event: &str) -> Option<&'static str> {
    match event {
        "HEARD_SPEECH" => Some("HEARD_SPEECH_END"),
        "SENT_SPEECH" => Some("SENT_SPEECH_END"),
        "HEARD_TONE" => Some("HEARD_TONE_END"),
        _ => None,
    }
}

/// The event of what the agent sends, for one of what it hears.
pub fn sent_of(event: &str) -> Option<&'static str> {
    match event {
        "HEARD_SPEECH" => Some("SENT_SPEECH"),
        "HEARD_SPEECH_END" => Some("SENT_SPEECH_END"),
        _ => None,
    }
}

impl HeardPattern {
    pub fn of_event(event: &'static str) -> HeardPattern {
        HeardPattern { event, hz: vec![], ask: None }
    }

    pub fn asked(ask: HeardAsk) -> HeardPattern {
        HeardPattern { event: ask.event(), hz: vec![], ask: Some((ask, None)) }
    }

    /// Whether an event of this name says what is awaited: the same number, the same frequencies.
    pub fn is_met_by(&self, event: &AgentEvent) -> bool {
        let number = event.fields.get("number").and_then(serde_json::Value::as_u64);
        let is_asked = self.ask.as_ref().is_none_or(|(_, asked)| asked.is_some() && *asked == number);
        is_asked && (self.hz.is_empty() || self.has_tones(event))
    }

    fn has_tones(&self, event: &AgentEvent) -> bool {
        let found = event.fields.get("hz").and_then(serde_json::Value::as_array);
        let found: Vec<f64> = found.into_iter().flatten().filter_map(serde_json::Value::as_f64).collect();
        found.len() == self.hz.len() && found.iter().zip(&self.hz).all(|(found, hz)| (found - hz).abs() < NEAR_HZ)
    }

    /// Why an event of this name is not the one, where that can be said.
    pub fn near_miss(&self, event: &AgentEvent) -> Option<String> {
        (!self.hz.is_empty() && !self.has_tones(event))
            .then(|| format!("it is a tone of {} Hz, not of {}", event.param, self.tones()))
    }

    fn tones(&self) -> String {
        let hz: Vec<String> = self.hz.iter().map(f64::to_string).collect();
        format!("{} Hz", hz.join("+"))
    }

    /// Names it in a sentence.
    pub fn in_words(&self) -> String {
        match &self.ask {
            Some((HeardAsk::Silence(ms), _)) => format!("{} of {} s", self.event, ms / 1000.0),
            Some((HeardAsk::Sound(dbfs), _)) => format!("{} above {dbfs} dBFS", self.event),
            Some((HeardAsk::Prompt(name), _)) => format!("{} `{name}`", self.event),
            Some((HeardAsk::Agent(name), _)) => format!("{} {name}", self.event),
            None if self.hz.is_empty() => self.event.to_string(),
            None => format!("{} of {}", self.event, self.tones()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn event(fields: Value) -> AgentEvent {
        let Value::Object(fields) = fields else { unreachable!() };
        AgentEvent { name: "HEARD_TONE".into(), param: "440".into(), fields, ..AgentEvent::default() }
    }

    #[test]
    fn a_tone_has_the_awaited_frequencies_and_no_others() {
        let tone = |hz: &[f64]| HeardPattern { hz: hz.to_vec(), ..HeardPattern::of_event("HEARD_TONE") };
        for (hz, heard, met) in [
            (&[425.0][..], json!([426.1]), true),
            (&[425.0], json!([440.0]), false),
            (&[440.0], json!([350.0, 440.0]), false),
            (&[350.0, 440.0], json!([351.0, 439.0]), true),
            (&[], json!([1000.0]), true),
        ] {
            assert_eq!(tone(hz).is_met_by(&event(json!({ "hz": heard }))), met, "{hz:?} {heard}");
        }
        let miss = tone(&[425.0]).near_miss(&event(json!({ "hz": [440.0] })));
        assert_eq!(miss.as_deref(), Some("it is a tone of 440 Hz, not of 425 Hz"));
    }

    #[test]
    fn what_was_asked_for_answers_this_await_alone() {
        let mut pattern = HeardPattern::asked(HeardAsk::Silence(2000.0));
        assert!(!pattern.is_met_by(&event(json!({ "number": 7 }))));
        pattern.ask = Some((HeardAsk::Silence(2000.0), Some(7)));
        assert!(
            pattern.is_met_by(&event(json!({ "number": 7 }))) && !pattern.is_met_by(&event(json!({ "number": 6 })))
        );
        assert_eq!(pattern.in_words(), "HEARD_SILENCE of 2 s");
    }
}
