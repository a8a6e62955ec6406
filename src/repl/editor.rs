//! The line editor: history, completion, hints, lines that belong together. The only file that names rustyline.

#![expect(unsafe_code, reason = "reads and sets the modes of the terminal")]

use super::screen::AbovePrompt;
use super::sight::{Completes, Shared, wants_more};
use super::{Read, Reader};
use crate::diagnostic::{Diagnostic, mask_secrets};
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::{Hint, Hinter};
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{ColorMode, CompletionType, Config, Context, ExternalPrinter, Helper};
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

/// The most lines that are remembered.
const REMEMBERED: usize = 2000;

/// What becomes of the lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum History {
    /// They are remembered for the next session.
    File(PathBuf),
    /// Only as long as this one lasts.
    Private,
}

/// A person at a terminal.
pub struct Editor {
    editor: rustyline::Editor<Help, FileHistory>,
    history: History,
    prompt: String,
    sight: Shared,
    /// How the terminal was found.
    found: libc::termios,
}

impl Editor {
    /// # Errors
    /// The terminal can't be used.
    pub fn new(history: History, prompt: &str, colour: bool) -> Result<Editor, Diagnostic> {
        let sight = Shared::default();
        Editor::completing(history, prompt, colour, sight.clone(), sight)
    }

    /// One whose suggestions come from elsewhere.
    ///
    /// # Errors
    /// The terminal can't be used.
    pub fn of(history: History, prompt: &str, colour: bool, from: Arc<dyn Completes>) -> Result<Editor, Diagnostic> {
        Editor::completing(history, prompt, colour, from, Shared::default())
    }

    fn completing(
        history: History,
        prompt: &str,
        colour: bool,
        completes: Arc<dyn Completes>,
        sight: Shared,
    ) -> Result<Editor, Diagnostic> {
        let unusable = |error: ReadlineError| Diagnostic::error(format!("this terminal can't be used: {error}"));
        let sized = Config::builder().max_history_size(REMEMBERED).map_err(unusable)?;
        let config = sized
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            .color_mode(if colour { ColorMode::Enabled } else { ColorMode::Disabled })
            .build();
        // SAFETY: a valid descriptor; all zeros is a valid value
        let found = unsafe {
            let mut found = std::mem::zeroed();
            libc::tcgetattr(libc::STDIN_FILENO, &mut found);
            found
        };
        let mut editor = rustyline::Editor::with_config(config).map_err(unusable)?;
        editor.set_helper(Some(Help { completes, colour }));
        if let History::File(path) = &history {
            // there is none before the first session
            let _ = editor.load_history(path);
        }
        Ok(Editor { editor, history, prompt: prompt.to_string(), sight, found })
    }

    /// A line with a password is not remembered, nor is one that begins with a space.
    fn remember(&mut self, text: &str) {
        if mask_secrets(text) == text {
            let _ = self.editor.add_history_entry(text);
        }
        if let History::File(path) = &self.history {
            // a session without a history is one all the same
            let _ = self.editor.append_history(path);
        }
    }
}

impl Reader for Editor {
    fn read(&mut self) -> Read {
        match self.editor.readline(&self.prompt) {
            Ok(text) => {
                self.remember(&text);
                Read::Text(text)
            }
            Err(ReadlineError::Interrupted) => Read::Interrupted,
            Err(_) => Read::End,
        }
    }

    fn sight(&self) -> Shared {
        self.sight.clone()
    }

    fn above_prompt(&mut self) -> Option<AbovePrompt> {
        let mut printer = self.editor.create_external_printer().ok()?;
        Some(Box::new(move |text| drop(printer.print(text))))
    }

    fn is_person(&self) -> bool {
        true
    }

    fn give_up(&self) -> Box<dyn Fn() + Send> {
        let found = self.found;
        Box::new(move || {
            // SAFETY: a valid descriptor, and what it was found with
            unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSADRAIN, &found) };
            println!();
            super::exit();
        })
    }
}

struct Help {
    completes: Arc<dyn Completes>,
    colour: bool,
}

/// What is shown behind the cursor.
struct Hinted {
    text: String,
    is_text: bool,
}

impl Hint for Hinted {
    fn display(&self) -> &str {
        &self.text
    }

    fn completion(&self) -> Option<&str> {
        self.is_text.then_some(&self.text)
    }
}

impl Helper for Help {}

impl Completer for Help {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, found) = self.completes.complete(line, at);
        let pair = |text: String| Pair { display: text.clone(), replacement: text };
        Ok((start, found.into_iter().map(|one| pair(one.text)).collect()))
    }
}

impl Hinter for Help {
    type Hint = Hinted;

    fn hint(&self, line: &str, at: usize, _: &Context<'_>) -> Option<Hinted> {
        let (text, is_text) = self.completes.hint(line).filter(|_| at == line.len())?;
        Some(Hinted { text, is_text })
    }
}

impl Highlighter for Help {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.colour { format!("\x1b[2m{hint}\x1b[0m").into() } else { hint.into() }
    }
}

impl Validator for Help {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        Ok(match wants_more(context.input()) {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Valid(None),
        })
    }
}
