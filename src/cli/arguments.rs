//! What can be said on the command line, and the help that teaches it.

use super::repl::ReplArguments;
use super::replay::{DiffArguments, ReplayArguments};
use super::runs::RunsArguments;
use super::serve::ServeArguments;
use super::stdlib::StdlibArguments;
use crate::export::Format;
use crate::pipeline::{self, Filter};
use crate::report::Wanted;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

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

A test is a classic testfile (no extension) or a Rhai script (.rhai).
Exit codes: 0 all passed, 1 a check failed, 2 usage or a script that does not compile,
3 a run that could not be carried out, 130 interrupted.";

const LADDER_EXAMPLES: &str = "\
Examples:
  telefonist ladder last
  telefonist ladder basic_call              the only kept run with that in its id
  telefonist ladder artifacts/20261123-231105-basic_call-3f2a
  telefonist ladder last | less             as wide as 80 columns; on a terminal as wide as that

Where more lanes are than fit side by side, each line names both ends.";

const EXPORT_EXAMPLES: &str = "\
Formats:
  pcap  the SIP messages as a capture; what went over TLS is there as plain TCP between the same ports
  flow  what the hash is made of
  sip   the SIP messages as text
  log   the log lines of the agents
  json  header, verdict and all events as one object
  wav   what the agents heard: one WAV file, or a zip of several
  zip   all of these, and the files of the run

Examples:
  telefonist export last --format pcap
  telefonist export last --format sip --output - | less
  telefonist export 20261123-231105 --format zip --output call.zip

Wireshark and tshark take some ports for those of other protocols (UDP 5072 is one) and show no SIP there; this makes them look:
  tshark -o tcp.try_heuristic_first:TRUE -o udp.try_heuristic_first:TRUE -r FILE";

#[derive(Parser, Debug)]
#[command(name = "telefonist", version = version(), about = "Tests SIP systems with scripts that make phone calls", after_help = EXAMPLES)]
pub struct Arguments {
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
    /// The service: web UI, REST, WebSocket, schedules
    Serve(ServeArguments),
    /// Place calls by hand: statements of the test language, one at a time, on agents that answer at once
    #[command(after_help = super::repl::EXAMPLES)]
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
    /// Say what this machine has for placing calls, and what to do about the rest
    Doctor(HostArguments),
    /// Show the standard library of the test language: its functions, or the docs of one
    Stdlib(StdlibArguments),
}

#[derive(Args, Debug)]
pub struct RunArguments {
    /// Tests, or folders of tests
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Run so many tests at once, each with its own ports, agents and folders
    #[arg(long, short, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: u16,
    /// Try a test that fails so many times again; one that passes then is flaky
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub retries: u16,
    /// Run each test so many times
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub repeat: u16,
    /// Begin no further test after one has failed
    #[arg(long)]
    pub fail_fast: bool,
    /// When a test's script fails, leave its calls up and open a prompt inside it (as `telefonist repl`); only at a terminal
    #[arg(long, conflicts_with_all = ["verbose", "watch"])]
    pub pause_on_failure: bool,
    /// Write the hash of this run into the testfile, and its flow beside it as <test>.flow
    #[arg(long)]
    pub update: bool,
    /// Run the tests again that a change of their files concerns, until Ctrl-C
    #[arg(long)]
    pub watch: bool,
    /// The time limit of an await that names none
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = super::settings::duration)]
    pub timeout: std::time::Duration,
    /// How long a script may take beyond the waits that it declares
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = super::settings::duration)]
    pub test_timeout: std::time::Duration,
    #[command(flatten)]
    pub selection: SelectionArguments,
    #[command(flatten)]
    pub output: OutputArguments,
    #[command(flatten)]
    pub inputs: InputArguments,
    #[command(flatten)]
    pub host: HostArguments,
}

/// Which of the tests.
#[derive(Args, Debug)]
pub struct SelectionArguments {
    /// Only tests of this name: a word, "text", /regex/ or tag:NAME, joined by and, or, not, ( )
    #[arg(long, value_name = "EXPR", value_parser = Filter::parse, help_heading = "Which tests")]
    pub filter: Option<Filter>,
    /// Only tests with this tag (`_tags`, `tags(…)`); of several, with any
    #[arg(long = "tag", value_name = "TAG", help_heading = "Which tests")]
    pub tags: Vec<String>,
    /// Only tests whose last run did not pass; all, if none of them ever ran
    #[arg(long, help_heading = "Which tests")]
    pub last_failed: bool,
    /// In another order, the same for the same seed
    #[arg(long, value_name = "SEED", help_heading = "Which tests")]
    pub shuffle: Option<String>,
    /// Only part I of N of the tests, for N machines that share them out
    #[arg(long, value_name = "I/N", value_parser = pipeline::shard, help_heading = "Which tests")]
    pub shard: Option<(usize, usize)>,
}

/// What is kept and told.
#[derive(Args, Debug)]
pub struct OutputArguments {
    /// Write a report too: terminal, junit, tap, json, github or html, into a file, or `-` for the standard output
    #[arg(long, value_name = "KIND=FILE", help_heading = "Results")]
    pub report: Vec<Wanted>,
    /// The folders of which runs are kept
    #[arg(long, value_name = "WHICH", default_value = "all", help_heading = "Results")]
    pub keep: Kept,
    /// Show each event as it comes (with --jobs: when its test is over)
    #[arg(long, short, help_heading = "Results")]
    pub verbose: bool,
}

#[derive(clap::ValueEnum, Debug, Clone, Copy)]
pub enum Kept {
    All,
    /// Those of tests that failed or were flaky
    Failed,
    None,
}

/// What tests are given.
#[derive(Args, Debug)]
pub struct InputArguments {
    /// A parameter of scripts (param("NAME")), and a macro of testfiles that counts before their own
    #[arg(long, value_name = "NAME=VALUE", value_parser = super::inputs::define, help_heading = "What tests are given")]
    pub define: Vec<(String, String)>,
    /// A file of lines NAME=VALUE: as --define and for secret("NAME"), and the values are never shown
    #[arg(long, value_name = "FILE", help_heading = "What tests are given")]
    pub env_file: Vec<PathBuf>,
    /// A file of accounts that tests share: lines NAME <sip:user@domain>;auth_pass=… (default: <data_dir>/accounts)
    #[arg(long, value_name = "FILE", help_heading = "What tests are given")]
    pub accounts: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct CheckArguments {
    /// Tests, or folders of tests
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// How to tell what is found: for people, or as JSON for programs (docs/check.md)
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub format: CheckFormat,
    #[command(flatten)]
    pub inputs: InputArguments,
    #[command(flatten)]
    pub host: HostArguments,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckFormat {
    Text,
    Json,
}

#[derive(Args, Debug)]
pub struct CompileArguments {
    /// A testfile
    pub file: PathBuf,
    #[command(flatten)]
    pub inputs: InputArguments,
}

#[derive(Args, Debug)]
pub struct LadderArguments {
    /// A kept run: its id, a part of that, `last`, or the path of its folder
    pub run: PathBuf,
    /// Folder for sounds, scripts and runs
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data_dir: PathBuf,
}

#[derive(Args, Debug)]
pub struct ExportArguments {
    /// A kept run: its id, a part of that, `last`, or the path of its folder
    pub run: PathBuf,
    /// pcap, flow, sip, log, json, wav or zip
    #[arg(long, value_name = "FORMAT", value_parser = super::settings::format())]
    pub format: Format,
    /// The file, which is overwritten; `-` is the standard output (default: <RUN>.<FORMAT>, if there is no such file)
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Folder for sounds, scripts and runs
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data_dir: PathBuf,
}

/// What the agents need, whatever the verb.
#[derive(Args, Debug)]
pub struct HostArguments {
    /// Folder for sounds, scripts and runs
    #[arg(long, value_name = "DIR", default_value = "data", help_heading = "Host")]
    pub data_dir: PathBuf,
    /// A baresip to use as agent in place of the embedded one: a path, or PATH to search there
    #[arg(long, value_name = "PROGRAM", env = "TELEFONIST_BARESIP", hide_env_values = true, help_heading = "Agents")]
    pub baresip: Option<PathBuf>,
    /// SIP listen address and base port for agents
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "0.0.0.0:5060", help_heading = "Agents")]
    pub sip_listen: std::net::SocketAddr,
    /// Control address of the agents and their first control port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4444", help_heading = "Agents")]
    pub ctrl_address: std::net::SocketAddr,
    /// RTP port range for agents, 20 for each
    #[arg(long, value_name = "FIRST-LAST", default_value = "10000-11000", value_parser = super::settings::ports, help_heading = "Agents")]
    pub rtp_ports: std::ops::RangeInclusive<u16>,
    /// RTP interface for agents, like eth0 (default: the one that leads to the registrar)
    #[arg(long, value_name = "INTERFACE", default_value = "", hide_default_value = true, help_heading = "Agents")]
    pub rtp_interface: String,
    /// Seconds after which a call without incoming RTP is terminated
    #[arg(long, value_name = "SECONDS", default_value_t = 10, help_heading = "Agents")]
    pub rtp_timeout: u32,
    /// Maximum number of calls of an agent
    #[arg(long, value_name = "COUNT", default_value_t = 10, help_heading = "Agents")]
    pub max_calls: u32,
    /// Agents at once, of all tests together; further tests wait
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..), help_heading = "Agents")]
    pub max_agents: u16,
    /// Use the sound card (an agent built by `make alsa`, or an external one with its alsa module)
    #[arg(long, help_heading = "Agents")]
    pub use_alsa: bool,
}

/// Flags of one dash and underscores (`-data_dir x`, `-data_dir=x`), as tools around this one write them, in the form that
/// the parser knows (`--data-dir`).
pub fn with_long_flags(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    const FLAGS: [&str; 8] = [
        "data_dir",
        "sip_listen",
        "ctrl_address",
        "max_calls",
        "use_alsa",
        "rtp_interface",
        "rtp_ports",
        "rtp_timeout",
    ];
    let long = |word: OsString| {
        let text = word.to_str()?.trim_start_matches('-');
        let (flag, value) = text.split_once('=').map_or((text, None), |(flag, value)| (flag, Some(value)));
        if !word.to_str()?.starts_with('-') {
            return None;
        }
        if flag == "version" {
            return Some("--version".to_string());
        }
        FLAGS.contains(&flag).then_some(())?;
        let flag = flag.replace('_', "-");
        Some(value.map_or(format!("--{flag}"), |value| format!("--{flag}={value}")))
    };
    words.map(|word| long(word.clone()).map_or(word, OsString::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn flags_of_one_dash_and_underscores_are_understood() {
        let words = [
            "telefonist",
            "run",
            "-data_dir",
            "d",
            "-rtp_ports=1-2",
            "--max_calls=3",
            "x",
            "-version",
            "-q",
            "data_dir",
        ];
        let long = with_long_flags(words.iter().map(OsString::from));
        let expected = [
            "telefonist",
            "run",
            "--data-dir",
            "d",
            "--rtp-ports=1-2",
            "--max-calls=3",
            "x",
            "--version",
            "-q",
            "data_dir",
        ];
        assert_eq!(long, expected.map(OsString::from));
    }
}
