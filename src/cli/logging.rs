//! Logs what the host does to the standard error, with `tracing`. Off by default.

use super::arguments::LogArguments;
use crate::diagnostic::Diagnostic;
use crate::event::lock;
use indicatif::MultiProgress;
use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// The lines of progress on the terminal, which make room for each line of the log.
static PROGRESS: Mutex<Option<MultiProgress>> = Mutex::new(None);

/// Prints each further line of the log above these.
pub fn print_above(progress: &MultiProgress) {
    *lock(&PROGRESS) = Some(progress.clone());
}

/// Begins to log, if the arguments ask for it. `has_prompt`: a person edits lines on this terminal.
///
/// # Errors
/// The lines would be printed into the person's prompt.
pub fn start(arguments: &LogArguments, has_prompt: bool) -> Result<(), Diagnostic> {
    let Some(targets) = arguments.log.clone() else { return Ok(()) };
    if has_prompt && io::stderr().is_terminal() {
        return Err(Diagnostic::warning("the log is off: its lines would be printed into the prompt")
            .advice("send them into a file: 2> telefonist.log"));
    }
    let colours = super::tell::colours(&io::stderr());
    let lines = fmt::layer().with_writer(|| Above).with_ansi(colours);
    let lines = if arguments.log_json { lines.json().boxed() } else { lines.boxed() };
    // fails only where a log has begun already, which then takes the lines
    let _ = tracing_subscriber::registry().with(lines.with_filter(targets)).try_init();
    Ok(())
}

/// The standard error, above the lines of progress. When nobody reads it, nothing ends.
struct Above;

impl Write for Above {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let print = || drop(io::stderr().lock().write_all(line));
        let progress = lock(&PROGRESS).clone();
        match progress {
            Some(progress) => progress.suspend(print),
            None => print(),
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
