//! Texts for the standard output and the standard error.

use crate::diagnostic::{Diagnostic, render};
use std::io::Write;
use std::path::Path;

/// Prints to the standard output. A reader that went away (`| head`) ends no run.
pub fn say(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints diagnostics where errors belong.
pub fn complain(diagnostics: &[Diagnostic]) {
    if !diagnostics.is_empty() {
        let stderr = std::io::stderr();
        let _ = write!(stderr.lock(), "{}", render(diagnostics, colours(&stderr)));
    }
}

/// Whether to use colours on a stream: not where `NO_COLOR` is set or nobody looks at a terminal.
pub fn colours(stream: &impl std::io::IsTerminal) -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        && stream.is_terminal()
}

/// A path without characters that could steer the terminal.
pub fn shown(path: &Path) -> String {
    let escape =
        |c: char| if crate::diagnostic::is_invisible(c) { c.escape_default().to_string() } else { c.to_string() };
    path.display().to_string().chars().map(escape).collect()
}
