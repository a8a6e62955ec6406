//! The folder of validation scripts: files by their plain names, and nothing else.

use crate::diagnostic::{Diagnostic, Source, nearest};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// No validation script is larger, in bytes.
const LARGEST: u64 = 256 * 1024;

/// The text of a script, named as the user can open it: `data/scripts/check.js`. Errors say what is wrong with the file, without a place.
pub fn source(folder: &Path, name: &str) -> Result<Arc<Source>, Diagnostic> {
    let shown = folder.display();
    if !is_plain(name) {
        let problem = Diagnostic::error(format!("`{name}` is not the name of a validation script"));
        return Err(
            problem.advice(format!("a plain file name that ends in .rhai or .js is due: the file lies in {shown}"))
        );
    }
    let path = folder.join(name);
    if !path.is_file() {
        let problem = Diagnostic::error(format!("there is no validation script `{name}` in {shown}"));
        return Err(problem.advice(match nearest(name, names(folder).iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("put it there, or name another data folder with --data-dir: it is looked for in {shown}"),
        }));
    }
    let unreadable =
        |why: String| Diagnostic::error(format!("the validation script {} can't be read: {why}", path.display()));
    let real = path.canonicalize().map_err(|error| unreadable(error.to_string()))?;
    // a link may lead anywhere
    if !folder.canonicalize().is_ok_and(|folder| real.starts_with(folder)) {
        return Err(unreadable("it is a link that leads out of its folder".into()).advice("put the file itself there"));
    }
    if !real.is_file() {
        return Err(unreadable("it is not a file".into()));
    }
    let mut bytes = vec![];
    let read = File::open(&real).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(unreadable(format!("it is larger than {} KiB", LARGEST >> 10)).advice("split it into several"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(path.display().to_string(), text)),
        Err(_) => Err(unreadable("it is not UTF-8".into()).advice("save the file with the encoding UTF-8")),
    }
}

/// Goes nowhere but into the folder itself.
fn is_plain(name: &str) -> bool {
    let stem = name.strip_suffix(".rhai").or_else(|| name.strip_suffix(".js"));
    stem.is_some_and(|stem| !stem.is_empty()) && !name.starts_with('.') && !name.contains(['/', '\\', '\0'])
}

/// The scripts that are there.
fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<_> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| is_plain(name)).collect();
    names.sort();
    names
}
