//! `telefonist ladder`: the SIP messages of a kept run, drawn.

use super::arguments::LadderArguments;
use super::tell::{colours, complain};
use crate::export::incomplete;
use crate::record::{self, Record};
use crate::report::ladder::{Builder, page};
use crate::verdict::ExitCode;
use crate::verdict::stored_verdict;
use std::io::Write;

/// Where nobody says how wide it is.
const COLUMNS: usize = 80;

pub fn ladder(arguments: &LadderArguments) -> ExitCode {
    let run = match record::find(&arguments.data.data_dir, &arguments.run) {
        Ok(run) => run,
        Err(problem) => {
            complain(&[problem]);
            return ExitCode::Usage;
        }
    };
    let read = stored_verdict(run.path()).transpose().and_then(|verdict| {
        let mut record = Record::open(&run.events())?;
        let mut ladder = Builder::default();
        for event in &mut record {
            ladder.event(&event?);
        }
        Ok((record, ladder.finish(), verdict))
    });
    let (record, ladder, verdict) = match read {
        Ok(read) => read,
        Err(problem) => {
            complain(&[problem]);
            return ExitCode::Error;
        }
    };
    complain(incomplete(&run, &record).as_slice());
    let stdout = std::io::stdout();
    let width = terminal_size::terminal_size_of(&stdout).map_or(COLUMNS, |(columns, _)| usize::from(columns.0));
    let text = page(&record.header, verdict.as_ref(), &ladder, width, colours(&stdout));
    // a reader that went away (`| head`) is no error
    let _ = stdout.lock().write_all(text.as_bytes());
    ExitCode::Passed
}
