//! The recordings of a run, collected from its agents' folders once they have stopped.

use super::Run;
use crate::event::{Body, Events, Note, Sink};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that holds no audio: a header alone has 44 bytes.
const SMALLEST: u64 = 128;

/// Moves what each agent received into `recordings/<agent>-<call>.wav` of the run's folder, and notes it. Further segments of a call
/// (a hold begins a new one) are `<agent>-<call>-2.wav`, and so on. What agents sent (`…-enc.wav`) and empty files are left out;
/// the agents' folders go.
pub fn collect(run: &Run) {
    let target = run.folder.join("recordings");
    // over all agents: one may have been replaced by another of its name
    let mut segments: BTreeMap<(Arc<str>, Option<u32>), u32> = BTreeMap::new();
    let calls = calls(run);
    for agent in run.agents.retired() {
        let files = received(&agent.recordings());
        let calls = calls.get(agent.name()).map_or(&[][..], Vec::as_slice);
        for (n, file) in files.iter().enumerate() {
            let call = call_of(file, calls).or_else(|| u32::try_from(n + 1).ok());
            let segment = segments.entry((agent.name().clone(), call)).or_default();
            *segment += 1;
            let name = file_name(agent.name(), call, *segment, "wav");
            let moved = std::fs::create_dir_all(&target).and_then(|()| std::fs::rename(file, target.join(&name)));
            let note = match moved {
                Ok(()) => Note::Recording {
                    duration: milliseconds(&target.join(&name)),
                    file: format!("recordings/{name}"),
                    call,
                },
                Err(error) => Note::Warning {
                    message: format!("the recording {} can't be kept: {error}", file.display()),
                    at: None,
                },
            };
            run.push(Some(agent.name()), Body::Note(note));
        }
        if let Err(error) = keep_rtp(run, &agent.recordings(), agent.name(), calls) {
            let message = format!("the RTP of {} can't be kept: {error}", agent.name());
            run.push(Some(agent.name()), Body::Note(Note::Warning { message, at: None }));
        }
    }
    // configuration and certificates of agents that are gone; what can't be removed does no harm
    let _ = std::fs::remove_dir_all(run.folder.join("agents"));
}

/// What came in, in the order of the recorder's numbers and times.
fn received(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().filter_map(Result::ok);
    let kept = entries.filter(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let large = entry.metadata().is_ok_and(|file| file.is_file() && file.len() >= SMALLEST);
        large && name.ends_with(".wav") && !name.ends_with("-enc.wav")
    });
    let begun = |path: &PathBuf| path.metadata().and_then(|file| file.created()).ok();
    let mut files: Vec<PathBuf> = kept.map(|entry| entry.path()).collect();
    files.sort_by_key(|path| (begun(path), path.clone()));
    files
}

/// Moves the packets that an agent kept of its calls into `rtp/<agent>-<call>.rtp` of the run's folder.
fn keep_rtp(run: &Run, folder: &Path, agent: &str, calls: &[String]) -> io::Result<()> {
    let entries = folder.read_dir().into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.is_file() && path.extension().is_some_and(|end| end == "rtp")).collect();
    files.sort();
    let target = run.folder.join("rtp");
    for (n, file) in files.iter().enumerate() {
        std::fs::create_dir_all(&target)?;
        let call = call_of(file, calls).or_else(|| u32::try_from(n + 1).ok());
        // of two agents of one name, one after the other, each keeps its files
        let free = |segment: &u32| !target.join(file_name(agent, call, *segment, "rtp")).exists();
        let segment = (1..).find(free).unwrap_or(1);
        std::fs::rename(file, target.join(file_name(agent, call, segment, "rtp")))?;
    }
    Ok(())
}

/// The ids of each agent's calls, in the order in which it first spoke of them.
fn calls(run: &Run) -> BTreeMap<Arc<str>, Vec<String>> {
    let mut calls: BTreeMap<Arc<str>, Vec<String>> = BTreeMap::new();
    // events that can't be read back name no calls: their recordings are numbered
    let _ = run.log.each(&mut |event| {
        if let (Some(agent), Body::Event(said)) = (&event.agent, &event.body)
            && let Some(id) = &said.call
            && !calls.get(agent).is_some_and(|known| known.contains(id))
        {
            calls.entry(agent.clone()).or_default().push(id.clone());
        }
    });
    calls
}

/// The number of the call whose id the file's name holds, as our own recorder names it.
fn call_of(file: &Path, calls: &[String]) -> Option<u32> {
    let name = file.file_name()?.to_string_lossy();
    let place = calls.iter().position(|id| name.contains(id.as_str()))?;
    u32::try_from(place + 1).ok()
}

fn file_name(agent: &str, call: Option<u32>, segment: u32, extension: &str) -> String {
    let agent: String = agent.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
    let call = call.map(|call| format!("-{call}")).unwrap_or_default();
    let segment = if segment > 1 { format!("-{segment}") } else { String::new() };
    format!("{agent}{call}{segment}.{extension}")
}

/// 0 for what is no WAV.
fn milliseconds(path: &Path) -> f64 {
    let reader = hound::WavReader::open(path).ok();
    reader.map_or(0.0, |reader| f64::from(reader.duration()) * 1000.0 / f64::from(reader.spec().sample_rate.max(1)))
}
