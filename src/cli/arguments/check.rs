//! Arguments of `telefonist check` and `telefonist compile`.

use super::{HostArguments, InputArguments};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Args, Debug)]
pub struct CheckArguments {
    /// Tests or folders of tests
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Output format: text for people, or JSON for programs (docs/check.md)
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
