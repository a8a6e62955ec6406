//! What ends a run before its script does, and what must not appear in its log.

use crate::event::{Body, Ended, How, Note, Secrets, lock};
use serde_json::Value;
use std::sync::{Arc, Mutex};

#[derive(Default)]
pub struct Policy {
    /// The events that fail this run (`fail_on`).
    fail_on: Mutex<Vec<String>>,
    losses: Mutex<Losses>,
}

/// The agents that went away by themselves.
#[derive(Default)]
struct Losses {
    /// In their order.
    all: Vec<Ended>,
    /// How many of them the script knows of.
    known: usize,
}

impl Policy {
    /// The first loss after the first `known`; the script knows of it from now on.
    pub fn next_loss(&self, known: usize) -> Option<Ended> {
        let mut losses = lock(&self.losses);
        let loss = losses.all.get(known).cloned()?;
        losses.known = losses.known.max(known + 1);
        Some(loss)
    }

    /// The first loss that the script does not know of.
    pub fn unknown_loss(&self) -> Option<Ended> {
        let losses = lock(&self.losses);
        losses.all.get(losses.known).cloned()
    }

    /// The reason to end the run, if this event is one.
    pub fn judge(&self, agent: Option<&Arc<str>>, body: &Body) -> Option<Ended> {
        let agent = agent.map_or("the agent", |name| name);
        match body {
            Body::Note(Note::Directive { name, values, .. }) if name == "fail_on" => {
                lock(&self.fail_on).extend(values.iter().map(|value| value.to_uppercase()));
                None
            }
            Body::Note(Note::Directive { name, values, at }) if name == "repeat" && values == &["0"] => {
                let skipped = Ended { how: How::Skipped, at: at.clone(), ..Ended::finished() };
                Some(Ended { message: "its count of repetitions is 0".into(), ..skipped })
            }
            // the script hears of it as soon as it waits or gives a command, and may go on
            Body::Note(Note::AgentLost { status }) => {
                lock(&self.losses).all.push(Ended::lost(agent, status));
                None
            }
            Body::Event(event) if lock(&self.fail_on).iter().any(|name| name.eq_ignore_ascii_case(&event.name)) => {
                let what = match event.name.as_str() {
                    "REGISTER_FAIL" => format!("Registration failed: agent `{agent}`: {}", event.param),
                    name => format!("{name} at agent `{agent}`: {}", event.param),
                };
                Some(Ended::failed(what.trim_end_matches([' ', ':'])))
            }
            _ => None,
        }
    }
}

/// Masks every secret value in it.
pub fn mask(body: &mut Body, secrets: &Secrets) {
    let mask = |text: &mut String| *text = secrets.mask(text);
    match body {
        Body::Command(command) => mask(&mut command.text),
        Body::Response(response) => mask(&mut response.data),
        Body::Log(line) => mask(&mut line.text),
        Body::Event(event) => {
            mask(&mut event.param);
            event.peer.iter_mut().for_each(mask);
            let texts = event.fields.values_mut().filter_map(|value| match value {
                Value::String(text) => Some(text),
                _ => None,
            });
            texts.for_each(mask);
        }
        Body::Sip(sip) => {
            mask(&mut sip.param);
            mask(&mut sip.body);
            [&mut sip.from, &mut sip.to, &mut sip.call_id].into_iter().for_each(mask);
            sip.reason.iter_mut().for_each(mask);
            sip.headers.iter_mut().for_each(|(_, value)| mask(value));
        }
        Body::Note(Note::AgentStarting { aor, .. }) => mask(aor),
        Body::Note(Note::Directive { values, .. }) => values.iter_mut().for_each(mask),
        Body::Note(
            Note::Print { text: said }
            | Note::CheckFailed { message: said, .. }
            | Note::Warning { message: said, .. }
            | Note::Waiting { what: said, .. }
            | Note::StepBegins { name: said, .. }
            | Note::StepEnds { name: said, .. },
        ) => mask(said),
        Body::Note(Note::Validated { ended, .. }) => {
            mask(&mut ended.message);
            ended.details.iter_mut().for_each(mask);
        }
        Body::Note(_) => {}
    }
}
