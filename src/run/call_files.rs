//! The recordings of a run's calls, where its agents write them.

use super::Run;
use crate::event::{Body, Events};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that holds no audio: a header alone has 192 bytes.
const SMALLEST: u64 = 256;

/// The recordings of one call at one agent, in their order: a hold begins another one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CallFiles {
    pub agent: Arc<str>,
    /// From 1, at its agent; of what cannot be numbered none.
    pub call: Option<u32>,
    /// The agent's id of the call.
    pub id: Option<String>,
    pub sent: Vec<PathBuf>,
    pub received: Vec<PathBuf>,
}

/// The ids of each agent's calls, in the order in which it first spoke of them.
pub type CallIds = BTreeMap<Arc<str>, Vec<String>>;

/// The recordings that agents of the run wrote so far, in their own folders.
pub fn call_files(run: &Run, calls: &CallIds) -> Vec<CallFiles> {
    let mut all: Vec<CallFiles> = vec![];
    let mut agents = run.agents.retired();
    agents.extend(run.agents.live());
    for agent in agents {
        let (sent, received) = recorded(&agent.recordings());
        let calls = calls.get(agent.name()).map_or(&[][..], Vec::as_slice);
        let with_way =
            |files: Vec<PathBuf>, is_sent| files.into_iter().enumerate().map(move |(n, file)| (n, file, is_sent));
        for (n, file, is_sent) in with_way(received, false).chain(with_way(sent, true)) {
            let place = call_of(&file, calls);
            let call = place.or(Some(n)).and_then(|place| u32::try_from(place + 1).ok());
            let id = place.map(|place| calls[place].clone());
            let is = |known: &CallFiles| known.agent == *agent.name() && known.call == call;
            let at = all.iter().position(is).unwrap_or_else(|| {
                all.push(CallFiles { agent: agent.name().clone(), call, id, ..CallFiles::default() });
                all.len() - 1
            });
            if is_sent { all[at].sent.push(file) } else { all[at].received.push(file) }
        }
    }
    all
}

/// What went out and what came in, in the order of the recorder's numbers and times.
fn recorded(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let entries = folder.read_dir().into_iter().flatten().filter_map(Result::ok);
    let large = |path: &PathBuf| path.metadata().is_ok_and(|file| file.is_file() && file.len() >= SMALLEST);
    let begun = |path: &PathBuf| path.metadata().and_then(|file| file.created()).ok();
    let wav = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "wav");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| wav(path) && large(path)).collect();
    files.sort_by_cached_key(|path| (begun(path), path.clone()));
    files.into_iter().partition(|path| path.to_string_lossy().ends_with("-enc.wav"))
}

/// Reads them from the run's log.
pub fn call_ids(run: &Run) -> CallIds {
    let mut calls = CallIds::new();
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

/// The place of the call whose id the file's name holds, as our own recorder names it.
pub fn call_of(file: &Path, calls: &[String]) -> Option<usize> {
    let name = file.file_name()?.to_string_lossy();
    calls.iter().position(|id| name.contains(id.as_str()))
}
