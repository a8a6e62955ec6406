//! Arguments that several verbs share: for the host, its agents, its limits, and inputs of tests. A flag with a variable is also
//! a key of telefonist.toml.

use super::LogArguments;
use super::values::{address, boolean, default_test_timeout, default_timeout, define, duration, number, ports};
use clap::{ArgAction, Args};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// Where data is kept.
#[derive(Args, Debug)]
pub struct DataArguments {
    /// Folder for sounds, scripts, runs, and the data of a server
    #[arg(long, value_name = "DIR", env = "TELEFONIST_DATA_DIR", default_value = "data", help_heading = "Host")]
    pub data_dir: PathBuf,
}

/// How long a test may take.
#[derive(Args, Debug)]
pub struct LimitArguments {
    /// Default `await` limit
    #[arg(long, value_name = "DURATION", env = "TELEFONIST_TIMEOUT", default_value = default_timeout(), value_parser = duration, help_heading = "Limits")]
    pub timeout: Duration,
    /// Limit on a script's own running time, without its waits
    #[arg(long, value_name = "DURATION", env = "TELEFONIST_TEST_TIMEOUT", default_value = default_test_timeout(), value_parser = duration, help_heading = "Limits")]
    pub test_timeout: Duration,
}

/// Which runs are kept.
#[derive(Args, Debug)]
pub struct RetentionArguments {
    /// Number of newest runs to keep per project, and of runs without a project (default: as set in the web UI, else all)
    #[arg(long, value_name = "N", env = "TELEFONIST_KEEP_RUNS", value_parser = number(0..=u32::MAX), help_heading = "Kept runs")]
    pub keep_runs: Option<u32>,
    /// Number of days to keep runs (default: as set in the web UI, else forever)
    #[arg(long, value_name = "DAYS", env = "TELEFONIST_KEEP_DAYS", value_parser = number(0..=u32::MAX), help_heading = "Kept runs")]
    pub keep_days: Option<u32>,
}

/// Inputs of tests.
#[derive(Args, Debug)]
pub struct InputArguments {
    /// Set a parameter of scripts (param("NAME")), and a macro of testfiles that overrides `_define`
    #[arg(long, value_name = "NAME=VALUE", value_parser = define, help_heading = "Inputs of tests")]
    pub define: Vec<(String, String)>,
    /// File with lines NAME=VALUE, for param("NAME") and secret("NAME"); the values are never shown
    #[arg(long, value_name = "FILE", help_heading = "Inputs of tests")]
    pub env_file: Vec<PathBuf>,
    /// File of accounts that tests share, with lines NAME <sip:user@domain>;auth_pass=… (default: <data_dir>/accounts)
    #[arg(long, value_name = "FILE", help_heading = "Inputs of tests")]
    pub accounts: Option<PathBuf>,
}

/// Settings of the agents, for all verbs that start some.
#[derive(Args, Debug)]
pub struct HostArguments {
    #[command(flatten)]
    pub data: DataArguments,
    #[command(flatten)]
    pub log: LogArguments,
    /// Use this baresip instead of the embedded one: a path, or PATH to search the PATH
    #[arg(long, value_name = "PROGRAM", env = "TELEFONIST_BARESIP", help_heading = "Agents")]
    pub baresip: Option<PathBuf>,
    /// SIP address and first port of agents
    #[arg(long, value_name = "ADDRESS:PORT", env = "TELEFONIST_SIP_LISTEN", default_value = "0.0.0.0:5060", value_parser = address, help_heading = "Agents")]
    pub sip_listen: SocketAddr,
    /// Address and first port for controlling agents. The embedded agent accepts commands only from your user. An external agent
    /// (--baresip) accepts commands from everybody who can reach the port, including other users of this machine
    #[arg(long, value_name = "ADDRESS:PORT", env = "TELEFONIST_CTRL_ADDRESS", default_value = "127.0.0.1:4444", value_parser = address, help_heading = "Agents")]
    pub ctrl_address: SocketAddr,
    /// RTP port range of agents; an agent needs two ports for each call (--max-calls)
    #[arg(long, value_name = "FIRST-LAST", env = "TELEFONIST_RTP_PORTS", default_value = "10000-11000", value_parser = ports, help_heading = "Agents")]
    pub rtp_ports: RangeInclusive<u16>,
    /// RTP interface of agents, such as eth0 (default: the one that leads to the registrar)
    #[arg(
        long,
        value_name = "INTERFACE",
        env = "TELEFONIST_RTP_INTERFACE",
        default_value = "",
        hide_default_value = true,
        help_heading = "Agents"
    )]
    pub rtp_interface: String,
    /// End a call after this many seconds without incoming RTP
    #[arg(long, value_name = "SECONDS", env = "TELEFONIST_RTP_TIMEOUT", default_value_t = 10, value_parser = number(0..=u32::MAX), help_heading = "Agents")]
    pub rtp_timeout: u32,
    /// Maximum number of simultaneous calls per agent; 0: unlimited
    #[arg(long, value_name = "COUNT", env = "TELEFONIST_MAX_CALLS", default_value_t = 10, value_parser = number(0..=u32::MAX), help_heading = "Agents")]
    pub max_calls: u32,
    /// Maximum number of simultaneous agents of all tests; further tests wait
    #[arg(long, value_name = "COUNT", env = "TELEFONIST_MAX_AGENTS", default_value_t = 100, value_parser = number(1..=u16::MAX), help_heading = "Agents")]
    pub max_agents: u16,
    /// Time limit for the start of an agent; time spent waiting for a busy machine does not count
    #[arg(long, value_name = "DURATION", env = "TELEFONIST_AGENT_START", default_value = "10s", value_parser = duration, help_heading = "Agents")]
    pub agent_start: Duration,
    /// File of additional CA certificates (PEM) that agents trust for TLS, besides the system's
    #[arg(long, value_name = "FILE", env = "TELEFONIST_TLS_CA", help_heading = "Agents")]
    pub tls_ca: Option<PathBuf>,
    /// Use the sound card (needs a program built by `make alsa`, or an external agent with its alsa module)
    #[arg(
        long,
        value_name = "BOOL",
        env = "TELEFONIST_USE_ALSA",
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        value_parser = boolean,
        help_heading = "Agents"
    )]
    pub use_alsa: bool,
}
