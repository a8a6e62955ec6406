//! An agent as its run sees it: commands in, answers out. What happens behind is in `live`.

use super::answer::Answer;
use super::contacts::Contacts;
use super::launch::Start;
use super::listed::{self, Fate};
use super::listening::ask::ListenAsk;
use super::state::{Inner, Phase, State};
use super::{patience, sound};
use crate::event::{At, Body, Ended, Note, Sink, lock};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Longer than any teardown: quitting, asking twice, killing.
const TEARDOWN: Duration = Duration::from_secs(5);

/// How a command stands in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub text: String,
    /// The id of the call that it is for, where that need not be the current one.
    pub call: Option<String>,
    pub at: Option<At>,
}

/// What the run wants of an agent.
pub enum Request {
    Command {
        text: String,
        /// None for a question of the host's own, which is no event.
        record: Option<Record>,
        answer: oneshot::Sender<Result<Answer, Ended>>,
    },
    /// A command that is not sent, and its answer.
    Answered {
        record: Record,
        answer: Answer,
    },
    /// The run is over: what is still asked needs no answer.
    Abandon,
    /// It is not over after all.
    Resume,
    Stop,
}

/// Something that was asked of an agent, and waits for its answer.
pub type Question = oneshot::Receiver<Result<Answer, Ended>>;

/// A running agent. Its methods block, and are for threads outside of the agents' runtime.
pub struct Agent {
    name: Arc<str>,
    local: bool,
    embedded: bool,
    /// Longer than its start may take, which is limited where it is carried out.
    longest_start: Duration,
    requests: mpsc::UnboundedSender<Request>,
    state: Arc<State>,
    stopping: AtomicBool,
    contacts: Mutex<Contacts>,
    sink: Arc<dyn Sink>,
}

impl Agent {
    pub(super) fn new(start: &Start, contacts: Contacts) -> (Agent, mpsc::UnboundedReceiver<Request>) {
        let (requests, receiver) = mpsc::unbounded_channel();
        let agent = Agent {
            name: start.name.clone(),
            local: start.local,
            embedded: start.kind.embedded,
            // a port that is taken makes a start begin again
            longest_start: start.limit.saturating_mul(2 * patience::MOST),
            requests,
            state: Arc::new(State::new(start.sip, start.folder.clone())),
            stopping: AtomicBool::new(false),
            contacts: Mutex::new(contacts),
            sink: start.sink.clone(),
        };
        (agent, receiver)
    }

    pub(super) fn state(&self) -> Arc<State> {
        self.state.clone()
    }

    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Its SIP socket; TLS has the next port.
    pub fn sip(&self) -> SocketAddr {
        self.state.lock().sip
    }

    /// Whether it registers nowhere and is reached on this machine alone.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// The folder that its recordings go to; they are whole once it has stopped.
    pub fn recordings(&self) -> PathBuf {
        self.state.lock().folder.join("recordings")
    }

    /// Waits until it takes commands.
    ///
    /// # Errors
    /// Why it does not: its program, its ports, its account.
    pub fn ready(&self) -> Result<(), Ended> {
        let inner = self.started();
        match &inner.phase {
            Phase::Ready if !inner.abandoned => Ok(()),
            Phase::Failed(why) => Err(why.clone()),
            _ => Err(self.gone(&inner)),
        }
    }

    /// Waits until it is known what came of its start.
    fn started(&self) -> MutexGuard<'_, Inner> {
        self.state.wait_while(self.longest_start, |inner| inner.phase == Phase::Starting && !inner.abandoned)
    }

    /// Why it never got ready, once that is known.
    pub fn failed(&self) -> Option<Ended> {
        let inner = self.started();
        match &inner.phase {
            Phase::Failed(why) => Some(why.clone()),
            Phase::Starting => Some(self.gone(&inner)),
            Phase::Ready | Phase::Stopped | Phase::Lost(_) => None,
        }
    }

    /// Whether its process has ended, or is being stopped.
    pub fn has_ended(&self) -> bool {
        self.is_gone() || matches!(self.state.lock().phase, Phase::Failed(_))
    }

    /// Whether it has run, and its process has ended or is being stopped.
    pub fn is_gone(&self) -> bool {
        let phase = &self.state.lock().phase;
        self.stopping.load(Ordering::SeqCst) || matches!(phase, Phase::Stopped | Phase::Lost(_))
    }

    /// Whether its process went away by itself.
    pub fn is_lost(&self) -> bool {
        matches!(self.state.lock().phase, Phase::Lost(_))
    }

    fn gone(&self, inner: &Inner) -> Ended {
        let stopping = self.stopping.load(Ordering::SeqCst);
        Ended::error(match &inner.phase {
            Phase::Lost(status) => return Ended::lost(&self.name, status),
            _ if stopping && inner.over && !inner.abandoned => {
                format!("agent `{}` has been stopped; no command reaches it before its restart()", self.name)
            }
            _ if stopping || inner.abandoned => format!("agent `{}` is being stopped", self.name),
            _ => format!("agent `{}` has ended; no command reaches it", self.name),
        })
    }

    /// Sends a command and waits for its answer; both are events.
    ///
    /// `message URI TEXT` sends a text to the URI, whatever baresip's own `message` (to the current contact) needs for it.
    ///
    /// # Errors
    /// A command that can't be sent as it is, an agent that died, is being stopped, or does not answer within 5 s.
    pub fn command(&self, text: &str, at: Option<At>) -> Result<Answer, Ended> {
        self.command_in(None, text, at)
    }

    /// The same for one of its calls, by its id, which becomes the current one.
    pub fn command_in(&self, call: Option<&str>, text: &str, at: Option<At>) -> Result<Answer, Ended> {
        let text = text.trim();
        let record = Record { text: text.to_string(), call: call.map(str::to_string), at };
        if listed::concerns(text) && !(self.embedded && self.is_plain(text)) {
            return self.of_call(text, record);
        }
        let Some((peer, message)) = Contacts::message(text) else { return self.ask(text, Some(record)) };
        let mut contacts = lock(&self.contacts);
        let folder = self.state.lock().folder.clone();
        contacts.select(peer, &folder, |question| self.ask(question, None))?;
        self.ask(&format!("message {message}"), Some(record))
    }

    /// Whether the embedded agent needs no list of its calls for a command: it refuses a hold or resume that would do nothing by itself,
    /// and of one call that came in there is no newer one.
    fn is_plain(&self, text: &str) -> bool {
        matches!(text, "hold" | "resume") || self.state.lock().came.len() < 2
    }

    /// Has it listen for something in its calls; no event shows that.
    ///
    /// # Errors
    /// As for any command; it can't listen.
    pub fn listen(&self, ask: &ListenAsk) -> Result<(), Ended> {
        let answer = self.ask(&ask.command(), None)?;
        match answer.ok {
            true => Ok(()),
            false => Err(Ended::error(format!("agent `{}` can't listen: {}", self.name, answer.data.trim()))),
        }
    }

    /// Makes a sound file known in the agent's folder; returns its path there.
    ///
    /// # Errors
    /// The file is no sound, or can't be made known.
    pub fn link_sound(&self, file: &Path) -> Result<String, Ended> {
        self.ready()?;
        let folder = self.state.lock().folder.clone();
        sound::check_readable(file)?;
        sound::link(file, &folder)
    }

    /// The sound files that it was told to send, the newest last.
    pub fn played(&self) -> Vec<PathBuf> {
        self.state.lock().played.iter().cloned().collect()
    }

    /// Sends `ausrc` for a sound file; `text` is the command as the test has it.
    ///
    /// # Errors
    /// As for any command; the file can't be made known to the agent.
    pub fn play(&self, call: Option<&str>, text: &str, file: &Path, at: Option<At>) -> Result<Answer, Ended> {
        self.ready()?;
        let folder = self.state.lock().folder.clone();
        let record = Record { text: text.trim().to_string(), call: call.map(str::to_string), at };
        let answer = self.ask(&sound::linked(file, &folder)?, Some(record))?;
        if answer.ok {
            self.state.lock().play(file);
        }
        Ok(answer)
    }

    /// A command for a call: where the agent would say ok and do nothing, or something else, it gets its answer here.
    fn of_call(&self, text: &str, mut record: Record) -> Result<Answer, Ended> {
        let list = self.ask("listcalls", None)?;
        let Some(calls) = listed::read(&list.data) else { return self.ask(text, Some(record)) };
        let came: Vec<(String, bool)> = self.state.lock().came.iter().cloned().collect();
        let (ok, data) = match listed::fate(text, record.call.as_deref(), &calls, &came) {
            Fate::Sent => {
                if text == "accept" {
                    self.state.change(|inner| inner.came.iter_mut().for_each(|(_, accepted)| *accepted = true));
                }
                return self.ask(text, Some(record));
            }
            Fate::SentFor(call) => {
                record.call = Some(call);
                return self.ask(text, Some(record));
            }
            Fate::Done(what) => (true, what),
            Fate::Refused(why) => (false, why),
        };
        let answer = Answer { ok, data: data.to_string() };
        let told = self.requests.send(Request::Answered { record, answer: answer.clone() });
        told.map_err(|_| self.gone(&self.state.lock()))?;
        // the command and its answer stand in the log when this comes back
        self.barrier();
        Ok(answer)
    }

    /// Waits until everything that happened at the agent before is in the log: a question that is no event.
    pub fn barrier(&self) {
        self.question().into_iter().for_each(|question| drop(question.blocking_recv()));
    }

    /// The question of a barrier, asked; its answer can be waited for. None where there is no use in asking.
    pub fn question(&self) -> Option<Question> {
        let asks = {
            let inner = self.state.lock();
            inner.phase == Phase::Ready && !inner.abandoned && !inner.hangs
        };
        asks.then(|| self.send("uuid", None).ok()).flatten()
    }

    /// Why it can't be relied on: it left a question without an answer.
    pub fn hangs(&self) -> Option<Ended> {
        self.state.lock().hangs.then(|| {
            let advice = "it may be stopped, or busy for ever; its log is in the run's events".to_string();
            Ended { advice: Some(advice), ..Ended::error(format!("agent `{}` hangs: it does not answer", self.name)) }
        })
    }

    fn ask(&self, text: &str, record: Option<Record>) -> Result<Answer, Ended> {
        self.ready()?;
        if let Some(hangs) = self.hangs() {
            return Err(hangs);
        }
        let answered = self.send(text, record)?.blocking_recv();
        answered.unwrap_or_else(|_| Err(self.gone(&self.state.lock())))
    }

    fn send(&self, text: &str, record: Option<Record>) -> Result<Question, Ended> {
        let (answer, answered) = oneshot::channel();
        let sent = self.requests.send(Request::Command { text: text.to_string(), record, answer });
        sent.map_err(|_| self.gone(&self.state.lock()))?;
        Ok(answered)
    }

    /// Waits, but not longer than `limit`, for the reports of calls that have closed.
    pub fn wait_reports(&self, limit: Duration) {
        drop(
            self.state.wait_while(limit, |inner| inner.reports_due > 0 && inner.phase == Phase::Ready && !inner.hangs),
        );
    }

    /// Whoever waits for this agent waits no more.
    pub fn abandon(&self) {
        self.state.change(|inner| inner.abandoned = true);
        let _ = self.requests.send(Request::Abandon);
    }

    /// The run goes on after all: it takes commands again.
    pub fn resume(&self) {
        self.state.change(|inner| inner.abandoned = false);
        let _ = self.requests.send(Request::Resume);
    }

    /// What it says from here on is not part of the flow.
    pub fn ends_flow(&self) {
        if !self.stopping.swap(true, Ordering::SeqCst) {
            self.sink.push(Some(&self.name), Body::Note(Note::AgentStopping));
        }
    }

    /// Begins to stop it: its calls are ended, then its process. Does not wait.
    pub fn stop(&self) {
        self.ends_flow();
        let _ = self.requests.send(Request::Stop);
    }

    /// Waits until nothing of it is left.
    pub fn stopped(&self) {
        drop(self.state.wait_while(TEARDOWN, |inner| !inner.over));
    }
}
