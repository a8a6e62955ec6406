//! One test, from its text to its verdict.

use super::compile::{Compiled, compile, load};
use super::{Workplace, deliver, preflight};
use crate::agent::Supervisor;
use crate::diagnostic::Diagnostic;
use crate::engine::Limits;
use crate::flow::Flow;
use crate::record::{Header, Record, Recorder, RunFolder};
use crate::run::Run;
use crate::verdict::{Verdict, exit, judge};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rhai's recursion limit is made for it; a debug build's frames are large.
const SCRIPT_STACK: usize = 32 * 1024 * 1024;

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
    /// Where it is kept.
    pub folder: PathBuf,
    pub warnings: Vec<Diagnostic>,
}

impl Outcome {
    pub fn exit_code(&self) -> u8 {
        match self {
            Outcome::NotCompiled(_) => exit::USAGE,
            Outcome::Refused(_) => exit::ERROR,
            Outcome::Ran(runs) => exit::worst(runs.iter().map(|ran| ran.verdict.exit_code())),
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
                repetitions = one.record.directive("repeat").and_then(|count| count.parse().ok()).unwrap_or(1);
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
    let baseline = deliver::baseline(workplace.data_dir(), path);
    let folder = RunFolder::create(workplace.data_dir(), &name)?;
    folder.write_script(&compiled.script)?;
    let run = Run::new(supervisor.clone(), folder.path().to_path_buf());
    let header = Header {
        test: name.into_owned(),
        file: path.display().to_string(),
        repetition: repetition.number,
        of: repetition.of,
        agent: supervisor.kind().to_string(),
        ..Header::new(folder.id(), run.log().now())
    };
    let recorder = Recorder::start(&folder, header.clone(), run.log().clone());
    workplace.interrupt.watch(run.log());
    std::thread::scope(|scope| {
        let script = std::thread::Builder::new().name("script".into()).stack_size(SCRIPT_STACK);
        let script = script.spawn_scoped(scope, || run.execute(&compiled.program, limits));
        let ended = script.expect("the system gives a thread").join();
        // the engine catches what panics in a script; what panics around it must not leave readers waiting
        if ended.is_err() {
            run.log().close();
        }
    });
    let mut warnings = compiled.warnings.clone();
    warnings.extend(recorder.finish());
    let record = Record { header, events: run.log().since(0) };
    let flow = Flow::of(&record.events);
    let verdict = judge(&record, baseline.as_deref());
    warnings.extend(deliver::keep(&folder, &flow, &verdict));
    warnings.extend(deliver::webhooks(&record, &verdict));
    Ok(Ran { record, verdict, flow, folder: folder.path().to_path_buf(), warnings })
}
