//! A run that a person controls at a prompt, recorded and judged like any other.

use super::compile::files;
use super::judged::judged;
use super::{Workplace, deliver};
use crate::diagnostic::{Diagnostic, Source};
use crate::engine::{ScriptLimits, Session};
use crate::event::{Clock, Ended, Log};
use crate::record::{Header, Recorder, RunFolder};
use crate::run::Run;
use crate::verdict::Judged;
use std::sync::Arc;
use std::time::Instant;

/// What its runs are called.
const NAME: &str = "session";

/// What is left of a session.
pub struct Conducted {
    pub header: Header,
    pub warnings: Vec<Diagnostic>,
    /// What it was as a script.
    pub script: String,
}

/// Gives a session to `serve`, which says how it ended and what it was as a script. Its imports are looked for below the working
/// directory. When this comes back, its agents are gone.
///
/// # Errors
/// There is no agent, or the run can't be kept: there is no room, no right to write.
pub fn session(
    workplace: &Workplace,
    limits: &ScriptLimits,
    serve: impl FnOnce(&mut Session, &Header, &Arc<Log>) -> (Ended, String) + Send,
) -> Result<Conducted, Diagnostic> {
    let supervisor = workplace.supervisor()?;
    workplace.prepare()?;
    let begun = Instant::now();
    let clock = Clock::system();
    let now = clock.now();
    let folder = RunFolder::create(workplace.data_dir(), NAME, now)?;
    let run = Run::new(supervisor.clone(), folder.path().to_path_buf(), workplace.inputs().clone(), clock);
    let header = Header::new(folder.id(), NAME, NAME, now, &supervisor.kind().to_string());
    let header = Header { trigger: workplace.trigger(), ..header };
    let recorder = Recorder::start(&folder, &header, run.log().clone());
    workplace.interrupt.watch(run.log());
    let mut script = String::new();
    run.converse(limits, files(&Source::new(NAME, "")), |session| {
        let (ended, text) = serve(session, &header, run.log());
        script = text;
        ended
    });
    let mut warnings: Vec<Diagnostic> = recorder.finish().into_iter().collect();
    warnings.extend(folder.keep_script(&script).err());
    let judged = judged(&header, run.log().as_ref(), None);
    let Judged { verdict, flow, .. } = judged.unwrap_or_else(|problem| Judged::unreadable(&problem));
    warnings.extend(deliver::keep(&folder, &flow, &verdict, None));
    warnings.extend(deliver::send(workplace, &run, &header, &verdict, begun.elapsed()));
    Ok(Conducted { header, warnings, script })
}
