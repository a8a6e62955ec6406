//! The tests of a project, with every version that was saved of them.

use super::database::{Store, all, change, insert, one};
use super::name::{Kind, key, test_name};
use super::problem::{Conflict, Problem};
use super::projects;
use super::version::Version;
use crate::diagnostic::Diagnostic;
use crate::event::Time;
use rusqlite::{Connection, Row};

/// The longest text of a test, in bytes.
pub(super) const LONGEST: usize = 1024 * 1024;

/// A test without its text.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    pub id: i64,
    /// The id of its project.
    pub project: i64,
    pub name: String,
    pub kind: Kind,
    /// The number of its newest version, from 1.
    pub version: u32,
    pub created: Time,
    pub changed: Time,
    /// Who saved the newest version, where that is known.
    pub author: Option<String>,
}

/// A version without its text.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionInfo {
    pub number: u32,
    pub author: Option<String>,
    pub time: Time,
    /// How long the text is.
    pub bytes: u32,
}

/// A test to be.
#[derive(Debug, Clone, Copy)]
pub struct NewTest<'a> {
    pub name: &'a str,
    pub kind: Kind,
    pub text: &'a str,
    pub author: Option<&'a str>,
}

/// A text to be saved.
#[derive(Debug, Clone, Copy)]
pub struct Save<'a> {
    /// The number of the version that the text was made from.
    pub based_on: u32,
    pub text: &'a str,
    pub author: Option<&'a str>,
}

const TEST: &str = "SELECT id, project, name, kind, version, created, changed,
    (SELECT author FROM versions WHERE versions.test = tests.id AND number = tests.version) FROM tests";

fn test(row: &Row) -> rusqlite::Result<Test> {
    let kind: String = row.get(3)?;
    Ok(Test {
        id: row.get(0)?,
        project: row.get(1)?,
        name: row.get(2)?,
        kind: Kind::from_word(&kind),
        version: row.get(4)?,
        created: row.get(5)?,
        changed: row.get(6)?,
        author: row.get(7)?,
    })
}

impl Store {
    /// The tests of a project in alphabetical order: that in which they run.
    ///
    /// # Errors
    /// There is no such project.
    pub fn tests(&self, project: i64) -> Result<Vec<Test>, Problem> {
        self.read(|connection| {
            projects::by_id(connection, project)?;
            of_project(connection, project)
        })
    }

    /// # Errors
    /// There is none of that id.
    pub fn test(&self, id: i64) -> Result<Test, Problem> {
        self.read(|connection| by_id(connection, id))
    }

    /// The test of a name in a project, in whatever case.
    ///
    /// # Errors
    /// There is none.
    pub fn test_named(&self, project: i64, name: &str) -> Result<Test, Problem> {
        self.read(|connection| {
            by_name(connection, project, name)?.ok_or_else(|| Problem::missing("test", name.escape_debug()))
        })
    }

    /// Makes a test; its text is version 1.
    ///
    /// # Errors
    /// There is no such project; the name is not allowed, or taken; the text is too long.
    pub fn create_test(&self, project: i64, new: NewTest, now: Time) -> Result<Test, Problem> {
        self.write(|transaction| {
            projects::by_id(transaction, project)?;
            create(transaction, project, new, now)
        })
    }

    /// The newest version.
    ///
    /// # Errors
    /// There is no such test.
    pub fn text(&self, test: i64) -> Result<Version, Problem> {
        self.read(|connection| {
            let newest = by_id(connection, test)?.version;
            version(connection, test, newest)
        })
    }

    /// # Errors
    /// There is no such test, or no such version of it.
    pub fn version(&self, test: i64, number: u32) -> Result<Version, Problem> {
        self.read(|connection| version(connection, test, number))
    }

    /// All versions, the newest first.
    ///
    /// # Errors
    /// There is no such test.
    pub fn versions(&self, test: i64) -> Result<Vec<VersionInfo>, Problem> {
        let query =
            "SELECT number, author, time, octet_length(text) FROM versions WHERE test = ?1 ORDER BY number DESC";
        self.read(|connection| {
            by_id(connection, test)?;
            all(connection, query, (test,), |row| {
                Ok(VersionInfo { number: row.get(0)?, author: row.get(1)?, time: row.get(2)?, bytes: row.get(3)? })
            })
        })
    }

    /// Saves a text as the newest version. The same text again makes none.
    ///
    /// # Errors
    /// There is no such test; it was saved by somebody else meanwhile, with another text; the text is too long.
    pub fn save(&self, test: i64, save: Save, now: Time) -> Result<Test, Problem> {
        self.write(|transaction| self::save(transaction, test, save, now))
    }

    /// Saves an older version again as the newest.
    ///
    /// # Errors
    /// As [`Store::save`]; or there is no such version.
    pub fn restore(&self, test: i64, number: u32, save: (u32, Option<&str>), now: Time) -> Result<Test, Problem> {
        let (based_on, author) = save;
        self.write(|transaction| {
            let old = version(transaction, test, number)?;
            self::save(transaction, test, Save { based_on, text: &old.text, author }, now)
        })
    }

    /// # Errors
    /// There is no such test; the name is not allowed, or taken.
    pub fn rename_test(&self, id: i64, new: &str, now: Time) -> Result<Test, Problem> {
        self.write(|transaction| {
            let test = by_id(transaction, id)?;
            let new = test_name(new, test.kind)?;
            if by_name(transaction, test.project, &new)?.is_some_and(|other| other.id != id) {
                return Err(Problem::taken("test", &new));
            }
            let renamed = "UPDATE tests SET name = ?2, key = ?3, changed = ?4 WHERE id = ?1";
            change(transaction, renamed, (id, &new, key(&new), now))?;
            let runs = "UPDATE runs SET test_key = ?1
                WHERE test_key = ?2 AND project_key = (SELECT key FROM projects WHERE id = ?3)";
            change(transaction, runs, (key(&new), key(&test.name), test.project))?;
            projects::touch(transaction, test.project, now)?;
            by_id(transaction, id)
        })
    }

    /// Makes a test with the same newest text, in that project or another.
    ///
    /// # Errors
    /// There is no such test or project; the name is not allowed, or taken there.
    pub fn clone_test(&self, id: i64, project: i64, new: &str, now: Time) -> Result<Test, Problem> {
        self.write(|transaction| {
            let test = by_id(transaction, id)?;
            projects::by_id(transaction, project)?;
            let newest = version(transaction, id, test.version)?;
            let author = newest.author.as_deref();
            create(transaction, project, NewTest { name: new, kind: test.kind, text: &newest.text, author }, now)
        })
    }

    /// Deletes a test with all its versions, and its schedules.
    ///
    /// # Errors
    /// There is no such test.
    pub fn delete_test(&self, id: i64, now: Time) -> Result<(), Problem> {
        self.write(|transaction| delete(transaction, id, now))
    }
}

pub(super) fn delete(connection: &Connection, id: i64, now: Time) -> Result<(), Problem> {
    let test = by_id(connection, id)?;
    change(connection, "DELETE FROM tests WHERE id = ?1", (id,))?;
    projects::touch(connection, test.project, now)
}

pub(super) fn of_project(connection: &Connection, project: i64) -> Result<Vec<Test>, Problem> {
    all(connection, &format!("{TEST} WHERE project = ?1 ORDER BY key"), (project,), test)
}

pub(super) fn by_id(connection: &Connection, id: i64) -> Result<Test, Problem> {
    let found = one(connection, &format!("{TEST} WHERE id = ?1"), (id,), test)?;
    found.ok_or_else(|| Problem::missing("test", id))
}

pub(super) fn by_name(connection: &Connection, project: i64, name: &str) -> Result<Option<Test>, Problem> {
    one(connection, &format!("{TEST} WHERE project = ?1 AND key = ?2"), (project, key(name)), test)
}

pub(super) fn version(connection: &Connection, test: i64, number: u32) -> Result<Version, Problem> {
    let query = "SELECT number, text, author, time FROM versions WHERE test = ?1 AND number = ?2";
    let found = one(connection, query, (test, number), |row| {
        Ok(Version { number: row.get(0)?, text: row.get(1)?, author: row.get(2)?, time: row.get(3)? })
    })?;
    match found {
        Some(version) => Ok(version),
        None => by_id(connection, test).and_then(|test| {
            let message = format!("there is no version {number} of the test `{}`", test.name);
            Err(Problem::Missing(Diagnostic::error(message).advice(format!("its versions are 1 to {}", test.version))))
        }),
    }
}

pub(super) fn create(connection: &Connection, project: i64, new: NewTest, now: Time) -> Result<Test, Problem> {
    let name = test_name(new.name, new.kind)?;
    if by_name(connection, project, &name)?.is_some() {
        return Err(Problem::taken("test", &name));
    }
    let made =
        "INSERT INTO tests (project, name, key, kind, version, created, changed) VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5)
        RETURNING id";
    let id = insert(connection, made, (project, &name, key(&name), new.kind.word(), now))?;
    keep(connection, id, 1, new.text, new.author, now)?;
    projects::touch(connection, project, now)?;
    by_id(connection, id)
}

pub(super) fn save(connection: &Connection, id: i64, save: Save, now: Time) -> Result<Test, Problem> {
    let test = by_id(connection, id)?;
    let current = version(connection, id, test.version)?;
    // who saves what is there already has no conflict
    if current.text == save.text {
        return Ok(test);
    }
    if save.based_on != test.version {
        return Err(Problem::Conflict(Box::new(Conflict { based_on: save.based_on, current })));
    }
    keep(connection, id, test.version + 1, save.text, save.author, now)?;
    change(connection, "UPDATE tests SET version = version + 1, changed = ?2 WHERE id = ?1", (id, now))?;
    projects::touch(connection, test.project, now)?;
    by_id(connection, id)
}

fn keep(
    connection: &Connection,
    test: i64,
    number: u32,
    text: &str,
    author: Option<&str>,
    now: Time,
) -> Result<(), Problem> {
    if text.len() > LONGEST {
        let message = format!("the text has {} bytes, more than {LONGEST}", text.len());
        return Err(Problem::Invalid(Diagnostic::error(message).advice("split the test")));
    }
    if text.contains('\0') {
        let advice = "a test is text in UTF-8; take the byte out";
        return Err(Problem::Invalid(Diagnostic::error("there is a zero byte in the text").advice(advice)));
    }
    let kept = "INSERT INTO versions (test, number, text, author, time) VALUES (?1, ?2, ?3, ?4, ?5)";
    change(connection, kept, (test, number, text, author, now)).map(drop)
}

#[cfg(test)]
mod tests;
