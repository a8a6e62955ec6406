//! `telefonist serve`, the default verb: the service.

use super::arguments::{LimitArguments, RetentionArguments, ServeArguments};
use super::tell::{complain, say};
use super::{inputs, interrupt, settings};
use crate::diagnostic::Diagnostic;
use crate::engine::ScriptLimits;
use crate::server::{self, Options, Started, Terminal, Tls};
use crate::store::Retention;
use crate::verdict::ExitCode;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
        limits: ScriptLimits { within, test, ..ScriptLimits::default() },
    })
}

/// Prints what happens to the terminal.
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
