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
mod talk;

use crate::engine::Session;
use crate::event::Ended;
use crate::pipeline::Interrupt;
use crate::record::Header;
use crate::verdict::ExitCode;
pub use command::Command;
pub use editor::{Editor, History};
pub use files::write_new;
pub use plain::Plain;
pub use screen::AbovePrompt;
use screen::Screen;
pub use shown::Shown;
pub use sight::{Completes, Shared, Sight};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use talk::Talk;

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

/// Takes the output of lines that is not for the program's own terminal. It gets no events: those are in the log.
pub trait Output: Send + Sync {
    fn say(&self, said: Said, text: &str);
}

/// What a session gets besides its lines.
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
    let mut talk = Talk::new(session, screen, setting, running);
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
    talk.served(reader.is_person())
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
