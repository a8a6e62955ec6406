//! Arguments of `telefonist import-project` and `export-project`.

use super::DataArguments;
use std::path::PathBuf;

pub const IMPORT_EXAMPLES: &str = "\
Examples:
  telefonist import-project tests/                      into the project `tests`, created if it does not exist
  telefonist import-project pbx.zip --name \"My PBX\"
  telefonist import-project tests/ --replace            delete the other tests of the project

An existing test gets the file's text as its newest version and keeps its older versions. Either all tests are imported
or, if one can't be, none. A running service on the same data folder sees the tests at once.

A project is a flat list of tests: testfiles (no extension) and Rhai scripts (.rhai), including those that others import.
Not part of it: sounds (<data_dir>/sounds), validations (<data_dir>/scripts), accounts, schedules, webhooks, runs.";

pub const EXPORT_EXAMPLES: &str = "\
Examples:
  telefonist export-project \"My PBX\" tests/             one file per test; unchanged files are not touched
  telefonist export-project \"My PBX\" pbx.zip
  telefonist export-project \"My PBX\" - > pbx.zip

Writes the newest version of each test, byte for byte; import-project reads it back. For what is not part of a project,
see telefonist import-project --help.";

#[derive(clap::Args, Debug)]
pub struct ImportProjectArguments {
    /// A folder of tests, or a zip file of one
    pub path: PathBuf,
    /// Name of the project (default: the name of the folder, or of the zip file without .zip)
    #[arg(long, value_name = "PROJECT")]
    pub name: Option<String>,
    /// Delete the project's other tests, with all their versions
    #[arg(long)]
    pub replace: bool,
    #[command(flatten)]
    pub data: DataArguments,
}

#[derive(clap::Args, Debug)]
pub struct ExportProjectArguments {
    /// Name of the project
    pub project: String,
    /// A folder, a file that ends in .zip, or `-` for a zip file on standard output
    pub path: PathBuf,
    #[command(flatten)]
    pub data: DataArguments,
}
