//! The jobs as callers see them.

use super::{JobView, Jobs};
use crate::event::lock;
use crate::store::{Job, Problem};
use std::collections::BTreeMap;

impl Jobs {
    /// # Errors
    /// There is none of that id.
    pub fn job(&self, id: i64) -> Result<JobView, Problem> {
        let mut view = self.view(self.0.store.job(id)?);
        if view.job.started.is_none() && !view.is_over() {
            view.position = waiting(&self.0.store.jobs()?).find(|(_, waits)| *waits == id).map(|(place, _)| place);
        }
        Ok(view)
    }

    /// What runs and what waits, in its order.
    pub fn jobs(&self) -> Result<Vec<JobView>, Problem> {
        let jobs = self.0.store.jobs()?;
        let places: BTreeMap<i64, usize> = waiting(&jobs).map(|(place, id)| (id, place)).collect();
        let placed = |job: Job| JobView { position: places.get(&job.id).copied(), ..self.view(job) };
        Ok(jobs.into_iter().map(placed).collect())
    }

    /// The jobs that ended last, the newest first; of one schedule, or of all.
    pub fn done(&self, schedule: Option<i64>, limit: u32) -> Result<Vec<JobView>, Problem> {
        Ok(self.0.store.jobs_done(schedule, limit)?.into_iter().map(|job| self.view(job)).collect())
    }

    pub(super) fn view(&self, job: Job) -> JobView {
        let running = self.state().running.get(&job.id).cloned();
        let progress = running.map(|running| lock(&running.progress).clone());
        let report = match progress {
            None if job.ended.is_some() => self.0.store.job_report(job.id, "json").ok().flatten(),
            _ => None,
        };
        JobView::of(job, progress, report.as_deref())
    }
}

/// Those of the queue that wait, with their places from 1.
pub(super) fn waiting(jobs: &[Job]) -> impl Iterator<Item = (usize, i64)> {
    (1..).zip(jobs.iter().filter(|job| job.started.is_none()).map(|job| job.id))
}
