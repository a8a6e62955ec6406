//! What a session prints: its events as they come, above the prompt, and what its lines give. One after another, whoever prints.

use super::shown::Shown;
use super::{Output, Said};
use crate::engine::Host;
use crate::event::{Time, lock};
use crate::report::events::{EventLines, Logs};
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard};

/// Prints above a prompt that is being edited.
pub type AbovePrompt = Box<dyn FnMut(String) + Send>;

pub struct Screen {
    host: Arc<dyn Host>,
    /// In place of the terminal.
    output: Option<Arc<dyn Output>>,
    state: Mutex<State>,
}

struct State {
    lines: EventLines,
    shown: Shown,
    /// The number of the log's next event.
    seen: usize,
    /// A person edits a line.
    at_prompt: bool,
    over: bool,
}

impl Screen {
    /// Tells an output what lines give, and nothing else.
    pub fn of(host: Arc<dyn Host>, output: Arc<dyn Output>) -> Arc<Screen> {
        let lines = EventLines::new(Time::EPOCH, Logs::All, false);
        let state = State { lines, shown: Shown::default(), seen: 0, at_prompt: false, over: false };
        Arc::new(Screen { host, output: Some(output), state: Mutex::new(state) })
    }

    /// Events from number `seen` on are shown, as they come; a thread follows them until the session is [`Screen::over`].
    pub fn new(host: Arc<dyn Host>, seen: usize, colour: bool, above_prompt: Option<AbovePrompt>) -> Arc<Screen> {
        let mut lines = EventLines::new(host.log().now(), Logs::All, colour);
        // who an address belongs to was said before
        for event in host.log().since(0).iter().filter(|event| (event.n as usize) < seen) {
            lines.line(event);
        }
        let state = State { lines, shown: Shown::default(), seen, at_prompt: false, over: false };
        let screen = Arc::new(Screen { host, output: None, state: Mutex::new(state) });
        let following = screen.clone();
        // without it, events are shown with the next line
        let _ = std::thread::Builder::new().name("screen".into()).spawn(move || following.follow(above_prompt));
        screen
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn follow(&self, mut above_prompt: Option<AbovePrompt>) {
        let mut seen = self.state().seen;
        while let Some(events) = self.host.log().follow(seen) {
            seen = events.last().map_or(seen, |last| last.n as usize + 1);
            let mut state = self.state();
            if state.over {
                return;
            }
            let text = self.news(&mut state);
            match &mut above_prompt {
                // outside of the lock: it may have to wait for the prompt, which waits for the lock
                Some(print) if state.at_prompt && !text.is_empty() => {
                    drop(state);
                    print(text);
                }
                _ => write(&text),
            }
        }
    }

    /// The lines of the events that have not been printed.
    fn news(&self, state: &mut State) -> String {
        let mut text = String::new();
        if self.output.is_some() {
            return text;
        }
        loop {
            let events = self.host.log().since(state.seen);
            let Some(last) = events.last() else { return text };
            state.seen = last.n as usize + 1;
            for event in &events {
                let line = state.lines.line(event);
                text.extend(line.filter(|_| state.shown.has(event)));
            }
        }
    }

    /// Prints what has come so far, then the text: both stand in their order; errors go where errors belong.
    pub fn say(&self, said: Said, text: &str) {
        let mut state = self.state();
        let news = self.news(&mut state);
        write(&news);
        match (&self.output, said) {
            (Some(output), _) if !text.is_empty() => output.say(said, text),
            (Some(_), _) => {}
            (None, Said::Error(_)) => eprint!("{text}"),
            (None, _) => write(text),
        }
    }

    /// A person begins or ends to edit a line.
    pub fn prompts(&self, at_prompt: bool) {
        let mut state = self.state();
        write(&self.news(&mut state));
        state.at_prompt = at_prompt;
    }

    pub fn shown(&self) -> Shown {
        self.state().shown.clone()
    }

    pub fn show(&self, shown: Shown) {
        self.state().shown = shown;
    }

    /// Nothing more is printed.
    pub fn over(&self) {
        self.state().over = true;
    }
}

/// A reader that went away ends no session.
fn write(text: &str) {
    if !text.is_empty() {
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }
}
