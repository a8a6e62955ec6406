//! `telefonist export`: a kept run as a file for other tools, written completely or not at all.

use super::arguments::ExportArguments;
use super::tell::{complain, shown};
use crate::diagnostic::Diagnostic;
use crate::export::{self, Format, Rtp};
use crate::record::{self, RunFolder};
use crate::verdict::ExitCode;
use std::fs::{File, Permissions};
use std::io::{self, ErrorKind, IsTerminal, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

pub fn export(arguments: &ExportArguments) -> ExitCode {
    let (run, place) = match record::find(&arguments.data.data_dir, &arguments.run)
        .and_then(|run| Ok((place(arguments, &run)?, run)))
    {
        Ok((place, run)) => (run, place),
        Err(problem) => {
            complain(&[problem]);
            return ExitCode::Usage;
        }
    };
    let rtp = if arguments.no_rtp { Rtp::LeftOut } else { Rtp::Included };
    match write(&run, arguments.format, rtp, &place) {
        Ok(warnings) => {
            complain(&warnings);
            if let Some(path) = place.path() {
                let _ = writeln!(io::stdout(), "wrote {}", shown(path));
            }
            ExitCode::Passed
        }
        Err(problem) => {
            complain(&[problem]);
            ExitCode::Error
        }
    }
}

/// Where an export goes.
#[derive(Debug)]
enum Place {
    Stdout,
    /// Something that is not a file of its own: a pipe, a device.
    Open(PathBuf),
    /// A file that may be there already.
    Over(PathBuf),
    /// A file that must not be there.
    New(PathBuf),
}

impl Place {
    fn path(&self) -> Option<&Path> {
        match self {
            Place::Stdout | Place::Open(_) => None,
            Place::Over(path) | Place::New(path) => Some(path),
        }
    }
}

fn place(arguments: &ExportArguments, run: &RunFolder) -> Result<Place, Diagnostic> {
    if arguments.no_rtp && !matches!(arguments.format, Format::Pcap | Format::Zip) {
        return Err(Diagnostic::error(format!("there is no RTP in the format {}", arguments.format))
            .advice("leave out --no-rtp: it is for --format pcap and --format zip"));
    }
    let name = arguments.format.file_name(run);
    let Some(output) = &arguments.output else {
        return match Path::new(&name).symlink_metadata() {
            Ok(_) => Err(exists(Path::new(&name))),
            Err(_) => Ok(Place::New(name.into())),
        };
    };
    if output.as_os_str() == "-" {
        return match arguments.format.is_binary() && io::stdout().is_terminal() {
            true => Err(Diagnostic::error(format!("a terminal can't show {}", arguments.format))
                .advice("name a file with --output, or send it into one: --output - > FILE")),
            false => Ok(Place::Stdout),
        };
    }
    let end = output.extension().unwrap_or_default();
    if arguments.format == Format::Wav && end == "wav" && !name.ends_with(".wav") {
        return Err(Diagnostic::error(format!(
            "{} has several recordings, or none: they come as a zip file",
            run.id()
        ))
        .advice("name a file that ends in .zip, or leave out --output"));
    }
    match output.metadata() {
        Ok(there) if there.is_dir() => Err(Diagnostic::error(format!("{} is a folder", output.display()))
            .advice(format!("name the file in it: --output {}", output.join(&name).display()))),
        // through a link, so that it stays one
        Ok(there) if there.is_file() => Ok(Place::Over(output.canonicalize().unwrap_or_else(|_| output.clone()))),
        Ok(_) => Ok(Place::Open(output.clone())),
        Err(_) => Ok(Place::Over(output.clone())),
    }
}

fn exists(path: &Path) -> Diagnostic {
    Diagnostic::error(format!("{} is there already", path.display()))
        .advice("name the file with --output: that one is overwritten")
}

fn write(run: &RunFolder, format: Format, rtp: Rtp, place: &Place) -> Result<Vec<Diagnostic>, Diagnostic> {
    let failed = |error: io::Error| {
        let path = place.path().unwrap_or(Path::new("the output"));
        Diagnostic::error(format!("cannot write {}: {error}", path.display()))
            .advice("see that its folder is there, may be written, and has room")
    };
    match place {
        Place::Stdout | Place::Open(_) => {
            let mut file = tempfile::tempfile().map_err(failed)?;
            let warnings = export::export(run, format, rtp, &mut file)?;
            file.rewind().map_err(failed)?;
            let copied = match place {
                Place::Open(path) => {
                    File::options().write(true).open(path).and_then(|mut to| io::copy(&mut file, &mut to))
                }
                _ => io::copy(&mut file, &mut io::stdout().lock()),
            };
            match copied {
                // a reader that went away (`| head`) is no error
                Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(failed(error)),
                _ => Ok(warnings),
            }
        }
        Place::Over(path) | Place::New(path) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            // the name of the temporary file says nothing
            let bare = |error: io::Error| error.raw_os_error().map_or(error, io::Error::from_raw_os_error);
            folder.metadata().map_err(failed)?;
            // as any file that a program makes: the umask takes away
            let mode = Permissions::from_mode(0o666);
            let mut file =
                tempfile::Builder::new().permissions(mode).tempfile_in(folder).map_err(bare).map_err(failed)?;
            let warnings = export::export(run, format, rtp, file.as_file_mut())?;
            kept(file, place, path).map_err(failed)?;
            Ok(warnings)
        }
    }
}

fn kept(file: NamedTempFile, place: &Place, path: &Path) -> io::Result<()> {
    let kept = match place {
        Place::New(_) => file.persist_noclobber(path),
        _ => file.persist(path),
    };
    kept.map(drop).map_err(|error| error.error)
}
