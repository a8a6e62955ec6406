//! The service as a test's subject: on a free port, in a data folder of its own, with its key.

use super::Telefonist;
use notify::{RecursiveMode, Watcher};
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::{Method, header};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

/// A server that ends with this.
pub struct Server {
    /// Its working directory is the folder of this, its data folder is `data` there.
    pub host: Telefonist,
    pub child: Child,
    /// `http://127.0.0.1:PORT`
    pub base: String,
    /// The admin's key of this start.
    pub key: String,
    client: Client,
}

impl Server {
    pub fn start() -> Server {
        Server::start_as(Telefonist::new("serve --ui-address 127.0.0.1:0"))
    }

    /// With arguments, or files in its folder.
    pub fn start_as(host: Telefonist) -> Server {
        // none other is built in; a second time changes nothing
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut child = host.command().stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut said = |what: &str| {
            let found =
                lines.by_ref().map_while(Result::ok).find_map(|line| Some(line.split_once(what)?.1.to_string()));
            found.unwrap_or_else(|| panic!("the server ended without `{what}`"))
        };
        let base = said("listens on ");
        let key = said("(X-API-Key): ");
        // whatever else it says goes nowhere
        std::thread::spawn(move || lines.for_each(drop));
        let client = Client::builder().timeout(Duration::from_secs(60)).build().expect("a client");
        Server { host, child, base, key, client }
    }

    pub fn data_dir(&self) -> PathBuf {
        self.host.folder.path().join("data")
    }

    /// A request of nobody; `path` is below `/api/v1`, or begins with the slash of the root.
    pub fn anonymous(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let address = if path.starts_with('/') { path.to_string() } else { format!("/api/v1/{path}") };
        self.client.request(method, format!("{}{address}", self.base))
    }

    /// The same with the admin's key.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.anonymous(method, path).header("X-API-Key", &self.key)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path).answer()
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path).answer()
    }

    pub fn post(&self, path: &str, body: Value) -> Answer {
        self.request("POST", path).json(&body).answer()
    }

    pub fn put(&self, path: &str, body: Value) -> Answer {
        self.request("PUT", path).json(&body).answer()
    }

    pub fn patch(&self, path: &str, body: Value) -> Answer {
        self.request("PATCH", path).json(&body).answer()
    }

    /// Another start with the same data; it has ended.
    pub fn again(mut self) -> Server {
        Server::start_as(std::mem::replace(&mut self.host, Telefonist::new("")))
    }

    /// The job when it is over.
    #[track_caller]
    pub fn over(&self, job: i64) -> Value {
        self.get(&format!("jobs/{job}?wait=true")).is(200).json()
    }

    /// Waits until the record of a run has a word.
    pub fn wait_for(&self, run: &str, word: &str) {
        let events = self.data_dir().join("runs").join(run).join("events.jsonl");
        self.with_changes(|| std::fs::read_to_string(&events).ok().filter(|text| text.contains(word)));
    }

    /// Looks at first, and whenever something in the data folder has changed.
    pub fn with_changes<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        let (sender, changes) = std::sync::mpsc::channel();
        let mut watcher = notify::recommended_watcher(sender).expect("the kernel tells of changes");
        // a folder that goes while the tree is walked ends the walk
        while let Err(error) = watcher.watch(&self.data_dir(), RecursiveMode::Recursive) {
            let gone = match &error.kind {
                notify::ErrorKind::PathNotFound => true,
                notify::ErrorKind::Io(error) => error.kind() == std::io::ErrorKind::NotFound,
                _ => false,
            };
            assert!(gone && self.data_dir().exists(), "the folder is watched: {error}");
        }
        loop {
            if let Some(found) = look() {
                return found;
            }
            changes.recv_timeout(Duration::from_secs(60)).expect("something changes").expect("a change");
        }
    }

    /// Asks it to end, and waits until it has; gives its exit code.
    pub fn end(&mut self) -> Option<i32> {
        // SAFETY: plain kill(2) on a process that this test started and that is not waited for yet
        unsafe { libc::kill(self.child.id() as i32, libc::SIGTERM) };
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.end();
        }
    }
}

/// What came back, whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub kind: String,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// Fails the test with the whole answer when the status is another.
    #[track_caller]
    pub fn is(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

impl From<Response> for Answer {
    fn from(response: Response) -> Answer {
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let (status, kind) = (response.status().as_u16(), kind.unwrap_or_default().to_string());
        Answer { status, kind, bytes: response.bytes().expect("the body").to_vec() }
    }
}

/// Sends a request and takes all of the answer.
pub trait Ask {
    fn answer(self) -> Answer;
    /// None where the server has gone meanwhile.
    fn try_answer(self) -> Option<Answer>;
}

impl Ask for RequestBuilder {
    fn answer(self) -> Answer {
        self.send().expect("an answer").into()
    }

    fn try_answer(self) -> Option<Answer> {
        let response = self.send().ok()?;
        let status = response.status().as_u16();
        Some(Answer { status, kind: String::new(), bytes: response.bytes().ok()?.to_vec() })
    }
}
