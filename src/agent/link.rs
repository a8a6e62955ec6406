//! Everything that connects the host with an agent's process, in one place: so the log has what happened in its order.
//!
//! What stands on the control connection is passed on after all that the agent had written before: a SIP message comes
//! before the event that it causes, and the answer to a question after everything that was there when it was asked.

use super::answer::Answer;
use super::consultation::Consultation;
use super::control::{Came, Control, Pending, Token, Woken};
use super::ctrl::Incoming;
use super::handle::Record;
use super::messages::Messages;
use super::output::Output;
use super::reports::Reports;
use super::state::State;
use super::{sound, vocabulary};
use crate::diagnostic::mask_secrets;
use crate::event::{AgentEvent, Body, Command, Ended, LogLine, Response, Sink};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// baresip's own word, after all modules are loaded, in every version.
const READY: &str = "baresip is ready.";
/// What 1.0 says when another process has its control port; it goes on without.
const NO_CONTROL: &str = "ctrl_tcp: failed to listen";
/// A question without consequences, in every version.
const HARMLESS: &str = "uuid";
/// For the rest of what a process wrote that is gone; a child of it may still hold the pipes.
const REST: Duration = Duration::from_millis(200);

pub struct Link {
    name: Arc<str>,
    sink: Arc<dyn Sink>,
    state: Arc<State>,
    output: Output,
    control: Option<Control>,
    /// None where our own module in the agent reports for itself.
    reports: Option<Reports>,
    /// None where the agent tells of them.
    messages: Option<Messages>,
    consultation: Consultation,
    /// It has said that it is ready.
    pub is_ready: bool,
    /// It has said that its control port is taken.
    pub is_refused: bool,
    /// The run's own command has asked it to quit.
    pub quits: bool,
    /// The run wants no more answers.
    abandoned: bool,
}

impl Link {
    pub fn new(
        name: Arc<str>,
        sink: Arc<dyn Sink>,
        state: Arc<State>,
        output: Output,
        reports: Option<Reports>,
        messages: Option<Messages>,
    ) -> Link {
        let (control, consultation) = (None, Consultation::default());
        let (is_ready, is_refused, quits, abandoned) = (false, false, false, false);
        Link {
            name,
            sink,
            state,
            output,
            control,
            reports,
            messages,
            consultation,
            is_ready,
            is_refused,
            quits,
            abandoned,
        }
    }

    pub async fn connect(&mut self, address: SocketAddr) -> std::io::Result<()> {
        self.control = Some(Control::connect(address).await?);
        Ok(())
    }

    /// A question was not answered in time.
    pub fn hangs(&self) -> bool {
        self.state.lock().hangs
    }

    pub fn last_lines(&self) -> Vec<String> {
        self.output.last_lines()
    }

    fn push(&self, body: Body) -> u64 {
        self.sink.push(Some(&self.name), body)
    }

    /// Passes on what has come, as soon as there is something. False when the control connection is closed.
    pub async fn turn(&mut self) -> bool {
        let control = async {
            match &self.control {
                Some(control) => control.woken().await,
                None => std::future::pending().await,
            }
        };
        let woken = tokio::select! {
            () = self.output.readable() => None,
            woken = control => Some(woken),
        };
        match woken {
            None => self.pass_output(false),
            Some(Woken::Readable) => return self.pass_control().await,
            Some(Woken::Late) => self.give_up(),
        }
        true
    }

    /// `surely`: all that the agent has written so far.
    fn pass_output(&mut self, surely: bool) {
        let last = self.control.as_ref().map_or(0, Control::last_token);
        let read = self.output.read(surely);
        let mut bodies = Vec::with_capacity(read.len());
        for body in read {
            match &body {
                Body::Log(LogLine { text, .. }) => {
                    self.is_ready |= text.contains(READY);
                    self.is_refused |= text.contains(NO_CONTROL);
                    self.reports.iter_mut().for_each(|reports| reports.line(text, last));
                }
                Body::Sip(message) => self.reports.iter_mut().for_each(|reports| reports.sip(message)),
                _ => {}
            }
            let message = match (&body, &mut self.messages) {
                (Body::Sip(message), Some(messages)) => messages.event(message),
                _ => None,
            };
            bodies.push(body);
            bodies.extend(message.map(Body::Event));
        }
        if !bodies.is_empty() {
            self.sink.push_all(Some(&self.name), bodies);
        }
    }

    async fn pass_control(&mut self) -> bool {
        let Some(control) = &mut self.control else { return false };
        let came = control.read();
        if came == Came::Nothing {
            return true;
        }
        // written before what has just been read
        self.pass_output(true);
        while let Some(incoming) = self.control.as_mut().and_then(Control::incoming) {
            match incoming {
                Ok(Incoming::Response { ok, data, token }) => self.answered(ok, data, token.as_deref()),
                Ok(Incoming::Event(fields)) => match vocabulary::event(fields) {
                    Ok(event) => self.event(event),
                    Err(what) => self.warn(format!("ctrl_tcp: {what}")),
                },
                Ok(Incoming::Message(fields)) => self.event(vocabulary::message(fields)),
                Err(error) => self.warn(error.to_string()),
            }
        }
        let open = came != Came::End;
        if open && self.reports.as_ref().is_some_and(Reports::wants_question) {
            self.send(HARMLESS, None, None).await;
        }
        open
    }

    fn warn(&self, text: String) {
        self.push(Body::Log(LogLine { level: "warning".into(), text }));
    }

    fn event(&mut self, event: AgentEvent) {
        match (event.name.as_str(), &event.call) {
            ("CALL_INCOMING", Some(id)) => self.state.lock().call_came(id),
            ("CALL_CLOSED", Some(id)) => self.state.lock().call_closed(id),
            _ => {}
        }
        self.consultation.event(&event);
        self.reports.iter_mut().for_each(|reports| reports.event(&event));
        self.push(Body::Event(event));
    }

    fn answered(&mut self, ok: bool, data: String, token: Option<&str>) {
        let Some(pending) = self.control.as_mut().and_then(|control| control.answered(token)) else { return };
        let Pending { token, event, answer, word, .. } = pending;
        let ok = ok && !(matches!(word.as_str(), "ausrc" | "auplay") && sound::refusal(&data));
        if let Some(to) = event {
            self.push(Body::Response(Response { ok, data: mask_secrets(&data), to }));
        }
        let reports = self.reports.as_mut().map(|reports| reports.answered(token)).unwrap_or_default();
        reports.into_iter().for_each(|report| _ = self.push(Body::Event(report)));
        if let Some(answer) = answer {
            let _ = answer.send(Ok(Answer { ok, data }));
        }
    }

    fn give_up(&mut self) {
        self.state.change(|inner| inner.hangs = true);
        let Some(Pending { word, answer, .. }) = self.control.as_mut().and_then(Control::give_up) else { return };
        tracing::warn!(command = word, "the agent does not answer");
        if let Some(answer) = answer {
            let advice = "it may be stopped, or busy for ever; its log is in the run's events".to_string();
            let message = format!("agent `{}` does not answer `{word}` within 5 s", self.name);
            let _ = answer.send(Err(Ended { advice: Some(advice), ..Ended::error(message) }));
        }
    }

    /// Sends a command; its answer goes to `answer` when it comes.
    pub async fn command(
        &mut self,
        text: &str,
        record: Option<Record>,
        answer: oneshot::Sender<Result<Answer, Ended>>,
    ) {
        if self.abandoned {
            return;
        }
        let word = text.split(' ').next().unwrap_or_default();
        self.quits |= record.is_some() && word == "quit";
        let named = record.as_ref().and_then(|record| record.call.clone());
        if let Some(call) = named.or_else(|| self.consultation.call_before(word)) {
            let text = format!("callfind {call}");
            let at = record.as_ref().and_then(|record| record.at.clone());
            self.send(&text.clone(), record.is_some().then_some(Record { text, call: None, at }), None).await;
        }
        self.send(text, record, Some(answer)).await;
    }

    /// Notes a command that is not sent, and the answer that it has from here.
    pub fn answer(&mut self, record: Record, ok: bool, data: String) {
        let to = self.push(Body::Command(Command { text: mask_secrets(&record.text), at: record.at }));
        self.push(Body::Response(Response { ok, data, to }));
    }

    async fn send(
        &mut self,
        text: &str,
        record: Option<Record>,
        answer: Option<oneshot::Sender<Result<Answer, Ended>>>,
    ) {
        let Some(control) = &mut self.control else { return };
        let bytes = match control.encode(text) {
            Ok(bytes) => bytes,
            Err(error) => {
                let word = text.split(' ').next().unwrap_or_default();
                let refused = Ended::error(format!("the command `{word}` can't be sent: {error}"));
                return answer.into_iter().for_each(|answer| _ = answer.send(Err(refused.clone())));
            }
        };
        // before it is written: what it sets off comes after it in the log
        let event = record.map(|Record { text, at, .. }| {
            let text = mask_secrets(&text);
            self.sink.push(Some(&self.name), Body::Command(Command { text, at }))
        });
        control.send(&bytes, text, event, answer).await;
        let token: Token = control.last_token();
        // without its parameters: they may hold passwords
        let word = || self.sink.mask(text.split_whitespace().next().unwrap_or_default());
        tracing::debug!(command = word(), token, "sends a command");
        self.reports.iter_mut().for_each(|reports| reports.asked(token));
    }

    /// Asks while nobody else can: the answer to a command of the start.
    pub async fn ask(&mut self, text: &str, record: Option<Record>) -> Result<Answer, Ended> {
        let (answer, mut answered) = oneshot::channel();
        self.command(text, record, answer).await;
        loop {
            if let Ok(answer) = answered.try_recv() {
                return answer;
            }
            if !self.turn().await {
                return Err(Ended::error(format!("agent `{}` closed its control connection", self.name)));
            }
        }
    }

    /// Nobody waits for answers any more.
    pub fn abandon(&mut self) {
        self.abandoned = true;
        self.fail_all();
    }

    /// Somebody waits for answers again.
    pub fn resume(&mut self) {
        self.abandoned = false;
    }

    /// Ends the wait for all answers.
    pub fn fail_all(&mut self) {
        self.control.iter_mut().for_each(Control::fail_all);
    }

    pub async fn quit(&mut self) {
        self.send("quit", None, None).await;
    }

    /// Passes on the rest of what a process said that is gone.
    pub async fn finish(&mut self) {
        let _ = timeout(REST, async { while self.control.is_some() && self.turn().await {} }).await;
        self.control = None;
        let _ = timeout(REST, async {
            while self.output.is_open() {
                self.turn().await;
            }
        })
        .await;
        let reports = self.reports.as_mut().map(Reports::finish).unwrap_or_default();
        reports.into_iter().for_each(|report| _ = self.push(Body::Event(report)));
    }
}
