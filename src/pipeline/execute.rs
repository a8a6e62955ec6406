//! One test, from its text to its verdict.

use super::compile::{Compiled, compile, load};
use super::{Workplace, deliver, preflight};
use crate::agent::Supervisor;
use crate::diagnostic::Diagnostic;
use crate::engine::Limits;
use crate::event::Clock;
use crate::flow::Flow;
use crate::record::{Header, Kept, Recorder, RunFolder};
use crate::run::Run;
use crate::verdict::{ExitCode, Judged, Verdict, judge, worst};
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
    pub header: Header,
    pub verdict: Verdict,
    pub flow: Flow,
    /// Nothing but the hash that the test asks for, if anything, speaks against the flow.
    pub sound: bool,
    /// How often the test says that it is to be run.
    pub repetitions: usize,
    /// From its start to its last agent's end.
    pub duration: Duration,
    /// Where it is kept.
    pub folder: PathBuf,
    pub warnings: Vec<Diagnostic>,
}

impl Ran {
    /// Its events, as they are kept.
    pub fn events(&self) -> Kept {
        Kept(self.folder.join("events.jsonl"))
    }
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
                repetitions = one.repetitions;
                ran(&one);
                runs.push(one);
            }
        }
    }
    Outcome::Ran(runs)
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
    // the log has what could not be written, too
    let log = run.log().as_ref();
    let judged = judge(&header, log, || deliver::baseline(workplace.data_dir(), path));
    let Judged { verdict, flow, sound, repetitions } =
        judged.unwrap_or_else(|problem| Judged::unreadable(&problem));
    warnings.extend(deliver::keep(&folder, &flow, &verdict));
    warnings.extend(deliver::send(&run.webhooks(), &header, &verdict));
    let folder = folder.path().to_path_buf();
    Ok(Ran { header, verdict, flow, sound, repetitions, duration, folder, warnings })
}
