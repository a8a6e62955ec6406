//! A WebSocket client of a server under test.

use super::server::Server;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, HandshakeError, Message, WebSocket, client};

/// Longer than anything that is waited for takes on a machine with much to do.
const LIMIT: Duration = Duration::from_secs(40);

/// Its words can be lost on the way.
struct Line {
    stream: TcpStream,
    mute: bool,
}

impl Read for Line {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.stream.read(bytes)
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.mute { Ok(bytes.len()) } else { self.stream.write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

pub struct Socket {
    socket: WebSocket<Line>,
    /// Messages that came with the last batch.
    waiting: VecDeque<Value>,
}

impl Socket {
    /// With the admin's key.
    pub fn connect(server: &Server) -> Socket {
        Socket::with(server, &[("x-api-key", &server.key)]).expect("a connection")
    }

    /// With these headers; the status where the server refuses.
    pub fn with(server: &Server, headers: &[(&str, &str)]) -> Result<Socket, u16> {
        let address = server.base.trim_start_matches("http://");
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(LIMIT)).expect("a socket");
        let mut request = format!("ws://{address}/ws").into_client_request().expect("a request");
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a value"));
        }
        match client(request, Line { stream, mute: false }) {
            Ok((socket, _)) => Ok(Socket { socket, waiting: VecDeque::new() }),
            Err(HandshakeError::Failure(Error::Http(response))) => Err(response.status().as_u16()),
            Err(error) => panic!("no handshake: {error}"),
        }
    }

    /// With so little room that the server notices soon that nobody reads.
    pub fn slow(self) -> Socket {
        let size: libc::c_int = 4096;
        // SAFETY: an open socket, and a pointer to a value of that length
        let set = unsafe {
            let (socket, length) =
                (self.socket.get_ref().stream.as_raw_fd(), size_of::<libc::c_int>() as libc::socklen_t);
            libc::setsockopt(socket, libc::SOL_SOCKET, libc::SO_RCVBUF, (&raw const size).cast(), length)
        };
        assert_eq!(set, 0);
        self
    }

    /// From now on the server hears nothing of it, not even answers to pings.
    pub fn mute(mut self) -> Socket {
        self.socket.get_mut().mute = true;
        self
    }

    pub fn send(&mut self, message: Value) {
        self.text(&message.to_string());
    }

    pub fn text(&mut self, text: &str) {
        self.raw(Message::text(text));
    }

    pub fn raw(&mut self, message: Message) {
        self.socket.send(message).expect("the server takes it");
    }

    /// Subscribes and gives the acknowledgement.
    #[track_caller]
    pub fn follow(&mut self, topic: &str, since: i64) -> Value {
        self.send(json!({ "op": "sub", "topic": topic, "since": since }));
        self.wait(|message| matches!(message["t"].as_str(), Some("ack" | "error")))
    }

    /// The next message; none when the server has closed the connection, whose code is then given.
    pub fn next(&mut self) -> Result<Value, u16> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return Ok(message);
            }
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    let batch: Vec<Value> = serde_json::from_str(&text).expect("an array of messages");
                    self.waiting.extend(batch);
                }
                Ok(Message::Close(frame)) => return Err(frame.map_or(1005, |frame| frame.code.into())),
                Ok(_) => {}
                Err(error) => panic!("no message: {error}"),
            }
        }
    }

    /// Reads up to the message that is meant, and gives it.
    #[track_caller]
    pub fn wait(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        self.until(is_it).pop().expect("a message")
    }

    /// All messages up to the one that is meant.
    #[track_caller]
    pub fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Vec<Value> {
        let (mut seen, begun) = (vec![], Instant::now());
        loop {
            assert!(
                begun.elapsed() < LIMIT,
                "it does not come; what came last: {:#?}",
                &seen[seen.len().saturating_sub(5)..]
            );
            match self.next() {
                Ok(message) if message["t"] == "ping" => {}
                Ok(message) => {
                    let found = is_it(&message);
                    seen.push(message);
                    if found {
                        return seen;
                    }
                }
                Err(code) => panic!("closed with {code} after {:#?}", seen.last()),
            }
        }
    }

    /// Reads on until the server closes the connection; gives the code.
    pub fn closed(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next() {
                return code;
            }
        }
    }
}
