//! Jobs and runs as clients see them.

use crate::event::Time;
use crate::jobs::{JobView, Jobs, Told};
use crate::store::{JobState, Kind, Run};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What a test is written in.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Kind)]
pub enum KindWord {
    Testfile,
    Rhai,
}

impl From<Kind> for KindWord {
    fn from(kind: Kind) -> KindWord {
        match kind {
            Kind::Classic => KindWord::Testfile,
            Kind::Rhai => KindWord::Rhai,
        }
    }
}

impl From<KindWord> for Kind {
    fn from(word: KindWord) -> Kind {
        match word {
            KindWord::Testfile => Kind::Classic,
            KindWord::Rhai => Kind::Rhai,
        }
    }
}

/// A run, as a test's line has it.
#[derive(Serialize, ToSchema)]
pub struct LastRun {
    run: String,
    status: &'static str,
    #[schema(value_type = f64)]
    started: Time,
    duration: Option<f64>,
}

pub fn last_run(run: Run) -> LastRun {
    LastRun { run: run.id, status: run.status.word(), started: run.started, duration: run.duration }
}

/// A run, as lists have it.
#[derive(Serialize, ToSchema)]
pub struct RunRow {
    /// Its id.
    run: String,
    project: Option<String>,
    test: String,
    file: String,
    block: Option<String>,
    /// queued, running, pass, fail, error, cancelled, skipped; broken: its host was killed; damaged: it can't be read
    status: String,
    /// Milliseconds since the epoch.
    #[schema(value_type = f64)]
    started: Time,
    /// Milliseconds.
    duration: Option<f64>,
    /// manual, api, cron, rerun
    trigger: Option<&'static str>,
    repetition: u32,
    repetitions: u32,
    attempt: u32,
}

pub fn run_row(run: Run) -> RunRow {
    RunRow {
        run: run.id,
        project: run.project,
        test: run.test,
        file: run.file,
        block: run.block,
        status: run.status.word().into(),
        started: run.started,
        duration: run.duration,
        trigger: run.trigger.map(|trigger| trigger.word()),
        repetition: run.repetition,
        repetitions: run.repetitions,
        attempt: run.attempt,
    }
}

/// Something that is to be run, is being run, or was.
#[derive(Serialize, ToSchema)]
pub struct Job {
    job: i64,
    /// Where to ask for it again.
    url: String,
    /// waiting, running, done
    state: &'static str,
    trigger: &'static str,
    project: Option<String>,
    /// The schedule that it comes from.
    schedule: Option<i64>,
    #[schema(value_type = f64)]
    queued: Time,
    #[schema(value_type = Option<f64>)]
    started: Option<Time>,
    #[schema(value_type = Option<f64>)]
    ended: Option<Time>,
    /// How it ended: pass, fail, error, cancelled
    status: Option<String>,
    /// Why it ended so, where no run says it.
    reason: Option<String>,
    /// Of one that waits: its place in the queue, from 1.
    position: Option<usize>,
    runs: Vec<JobRun>,
    problems: Vec<JobProblems>,
    progress: Progress,
    /// Where its report is, once it is over.
    report: Option<String>,
}

/// A run of a job; one that is queued has its id already.
#[derive(Serialize, ToSchema)]
pub struct JobRun {
    run: String,
    url: String,
    test: String,
    block: Option<String>,
    status: String,
}

/// Why a test of a job can't be run.
#[derive(Serialize, ToSchema)]
pub struct JobProblems {
    test: String,
    /// As docs/check.md has them.
    #[schema(value_type = Vec<Object>)]
    problems: Value,
}

/// Tests that are done, and all.
#[derive(Serialize, ToSchema)]
pub struct Progress {
    done: usize,
    total: usize,
}

pub fn job_view(jobs: &Jobs, view: JobView) -> Job {
    let JobView { job, runs, problems, done, total, position } = view;
    let project = job.project.and_then(|project| jobs.store().project(project).ok()).map(|project| project.name);
    let url = format!("/api/v1/jobs/{}", job.id);
    let run = |run: crate::jobs::JobRun| JobRun {
        url: format!("/api/v1/runs/{}", run.run),
        run: run.run,
        test: run.test,
        block: run.block,
        status: run.status,
    };
    Job {
        job: job.id,
        report: job.ended.map(|_| format!("{url}/report")),
        url,
        state: match job.state {
            JobState::Waiting => "waiting",
            JobState::Running => "running",
            JobState::Done => "done",
        },
        trigger: job.trigger.word(),
        project,
        schedule: job.schedule,
        queued: job.queued,
        started: job.started,
        ended: job.ended,
        status: job.status.map(|status| status.to_string().to_lowercase()),
        reason: job.reason,
        position,
        runs: runs.into_iter().map(run).collect(),
        problems: problems.into_iter().map(|Told { test, problems }| JobProblems { test, problems }).collect(),
        progress: Progress { done, total },
    }
}
