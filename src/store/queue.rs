//! The queue of a server: what waits to be run, what is being run and by which host, and how it ended.

use super::database::{Store, all, change, insert, one};
use super::host::{self, Host};
use super::problem::Problem;
use crate::diagnostic::Diagnostic;
use crate::event::Time;
use crate::record::Trigger;
use crate::verdict::Status;
use rusqlite::{Connection, Row, params};
use std::collections::HashMap;

/// Why a job ends whose host is gone.
const LOST: &str = "the server that ran it was stopped or killed";

/// Something to run.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// The id of its project.
    pub project: Option<i64>,
    /// What to run, in the words of whoever takes it out again. Kept until it is over: it may hold secrets.
    pub payload: String,
    /// What of it may be known, in the same hand's words; kept for ever.
    pub plan: String,
    pub trigger: Trigger,
    /// The schedule that it comes from: one job of each waits at most.
    pub schedule: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    Waiting,
    Running,
    Done,
}

/// A job as the queue has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Later jobs have greater ones.
    pub id: i64,
    pub project: Option<i64>,
    /// Empty when it is over.
    pub payload: String,
    pub plan: String,
    pub trigger: Trigger,
    pub schedule: Option<i64>,
    pub state: JobState,
    pub queued: Time,
    pub started: Option<Time>,
    pub ended: Option<Time>,
    /// How it ended.
    pub status: Option<Status>,
    /// Why it ended without a run.
    pub reason: Option<String>,
}

/// What became of a job that was to be queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queued {
    /// It waits, under this id.
    Waits(i64),
    /// One of the same schedule waits already, under this id.
    WaitsAlready(i64),
    /// All places are taken.
    Busy,
}

const JOB: &str =
    "SELECT id, project, payload, cause, schedule, state, queued, started, ended, status, reason, plan FROM queue";

fn job(row: &Row) -> rusqlite::Result<Job> {
    let (cause, state, status): (String, String, Option<String>) = (row.get(3)?, row.get(5)?, row.get(9)?);
    Ok(Job {
        id: row.get(0)?,
        project: row.get(1)?,
        payload: row.get(2)?,
        trigger: Trigger::ALL.into_iter().find(|trigger| trigger.word() == cause).unwrap_or(Trigger::Manual),
        schedule: row.get(4)?,
        state: match state.as_str() {
            "waiting" => JobState::Waiting,
            "running" => JobState::Running,
            _ => JobState::Done,
        },
        queued: row.get(6)?,
        started: row.get(7)?,
        ended: row.get(8)?,
        status: status.as_deref().map(status_of),
        reason: row.get(10)?,
        plan: row.get(11)?,
    })
}

fn word(status: Status) -> String {
    status.to_string().to_lowercase()
}

fn status_of(text: &str) -> Status {
    let all = [Status::Pass, Status::Fail, Status::Error, Status::Cancelled, Status::Skipped];
    all.into_iter().find(|status| word(*status) == text).unwrap_or(Status::Error)
}

impl Store {
    /// Puts a job at the end of the queue.
    pub fn queue_job(&self, new: &NewJob, now: Time) -> Result<Queued, Problem> {
        self.write(|transaction| queue(transaction, new, now))
    }

    /// The same, unless `places` jobs run or wait already.
    pub fn queue_job_if_free(&self, new: &NewJob, places: u32, now: Time) -> Result<Queued, Problem> {
        self.write(|transaction| {
            let query = "SELECT count(*) FROM queue WHERE state IN ('waiting', 'running')";
            let taken: u32 = one(transaction, query, (), |row| row.get(0))?.unwrap_or_default();
            if taken >= places { Ok(Queued::Busy) } else { queue(transaction, new, now) }
        })
    }

    /// Takes the job that has waited longest; nobody else gets it. None: nothing waits.
    pub fn take_job(&self, host: &Host, now: Time) -> Result<Option<Job>, Problem> {
        let next = "UPDATE queue SET state = 'running', host = ?1, started = ?2
            WHERE id = (SELECT min(id) FROM queue WHERE state = 'waiting') AND state = 'waiting' RETURNING id";
        self.write(|transaction| {
            let taken = one(transaction, next, (host.id(), now), |row| row.get::<_, i64>(0))?;
            taken.map(|id| by_id(transaction, id)).transpose()
        })
    }

    /// Notes how a running job ended; `reason` says why, where no run does. `reports` are its reports, each under its kind.
    ///
    /// # Errors
    /// No such job is running.
    pub fn finish_job(
        &self,
        id: i64,
        how: (Status, Option<&str>),
        reports: &[(&str, String)],
        now: Time,
    ) -> Result<(), Problem> {
        let kept = "INSERT INTO job_reports (job, kind, body) VALUES (?1, ?2, ?3)";
        self.write(|transaction| {
            end(transaction, id, "running", how, now)?;
            for (kind, body) in reports {
                change(transaction, kept, (id, kind, body))?;
            }
            Ok(())
        })?;
        // what was to be run may have held secrets
        self.settle();
        Ok(())
    }

    /// A report of a job that is over; none where it has none of that kind.
    pub fn job_report(&self, id: i64, kind: &str) -> Result<Option<String>, Problem> {
        let query = "SELECT body FROM job_reports WHERE job = ?1 AND kind = ?2";
        self.read(|connection| one(connection, query, (id, kind), |row| row.get(0)))
    }

    /// Takes a job out of the queue that still waits.
    ///
    /// # Errors
    /// No such job waits: it may be running by now.
    pub fn cancel_job(&self, id: i64, now: Time) -> Result<(), Problem> {
        let why = (Status::Cancelled, Some("it was cancelled before it began"));
        self.write(|transaction| end(transaction, id, "waiting", why, now))?;
        self.settle();
        Ok(())
    }

    /// Ends the jobs, as errors, whose host is gone; gives their ids. What waits goes on waiting, in its order. To be called when
    /// a host begins.
    pub fn recover_jobs(&self, now: Time) -> Result<Vec<i64>, Problem> {
        host::sweep(self.data_dir());
        self.write(|transaction| {
            let running = "SELECT id, host FROM queue WHERE state = 'running' ORDER BY id";
            let jobs = all(transaction, running, (), |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
            let mut hosts = HashMap::new();
            let mut lost = vec![];
            for (id, host) in jobs {
                if !*hosts.entry(host).or_insert_with_key(|host| host::is_there(self.data_dir(), host)) {
                    end(transaction, id, "running", (Status::Error, Some(LOST)), now)?;
                    lost.push(id);
                }
            }
            Ok(lost)
        })
    }

    /// # Errors
    /// There is none of that id.
    pub fn job(&self, id: i64) -> Result<Job, Problem> {
        self.read(|connection| by_id(connection, id))
    }

    /// What runs and what waits, in the order in which it was queued.
    pub fn jobs(&self) -> Result<Vec<Job>, Problem> {
        let query = format!("{JOB} WHERE state IN ('waiting', 'running') ORDER BY id");
        self.read(|connection| all(connection, &query, (), job))
    }

    /// The jobs that ended last, the newest first, of one schedule or of all.
    pub fn jobs_done(&self, schedule: Option<i64>, limit: u32) -> Result<Vec<Job>, Problem> {
        let query = format!("{JOB} WHERE state = 'done' AND (?1 IS NULL OR schedule = ?1) ORDER BY id DESC LIMIT ?2");
        self.read(|connection| all(connection, &query, (schedule, limit), job))
    }
}

/// Forgets the jobs that ended before then, with what was sent of their tests that could not begin; gives how many.
pub(super) fn forget(connection: &Connection, before: Time) -> Result<usize, Problem> {
    let gone = "FROM queue WHERE state = 'done' AND ended < ?1";
    let deliveries = format!("DELETE FROM deliveries WHERE run IN (SELECT 'job-' || id {gone})");
    change(connection, &deliveries, (before,))?;
    change(connection, &format!("DELETE {gone}"), (before,))
}

/// Puts a job at the end of the queue, where none of its schedule waits.
pub(super) fn queue(connection: &Connection, new: &NewJob, now: Time) -> Result<Queued, Problem> {
    if let Some(schedule) = new.schedule {
        let query = "SELECT id FROM queue WHERE schedule = ?1 AND state = 'waiting'";
        if let Some(id) = one(connection, query, (schedule,), |row| row.get(0))? {
            return Ok(Queued::WaitsAlready(id));
        }
    }
    if let Some(project) = new.project {
        super::projects::by_id(connection, project)?;
    }
    let queued =
        "INSERT INTO queue (project, payload, cause, schedule, state, queued, plan) VALUES (?1, ?2, ?3, ?4, 'waiting', ?5, ?6)
        RETURNING id";
    let values = (new.project, &new.payload, new.trigger.word(), new.schedule, now, &new.plan);
    insert(connection, queued, values).map(Queued::Waits)
}

fn by_id(connection: &Connection, id: i64) -> Result<Job, Problem> {
    one(connection, &format!("{JOB} WHERE id = ?1"), (id,), job)?.ok_or_else(|| Problem::missing("job", id))
}

fn end(connection: &Connection, id: i64, from: &str, how: (Status, Option<&str>), now: Time) -> Result<(), Problem> {
    let ended = "UPDATE queue SET state = 'done', status = ?3, reason = ?4, ended = ?5, payload = ''
        WHERE id = ?1 AND state = ?2";
    match change(connection, ended, params![id, from, word(how.0), how.1, now])? {
        0 => Err(Problem::Missing(Diagnostic::error(format!("no {from} job has the id {id}")))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn store() -> (TempDir, Store) {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        (data, store)
    }

    fn new(payload: &str) -> NewJob {
        NewJob { project: None, payload: payload.into(), plan: "[]".into(), trigger: Trigger::Api, schedule: None }
    }

    fn queue(store: &Store, new: &NewJob) -> i64 {
        match store.queue_job(new, Time(1.0)).unwrap() {
            Queued::Waits(id) => id,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn jobs_run_in_their_order_and_leave_no_payload() {
        let (data, store) = store();
        let host = Host::take(data.path()).unwrap();
        let ids = ["a", "secret", "c"].map(|payload| queue(&store, &new(payload)));
        let first = store.take_job(&host, Time(2.0)).unwrap().unwrap();
        assert_eq!(
            (first.id, first.payload.as_str(), first.state, first.started),
            (ids[0], "a", JobState::Running, Some(Time(2.0)))
        );
        assert!(matches!(store.cancel_job(ids[0], Time(3.0)), Err(Problem::Missing(_))));
        store.cancel_job(ids[1], Time(3.0)).unwrap();
        store.finish_job(ids[0], (Status::Fail, None), &[], Time(4.0)).unwrap();
        assert!(matches!(store.finish_job(ids[0], (Status::Pass, None), &[], Time(4.0)), Err(Problem::Missing(_))));
        assert_eq!(store.take_job(&host, Time(5.0)).unwrap().unwrap().id, ids[2]);
        assert_eq!(store.take_job(&host, Time(5.0)).unwrap(), None);
        let done = store.jobs_done(None, 10).unwrap();
        let ends: Vec<_> = done.iter().map(|job| (job.id, job.status, job.payload.as_str())).collect();
        assert_eq!(ends, [(ids[1], Some(Status::Cancelled), ""), (ids[0], Some(Status::Fail), "")]);
        assert_eq!(store.jobs().unwrap().len(), 1);
        assert_eq!(store.write(|transaction| forget(transaction, Time(4.0))).unwrap(), 1);
        assert!(matches!(store.job(ids[1]), Err(Problem::Missing(_))));
        // no id is given twice
        store.finish_job(ids[2], (Status::Pass, None), &[], Time(5.0)).unwrap();
        store.write(|transaction| forget(transaction, Time(9.0))).unwrap();
        assert!(queue(&store, &new("d")) > ids[2]);
    }

    #[test]
    fn nothing_is_left_of_a_payload_in_the_file() {
        let (data, store) = store();
        let host = Host::take(data.path()).unwrap();
        let secret = "auth_pass=hunter2".repeat(2000);
        let id = queue(&store, &new(&secret));
        store.take_job(&host, Time(2.0)).unwrap();
        let is_there = || {
            store.vacuum().unwrap();
            let bytes = std::fs::read(data.path().join("telefonist.db")).unwrap();
            String::from_utf8_lossy(&bytes).contains("hunter2")
        };
        assert!(is_there());
        store.finish_job(id, (Status::Pass, None), &[], Time(3.0)).unwrap();
        assert!(!is_there());
        assert_eq!(std::fs::metadata(data.path().join("telefonist.db-wal")).unwrap().len(), 0);
    }

    #[test]
    fn places_are_counted_and_a_schedule_waits_once() {
        let (data, store) = store();
        let host = Host::take(data.path()).unwrap();
        assert!(matches!(store.queue_job_if_free(&new("a"), 1, Time(1.0)), Ok(Queued::Waits(_))));
        assert_eq!(store.queue_job_if_free(&new("b"), 1, Time(1.0)), Ok(Queued::Busy));
        let first = store.take_job(&host, Time(2.0)).unwrap().unwrap();
        assert_eq!(store.queue_job_if_free(&new("b"), 1, Time(1.0)), Ok(Queued::Busy));
        store.finish_job(first.id, (Status::Pass, None), &[], Time(3.0)).unwrap();
        assert!(matches!(store.queue_job_if_free(&new("b"), 1, Time(1.0)), Ok(Queued::Waits(_))));
        let cron = NewJob { schedule: Some(7), trigger: Trigger::Cron, ..new("c") };
        let waits = queue(&store, &cron);
        assert_eq!(store.queue_job(&cron, Time(4.0)), Ok(Queued::WaitsAlready(waits)));
        queue(&store, &NewJob { schedule: Some(8), ..cron.clone() });
        store.take_job(&host, Time(5.0)).unwrap();
        assert_eq!(store.take_job(&host, Time(5.0)).unwrap().unwrap().id, waits);
        // that one runs now, so the next may wait
        queue(&store, &cron);
    }

    #[test]
    fn no_job_is_taken_twice_by_two_hosts() {
        let (data, store) = store();
        let ids: Vec<i64> = (0..40).map(|n| queue(&store, &new(&n.to_string()))).collect();
        let work = || {
            let (store, host) = (Store::open(data.path()).unwrap(), Host::take(data.path()).unwrap());
            let mut taken = vec![];
            while let Some(job) = store.take_job(&host, Time(2.0)).unwrap() {
                taken.push(job.id);
            }
            taken
        };
        let mut taken: Vec<i64> = std::thread::scope(|scope| {
            let threads = [scope.spawn(work), scope.spawn(work)];
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        taken.sort();
        assert_eq!(taken, ids);
    }

    #[test]
    fn after_a_restart_only_the_jobs_of_hosts_that_are_gone_end() {
        let (data, store) = store();
        let [gone, there] = [(); 2].map(|()| Host::take(data.path()).unwrap());
        let ids = ["a", "b", "c", "d"].map(|payload| queue(&store, &new(payload)));
        for host in [&gone, &there, &gone] {
            store.take_job(host, Time(2.0)).unwrap();
        }
        assert_eq!(store.recover_jobs(Time(3.0)).unwrap(), [0; 0]);
        drop(gone);
        let store = Store::open(data.path()).unwrap();
        assert_eq!(store.recover_jobs(Time(3.0)).unwrap(), [ids[0], ids[2]]);
        let lost = store.job(ids[0]).unwrap();
        assert_eq!(
            (lost.state, lost.status, lost.reason.as_deref()),
            (JobState::Done, Some(Status::Error), Some(LOST))
        );
        let left: Vec<_> = store.jobs().unwrap().iter().map(|job| (job.id, job.state)).collect();
        assert_eq!(left, [(ids[1], JobState::Running), (ids[3], JobState::Waiting)]);
    }

    #[test]
    fn what_waits_for_a_project_ends_when_that_is_deleted() {
        let (_data, store) = store();
        let project = store.create_project("pbx", Time(1.0)).unwrap().id;
        let id = queue(&store, &NewJob { project: Some(project), ..new("a") });
        store.delete_project(project, Time(2.0)).unwrap();
        let job = store.job(id).unwrap();
        assert_eq!((job.project, job.status, job.payload.as_str()), (None, Some(Status::Error), ""));
        assert_eq!(job.reason.as_deref(), Some("the project was deleted"));
        let missing = store.queue_job(&NewJob { project: Some(project), ..new("a") }, Time(3.0));
        assert!(matches!(missing, Err(Problem::Missing(_))));
    }
}
