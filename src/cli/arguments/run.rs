//! Arguments of `telefonist run`.

use super::{HostArguments, InputArguments, LimitArguments};
use crate::pipeline::{self, Filter};
use crate::report::{Kind, Wanted};
use clap::Args;
use std::path::PathBuf;

#[derive(Args, Debug)]
pub struct RunArguments {
    /// Tests or folders of tests
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Number of tests to run in parallel, each with its own ports, agents and folders
    #[arg(long, short, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: u16,
    /// Number of times to retry a test that fails; one that passes on a retry is flaky
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub retries: u16,
    /// Number of times to run each test
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub repeat: u16,
    /// Start no further tests after the first failure
    #[arg(long)]
    pub fail_fast: bool,
    /// Open a prompt (as `telefonist repl`) inside a test that fails, with its calls still up; needs a terminal
    #[arg(long, conflicts_with_all = ["verbose", "watch"])]
    pub pause_on_failure: bool,
    /// Run each test RUNS times (default: 3). If its runs agree, write the hash of their flow into the test, and the flow to
    /// <test>.flow
    #[arg(long, value_name = "RUNS", num_args = 0..=1, require_equals = true, default_missing_value = "3", value_parser = clap::value_parser!(u16).range(1..))]
    pub update: Option<u16>,
    /// Re-run tests whose files change, until Ctrl-C
    #[arg(long)]
    pub watch: bool,
    #[command(flatten)]
    pub limits: LimitArguments,
    #[command(flatten)]
    pub selection: SelectionArguments,
    #[command(flatten)]
    pub output: OutputArguments,
    #[command(flatten)]
    pub inputs: InputArguments,
    #[command(flatten)]
    pub host: HostArguments,
}

/// Selection of tests.
#[derive(Args, Debug)]
pub struct SelectionArguments {
    /// Select tests by name: a word, "text", /regex/ or tag:NAME, combined with and, or, not, ( )
    #[arg(long, value_name = "EXPR", value_parser = Filter::parse, help_heading = "Selection of tests")]
    pub filter: Option<Filter>,
    /// Select tests with this tag (`_tags`, `tags(…)`), or with any of several
    #[arg(long = "tag", value_name = "TAG", help_heading = "Selection of tests")]
    pub tags: Vec<String>,
    /// Select tests whose last run did not pass; all tests if none of them has run before
    #[arg(long, help_heading = "Selection of tests")]
    pub last_failed: bool,
    /// Shuffle the order of the tests; the same seed gives the same order
    #[arg(long, value_name = "SEED", help_heading = "Selection of tests")]
    pub shuffle: Option<String>,
    /// Run part I of N parts, for N machines that share the tests
    #[arg(long, value_name = "I/N", value_parser = pipeline::shard, help_heading = "Selection of tests")]
    pub shard: Option<(usize, usize)>,
}

/// What a run keeps and prints.
#[derive(Args, Debug)]
pub struct OutputArguments {
    #[arg(long, value_name = "KIND=FILE", help = report_help(), help_heading = "Results")]
    pub report: Vec<Wanted>,
    /// Which runs' folders to keep
    #[arg(long, value_name = "WHICH", default_value = "all", help_heading = "Results")]
    pub keep: Kept,
    /// Print each event as it happens (with --jobs: when its test is over)
    #[arg(long, short, help_heading = "Results")]
    pub verbose: bool,
}

fn report_help() -> String {
    let kinds = Kind::ALL.map(|(name, _)| name).join(", ");
    format!("Also write a report to a file, or to standard output with `-`. Kinds: {kinds}")
}

#[derive(clap::ValueEnum, Debug, Clone, Copy)]
pub enum Kept {
    All,
    /// Runs of tests that failed or were flaky
    Failed,
    None,
}
