//! What `telefonist check` tells a person: each script in `tests/check` with its messages beside, as `<case>.err`.
//! `UPDATE=1 cargo test` writes them anew. No agent is started, and nothing in the repository is told off without need.

use crate::golden::compare;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use telefonist::diagnostic::{Diagnostic, Source, render};
use telefonist::engine::STD_MODULES;
use telefonist::pipeline;
use telefonist::run::Inputs;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn told(source: &Arc<Source>) -> Vec<Diagnostic> {
    let accounts = ["desk", "trunk"].map(|name| (name.to_string(), "<sip:100@pbx.example>".to_string()));
    pipeline::check(source, &Inputs { accounts: accounts.into(), ..Inputs::default() }, None).diagnostics
}

/// The files of a folder with that extension ("" for none).
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let wanted = |path: &PathBuf| path.is_file() && path.extension().unwrap_or_default() == extension;
    let mut files: Vec<PathBuf> = entries.filter(wanted).collect();
    files.sort();
    files
}

#[test]
fn each_mistake_is_told_as_expected() {
    let cases = files(&folder("tests/check"), "rhai");
    assert!(cases.len() > 60, "{}", cases.len());
    let mut wrong = vec![];
    for case in cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let found = told(&Source::new(name, fs::read_to_string(&case).unwrap()));
        if found.is_empty() {
            wrong.push(format!("{name}: nothing is found"));
        }
        let bare = found.iter().filter(|found| found.place.is_none() || found.code.is_none());
        wrong.extend(bare.map(|found| format!("{name}: no place or no code: {found:?}")));
        wrong.extend(compare(&case.with_extension("err"), &render(&found, false)));
    }
    assert!(wrong.is_empty(), "{}\nUPDATE=1 takes it over", wrong.join("\n"));
}

#[test]
fn nothing_in_the_repository_is_told_off_without_need() {
    let examples = [files(&folder("examples"), ""), files(&folder("examples"), "rhai")].concat();
    let stdlib = STD_MODULES.iter().map(|(name, text)| Source::new(format!("{name}.rhai"), *text));
    let read = |path: PathBuf| Source::new(path.display().to_string(), fs::read_to_string(&path).unwrap());
    // those of which nothing is told
    let sound = |path: &PathBuf| !path.with_extension("err").exists();
    let golden = files(&folder("tests/golden"), "").into_iter().filter(sound);
    let sources: Vec<_> = examples.into_iter().chain(golden).map(read).chain(stdlib).collect();
    assert!(sources.len() > 20);
    for source in sources {
        // some testfiles hold made-up commands
        let found: Vec<_> = told(&source).into_iter().filter(|found| found.code != Some("unknown-command")).collect();
        assert!(found.is_empty(), "{}", render(&found, false));
    }
}
