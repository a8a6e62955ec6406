//! Files that a person names at the prompt: none is overwritten without asking.

use crate::diagnostic::Diagnostic;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Writes a file that is not there yet, or, with `over`, any.
///
/// # Errors
/// It is there already, or can't be written.
pub fn write_new(path: &Path, over: bool, bytes: &[u8]) -> Result<(), Diagnostic> {
    let shown = path.display();
    let mut options = OpenOptions::new();
    options.write(true);
    if over {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let written = options.open(path).and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Diagnostic::error(format!("{shown} is there already"))
            .advice("name another file, or write `!` behind the command to overwrite it: `:save! FILE`"),
        _ => Diagnostic::error(format!("{shown} can't be written: {error}")),
    })
}
