//! Projects: made, renamed, cloned, deleted.

use super::database::{Store, all, change, insert, one};
use super::name::{key, name};
use super::problem::Problem;
use crate::event::Time;
use rusqlite::{Connection, Row};

/// A set of tests under one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    pub id: i64,
    pub name: String,
    /// How many tests it has.
    pub tests: u32,
    pub created: Time,
    /// When it or one of its tests was changed.
    pub changed: Time,
}

const PROJECT: &str =
    "SELECT id, name, (SELECT count(*) FROM tests WHERE tests.project = projects.id), created, changed FROM projects";

fn project(row: &Row) -> rusqlite::Result<Project> {
    Ok(Project { id: row.get(0)?, name: row.get(1)?, tests: row.get(2)?, created: row.get(3)?, changed: row.get(4)? })
}

impl Store {
    /// All projects in alphabetical order.
    pub fn projects(&self) -> Result<Vec<Project>, Problem> {
        self.read(|connection| all(connection, &format!("{PROJECT} ORDER BY key"), (), project))
    }

    /// # Errors
    /// There is none of that id.
    pub fn project(&self, id: i64) -> Result<Project, Problem> {
        self.read(|connection| by_id(connection, id))
    }

    /// The project of a name, in whatever case.
    ///
    /// # Errors
    /// There is none.
    pub fn project_named(&self, name: &str) -> Result<Project, Problem> {
        self.read(|connection| {
            by_name(connection, name)?.ok_or_else(|| Problem::missing("project", name.escape_debug()))
        })
    }

    /// Makes an empty project.
    ///
    /// # Errors
    /// The name is not allowed, or taken.
    pub fn create_project(&self, name: &str, now: Time) -> Result<Project, Problem> {
        self.write(|transaction| create(transaction, name, now))
    }

    /// # Errors
    /// As [`Store::create_project`]; or there is no such project. Only the case may be changed too.
    pub fn rename_project(&self, id: i64, new: &str, now: Time) -> Result<Project, Problem> {
        let new = name(new)?;
        self.write(|transaction| {
            let old = by_id(transaction, id)?;
            if by_name(transaction, &new)?.is_some_and(|other| other.id != id) {
                return Err(Problem::taken("project", &new));
            }
            let renamed = "UPDATE projects SET name = ?2, key = ?3, changed = ?4 WHERE id = ?1";
            change(transaction, renamed, (id, &new, key(&new), now))?;
            let runs = "UPDATE runs SET project = ?1, project_key = ?2 WHERE project_key = ?3";
            change(transaction, runs, (&new, key(&new), key(&old.name)))?;
            by_id(transaction, id)
        })
    }

    /// Makes a project with the same tests; their older versions stay with the first.
    ///
    /// # Errors
    /// As [`Store::create_project`]; or there is no such project.
    pub fn clone_project(&self, id: i64, new: &str, now: Time) -> Result<Project, Problem> {
        self.write(|transaction| {
            by_id(transaction, id)?;
            let clone = create(transaction, new, now)?;
            let tests = "INSERT INTO tests (project, name, key, kind, version, created, changed)
                SELECT ?2, name, key, kind, 1, ?3, ?3 FROM tests WHERE project = ?1";
            change(transaction, tests, (id, clone.id, now))?;
            let texts = "INSERT INTO versions (test, number, text, author, time)
                SELECT new.id, 1, versions.text, versions.author, ?3 FROM tests AS new
                JOIN tests AS old ON old.key = new.key AND old.project = ?1
                JOIN versions ON versions.test = old.id AND versions.number = old.version WHERE new.project = ?2";
            change(transaction, texts, (id, clone.id, now))?;
            by_id(transaction, clone.id)
        })
    }

    /// Deletes a project with its tests, their versions, its schedules and webhooks. Its runs stay; what waits in the queue for
    /// it ends as an error.
    ///
    /// # Errors
    /// There is no such project.
    pub fn delete_project(&self, id: i64, now: Time) -> Result<(), Problem> {
        self.write(|transaction| {
            let waiting = "UPDATE queue SET state = 'done', status = 'error', payload = '', ended = ?2,
                reason = 'the project was deleted' WHERE project = ?1 AND state = 'waiting'";
            change(transaction, waiting, (id, now))?;
            match change(transaction, "DELETE FROM projects WHERE id = ?1", (id,))? {
                0 => Err(Problem::missing("project", id)),
                _ => Ok(()),
            }
        })
    }
}

pub(super) fn create(connection: &Connection, text: &str, now: Time) -> Result<Project, Problem> {
    let name = name(text)?;
    if by_name(connection, &name)?.is_some() {
        return Err(Problem::taken("project", &name));
    }
    let made = "INSERT INTO projects (name, key, created, changed) VALUES (?1, ?2, ?3, ?3) RETURNING id";
    by_id(connection, insert(connection, made, (&name, key(&name), now))?)
}

pub(super) fn by_id(connection: &Connection, id: i64) -> Result<Project, Problem> {
    let found = one(connection, &format!("{PROJECT} WHERE id = ?1"), (id,), project)?;
    found.ok_or_else(|| Problem::missing("project", id))
}

pub(super) fn by_name(connection: &Connection, name: &str) -> Result<Option<Project>, Problem> {
    one(connection, &format!("{PROJECT} WHERE key = ?1"), (key(name),), project)
}

/// Notes that something in a project was changed.
pub(super) fn touch(connection: &Connection, id: i64, now: Time) -> Result<(), Problem> {
    change(connection, "UPDATE projects SET changed = ?2 WHERE id = ?1", (id, now)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, NewTest};
    use super::*;

    fn names(store: &Store) -> Vec<String> {
        store.projects().unwrap().into_iter().map(|project| project.name).collect()
    }

    #[test]
    fn projects_are_made_renamed_and_deleted_whatever_their_case() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let pbx = store.create_project("PBX", Time(1.0)).unwrap();
        store.create_project("alpha", Time(2.0)).unwrap();
        assert_eq!(names(&store), ["alpha", "PBX"]);
        assert_eq!(store.project_named("pbx").unwrap(), pbx);
        assert!(matches!(store.create_project("pBx", Time(3.0)), Err(Problem::Taken(_))));
        assert!(matches!(store.create_project("../x", Time(3.0)), Err(Problem::Invalid(_))));
        assert!(matches!(store.rename_project(pbx.id, "Alpha", Time(3.0)), Err(Problem::Taken(_))));
        let renamed = store.rename_project(pbx.id, "Pbx", Time(4.0)).unwrap();
        assert_eq!((renamed.name.as_str(), renamed.created, renamed.changed), ("Pbx", Time(1.0), Time(4.0)));
        store.delete_project(pbx.id, Time(5.0)).unwrap();
        for missing in [store.project(pbx.id), store.project_named("pbx"), store.rename_project(pbx.id, "x", Time(6.0))]
        {
            assert!(matches!(missing, Err(Problem::Missing(_))));
        }
        assert!(matches!(store.delete_project(pbx.id, Time(6.0)), Err(Problem::Missing(_))));
        assert_eq!(names(&store), ["alpha"]);
    }

    #[test]
    fn a_clone_has_the_newest_texts_and_goes_its_own_way() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let one = store.create_project("one", Time(1.0)).unwrap();
        let test = NewTest { name: "call", kind: Kind::Rhai, text: "first", author: Some("ann") };
        let test = store.create_test(one.id, test, Time(2.0)).unwrap();
        store.save(test.id, super::super::Save { based_on: 1, text: "second", author: None }, Time(3.0)).unwrap();
        let two = store.clone_project(one.id, "two", Time(4.0)).unwrap();
        assert_eq!(two.tests, 1);
        let copy = store.test_named(two.id, "CALL").unwrap();
        assert_eq!((copy.kind, copy.version), (Kind::Rhai, 1));
        assert_eq!(store.text(copy.id).unwrap().text, "second");
        assert!(matches!(store.clone_project(one.id, "TWO", Time(5.0)), Err(Problem::Taken(_))));
        store.delete_project(one.id, Time(6.0)).unwrap();
        assert!(matches!(store.text(test.id), Err(Problem::Missing(_))));
        assert_eq!(store.text(copy.id).unwrap().text, "second");
    }
}
