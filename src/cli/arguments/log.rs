//! Arguments for the host's log.

use super::values::{boolean, log_filter};
use clap::{ArgAction, Args};
use tracing_subscriber::filter::Targets;

/// What the host logs, and how.
#[derive(Args, Debug)]
pub struct LogArguments {
    /// Log what the host does to the standard error: error, warn, info, debug, trace, or also levels of modules, such as
    /// info,telefonist::agent=trace
    #[arg(long, value_name = "LEVEL", env = "TELEFONIST_LOG", value_parser = log_filter, help_heading = "Host")]
    pub log: Option<Targets>,
    /// Log each line as a JSON object
    #[arg(
        long,
        value_name = "BOOL",
        env = "TELEFONIST_LOG_JSON",
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        value_parser = boolean,
        help_heading = "Host"
    )]
    pub log_json: bool,
}
