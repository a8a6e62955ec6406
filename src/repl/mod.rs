//! A person at a prompt: statements, lines of a testfile and commands in, what they give and what happens out.
//!
//! [`serve`] is the whole story of a session; who reads the lines is a [`Reader`]: a terminal with an editor (`editor`, which alone
//! names one), or a pipe (`plain`).

mod classic;
mod command;
mod editor;
mod files;
mod plain;
mod record;
mod save;
mod screen;
mod shown;
mod sight;
mod tables;

use crate::diagnostic::{Diagnostic, render};
use crate::engine::{Outcome, Session, Statement, Trouble};
use crate::event::{Ended, Events, How};
use crate::pipeline::Interrupt;
use crate::record::Header;
use crate::report::ladder::{Builder, draw};
use crate::verdict::{ExitCode, worst};
use classic::Classic;
pub use command::Command;
pub use editor::{Editor, History};
pub use files::write_new;
pub use plain::Plain;
pub use screen::AbovePrompt;
use screen::Screen;
pub use shown::Shown;
pub use sight::{Completes, Shared, Sight};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// A whole text: a line, or several that belong together.
    Text(String),
    /// The person does not want this line.
    Interrupted,
    End,
}

/// Where lines come from.
pub trait Reader {
    fn read(&mut self) -> Read;
    /// What it may suggest is in there.
    fn sight(&self) -> Shared;
    /// Prints while a line is being edited; none where nobody edits.
    fn above_prompt(&mut self) -> Option<AbovePrompt>;
    /// A person sits there.
    fn is_person(&self) -> bool;
    /// What is done when the program is to end while it reads: it gives [`Read::End`], or, where it can't be woken, the program ends
    /// there and then, and its agents with it.
    fn give_up(&self) -> Box<dyn Fn() + Send>;
}

/// What kind of text a line gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Of an expression.
    Value,
    /// Of a command: tables, help.
    Text,
    /// With the code that a pipe's end would have.
    Error(ExitCode),
}

impl Said {
    pub fn word(self) -> &'static str {
        match self {
            Said::Value => "value",
            Said::Text => "text",
            Said::Error(_) => "error",
        }
    }
}

/// Takes what lines give where that is not for the program's own terminal. It is not told events: whoever wants them reads the log.
pub trait Output: Send + Sync {
    fn say(&self, said: Said, text: &str);
}

/// What a session is told beside its lines.
pub struct Setting<'a> {
    pub header: Header,
    pub colour: bool,
    /// Columns of what is printed.
    pub width: usize,
    /// Macros of testfile lines that are given from outside.
    pub defines: Vec<(String, String)>,
    pub interrupt: &'a Interrupt,
    /// In place of the terminal; commands that concern the person's own machine are then not for this one.
    pub output: Option<Arc<dyn Output>>,
}

/// How a session ended.
pub struct Served {
    pub ended: Ended,
    /// The worst that lines came to; a person's mistakes do not count.
    pub exit_code: ExitCode,
    /// It would run by itself: a script of what succeeded.
    pub script: String,
}

/// Runs what the reader gives until its end, `:quit`, or the wish to end the program.
pub fn serve(session: &mut Session, reader: &mut dyn Reader, setting: &Setting) -> Served {
    let host = session.host().clone();
    let screen = match &setting.output {
        Some(output) => Screen::of(host, output.clone()),
        None => Screen::new(host, session.log().len(), setting.colour, reader.above_prompt()),
    };
    let before = if session.origin().lines.is_empty() { "" } else { session.origin().source.text.as_str() };
    let classic = Classic::new(before, &setting.defines);
    let is_inside = !session.origin().source.text.is_empty();
    let running = Arc::new(AtomicBool::new(false));
    if reader.is_person() {
        // Ctrl-C is for the statement, whoever presses it once too often
        let (host, running) = (session.host().clone(), running.clone());
        setting.interrupt.aim(Some(Arc::new(move || {
            if running.load(SeqCst) {
                host.log().stop(stopped());
            }
        })));
    }
    let (reading, give_up) = (Arc::new(AtomicBool::new(false)), reader.give_up());
    setting.interrupt.on_request({
        let reading = reading.clone();
        move || {
            if reading.load(SeqCst) {
                give_up();
            }
        }
    });
    let (statements, codes) = (vec![], vec![]);
    let mut talk = Talk { session, screen, setting, classic, is_inside, running, statements, codes, first: None };
    while !setting.interrupt.requested() {
        talk.update(&reader.sight());
        talk.screen.prompts(true);
        reading.store(true, SeqCst);
        let read = reader.read();
        reading.store(false, SeqCst);
        talk.screen.prompts(false);
        match read {
            Read::End => break,
            Read::Interrupted => {}
            Read::Text(text) => {
                if !talk.take(&text) {
                    break;
                }
            }
        }
    }
    setting.interrupt.aim(None);
    talk.screen.say(Said::Text, "");
    talk.screen.over();
    let script = talk.script();
    let codes = if reader.is_person() { vec![] } else { talk.codes };
    let failed = talk.first.filter(|_| !reader.is_person());
    // who ends the program, or this session, while a line runs, has cancelled it
    let cancelled = talk.session.log().stopped().filter(|stop| stop.how == How::Cancelled);
    Served { ended: failed.or(cancelled).unwrap_or_else(Ended::finished), exit_code: worst(codes), script }
}

struct Talk<'a> {
    session: &'a mut Session,
    screen: Arc<Screen>,
    setting: &'a Setting<'a>,
    classic: Classic,
    /// It goes on from a test that failed.
    is_inside: bool,
    /// A statement is at work.
    running: Arc<AtomicBool>,
    statements: Vec<Statement>,
    codes: Vec<ExitCode>,
    /// The first failure.
    first: Option<Ended>,
}

impl Talk<'_> {
    /// Tells the editor what there is now.
    fn update(&self, sight: &Shared) {
        let text = self.session.text();
        let classic = self.classic.with("", self.number()).text.clone();
        let agents = self.session.agents().into_iter().map(|(_, name)| name.to_string()).collect();
        *sight.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Sight { text, classic, agents };
    }

    /// The number of the line that comes next, from 1.
    fn number(&self) -> usize {
        let before =
            if self.session.origin().lines.is_empty() { self.session.origin().rhai.lines().count() } else { 0 };
        self.session.text().matches('\n').count() + 1 - before
    }

    /// Does what a text says. False: the session is to end.
    fn take(&mut self, text: &str) -> bool {
        let line = text.trim();
        match line {
            "" => return true,
            "quit" | "exit" if !self.session.has_variable(line) => return false,
            "help" if !self.session.has_variable(line) => self.screen.say(Said::Text, &command::help()),
            comment if comment.starts_with('#') && !comment.starts_with("#{") && !comment.starts_with("#\"") => {}
            command if command.starts_with(':') => return self.command(&command[1..]),
            _ => self.statements(text.trim_end()),
        }
        true
    }

    fn statements(&mut self, text: &str) {
        let number = self.number();
        let session = &*self.session;
        let is_classic =
            self.classic.is_classic(text, &|name| session.has_variable(name), &|text| session.is_rhai(text));
        let compiled = is_classic.then(|| self.classic.compile(text, number)).transpose();
        let outcome = match compiled {
            Err(problems) => Outcome { done: vec![], trouble: Some(Trouble::Text(problems)) },
            Ok(rhai) => {
                self.running.store(true, SeqCst);
                let outcome = self.session.enter(text, rhai.as_deref());
                self.running.store(false, SeqCst);
                outcome
            }
        };
        if is_classic && (outcome.trouble.is_none() || !outcome.done.is_empty()) {
            self.classic.keep(text.trim(), number);
        }
        let last = self.number().saturating_sub(1).max(1);
        if !is_classic {
            self.classic.know(&self.session.agents(), last);
        }
        let value = outcome.done.last().and_then(|last| last.value.clone()).filter(|_| !is_classic);
        self.statements.extend(outcome.done);
        match outcome.trouble {
            None => {
                let value = value.map(|value| format!("{}\n", safe(&value)));
                self.screen.say(Said::Value, &value.unwrap_or_default());
            }
            Some(Trouble::Text(problems)) => {
                let message = problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
                self.first.get_or_insert(Ended::error(message));
                self.complain(&problems, ExitCode::Usage);
            }
            Some(Trouble::Ended(ended, problem)) => {
                let code = if ended.how == How::Failed { ExitCode::Failed } else { ExitCode::Error };
                self.first.get_or_insert(ended);
                self.complain(&[problem], code);
            }
        }
    }

    fn complain(&mut self, problems: &[Diagnostic], code: ExitCode) {
        self.codes.push(code);
        self.screen.say(Said::Error(code), &render(problems, self.setting.colour));
    }

    fn command(&mut self, text: &str) -> bool {
        let command = match Command::read(text) {
            Ok(Command::Quit) => return false,
            command => command,
        };
        match command.and_then(|command| self.answer(command)) {
            Ok(text) => self.screen.say(Said::Text, &text),
            Err(problem) => self.complain(&[problem], ExitCode::Usage),
        }
        true
    }

    fn answer(&mut self, command: Command) -> Result<String, Diagnostic> {
        let declared = self.session.agents();
        let tables = || {
            let mut tables = tables::Tables::default();
            self.session.log().each(&mut |event| tables.event(event)).map(|()| tables)
        };
        if self.setting.output.is_some() {
            elsewhere(&command)?;
        }
        match command {
            Command::Help => Ok(command::help()),
            Command::Quit => Ok(String::new()),
            Command::Agents => Ok(tables()?.agents(&declared)),
            Command::Calls => Ok(tables()?.calls(self.session.log().now())),
            Command::Ladder => {
                let mut ladder = Builder::default();
                self.session.log().each(&mut |event| ladder.event(event))?;
                Ok(draw(&ladder.finish(), self.setting.width, self.setting.colour))
            }
            Command::Record(path, over) => {
                let count = record::record(&path, over, &self.setting.header, self.session.log())?;
                Ok(format!("wrote {count} events to {}\n", safe(&path.display().to_string())))
            }
            Command::Save(path, over) => {
                let path = if path.extension().is_none() { path.with_extension("rhai") } else { path };
                self.save(&path, over)?;
                let shown = safe(&path.display().to_string());
                Ok(format!("wrote {shown}: run it with `telefonist run {shown}`\n"))
            }
            Command::Script => self.savable().map(|()| self.script()),
            Command::Show(words) if words.is_empty() => Ok(format!("{}\n", self.screen.shown().in_words())),
            Command::Show(words) => {
                let names: Vec<Arc<str>> = declared.into_iter().map(|(_, name)| name).chain(self.known()).collect();
                self.screen.show(Shown::of(&words, &names)?);
                Ok(format!("{}\n", self.screen.shown().in_words()))
            }
        }
    }

    /// The agents that the log names.
    fn known(&self) -> Vec<Arc<str>> {
        let mut names = vec![];
        let _ = self.session.log().each(&mut |event| {
            if let Some(agent) = event.agent.as_ref().filter(|agent| !names.contains(*agent)) {
                names.push(agent.clone());
            }
        });
        names
    }

    fn script(&self) -> String {
        let mut seen = save::Seen::default();
        // what can't be read back is not awaited
        let _ = self.session.log().each(&mut |event| seen.event(event));
        save::script(&self.statements, &seen, &self.session.agents())
    }

    fn savable(&self) -> Result<(), Diagnostic> {
        if self.is_inside {
            return Err(Diagnostic::error("a session inside a test can't be saved: it would not run without the test")
                .advice("copy the lines into the test; `telefonist repl` begins a session that can be saved"));
        }
        if self.statements.is_empty() {
            return Err(
                Diagnostic::error("there is nothing to save yet").advice("only statements that succeed are saved")
            );
        }
        Ok(())
    }

    fn save(&self, path: &Path, over: bool) -> Result<(), Diagnostic> {
        self.savable()?;
        if path.extension().is_some_and(|extension| extension != "rhai") {
            return Err(Diagnostic::error("a session is saved as a Rhai script").advice("name it so: :save call.rhai"));
        }
        files::write_new(path, over, self.script().as_bytes())
    }
}

/// Refuses what would be done on another machine than the person's.
fn elsewhere(command: &Command) -> Result<(), Diagnostic> {
    let (command, why, advice) = match command {
        Command::Record(..) => ("record", "writes a file", "export the console's run: it is among the runs"),
        Command::Save(..) => ("save", "writes a file", "`:script` shows the session as a test"),
        Command::Show(_) => ("show", "is for a terminal", "choose what is shown where it is shown"),
        _ => return Ok(()),
    };
    Err(Diagnostic::error(format!("`:{command}` {why}, and this is a server's console")).advice(advice))
}

/// Ends the program while a line is read.
fn exit() -> ! {
    std::process::exit(ExitCode::Interrupted.code().into())
}

/// How a statement ends that a person does not want to go on.
fn stopped() -> Ended {
    Ended::failed("stopped by Ctrl-C")
}

/// A text without what could steer the terminal.
fn safe(text: &str) -> String {
    text.chars().map(|c| if crate::diagnostic::is_invisible(c) { '\u{fffd}' } else { c }).collect()
}
