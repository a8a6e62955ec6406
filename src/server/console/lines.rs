//! The queue from which the console's session gets its lines.

use super::{Done, Inner, Line, Out, REMEMBERED};
use crate::diagnostic::mask_secrets;
use crate::repl::{AbovePrompt, Plain, Read, Reader, Shared};
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Arc;

pub struct Lines {
    inner: Arc<Inner>,
    /// The text at work, and what of it is to be done yet.
    current: Option<Line>,
    parts: VecDeque<String>,
}

impl Lines {
    pub fn new(inner: Arc<Inner>) -> Lines {
        Lines { inner, current: None, parts: VecDeque::new() }
    }

    /// Sends the result of a text to its sender.
    fn done(&mut self, ended: bool) {
        let Some(line) = self.current.take() else { return };
        self.parts.clear();
        let mut state = self.inner.state();
        let mut done: Done = state.session.as_ref().map(Done::from).unwrap_or_default();
        state.length = 0;
        state.quiet = false;
        done.output = std::mem::take(&mut state.output);
        done.ended = ended;
        if !line.quiet {
            state.statements += usize::from(!failed(&done.output));
        }
        line.reply.map(|reply| reply.send(done));
    }

    fn begin(&mut self, line: Line) {
        // lines of a testfile and Rhai may stand under each other
        let mut plain = Plain::new(line.text.as_bytes());
        self.parts = std::iter::from_fn(|| match plain.read() {
            Read::Text(text) => Some(text),
            _ => None,
        })
        .collect();
        if !line.quiet {
            let text = mask_secrets(line.text.trim_end());
            if text == line.text.trim_end() && !text.is_empty() && !text.starts_with(' ') {
                let mut state = self.inner.state();
                state.history.push_back(text.clone());
                if state.history.len() > REMEMBERED {
                    state.history.pop_front();
                }
            }
            self.inner.tell("console.line", json!({ "text": text, "by": line.by }));
        }
        self.inner.state().quiet = line.quiet;
        self.current = Some(line);
    }

    /// The next text; none when the session is to end.
    fn next(&self) -> Option<Line> {
        let mut state = self.inner.state();
        let change = |state: &mut super::State, busy: bool| {
            if std::mem::replace(&mut state.busy, busy) != busy {
                self.inner.tell("console.busy", json!({ "busy": busy }));
            }
        };
        loop {
            if state.ending {
                change(&mut state, false);
                return None;
            }
            if let Some(line) = state.waiting.pop_front() {
                change(&mut state, true);
                return Some(line);
            }
            change(&mut state, false);
            state = self.inner.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }
}

fn failed(output: &[Out]) -> bool {
    output.iter().any(|out| out.code.is_some())
}

impl Reader for Lines {
    /// What stands in a text after a line that failed is not done.
    fn read(&mut self) -> Read {
        loop {
            let stop = failed(&self.inner.state().output);
            match self.parts.pop_front().filter(|_| !stop) {
                Some(part) => return Read::Text(part),
                None => self.done(false),
            }
            match self.next() {
                Some(line) => self.begin(line),
                None => return Read::End,
            }
        }
    }

    fn sight(&self) -> Shared {
        self.inner.sight.clone()
    }

    fn above_prompt(&mut self) -> Option<AbovePrompt> {
        None
    }

    fn is_person(&self) -> bool {
        true
    }

    fn give_up(&self) -> Box<dyn Fn() + Send> {
        let inner = self.inner.clone();
        Box::new(move || {
            inner.state().ending = true;
            inner.changed.notify_all();
        })
    }
}

/// A line that ended the session is answered too.
impl Drop for Lines {
    fn drop(&mut self) {
        self.done(true);
        self.inner.state().busy = false;
    }
}
