//! The command line: arguments and environment in, text and an exit code out. Joins everything else; nothing imports it.

mod alone;
mod arguments;
mod check;
mod config;
mod doctor;
mod export;
mod inputs;
mod interrupt;
mod ladder;
mod limits;
mod logging;
mod maintenance;
mod moment;
mod printer;
mod progress;
mod projects;
mod repl;
mod replay;
mod reports;
mod run;
mod runs;
mod serve;
mod settings;
mod sources;
mod stdlib;
mod tell;
mod watch;

use crate::verdict::ExitCode;
use arguments::Verb;
use sources::Refused;
use std::process;
use tell::complain;

/// What the program does, from its arguments to its exit code.
pub fn main() -> process::ExitCode {
    #[cfg(all(target_feature = "crt-static", target_env = "gnu"))]
    alone::look_up_names_alone();
    #[cfg(feature = "embedded")]
    if std::env::args_os().nth(1).is_some_and(|word| word == "__agent") {
        return embedded_agent();
    }
    let (arguments, config) = match sources::arguments(std::env::args_os(), &|name| std::env::var_os(name)) {
        Ok(arguments) => arguments,
        Err(Refused::Parser(error)) => {
            // help and version are asked for, and so no error
            let code = if error.use_stderr() { ExitCode::Usage } else { ExitCode::Passed };
            let _ = error.print();
            return code.code().into();
        }
        Err(Refused::Elsewhere(problems)) => {
            complain(&problems);
            return ExitCode::Usage.code().into();
        }
    };
    if matches!(arguments.verb, Verb::Serve(_)) {
        complain(config.and_then(|config| config.warning()).as_slice());
    }
    start_log(&arguments.verb);
    let code = match arguments.verb {
        Verb::Run(verb) => run::run(&verb),
        Verb::Serve(verb) => serve::serve(&verb),
        Verb::Repl(verb) => repl::repl(&verb),
        Verb::Replay(verb) => replay::replay(&verb),
        Verb::Diff(verb) => replay::diff(&verb),
        Verb::Runs(verb) => runs::runs(&verb),
        Verb::Check(verb) => check::check(&verb),
        Verb::Compile(verb) => check::compile(&verb),
        Verb::Ladder(verb) => ladder::ladder(&verb),
        Verb::Export(verb) => export::export(&verb),
        Verb::ImportProject(verb) => projects::import(&verb),
        Verb::ExportProject(verb) => projects::export(&verb),
        Verb::Maintenance(verb) => maintenance::maintenance(&verb),
        Verb::Doctor(verb) => doctor::doctor(&verb),
        Verb::Stdlib(verb) => stdlib::stdlib(&verb),
    };
    code.code().into()
}

/// Logs what the host does, for the verbs that have a flag for it.
fn start_log(verb: &Verb) {
    let (host, has_prompt) = match verb {
        Verb::Run(verb) => (&verb.host, verb.pause_on_failure),
        Verb::Serve(verb) => (&verb.host, false),
        Verb::Repl(verb) => (&verb.host, verb.attach.is_some() || repl::is_terminal()),
        Verb::Check(verb) => (&verb.host, false),
        Verb::Doctor(host) => (host, false),
        _ => return,
    };
    if let Err(warning) = logging::start(&host.log, has_prompt) {
        complain(&[warning]);
    }
}

/// `telefonist __agent HOST …`: this process becomes a baresip, with baresip's own arguments. HOST is the process that
/// it belongs to.
#[cfg(feature = "embedded")]
fn embedded_agent() -> process::ExitCode {
    use std::os::unix::ffi::OsStringExt;
    let words = std::env::args_os().enumerate().filter(|(n, _)| ![1, 2].contains(n)).map(|(_, word)| word.into_vec());
    let words: Result<Vec<_>, _> = words.map(std::ffi::CString::new).collect();
    let host = std::env::args().nth(2).and_then(|host| host.parse().ok());
    match (words, host.map(crate::agent::die_with_host)) {
        (Ok(words), Some(Ok(()))) => process::ExitCode::from(crate::agent::run_agent(&words) as u8),
        // the host is gone: nobody reads what is said
        (Ok(_), Some(Err(_))) => ExitCode::Error.code().into(),
        _ => ExitCode::Usage.code().into(),
    }
}
