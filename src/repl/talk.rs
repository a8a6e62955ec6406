//! Carries out each text that was read.

use super::classic::Classic;
use super::command::{self, Command};
use super::screen::Screen;
use super::{Said, Served, Setting, Shared, Shown, Sight, files, record, safe, save, tables};
use crate::diagnostic::{Diagnostic, render};
use crate::engine::{LineOutcome, Session, Statement, Trouble};
use crate::event::{Ended, Events, How, lock};
use crate::report::ladder::{Builder, draw};
use crate::verdict::{ExitCode, worst};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// What a session has come to.
pub struct Talk<'a> {
    session: &'a mut Session,
    pub screen: Arc<Screen>,
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

impl<'a> Talk<'a> {
    /// `running` says whether a statement is at work.
    pub fn new(
        session: &'a mut Session,
        screen: Arc<Screen>,
        setting: &'a Setting<'a>,
        running: Arc<AtomicBool>,
    ) -> Talk<'a> {
        let origin = session.origin();
        let before = if origin.lines.is_empty() { "" } else { origin.source.text.as_str() };
        let classic = Classic::new(before, &setting.defines);
        let is_inside = !origin.source.text.is_empty();
        Talk { session, screen, setting, classic, is_inside, running, statements: vec![], codes: vec![], first: None }
    }

    /// How it ended. A person's mistakes do not count.
    pub fn served(self, is_person: bool) -> Served {
        let script = self.script();
        let (codes, failed) = if is_person { (vec![], None) } else { (self.codes, self.first) };
        // who ends the program, or this session, while a line runs, has cancelled it
        let cancelled = self.session.log().stopped().filter(|stop| stop.how == How::Cancelled);
        Served { ended: failed.or(cancelled).unwrap_or_else(Ended::finished), exit_code: worst(codes), script }
    }

    /// Tells the editor what there is now.
    pub fn update(&self, sight: &Shared) {
        let text = self.session.text();
        let classic = self.classic.with("", self.number()).text.clone();
        let agents = self.session.agents().into_iter().map(|(_, name)| name.to_string()).collect();
        *lock(sight) = Sight { text, classic, agents };
    }

    /// The number of the line that comes next, from 1.
    fn number(&self) -> usize {
        let before =
            if self.session.origin().lines.is_empty() { self.session.origin().rhai.lines().count() } else { 0 };
        self.session.text().matches('\n').count() + 1 - before
    }

    /// Does what a text says. False: the session is to end.
    pub fn take(&mut self, text: &str) -> bool {
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
            Err(problems) => LineOutcome { done: vec![], trouble: Some(Trouble::Text(problems)) },
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
