//! A run as one zip file, which comes out the same each time: entries in a fixed order, without times.

use super::recordings::recordings;
use super::{Format, Rtp, text_or_capture, unreadable, unwritable};
use crate::diagnostic::Diagnostic;
use crate::record::RunFolder;
use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The run's own files.
const FILES: [&str; 4] = ["events.jsonl", "script.rhai", "testfile", "verdict.json"];

/// All formats, the run's own files, and what the agents heard, in a folder of the run's name.
pub fn write(run: &RunFolder, rtp: Rtp, to: &mut (impl Write + Seek)) -> Result<Vec<Diagnostic>, Diagnostic> {
    let folder = format!("{}/", run.id());
    let mut archive = Archive::new(to);
    let mut warnings = vec![];
    for format in [Format::Flow, Format::Json, Format::Log, Format::Pcap, Format::Sip] {
        archive.begin(&format!("{folder}{}", format.file_name(run)))?;
        for warning in text_or_capture(run, format, rtp, &mut archive.0)? {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
    for name in FILES {
        let path = run.path().join(name);
        // there is no testfile of a Rhai test, and no verdict of a run that was killed
        if path.symlink_metadata().is_ok_and(|file| file.is_file()) {
            archive.copy(&folder, &path)?;
        }
    }
    for path in recordings(run) {
        archive.copy(&format!("{folder}recordings/"), &path)?;
    }
    archive.finish()?;
    Ok(warnings)
}

/// A zip file in the making.
pub struct Archive<W: Write + Seek>(ZipWriter<W>);

impl<W: Write + Seek> Archive<W> {
    pub fn new(to: W) -> Archive<W> {
        Archive(ZipWriter::new(to))
    }

    fn begin(&mut self, name: &str) -> Result<(), Diagnostic> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            // a record may be longer than 4 GiB
            .large_file(true);
        self.0.start_file(name, options).map_err(|error| unwritable(io::Error::other(error)))
    }

    /// Adds a file under its own name.
    pub fn copy(&mut self, folder: &str, path: &Path) -> Result<(), Diagnostic> {
        let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // a name that another system could take for a path
        self.begin(&format!("{folder}{}", name.replace(['\\', ':'], "_")))?;
        io::copy(&mut file, &mut self.0).map_err(unwritable)?;
        Ok(())
    }

    /// Adds a text under that name.
    pub fn text(&mut self, name: &str, text: &str) -> Result<(), Diagnostic> {
        self.begin(name)?;
        self.0.write_all(text.as_bytes()).map_err(unwritable)
    }

    pub fn finish(self) -> Result<(), Diagnostic> {
        self.0.finish().map(drop).map_err(|error| unwritable(io::Error::other(error)))
    }
}
