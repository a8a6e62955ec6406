//! `telefonist serve`, and `telefonist` alone: the service.

use super::arguments::{HostArguments, InputArguments};
use super::check::complain;
use super::printer::say;
use super::{inputs, interrupt, settings};
use crate::diagnostic::Diagnostic;
use crate::engine::Limits;
use crate::server::{self, Options, Started, Terminal};
use crate::store::Retention;
use crate::verdict::ExitCode;
use std::net::SocketAddr;
use std::sync::Arc;

#[derive(clap::Args, Debug)]
pub struct ServeArguments {
    /// UI listen address
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "0.0.0.0:8080", help_heading = "Server")]
    pub ui_address: SocketAddr,
    #[command(flatten)]
    pub inputs: InputArguments,
    #[command(flatten)]
    pub host: HostArguments,
}

/// Serves until Ctrl-C or SIGTERM.
pub fn serve(arguments: &ServeArguments) -> ExitCode {
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
    let options = Options {
        ui_address: arguments.ui_address,
        admin_password: None,
        api_key: None,
        tls: None,
        parallel_runs: 1,
        retention: Retention::default(),
        limits: Limits::default(),
    };
    match server::serve(options, workplace, Arc::new(Told)) {
        Ok(()) => ExitCode::Passed,
        Err(problem) => {
            complain(&[problem]);
            ExitCode::Error
        }
    }
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
}
