//! What an agent writes: SIP trace and log, passed on as it comes.

use super::live::Start;
use super::reports::Reports;
use super::trace::{Item, Splitter, Viewpoint};
use crate::diagnostic::mask_secrets;
use crate::event::{Body, LogLine, Sink};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// baresip's own word, after all modules are loaded, in every version.
const READY: &str = "baresip is ready.";
/// For the error message of an agent that does not start.
const LAST_LINES: usize = 8;
/// For the pipes of a process that is gone to be read to their ends; a child of it may still hold them.
const REST: Duration = Duration::from_millis(200);

/// The reports of an agent that has no module of ours for them.
pub type SharedReports = Option<Arc<Mutex<Reports>>>;

pub fn lock(reports: &Mutex<Reports>) -> MutexGuard<'_, Reports> {
    reports.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

type Lines = Arc<Mutex<VecDeque<String>>>;

pub struct Output {
    ready: Option<oneshot::Receiver<()>>,
    lines: Lines,
    readers: Vec<JoinHandle<()>>,
}

/// Where what is read goes.
struct Reader {
    name: Arc<str>,
    sink: Arc<dyn Sink>,
    lines: Lines,
    ready: Option<oneshot::Sender<()>>,
    reports: SharedReports,
    viewpoint: Viewpoint,
}

impl Output {
    /// Reads stdout and stderr of the process until they end.
    pub fn follow(child: &mut Child, start: &Start, reports: SharedReports) -> Output {
        let (sender, ready) = oneshot::channel();
        let lines = Lines::default();
        let sip = start.sip;
        let tls = std::net::SocketAddr::new(sip.ip(), sip.port() + 1);
        let reader = |ready, reports| Reader {
            name: start.name.clone(),
            sink: start.sink.clone(),
            lines: lines.clone(),
            ready,
            reports,
            viewpoint: Viewpoint::new(vec![sip.to_string(), tls.to_string()]),
        };
        let mut readers = vec![];
        if let Some(stdout) = child.stdout.take() {
            readers.push(tokio::spawn(reader(Some(sender), reports).read(stdout)));
        }
        if let Some(stderr) = child.stderr.take() {
            readers.push(tokio::spawn(reader(None, None).read(stderr)));
        }
        Output { ready: Some(ready), lines, readers }
    }

    /// True when the agent says that it is ready, false when it ends before.
    pub async fn ready(&mut self) -> bool {
        match self.ready.take() {
            Some(ready) => ready.await.is_ok(),
            None => true,
        }
    }

    /// The last lines of its log: why it did not start stands there.
    pub fn last_lines(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        lines.iter().map(|line| format!("its log: {line}")).collect()
    }

    /// Waits until all that the process wrote is passed on.
    pub async fn finish(&mut self) {
        for reader in self.readers.drain(..) {
            let _ = tokio::time::timeout(REST, reader).await;
        }
    }
}

impl Reader {
    async fn read(mut self, mut pipe: impl AsyncRead + Unpin) {
        let mut splitter = Splitter::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match pipe.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(length) => splitter.feed(&buffer[..length]),
            }
            self.pass_on(&mut splitter);
            let report = self.reports.as_ref().and_then(|reports| lock(reports).settle());
            self.push_event(report);
        }
        splitter.end();
        self.pass_on(&mut splitter);
        let report = self.reports.as_ref().and_then(|reports| lock(reports).finish());
        self.push_event(report);
    }

    fn pass_on(&mut self, splitter: &mut Splitter) {
        while let Some(item) = splitter.next() {
            if let Item::Log { text, .. } = &item {
                self.remember(text);
            }
            let body = self.viewpoint.event(item);
            let report = self.reports.as_ref().and_then(|reports| match &body {
                Body::Log(LogLine { text, .. }) => lock(reports).line(text),
                Body::Sip(message) => lock(reports).sip(message),
                _ => None,
            });
            self.sink.push(Some(&self.name), body);
            self.push_event(report);
        }
    }

    fn push_event(&self, event: Option<crate::event::AgentEvent>) {
        if let Some(event) = event {
            self.sink.push(Some(&self.name), Body::Event(event));
        }
    }

    fn remember(&mut self, text: &str) {
        if text.contains(READY) {
            let _ = self.ready.take().map(|ready| ready.send(()));
        }
        let mut lines = self.lines.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if lines.len() == LAST_LINES {
            lines.pop_front();
        }
        lines.push_back(mask_secrets(text));
    }
}
