//! `telefonist ladder`: the SIP messages of a kept run, drawn.

use super::arguments::LadderArguments;
use super::check::complain;
use super::colours;
use crate::diagnostic::Diagnostic;
use crate::export::kept_verdict;
use crate::record::{self, Record};
use crate::report::ladder::{Ladder, page};
use crate::verdict::ExitCode;
use std::io::Write;

/// Where nobody says how wide it is.
const COLUMNS: usize = 80;

pub fn ladder(arguments: &LadderArguments) -> ExitCode {
    let run = match record::find(&arguments.data_dir, &arguments.run) {
        Ok(run) => run,
        Err(problem) => {
            complain(&[problem]);
            return ExitCode::Usage;
        }
    };
    let read = kept_verdict(&run).and_then(|verdict| Ok((Record::read(&run.events())?, verdict)));
    let (record, verdict) = match read {
        Ok(read) => read,
        Err(problem) => {
            complain(&[problem]);
            return ExitCode::Error;
        }
    };
    if let Some(line) = record.torn {
        let message = format!("the record ends in the middle of line {line}: its host was killed");
        complain(&[Diagnostic::warning(message)]);
    }
    let stdout = std::io::stdout();
    let width = terminal_size::terminal_size_of(&stdout).map_or(COLUMNS, |(columns, _)| usize::from(columns.0));
    let ladder = Ladder::of(&record.events);
    let text = page(&record.header, verdict.as_ref(), &ladder, width, colours(&stdout));
    // a reader that went away (`| head`) is no error
    let _ = stdout.lock().write_all(text.as_bytes());
    ExitCode::Passed
}
