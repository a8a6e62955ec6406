//! What `telefonist runs` takes.

use super::DataArguments;
use crate::cli::moment::Moment;
use crate::pipeline::Filter;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RunsArguments {
    /// Only runs of tests of this name: a word, "text", /regex/ or tag:NAME, joined by and, or, not, ( ); of several, all hold
    #[arg(value_name = "FILTER", value_parser = Filter::parse)]
    pub filters: Vec<Filter>,
    /// Only runs that ended like this; several are separated by commas
    #[arg(long, value_name = "STATUS", value_delimiter = ',', ignore_case = true,
        value_parser = ["pass", "fail", "error", "cancelled", "skipped", "running", "broken", "damaged"])]
    pub status: Vec<String>,
    /// Only runs since then: 30m, 12h, 7d, 2w ago, or a day like 2026-11-23
    #[arg(long, value_name = "WHEN")]
    pub since: Option<Moment>,
    /// For programs, as docs/reports.md describes it
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub data: DataArguments,
    #[command(subcommand)]
    pub verb: Option<RunsVerb>,
}

#[derive(Subcommand, Debug)]
pub enum RunsVerb {
    /// Delete runs for good; asks nothing, and deletes nothing that is not named
    Delete(DeleteArguments),
}

#[derive(Args, Debug)]
pub struct DeleteArguments {
    /// Runs: their ids, parts of them that no other run has, or `last`
    #[arg(value_name = "RUN", required_unless_present = "older_than", conflicts_with = "older_than")]
    pub runs: Vec<PathBuf>,
    /// All runs from before then: 30m, 12h, 7d, 2w ago, or a day like 2026-11-23
    #[arg(long, value_name = "WHEN")]
    pub older_than: Option<Moment>,
    #[command(flatten)]
    pub data: DataArguments,
}
