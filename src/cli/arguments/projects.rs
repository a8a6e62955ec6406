//! What `telefonist import-project` and `export-project` take.

use super::DataArguments;
use std::path::PathBuf;

pub const IMPORT_EXAMPLES: &str = "\
Examples:
  telefonist import-project tests/                      into the project `tests`, which is made where there is none
  telefonist import-project pbx.zip --name \"My PBX\"
  telefonist import-project tests/ --replace            the project has these tests then, and no others

A test that is there already gets the file's text as its newest version; the one before stays among its versions. All
tests are taken or, where one can't be, none. A service on the same data folder may run meanwhile, and sees them at once.

A project is its tests, side by side: testfiles (no extension) and Rhai scripts (.rhai), those that others import among
them. Not part of it: sounds (<data_dir>/sounds), validations (<data_dir>/scripts), accounts, schedules, webhooks, runs.";

pub const EXPORT_EXAMPLES: &str = "\
Examples:
  telefonist export-project \"My PBX\" tests/             a file for each test; what is the same is not touched
  telefonist export-project \"My PBX\" pbx.zip
  telefonist export-project \"My PBX\" - > pbx.zip

The newest version of each test is written, byte for byte; import-project reads it back. What is not part of a project:
see telefonist import-project --help.";

#[derive(clap::Args, Debug)]
pub struct ImportProjectArguments {
    /// A folder with tests, or a zip file of one
    pub path: PathBuf,
    /// The project (default: the name of the folder, or of the zip file without its .zip)
    #[arg(long, value_name = "PROJECT")]
    pub name: Option<String>,
    /// Delete the project's tests that are not among the files, with all their versions
    #[arg(long)]
    pub replace: bool,
    #[command(flatten)]
    pub data: DataArguments,
}

#[derive(clap::Args, Debug)]
pub struct ExportProjectArguments {
    /// The project's name
    pub project: String,
    /// A folder, a file that ends in .zip, or `-`: a zip file to the standard output
    pub path: PathBuf,
    #[command(flatten)]
    pub data: DataArguments,
}
