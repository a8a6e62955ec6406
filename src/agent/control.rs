//! The control connection to an agent: commands out, answers and events in.

use super::ctrl::{Decoder, Incoming, encode};
use super::output::{SharedReports, lock};
use super::process::Answer;
use super::vocabulary;
use crate::diagnostic::mask_secrets;
use crate::event::{AgentEvent, At, Body, Command, Ended, LogLine, Response, Sink};
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

/// Answers are given at once; a longer silence is an agent that hangs.
const ANSWER: Duration = Duration::from_secs(5);

/// Connects to the control port. A port in the kernel's own range may connect to itself: that is nobody.
pub async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    if stream.local_addr()? == stream.peer_addr()? {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    stream.set_nodelay(true)?;
    Ok(stream)
}

struct Pending {
    token: String,
    /// The event of the command; none for what is not recorded.
    event: Option<u64>,
    word: String,
    answer: oneshot::Sender<Result<Answer, Ended>>,
    deadline: Instant,
}

pub struct Control {
    stream: TcpStream,
    decoder: Decoder,
    buffer: Box<[u8]>,
    pending: VecDeque<Pending>,
    tokens: u64,
    name: Arc<str>,
    sink: Arc<dyn Sink>,
    reports: SharedReports,
    consultation: Consultation,
}

/// The call of an attended transfer with its target.
///
/// baresip refers to the call that is current when `atransferexec` comes: where the first call's hold is answered after the
/// second call, that is the wrong one, and the peer is asked to call itself. So the right one is made current before.
#[derive(Default)]
enum Consultation {
    #[default]
    None,
    /// `atransferstart` has been sent.
    Asked,
    Call(String),
}

impl Control {
    pub fn new(stream: TcpStream, name: Arc<str>, sink: Arc<dyn Sink>, reports: SharedReports) -> Control {
        let buffer = vec![0; 64 * 1024].into_boxed_slice();
        Control {
            stream,
            decoder: Decoder::new(),
            buffer,
            pending: VecDeque::new(),
            tokens: 0,
            name,
            sink,
            reports,
            consultation: Consultation::None,
        }
    }

    fn push(&self, body: Body) -> u64 {
        self.sink.push(Some(&self.name), body)
    }

    /// Sends a command; its answer goes to `answer` when it comes.
    pub async fn command(
        &mut self,
        text: &str,
        at: Option<At>,
        recorded: bool,
        answer: oneshot::Sender<Result<Answer, Ended>>,
    ) {
        let word = text.split_whitespace().next().unwrap_or_default();
        match (word, std::mem::take(&mut self.consultation)) {
            ("atransferstart", _) => self.consultation = Consultation::Asked,
            ("atransferexec", Consultation::Call(id)) => {
                let (unheard, _) = oneshot::channel();
                self.send(&format!("callfind {id}"), at.clone(), recorded, unheard).await;
            }
            (_, consultation) => self.consultation = consultation,
        }
        self.send(text, at, recorded, answer).await;
    }

    async fn send(
        &mut self,
        text: &str,
        at: Option<At>,
        recorded: bool,
        answer: oneshot::Sender<Result<Answer, Ended>>,
    ) {
        let (word, parameters) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        self.tokens += 1;
        let token = self.tokens.to_string();
        let bytes = match encode(word, parameters, &token) {
            Ok(bytes) => bytes,
            Err(error) => {
                let refused = Ended::error(format!("the command `{word}` can't be sent: {error}"));
                return drop(answer.send(Err(refused)));
            }
        };
        // before it is written: what it sets off comes after it in the log
        let event = recorded.then(|| self.push(Body::Command(Command { text: mask_secrets(text.trim()), at })));
        let deadline = Instant::now() + ANSWER;
        self.pending.push_back(Pending { token, event, word: word.to_string(), answer, deadline });
        // a connection that is gone shows when it is read
        let _ = self.stream.write_all(&bytes).await;
    }

    /// `uanew` with the agent's account, and its answer.
    pub async fn create(&mut self, line: &str) -> Result<(), Ended> {
        let (answer, mut answered) = oneshot::channel();
        self.command(&format!("uanew {line}"), None, true, answer).await;
        loop {
            match answered.try_recv() {
                Ok(Ok(Answer { ok: true, .. })) => return Ok(()),
                Ok(Ok(Answer { data, .. })) => {
                    return Err(Ended::error(format!(
                        "agent `{}`: its account is refused: {}",
                        self.name,
                        data.trim()
                    )));
                }
                Ok(Err(why)) => return Err(why),
                Err(_) if self.turn().await => {}
                Err(_) => return Err(Ended::error(format!("agent `{}` closed its control connection", self.name))),
            }
        }
    }

    pub async fn quit(&mut self) {
        if let Ok(bytes) = encode("quit", "", "quit") {
            let _ = self.stream.write_all(&bytes).await;
        }
    }

    /// One step: what has come is passed on, or the time of the oldest question is up. False when the connection is closed.
    pub async fn turn(&mut self) -> bool {
        let deadline = self.pending.front().map(|pending| pending.deadline);
        let expired = async {
            match deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            read = self.stream.read(&mut self.buffer) => match read {
                Ok(0) | Err(_) => false,
                Ok(length) => {
                    self.acknowledge_at_once();
                    self.decoder.feed(&self.buffer[..length]);
                    self.pass_on();
                    true
                }
            },
            () = expired => {
                if let Some(Pending { word, answer, .. }) = self.pending.pop_front() {
                    let hangs = Ended::error(format!("agent `{}` does not answer `{word}` within 5 s", self.name));
                    let _ = answer.send(Err(hangs));
                }
                true
            }
        }
    }

    /// baresip leaves Nagle's algorithm on: without this a delayed acknowledgement holds its next event back for 40 ms.
    fn acknowledge_at_once(&self) {
        let on: libc::c_int = 1;
        // SAFETY: a valid descriptor; the option is a C int
        unsafe {
            let (value, length) = ((&raw const on).cast(), size_of_val(&on) as libc::socklen_t);
            libc::setsockopt(self.stream.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_QUICKACK, value, length);
        }
    }

    fn pass_on(&mut self) {
        while let Some(incoming) = self.decoder.next() {
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
    }

    fn warn(&self, text: String) {
        self.push(Body::Log(LogLine { level: "warning".into(), text }));
    }

    fn event(&mut self, event: AgentEvent) {
        if let (Consultation::Asked, "CALL_OUTGOING", Some(id)) = (&self.consultation, event.name.as_str(), &event.call)
        {
            self.consultation = Consultation::Call(id.clone());
        }
        if let Some(reports) = &self.reports {
            lock(reports).event(&event);
        }
        self.push(Body::Event(event));
    }

    fn answered(&mut self, ok: bool, data: String, token: Option<&str>) {
        let Some(place) = self.pending.iter().position(|pending| Some(pending.token.as_str()) == token) else { return };
        let Some(Pending { event, answer, .. }) = self.pending.remove(place) else { return };
        if let Some(to) = event {
            self.push(Body::Response(Response { ok, data: mask_secrets(&data), to }));
        }
        let _ = answer.send(Ok(Answer { ok, data }));
    }

    /// Nobody will answer what is still asked.
    pub fn fail_all(&mut self) {
        self.pending.clear();
    }
}
