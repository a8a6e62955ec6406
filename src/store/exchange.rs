//! A project as files, a test each, so that tests live in git: written to a folder or a zip file, and read from one.

use super::database::Store;
use super::name::{Kind, key, test_of_file};
use super::problem::Problem;
use super::projects::{self, Project};
use super::saved::{self, NewTest, Save};
use super::unpack::{self, Unpacked};
use crate::diagnostic::Diagnostic;
use crate::event::Time;
use crate::export::Archive;
use std::fs::{self, Permissions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Where files are taken to.
#[derive(Debug, Clone, Copy)]
pub struct Import<'a> {
    /// The project's name; it is made where there is none.
    pub project: &'a str,
    pub author: Option<&'a str>,
    /// What becomes of the tests that are there already.
    pub existing: Existing,
}

/// What an import makes of the tests that a project has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// They stay as they are.
    Keep,
    /// One with another text gets the file's text as its newest version.
    Update,
    /// The same, and the files are all that the project has then: other tests go, with their versions, and so does one of the other
    /// kind.
    Mirror,
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    pub project: Project,
    /// The names of the tests that are new.
    pub created: Vec<String>,
    /// Those whose text is another now; the one before is the version before.
    pub changed: Vec<String>,
    /// Those that were the same already.
    pub same: Vec<String>,
    /// Those that have another text and stay as they are ([`Existing::Keep`]).
    pub kept: Vec<String>,
    /// Those of the project that were not among the files; they stay.
    pub absent: Vec<String>,
    /// Those that are gone, as they were not among the files, or of the other kind.
    pub removed: Vec<String>,
    /// The files and folders that are no tests of the project's, and why; they are not kept.
    pub left_out: Vec<(String, &'static str)>,
}

/// What an export into a folder came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    /// The names of the files that were written.
    pub written: Vec<String>,
    /// How many were the same already.
    pub same: usize,
    /// The files there that are tests, but none of the project's; they stay.
    pub others: Vec<String>,
}

impl Store {
    /// Writes the newest text of each test of a project into a folder, which is made where there is none. Files that are the same are
    /// not touched.
    ///
    /// # Errors
    /// There is no such project; a file can't be written.
    pub fn export_folder(&self, project: i64, folder: &Path) -> Result<Exported, Problem> {
        let files = self.files(project)?;
        let mut exported = Exported { written: vec![], same: 0, others: vec![] };
        let wrong = |path: &Path, error: io::Error| {
            Problem::Invalid(
                Diagnostic::error(format!("cannot write {}: {error}", path.display()))
                    .advice("name a folder that you may write to"),
            )
        };
        fs::create_dir_all(folder).map_err(|error| wrong(folder, error))?;
        for (name, text) in &files {
            let path = folder.join(name);
            let is_file = path.symlink_metadata().is_ok_and(|file| file.is_file());
            if is_file && fs::read(&path).is_ok_and(|kept| kept == text.as_bytes()) {
                exported.same += 1;
                continue;
            }
            write(folder, &path, text).map_err(|error| wrong(&path, error))?;
            exported.written.push(name.clone());
        }
        let entries = folder.read_dir().map_err(|error| wrong(folder, error))?.filter_map(Result::ok);
        let others = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        let others = others.filter_map(|entry| entry.file_name().into_string().ok());
        let is_other =
            |name: &String| test_of_file(Path::new(name)).is_some() && !files.iter().any(|(own, _)| own == name);
        exported.others = others.filter(is_other).collect();
        exported.others.sort();
        Ok(exported)
    }

    /// The same as a zip file, with a folder of the project's name in it. It comes out the same each time.
    ///
    /// # Errors
    /// There is no such project; `to` can't be written.
    pub fn export_zip(&self, project: i64, to: impl Write + Seek) -> Result<(), Problem> {
        let folder = self.project(project)?.name;
        let mut archive = Archive::new(to);
        for (name, text) in self.files(project)? {
            archive.text(&format!("{folder}/{name}"), &text).map_err(Problem::Invalid)?;
        }
        archive.finish().map_err(Problem::Invalid)
    }

    /// Takes the tests of a folder into the project of that name, which is made where there is none: all of them, or none. A
    /// test that is there already gets the file's text as its newest version.
    ///
    /// # Errors
    /// The folder can't be read, has no test, or has one that can't be taken: its name, its size, its bytes.
    pub fn import_folder(&self, import: Import, folder: &Path, now: Time) -> Result<Imported, Problem> {
        self.import(import, unpack::folder(folder)?, now)
    }

    /// The same from a zip file: its tests lie at its top, or in one folder that holds all else. Nothing of it is written to the
    /// disk, and no more is unpacked than tests may hold.
    ///
    /// # Errors
    /// As [`Store::import_folder`]; or it is no zip file, or one that leads out of itself.
    pub fn import_zip(&self, import: Import, zip: impl Read + Seek, now: Time) -> Result<Imported, Problem> {
        self.import(import, unpack::zip(zip)?, now)
    }

    fn import(&self, import: Import, files: Unpacked, now: Time) -> Result<Imported, Problem> {
        let Import { project, author, existing } = import;
        self.write(|transaction| {
            let project = match projects::by_name(transaction, project)? {
                Some(project) => project,
                None => projects::create(transaction, project, now)?,
            };
            let before = saved::of_project(transaction, project.id)?;
            let file_of = |test: &saved::Test| files.tests.iter().find(|file| key(&file.name) == key(&test.name));
            let (mut absent, mut removed) = (vec![], vec![]);
            for test in &before {
                let file = file_of(test);
                let fits = file.is_some_and(|file| file.kind == test.kind);
                if !fits && existing == Existing::Mirror {
                    saved::delete(transaction, test.id, now)?;
                    removed.push(test.kind.file_name(&test.name));
                } else if !fits && file.is_some() && existing == Existing::Update {
                    return Err(other_kind(&project.name, &test.name, test.kind));
                } else if file.is_none() {
                    absent.push(test.name.clone());
                }
            }
            let (mut created, mut changed, mut same, mut kept) = (vec![], vec![], vec![], vec![]);
            for file in &files.tests {
                let Some(test) = saved::by_name(transaction, project.id, &file.name)? else {
                    let new = NewTest { name: &file.name, kind: file.kind, text: &file.text, author };
                    created.push(saved::create(transaction, project.id, new, now)?.name);
                    continue;
                };
                let text = saved::version(transaction, test.id, test.version)?.text;
                if existing == Existing::Keep && (test.kind != file.kind || text != file.text) {
                    kept.push(test.name.clone());
                    continue;
                }
                let save = Save { based_on: test.version, text: &file.text, author };
                let after = saved::save(transaction, test.id, save, now)?;
                let list = if after.version == test.version { &mut same } else { &mut changed };
                list.push(after.name);
            }
            let project = projects::by_id(transaction, project.id)?;
            let left_out = files.left_out.clone();
            Ok(Imported { project, created, changed, same, kept, absent, removed, left_out })
        })
    }

    /// The names and texts of a project's files, as they all were at one moment.
    fn files(&self, project: i64) -> Result<Vec<(String, String)>, Problem> {
        self.read(|connection| {
            projects::by_id(connection, project)?;
            let tests = saved::of_project(connection, project)?;
            let file = |test: saved::Test| {
                let newest = saved::version(connection, test.id, test.version)?;
                Ok((test.kind.file_name(&test.name), newest.text))
            };
            tests.into_iter().map(file).collect()
        })
    }
}

/// The file is there whole or not at all. A link in its place is replaced, what it leads to is not touched.
fn write(folder: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    file.persist(path)?;
    Ok(())
}

fn other_kind(project: &str, test: &str, kind: Kind) -> Problem {
    let is = match kind {
        Kind::Classic => "a testfile",
        Kind::Rhai => "a Rhai script",
    };
    let message = format!("the test `{test}` of the project `{project}` is {is}, and the file is not");
    Problem::Invalid(
        Diagnostic::error(message).advice("rename one of them, or let the files replace what the project has"),
    )
}

#[cfg(test)]
mod tests;
