//! Schedules: what is to run when. What a cron expression means is not known here.

use super::database::{Store, all, change, insert, one};
use super::problem::Problem;
use super::{projects, saved};
use crate::diagnostic::Diagnostic;
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
    pub created: f64,
    /// The last time that it was due and was seen to.
    pub last_due: Option<f64>,
    /// How many times were missed since it last ran.
    pub missed: u32,
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
    pub fn create_schedule(&self, new: &NewSchedule, now: f64) -> Result<Schedule, Problem> {
        let made = "INSERT INTO schedules (project, test, cron, zone, paused, created, missed)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0) RETURNING id";
        self.write(|transaction| {
            exists(transaction, new)?;
            let values = params![new.project, new.test, new.cron, new.zone, i32::from(new.paused), now];
            by_id(transaction, insert(transaction, made, values)?)
        })
    }

    /// Says something else; what it missed does not count any more.
    ///
    /// # Errors
    /// As [`Store::create_schedule`]; or there is no such schedule.
    pub fn change_schedule(&self, id: i64, new: &NewSchedule) -> Result<Schedule, Problem> {
        let changed =
            "UPDATE schedules SET project = ?2, test = ?3, cron = ?4, zone = ?5, paused = ?6, missed = 0 WHERE id = ?1";
        self.write(|transaction| {
            exists(transaction, new)?;
            change(
                transaction,
                changed,
                params![id, new.project, new.test, new.cron, new.zone, i32::from(new.paused)],
            )?;
            by_id(transaction, id)
        })
    }

    /// Notes that a schedule was seen to which was due at that time, and how many times it missed before. Of two hosts that see to
    /// the same time, one is told true: that one queues the job.
    pub fn schedule_due(&self, id: i64, due: f64, missed: u32) -> Result<bool, Problem> {
        let seen =
            "UPDATE schedules SET last_due = ?2, missed = ?3 WHERE id = ?1 AND (last_due IS NULL OR last_due < ?2)";
        self.write(|transaction| change(transaction, seen, (id, due, missed)).map(|changed| changed > 0))
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
    use super::super::{Kind, NewTest};
    use super::*;

    #[test]
    fn a_schedule_runs_what_is_there_and_goes_with_it() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let [one, two] = ["one", "two"].map(|name| store.create_project(name, 1.0).unwrap().id);
        let test = NewTest { name: "call", kind: Kind::Classic, text: "", author: None };
        let test = store.create_test(one, test, 1.0).unwrap().id;
        let new =
            NewSchedule { project: one, test: Some(test), cron: "0 3 * * *".into(), zone: "UTC".into(), paused: false };
        let made = store.create_schedule(&new, 2.0).unwrap();
        assert_eq!((&made.what, made.last_due, made.missed), (&new, None, 0));
        let wrong = NewSchedule { project: two, ..new.clone() };
        assert!(matches!(store.create_schedule(&wrong, 2.0), Err(Problem::Invalid(_))));
        assert!(matches!(
            store.change_schedule(made.id, &NewSchedule { project: 99, ..new.clone() }),
            Err(Problem::Missing(_))
        ));
        // of two hosts one queues it
        assert!(store.schedule_due(made.id, 100.0, 3).unwrap());
        assert!(!store.schedule_due(made.id, 100.0, 0).unwrap());
        let due = store.schedule(made.id).unwrap();
        assert_eq!((due.last_due, due.missed), (Some(100.0), 3));
        let all = NewSchedule { test: None, paused: true, ..new.clone() };
        assert_eq!(store.change_schedule(made.id, &all).unwrap(), Schedule { what: all.clone(), missed: 0, ..due });
        let other = store.create_schedule(&new, 3.0).unwrap();
        store.delete_test(test, 4.0).unwrap();
        assert!(matches!(store.schedule(other.id), Err(Problem::Missing(_))));
        assert_eq!(store.schedules().unwrap().len(), 1);
        store.delete_project(one, 5.0).unwrap();
        assert_eq!(store.schedules().unwrap(), []);
        assert!(matches!(store.delete_schedule(made.id), Err(Problem::Missing(_))));
    }
}
