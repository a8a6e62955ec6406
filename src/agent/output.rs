//! What an agent writes: SIP trace and log, cut into events.

use super::trace::{Splitter, Viewpoint};
use crate::event::Body;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::net::unix::pipe::Receiver;
use tokio::process::Child;
use tokio::time::{Instant, sleep_until};

/// For the error message of an agent that does not start.
const LAST_LINES: usize = 8;
/// Pieces that are read at once: the first one has all that a pipe may hold. More would let an agent that never stops writing keep
/// everything else waiting.
const PIECES: usize = 2;

/// An agent writes a message at once. Of a long one that says it is longer, no more comes after that time.
const SETTLED: Duration = Duration::from_millis(50);
/// What is no longer than this is in a pipe as a whole or not at all (PIPE_BUF).
const WHOLE: usize = 4096;

/// Reads what is there, and never waits within a piece.
pub struct Output {
    stdout: Pipe,
    stderr: Pipe,
    viewpoint: Viewpoint,
    last_lines: VecDeque<String>,
    buffer: Box<[u8]>,
}

struct Pipe {
    /// None after its end.
    receiver: Option<Receiver>,
    /// The same pipe, for reading what the runtime does not know of yet.
    direct: File,
    splitter: Splitter,
    /// When bytes came last.
    fed: Instant,
}

impl Pipe {
    fn new(end: OwnedFd) -> io::Result<Pipe> {
        let direct = File::from(end.try_clone()?);
        Ok(Pipe {
            receiver: Some(Receiver::from_owned_fd(end)?),
            direct,
            splitter: Splitter::new(),
            fed: Instant::now(),
        })
    }

    async fn readable(&self) {
        match &self.receiver {
            Some(receiver) => drop(receiver.readable().await),
            None => std::future::pending().await,
        }
    }

    /// Waits until the message that has come so far is over; for ever where it may go on.
    async fn settled(&self) {
        match self.splitter.may_be_over() {
            true => sleep_until(self.fed + SETTLED).await,
            false => std::future::pending().await,
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.splitter.feed(bytes);
        self.fed = Instant::now();
    }

    /// `surely`: also what the runtime does not know of yet. Where that does not matter, its word saves a system call.
    fn read(&mut self, buffer: &mut [u8], surely: bool) {
        let mut has_read = false;
        for _ in 0..PIECES {
            let Some(receiver) = &self.receiver else { return };
            match receiver.try_read(buffer) {
                Ok(length) if length > 0 => {
                    has_read = true;
                    self.feed(&buffer[..length]);
                }
                // after it has read, this is the kernel's word; else it may be the runtime's for "nothing that I know of"
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && has_read => return self.settle(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !surely && !self.splitter.may_be_over() {
                        return;
                    }
                    match self.direct.read(buffer) {
                        Ok(length) if length > 0 => self.feed(&buffer[..length]),
                        _ => return self.settle(),
                    }
                }
                Ok(_) | Err(_) => {
                    self.receiver = None;
                    self.splitter.end();
                }
            }
        }
    }

    /// All that was written has been read.
    fn settle(&mut self) {
        // what it makes the agent do comes over another connection, and later
        let long = self.fed.elapsed() < SETTLED;
        self.splitter.settle(if long { WHOLE } else { usize::MAX });
    }
}

impl Output {
    /// `sockets`: `address:port` of the agent's SIP sockets.
    pub fn of(child: &mut Child, sockets: Vec<String>) -> io::Result<Output> {
        let missing = || io::Error::other("no pipe to its output");
        let stdout = child.stdout.take().ok_or_else(missing)?.into_owned_fd()?;
        let stderr = child.stderr.take().ok_or_else(missing)?.into_owned_fd()?;
        Ok(Output {
            stdout: Pipe::new(stdout)?,
            stderr: Pipe::new(stderr)?,
            viewpoint: Viewpoint::new(sockets),
            last_lines: VecDeque::new(),
            buffer: vec![0; 64 * 1024].into_boxed_slice(),
        })
    }

    /// Waits until there may be something to read; for ever after the end.
    pub async fn readable(&self) {
        tokio::select! {
            () = self.stdout.readable() => {}
            () = self.stderr.readable() => {}
            () = self.stdout.settled() => {}
        }
    }

    pub fn is_open(&self) -> bool {
        self.stdout.receiver.is_some() || self.stderr.receiver.is_some()
    }

    /// What has come; `surely`: all that has been written so far.
    pub fn read(&mut self, surely: bool) -> Vec<Body> {
        let mut bodies = vec![];
        for pipe in [&mut self.stdout, &mut self.stderr] {
            pipe.read(&mut self.buffer, surely);
            for item in pipe.splitter.by_ref() {
                let body = self.viewpoint.event(item);
                if let Body::Log(line) = &body {
                    self.last_lines.push_back(line.text.clone());
                }
                bodies.push(body);
            }
        }
        let surplus = self.last_lines.len().saturating_sub(LAST_LINES);
        self.last_lines.drain(..surplus);
        bodies
    }

    /// Why it did not start stands in the last lines of its log.
    pub fn last_lines(&self) -> Vec<String> {
        self.last_lines.iter().map(|line| format!("its log: {line}")).collect()
    }
}
