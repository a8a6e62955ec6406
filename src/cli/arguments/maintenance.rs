//! What `telefonist maintenance` takes.

use super::{DataArguments, RetentionArguments};

pub const EXAMPLES: &str = "\
What it does, also while a service runs (what goes on is left alone):
  the index of runs is made anew from their folders, for example when the database was lost
  runs go that are neither among the newest (--keep-runs) nor young enough (--keep-days); without these flags all stay
  what killed programs left goes: run folders without an event, half-written files, marks of hosts, expired logins
  room that the database does not need any more is given back

Examples:
  telefonist maintenance --dry-run
  telefonist maintenance --keep-days 30 --keep-runs 1000";

#[derive(clap::Args, Debug)]
pub struct MaintenanceArguments {
    /// Change nothing, only say what would be done
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub retention: RetentionArguments,
    #[command(flatten)]
    pub data: DataArguments,
}
