//! Which files are tests.

use crate::diagnostic::Diagnostic;
use crate::store::test_of_file;
use std::collections::HashSet;
use std::fs::{DirEntry, FileType};
use std::path::{Path, PathBuf};

/// The tests that the paths name: files as they are, folders with all tests below them in alphabetical order.
///
/// In a folder, tests are the files without extension and `*.rhai`, except below `lib/` and `scripts/`; hidden files are none, and
/// what the data folder keeps of earlier runs is not looked at. A path that isn't there, or no test at all, is an error.
pub fn find(paths: &[PathBuf], data_dir: &Path) -> Result<Vec<PathBuf>, Vec<Diagnostic>> {
    let mut tests = vec![];
    let mut problems = vec![];
    let data = data_dir.canonicalize().ok();
    for path in paths {
        let before = tests.len();
        let found = if path.is_dir() {
            walk(path, data.as_deref(), &mut tests)
        } else {
            path.metadata().map(|_| tests.push(path.clone()))
        };
        if let Err(error) = found {
            problems.push(Diagnostic::error(format!("`{}` can't be read: {error}", path.display())));
        } else if tests.len() == before {
            let message = format!("there is no test in `{}`", path.display());
            let advice =
                "a test is a file without extension (a testfile) or a Rhai script (.rhai), not below lib/ or scripts/";
            problems.push(Diagnostic::error(message).advice(advice));
        }
    }
    // a file that several paths name is one test
    let mut known = HashSet::new();
    tests.retain(|test| known.insert(test.canonicalize().unwrap_or_else(|_| test.clone())));
    if problems.is_empty() { Ok(tests) } else { Err(problems) }
}

fn walk(folder: &Path, data: Option<&Path>, tests: &mut Vec<PathBuf>) -> std::io::Result<()> {
    // what kind an entry is comes with its name: asked for later, it may be gone
    let kind = |entry: DirEntry| Ok((entry.path(), entry.file_type()?));
    let mut entries =
        folder.read_dir()?.map(|entry| entry.and_then(kind)).collect::<std::io::Result<Vec<(PathBuf, FileType)>>>()?;
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (path, kind) in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            let is_data = data.is_some() && path.canonicalize().ok().as_deref() == data;
            if name != "lib" && name != "scripts" && !is_data {
                match walk(&path, data, tests) {
                    // gone since its name was read
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => (),
                    walked => walked?,
                }
            }
        } else if test_of_file(Path::new(&*name)).is_some() && !(kind.is_symlink() && path.is_dir()) {
            tests.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_tests_in_alphabetical_order() {
        let folder = tempfile::tempdir().unwrap();
        let kept = "data/runs/1/script.rhai";
        for name in ["b", "a.rhai", "c.txt", ".hidden", "sub/d", "lib/e.rhai", "scripts/f", "b.flow", "README", kept] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = find(&[folder.path().to_path_buf()], &folder.path().join("sub/../data")).unwrap();
        let names: Vec<_> =
            found.iter().map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.rhai", "b", "sub/d"]);
    }

    #[test]
    fn a_file_that_several_paths_name_is_one_test() {
        let folder = tempfile::tempdir().unwrap();
        ["a", "b", "sub/c"].iter().for_each(|name| {
            std::fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
            std::fs::write(folder.path().join(name), "").unwrap();
        });
        let paths = ["b", "sub/../a", ".", "a", "sub", "./b"].map(|path| folder.path().join(path));
        let found = find(&paths, Path::new("data")).unwrap();
        let names: Vec<_> = found.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["b", "a", "c"]);
    }

    #[test]
    fn no_test_and_no_file_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let problems =
            find(&[folder.path().to_path_buf(), folder.path().join("missing")], Path::new("data")).unwrap_err();
        assert!(problems[0].message.starts_with("there is no test in"));
        assert!(problems[1].message.contains("missing` can't be read"));
    }
}
