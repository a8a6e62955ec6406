//! The command line: its verbs, their arguments and their help.

mod check;
mod host;
mod kept;
mod log;
mod maintenance;
mod projects;
mod repl;
mod replay;
mod run;
mod runs;
mod serve;
mod stdlib;
mod values;
mod words;

pub use check::{CheckArguments, CheckFormat, CompileArguments};
use clap::{Parser, Subcommand};
pub use host::{DataArguments, HostArguments, InputArguments, LimitArguments, RetentionArguments};
use kept::{EXPORT_EXAMPLES, LADDER_EXAMPLES};
pub use kept::{ExportArguments, LadderArguments};
pub use log::LogArguments;
pub use maintenance::MaintenanceArguments;
pub use projects::{ExportProjectArguments, ImportProjectArguments};
pub use repl::ReplArguments;
pub use replay::{DiffArguments, ReplayArguments};
pub use run::{Kept, OutputArguments, RunArguments};
pub use runs::{DeleteArguments, RunsArguments, RunsVerb};
pub use serve::ServeArguments;
use std::path::PathBuf;
pub use stdlib::StdlibArguments;
pub use values::{define, duration, key};
pub use words::{plain, value_of};

const EXAMPLES: &str = "\
Examples:
  telefonist run examples/basic_call        place a call between two agents on this machine
  telefonist run tests/                     every test in a folder, in alphabetical order
  telefonist run tests/ --jobs 4 --retries 2 --report junit=results.xml
  telefonist run tests/ --filter 'tag:smoke and not transfer'
  telefonist repl                           place calls by hand, save them as a test
  telefonist replay last                    the newest run: what happened when, and why it failed
  telefonist diff 3f2a 51c0                 the first difference of two runs (parts of their ids)
  telefonist runs --status fail --since 7d  what failed this week
  telefonist check tests/                   find mistakes without placing a call
  telefonist compile examples/basic_call    print the testfile as a Rhai script
  telefonist stdlib calls::establish        docs of a library function
  telefonist ladder last                    the SIP messages of the newest run
  telefonist export last --format pcap      a capture for Wireshark; telefonist export --help lists more
  telefonist doctor                         check agents, ports and sounds of this machine
  telefonist                                serve the web UI; see telefonist serve --help

A test is a classic testfile (no extension) or a Rhai script (.rhai).
Flags may also be written -data_dir=x. Flags with a variable ([env: …] in the help of a verb) are
also keys of telefonist.toml: data_dir = \"x\". Precedence: command line, environment, file.
Exit codes: 0 all passed, 1 a check failed, 2 usage error or a test that does not compile,
3 a run that could not be carried out, 130 interrupted.";

#[derive(Parser, Debug)]
#[command(name = "telefonist", version = version(), about = "Tests SIP systems with scripts that make phone calls", after_help = EXAMPLES)]
pub struct Arguments {
    /// Settings file with flags as keys, such as ui_address = "127.0.0.1:8080" (default: ./telefonist.toml, if it exists)
    #[arg(long, value_name = "FILE", env = "TELEFONIST_CONFIG", global = true, help_heading = "Host")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub verb: Verb,
}

fn version() -> String {
    match crate::agent::embedded_version() {
        Some(baresip) => format!("{} (with baresip {baresip})", env!("CARGO_PKG_VERSION")),
        None => format!("{} (without a baresip of its own)", env!("CARGO_PKG_VERSION")),
    }
}

#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Run tests: place calls, record everything, give a verdict
    Run(RunArguments),
    /// Serve the web UI, REST and WebSocket, and run schedules; the default without a verb
    #[command(after_help = serve::EXAMPLES)]
    Serve(ServeArguments),
    /// Place calls by hand: a prompt for statements of the test language
    #[command(after_help = repl::EXAMPLES)]
    Repl(ReplArguments),
    /// Print what happened in a kept run, and judge it again
    Replay(ReplayArguments),
    /// Compare the flows of two kept runs; exits with 0 if they are equal, 1 if they differ
    Diff(DiffArguments),
    /// List kept runs, newest first, or delete some
    Runs(RunsArguments),
    /// Find mistakes in tests without starting an agent
    Check(CheckArguments),
    /// Print the Rhai script that a testfile becomes, including its passwords
    Compile(CompileArguments),
    /// Draw the SIP messages of a kept run: who sent what to whom, and when
    #[command(after_help = LADDER_EXAMPLES)]
    Ladder(LadderArguments),
    /// Export a kept run for other tools: capture, texts, JSON, sound, or all of them
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportArguments),
    /// Import the tests of a folder or zip file into a project of the service
    #[command(after_help = projects::IMPORT_EXAMPLES)]
    ImportProject(ImportProjectArguments),
    /// Export the tests of a project to a folder or zip file, for example for git
    #[command(after_help = projects::EXPORT_EXAMPLES)]
    ExportProject(ExportProjectArguments),
    /// Clean up the data folder: rebuild the index, delete old runs and leftovers, shrink the database
    #[command(after_help = maintenance::EXAMPLES)]
    Maintenance(MaintenanceArguments),
    /// Check whether tests can run on this machine, and say what to do if not
    Doctor(HostArguments),
    /// Show the standard library of the test language: all functions, or the docs of one
    Stdlib(StdlibArguments),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
