//! What an agent writes: SIP trace and log, cut into events.

use super::trace::{Splitter, Viewpoint};
use crate::event::Body;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use tokio::io::unix::AsyncFd;
use tokio::process::Child;

/// For the error message of an agent that does not start.
const LAST_LINES: usize = 8;
/// Pieces that are read at once, so that an agent that never stops writing does not keep everything else waiting.
const PIECES: usize = 16;

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
    end: Option<AsyncFd<File>>,
    /// It was left with more to read.
    more: bool,
    splitter: Splitter,
}

impl Pipe {
    fn new(end: OwnedFd) -> io::Result<Pipe> {
        let end = File::from(unblocked(end)?);
        Ok(Pipe { end: Some(AsyncFd::new(end)?), more: false, splitter: Splitter::new() })
    }

    async fn readable(&self) {
        match &self.end {
            Some(_) if self.more => {}
            Some(end) => {
                if let Ok(mut ready) = end.readable().await {
                    // all of it will be read, or `more` set
                    ready.clear_ready();
                }
            }
            None => std::future::pending().await,
        }
    }

    /// Reads the pipe itself: what the runtime knows of it may be older than what has come on another way meanwhile.
    fn read(&mut self, buffer: &mut [u8]) {
        self.more = false;
        for _ in 0..PIECES {
            let Some(end) = &self.end else { return };
            match end.get_ref().read(buffer) {
                Ok(length) if length > 0 => self.splitter.feed(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => {
                    self.end = None;
                    self.splitter.end();
                }
            }
        }
        self.more = true;
    }
}

/// Makes reads from it come back at once.
fn unblocked(end: OwnedFd) -> io::Result<OwnedFd> {
    // SAFETY: plain fcntl(2) on a descriptor that is owned here
    let flags = unsafe { libc::fcntl(end.as_raw_fd(), libc::F_GETFL) };
    // SAFETY: the same
    match unsafe { libc::fcntl(end.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(end),
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
        }
    }

    pub fn is_open(&self) -> bool {
        self.stdout.end.is_some() || self.stderr.end.is_some()
    }

    /// All that has been written so far.
    pub fn read(&mut self) -> Vec<Body> {
        let mut bodies = vec![];
        for pipe in [&mut self.stdout, &mut self.stderr] {
            pipe.read(&mut self.buffer);
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
