//! The tests among files that come from anywhere: a folder, or a zip file that may mean harm. Nothing is written, and no more is read
//! than a project may hold.

use super::name::{Kind, key, test_name, test_of_file};
use super::problem::Problem;
use super::saved::LONGEST;
use crate::diagnostic::Diagnostic;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use zip::ZipArchive;
use zip::result::ZipError;

/// The most files that are looked at.
const FILES: usize = 10_000;
/// The most bytes that all tests of a project have.
const TOTAL: usize = 64 * 1024 * 1024;

const LINK: &str = "a link is not followed";
const FOLDER: &str = "a folder: the tests of a project, also those that others import, lie side by side";

/// Why a file is left out.
fn no_test(name: &str) -> &'static str {
    match Path::new(name).extension().is_some_and(|extension| extension == "flow") {
        true => "a flow: each run makes its own",
        false => "no test: those have no extension, or .rhai",
    }
}

/// A test that was found.
#[derive(Debug, PartialEq)]
pub struct TestFile {
    pub name: String,
    pub kind: Kind,
    pub text: String,
}

/// All tests that were found, in alphabetical order, and what is none.
#[derive(Debug, Default)]
pub struct Unpacked {
    pub tests: Vec<TestFile>,
    /// With the reason.
    pub left_out: Vec<(String, &'static str)>,
    keys: HashSet<String>,
    bytes: usize,
}

/// The tests that lie in a folder, not below it. Links are left out.
pub fn folder(folder: &Path) -> Result<Unpacked, Problem> {
    let unreadable = |error| wrong(format!("cannot read {}: {error}", folder.display()), "name a folder with tests");
    let mut unpacked = Unpacked::default();
    let mut names = vec![];
    for entry in folder.read_dir().map_err(unreadable)? {
        if names.len() == FILES {
            return Err(too_many());
        }
        let name = entry.map_err(unreadable)?.file_name();
        names.push(
            name.into_string().map_err(|name| {
                wrong(format!("the name of the file `{}` is not UTF-8", name.display()), "rename it")
            })?,
        );
    }
    for name in names {
        let path = folder.join(&name);
        let is_file = path.symlink_metadata().is_ok_and(|entry| entry.is_file());
        match test_of_file(Path::new(&name)).filter(|_| is_file) {
            Some((test, kind)) => {
                let file = File::open(&path).map_err(|error| unreadable_file(&name, error))?;
                unpacked.take(&name, test, kind, file)?;
            }
            None if name.starts_with('.') => {}
            None => {
                let kind = path.symlink_metadata().map(|entry| entry.file_type());
                let why = match kind {
                    Ok(kind) if kind.is_symlink() => LINK,
                    Ok(kind) if kind.is_dir() => FOLDER,
                    _ => no_test(&name),
                };
                unpacked.left_out.push((if why == FOLDER { format!("{name}/") } else { name }, why));
            }
        }
    }
    unpacked.finish(&folder.display().to_string())
}

/// The tests at the top of a zip file, or of the one folder in it.
pub fn zip(zip: impl Read + Seek) -> Result<Unpacked, Problem> {
    let damaged = |error: ZipError| wrong(format!("the zip file can't be read: {error}"), "make a new one");
    let mut archive = ZipArchive::new(zip).map_err(damaged)?;
    if archive.len() > FILES {
        return Err(too_many());
    }
    let names: Vec<String> =
        archive.file_names().map(|name| Ok(name?.into_owned())).collect::<Result<_, _>>().map_err(damaged)?;
    if let Some(bad) = names.iter().find(|name| leads_out(name)) {
        let shown = bad.escape_debug();
        return Err(wrong(format!("the zip file has a path that leads out of it: `{shown}`"), "make a new one"));
    }
    let top = top_folder(&names);
    let mut unpacked = Unpacked::default();
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(damaged)?;
        let path = file.name().map_err(damaged)?.into_owned();
        let inside = path.strip_prefix(&top).unwrap_or(&path);
        let test = test_of_file(Path::new(inside)).filter(|_| file.is_file() && !inside.contains('/'));
        match test {
            Some((test, kind)) => unpacked.take(&path, test, kind, file)?,
            None if inside.is_empty() || inside.starts_with('.') => {}
            None => {
                let why = match () {
                    () if file.is_symlink() => LINK,
                    () if inside.contains('/') => FOLDER,
                    () => no_test(inside),
                };
                unpacked.left_out.push((inside.to_string(), why));
            }
        }
    }
    unpacked.finish("the zip file")
}

fn leads_out(path: &str) -> bool {
    path.starts_with('/') || path.contains(['\\', '\0', ':']) || path.split('/').any(|part| part == "..")
}

/// The folder that all paths begin with, with its slash; empty where there is none.
fn top_folder(paths: &[String]) -> String {
    let first = paths.first().and_then(|path| path.split_once('/')).map(|(top, _)| format!("{top}/"));
    first.filter(|top| paths.iter().all(|path| path.starts_with(top))).unwrap_or_default()
}

impl Unpacked {
    /// `path` is for messages. What a reader gives is believed, not what the archive says of its size.
    fn take(&mut self, path: &str, test: &str, kind: Kind, file: impl Read) -> Result<(), Problem> {
        let shown = path.escape_debug();
        let name = test_name(test, kind).map_err(|problem| {
            let problem = problem.diagnostic();
            Problem::Invalid(Diagnostic { message: format!("the file `{shown}`: {}", problem.message), ..problem })
        })?;
        if !self.keys.insert(key(&name)) {
            let message = format!("the file `{shown}`: another one is the test `{name}` already");
            return Err(wrong(message, "rename one; neither case nor `.rhai` tells tests apart"));
        }
        let mut bytes = vec![];
        file.take(LONGEST as u64 + 1).read_to_end(&mut bytes).map_err(|error| unreadable_file(path, error))?;
        if bytes.len() > LONGEST {
            return Err(wrong(format!("the file `{shown}` has more than {LONGEST} bytes"), "split the test"));
        }
        self.bytes += bytes.len();
        if self.bytes > TOTAL {
            return Err(wrong(
                format!("the tests have more than {TOTAL} bytes in all"),
                "make several projects of them",
            ));
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| wrong(format!("the file `{shown}` is not UTF-8"), "save it as UTF-8"))?;
        self.tests.push(TestFile { name, kind, text });
        Ok(())
    }

    fn finish(mut self, of: &str) -> Result<Unpacked, Problem> {
        if self.tests.is_empty() {
            let advice =
                "a test is a file without extension (a testfile) or a Rhai script (.rhai), not in a folder of its own";
            return Err(wrong(format!("there is no test in {of}"), advice));
        }
        self.tests.sort_by_key(|test| key(&test.name));
        self.left_out.sort();
        Ok(self)
    }
}

fn too_many() -> Problem {
    wrong(format!("there are more than {FILES} files"), "leave out what is no test")
}

fn unreadable_file(path: &str, error: io::Error) -> Problem {
    wrong(format!("the file `{}` can't be read: {error}", path.escape_debug()), "see that it is whole and may be read")
}

fn wrong(message: String, advice: &str) -> Problem {
    Problem::Invalid(Diagnostic::error(message).advice(advice))
}
