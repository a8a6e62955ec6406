//! What the agents of a run heard.

use super::archive::Archive;
use super::recordings::recordings;
use super::unreadable;
use crate::diagnostic::Diagnostic;
use crate::record::RunFolder;
use std::fs::File;
use std::io::{self, Seek, Write};

/// Whether there is just one, which then needs no zip.
pub fn is_one(run: &RunFolder) -> bool {
    recordings(run).len() == 1
}

/// One as it is, several as a zip.
pub fn write(run: &RunFolder, to: &mut (impl Write + Seek)) -> Result<Vec<Diagnostic>, Diagnostic> {
    match recordings(run).as_slice() {
        [] => Err(Diagnostic::error(format!("nothing was recorded in {}", run.id()))
            .advice("a call without media leaves no recording; look at the run with `telefonist ladder`")),
        [only] => {
            let mut file = File::open(only).map_err(|error| unreadable(only, &error))?;
            io::copy(&mut file, to).map_err(super::unwritable)?;
            Ok(vec![])
        }
        several => {
            let mut archive = Archive::new(to);
            several.iter().try_for_each(|path| archive.copy("", path))?;
            archive.finish()?;
            Ok(vec![])
        }
    }
}
