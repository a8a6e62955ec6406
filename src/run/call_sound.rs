//! What the recordings of a run's calls sound like: noted at its end, and asked for by its script.

use super::Run;
use super::call_files::{CallFiles, call_files, call_ids};
use crate::agent::sound;
use crate::audio::judge::{Expectation, judge_sound};
use crate::audio::quality::expected_quality;
use crate::audio::read::read_wav;
use crate::audio::recording::{Track, read_recording};
use crate::audio::senders::find_senders;
use crate::audio::track::{describe_track, find_unheard};
use crate::audio::{Sound, Span};
use crate::calls::{Builder, Call, audio_figures};
use crate::event::{Body, CallSound, Ended, Events, How, Note, Sink};
use serde_json::{Value, json};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// The other side sent sound, and nothing was heard for this long, in seconds.
const UNHEARD: f64 = 2.0;
/// The most agents that a script's question compares with.
const MOST_AGENTS: usize = 8;
/// What a comparison with a file looks at, in seconds.
const COMPARED: f64 = 120.0;

/// Reads the recordings of one direction; what cannot be read is said.
fn track(files: &[PathBuf], not_analysed: &mut Vec<String>) -> Track {
    let mut track = Track::default();
    for file in files {
        let read = File::open(file).map_err(Into::into).and_then(|file| read_recording(BufReader::new(file)));
        match read {
            Ok(recording) => track.0.push(recording),
            Err(why) => not_analysed.push(format!("{}: {why}", file.file_name().unwrap_or_default().to_string_lossy())),
        }
    }
    track
}

/// The files of agents at the other end of a call: both ends know it by one id.
fn other_ends<'a>(all: &'a [CallFiles], of: &'a CallFiles) -> impl Iterator<Item = &'a CallFiles> {
    all.iter().filter(|other| of.id.is_some() && other.id == of.id && other.agent != of.agent)
}

/// What was heard in a call. `candidates`: whose sound may be in it besides that of the other end.
fn heard(files: &CallFiles, all: &[CallFiles], candidates: &[&CallFiles]) -> CallSound {
    let mut not_analysed = vec![];
    let (sent, received) = (track(&files.sent, &mut not_analysed), track(&files.received, &mut not_analysed));
    let mut sound = CallSound {
        sent: describe_track(&sent),
        received: describe_track(&received),
        not_analysed,
        ..CallSound::default()
    };
    let sounds = sound.received.as_ref().is_some_and(|received| received.levels.is_some());
    let others: Vec<&CallFiles> = other_ends(all, files).chain(candidates.iter().copied()).collect();
    let sent_by: Vec<(&str, Track)> =
        others.iter().map(|other| (&*other.agent, track(&other.sent, &mut vec![]))).collect();
    if sounds {
        let candidates: Vec<(&str, &Track)> = sent_by.iter().map(|(agent, track)| (*agent, track)).collect();
        sound.heard = find_senders(&received, &candidates);
    }
    if let Some((_, sent)) = sent_by.first().filter(|_| other_ends(all, files).next().is_some()) {
        sound.unheard = find_unheard(&received, sent, UNHEARD);
    }
    sound
}

/// Notes what was heard in each call. Recordings of nothing but silence that agents sent are removed.
pub fn note_sounds(run: &Run, all: &[CallFiles]) {
    // who interrupts a run does not want to wait
    if run.log.stopped().is_some_and(|stop| stop.how == How::Cancelled) {
        return;
    }
    let mut silent = vec![];
    for files in all {
        let sound = heard(files, all, &[]);
        if sound.sent.as_ref().is_some_and(|sent| sent.levels.is_none()) {
            silent.extend(&files.sent);
        }
        let note = Note::CallSound { call: files.call, id: files.id.clone(), sound: Box::new(sound) };
        run.push(Some(&files.agent), Body::Note(note));
    }
    for file in silent {
        let _ = std::fs::remove_file(file);
    }
    // only where it is empty
    let _ = std::fs::remove_dir(run.folder.join("sent"));
}

/// The recordings of the call that is meant: of that id, else the agent's last.
fn files_of<'a>(all: &'a [CallFiles], agent: &str, call: Option<&str>) -> Result<&'a CallFiles, Ended> {
    let of_agent = all.iter().filter(|files| &*files.agent == agent);
    let meant = of_agent.clone().filter(|files| call.is_none_or(|id| files.id.as_deref() == Some(id)));
    meant.max_by_key(|files| files.call).ok_or_else(|| {
        let advice = "wait until the call is established; a baresip of your own needs its module sndfile to record";
        Ended { advice: Some(advice.into()), ..Ended::error(format!("there is no recording of a call at {agent}")) }
    })
}

impl Run {
    /// The recordings of all calls so far.
    fn recordings(&self) -> Vec<CallFiles> {
        call_files(self, &call_ids(self))
    }

    /// What the log says of an agent's call: of that id, else the last.
    fn call_of_agent(&self, agent: &str, id: Option<&str>) -> Result<Call, Ended> {
        let mut calls = Builder::default();
        self.log.each(&mut |event| calls.event(event)).map_err(|problem| Ended::error(problem.message))?;
        let mut own = calls.calls.into_iter().rev().filter(|known| &*known.agent == agent);
        let known = own.find(|known| id.is_none() || known.id() == id);
        known.ok_or_else(|| Ended::error(format!("{agent} has no such call")))
    }

    /// The figures of a call's sound so far.
    pub(super) fn call_audio(&self, agent: &str, call: Option<&str>) -> Result<Value, Ended> {
        let all = self.recordings();
        let files = files_of(&all, agent, call).ok();
        let mut known = self.call_of_agent(agent, files.and_then(|files| files.id.as_deref()).or(call))?;
        known.audio.sound = files.map(|files| Box::new(heard(files, &all, &[])));
        Ok(audio_figures(&known))
    }

    /// The agents of the run whose sound is in what an agent received in a call.
    pub(super) fn heard_agents(&self, agent: &str, call: Option<&str>) -> Result<Vec<String>, Ended> {
        let all = self.recordings();
        let files = files_of(&all, agent, call)?;
        let is_end = |other: &CallFiles| other_ends(&all, files).any(|end| end == other);
        let others = all.iter().filter(|other| other.agent != files.agent && !is_end(other));
        let candidates: Vec<&CallFiles> = others.take(MOST_AGENTS).collect();
        let mut names: Vec<String> = heard(files, &all, &candidates).heard.into_iter().map(|one| one.agent).collect();
        names.dedup();
        Ok(names)
    }

    /// How what an agent received compares with a sound file.
    pub(super) fn sound_quality(&self, agent: &str, call: Option<&str>, file: &str) -> Result<Value, Ended> {
        let path = sound::find(file, self.supervisor.sound_folders())?;
        let reference = read_reference(&path, file)?;
        let all = self.recordings();
        let files = files_of(&all, agent, call)?;
        let mut not_analysed = vec![];
        let received = track(&files.received, &mut not_analysed);
        let longest = received.0.iter().max_by(|one, other| one.seconds.total_cmp(&other.seconds));
        let empty = Sound::new(8000, vec![]);
        let received = longest.map_or(empty, |recording| recording.sound.part(Span { from: 0.0, to: COMPARED }));
        let known = self.call_of_agent(agent, files.id.as_deref().or(call))?;
        let expected = expected_quality(&known.audio.codec);
        let expectation = Expectation { reference: &reference, others: &[], expected_mos: None };
        let judged = judge_sound(&received, &expectation);
        not_analysed.extend(judged.not_analysed);
        let rounded = |value: f64| (value * 100.0).round() / 100.0;
        Ok(json!({
            "mos": judged.mos.map(rounded),
            "expected": expected,
            "heard": judged.prompt.as_ref().is_some_and(|prompt| prompt.is_heard()),
            "whole": judged.prompt.as_ref().is_some_and(|prompt| prompt.is_whole()),
            "likeness": judged.prompt.as_ref().map(|prompt| rounded(prompt.score)),
            "starts": judged.prompt.as_ref().map(|prompt| (prompt.starts_at * 1000.0).round()),
            "gain": judged.prompt.as_ref().map(|prompt| rounded(prompt.gain_db)),
            "faults": judged.findings.into_iter().map(|finding| finding.text).collect::<Vec<_>>(),
            "not_analysed": not_analysed,
        }))
    }
}

fn read_reference(path: &Path, file: &str) -> Result<Sound, Ended> {
    let read = File::open(path).map_err(Into::into).and_then(|file| read_wav(BufReader::new(file)));
    read.map(|read| read.sound).map_err(|why| Ended::error(format!("the sound file `{file}`: {why}")))
}
