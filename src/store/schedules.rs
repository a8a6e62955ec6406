//! Schedules: what is to run when. What a cron expression means is not known here.

use super::database::{Store, all, change, insert, one};
use super::problem::Problem;
use super::queue::{self, NewJob, Queued};
use super::{projects, saved};
use crate::diagnostic::Diagnostic;
use crate::event::Time;
use rusqlite::{Connection, Row, params};

/// What a schedule says.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSchedule {
    /// The id of its project.
    pub project: i64,
    /// The id of one of the project's tests; none: all of them.
    pub test: Option<i64>,
    /// Five fields, or a name like `@daily`.
    pub cron: String,
    /// `Europe/Berlin`
    pub zone: String,
    pub paused: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    pub id: i64,
    pub what: NewSchedule,
    pub created: Time,
    /// Its times up to this one are seen to: they were run, missed, or passed while it was paused or said something else.
    pub last_due: Option<Time>,
    /// How many times were missed since it last ran.
    pub missed: u32,
}

/// A schedule's time that has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// The schedule's id.
    pub schedule: i64,
    /// Its `last_due`, as whoever found it due has read it.
    pub seen: Option<Time>,
    /// What becomes its `last_due`.
    pub time: Time,
    /// How many times have come since `seen`, with this one.
    pub times: u32,
    /// It is too late to say that this one was met, though it is made up for.
    pub late: bool,
}

const SCHEDULE: &str = "SELECT id, project, test, cron, zone, paused, created, last_due, missed FROM schedules";

fn schedule(row: &Row) -> rusqlite::Result<Schedule> {
    let what = NewSchedule {
        project: row.get(1)?,
        test: row.get(2)?,
        cron: row.get(3)?,
        zone: row.get(4)?,
        paused: row.get(5)?,
    };
    Ok(Schedule { id: row.get(0)?, what, created: row.get(6)?, last_due: row.get(7)?, missed: row.get(8)? })
}

impl Store {
    /// All schedules, the oldest first.
    pub fn schedules(&self) -> Result<Vec<Schedule>, Problem> {
        self.read(|connection| all(connection, &format!("{SCHEDULE} ORDER BY id"), (), schedule))
    }

    /// # Errors
    /// There is none of that id.
    pub fn schedule(&self, id: i64) -> Result<Schedule, Problem> {
        self.read(|connection| by_id(connection, id))
    }

    /// # Errors
    /// There is no such project, or no such test in it.
    pub fn create_schedule(&self, new: &NewSchedule, now: Time) -> Result<Schedule, Problem> {
        let made = "INSERT INTO schedules (project, test, cron, zone, paused, created, missed)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0) RETURNING id";
        self.write(|transaction| {
            exists(transaction, new)?;
            let values = params![new.project, new.test, new.cron, new.zone, i32::from(new.paused), now];
            by_id(transaction, insert(transaction, made, values)?)
        })
    }

    /// Says something else; what it missed does not count any more. Where its times change, those until now are over.
    ///
    /// # Errors
    /// As [`Store::create_schedule`]; or there is no such schedule.
    pub fn change_schedule(&self, id: i64, new: &NewSchedule, now: Time) -> Result<Schedule, Problem> {
        let changed = "UPDATE schedules SET
            last_due = CASE WHEN cron = ?4 AND zone = ?5 AND paused = ?6 THEN last_due ELSE ?7 END,
            project = ?2, test = ?3, cron = ?4, zone = ?5, paused = ?6, missed = 0 WHERE id = ?1";
        self.write(|transaction| {
            exists(transaction, new)?;
            let values = params![id, new.project, new.test, new.cron, new.zone, i32::from(new.paused), now];
            change(transaction, changed, values)?;
            by_id(transaction, id)
        })
    }

    /// Queues the job of a time that has come, and notes that it is seen to, or neither. Where one waits already, this time is
    /// missed. None: another host saw to it first, or the schedule was changed, paused or deleted meanwhile.
    ///
    /// # Errors
    /// The job's project is not there.
    pub fn queue_due(&self, due: &Due, job: &NewJob, now: Time) -> Result<Option<Queued>, Problem> {
        self.write(|transaction| {
            let Some(schedule) = still(transaction, due)? else { return Ok(None) };
            let queued = queue::queue(transaction, job, now)?;
            let missed = match queued {
                Queued::Waits(_) => due.times.saturating_sub(u32::from(!due.late)),
                _ => schedule.missed.saturating_add(due.times),
            };
            see(transaction, due, missed)?;
            Ok(Some(queued))
        })
    }

    /// Notes that times are missed. False: another host did, or the schedule is not what it was.
    pub fn pass_due(&self, due: &Due) -> Result<bool, Problem> {
        self.write(|transaction| {
            let Some(schedule) = still(transaction, due)? else { return Ok(false) };
            see(transaction, due, schedule.missed.saturating_add(due.times))?;
            Ok(true)
        })
    }

    /// # Errors
    /// There is none of that id.
    pub fn delete_schedule(&self, id: i64) -> Result<(), Problem> {
        self.write(|transaction| match change(transaction, "DELETE FROM schedules WHERE id = ?1", (id,))? {
            0 => Err(Problem::missing("schedule", id)),
            _ => Ok(()),
        })
    }
}

fn by_id(connection: &Connection, id: i64) -> Result<Schedule, Problem> {
    let found = one(connection, &format!("{SCHEDULE} WHERE id = ?1"), (id,), schedule)?;
    found.ok_or_else(|| Problem::missing("schedule", id))
}

/// The schedule, if it is as it was when it was found due.
fn still(connection: &Connection, due: &Due) -> Result<Option<Schedule>, Problem> {
    let found = one(connection, &format!("{SCHEDULE} WHERE id = ?1"), (due.schedule,), schedule)?;
    Ok(found.filter(|schedule| !schedule.what.paused && schedule.last_due == due.seen))
}

fn see(connection: &Connection, due: &Due, missed: u32) -> Result<(), Problem> {
    let seen = "UPDATE schedules SET last_due = ?2, missed = ?3 WHERE id = ?1";
    change(connection, seen, (due.schedule, due.time, missed)).map(|_| ())
}

/// Whether there is what it is to run.
fn exists(connection: &Connection, new: &NewSchedule) -> Result<(), Problem> {
    let project = projects::by_id(connection, new.project)?;
    let Some(test) = new.test.map(|id| saved::by_id(connection, id)).transpose()? else { return Ok(()) };
    if test.project == project.id {
        return Ok(());
    }
    let message = format!("the test `{}` does not belong to the project `{}`", test.name, project.name);
    Err(Problem::Invalid(Diagnostic::error(message).advice("take one of the project's tests")))
}

#[cfg(test)]
mod tests {
    use super::super::{Host, Kind, NewTest};
    use super::*;
    use crate::record::Trigger;

    #[test]
    fn a_schedule_runs_what_is_there_and_goes_with_it() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let [one, two] = ["one", "two"].map(|name| store.create_project(name, Time(1.0)).unwrap().id);
        let test = NewTest { name: "call", kind: Kind::Classic, text: "", author: None };
        let test = store.create_test(one, test, Time(1.0)).unwrap().id;
        let new =
            NewSchedule { project: one, test: Some(test), cron: "0 3 * * *".into(), zone: "UTC".into(), paused: false };
        let made = store.create_schedule(&new, Time(2.0)).unwrap();
        assert_eq!((&made.what, made.last_due, made.missed), (&new, None, 0));
        let wrong = NewSchedule { project: two, ..new.clone() };
        assert!(matches!(store.create_schedule(&wrong, Time(2.0)), Err(Problem::Invalid(_))));
        assert!(matches!(
            store.change_schedule(made.id, &NewSchedule { project: 99, ..new.clone() }, Time(2.0)),
            Err(Problem::Missing(_))
        ));
        let all = NewSchedule { test: None, ..new.clone() };
        let changed = store.change_schedule(made.id, &all, Time(3.0)).unwrap();
        assert_eq!(changed, Schedule { what: all.clone(), ..made.clone() });
        let paused = NewSchedule { paused: true, ..all.clone() };
        assert_eq!(store.change_schedule(made.id, &paused, Time(4.0)).unwrap().last_due, Some(Time(4.0)));
        let other = store.create_schedule(&new, Time(3.0)).unwrap();
        store.delete_test(test, Time(4.0)).unwrap();
        assert!(matches!(store.schedule(other.id), Err(Problem::Missing(_))));
        assert_eq!(store.schedules().unwrap().len(), 1);
        store.delete_project(one, Time(5.0)).unwrap();
        assert_eq!(store.schedules().unwrap(), []);
        assert!(matches!(store.delete_schedule(made.id), Err(Problem::Missing(_))));
    }

    #[test]
    fn what_is_due_is_queued_once_and_counted() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let host = Host::take(data.path()).unwrap();
        let project = store.create_project("pbx", Time(1.0)).unwrap().id;
        let new = NewSchedule { project, test: None, cron: "0 3 * * *".into(), zone: "UTC".into(), paused: false };
        let id = store.create_schedule(&new, Time(2.0)).unwrap().id;
        let job = NewJob {
            project: Some(project),
            payload: "a".into(),
            plan: "[]".into(),
            trigger: Trigger::Cron,
            schedule: Some(id),
        };
        let due = |seen, time, times| Due { schedule: id, seen, time, times, late: false };
        let state = || store.schedule(id).map(|schedule| (schedule.last_due, schedule.missed));
        // of two hosts that found the same time due one queues it
        let first = store.queue_due(&due(None, Time(100.0), 4), &job, Time(100.0)).unwrap();
        assert!(matches!(first, Some(Queued::Waits(_))));
        assert_eq!(store.queue_due(&due(None, Time(100.0), 4), &job, Time(100.0)), Ok(None));
        assert_eq!((state(), store.jobs().unwrap().len()), (Ok((Some(Time(100.0)), 3)), 1));
        // the next finds it waiting still
        let again = store.queue_due(&due(Some(Time(100.0)), Time(200.0), 2), &job, Time(200.0)).unwrap();
        assert!(matches!(again, Some(Queued::WaitsAlready(_))));
        assert_eq!((state(), store.jobs().unwrap().len()), (Ok((Some(Time(200.0)), 5)), 1));
        assert_eq!(store.pass_due(&due(Some(Time(100.0)), Time(300.0), 1)), Ok(false));
        assert_eq!(store.pass_due(&due(Some(Time(200.0)), Time(300.0), 1)), Ok(true));
        assert_eq!(state(), Ok((Some(Time(300.0)), 6)));
        // with a job that can't be queued nothing is noted
        let nowhere = NewJob { project: Some(99), schedule: None, ..job.clone() };
        assert!(matches!(
            store.queue_due(&due(Some(Time(300.0)), Time(400.0), 0), &nowhere, Time(400.0)),
            Err(Problem::Missing(_))
        ));
        assert_eq!(state(), Ok((Some(Time(300.0)), 6)));
        store.take_job(&host, Time(350.0)).unwrap();
        assert!(matches!(
            store.queue_due(&due(Some(Time(300.0)), Time(400.0), 1), &job, Time(400.0)),
            Ok(Some(Queued::Waits(_)))
        ));
        assert_eq!(state(), Ok((Some(Time(400.0)), 0)));
        store.take_job(&host, Time(450.0)).unwrap();
        let late = Due { late: true, ..due(Some(Time(400.0)), Time(420.0), 2) };
        assert!(matches!(store.queue_due(&late, &job, Time(450.0)), Ok(Some(Queued::Waits(_)))));
        assert_eq!(state(), Ok((Some(Time(420.0)), 2)));
        // what was paused or deleted meanwhile is not due
        store.change_schedule(id, &NewSchedule { paused: true, ..new }, Time(450.0)).unwrap();
        assert_eq!(store.queue_due(&due(Some(Time(450.0)), Time(500.0), 0), &job, Time(500.0)), Ok(None));
        store.delete_project(project, Time(500.0)).unwrap();
        assert_eq!(store.pass_due(&due(Some(Time(450.0)), Time(500.0), 0)), Ok(false));
    }
}
