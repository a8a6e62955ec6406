//! Folders of files that users put there by name: base names alone, of known kinds, written whole or not at all.

use super::failure::Failure;
use crate::diagnostic::Diagnostic;
use crate::event::Time;
use crate::store;
use axum::http::StatusCode;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A folder, and what its files are called.
pub struct Folder {
    pub path: PathBuf,
    /// What a file is, in a word, for messages.
    pub what: &'static str,
    /// How the names end: `.wav`.
    pub endings: &'static [&'static str],
}

/// A file of a folder.
pub struct Entry {
    pub name: String,
    pub size: u64,
    /// In whole milliseconds.
    pub changed: Time,
}

impl Folder {
    /// Its files in alphabetical order; links, folders and files of other names are left out.
    pub fn list(&self) -> Result<Vec<Entry>, Failure> {
        let entries = match self.path.read_dir() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
            entries => entries.map_err(|error| unusable(&self.path, &error))?,
        };
        let entry = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok().filter(|name| self.file(name).is_ok())?;
            let file = entry.path().symlink_metadata().ok().filter(fs::Metadata::is_file)?;
            let changed = file.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            Some(Entry {
                name,
                size: file.len(),
                changed: changed.map_or(Time::EPOCH, |since| Time(since.as_millis() as f64)),
            })
        };
        let mut all: Vec<Entry> = entries.filter_map(Result::ok).filter_map(entry).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// Where the file of that name is.
    ///
    /// # Errors
    /// 400: it is no plain name, or ends otherwise.
    pub fn file(&self, name: &str) -> Result<PathBuf, Failure> {
        let allowed = store::name(name).map_err(Failure::from)?;
        let stem = self.endings.iter().find_map(|ending| name.strip_suffix(ending));
        if allowed != name || stem.is_none_or(str::is_empty) {
            let problem = Diagnostic::error(format!("`{}` is not the name of a {}", name.escape_debug(), self.what));
            let advice = format!("a plain file name that ends in {} is due", self.endings.join(" or "));
            return Err(Failure::of(StatusCode::BAD_REQUEST, &problem.advice(advice)));
        }
        Ok(self.path.join(name))
    }

    /// # Errors
    /// There is none of that name, or it is a link.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let path = self.existing(name)?;
        fs::read(&path).map_err(|error| unusable(&path, &error))
    }

    /// Puts it there, in place of the one before.
    ///
    /// # Errors
    /// As [`Folder::file`]; the disk.
    pub fn write(&self, name: &str, from: impl Read) -> Result<(), Failure> {
        let path = self.file(name)?;
        write(&self.path, &path, from).map_err(|error| unusable(&path, &error))
    }

    /// # Errors
    /// As [`Folder::read`].
    pub fn delete(&self, name: &str) -> Result<(), Failure> {
        let path = self.existing(name)?;
        fs::remove_file(&path).map_err(|error| unusable(&path, &error))
    }

    /// Where the file of that name is, which is there.
    ///
    /// # Errors
    /// As [`Folder::read`].
    pub fn existing(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.file(name)?;
        match path.symlink_metadata() {
            // a link may lead anywhere
            Ok(file) if file.is_file() => Ok(path),
            _ => Err(Failure::missing(self.what, name)),
        }
    }
}

fn write(folder: &Path, path: &Path, mut from: impl Read) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut partial = tempfile::Builder::new().prefix(".").tempfile_in(folder)?;
    io::copy(&mut from, &mut partial)?;
    partial.as_file().set_permissions(Permissions::from_mode(0o644))?;
    partial.persist(path)?;
    Ok(())
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    let name = path.file_name().unwrap_or_default().display();
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, format!("`{name}` of the data directory can't be used: {error}"))
        .advice("see that the data directory may be read and written, and that the disk has room")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_plain_files_of_the_folder_itself_are_reached() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join("secret.js"), "hush").unwrap();
        let folder = Folder { path: data.path().join("scripts"), what: "script", endings: &[".rhai", ".js"] };
        assert!(folder.list().unwrap().is_empty());
        folder.write("loss.js", &b"one"[..]).unwrap();
        folder.write("loss.js", &b"two"[..]).unwrap();
        symlink("../secret.js", folder.path.join("link.js")).unwrap();
        fs::create_dir(folder.path.join("folder.js")).unwrap();
        fs::write(folder.path.join("notes.txt"), "").unwrap();
        let names: Vec<String> = folder.list().unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["loss.js"]);
        assert_eq!(folder.read("loss.js").unwrap(), b"two");
        for missing in ["link.js", "folder.js", "other.js"] {
            assert_eq!(folder.read(missing).unwrap_err().into_response().status(), StatusCode::NOT_FOUND, "{missing}");
            assert_eq!(
                folder.delete(missing).unwrap_err().into_response().status(),
                StatusCode::NOT_FOUND,
                "{missing}"
            );
        }
        for bad in ["../secret.js", "/etc/x.js", ".js", ".hidden.js", "a\\b.js", "a\0.js", "notes.txt", "a\u{202e}.js"]
        {
            assert_eq!(
                folder.write(bad, &b""[..]).unwrap_err().into_response().status(),
                StatusCode::BAD_REQUEST,
                "{bad}"
            );
        }
        // a file in place of the link, and what it led to is as it was
        folder.write("link.js", &b"mine"[..]).unwrap();
        assert_eq!(fs::read(data.path().join("secret.js")).unwrap(), b"hush");
        folder.delete("loss.js").unwrap();
        assert_eq!(folder.list().unwrap().len(), 1);
    }
}
