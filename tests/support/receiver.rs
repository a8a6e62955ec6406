//! A receiver of webhooks: gives the answers that a test wrote down, and tells of the requests that it got.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// In place of an answer: none, for as long as the receiver is there.
pub const SILENCE: &str = "";

/// What came.
#[derive(Debug)]
pub struct Request {
    /// `POST /hook HTTP/1.1`
    pub line: String,
    /// By their names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
    /// When it was here whole.
    pub at: Instant,
}

pub struct Receiver {
    url: String,
    requests: mpsc::Receiver<Request>,
}

impl Receiver {
    /// Gives these answers (`200 OK`, and headers after CRLF), one to each connection; then it is down.
    pub fn new(answers: &[&str]) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/hook/s3cret-path", listener.local_addr().expect("its address"));
        let answers: Vec<String> = answers.iter().map(|answer| answer.to_string()).collect();
        let (sender, requests) = mpsc::channel();
        std::thread::spawn(move || {
            let mut silent = vec![];
            for answer in answers {
                let Ok((stream, _)) = listener.accept() else { return };
                let Some(request) = read_request(&stream) else { return };
                // who waits for the request may look at what came of the answer
                match answer.as_str() {
                    SILENCE => silent.push(stream),
                    answer => give(stream, answer),
                }
                let _ = sender.send(request);
            }
        });
        Receiver { url, requests }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Scheme, host and port.
    pub fn address(&self) -> &str {
        self.url.trim_end_matches("/hook/s3cret-path")
    }

    /// The next request; waits for it.
    #[track_caller]
    pub fn next(&self) -> Request {
        self.requests.recv_timeout(Duration::from_secs(30)).expect("a request")
    }

    /// How many requests came that nobody asked for.
    pub fn rest(&self) -> usize {
        self.requests.try_iter().count()
    }
}

/// One request; none where the other side leaves before it is whole.
pub fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut lines = vec![];
    loop {
        let mut line = String::new();
        match reader.read_line(&mut line).ok()? {
            0 => return None,
            _ if line == "\r\n" => break,
            _ => lines.push(line.trim_end().to_string()),
        }
    }
    let split = |line: &String| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_string()));
    let headers: BTreeMap<_, _> = lines.iter().skip(1).filter_map(split).collect();
    let mut body = vec![0; headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    Some(Request { line: lines.swap_remove(0), headers, body, at: Instant::now() })
}

pub fn give(mut stream: TcpStream, answer: &str) {
    let end = "content-length: 0\r\nconnection: close\r\n\r\n";
    let _ = stream.write_all(format!("HTTP/1.1 {answer}\r\n{end}").as_bytes());
}
