//! Arguments of `telefonist maintenance`.

use super::{DataArguments, RetentionArguments};

pub const EXAMPLES: &str = "\
It works while a service runs, too, and leaves active runs alone:
  - rebuilds the index of runs from their folders, for example after the database was lost
  - deletes runs beyond --keep-runs or older than --keep-days (default: as set in the web UI, else none)
  - deletes leftovers of killed programs: run folders without events, partial files, markers of hosts, expired logins
  - returns unused space of the database to the file system

Examples:
  telefonist maintenance --dry-run
  telefonist maintenance --keep-days 30 --keep-runs 1000";

#[derive(clap::Args, Debug)]
pub struct MaintenanceArguments {
    /// Change nothing, only print what would be done
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub retention: RetentionArguments,
    #[command(flatten)]
    pub data: DataArguments,
}
