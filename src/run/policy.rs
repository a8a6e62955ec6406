//! What ends a run before its script does, and what must not be seen in its log.

use crate::event::{Body, Ended, How, Note, Secrets};
use std::sync::{Arc, Mutex, MutexGuard};

/// The events that fail this run (`fail_on`).
#[derive(Default)]
pub struct Policy(Mutex<Vec<String>>);

impl Policy {
    fn fail_on(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The reason to end the run, if this event is one.
    pub fn judge(&self, agent: Option<&Arc<str>>, body: &Body) -> Option<Ended> {
        let agent = agent.map_or("the agent", |name| name);
        match body {
            Body::Note(Note::Directive { name, values, .. }) if name == "fail_on" => {
                self.fail_on().extend(values.iter().map(|value| value.to_uppercase()));
                None
            }
            Body::Note(Note::Directive { name, values, at }) if name == "repeat" && values == &["0"] => {
                let skipped = Ended { how: How::Skipped, at: at.clone(), ..Ended::finished() };
                Some(Ended { message: "its count of repetitions is 0".into(), ..skipped })
            }
            Body::Note(Note::AgentLost { status }) => {
                let lost = Ended::error(format!("agent `{agent}` went away by itself: {status}"));
                Some(Ended { advice: Some("the last lines of its log are in the run's events".into()), ..lost })
            }
            Body::Event(event) if self.fail_on().iter().any(|name| name.eq_ignore_ascii_case(&event.name)) => {
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

/// The same body with every secret value masked.
pub fn masked(body: Body, secrets: &Secrets) -> Body {
    match body {
        Body::Command(mut command) => {
            command.text = secrets.mask(&command.text);
            Body::Command(command)
        }
        Body::Response(mut response) => {
            response.data = secrets.mask(&response.data);
            Body::Response(response)
        }
        Body::Log(mut line) => {
            line.text = secrets.mask(&line.text);
            Body::Log(line)
        }
        Body::Event(mut event) => {
            event.param = secrets.mask(&event.param);
            Body::Event(event)
        }
        Body::Sip(mut sip) => {
            sip.param = secrets.mask(&sip.param);
            sip.body = secrets.mask(&sip.body);
            for (_, value) in &mut sip.headers {
                *value = secrets.mask(value);
            }
            Body::Sip(sip)
        }
        Body::Note(note) => Body::Note(masked_note(note, secrets)),
    }
}

fn masked_note(note: Note, secrets: &Secrets) -> Note {
    match note {
        Note::Directive { name, values, at } => {
            Note::Directive { name, values: values.iter().map(|value| secrets.mask(value)).collect(), at }
        }
        Note::Print { text } => Note::Print { text: secrets.mask(&text) },
        Note::CheckFailed { message, at } => Note::CheckFailed { message: secrets.mask(&message), at },
        Note::Warning { message, at } => Note::Warning { message: secrets.mask(&message), at },
        Note::Waiting { what, limit, at } => Note::Waiting { what: secrets.mask(&what), limit, at },
        other => other,
    }
}
