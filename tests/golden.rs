//! Golden tests: each testfile in `tests/golden` with what comes of it beside: `<case>.rhai`, what it compiles to, and
//! `<case>.err`, its messages. `UPDATE=1 cargo test` rewrites them.

use crate::support::golden::{agree, compare};
use std::fs;
use std::path::{Path, PathBuf};
use telefonist::diagnostic::{Source, render};
use telefonist::{script, testfile};

/// What the testfile compiles to, and its messages; each may be empty.
fn outcome(name: &str, text: String) -> (String, String) {
    match testfile::parse(&Source::new(name, text), &[]) {
        Ok(file) => {
            let script = script::compile(&file);
            assert_eq!(script.lines.len(), script.rhai.lines().count(), "{name}: a testfile line for each line");
            (script.rhai, render(&file.warnings, false))
        }
        Err(diagnostics) => (String::new(), render(&diagnostics, false)),
    }
}

/// The testfiles of a folder: the files without an extension.
fn cases(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = entries.filter(|path| path.is_file() && path.extension().is_none()).collect();
    cases.sort();
    cases
}

#[test]
fn testfiles_come_out_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let cases = cases(&folder);
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for case in cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let (rhai, told) = outcome(name, fs::read_to_string(&case).unwrap());
        wrong.extend(compare(&case.with_extension("rhai"), &rhai));
        wrong.extend(compare(&case.with_extension("err"), &told));
    }
    agree(wrong);
}

#[test]
fn the_classic_examples_have_no_warnings() {
    for example in cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")) {
        let (rhai, told) = outcome(example.to_str().unwrap(), fs::read_to_string(&example).unwrap());
        assert!(!rhai.is_empty() && told.is_empty(), "{told}");
    }
}
