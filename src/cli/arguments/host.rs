//! What several verbs are told: of the host, its agents, its limits, and what tests are given. A flag with a variable can stand in
//! telefonist.toml too.

use super::values::{address, boolean, define, duration, number, ports};
use clap::{ArgAction, Args};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// Where all is kept.
#[derive(Args, Debug)]
pub struct DataArguments {
    /// Folder for sounds, scripts and runs, and for what a server keeps
    #[arg(long, value_name = "DIR", env = "TELEFONIST_DATA_DIR", default_value = "data", help_heading = "Host")]
    pub data_dir: PathBuf,
}

/// How long a test may take.
#[derive(Args, Debug)]
pub struct LimitArguments {
    /// The time limit of an await that names none
    #[arg(long, value_name = "DURATION", env = "TELEFONIST_TIMEOUT", default_value = "30s", value_parser = duration, help_heading = "Limits")]
    pub timeout: Duration,
    /// How long a script may take beyond the waits that it declares
    #[arg(long, value_name = "DURATION", env = "TELEFONIST_TEST_TIMEOUT", default_value = "10m", value_parser = duration, help_heading = "Limits")]
    pub test_timeout: Duration,
}

/// Which runs are kept.
#[derive(Args, Debug)]
pub struct RetentionArguments {
    /// Keep so many of the newest runs of each project, and as many that belong to none (default: as set in the web UI, else all)
    #[arg(long, value_name = "N", env = "TELEFONIST_KEEP_RUNS", value_parser = number(0..=u32::MAX), help_heading = "Kept runs")]
    pub keep_runs: Option<u32>,
    /// Keep runs for so many days (default: as set in the web UI, else for ever)
    #[arg(long, value_name = "DAYS", env = "TELEFONIST_KEEP_DAYS", value_parser = number(0..=u32::MAX), help_heading = "Kept runs")]
    pub keep_days: Option<u32>,
}

/// What tests are given.
#[derive(Args, Debug)]
pub struct InputArguments {
    /// A parameter of scripts (param("NAME")), and a macro of testfiles that counts before their own
    #[arg(long, value_name = "NAME=VALUE", value_parser = define, help_heading = "What tests are given")]
    pub define: Vec<(String, String)>,
    /// A file of lines NAME=VALUE: as --define and for secret("NAME"), and the values are never shown
    #[arg(long, value_name = "FILE", help_heading = "What tests are given")]
    pub env_file: Vec<PathBuf>,
    /// A file of accounts that tests share: lines NAME <sip:user@domain>;auth_pass=… (default: <data_dir>/accounts)
    #[arg(long, value_name = "FILE", help_heading = "What tests are given")]
    pub accounts: Option<PathBuf>,
}

/// What the agents need, whatever the verb.
#[derive(Args, Debug)]
pub struct HostArguments {
    #[command(flatten)]
    pub data: DataArguments,
    /// A baresip to use as agent in place of the embedded one: a path, or PATH to search there
    #[arg(long, value_name = "PROGRAM", env = "TELEFONIST_BARESIP", help_heading = "Agents")]
    pub baresip: Option<PathBuf>,
    /// SIP listen address and base port for agents
    #[arg(long, value_name = "ADDRESS:PORT", env = "TELEFONIST_SIP_LISTEN", default_value = "0.0.0.0:5060", value_parser = address, help_heading = "Agents")]
    pub sip_listen: SocketAddr,
    /// Control address of the agents and their first control port. The embedded agent obeys its own user's host alone, an external
    /// one (--baresip) whoever reaches its port, every user of this machine too
    #[arg(long, value_name = "ADDRESS:PORT", env = "TELEFONIST_CTRL_ADDRESS", default_value = "127.0.0.1:4444", value_parser = address, help_heading = "Agents")]
    pub ctrl_address: SocketAddr,
    /// RTP port range for agents, two ports for each call that an agent may have (--max-calls)
    #[arg(long, value_name = "FIRST-LAST", env = "TELEFONIST_RTP_PORTS", default_value = "10000-11000", value_parser = ports, help_heading = "Agents")]
    pub rtp_ports: RangeInclusive<u16>,
    /// RTP interface for agents, like eth0 (default: the one that leads to the registrar)
    #[arg(
        long,
        value_name = "INTERFACE",
        env = "TELEFONIST_RTP_INTERFACE",
        default_value = "",
        hide_default_value = true,
        help_heading = "Agents"
    )]
    pub rtp_interface: String,
    /// Seconds after which a call without incoming RTP is terminated
    #[arg(long, value_name = "SECONDS", env = "TELEFONIST_RTP_TIMEOUT", default_value_t = 10, value_parser = number(0..=u32::MAX), help_heading = "Agents")]
    pub rtp_timeout: u32,
    /// Maximum number of calls of an agent at once; 0: any number
    #[arg(long, value_name = "COUNT", env = "TELEFONIST_MAX_CALLS", default_value_t = 10, value_parser = number(0..=u32::MAX), help_heading = "Agents")]
    pub max_calls: u32,
    /// Agents at once, of all tests together; further tests wait
    #[arg(long, value_name = "COUNT", env = "TELEFONIST_MAX_AGENTS", default_value_t = 100, value_parser = number(1..=u16::MAX), help_heading = "Agents")]
    pub max_agents: u16,
    /// A file of certificates (PEM) that agents trust, beside the system's, when they talk TLS to a server
    #[arg(long, value_name = "FILE", env = "TELEFONIST_TLS_CA", help_heading = "Agents")]
    pub tls_ca: Option<PathBuf>,
    /// Use the sound card (an agent built by `make alsa`, or an external one with its alsa module)
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
