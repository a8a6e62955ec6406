//! `telefonist import-project` and `export-project`: projects of the service as folders and zip files.

use super::arguments::{ExportProjectArguments, ImportProjectArguments};
use super::settings;
use super::tell::{complain, say, shown};
use crate::diagnostic::{Diagnostic, is_invisible};
use crate::event::Clock;
use crate::store::{Existing, Import, Imported, Problem, Store};
use crate::verdict::ExitCode;
use std::fmt::Write;
use std::fs::{File, Permissions};
use std::io::{self, ErrorKind, IsTerminal, Seek};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

pub fn import(arguments: &ImportProjectArguments) -> ExitCode {
    let done = import_into_store(arguments);
    ended(done.map(|imported| told(&imported)))
}

/// Gives what came of it, or why nothing did: what the user can mend is usage.
fn ended(done: Result<String, Problem>) -> ExitCode {
    match done {
        Ok(text) => {
            say(&text);
            ExitCode::Passed
        }
        Err(problem) => {
            let code = if matches!(problem, Problem::Broken(_)) { ExitCode::Error } else { ExitCode::Usage };
            complain(&[problem.diagnostic()]);
            code
        }
    }
}

fn import_into_store(arguments: &ImportProjectArguments) -> Result<Imported, Problem> {
    let path = &arguments.path;
    let unreadable = |error: io::Error| {
        let problem = Diagnostic::error(format!("cannot read {}: {error}", shown(path)));
        Problem::Invalid(problem.advice("name a folder with tests, or a zip file"))
    };
    // `.` and links have a name elsewhere
    let whole = path.canonicalize().map_err(unreadable)?;
    let usual = if whole.is_dir() { whole.file_name() } else { path.file_stem() };
    let project = match (&arguments.name, usual.and_then(|name| name.to_str())) {
        (Some(name), _) => name.as_str(),
        (None, Some(name)) => name,
        (None, None) => {
            let problem = Diagnostic::error(format!("{} gives the project no name", shown(path)));
            return Err(Problem::Invalid(problem.advice("name the project with --name")));
        }
    };
    let existing = if arguments.replace { Existing::Mirror } else { Existing::Update };
    let import = Import { project, author: None, existing };
    let now = Clock::system().now();
    let store = Store::open(&arguments.data.data_dir).map_err(Problem::Broken)?;
    match whole.is_dir() {
        true => store.import_folder(import, path, now),
        false => store.import_zip(import, File::open(path).map_err(unreadable)?, now),
    }
}

fn told(imported: &Imported) -> String {
    let mut text = format!("project {}: {} tests\n", imported.project.name, imported.project.tests);
    for (what, names) in [
        ("created", &imported.created),
        ("changed", &imported.changed),
        ("the same", &imported.same),
        ("deleted", &imported.removed),
        ("not among the files, stays", &imported.absent),
    ] {
        text.extend(names.iter().map(|name| format!("  {what}: {name}\n")));
    }
    for (name, why) in &imported.left_out {
        let name: String = name.chars().map(|c| if is_invisible(c) { '\u{fffd}' } else { c }).collect();
        let _ = writeln!(text, "  left out: {name} ({why})");
    }
    text
}

pub fn export(arguments: &ExportProjectArguments) -> ExitCode {
    ended(export_from_store(arguments))
}

fn export_from_store(arguments: &ExportProjectArguments) -> Result<String, Problem> {
    let path = &arguments.path;
    if path.as_os_str() == "-" && io::stdout().is_terminal() {
        let problem = Diagnostic::error("a terminal can't show a zip file");
        return Err(Problem::Invalid(problem.advice("send it into a file: - > FILE.zip")));
    }
    let store = settings::store(&arguments.data)?;
    let project = store.project_named(&arguments.project)?;
    let unwritable = |error: io::Error| {
        let problem = Diagnostic::error(format!("cannot write {}: {error}", shown(path)));
        Problem::Broken(problem.advice("see that its folder is there, may be written, and has room"))
    };
    if path.as_os_str() == "-" {
        let mut file = tempfile::tempfile().map_err(unwritable)?;
        store.export_zip(project.id, &mut file)?;
        file.rewind().map_err(unwritable)?;
        return match io::copy(&mut file, &mut io::stdout().lock()) {
            // a reader that went away is no error
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(unwritable(error)),
            _ => Ok(String::new()),
        };
    }
    let is_zip = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip")) && !path.is_dir();
    if is_zip {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // as any file that a program makes: the umask takes away
        let mode = Permissions::from_mode(0o666);
        let mut file = tempfile::Builder::new().permissions(mode).tempfile_in(folder).map_err(unwritable)?;
        store.export_zip(project.id, file.as_file_mut())?;
        file.persist(path).map_err(|error| unwritable(error.error))?;
        return Ok(format!("wrote {}: {} tests\n", shown(path), project.tests));
    }
    let exported = store.export_folder(project.id, path)?;
    let mut text = format!("project {} in {}\n", project.name, shown(path));
    text.extend(exported.written.iter().map(|name| format!("  wrote: {name}\n")));
    if exported.same > 0 {
        let _ = writeln!(text, "  the same already: {}", exported.same);
    }
    for name in &exported.others {
        let _ = writeln!(text, "  none of the project's, stays: {}", shown(Path::new(name)));
    }
    Ok(text)
}
