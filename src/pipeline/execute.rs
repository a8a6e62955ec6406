//! One test, from its text to its verdict.

use super::compile::{Compiled, compile, load};
use super::explain::explained;
use super::{Workplace, deliver, preflight};
use crate::agent::Supervisor;
use crate::diagnostic::Diagnostic;
use crate::engine::Limits;
use crate::event::{Body, Clock, Note};
use crate::flow::Flow;
use crate::record::{Header, Record, Recorder, RunFolder};
use crate::run::Run;
use crate::verdict::{ExitCode, Verdict, judge, worst};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What became of a test.
pub enum Outcome {
    /// Its text has errors.
    NotCompiled(Vec<Diagnostic>),
    /// It can't be carried out here: no agent, a command that the agent lacks, no place to keep the run.
    Refused(Vec<Diagnostic>),
    /// It ran, once or as often as it says.
    Ran(Vec<Ran>),
}

/// One run of a test.
pub struct Ran {
    pub record: Record,
    pub verdict: Verdict,
    pub flow: Flow,
    /// From its start to its last agent's end.
    pub duration: Duration,
    /// Where it is kept.
    pub folder: PathBuf,
    pub warnings: Vec<Diagnostic>,
}

impl Outcome {
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Outcome::NotCompiled(_) => ExitCode::Usage,
            Outcome::Refused(_) => ExitCode::Error,
            Outcome::Ran(runs) => worst(runs.iter().map(|ran| ran.verdict.status.into())),
        }
    }
}

/// Loads, compiles and runs a test, as many times as it says; `ran` is told of each run as soon as it is judged.
pub fn execute(workplace: &Workplace, path: &Path, limits: &Limits, ran: &mut dyn FnMut(&Ran)) -> Outcome {
    let compiled = match load(path).map_err(|problem| vec![problem]).and_then(|source| compile(&source)) {
        Ok(compiled) => compiled,
        Err(problems) => return Outcome::NotCompiled(problems),
    };
    let supervisor = match workplace.supervisor().and_then(|agents| workplace.prepare().map(|()| agents)) {
        Ok(supervisor) => supervisor,
        Err(problem) => return Outcome::Refused(vec![problem]),
    };
    let missing = preflight::missing_commands(&compiled.script, supervisor.kind());
    if !missing.is_empty() {
        return Outcome::Refused(missing);
    }
    let mut runs: Vec<Ran> = vec![];
    let mut repetitions = 1;
    while runs.len() < repetitions && !workplace.interrupt.requested() {
        let repetition = Repetition { number: runs.len() as u32 + 1, of: repetitions as u32 };
        match execute_once(workplace, &supervisor, path, &compiled, limits, repetition) {
            Err(problem) => return Outcome::Refused(vec![problem]),
            Ok(one) => {
                // the script says in its first run how many there are to be
                repetitions = repeat(&one.record);
                ran(&one);
                runs.push(one);
            }
        }
    }
    Outcome::Ran(runs)
}

/// How often the test says that it is to be run.
fn repeat(record: &Record) -> usize {
    let mut counts = record.events.iter().filter_map(|event| match &event.body {
        Body::Note(Note::Directive { name, values, .. }) if name == "repeat" => values.first()?.parse().ok(),
        _ => None,
    });
    counts.next_back().unwrap_or(1)
}

#[derive(Clone, Copy)]
struct Repetition {
    number: u32,
    of: u32,
}

fn execute_once(
    workplace: &Workplace,
    supervisor: &Arc<Supervisor>,
    path: &Path,
    compiled: &Compiled,
    limits: &Limits,
    repetition: Repetition,
) -> Result<Ran, Diagnostic> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let begun = Instant::now();
    let now = Clock::system().now();
    let folder = RunFolder::create(workplace.data_dir(), &name, now)?;
    deliver::keep_texts(&folder, &compiled.script)?;
    let run = Run::new(supervisor.clone(), folder.path().to_path_buf());
    let file = path.display().to_string();
    let header = Header::new(folder.id(), &name, &file, now, &supervisor.kind().to_string());
    let header = Header { repetition: repetition.number, of: repetition.of, ..header };
    let recorder = Recorder::start(&folder, &header, run.log().clone());
    workplace.interrupt.watch(run.log());
    run.execute(&compiled.program, limits);
    let duration = begun.elapsed();
    let mut warnings = if repetition.number == 1 { compiled.warnings.clone() } else { vec![] };
    warnings.extend(recorder.finish());
    let events = run.log().since(0).iter().map(|event| (**event).clone()).collect();
    let record = Record { header, events, torn: None };
    let flow = Flow::of(&record.events);
    let verdict = judge(&record, &flow, None);
    // looked for only where there is something to compare: it may be among many kept runs
    let baseline = verdict.expected.as_ref().filter(|expected| **expected != verdict.hash);
    let baseline = baseline.and_then(|_| deliver::baseline(workplace.data_dir(), path));
    let verdict = baseline.map_or(verdict, |baseline| judge(&record, &flow, Some(&baseline)));
    let verdict = explained(&record, &flow, verdict, workplace.data_dir(), path);
    warnings.extend(deliver::keep(&folder, &flow, &verdict));
    warnings.extend(deliver::send(&run.webhooks(), &record, &verdict));
    Ok(Ran { record, verdict, flow, duration, folder: folder.path().to_path_buf(), warnings })
}
