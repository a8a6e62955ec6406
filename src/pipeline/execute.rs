//! One run of a test, from its script to its verdict.

use super::case::TestId;
use super::compile::Compiled;
use super::judged::judged;
use super::{Workplace, deliver};
use crate::diagnostic::Diagnostic;
use crate::engine::ScriptLimits;
use crate::event::{Clock, Ended, Log};
use crate::flow::Flow;
use crate::record::{Header, Kept, Recorder, RunFolder};
use crate::run::Run;
use crate::verdict::{Judged, Status, Verdict};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One run of a test.
pub struct Ran {
    pub test: TestId,
    pub header: Header,
    pub verdict: Verdict,
    pub flow: Flow,
    /// Nothing but the hash that the test asks for, if anything, speaks against the flow.
    pub sound: bool,
    /// How often the test says that it is to be run.
    pub repetitions: u32,
    /// From its start to its last agent's end.
    pub duration: Duration,
    /// Where it is kept.
    pub folder: RunFolder,
    /// How many agents it had.
    pub agents: usize,
    pub warnings: Vec<Diagnostic>,
}

impl Ran {
    /// Its events, as they are kept.
    pub fn events(&self) -> Kept {
        Kept(self.folder.events())
    }
}

/// Which run of a test it is: each from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn<'a> {
    pub repetition: u32,
    /// How many repetitions there are, as far as that is known.
    pub of: u32,
    pub attempt: u32,
    /// The id that the run is to have, unless there is one already.
    pub run: Option<&'a str>,
}

/// Runs a test once. `begins` gets the run's log before anything is in it, `steps_done` is called at the end of the script: what is left
/// then concerns nobody else.
///
/// # Errors
/// The run can't be kept: there is no room, no right to write.
pub fn execute(
    workplace: &Workplace,
    test: &TestId,
    compiled: &Compiled,
    limits: &ScriptLimits,
    turn: Turn<'_>,
    begins: &dyn Fn(&Header, &Arc<Log>),
    steps_done: &dyn Fn(&Ended),
) -> Result<Ran, Diagnostic> {
    let supervisor = workplace.supervisor()?;
    workplace.prepare()?;
    let name = test.run_name();
    let begun = Instant::now();
    let clock = Clock::system();
    let now = clock.now();
    let folder = RunFolder::create_as(workplace.data_dir(), turn.run, &name, now)?;
    deliver::keep_texts(&folder, compiled.script(), &compiled.validations)?;
    let run = Run::new(supervisor.clone(), folder.path().to_path_buf(), workplace.inputs().clone(), clock);
    run.validate_by(compiled.validations.clone());
    let file = test.file.display().to_string();
    let header = Header::new(folder.id(), &name, &file, now, &supervisor.kind().to_string());
    let header = Header {
        block: test.block.as_deref().map(str::to_string),
        repetition: turn.repetition,
        of: turn.of,
        attempt: turn.attempt,
        tags: compiled.facts.tags.clone(),
        project: workplace.project().map(str::to_string),
        trigger: workplace.trigger(),
        ..header
    };
    let recorder = Recorder::start(&folder, &header, run.log().clone());
    let _span = tracing::info_span!("run", id = folder.id(), test = name).entered();
    tracing::info!(attempt = turn.attempt, repetition = turn.repetition, "the run begins");
    workplace.interrupt.watch(run.log());
    begins(&header, run.log());
    run.execute(&compiled.program, limits, steps_done);
    let duration = begun.elapsed();
    tracing::debug!(agents = run.agents(), events = run.log().len(), "the script is over, the agents are stopped");
    let agents = run.agents();
    let mut warnings = if (turn.repetition, turn.attempt) == (1, 1) { compiled.warnings.clone() } else { vec![] };
    warnings.extend(recorder.finish());
    let baseline = deliver::baseline(workplace.data_dir(), test, &workplace.inputs().defines);
    // the log has what could not be written, too
    let judged = judged(&header, run.log().as_ref(), baseline.as_deref());
    let Judged { verdict, flow, sound, repetitions, .. } =
        judged.unwrap_or_else(|problem| Judged::unreadable(&problem));
    if (turn.repetition, turn.attempt) == (1, 1) && matches!(verdict.status, Status::Fail | Status::Error) {
        warnings.extend(compiled.hints.iter().cloned());
    }
    // what a replay compares with; one that passed has nothing to compare
    let baseline = baseline.filter(|_| verdict.status != Status::Pass);
    warnings.extend(deliver::keep(&folder, &flow, &verdict, baseline.as_deref()));
    warnings.extend(deliver::send(workplace, &run, &header, &verdict, duration));
    tracing::info!(status = %verdict.status, milliseconds = duration.as_millis(), "the run is judged");
    let test = test.clone();
    Ok(Ran { test, header, verdict, flow, sound, repetitions, duration, folder, agents, warnings })
}
