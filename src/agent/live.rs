//! The life of an agent's process: started, ready, in use, stopped.

use super::Kind;
use super::commands::Version;
use super::handle::{Record, Request};
use super::link::Link;
use super::messages::Messages;
use super::output::Output;
use super::ports::Lease;
use super::process::{QUIT, QUIT_LOCAL, end, exits, group, kill, kill_rest, spawn, told};
use super::reports::Reports;
use super::state::{Phase, State};
use crate::event::{Body, Ended, Note, Sink};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::process::Child;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::time::timeout;

/// From the start of the process until its account is made. Old versions take 0.4 s on an idle machine.
const START: Duration = Duration::from_secs(10);
/// Between the end of the control connection and that of the process.
const LAST_BREATH: Duration = Duration::from_secs(1);

/// The first version that tells of messages on its control connection.
const TELLS_OF_MESSAGES: Version = (1, 1, 0);

/// What an agent is started with.
pub struct Start {
    pub kind: Kind,
    /// Variables that it is not given.
    pub hidden: Vec<OsString>,
    /// Holds its configuration.
    pub folder: PathBuf,
    /// The account, as `uanew` takes it.
    pub line: String,
    pub local: bool,
    pub sip: SocketAddr,
    pub control: SocketAddr,
    /// Held until the process is gone.
    pub _lease: Lease,
    pub name: Arc<str>,
    pub sink: Arc<dyn Sink>,
    /// Ends with the host.
    pub host: watch::Receiver<()>,
}

impl Start {
    fn push(&self, note: Note) {
        self.sink.push(Some(&self.name), Body::Note(note));
    }
}

/// How it went on.
enum Turn {
    /// The run, or the host's end, wants it stopped.
    Stop,
    /// The process went away; in words.
    Lost(String),
}

/// Runs an agent from its start to its end.
pub async fn live(mut start: Start, requests: UnboundedReceiver<Request>, state: Arc<State>) {
    if let Err(why) = run(&mut start, requests, &state).await {
        state.enter(Phase::Failed(why));
    }
    drop(start);
    state.change(|inner| inner.over = true);
}

/// # Errors
/// Why it did not start.
async fn run(start: &mut Start, mut requests: UnboundedReceiver<Request>, state: &Arc<State>) -> Result<(), Ended> {
    let begun = Instant::now();
    let failed = |name: &str, why: &str| Ended::error(format!("agent `{name}` did not start: {why}"));
    let cannot = |error: std::io::Error| failed(&start.name, &format!("{}: {error}", start.kind.program.display()));
    let mut child = spawn(&start.kind, &start.hidden, &start.folder).map_err(cannot)?;
    let group = group(&child);
    let tls = SocketAddr::new(start.sip.ip(), start.sip.port() + 1);
    let output = Output::of(&mut child, vec![start.sip.to_string(), tls.to_string()]).map_err(cannot)?;
    // our own module reports for itself
    let reports = (!start.kind.has("callreport")).then(|| Reports::new(state.clone()));
    let messages = (start.kind.version < TELLS_OF_MESSAGES).then(Messages::default);
    let mut link = Link::new(start.name.clone(), start.sink.clone(), state.clone(), output, reports, messages);
    let mut host = start.host.clone();
    let outcome = tokio::select! {
        ready = timeout(START, get_ready(start, &mut child, &mut link, begun)) => Some(ready),
        () = stopped(&mut requests, &mut host) => None,
    };
    let turn = match outcome {
        None => Turn::Stop,
        Some(Ok(Ok(()))) => {
            state.enter(Phase::Ready);
            serve(&mut link, &mut child, &mut requests, &mut host).await
        }
        Some(ready) => {
            let why = ready.unwrap_or_else(|_| Err(format!("it was not ready within {} s", START.as_secs())));
            let status = kill(&mut child).await;
            kill_rest(group);
            link.finish().await;
            start.push(Note::AgentStopped { status });
            let why = failed(&start.name, &why.err().unwrap_or_default());
            return Err(Ended { details: link.last_lines(), ..why });
        }
    };
    // who waits for an answer hears that there is none, after the log has the reason
    match turn {
        Turn::Lost(status) => {
            kill_rest(group);
            link.finish().await;
            state.enter(Phase::Gone(status.clone()));
            start.push(if link.quits { Note::AgentStopped { status } } else { Note::AgentLost { status } });
            link.fail_all();
        }
        Turn::Stop => {
            state.enter(Phase::Gone("it was stopped".into()));
            link.fail_all();
            drop(requests);
            let status = end(&mut child, &mut link, if start.local { QUIT_LOCAL } else { QUIT }).await;
            kill_rest(group);
            link.finish().await;
            start.push(Note::AgentStopped { status });
        }
    }
    Ok(())
}

/// Its own word on stdout first, then the control port, then its account.
async fn get_ready(start: &Start, child: &mut Child, link: &mut Link, begun: Instant) -> Result<(), String> {
    while !link.is_ready {
        tokio::select! {
            _ = link.turn() => {}
            status = child.wait() => {
                link.finish().await;
                return Err(status.map_or_else(|error| error.to_string(), told));
            }
        }
    }
    let refused = |why: &str| format!("its control port {} can't be used: {why}", start.control);
    if link.is_refused {
        return Err(refused("another process listens there"));
    }
    link.connect(start.control).await.map_err(|error| refused(&error.to_string()))?;
    // since 2.0, several processes may listen on one port: only ours has its SIP sockets
    let sockets = link.ask("sipstat", None).await.map_err(|ended| ended.message)?;
    if !sockets.data.contains(&format!(":{} (UDP)", start.sip.port())) {
        return Err(refused("another baresip listens there"));
    }
    start.push(Note::AgentReady { milliseconds: begun.elapsed().as_secs_f64() * 1000.0 });
    let text = format!("uanew {}", start.line);
    let account = link
        .ask(&text, Some(Record { text: text.clone(), call: None, at: None }))
        .await
        .map_err(|ended| ended.message)?;
    if account.ok { Ok(()) } else { Err(format!("its account is refused: {}", account.data.trim())) }
}

/// Waits until the run or the end of the host wants the agent stopped. Commands come only after it is ready.
async fn stopped(requests: &mut UnboundedReceiver<Request>, host: &mut watch::Receiver<()>) {
    let told = async {
        while let Some(request) = requests.recv().await {
            if matches!(request, Request::Stop) {
                return;
            }
        }
    };
    tokio::select! {
        () = told => {}
        _ = host.changed() => {}
    }
}

/// Passes requests on and events up.
async fn serve(
    link: &mut Link,
    child: &mut Child,
    requests: &mut UnboundedReceiver<Request>,
    host: &mut watch::Receiver<()>,
) -> Turn {
    loop {
        // all agents share a thread: one that never stops writing must not have it for itself
        tokio::task::yield_now().await;
        tokio::select! {
            status = child.wait() => return Turn::Lost(status.map_or_else(|error| error.to_string(), told)),
            _ = host.changed() => return Turn::Stop,
            request = requests.recv() => match request {
                Some(Request::Command { text, record, answer }) => link.command(&text, record, answer).await,
                Some(Request::Abandon) => link.abandon(),
                Some(Request::Resume) => link.resume(),
                Some(Request::Stop) | None => return Turn::Stop,
            },
            open = link.turn() => if !open {
                return Turn::Lost(match exits(child, link, LAST_BREATH).await {
                    Some(status) => told(status),
                    None => format!("its control connection was closed, though it ran on; {}", kill(child).await),
                });
            },
        }
    }
}
