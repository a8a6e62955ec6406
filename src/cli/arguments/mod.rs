//! What can be said on the command line, and the help that teaches it.

mod check;
mod host;
mod kept;
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
  telefonist run examples/basic_call        place a call between two agents of your own machine
  telefonist run tests/                     every test of a folder, in alphabetical order
  telefonist run tests/ --jobs 4 --retries 2 --report junit=results.xml
  telefonist run tests/ --filter 'tag:smoke and not transfer'
  telefonist repl                           place calls by hand, and save them as a test
  telefonist replay last                    the newest run again: what happened when, and why it failed
  telefonist diff 3f2a 51c0                 where two runs part (parts of their ids)
  telefonist runs --status fail --since 7d  what failed this week
  telefonist check tests/                   find mistakes without placing a call
  telefonist compile examples/basic_call    the testfile as a Rhai script
  telefonist stdlib calls::establish        what a function of the library does
  telefonist ladder last                    the SIP messages of the newest run
  telefonist export last --format pcap      the same for Wireshark; and more: see telefonist export --help
  telefonist doctor                         which agents, ports and sounds there are
  telefonist                                the service with its web UI, telefonist serve --help

A test is a classic testfile (no extension) or a Rhai script (.rhai).
Flags may be written -data_dir=x, too. Those with a variable ([env: …] in the help of a verb) can
stand in telefonist.toml as well, as keys: data_dir = \"x\". The command line counts before the
environment, that before the file.
Exit codes: 0 all passed, 1 a check failed, 2 usage or a script that does not compile,
3 a run that could not be carried out, 130 interrupted.";

#[derive(Parser, Debug)]
#[command(name = "telefonist", version = version(), about = "Tests SIP systems with scripts that make phone calls", after_help = EXAMPLES)]
pub struct Arguments {
    /// A file with flags as keys, such as ui_address = "127.0.0.1:8080" (default: ./telefonist.toml, if there is one)
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
    /// Run tests: place the calls, record everything, give a verdict
    Run(RunArguments),
    /// The service: web UI, REST, WebSocket, schedules; what `telefonist` alone means too
    #[command(after_help = serve::EXAMPLES)]
    Serve(ServeArguments),
    /// Place calls by hand: statements of the test language, one at a time, on agents that answer at once
    #[command(after_help = repl::EXAMPLES)]
    Repl(ReplArguments),
    /// Print a recorded run as it went, and judge it again
    Replay(ReplayArguments),
    /// Compare the flows of two recorded runs: 0 when they are equal, 1 when they differ
    Diff(DiffArguments),
    /// List the runs that are kept, the newest first, or delete some
    Runs(RunsArguments),
    /// Find mistakes in tests without starting an agent
    Check(CheckArguments),
    /// Print the Rhai script that a testfile becomes (passwords included: it is your own text)
    Compile(CompileArguments),
    /// Draw the SIP messages of a kept run: who sent what to whom, and when
    #[command(after_help = LADDER_EXAMPLES)]
    Ladder(LadderArguments),
    /// Write a kept run into a file for other tools: capture, texts, JSON, sound, or all of it
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportArguments),
    /// Take the tests of a folder or zip file into a project of the service
    #[command(after_help = projects::IMPORT_EXAMPLES)]
    ImportProject(ImportProjectArguments),
    /// Write the tests of a project into a folder or zip file, for example for git
    #[command(after_help = projects::EXPORT_EXAMPLES)]
    ExportProject(ExportProjectArguments),
    /// Tidy the data folder: index, old runs, leftovers of what was killed, room in the database
    #[command(after_help = maintenance::EXAMPLES)]
    Maintenance(MaintenanceArguments),
    /// Say what this machine has for placing calls, and what to do about the rest
    Doctor(HostArguments),
    /// Show the standard library of the test language: its functions, or the docs of one
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
