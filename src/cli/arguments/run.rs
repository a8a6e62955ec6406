//! What `telefonist run` is told.

use super::{HostArguments, InputArguments, LimitArguments};
use crate::pipeline::{self, Filter};
use crate::report::Wanted;
use clap::Args;
use std::path::PathBuf;

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
    /// Number of times to run each test
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub repeat: u16,
    /// Begin no further test after one has failed
    #[arg(long)]
    pub fail_fast: bool,
    /// When a test's script fails, leave its calls up and open a prompt inside it (as `telefonist repl`); only at a terminal
    #[arg(long, conflicts_with_all = ["verbose", "watch"])]
    pub pause_on_failure: bool,
    /// Run each test RUNS times (3 without a number); where its runs agree, write the hash of its flow into it, and the flow
    /// beside it as <test>.flow
    #[arg(long, value_name = "RUNS", num_args = 0..=1, require_equals = true, default_missing_value = "3", value_parser = clap::value_parser!(u16).range(1..))]
    pub update: Option<u16>,
    /// Run the tests again that a change of their files concerns, until Ctrl-C
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
