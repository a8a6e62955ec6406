//! A job without its secrets, as clients see it.

use super::Progress;
use super::order::Planned;
use crate::store::Job;
use serde_json::Value;

/// Why a test can't be run: an array of diagnostics as docs/check.md has them.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub test: String,
    pub problems: Value,
}

/// A run of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRun {
    /// Its id; it may not have begun.
    pub run: String,
    pub test: String,
    pub block: Option<String>,
    /// As the index of runs has it, or `queued`.
    pub status: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct JobView {
    pub job: Job,
    pub runs: Vec<JobRun>,
    pub problems: Vec<Told>,
    /// Tests that are done, and all.
    pub done: usize,
    pub total: usize,
    /// Of one that waits: its place in the queue, from 1.
    pub position: Option<usize>,
}

/// Its tests, as they were queued.
pub(super) fn planned(job: &Job) -> Vec<Planned> {
    serde_json::from_str(&job.plan).unwrap_or_default()
}

impl JobView {
    pub fn is_over(&self) -> bool {
        self.job.ended.is_some()
    }

    /// `progress` of one that runs here, `report` (docs/reports.md) of one that is over.
    pub(super) fn of(job: Job, progress: Option<Progress>, report: Option<&str>) -> JobView {
        let planned = planned(&job);
        let total = planned.len();
        let queued = planned.into_iter().filter_map(|planned| {
            Some(JobRun {
                run: planned.run?,
                test: planned.test,
                block: planned.block,
                status: if job.ended.is_some() { "cancelled" } else { "queued" }.into(),
            })
        });
        let queued: Vec<JobRun> = queued.collect();
        let (position, problems) = (None, vec![]);
        if let Some(progress) = progress {
            let mut runs = progress.runs;
            let begun: Vec<String> = runs.iter().map(|run| run.run.clone()).collect();
            runs.extend(queued.into_iter().filter(|run| !begun.contains(&run.run)));
            return JobView {
                job,
                runs,
                problems: progress.problems,
                done: progress.done,
                total: progress.total,
                position,
            };
        }
        match report.and_then(|report| serde_json::from_str::<Value>(report).ok()) {
            None => JobView {
                done: if job.ended.is_some() { total } else { 0 },
                job,
                runs: queued,
                problems,
                total,
                position,
            },
            Some(report) => {
                let (runs, problems) = reported(&report);
                JobView { job, runs, problems, done: total, total, position }
            }
        }
    }
}

fn reported(report: &Value) -> (Vec<JobRun>, Vec<Told>) {
    let (mut runs, mut problems) = (vec![], vec![]);
    for test in report["tests"].as_array().into_iter().flatten() {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let (name, block) = named(&text(&test["name"]), &text(&test["file"]));
        for attempt in test["attempts"].as_array().into_iter().flatten() {
            let (run, status) = (text(&attempt["run"]), text(&attempt["status"]));
            runs.push(JobRun { run, test: name.clone(), block: block.clone(), status });
        }
        if test["problems"].as_array().is_some_and(|problems| !problems.is_empty()) {
            problems.push(Told { test: name, problems: test["problems"].clone() });
        }
    }
    (runs, problems)
}

/// `PBX/calls.rhai › answers (repetition 2 of 3)` → the test `calls` and its block.
fn named(name: &str, file: &str) -> (String, Option<String>) {
    let base = std::path::Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or(file);
    let test = base.strip_suffix(".rhai").unwrap_or(base).to_string();
    let rest = name.strip_prefix(file).and_then(|rest| rest.strip_prefix(" › "));
    let block = rest.map(|rest| rest.split(" (repetition ").next().unwrap_or(rest).to_string());
    (test, block)
}
