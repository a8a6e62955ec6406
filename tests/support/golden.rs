//! Golden files: expected texts beside the tests. `UPDATE=1 cargo test` rewrites them.

use std::fs;
use std::path::Path;

/// None if the file has that text. With `UPDATE` set the file is rewritten instead, or removed if the text is empty.
pub fn compare(expected: &Path, actual: &str) -> Option<String> {
    let old = fs::read_to_string(expected).unwrap_or_default();
    if old == actual {
        return None;
    }
    if std::env::var_os("UPDATE").is_some() {
        let written = if actual.is_empty() { fs::remove_file(expected) } else { fs::write(expected, actual) };
        return written.err().map(|error| error.to_string());
    }
    Some(format!("{} should be:\n{actual}\nbut is:\n{old}", expected.display()))
}

/// Fails the test if a comparison found a difference.
#[track_caller]
pub fn agree(differences: impl IntoIterator<Item = String>) {
    let differences: Vec<String> = differences.into_iter().collect();
    assert!(differences.is_empty(), "{}\nUPDATE=1 rewrites the files", differences.join("\n"));
}
