//! `telefonist replay` and `telefonist diff`: show kept runs, judge them again, compare them.

use super::arguments::{DiffArguments, ReplayArguments};
use super::tell::{colours, complain};
use crate::diagnostic::Diagnostic;
use crate::pipeline;
use crate::record;
use crate::report::events::{EventLines, Logs};
use crate::report::told::Extent;
use crate::report::{Side, comparison, terminal};
use crate::verdict::ExitCode;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Prints a recorded run as it was shown live, then its verdict, judged again; ends as that run did.
pub fn replay(arguments: &ReplayArguments) -> ExitCode {
    let folder = match record::find(&arguments.data.data_dir, &arguments.run) {
        Ok(folder) => folder.path().to_path_buf(),
        Err(problem) => return refuse(problem, ExitCode::Usage),
    };
    let stdout = std::io::stdout();
    let colour = colours(&stdout);
    let logs = if arguments.agent_logs { Logs::All } else { Logs::Grave };
    let mut out = BufWriter::new(stdout.lock());
    let mut lines: Option<EventLines> = None;
    let replayed = pipeline::replay(&folder, &mut |header, event| {
        let lines = lines.get_or_insert_with(|| EventLines::new(header.time, logs, colour));
        // a reader that went away changes no verdict
        let _ = out.write_all(lines.line(event).unwrap_or_default().as_bytes());
    });
    let replayed = match replayed {
        Ok(replayed) => replayed,
        Err(problem) => {
            let _ = out.flush();
            return refuse(problem, ExitCode::Error);
        }
    };
    let status = replayed.verdict.status;
    let text = terminal::test(&replayed.result(&folder), Extent::Whole, colour);
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    status.into()
}

/// Prints where the flows of two runs part. Ends with 1 where they do.
pub fn diff(arguments: &DiffArguments) -> ExitCode {
    let flow = |run: &Path| {
        let refused = |code| move |problem| refuse(problem, code);
        let folder = record::find(&arguments.data.data_dir, run).map_err(refused(ExitCode::Usage))?;
        pipeline::flow_of(folder.path()).map_err(refused(ExitCode::Error))
    };
    let (a, b) = match flow(&arguments.a).and_then(|a| Ok((a, flow(&arguments.b)?))) {
        Ok(both) => both,
        Err(code) => return code,
    };
    let names = [&a, &b].map(|(header, _)| header.name());
    let side = |n: usize| {
        let (header, flow) = [&a, &b][n];
        Side { run: &header.run, test: &names[n], flow }
    };
    let stdout = std::io::stdout();
    let text = comparison(side(0), side(1), colours(&stdout));
    let _ = stdout.lock().write_all(text.as_bytes());
    if a.1 == b.1 { ExitCode::Passed } else { ExitCode::Failed }
}

fn refuse(problem: Diagnostic, code: ExitCode) -> ExitCode {
    complain(&[problem]);
    code
}
