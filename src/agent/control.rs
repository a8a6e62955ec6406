//! The control connection to an agent: what has been asked, and until when it has to be answered.

#![expect(unsafe_code, reason = "sets an option of a socket")]

use super::answer::Answer;
use super::ctrl::{CtrlError, Decoder, EncodeError, Incoming, encode};
use crate::event::Ended;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

/// Answers are given at once; a longer silence is an agent that hangs.
const ANSWER: Duration = Duration::from_secs(5);

/// Counts what was sent; baresip answers in the same order.
pub type Token = u64;

/// Something asked that has no answer yet.
pub struct Pending {
    pub token: Token,
    /// The event of the command; none for what is not recorded.
    pub event: Option<u64>,
    pub word: String,
    /// None where only the order of things is asked.
    pub answer: Option<oneshot::Sender<Result<Answer, Ended>>>,
    deadline: Instant,
}

/// What there is to do.
pub enum Woken {
    Readable,
    /// The oldest question has waited for too long.
    Late,
}

/// What was there to read.
#[derive(Debug, PartialEq)]
pub enum Came {
    Something,
    Nothing,
    /// The connection is closed.
    End,
}

pub struct Control {
    stream: TcpStream,
    decoder: Decoder,
    buffer: Box<[u8]>,
    pending: VecDeque<Pending>,
    tokens: Token,
}

impl Control {
    /// A port in the kernel's own range may connect to itself: that is nobody.
    pub async fn connect(address: SocketAddr) -> io::Result<Control> {
        let stream = TcpStream::connect(address).await?;
        if stream.local_addr()? == stream.peer_addr()? {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        stream.set_nodelay(true)?;
        let buffer = vec![0; 64 * 1024].into_boxed_slice();
        Ok(Control { stream, decoder: Decoder::new(), buffer, pending: VecDeque::new(), tokens: 0 })
    }

    /// The token of what was sent last.
    pub fn last_token(&self) -> Token {
        self.tokens
    }

    /// A command as bytes.
    pub fn encode(&mut self, text: &str) -> Result<Vec<u8>, EncodeError> {
        let (word, parameters) = text.split_once(' ').unwrap_or((text, ""));
        encode(word, parameters, &(self.tokens + 1).to_string())
    }

    /// Sends what [`Control::encode`] gave.
    pub async fn send(
        &mut self,
        bytes: &[u8],
        text: &str,
        event: Option<u64>,
        answer: Option<oneshot::Sender<Result<Answer, Ended>>>,
    ) {
        self.tokens += 1;
        let word = text.split(' ').next().unwrap_or_default().to_string();
        let deadline = Instant::now() + ANSWER;
        self.pending.push_back(Pending { token: self.tokens, event, word, answer, deadline });
        // a connection that is gone shows when it is read
        let _ = self.stream.write_all(bytes).await;
    }

    pub async fn woken(&self) -> Woken {
        let late = async {
            match self.pending.front() {
                Some(pending) => sleep_until(pending.deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.stream.readable() => Woken::Readable,
            () = late => Woken::Late,
        }
    }

    /// Takes in what has come.
    pub fn read(&mut self) -> Came {
        let mut came = Came::Nothing;
        // the second time tells the runtime that nothing is left, which saves it another turn
        for _ in 0..2 {
            match self.stream.try_read(&mut self.buffer) {
                Ok(0) => return Came::End,
                Ok(length) => {
                    came = Came::Something;
                    self.acknowledge_at_once();
                    self.decoder.feed(&self.buffer[..length]);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return came,
                Err(_) => return Came::End,
            }
        }
        came
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

    /// The next thing that has come whole.
    pub fn incoming(&mut self) -> Option<Result<Incoming, CtrlError>> {
        self.decoder.next()
    }

    /// The question that the token answers; none for a late or foreign one.
    pub fn answered(&mut self, token: Option<&str>) -> Option<Pending> {
        let token: Token = token?.parse().ok()?;
        let place = self.pending.iter().position(|pending| pending.token == token)?;
        self.pending.remove(place)
    }

    /// The oldest question, given up.
    pub fn give_up(&mut self) -> Option<Pending> {
        self.pending.pop_front()
    }

    /// Nobody will answer what is still asked, nor hear it.
    pub fn fail_all(&mut self) {
        for pending in &mut self.pending {
            pending.answer = None;
        }
    }
}
