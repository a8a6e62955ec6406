//! `run --update`: runs each test several times, and writes the hash into it if the flows agree.

use super::case::{Case, TestId};
use super::deliver::flow_file;
use super::execute::Ran;
use super::hashes::with_new_hash;
use super::replace::replace;
use crate::diagnostic::Diagnostic;
use crate::event::lock;
use crate::flow::{Flow, SideLine, first_difference, side_by_side};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

/// What the runs of each test came to.
#[derive(Debug, Default)]
pub struct Updates(Mutex<BTreeMap<String, Seen>>);

#[derive(Debug, Default)]
struct Seen {
    /// Those that differ, in the order in which they came, and how often each did.
    flows: Vec<(Flow, usize)>,
    /// Runs that more than the hash speaks against.
    failed: usize,
}

impl Updates {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Seen>> {
        lock(&self.0)
    }

    /// Takes note of a run.
    pub fn ran(&self, ran: &Ran) {
        let mut tests = self.lock();
        let seen = tests.entry(ran.test.to_string()).or_default();
        match seen.flows.iter_mut().find(|(flow, _)| *flow == ran.flow) {
            _ if !ran.sound => seen.failed += 1,
            Some((_, times)) => *times += 1,
            None => seen.flows.push((ran.flow.clone(), 1)),
        }
    }

    /// Writes the hash of each test whose runs agree into it, and the flow beside it: in the order of the tests what was written, or
    /// why it was not.
    pub fn write(&self, cases: &[Case]) -> Vec<Result<String, Diagnostic>> {
        let tests = self.lock();
        let known = cases.iter().filter_map(|case| Some((&case.test, tests.get(&case.test.to_string())?)));
        known.filter_map(|(test, seen)| seen.written(test)).collect()
    }
}

impl Seen {
    /// None where no run is worth it: the tests' own results say why.
    fn written(&self, test: &TestId) -> Option<Result<String, Diagnostic>> {
        let runs = self.failed + self.flows.iter().map(|(_, times)| times).sum::<usize>();
        let (first, others) = self.flows.split_first()?;
        if self.failed > 0 {
            let problem =
                Diagnostic::error(format!("{test} is not updated: {} of its {runs} runs failed", self.failed));
            return Some(Err(problem.advice("see that it passes each time, then run `--update` again")));
        }
        match others {
            [] => Some(write(test, &first.0)),
            [(other, _), ..] => Some(Err(varies(test, &first.0, other, runs))),
        }
    }
}

/// Two runs of the same test that differ: where, and what to write into it.
fn varies(test: &TestId, one: &Flow, other: &Flow, runs: usize) -> Diagnostic {
    let difference = first_difference(one.text(), other.text());
    let difference = difference.map(|difference| difference.to_string()).unwrap_or_default();
    let message = format!("{test} is not updated: its flow is not the same in {runs} runs: {difference}");
    let lines = side_by_side(one.text(), other.text());
    let is_other = |line: &&SideLine| line.old.is_none() || line.new.is_none();
    let name = |line: &SideLine| line.text.split_whitespace().next().unwrap_or_default().to_string();
    let is_event = |name: &String| name.contains('_') || name == "MESSAGE";
    let names: BTreeSet<String> = lines.iter().filter(is_other).map(name).collect();
    let events: Vec<String> = names.into_iter().filter(is_event).collect();
    let rhai = test.file.extension().is_some_and(|extension| extension == "rhai");
    let problem = Diagnostic::error(message);
    problem.advice(match (events.is_empty(), rhai) {
        (true, _) => "what it does depends on time: wait for what each step leads to before the next one".to_string(),
        (false, true) => {
            let quoted: Vec<String> = events.iter().map(|name| format!("\"{name}\"")).collect();
            format!("await what varies before the test goes on, or write `ignore({});` into it", quoted.join(", "))
        }
        (false, false) => format!("give it more time, or write `_ignore {}` into it", events.join(", ")),
    })
}

/// Writes a hash into its test, and the flow beside it. Gives what was written.
fn write(test: &TestId, flow: &Flow) -> Result<String, Diagnostic> {
    let file = &test.file;
    let unwritable = |path: &Path, error: std::io::Error| {
        let problem = Diagnostic::error(format!("`{}` can't be updated: {error}", path.display()));
        problem.advice("see that the file and its folder may be written")
    };
    let text = std::fs::read_to_string(file).map_err(|error| unwritable(file, error))?;
    let rhai = file.extension().is_some_and(|extension| extension == "rhai");
    let hash = flow.hash();
    let updated = with_new_hash(&text, test.block.as_deref(), &hash, rhai);
    if updated != text {
        replace(file, &updated).map_err(|error| unwritable(file, error))?;
    }
    let beside = flow_file(test);
    replace(&beside, flow.text()).map_err(|error| unwritable(&beside, error))?;
    Ok(format!("{test} has hash {hash}, its flow is in {}", beside.display()))
}
