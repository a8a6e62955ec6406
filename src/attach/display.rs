//! Shows the events of the console's run above the prompt, as a local session does.

use crate::event::{Event, Time, lock};
use crate::repl::{AbovePrompt, Shown};
use crate::report::events::{EventLines, Logs};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// What is to be shown next.
pub enum News {
    /// Another run begins: its id, and when it began.
    Run(String, Time),
    /// An event; one that is old is not shown, only known.
    Event {
        event: Box<Event>,
        old: bool,
    },
    Words(String),
}

/// Shared by who tells, who shows and who edits.
#[derive(Clone)]
pub struct Display(Arc<Inner>);

struct Inner {
    at_prompt: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    run: String,
    /// How many of the run's events are shown or known.
    seen: usize,
    lines: EventLines,
    shown: Shown,
    agents: Vec<Arc<str>>,
}

impl Display {
    /// What comes out of the other end is shown by a thread of its own.
    pub fn start(colour: bool, above_prompt: Option<AbovePrompt>) -> (Display, Sender<News>) {
        let lines = EventLines::new(Time::EPOCH, Logs::All, colour);
        let state = State { run: String::new(), seen: 0, lines, shown: Shown::default(), agents: vec![] };
        let inner = Inner { at_prompt: AtomicBool::new(false), state: Mutex::new(state), changed: Condvar::new() };
        let display = Display(Arc::new(inner));
        let (sender, receiver) = channel();
        let showing = display.clone();
        // without it, nothing is shown but what lines give
        let _ = std::thread::Builder::new()
            .name("display".into())
            .spawn(move || showing.show_all(&receiver, above_prompt, colour));
        (display, sender)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0.state)
    }

    fn show_all(&self, news: &Receiver<News>, mut above_prompt: Option<AbovePrompt>, colour: bool) {
        for news in news {
            let mut state = self.state();
            let mut seen = None;
            let text = match news {
                News::Run(run, started) => {
                    let lines = EventLines::new(started, Logs::All, colour);
                    (state.run, state.seen, state.lines) = (run, 0, lines);
                    None
                }
                News::Event { event, old } => {
                    let new =
                        event.agent.iter().filter(|agent| !state.agents.contains(agent)).cloned().collect::<Vec<_>>();
                    state.agents.extend(new);
                    seen = Some(event.n as usize + 1);
                    let line = state.lines.line(&event);
                    line.filter(|_| !old && state.shown.has(&event))
                }
                News::Words(words) => Some(words),
            };
            drop(state);
            match (&mut above_prompt, text) {
                (_, None) => {}
                // it may have to wait for the prompt
                (Some(print), Some(text)) if self.0.at_prompt.load(SeqCst) => print(text),
                (_, Some(text)) => write(&text),
            }
            if let Some(seen) = seen {
                self.state().seen = seen;
                self.0.changed.notify_all();
            }
        }
    }

    /// A person begins or ends to edit a line.
    pub fn prompts(&self, at_prompt: bool) {
        self.0.at_prompt.store(at_prompt, SeqCst);
    }

    /// Waits until this number of events of a run are shown, while it is the run that is shown; not for ever: the connection may be gone.
    pub fn catch_up(&self, run: &str, events: usize, most: Duration) {
        let behind = |state: &mut State| (state.run.is_empty() || state.run == run) && state.seen < events;
        let state = self.state();
        drop(self.0.changed.wait_timeout_while(state, most, behind));
    }

    pub fn shown(&self) -> Shown {
        self.state().shown.clone()
    }

    /// # Errors
    /// A word that means nothing.
    pub fn show(&self, words: &str) -> Result<(), crate::diagnostic::Diagnostic> {
        let mut state = self.state();
        state.shown = Shown::of(words, &state.agents)?;
        Ok(())
    }
}

/// To whoever reads; one that went away ends nothing.
pub fn write(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
