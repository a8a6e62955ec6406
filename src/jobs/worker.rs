//! A worker of the queue: takes the job that has waited longest, runs it, keeps its result, and starts over.

use super::cases::problems;
use super::order::Payload;
use super::{Jobs, News, Progress, Running, lock, now};
use crate::diagnostic::Diagnostic;
use crate::event::Log;
use crate::notify::Finished;
use crate::pipeline::{self, Case, Interrupt, Plan, Ran, Watcher};
use crate::record::Header;
use crate::report::results::{Results, TestResult};
use crate::report::{Kind, render};
use crate::store::Job;
use crate::verdict::{ExitCode, Status};
use std::sync::{Arc, Mutex};

/// Until the workers are to end.
pub(super) fn work(jobs: &Jobs) {
    loop {
        let seen = jobs.state().changes;
        if jobs.state().ending {
            return;
        }
        match jobs.0.store.take_job(&jobs.0.host, now()) {
            Ok(Some(job)) => run(jobs, job),
            Ok(None) => wait(jobs, seen),
            Err(problem) => {
                jobs.tell(News::Trouble(problem.diagnostic()));
                wait(jobs, seen);
            }
        }
    }
}

/// Until something has changed since.
fn wait(jobs: &Jobs, seen: u64) {
    let mut state = jobs.state();
    while state.changes == seen && !state.ending {
        state = jobs.0.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
    }
}

fn run(jobs: &Jobs, job: Job) {
    let id = job.id;
    let _span = tracing::info_span!("job", id).entered();
    tracing::info!("the job begins");
    let finish = |status: Status, reason: Option<&str>, reports: &[(&str, String)]| {
        if let Err(problem) = jobs.0.store.finish_job(id, (status, reason), reports, now()) {
            jobs.tell(News::Trouble(problem.diagnostic()));
        }
        jobs.over(id);
    };
    let Ok(payload) = serde_json::from_str::<Payload>(&job.payload) else {
        return finish(Status::Error, Some("another version of the program has queued it"), &[]);
    };
    let workplace = jobs.workplace_of(&payload, job.trigger);
    let interrupt = workplace.interrupt.clone();
    let mut cases = jobs.cases(&workplace, job.project, &payload);
    let promised = super::view::planned(&job);
    for ((test, case), planned) in cases.iter_mut().zip(&promised) {
        let same = planned.test == *test && planned.block.as_deref() == case.test.block.as_deref();
        case.run = planned.run.clone().filter(|_| same);
    }
    let progress = Progress { problems: problems(&cases), total: cases.len(), ..Progress::default() };
    let running = Arc::new(Running { interrupt: interrupt.clone(), progress: Mutex::new(progress) });
    jobs.changed(|state| {
        state.running.insert(id, running.clone());
        if state.ending {
            interrupt.request();
        }
    });
    jobs.tell(News::Job(id));
    let (names, cases): (Vec<String>, Vec<Case>) = cases.into_iter().unzip();
    let plan = Plan {
        retries: payload.options.retries,
        repeat: payload.options.repeat.max(1),
        ..jobs.0.settings.plan.clone()
    };
    let watcher = OnJob { jobs, id, running: &running, names: &names };
    let (results, exit_code) = pipeline::run(&workplace, &cases, &plan, &watcher);
    let status = match exit_code {
        ExitCode::Passed => Status::Pass,
        ExitCode::Failed => Status::Fail,
        ExitCode::Usage | ExitCode::Error => Status::Error,
        ExitCode::Interrupted => Status::Cancelled,
    };
    tracing::info!(%status, tests = results.tests.len(), "the job is over");
    finish(status, why(&results, status, &interrupt).as_deref(), &reports(&results));
    if let Some(post) = workplace.post() {
        let (project, tests) = (payload.project.as_deref(), not_begun(&results));
        let told = |(test, why): (&TestResult, &Diagnostic)| {
            post.run_over(Finished::not_begun(id, &test.name, project, why, now()), &[])
        };
        tests.filter_map(told).for_each(|trouble| jobs.tell(News::Trouble(trouble)));
    }
    jobs.prune();
}

/// The tests that could not begin, each once, and the first of its mistakes: no run tells of them.
fn not_begun(results: &Results) -> impl Iterator<Item = (&TestResult, &Diagnostic)> {
    let tests = results.tests.iter().filter(|test| test.attempts.is_empty() && test.repetition == 1);
    tests.filter_map(|test| Some((test, test.problems.iter().find(|problem| problem.is_error())?)))
}

/// What no run tells.
fn why(results: &Results, status: Status, interrupt: &Interrupt) -> Option<String> {
    let broken = results.tests.iter().filter(|test| test.attempts.is_empty() && !test.problems.is_empty()).count();
    match status {
        Status::Cancelled if interrupt.requested() => Some("it was stopped".into()),
        Status::Error if broken > 0 => Some(format!("{broken} of {} tests could not begin", results.tests.len())),
        _ => None,
    }
}

/// The reports that are kept with a job.
fn reports(results: &Results) -> Vec<(&'static str, String)> {
    Kind::kept().map(|(name, kind)| (name, render(kind, results, &mut |_| None))).collect()
}

struct OnJob<'a> {
    jobs: &'a Jobs,
    id: i64,
    running: &'a Running,
    names: &'a [String],
}

impl Watcher for OnJob<'_> {
    fn begins(&self, unit: usize, case: &Case, header: &Header, log: &Arc<Log>) {
        let run = super::JobRun {
            run: header.run.clone(),
            test: self.names.get(unit % self.names.len().max(1)).cloned().unwrap_or_default(),
            block: case.test.block.as_deref().map(str::to_string),
            status: "running".into(),
        };
        lock(&self.running.progress).runs.push(run);
        self.jobs.begins(header, log, false);
        // after that: whoever finds no promise any more finds the run
        self.jobs.changed(|state| {
            state.promised.remove(&header.run);
        });
    }

    fn ran(&self, _: usize, ran: &Ran) {
        let run = &ran.header.run;
        if let Some(mine) = lock(&self.running.progress).runs.iter_mut().find(|one| one.run == *run) {
            mine.status = ran.verdict.status.to_string().to_lowercase();
        }
        self.jobs.ended(run);
    }

    fn ended(&self, _: usize, result: &TestResult) {
        for problem in result.problems.iter().filter(|problem| !problem.is_error()) {
            self.jobs.tell(News::Trouble(Diagnostic::clone(problem)));
        }
    }

    fn done(&self, _: usize) {
        lock(&self.running.progress).done += 1;
        self.jobs.tell(News::Job(self.id));
    }
}
