//! Arguments of `telefonist replay` and `telefonist diff`.

use super::DataArguments;
use clap::Args;
use std::path::PathBuf;

/// How a run is named.
const RUN: &str = "A kept run: its id, a unique part of it, `last`, or the path of its folder";

#[derive(Args, Debug)]
pub struct ReplayArguments {
    #[arg(help = RUN)]
    pub run: PathBuf,
    /// Show all log lines of the agents, not only warnings and errors
    #[arg(long = "log")]
    pub agent_logs: bool,
    #[command(flatten)]
    pub data: DataArguments,
}

#[derive(Args, Debug)]
pub struct DiffArguments {
    #[arg(help = RUN)]
    pub a: PathBuf,
    /// The run to compare it with
    pub b: PathBuf,
    #[command(flatten)]
    pub data: DataArguments,
}
