//! The last results of the tests of projects, for lists: one query each, however many tests there are.

use super::database::{Store, all, one};
use super::name::key;
use super::problem::Problem;
use super::projects;
use super::runs::{Run, RunStatus, run};
use crate::event::Time;
use std::collections::BTreeMap;

/// How the tests of a project ended when they were run last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Skipped ones too.
    pub pass: u32,
    pub fail: u32,
    /// Cancelled ones, and those whose record is broken, too.
    pub error: u32,
    /// Not run yet.
    pub never: u32,
}

/// The last runs that are over: of each block of each test, the last one.
const ENDED: &str = "SELECT project_key, test_key, status, started, row_number()
        OVER (PARTITION BY project_key, test_key, block ORDER BY started DESC, id DESC) AS place
    FROM runs WHERE project_key IS NOT NULL AND test_key IS NOT NULL AND status <> 'running'";

impl Store {
    /// The last runs of each test of a project, the newest first, by the tests' ids.
    ///
    /// # Errors
    /// There is no such project.
    pub fn last_runs(&self, project: i64, each: u32) -> Result<BTreeMap<i64, Vec<Run>>, Problem> {
        // the index finds the newest of each test, whatever else the project has
        let query =
            "SELECT runs.id, runs.project, runs.test, runs.file, runs.block, runs.status, runs.started, runs.duration,
                runs.cause, runs.repetition, runs.repetitions, runs.attempt, tests.id
            FROM projects JOIN tests ON tests.project = projects.id JOIN runs ON runs.id IN (
                SELECT id FROM runs AS own WHERE own.project_key = projects.key AND own.test_key = tests.key
                ORDER BY own.started DESC, own.id DESC LIMIT ?2)
            WHERE projects.id = ?1 ORDER BY runs.started DESC, runs.id DESC";
        let found = self.read(|connection| {
            projects::by_id(connection, project)?;
            all(connection, query, (project, each), |row| Ok((row.get::<_, i64>(12)?, run(row)?)))
        })?;
        let mut last = BTreeMap::<i64, Vec<Run>>::new();
        found.into_iter().for_each(|(test, run)| last.entry(test).or_default().push(run));
        Ok(last)
    }

    /// Whether a run is one of that test of that project.
    pub fn is_run_of(&self, run: &str, project: &str, test: &str) -> Result<bool, Problem> {
        let query = "SELECT 1 FROM runs WHERE id = ?1 AND project_key = ?2 AND test_key = ?3";
        let found = self.read(|connection| one(connection, query, (run, key(project), key(test)), |_| Ok(())))?;
        Ok(found.is_some())
    }

    /// Of a test of a project, both by name: its last run that passed, and the first one after that which did not.
    pub fn turning_point(&self, project: &str, test: &str) -> Result<(Option<String>, Option<String>), Problem> {
        let of = (key(project), key(test));
        let passed = "SELECT id, started FROM runs WHERE project_key = ?1 AND test_key = ?2 AND status = 'pass'
            ORDER BY started DESC, id DESC LIMIT 1";
        let bad = "SELECT id FROM runs WHERE project_key = ?1 AND test_key = ?2 AND started > ?3
            AND status NOT IN ('pass', 'skipped', 'cancelled', 'running') ORDER BY started, id LIMIT 1";
        self.read(|connection| {
            let passed =
                one(connection, passed, (&of.0, &of.1), |row| Ok((row.get::<_, String>(0)?, row.get::<_, Time>(1)?)))?;
            let since = passed.as_ref().map_or(Time::ALWAYS, |(_, started)| *started);
            let bad = one(connection, bad, (&of.0, &of.1, since), |row| row.get(0))?;
            Ok((passed.map(|(id, _)| id), bad))
        })
    }

    /// How the tests of each project ended last, by the projects' ids. A test with blocks ended as its worst block did; of blocks
    /// that it had before its text was changed only what is run since counts.
    pub fn tallies(&self) -> Result<BTreeMap<i64, Tally>, Problem> {
        let query = format!(
            "SELECT projects.id, tests.id, tests.changed, ended.status, ended.started
            FROM projects JOIN tests ON tests.project = projects.id LEFT JOIN ({ENDED}) AS ended
            ON ended.place = 1 AND ended.project_key = projects.key AND ended.test_key = tests.key"
        );
        let rows = self.read(|connection| {
            all(connection, &query, (), |row| {
                let (status, started): (Option<String>, Option<Time>) = (row.get(3)?, row.get(4)?);
                let ended = status.zip(started).map(|(status, started)| (RunStatus::from_word(&status), started));
                Ok(((row.get(0)?, row.get(1)?), row.get::<_, Time>(2)?, ended))
            })
        })?;
        let mut tests = BTreeMap::<(i64, i64), (Time, Vec<(RunStatus, Time)>)>::new();
        for (test, changed, ended) in rows {
            tests.entry(test).or_insert((changed, vec![])).1.extend(ended);
        }
        let mut tallies = BTreeMap::<i64, Tally>::new();
        for ((project, _), (changed, ended)) in tests {
            let tally = tallies.entry(project).or_default();
            let place = match worst(changed, &ended) {
                None => &mut tally.never,
                Some(RunStatus::Pass | RunStatus::Skipped) => &mut tally.pass,
                Some(RunStatus::Fail) => &mut tally.fail,
                Some(_) => &mut tally.error,
            };
            *place += 1;
        }
        Ok(tallies)
    }
}

/// The worst of a test's blocks: of those run since its text was changed, or, where none was, of the one run last.
fn worst(changed: Time, ended: &[(RunStatus, Time)]) -> Option<RunStatus> {
    let weight = |status: &RunStatus| match status {
        RunStatus::Pass | RunStatus::Skipped => 0,
        RunStatus::Fail => 2,
        _ => 1,
    };
    let since = ended.iter().filter(|(_, started)| *started >= changed);
    let newest = || ended.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(status, _)| *status);
    since.map(|(status, _)| *status).max_by_key(weight).or_else(newest)
}

#[cfg(test)]
mod tests {
    use super::super::runs::put;
    use super::super::{Kind, NewTest};
    use super::*;

    fn ran(id: &str, file: &str, block: Option<&str>, status: RunStatus, started: Time) -> Run {
        Run {
            id: id.into(),
            project: Some("PBX".into()),
            test: file.into(),
            file: file.into(),
            block: block.map(str::to_string),
            status,
            started,
            duration: None,
            trigger: None,
            repetition: 1,
            repetitions: 1,
            attempt: 1,
        }
    }

    #[test]
    fn each_test_has_its_last_runs_and_a_project_the_sum() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let project = store.create_project("PBX", Time(1.0)).unwrap().id;
        let test = |name, kind| {
            store.create_test(project, NewTest { name, kind, text: "", author: Some("ann") }, Time(10.0)).unwrap().id
        };
        let (call, rows, idle) = (test("Call", Kind::Classic), test("rows", Kind::Rhai), test("idle", Kind::Rhai));
        let runs = [
            ran("a", "PBX/call", None, RunStatus::Fail, Time(20.0)),
            ran("b", "PBX/call", None, RunStatus::Pass, Time(30.0)),
            ran("c", "PBX/call", None, RunStatus::Running, Time(40.0)),
            ran("d", "PBX/rows.rhai", Some("gone"), RunStatus::Error, Time(5.0)),
            ran("e", "PBX/rows.rhai", Some("one"), RunStatus::Fail, Time(21.0)),
            ran("f", "PBX/rows.rhai", Some("two"), RunStatus::Pass, Time(22.0)),
            ran("g", "PBX/other", None, RunStatus::Fail, Time(23.0)),
        ];
        store.write(|transaction| runs.iter().try_for_each(|run| put(transaction, run))).unwrap();
        let ids = |each| {
            let last = store.last_runs(project, each).unwrap();
            [call, rows, idle]
                .map(|test| last.get(&test).map(|runs| runs.iter().map(|run| &*run.id).collect::<String>()))
        };
        assert_eq!(ids(2), [Some("cb".into()), Some("fe".into()), None]);
        assert_eq!(ids(9), [Some("cba".into()), Some("fed".into()), None]);
        let tally = Tally { pass: 1, fail: 1, error: 0, never: 1 };
        assert_eq!(store.tallies().unwrap(), BTreeMap::from([(project, tally)]));
        let turned = |project: &str, test: &str| store.turning_point(project, test).unwrap();
        assert_eq!(turned("pbx", "call"), (Some("b".into()), None));
        assert_eq!(turned("PBX", "rows"), (Some("f".into()), None));
        assert_eq!(turned("PBX", "other"), (None, Some("g".into())));
        // the runs follow their test, and the text of `rows` is another now
        store.rename_test(call, "dial", Time(50.0)).unwrap();
        store.rename_test(rows, "lines", Time(50.0)).unwrap();
        store.rename_project(project, "Trunk", Time(51.0)).unwrap();
        assert_eq!(ids(1), [Some("c".into()), Some("f".into()), None]);
        assert_eq!(store.tallies().unwrap()[&project], Tally { pass: 2, fail: 0, error: 0, never: 1 });
        assert_eq!(store.test(call).unwrap().author.as_deref(), Some("ann"));
    }
}
