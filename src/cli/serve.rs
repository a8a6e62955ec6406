//! `telefonist serve`, and `telefonist` alone: the service.

use super::arguments::{HostArguments, InputArguments, LimitArguments, RetentionArguments};
use super::arguments::{address, file, key, number, password};
use super::check::complain;
use super::printer::say;
use super::{inputs, interrupt, settings};
use crate::diagnostic::Diagnostic;
use crate::engine::Limits;
use crate::server::{self, Options, Started, Terminal, Tls};
use crate::store::{Retention, Secret};
use crate::verdict::ExitCode;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const EXAMPLES: &str = "\
Examples:
  telefonist                                     http://localhost:8080, user telefonist
  telefonist -ui_address=:8443 -tls_cert cert.pem -tls_key key.pem
  TELEFONIST_UI_ADMIN_PASSWORD=… telefonist serve --data-dir /var/lib/telefonist --parallel-runs 4
  telefonist serve --config /etc/telefonist.toml

telefonist.toml has the flags as keys:
  ui_address = \"127.0.0.1:8080\"
  ui_admin_password = \"…\"
  parallel_runs = 4
  keep_days = 30

The command line counts before the environment, that before the file. Passwords and keys belong
into a variable, or into the file (chmod 600): what stands on the command line, every user of the
machine sees in `ps`.
Ctrl-C or SIGTERM ends the service: a test that runs is ended and recorded as Cancelled.";

#[derive(clap::Args, Debug)]
pub struct ServeArguments {
    /// UI listen address; without a host (:8080) on all of them
    #[arg(long, value_name = "ADDRESS:PORT", env = "TELEFONIST_UI_ADDRESS", default_value = "0.0.0.0:8080", value_parser = address, help_heading = "Server")]
    pub ui_address: SocketAddr,
    /// Password of the user `telefonist` (default: the one it has, at first telefonist); `ps` shows it here, in the variable or the file
    /// it does not
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
    /// Key for the header X-API-Key (default: a random one for each start, shown then); `ps` shows it here, too
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
    /// TLS certificate with its chain, as PEM: the service speaks https then. It is read again when it changes
    #[arg(long, value_name = "FILE", env = "TELEFONIST_TLS_CERT", value_parser = file(), help_heading = "Server")]
    pub tls_cert: Option<PathBuf>,
    /// Key of the TLS certificate, as PEM
    #[arg(long, value_name = "FILE", env = "TELEFONIST_TLS_KEY", value_parser = file(), help_heading = "Server")]
    pub tls_key: Option<PathBuf>,
    /// Runs of projects at once; further ones wait in a queue
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

/// Serves until Ctrl-C or SIGTERM.
pub fn serve(arguments: &ServeArguments) -> ExitCode {
    let options = match options(arguments) {
        Ok(options) => options,
        Err(problem) => {
            complain(&[problem]);
            return ExitCode::Usage;
        }
    };
    let workplace = match settings::workplace(&arguments.host) {
        Ok(workplace) => workplace,
        Err(problem) => {
            complain(&[problem]);
            return ExitCode::Error;
        }
    };
    let workplace = match inputs::inputs(&arguments.inputs, workplace.data_dir()) {
        Ok(inputs) => workplace.with_inputs(inputs),
        Err(problems) => {
            complain(&problems);
            return ExitCode::Usage;
        }
    };
    interrupt::watch(workplace.interrupt.clone());
    match server::serve(options, workplace, Arc::new(Told)) {
        Ok(()) => ExitCode::Passed,
        Err(problem) => {
            complain(&[problem]);
            ExitCode::Error
        }
    }
}

fn options(arguments: &ServeArguments) -> Result<Options, Diagnostic> {
    let given = |path: &Option<PathBuf>| path.clone().filter(|path| !path.as_os_str().is_empty());
    let tls = match (given(&arguments.tls_cert), given(&arguments.tls_key)) {
        (Some(certificate), Some(key)) => Some(Tls { certificate, key }),
        (None, None) => None,
        (certificate, _) => {
            let [there, missing] = match certificate {
                Some(_) => ["--tls-cert", "--tls-key"],
                None => ["--tls-key", "--tls-cert"],
            };
            return Err(Diagnostic::error(format!("{there} is given without {missing}"))
                .advice("name both files for https, or none for http"));
        }
    };
    let RetentionArguments { keep_runs: runs, keep_days: days } = arguments.retention;
    let LimitArguments { timeout: within, test_timeout: test } = arguments.limits;
    Ok(Options {
        ui_address: arguments.ui_address,
        admin_password: arguments.ui_admin_password.clone(),
        api_key: arguments.ui_api_key.clone().filter(|key| !key.reveal().is_empty()),
        tls,
        parallel_runs: arguments.parallel_runs,
        retention: Retention { runs, days },
        limits: Limits { within, test, ..Limits::default() },
    })
}

/// Tells on the terminal what goes on.
struct Told;

impl Terminal for Told {
    fn started(&self, started: &Started) {
        let scheme = if started.tls { "https" } else { "http" };
        say(&format!("telefonist listens on {scheme}://{}\n", started.address));
        if let Some(key) = &started.made_key {
            say(&format!("API key of this start (X-API-Key): {}\n", key.reveal()));
        }
        if started.default_password {
            say(
                "user telefonist has the default password: only this machine may log in; set another with --ui-admin-password\n",
            );
        }
    }

    fn trouble(&self, problem: &Diagnostic) {
        complain(std::slice::from_ref(problem));
    }

    fn new_certificate(&self, file: &Path) {
        say(&format!("new connections get the certificate in {}\n", file.display()));
    }
}
