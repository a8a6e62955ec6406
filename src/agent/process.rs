//! An agent as its run sees it: commands in, answers out. What happens behind is in `live`.

use crate::event::{At, Body, Ended, Note, Sink};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// Longer than any teardown: quitting, asking twice, killing.
const TEARDOWN: Duration = Duration::from_secs(5);

/// What baresip says to a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub ok: bool,
    pub data: String,
}

/// What the run wants of an agent.
pub enum Request {
    Command {
        text: String,
        at: Option<At>,
        recorded: bool,
        answer: oneshot::Sender<Result<Answer, Ended>>,
    },
    /// The run is over: what is still asked needs no answer.
    Abandon,
    Stop,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    Starting,
    Ready,
    /// It did not get ready, or its account was refused.
    Failed(Ended),
    Gone,
}

/// Shared between the agent's handle and what drives its process.
pub struct State {
    inner: Mutex<Inner>,
    changed: Condvar,
}

struct Inner {
    phase: Phase,
    abandoned: bool,
    /// Calls that have closed, but whose report has not come.
    reports_due: usize,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Nothing follows [`Phase::Gone`], and a failure is told until then.
    pub fn enter(&self, phase: Phase) {
        self.change(|inner| {
            if !matches!(inner.phase, Phase::Failed(_)) || phase == Phase::Gone {
                inner.phase = phase;
            }
        });
    }

    pub fn set_reports_due(&self, due: usize) {
        self.change(|inner| inner.reports_due = due);
    }

    fn wait_while(&self, limit: Duration, mut waiting: impl FnMut(&Inner) -> bool) -> MutexGuard<'_, Inner> {
        let end = Instant::now() + limit;
        let mut inner = self.lock();
        while waiting(&inner) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            inner = self.changed.wait_timeout(inner, left).unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
        inner
    }
}

/// A running agent. Its methods block, and are for threads outside of the agents' runtime.
pub struct Agent {
    name: Arc<str>,
    sip: SocketAddr,
    recordings: PathBuf,
    requests: mpsc::UnboundedSender<Request>,
    state: Arc<State>,
    stopping: AtomicBool,
    sink: Arc<dyn Sink>,
}

impl Agent {
    pub(super) fn new(
        name: Arc<str>,
        sip: SocketAddr,
        recordings: PathBuf,
        sink: Arc<dyn Sink>,
    ) -> (Agent, mpsc::UnboundedReceiver<Request>) {
        let (requests, receiver) = mpsc::unbounded_channel();
        let inner = Inner { phase: Phase::Starting, abandoned: false, reports_due: 0 };
        let state = Arc::new(State { inner: Mutex::new(inner), changed: Condvar::new() });
        (Agent { name, sip, recordings, requests, state, stopping: AtomicBool::new(false), sink }, receiver)
    }

    pub(super) fn state(&self) -> Arc<State> {
        self.state.clone()
    }

    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Its SIP socket; TLS has the next port.
    pub fn sip(&self) -> SocketAddr {
        self.sip
    }

    /// The folder that its recordings go to; they are whole once it has stopped.
    pub fn recordings(&self) -> &Path {
        &self.recordings
    }

    /// Waits until it takes commands. How long a start may take is limited where it is carried out.
    ///
    /// # Errors
    /// Why it does not: its program, its ports, its account.
    pub fn ready(&self) -> Result<(), Ended> {
        let inner =
            self.state.wait_while(Duration::MAX / 4, |inner| inner.phase == Phase::Starting && !inner.abandoned);
        match &inner.phase {
            Phase::Ready => Ok(()),
            Phase::Failed(why) => Err(why.clone()),
            Phase::Starting | Phase::Gone => Err(self.gone()),
        }
    }

    fn gone(&self) -> Ended {
        Ended::error(format!("agent `{}` is not running any more", self.name))
    }

    /// Sends a command and waits for its answer; both are events.
    ///
    /// # Errors
    /// A command that can't be sent as it is, an agent that died or does not answer within 5 s.
    pub fn command(&self, text: &str, at: Option<At>) -> Result<Answer, Ended> {
        self.ask(text, at, true)
    }

    /// Waits until everything that happened at the agent before is in the log: a question that is no event.
    pub fn barrier(&self) {
        let ready = self.state.lock().phase == Phase::Ready;
        if ready {
            let _ = self.ask("uuid", None, false);
        }
    }

    fn ask(&self, text: &str, at: Option<At>, recorded: bool) -> Result<Answer, Ended> {
        let (answer, answered) = oneshot::channel();
        let request = Request::Command { text: text.to_string(), at, recorded, answer };
        self.requests.send(request).map_err(|_| self.gone())?;
        answered.blocking_recv().unwrap_or_else(|_| Err(self.gone()))
    }

    /// Waits, but not longer than `limit`, for the reports of calls that have closed.
    pub fn wait_reports(&self, limit: Duration) {
        drop(self.state.wait_while(limit, |inner| inner.reports_due > 0 && inner.phase == Phase::Ready));
    }

    /// Whoever waits for this agent waits no more.
    pub fn abandon(&self) {
        self.state.change(|inner| inner.abandoned = true);
        let _ = self.requests.send(Request::Abandon);
    }

    /// Begins to stop it: its calls are ended, then its process. Does not wait.
    pub fn stop(&self) {
        if !self.stopping.swap(true, Ordering::SeqCst) {
            self.sink.push(Some(&self.name), Body::Note(Note::AgentStopping));
            let _ = self.requests.send(Request::Stop);
        }
    }

    /// Waits until its process is gone.
    pub fn stopped(&self) {
        drop(self.state.wait_while(TEARDOWN, |inner| inner.phase != Phase::Gone));
    }
}
