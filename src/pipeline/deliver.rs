//! Delivers a verdict: keeps it with the run, sends it to webhooks.

use super::case::TestId;
use super::history::{self, History};
use super::workplace::Workplace;
use crate::diagnostic::{Diagnostic, Severity};
use crate::flow::Flow;
use crate::notify::{self, Finished};
use crate::record::{Header, RunFolder, tame};
use crate::run::Run;
use crate::script::Script;
use crate::validation::Validations;
use crate::verdict::Verdict;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The flow beside a test: `<file>.flow`, or `<file>.<block>.flow`.
pub(super) fn flow_file(test: &TestId) -> PathBuf {
    let mut name = test.file.as_os_str().to_os_string();
    if let Some(block) = &test.block {
        name.push(format!(".{}", tame(block)));
    }
    name.push(".flow");
    name.into()
}

/// The flow that the test should have: the one beside it, else that of its last pass here with the same values.
pub fn baseline(data_dir: &Path, test: &TestId, defines: &[(String, String)]) -> Option<String> {
    let beside = std::fs::read_to_string(flow_file(test)).ok();
    beside.or_else(|| History::of(data_dir).flow(test, &history::given(defines)))
}

/// Keeps flow and verdict with the run, and the flow that it was compared with: a replay comes to the same. What can't be written
/// is a warning: it changes no verdict.
pub fn keep(folder: &RunFolder, flow: &Flow, verdict: &Verdict, baseline: Option<&str>) -> Vec<Diagnostic> {
    let baseline = baseline.map_or(Ok(()), |text| folder.keep_baseline(text));
    let kept = [folder.keep_flow(flow.text()), baseline, folder.keep_verdict(&verdict.to_json())];
    let warning = |problem| Diagnostic { severity: Severity::Warning, ..problem };
    kept.into_iter().filter_map(Result::err).map(warning).collect()
}

/// Keeps what is about to run: the script, the testfile that it comes from, and what it is judged by.
pub fn keep_texts(folder: &RunFolder, script: &Script, validations: &Validations) -> Result<(), Diagnostic> {
    folder.keep_script(&script.rhai)?;
    for (name, text) in validations.texts() {
        folder.keep_validation(name, text)?;
    }
    if script.lines.is_empty() { Ok(()) } else { folder.keep_testfile(&script.source.text) }
}

/// Sends the verdict where the test's `_webhook`s say; on a server its worker does that, and tells the project's webhooks too.
pub fn send(
    workplace: &Workplace,
    run: &Run,
    header: &Header,
    verdict: &Verdict,
    duration: Duration,
) -> Vec<Diagnostic> {
    let finished = Finished::new(header, verdict, duration);
    match workplace.post() {
        Some(post) => post.run_over(finished, &run.webhooks()).into_iter().collect(),
        None => run.webhooks().iter().filter_map(|url| notify::send(url, &finished)).collect(),
    }
}
