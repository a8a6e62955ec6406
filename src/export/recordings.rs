//! Files with what the agents of a run heard.

use crate::record::RunFolder;
use std::path::PathBuf;

/// The recordings in the run's folder, in the order of their names. What is not a file of its own (a link) is left out: it could
/// lead anywhere.
pub fn recordings(run: &RunFolder) -> Vec<PathBuf> {
    let entries = run.path().join("recordings").read_dir().into_iter().flatten().filter_map(Result::ok);
    let own = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let mut files: Vec<PathBuf> = own.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "wav"));
    files.sort();
    files
}
