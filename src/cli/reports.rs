//! `run --report KIND=FILE`: the reports that the user wants as files.

use crate::diagnostic::Diagnostic;
use crate::pipeline;
use crate::report::results::Results;
use crate::report::{Kind, Wanted, render};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

/// Whether a report takes the standard output for itself.
pub fn use_stdout(wanted: &[Wanted]) -> bool {
    wanted.iter().any(|wanted| is_stdout(&wanted.file))
}

fn is_stdout(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Sees before the first call that every report can be written: makes its folder, refuses a folder in its place, and two reports in one.
pub fn prepare(wanted: &[Wanted]) -> Result<(), Diagnostic> {
    let mut places = BTreeSet::new();
    for file in wanted.iter().map(|wanted| &wanted.file) {
        let place = if is_stdout(file) { file.clone() } else { std::path::absolute(file).unwrap_or_default() };
        // a pipe or a device is there already, and stays; whoever reads from it may not be there yet
        if file.metadata().is_ok_and(|there| !there.is_file() && !there.is_dir()) {
            continue;
        }
        if !places.insert(place) {
            let shown = if is_stdout(file) { "the standard output".into() } else { format!("`{}`", file.display()) };
            return Err(Diagnostic::error(format!("two reports can't both be written to {shown}"))
                .advice("name another file for one of them"));
        }
        if is_stdout(file) {
            continue;
        }
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let made = std::fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder));
        let made = if file.is_dir() { Err(std::io::ErrorKind::IsADirectory.into()) } else { made.map(drop) };
        made.map_err(|error| unwritable(file, &error))?;
    }
    Ok(())
}

/// Whether one of them shows runs in all detail.
pub fn show_runs(wanted: &[Wanted]) -> bool {
    wanted.iter().any(|wanted| wanted.kind == Kind::Html)
}

/// Writes them; a file appears whole or not at all. `pages` has what the runs of these ids look like in a browser.
pub fn write(wanted: &[Wanted], results: &Results, pages: &BTreeMap<String, String>) -> Vec<Diagnostic> {
    let one = |wanted: &Wanted| {
        let text = render(wanted.kind, results, &mut |attempt| pages.get(&attempt.run).cloned());
        let written = match is_stdout(&wanted.file) {
            true => std::io::stdout().lock().write_all(text.as_bytes()),
            false => pipeline::replace(&wanted.file, &text),
        };
        written.err().map(|error| unwritable(&wanted.file, &error))
    };
    wanted.iter().filter_map(one).collect()
}

fn unwritable(file: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(format!("the report {} can't be written: {error}", file.display()))
        .advice("name another file, or see that its folder may be written")
}
