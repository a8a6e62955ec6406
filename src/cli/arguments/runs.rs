//! Arguments of `telefonist runs`.

use super::DataArguments;
use crate::cli::moment::Moment;
use crate::pipeline::Filter;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RunsArguments {
    /// Select runs by the name of their test: a word, "text", /regex/ or tag:NAME, combined with and, or, not, ( ); several filters must all match
    #[arg(value_name = "FILTER", value_parser = Filter::parse)]
    pub filters: Vec<Filter>,
    /// Select runs with this status, or with one of several, separated by commas
    #[arg(long, value_name = "STATUS", value_delimiter = ',', ignore_case = true,
        value_parser = ["pass", "fail", "error", "cancelled", "skipped", "running", "broken", "damaged"])]
    pub status: Vec<String>,
    /// Select runs that started after this time: 30m, 12h, 7d, 2w ago, or a day such as 2026-11-23
    #[arg(long, value_name = "WHEN")]
    pub since: Option<Moment>,
    /// Print JSON for programs (docs/reports.md)
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub data: DataArguments,
    #[command(subcommand)]
    pub verb: Option<RunsVerb>,
}

#[derive(Subcommand, Debug)]
pub enum RunsVerb {
    /// Delete runs permanently, without asking
    Delete(DeleteArguments),
}

#[derive(Args, Debug)]
pub struct DeleteArguments {
    /// Runs to delete: their ids, unique parts of them, or `last`
    #[arg(value_name = "RUN", required_unless_present = "older_than", conflicts_with = "older_than")]
    pub runs: Vec<PathBuf>,
    /// Delete all runs that started before this time: 30m, 12h, 7d, 2w ago, or a day such as 2026-11-23
    #[arg(long, value_name = "WHEN")]
    pub older_than: Option<Moment>,
    #[command(flatten)]
    pub data: DataArguments,
}
