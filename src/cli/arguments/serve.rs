//! Arguments of `telefonist serve`.

use super::values::{address, file, key, number, password};
use super::{HostArguments, InputArguments, LimitArguments, RetentionArguments};
use crate::store::Secret;
use std::net::SocketAddr;
use std::path::PathBuf;

pub const EXAMPLES: &str = "\
Examples:
  telefonist                                     http://localhost:8080, user telefonist
  telefonist -ui_address=:8443 -tls_cert cert.pem -tls_key key.pem
  TELEFONIST_UI_ADMIN_PASSWORD=… telefonist serve --data-dir /var/lib/telefonist --parallel-runs 4
  telefonist serve --config /etc/telefonist.toml

Flags are keys of telefonist.toml:
  ui_address = \"127.0.0.1:8080\"
  ui_admin_password = \"…\"
  parallel_runs = 4
  keep_days = 30

Precedence: command line, environment, file. Put passwords and keys into a variable, or into the
file (chmod 600): every user of the machine can see a command line in `ps`.
Ctrl-C or SIGTERM ends the service. A test that is running is stopped and recorded as Cancelled.";

#[derive(clap::Args, Debug)]
pub struct ServeArguments {
    /// Listen address of the web UI; without a host (:8080) all addresses
    #[arg(long, value_name = "ADDRESS:PORT", env = "TELEFONIST_UI_ADDRESS", default_value = "0.0.0.0:8080", value_parser = address, help_heading = "Server")]
    pub ui_address: SocketAddr,
    /// Password of the user `telefonist` (default: unchanged, `telefonist` on first start). Visible in `ps`; prefer the variable or
    /// the file
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "TELEFONIST_UI_ADMIN_PASSWORD",
        hide_default_value = true,
        allow_hyphen_values = true,
        value_parser = password,
        help_heading = "Server"
    )]
    pub ui_admin_password: Option<Secret>,
    /// Key for the header X-API-Key (default: random for each start, printed). Visible in `ps`; prefer the variable or the file
    #[arg(
        long,
        value_name = "KEY",
        env = "TELEFONIST_UI_API_KEY",
        hide_default_value = true,
        allow_hyphen_values = true,
        value_parser = key,
        help_heading = "Server"
    )]
    pub ui_api_key: Option<Secret>,
    /// TLS certificate with its chain (PEM), to serve https; reloaded when it changes
    #[arg(long, value_name = "FILE", env = "TELEFONIST_TLS_CERT", value_parser = file(), help_heading = "Server")]
    pub tls_cert: Option<PathBuf>,
    /// Private key of the TLS certificate (PEM)
    #[arg(long, value_name = "FILE", env = "TELEFONIST_TLS_KEY", value_parser = file(), help_heading = "Server")]
    pub tls_key: Option<PathBuf>,
    /// Number of project runs in parallel; further runs wait in a queue
    #[arg(long, value_name = "N", env = "TELEFONIST_PARALLEL_RUNS", default_value_t = 1, value_parser = number(1..=u16::MAX), help_heading = "Server")]
    pub parallel_runs: u16,
    #[command(flatten)]
    pub retention: RetentionArguments,
    #[command(flatten)]
    pub limits: LimitArguments,
    #[command(flatten)]
    pub inputs: InputArguments,
    #[command(flatten)]
    pub host: HostArguments,
}
