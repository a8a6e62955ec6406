//! All details of one run, from its folder or, while it is active, from its log.

use super::folders::seconds_of;
use super::views::{KindWord, RunRow, run_row};
use crate::calls::{self, Call, audio_figures};
use crate::diagnostic::mask_secrets;
use crate::event::{Body, ClosedBy, Command, Event, Events, Note, Time};
use crate::export::recordings;
use crate::pipeline::{History, TestId, sound_folders};
use crate::record::{Header, Kept, RunFolder, keeps, text};
use crate::server::app::App;
use crate::server::failure::Failure;
use crate::verdict::stored_verdict;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Detail {
    #[serde(flatten)]
    row: RunRow,
    host: String,
    agent: String,
    tags: Vec<String>,
    /// As verdict.json has it: status, hash, expected, reasons, warnings, findings.
    #[schema(value_type = Option<Object>)]
    verdict: Option<Value>,
    /// The number of the event that the first reason is about.
    failed_event: Option<u64>,
    calls: Vec<CallView>,
    agents: Vec<AgentView>,
    recordings: Vec<RecordingView>,
    /// The test as it ran, secrets masked.
    text: Option<TextView>,
    /// The script that a testfile became.
    script: Option<String>,
    /// The lines of `text` that the run has reached, from 1 and in their order.
    reached: Vec<u32>,
    /// The last run of the test that passed.
    last_pass: Option<String>,
    /// How many events there are so far.
    events: u64,
    /// It stays, whatever goes by age or number.
    keep: bool,
    /// It is going on.
    live: bool,
}

#[derive(Serialize, ToSchema)]
struct TextView {
    kind: KindWord,
    text: String,
}

#[derive(Serialize, ToSchema)]
struct AgentView {
    name: String,
    aor: String,
    address: String,
    baresip: String,
    /// The file that it sends when it is in a call, of the sounds of this server; null: silence, or something else.
    sound: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct RecordingView {
    /// For `/recordings/{file}`
    file: String,
    agent: String,
    call: Option<u32>,
    seconds: Option<f64>,
    size: u64,
}

/// A call at one agent; times are milliseconds since the epoch.
#[derive(Serialize, ToSchema)]
#[schema(as = Call)]
pub struct CallView {
    agent: String,
    number: usize,
    id: Option<String>,
    direction: String,
    peer: String,
    #[schema(value_type = f64)]
    begun: Time,
    #[schema(value_type = Option<f64>)]
    invited: Option<Time>,
    #[schema(value_type = Option<f64>)]
    rung: Option<Time>,
    #[schema(value_type = Option<f64>)]
    established: Option<Time>,
    #[schema(value_type = Option<f64>)]
    media: Option<Time>,
    #[schema(value_type = Vec<Vec<f64>>)]
    holds: Vec<(Time, Option<Time>)>,
    #[schema(value_type = Option<f64>)]
    closed: Option<Time>,
    why: Option<WhyView>,
    audio: AudioView,
    /// Milliseconds from the INVITE to the first ringing, of an outgoing call.
    post_dial_delay: Option<f64>,
}

#[derive(Serialize, ToSchema)]
struct WhyView {
    /// The SIP status, where one ended it.
    code: Option<u16>,
    /// local, remote, …
    by: String,
    text: String,
}

#[derive(Serialize, ToSchema)]
struct AudioView {
    codec: String,
    protocol: String,
    /// Sent and received.
    #[schema(value_type = Option<Vec<f64>>)]
    packets: Option<(f64, f64)>,
    #[schema(value_type = Option<Vec<f64>>)]
    lost: Option<(f64, f64)>,
    /// Milliseconds.
    #[schema(value_type = Option<Vec<f64>>)]
    jitter: Option<(f64, f64)>,
    /// Milliseconds.
    rtt: Option<f64>,
    mos: Option<f64>,
    /// What was sent and received by direction (levels, gaps, delay, MOS), and who was heard: docs/media.md.
    #[schema(value_type = Object)]
    figures: serde_json::Value,
}

pub fn call_view(call: &Call) -> CallView {
    let audio = &call.audio;
    CallView {
        agent: call.agent.to_string(),
        number: call.number,
        id: call.id().map(str::to_string),
        direction: call.direction.clone(),
        peer: call.peer.clone(),
        begun: call.begun,
        invited: call.invited,
        rung: call.rung,
        established: call.established,
        media: call.media,
        holds: call.holds.clone(),
        closed: call.closed,
        why: call.why.as_ref().map(|why| WhyView {
            code: if let ClosedBy::Code(code) = why.by { Some(code) } else { None },
            by: why.by.to_string(),
            text: why.text.clone(),
        }),
        audio: AudioView {
            codec: audio.codec.clone(),
            protocol: audio.protocol.clone(),
            packets: audio.packets,
            lost: audio.lost,
            jitter: audio.jitter,
            rtt: audio.rtt,
            mos: audio.mos,
            figures: audio_figures(call),
        },
        post_dial_delay: call.post_dial_delay(),
    }
}

/// What is gathered while the events go by.
#[derive(Default)]
struct Gathered {
    calls: calls::Builder,
    agents: Vec<AgentView>,
    events: u64,
    failed: Option<u64>,
    /// The name of the test's own text.
    source: String,
    /// The folders of sounds.
    sounds: Vec<PathBuf>,
    reached: BTreeSet<u32>,
}

impl Gathered {
    fn event(&mut self, event: &Event) {
        self.calls.event(event);
        self.events = event.n + 1;
        match &event.body {
            Body::Command(Command { text, at: None }) => {
                let agent = self.agents.iter_mut().rfind(|one| event.agent.as_deref() == Some(&*one.name));
                if let (Some(agent), Some(sound)) = (agent, sound_of(text, &self.sounds)) {
                    agent.sound = Some(sound);
                }
            }
            // of a run that goes on, or whose host was killed, there is no more than the places of its events
            Body::Command(Command { at: Some(at), .. })
            | Body::Note(Note::Waiting { at: Some(at), .. } | Note::StepBegins { at: Some(at), .. })
                if *at.source == *self.source =>
            {
                self.reached.insert(at.line);
            }
            Body::Note(Note::Reached { lines }) => self.reached.extend(lines),
            Body::Note(Note::AgentStarting { aor, address, baresip, .. }) => self.agents.push(AgentView {
                name: event.agent.as_deref().unwrap_or_default().to_string(),
                aor: aor.clone(),
                address: address.clone(),
                baresip: baresip.clone(),
                sound: None,
            }),
            Body::Note(Note::CheckFailed { .. } | Note::AgentLost { .. } | Note::Ended(_)) if self.failed.is_none() => {
                self.failed = Some(event.n);
            }
            _ => {}
        }
    }
}

pub fn detail(app: &App, folder: &RunFolder) -> Result<Detail, Failure> {
    let unreadable = |problem| Failure::of(StatusCode::CONFLICT, &problem);
    let live = app.jobs.live().run(folder.id());
    let header = match &live {
        Some(live) => (*live.header).clone(),
        None => Header::read(&folder.events()).map_err(unreadable)?,
    };
    let mut gathered =
        Gathered { source: header.file.clone(), sounds: sound_folders(app.store.data_dir()), ..Gathered::default() };
    match &live {
        Some(live) => live.log.each(&mut |event| gathered.event(event)).map_err(unreadable)?,
        // what is left of one whose host was killed is shown
        None => drop(Kept(folder.events()).each(&mut |event| gathered.event(event))),
    }
    let row = match app.store.run(folder.id()) {
        Ok(run) => run,
        Err(_) => {
            app.store.index_run(folder.id())?;
            app.store.run(folder.id())?
        }
    };
    let verdict = stored_verdict(folder.path()).and_then(Result::ok);
    let failed_event = gathered.failed.filter(|_| verdict.as_ref().is_none_or(|verdict| !verdict.reasons.is_empty()));
    let past = History::of(app.store.data_dir()).past(&test_of(&header));
    let read = |name: &str| text(&folder.path().join(name)).and_then(Result::ok).map(|text| mask_secrets(&text));
    let (testfile, script) = (read("testfile"), read("script.rhai"));
    let text = match (&testfile, &script) {
        (Some(text), _) => Some(TextView { kind: KindWord::Testfile, text: text.clone() }),
        (None, Some(text)) => Some(TextView { kind: KindWord::Rhai, text: text.clone() }),
        (None, None) => None,
    };
    Ok(Detail {
        row: run_row(row),
        host: header.host,
        agent: header.agent,
        tags: header.tags,
        verdict: verdict.and_then(|verdict| serde_json::to_value(&verdict).ok()),
        failed_event,
        calls: gathered.calls.calls.iter().map(call_view).collect(),
        agents: gathered.agents,
        recordings: recordings(folder).iter().filter_map(|path| recording(path)).collect(),
        text,
        reached: gathered.reached.into_iter().collect(),
        script: script.filter(|_| testfile.is_some()),
        last_pass: past.and_then(|past| past.passed),
        events: gathered.events,
        keep: keeps(folder.path()),
        live: live.is_some(),
    })
}

/// The test that a run is of, as the history knows it.
pub fn test_of(header: &Header) -> TestId {
    TestId {
        block: header.block.as_deref().map(Arc::from),
        stored: header.trigger.is_some(),
        ..TestId::of_file(Path::new(&header.file))
    }
}

/// The name of the sound that an agent got with its account: `uanew <sip:alice@…>;audio_source=aufile,/data/sounds/alice.wav`.
fn sound_of(command: &str, folders: &[PathBuf]) -> Option<String> {
    let (_, source) = command.strip_prefix("uanew ")?.split_once(";audio_source=")?;
    let source = match source.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => source.split(';').next()?,
    };
    let path = Path::new(source.strip_prefix("aufile,")?);
    let ours = folders.iter().any(|folder| path.parent() == Some(folder));
    ours.then(|| path.file_name()?.to_str().map(str::to_string)).flatten()
}

/// `alice-1.wav`
fn recording(path: &Path) -> Option<RecordingView> {
    let file = path.file_name()?.to_str()?.to_string();
    let stem = path.file_stem()?.to_str()?;
    let (agent, call) = match stem.rsplit_once('-') {
        Some((agent, call)) if call.parse::<u32>().is_ok() => (agent, call.parse().ok()),
        _ => (stem, None),
    };
    let seconds = seconds_of(path);
    Some(RecordingView { agent: agent.to_string(), call, seconds, size: path.metadata().ok()?.len(), file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sound_of_an_agent_is_that_of_its_account() {
        let folders = [PathBuf::from("/d a/sounds"), PathBuf::from("/d/built-in/sounds")];
        for (command, sound) in [
            ("uanew <sip:a@h>;regint=0;audio_source=aufile,/d/built-in/sounds/alice.wav", Some("alice.wav")),
            ("uanew <sip:a@h>;audio_source=\"aufile,/d a/sounds/b;c.wav\";regint=0", Some("b;c.wav")),
            ("uanew <sip:a@h>;audio_source=aufile,/d/built-in/sounds/alice.wav;ptime=20", Some("alice.wav")),
            ("uanew <sip:a@h>;audio_source=aufile,/etc/alice.wav", None),
            ("uanew <sip:a@h>;audio_source=aufile,/d/built-in/sounds/../x.wav", None),
            ("uanew <sip:a@h>;audio_source=alsa,default", None),
            ("uanew <sip:a@h>", None),
            ("dial sip:b@h;audio_source=aufile,/d/built-in/sounds/alice.wav", None),
        ] {
            assert_eq!(sound_of(command, &folders).as_deref(), sound, "{command}");
        }
    }
}
