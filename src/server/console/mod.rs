//! The console: agents by hand, as at `telefonist repl`, one session for all browsers. It begins with a line and ends when somebody says so,
//! or with the server; its run is one among the runs.

mod lines;

use super::clock::now;
use super::hub::Hub;
use crate::diagnostic::{Diagnostic, mask_secrets, render};
use crate::engine::ScriptLimits;
use crate::event::{Log, Time, lock};
use crate::jobs::Jobs;
use crate::pipeline::{self, Interrupt, Workplace};
use crate::record::{Header, Trigger};
use crate::repl::{self, Output, Said, Setting, Shared};
use crate::verdict::ExitCode;
use lines::Lines;
use serde::Serialize;
use serde_json::json;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use tokio::sync::oneshot;
use utoipa::ToSchema;

/// The longest text that is taken at once, in bytes.
pub const LONGEST: usize = 64 * 1024;
/// Maximum number of texts that wait.
const WAITING: usize = 100;
/// The most lines that are remembered.
const REMEMBERED: usize = 1000;
/// The most that is kept of what a text gives, in bytes.
const OUTPUT: usize = 1024 * 1024;
/// The most of one output that is sent to all who watch, in bytes.
const TOLD: usize = 64 * 1024;
/// Columns of what it prints.
const WIDTH: usize = 100;
/// The topic of what it says.
const TOPIC: &str = "console";

#[derive(Clone)]
pub struct Console(Arc<Inner>);

struct Inner {
    jobs: Jobs,
    hub: Hub,
    limits: ScriptLimits,
    sight: Shared,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// A thread conducts a session, or is about to.
    going: bool,
    session: Option<Going>,
    waiting: VecDeque<Line>,
    busy: bool,
    /// The session is to end.
    ending: bool,
    /// The server is to end.
    over: bool,
    output: Vec<Out>,
    /// Bytes of the output.
    length: usize,
    /// The text at work is nobody's line: only whoever asked for it gets its output.
    quiet: bool,
    statements: usize,
    history: VecDeque<String>,
    /// The last session as a script.
    script: String,
}

struct Going {
    run: String,
    since: Time,
    log: Arc<Log>,
    interrupt: Arc<Interrupt>,
}

/// A text that waits for its turn.
struct Line {
    text: String,
    by: String,
    quiet: bool,
    reply: Option<oneshot::Sender<Done>>,
}

/// Something that a line gives.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ConsoleOutput)]
pub struct Out {
    /// value, text, error
    pub kind: &'static str,
    pub text: String,
    /// Of an error: 1 an await or assert failed, 2 the line could not be read, 3 it could not be carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u8>,
}

impl Out {
    fn new(said: Said, text: &str) -> Out {
        let code = match said {
            Said::Error(code) => Some(code.code()),
            _ => None,
        };
        Out { kind: said.word(), text: text.to_string(), code }
    }
}

/// What a text came to.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(as = ConsoleDone)]
pub struct Done {
    pub output: Vec<Out>,
    /// The session ended with it, or before its turn came.
    pub ended: bool,
    /// The session's run; none where it could not begin.
    pub run: Option<String>,
    /// How many events the run had then.
    pub events: usize,
}

/// How the console is.
pub struct View {
    pub run: Option<String>,
    pub since: Option<Time>,
    pub busy: bool,
    pub statements: usize,
}

impl Console {
    pub fn new(jobs: Jobs, hub: Hub, limits: ScriptLimits) -> Console {
        let (sight, state, changed) = (Shared::default(), Mutex::default(), Condvar::new());
        Console(Arc::new(Inner { jobs, hub, limits, sight, state, changed }))
    }

    /// Queues a text, and begins a session if there is none; `reply` gets the result.
    ///
    /// # Errors
    /// It is too long, too many wait, or the server ends.
    pub fn enter(&self, text: &str, by: &str, reply: Option<oneshot::Sender<Done>>) -> Result<(), Diagnostic> {
        let line = Line { text: text.to_string(), by: by.to_string(), quiet: false, reply };
        self.queue(line, true)
    }

    fn queue(&self, line: Line, begin: bool) -> Result<(), Diagnostic> {
        if line.text.len() > LONGEST {
            return Err(Diagnostic::error(format!("a line of the console has {LONGEST} bytes at most"))
                .advice("save a long text as a test and run it"));
        }
        let mut state = self.0.state();
        if state.over {
            return Err(Diagnostic::error("the server ends").advice("come again when it is back"));
        }
        if state.waiting.len() >= WAITING {
            return Err(Diagnostic::error(format!("{WAITING} lines wait for the console"))
                .advice("wait for them, or stop the line that runs"));
        }
        state.waiting.push_back(line);
        self.0.changed.notify_all();
        if state.going || !begin {
            return Ok(());
        }
        state.going = true;
        let inner = self.0.clone();
        let thread = std::thread::Builder::new().name("console".into()).spawn(move || conduct(&inner));
        if let Err(error) = thread {
            state.going = false;
            state.waiting.pop_back();
            return Err(Diagnostic::error(format!("no thread for the console: {error}")).advice("see ulimit -u"));
        }
        Ok(())
    }

    /// Ends the wait of the line that runs, as Ctrl-C does at a prompt; nothing where none runs.
    pub fn stop(&self) {
        let interrupt = {
            let state = self.0.state();
            state.session.as_ref().filter(|_| state.busy).map(|session| session.interrupt.clone())
        };
        interrupt.iter().for_each(|interrupt| interrupt.press());
    }

    /// Ends the session, and comes back when its agents are gone and its run is judged; false where there was none. A line that runs is
    /// cancelled, and the run with it.
    pub fn end(&self) -> bool {
        self.finish(false)
    }

    /// The same for good.
    pub fn close(&self) {
        self.finish(true);
    }

    fn finish(&self, over: bool) -> bool {
        let mut state = self.0.state();
        state.over |= over;
        let was = state.going;
        state.ending = was;
        self.0.changed.notify_all();
        let interrupt = state.session.as_ref().filter(|_| state.busy).map(|session| session.interrupt.clone());
        drop(state);
        interrupt.iter().for_each(|interrupt| interrupt.request());
        let mut state = self.0.state();
        while state.going {
            state = self.0.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        was
    }

    pub fn view(&self) -> View {
        let state = self.0.state();
        let session = state.session.as_ref();
        View {
            run: session.map(|session| session.run.clone()),
            since: session.map(|session| session.since),
            busy: state.busy,
            statements: state.statements,
        }
    }

    /// The lines of all sessions since the server began, the oldest first; none that held a password.
    pub fn history(&self) -> Vec<String> {
        self.0.state().history.iter().cloned().collect()
    }

    /// The session as a Rhai script, once the lines are done that wait; after its end, the last one.
    pub async fn script(&self) -> Result<String, Diagnostic> {
        let (reply, told) = oneshot::channel();
        let (is_going, last) = {
            let state = self.0.state();
            (state.going, state.script.clone())
        };
        let nothing = || Diagnostic::error("the console has no session yet").advice("enter a line first");
        if !is_going {
            return Some(last).filter(|script| !script.is_empty()).ok_or_else(nothing);
        }
        let line = Line { text: ":script".into(), by: String::new(), quiet: true, reply: Some(reply) };
        self.queue(line, false)?;
        let done = told.await.unwrap_or_default();
        match done.output.into_iter().next() {
            Some(Out { text, code: None, .. }) => Ok(text),
            Some(Out { text, .. }) => Err(Diagnostic::error(text.trim().to_string())),
            None => Some(self.0.state().script.clone()).filter(|script| !script.is_empty()).ok_or_else(nothing),
        }
    }

    /// What may stand there.
    pub fn sight(&self) -> Shared {
        self.0.sight.clone()
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn tell(&self, kind: &str, fields: serde_json::Value) {
        self.hub.tell(TOPIC, kind, fields, now());
    }
}

impl Output for Inner {
    fn say(&self, said: Said, text: &str) {
        let (kind, text) = (said.word(), mask_secrets(text));
        let mut state = self.state();
        let kept = cut(&text, OUTPUT.saturating_sub(state.length));
        state.length += kept.len();
        state.output.push(Out::new(said, kept));
        if !state.quiet {
            self.tell("console.out", json!({ "kind": kind, "text": cut(&text, TOLD) }));
        }
    }
}

/// The beginning of a text, with at most that many bytes.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

/// From the first line to the end of the agents.
fn conduct(inner: &Arc<Inner>) {
    let jobs = &inner.jobs;
    let workplace = jobs.workplace().of_job(None, Trigger::Manual, (**jobs.workplace().inputs()).clone());
    let conducted = pipeline::session(&workplace, &inner.limits, |session, header, log| {
        begins(inner, &workplace, header, log);
        let setting = Setting {
            header: header.clone(),
            colour: false,
            width: WIDTH,
            defines: workplace.inputs().macros(),
            interrupt: &workplace.interrupt,
            output: Some(inner.clone()),
        };
        let served = repl::serve(session, &mut Lines::new(inner.clone()), &setting);
        (served.ended, served.script)
    });
    match conducted {
        Ok(conducted) => {
            jobs.session_ended(&conducted.header.run, conducted.warnings);
            ended(inner, None, Some(conducted.script));
        }
        Err(problem) => ended(inner, Some(&problem), None),
    }
}

fn begins(inner: &Inner, workplace: &Workplace, header: &Header, log: &Arc<Log>) {
    inner.jobs.session_begins(header, log);
    let (run, interrupt) = (header.run.clone(), workplace.interrupt.clone());
    let mut state = inner.state();
    state.session = Some(Going { run: run.clone(), since: header.time, log: log.clone(), interrupt });
    state.statements = 0;
    inner.tell("console.run", json!({ "run": run }));
}

/// Lines that came too late are answered, never run by another session: they were meant for this one's agents.
fn ended(inner: &Inner, problem: Option<&Diagnostic>, script: Option<String>) {
    let mut state = inner.state();
    *lock(&inner.sight) = Default::default();
    let why = problem.cloned().unwrap_or_else(|| {
        Diagnostic::error("the session was ended before this line")
            .advice("enter it again: that begins another session")
    });
    let text = render(std::slice::from_ref(&why), false);
    let waiting = std::mem::take(&mut state.waiting);
    if problem.is_some() {
        inner.tell("console.out", json!({ "kind": "error", "text": text }));
    }
    for line in waiting {
        let output = vec![Out::new(Said::Error(ExitCode::Error), &text)];
        line.reply.map(|reply| reply.send(Done { output, ended: true, ..Done::default() }));
    }
    state.script = script.unwrap_or_default();
    (state.session, state.going, state.ending, state.busy, state.quiet) = (None, false, false, false, false);
    inner.tell("console.run", json!({ "run": null }));
    inner.changed.notify_all();
}

impl From<&Going> for Done {
    fn from(session: &Going) -> Done {
        Done { run: Some(session.run.clone()), events: session.log.len(), ..Done::default() }
    }
}
