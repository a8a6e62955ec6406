//! Runs programs to their end, and lists the tests of a file.

use super::language::blocks::{Block, TestSelection};
use super::language::program::Program;
use super::running::engine::run_in_thread;
use super::script::host::Host;
use super::script::run::{ScriptLimits, ScriptRun};
use super::session::{self, Pause};
use crate::diagnostic::Diagnostic;
use crate::event::{At, Ended, How, lock};
use std::sync::Arc;

/// Runs a program and returns how it ended. Never panics. Whatever the script does, it ends within milliseconds once
/// the log is stopped. Blocks: the script runs in its own thread.
///
/// `pause`: gets a session inside a failed script, before its run ends.
pub fn run(program: &Program, host: Arc<dyn Host>, limits: &ScriptLimits, pause: Option<Pause>) -> Ended {
    let mut run = ScriptRun::new(program.clone(), host, limits.clone());
    run.on_failure = pause.map(session::pausing);
    run_in_thread(&Arc::new(run))
}

/// The tests of a file.
#[derive(Debug, Default)]
pub struct Collected {
    pub blocks: Vec<Block>,
    /// Hashes that it lists for tests that it does not have.
    pub stale: Vec<Diagnostic>,
}

/// The tests of a file with blocks, in the order in which its top level makes them. Nothing is started.
///
/// # Errors
/// The top level fails, two tests have one name, there is none.
pub fn collect(program: &Program, host: Arc<dyn Host>, limits: &ScriptLimits) -> Result<Collected, Diagnostic> {
    let program = Program { selection: TestSelection::Collect, ..program.clone() };
    let run = Arc::new(ScriptRun::new(program, host, limits.clone()));
    let ended = run_in_thread(&run);
    let script = run.program.script();
    match ended.how {
        How::Finished => {}
        _ => {
            let message = format!("the tests of this file can't be listed: {}", ended.message);
            let problem = Diagnostic::error(message).code("collect");
            let own = ended.at.filter(|at| *at.source == *script.source.name);
            let place = own.map(|at| script.place(at.line, at.column));
            return Err(Diagnostic { place, advice: ended.advice, ..problem });
        }
    }
    let (blocks, names) = std::mem::take(&mut *lock(&run.blocks));
    match blocks.is_empty() {
        true => {
            Err(Diagnostic::error("this file makes no test: the loop around its blocks has no turn").code("collect"))
        }
        false => {
            let mut listed = std::mem::take(&mut *lock(&run.listed));
            listed.retain(|(name, _)| !names.contains(name.as_str()));
            let stale = |(name, at): (String, At)| {
                let warning = Diagnostic::warning(format!("no test is called `{name}`, whose hash stands here"));
                let place = (*at.source == *script.source.name).then(|| script.place(at.line, at.column));
                let warning = Diagnostic { place, ..warning.code("stale-hash") };
                warning.advice("take it out, or call the test so again")
            };
            Ok(Collected { blocks, stale: listed.into_iter().map(stale).collect() })
        }
    }
}
