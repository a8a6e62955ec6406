//! `telefonist repl`, and `run --pause-on-failure`: a prompt at a terminal, or lines from a pipe.

use super::arguments::ReplArguments;
use super::tell::{colours, complain, say};
use super::{inputs, interrupt, settings};
use crate::agent;
use crate::attach::{self, Address, Attached, Login};
use crate::diagnostic::{Diagnostic, render};
use crate::engine::{ScriptLimits, Session};
use crate::event::Ended;
use crate::pipeline::{self, Interrupt};
use crate::record::Header;
use crate::repl::{self, Editor, History, Plain, Reader, Served, Setting};
use crate::run::Inputs;
use crate::store::Secret;
use crate::verdict::{ExitCode, worst};
use std::io::IsTerminal;
use std::sync::Arc;

/// Where nobody says how wide it is.
const COLUMNS: usize = 80;

pub fn repl(arguments: &ReplArguments) -> ExitCode {
    if let Some(url) = &arguments.attach {
        return attached(arguments, url).unwrap_or_else(|problem| refuse(&[problem], ExitCode::Error));
    }
    let workplace = match settings::workplace(&arguments.host) {
        Ok(workplace) => workplace,
        Err(problem) => return refuse(&[problem], ExitCode::Error),
    };
    if let Err(problem) = agent::check_addresses(workplace.settings()) {
        return refuse(&[problem], ExitCode::Usage);
    }
    let workplace = match inputs::inputs(&arguments.inputs, workplace.data_dir()) {
        Ok(inputs) => workplace.with_inputs(inputs),
        Err(problems) => return refuse(&problems, ExitCode::Usage),
    };
    let history = match arguments.private {
        true => History::Private,
        false => History::File(workplace.data_dir().join("repl-history")),
    };
    interrupt::watch(workplace.interrupt.clone());
    let limits = ScriptLimits { within: arguments.timeout, ..ScriptLimits::default() };
    let defines = workplace.inputs().macros();
    let mut exit_code = ExitCode::Passed;
    let conducted = pipeline::session(&workplace, &limits, |session, header, _| {
        let talked = match is_terminal() {
            true => {
                say("telefonist: a call by hand. :help teaches, Ctrl-D ends.\n");
                Editor::new(history, "> ", colours(&std::io::stdout()))
                    .map(|mut editor| talk(session, &mut editor, header.clone(), defines, &workplace.interrupt))
            }
            false => {
                let mut lines = Plain::new(std::io::stdin().lock());
                Ok(talk(session, &mut lines, header.clone(), defines, &workplace.interrupt))
            }
        };
        match talked {
            Ok(Served { ended, exit_code: code, script }) => {
                exit_code = code;
                (ended, script)
            }
            Err(problem) => {
                exit_code = ExitCode::Error;
                let ended = Ended::error(problem.message.clone());
                complain(&[problem]);
                (ended, String::new())
            }
        }
    });
    match conducted {
        Ok(conducted) => {
            complain(&conducted.warnings);
            if is_terminal() {
                say(&format!("kept as {}\n", conducted.header.run));
            }
            worst([exit_code, if workplace.interrupt.requested() { ExitCode::Interrupted } else { ExitCode::Passed }])
        }
        Err(problem) => refuse(&[problem], ExitCode::Error),
    }
}

/// A prompt for the console of a server.
fn attached(arguments: &ReplArguments, url: &str) -> Result<ExitCode, Diagnostic> {
    let address = Address::read(url)?;
    let login = match &arguments.api_key {
        Some(key) => Login::Key(Secret::new(key)),
        None if std::io::stdin().is_terminal() => Login::Password(attach::ask_password(&address)?),
        None => {
            let problem =
                Diagnostic::error(format!("no key for {}, and no terminal to ask for a password", address.base));
            return Err(problem.advice("set TELEFONIST_API_KEY to a key with the scope run"));
        }
    };
    let colour = colours(&std::io::stdout());
    let attached = Attached::connect(&address, &login, arguments.ca.as_deref(), colour)?;
    let interrupt = Arc::new(Interrupt::default());
    interrupt::watch(interrupt.clone());
    if !is_terminal() {
        return Ok(attached.serve(&mut Plain::new(std::io::stdin().lock()), &interrupt));
    }
    let history = match arguments.private {
        true => History::Private,
        false => History::File(arguments.host.data.data_dir.join("repl-history")),
    };
    say(&format!("telefonist: the console of {}. :help teaches, Ctrl-D leaves; the agents stay.\n", address.base));
    let mut editor = Editor::of(history, "> ", colour, attached.completes())?;
    Ok(attached.serve(&mut editor, &interrupt))
}

fn refuse(problems: &[Diagnostic], code: ExitCode) -> ExitCode {
    complain(problems);
    code
}

pub fn is_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

fn talk(
    session: &mut Session,
    reader: &mut dyn Reader,
    header: Header,
    defines: Vec<(String, String)>,
    interrupt: &Interrupt,
) -> Served {
    let stdout = std::io::stdout();
    let width = terminal_size::terminal_size_of(&stdout).map_or(COLUMNS, |(columns, _)| usize::from(columns.0));
    let setting = Setting { header, colour: colours(&stdout), width, defines, interrupt, output: None };
    repl::serve(session, reader, &setting)
}

/// # Errors
/// `--pause-on-failure` makes no sense here.
pub fn pausable(jobs: u16) -> Result<(), Diagnostic> {
    if !is_terminal() {
        return Err(Diagnostic::error("--pause-on-failure opens a prompt, and there is no terminal for one")
            .advice("leave it out where no person sits; `telefonist replay last` shows what happened"));
    }
    match jobs {
        1 => Ok(()),
        _ => Err(Diagnostic::error("--pause-on-failure runs one test at a time").advice("leave out --jobs")),
    }
}

/// The inputs of runs that open a prompt inside a script that has failed.
pub fn pausing(inputs: Inputs, interrupt: Arc<Interrupt>) -> Inputs {
    let defines = inputs.macros();
    let pause = move |session: &mut Session, ended: &Ended| {
        let colour = colours(&std::io::stdout());
        let problem = session.diagnostic_of(ended);
        say(&format!(
            "{}paused where it failed: the calls are up, its variables are here. :help teaches, Ctrl-D ends the run.\n",
            render(&[problem], colour)
        ));
        let file = session.origin().source.name.clone();
        let header = Header::new("paused", &file, &file, session.log().now(), "");
        match Editor::new(History::Private, "paused> ", colour) {
            Ok(mut editor) => drop(talk(session, &mut editor, header, defines.clone(), &interrupt)),
            Err(problem) => complain(&[problem]),
        }
    };
    Inputs { pause: Some(Arc::new(pause)), ..inputs }
}
