//! One run of a test, from its script to its verdict.

use super::compile::Compiled;
use super::judged::judged;
use super::{Workplace, deliver};
use crate::diagnostic::Diagnostic;
use crate::engine::Limits;
use crate::event::{Body, Clock, Ended, Log, Note};
use crate::flow::Flow;
use crate::record::{Header, Record, Recorder, RunFolder};
use crate::run::Run;
use crate::verdict::{Status, Verdict};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One run of a test.
pub struct Ran {
    pub record: Record,
    pub verdict: Verdict,
    pub flow: Flow,
    /// From its start to its last agent's end.
    pub duration: Duration,
    /// Where it is kept.
    pub folder: RunFolder,
    /// How many agents it had.
    pub agents: usize,
    pub warnings: Vec<Diagnostic>,
}

/// How often the test says that it is to be run.
pub fn repetitions(record: &Record) -> u32 {
    let mut counts = record.events.iter().filter_map(|event| match &event.body {
        Body::Note(Note::Directive { name, values, .. }) if name == "repeat" => values.first()?.parse().ok(),
        _ => None,
    });
    counts.next_back().unwrap_or(1)
}

/// Which run of a test it is: each from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    pub repetition: u32,
    /// How many repetitions there are, as far as that is known.
    pub of: u32,
    pub attempt: u32,
}

/// Runs a test once. `begins` is told of the run's log before anything is in it, `steps_done` of the end of the script: what is left
/// then concerns nobody else.
///
/// # Errors
/// The run can't be kept: there is no room, no right to write.
pub fn execute(
    workplace: &Workplace,
    path: &Path,
    compiled: &Compiled,
    limits: &Limits,
    turn: Turn,
    begins: &dyn Fn(&Arc<Log>),
    steps_done: &dyn Fn(&Ended),
) -> Result<Ran, Diagnostic> {
    let supervisor = workplace.supervisor()?;
    workplace.prepare()?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let begun = Instant::now();
    let now = Clock::system().now();
    let folder = RunFolder::create(workplace.data_dir(), &name, now)?;
    deliver::keep_texts(&folder, &compiled.script)?;
    let run = Run::new(supervisor.clone(), folder.path().to_path_buf(), workplace.inputs().clone());
    let file = path.display().to_string();
    let header = Header::new(folder.id(), &name, &file, now, &supervisor.kind().to_string());
    let header = Header {
        repetition: turn.repetition,
        of: turn.of,
        attempt: turn.attempt,
        tags: compiled.facts.tags.clone(),
        ..header
    };
    let recorder = Recorder::start(&folder, &header, run.log().clone());
    workplace.interrupt.watch(run.log());
    begins(run.log());
    run.execute(&compiled.program, limits, steps_done);
    let duration = begun.elapsed();
    let agents = run.agents();
    let mut warnings = if (turn.repetition, turn.attempt) == (1, 1) { compiled.warnings.clone() } else { vec![] };
    warnings.extend(recorder.finish());
    let events = run.log().since(0).iter().map(|event| (**event).clone()).collect();
    let record = Record { header, events, torn: None };
    let flow = Flow::of(&record.events);
    let baseline = deliver::baseline(workplace.data_dir(), path);
    let verdict = judged(&record, &flow, baseline.as_deref());
    // what a replay compares with; one that passed has nothing to compare
    let baseline = baseline.filter(|_| verdict.status != Status::Pass);
    warnings.extend(deliver::keep(&folder, &flow, &verdict, baseline.as_deref()));
    warnings.extend(deliver::send(&run.webhooks(), &record, &verdict));
    Ok(Ran { record, verdict, flow, duration, folder, agents, warnings })
}
