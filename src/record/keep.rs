//! Runs that are exempt from deletion by age or number: a file in the run's folder marks them.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// The file's name.
const FILE: &str = "keep";

/// Whether the run of this folder is to stay.
pub fn keeps(folder: &Path) -> bool {
    folder.join(FILE).symlink_metadata().is_ok()
}

/// Says whether it is.
///
/// # Errors
/// The folder can't be written.
pub fn keep(folder: &Path, stays: bool) -> io::Result<()> {
    let path = folder.join(FILE);
    match stays {
        true => File::create(path).map(drop),
        false => fs::remove_file(path),
    }
}
