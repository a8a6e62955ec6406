//! What `telefonist replay` and `telefonist diff` take.

use super::DataArguments;
use clap::Args;
use std::path::PathBuf;

/// How a run is named.
const RUN: &str = "A run: its id, a part of it that no other run has, `last`, or the path of its folder";

#[derive(Args, Debug)]
pub struct ReplayArguments {
    #[arg(help = RUN)]
    pub run: PathBuf,
    /// Show all that the agents log, not their warnings and errors only
    #[arg(long)]
    pub log: bool,
    #[command(flatten)]
    pub data: DataArguments,
}

#[derive(Args, Debug)]
pub struct DiffArguments {
    #[arg(help = RUN)]
    pub a: PathBuf,
    /// The run that it is compared with
    pub b: PathBuf,
    #[command(flatten)]
    pub data: DataArguments,
}
