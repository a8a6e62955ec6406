//! Writes files completely or not at all.

use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::Builder;

/// A file appears whole or not at all; what is no file (a pipe, a device) takes the text as it is.
pub fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    replace_by(path, |file| file.write_all(text.as_bytes()))
}

/// The same with what `write` makes of a new file.
pub(super) fn replace_by(path: &Path, write: impl FnOnce(&mut File) -> std::io::Result<()>) -> std::io::Result<()> {
    let old = path.metadata().ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        return write(&mut File::options().write(true).open(path)?);
    }
    // through a link, so that it stays one
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    // a name of its own: other tests, of this host or another, may write the same file
    let new = Permissions::from_mode(0o666);
    let mut partial = Builder::new().prefix(".").permissions(new).tempfile_in(folder_of(path)).map_err(without_path)?;
    write(partial.as_file_mut())?;
    if let Some(old) = old {
        partial.as_file().set_permissions(old.permissions())?;
    }
    partial.persist(path)?;
    Ok(())
}

/// A temporary name tells nobody anything.
fn without_path(error: std::io::Error) -> std::io::Error {
    error.kind().into()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
