//! The recordings of a run, kept once its agents have stopped.

use super::Run;
use super::call_files::{call_files, call_ids, call_of};
use super::call_sound;
use crate::event::{Body, Note, Sink};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Moves what each agent received into `recordings/<agent>-<call>.wav` of the run's folder, and what it sent into `sent/`, and
/// notes what was heard. Further segments of a call (a hold begins a new one) are `<agent>-<call>-2.wav`, and so on. Files
/// without sound are left out; the agents' folders go.
pub fn collect(run: &Run) {
    let mut kept = vec![];
    // over all agents: one may have been replaced by another of its name
    let mut segments: BTreeMap<(&str, Arc<str>, Option<u32>), u32> = BTreeMap::new();
    let ids = call_ids(run);
    for mut files in call_files(run, &ids) {
        let (agent, call) = (files.agent.clone(), files.call);
        for (folder, list) in [("recordings", &mut files.received), ("sent", &mut files.sent)] {
            for file in list.iter_mut() {
                let segment = segments.entry((folder, agent.clone(), call)).or_default();
                *segment += 1;
                let name = format!("{folder}/{}", file_name(&agent, call, *segment, "wav"));
                keep(run, &agent, call, file, name);
            }
        }
        kept.push(files);
    }
    for agent in run.agents.retired() {
        let calls = ids.get(agent.name()).map_or(&[][..], Vec::as_slice);
        if let Err(error) = keep_rtp(run, &agent.recordings(), agent.name(), calls) {
            let message = format!("the RTP of {} can't be kept: {error}", agent.name());
            run.push(Some(agent.name()), Body::Note(Note::Warning { message, at: None }));
        }
    }
    // configuration and certificates of agents that are gone; what can't be removed does no harm
    let _ = std::fs::remove_dir_all(run.folder.join("agents"));
    call_sound::note_sounds(run, &kept);
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
        let call = call_of(file, calls).or(Some(n)).and_then(|place| u32::try_from(place + 1).ok());
        // of two agents of one name, one after the other, each keeps its files
        let free = |segment: &u32| !target.join(file_name(agent, call, *segment, "rtp")).exists();
        let segment = (1..).find(free).unwrap_or(1);
        std::fs::rename(file, target.join(file_name(agent, call, segment, "rtp")))?;
    }
    Ok(())
}

/// Moves a recording to its name below the run's folder, and notes one of what was received.
fn keep(run: &Run, agent: &Arc<str>, call: Option<u32>, file: &mut PathBuf, name: String) {
    let target = run.folder.join(&name);
    let folder = target.parent().map_or(Ok(()), std::fs::create_dir_all);
    let note = match folder.and_then(|()| std::fs::rename(&*file, &target)) {
        Ok(()) => {
            *file = target;
            if name.starts_with("sent/") {
                return;
            }
            Note::Recording { duration: milliseconds(file), file: name, call }
        }
        Err(error) => {
            Note::Warning { message: format!("the recording {} can't be kept: {error}", file.display()), at: None }
        }
    };
    run.push(Some(agent), Body::Note(note));
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
