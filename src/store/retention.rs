//! Which runs are kept, and which are to be deleted.

use super::database::{Store, all};
use super::problem::Problem;
use super::queue;
use crate::diagnostic::Diagnostic;
use crate::event::Time;
use crate::record;
use rusqlite::Connection;
use std::path::Path;

/// A day in milliseconds.
const DAY: f64 = 86_400_000.0;

/// What is kept; a run that goes on, or that somebody said is to stay, is kept always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// The newest runs of each project, and as many that belong to none; none: all.
    pub runs: Option<u32>,
    /// Keep the runs of this number of days; `None`: all.
    pub days: Option<u32>,
}

impl Retention {
    /// What is said here, and what the other says of the rest.
    pub fn or(self, other: Retention) -> Retention {
        Retention { runs: self.runs.or(other.runs), days: self.days.or(other.days) }
    }
}

/// The names of the settings.
const KEEP_RUNS: &str = "keep_runs";
const KEEP_DAYS: &str = "keep_days";

impl Store {
    /// What is set to be kept.
    pub fn retention(&self) -> Result<Retention, Problem> {
        let set = |name| Ok::<_, Problem>(self.setting(name)?.and_then(|value| value.parse().ok()));
        Ok(Retention { runs: set(KEEP_RUNS)?, days: set(KEEP_DAYS)? })
    }

    /// Sets it, for all hosts of this data directory without settings of their own.
    pub fn set_retention(&self, keep: Retention) -> Result<(), Problem> {
        for (name, value) in [(KEEP_RUNS, keep.runs), (KEEP_DAYS, keep.days)] {
            self.set_setting(name, value.map(|value| value.to_string()).as_deref())?;
        }
        Ok(())
    }

    /// The ids of the runs that are to go, the oldest first: those that one of both lets go.
    pub fn runs_to_go(&self, keep: Retention, now: Time) -> Result<Vec<String>, Problem> {
        let runs = self.data_dir().join("runs");
        self.read(|connection| to_go(connection, &runs, keep, now))
    }

    /// Deletes the runs that are to go, and the jobs that ended before the days that are kept; gives the ids of those that are gone, and for each that is not why.
    pub fn prune_runs(&self, keep: Retention, now: Time) -> Result<(Vec<String>, Vec<Diagnostic>), Problem> {
        let (mut gone, mut problems) = (vec![], vec![]);
        for id in self.runs_to_go(keep, now)? {
            match self.delete_run(&id) {
                Ok(()) => gone.push(id),
                Err(problem @ Problem::Broken(_)) => return Err(problem),
                Err(problem) => problems.push(problem.diagnostic()),
            }
        }
        // each job's end comes here: it writes only where there are days
        if keep.days.is_some() {
            self.write(|transaction| queue::forget(transaction, keep.since(now)))?;
        }
        Ok((gone, problems))
    }
}

impl Retention {
    /// What is older is not kept.
    pub(super) fn since(self, now: Time) -> Time {
        self.days.map_or(Time::ALWAYS, |days| now - f64::from(days) * DAY)
    }
}

pub(super) fn to_go(connection: &Connection, runs: &Path, keep: Retention, now: Time) -> Result<Vec<String>, Problem> {
    let before = keep.since(now);
    let newest = keep.runs.map_or(i64::MAX, i64::from);
    let query = "SELECT id FROM (SELECT id, started, status,
            row_number() OVER (PARTITION BY project_key ORDER BY started DESC, id DESC) AS place FROM runs) AS placed
        WHERE status <> 'running' AND (place > ?1 OR started < ?2) ORDER BY started, id";
    let mut ids = all(connection, query, (newest, before), |row| row.get::<_, String>(0))?;
    ids.retain(|id| !record::keeps(&runs.join(id)));
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::super::runs::{Run, RunStatus, put};
    use super::*;
    use crate::record::{Header, RunFolder, Trigger};
    use crate::store::{Host, NewDelivery, NewJob, WebhookKind};
    use crate::verdict::Status;

    /// A run that began this number of days after the epoch.
    fn add(store: &Store, project: Option<&str>, day: u32, status: RunStatus) -> (String, RunFolder) {
        let started = Time(f64::from(day) * DAY);
        let folder = RunFolder::create(store.data_dir(), project.unwrap_or("none"), started).unwrap();
        let header = Header::new(folder.id(), "t", "t", started, "a");
        std::fs::write(folder.events(), serde_json::to_string(&header).unwrap() + "\n").unwrap();
        let run = Run {
            id: folder.id().into(),
            project: project.map(String::from),
            test: "t".into(),
            file: "t".into(),
            block: None,
            status,
            started,
            duration: None,
            trigger: None,
            repetition: 1,
            repetitions: 1,
            attempt: 1,
        };
        store.write(|transaction| put(transaction, &run)).unwrap();
        (run.id, folder)
    }

    fn folders(data: &Path) -> usize {
        data.join("runs").read_dir().unwrap().count()
    }

    #[test]
    fn so_many_of_each_project_and_none_that_is_too_old() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let of = |project, days: &[u32]| {
            let one = |day: &u32| add(&store, project, *day, RunStatus::Pass).0;
            days.iter().map(one).collect::<Vec<_>>()
        };
        let (a, b, none) = (of(Some("a"), &[1, 5, 9]), of(Some("b"), &[2]), of(None, &[3, 4]));
        let go = |runs, days| store.runs_to_go(Retention { runs, days }, Time(10.0 * DAY)).unwrap();
        assert_eq!(go(None, None), [""; 0]);
        assert_eq!(go(Some(1), None), [&a[0], &none[0], &a[1]].map(String::as_str));
        assert_eq!(go(None, Some(6)), [&a[0], &b[0], &none[0]].map(String::as_str));
        assert_eq!(go(Some(2), Some(7)), [&a[0], &b[0]].map(String::as_str));
        assert_eq!(go(Some(0), None).len(), 6);
    }

    #[test]
    fn what_is_set_counts_where_nothing_else_is_said() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        assert_eq!(store.retention().unwrap(), Retention::default());
        store.set_retention(Retention { runs: Some(5), days: Some(0) }).unwrap();
        let said = Retention { runs: Some(7), days: None };
        assert_eq!(said.or(store.retention().unwrap()), Retention { runs: Some(7), days: Some(0) });
        store.set_retention(Retention { runs: None, days: Some(3) }).unwrap();
        assert_eq!(Store::open(data.path()).unwrap().retention().unwrap(), Retention { runs: None, days: Some(3) });
    }

    #[test]
    fn a_job_goes_with_the_days_that_its_runs_are_kept() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let host = Host::take(data.path()).unwrap();
        let new =
            NewJob { project: None, payload: "p".into(), plan: "p".into(), trigger: Trigger::Manual, schedule: None };
        for day in [1.0, 5.0] {
            store.queue_job(&new, Time(day * DAY)).unwrap();
            let job = store.take_job(&host, Time(day * DAY)).unwrap().unwrap().id;
            store.finish_job(job, (Status::Error, None), &[("tap", "1..0".into())], Time(day * DAY)).unwrap();
            let told = NewDelivery {
                run: format!("job-{job}"),
                webhook: Some(1),
                kind: WebhookKind::Json,
                address: "http://127.0.0.1:1".into(),
                body: "{}".into(),
            };
            store.queue_deliveries(&[told], &host, Time(day * DAY)).unwrap();
        }
        let kept = |store: &Store| {
            let jobs: Vec<i64> = store.jobs_done(None, 9).unwrap().iter().map(|job| job.id).collect();
            let told = [1, 2].map(|job| store.deliveries(&format!("job-{job}")).unwrap().len());
            (jobs, told, store.job_report(1, "tap").unwrap().is_some())
        };
        store.prune_runs(Retention { runs: Some(0), days: None }, Time(9.0 * DAY)).unwrap();
        assert_eq!(kept(&store), (vec![2, 1], [1, 1], true));
        let keep = Retention { runs: None, days: Some(5) };
        assert_eq!(store.maintain(keep, true, Time(9.0 * DAY)).unwrap().jobs, 1);
        assert_eq!(kept(&store), (vec![2, 1], [1, 1], true), "a trial changes nothing");
        store.prune_runs(keep, Time(9.0 * DAY)).unwrap();
        assert_eq!(kept(&store), (vec![2], [0, 1], false));
        let keep = Retention { runs: None, days: Some(1) };
        assert_eq!(store.maintain(keep, false, Time(9.0 * DAY)).unwrap().jobs, 1);
        assert_eq!(kept(&store), (vec![], [0, 0], false));
    }

    #[test]
    fn what_goes_is_gone_from_the_disk_and_a_run_that_goes_on_stays() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let (running, _held) = add(&store, Some("a"), 1, RunStatus::Running);
        let (held, _also_held) = add(&store, Some("a"), 2, RunStatus::Pass);
        let old = add(&store, Some("a"), 3, RunStatus::Pass).0;
        let (gone, problems) = store.prune_runs(Retention { runs: Some(0), days: None }, Time(0.0)).unwrap();
        assert_eq!(gone, [old]);
        assert!(problems[0].message.contains("the run is going on"), "{problems:?}");
        assert_eq!((problems.len(), folders(data.path())), (1, 2));
        assert!(store.run(&running).is_ok() && store.run(&held).is_ok());
    }
}
