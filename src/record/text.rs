//! The text files in a run's folder.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// No verdict and no flow of ours is larger, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// A text of a run's folder; none where there is none. A folder may come from anywhere: what is no file is not opened, and no more
/// is read than could be ours.
pub fn text(path: &Path) -> Option<io::Result<String>> {
    let file = match path.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Ok(file) if !file.is_file() => return Some(Err(io::Error::other("it is not a file"))),
        Ok(_) => File::open(path),
        Err(error) => Err(error),
    };
    let mut text = String::new();
    let read = file.and_then(|file| file.take(LARGEST).read_to_string(&mut text));
    Some(read.map(|_| text))
}
