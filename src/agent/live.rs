//! The life of an agent's process: started, ready, in use, stopped.

use super::handle::{Record, Request};
use super::launch::{Launch, PRESENCE_MODULE, Start};
use super::link::Link;
use super::messages::Messages;
use super::output::Output;
use super::patience::Patience;
use super::process::{QUIT, QUIT_LOCAL, end, exits, group, kill, kill_rest, spawn, told};
use super::reports::Reports;
use super::state::{Phase, State};
use super::version::Version;
use crate::event::{Body, Ended, LogLine, Note};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::process::Child;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;

/// A start whose port was taken meanwhile is tried again, with other ports.
const ATTEMPTS: u32 = 4;
/// After as many turns an agent that always has something to say lets the others have theirs.
const TURNS: u64 = 8;
/// Between the end of the control connection and that of the process.
const LAST_BREATH: Duration = Duration::from_secs(1);

/// The first version that tells of messages on its control connection.
const TELLS_OF_MESSAGES: Version = (1, 1, 0);

/// How it went on.
enum Turn {
    /// The run, or the host's end, wants it stopped.
    Stop,
    /// The process went away; in words.
    Lost(String),
}

/// Why an agent did not get ready.
struct Unready {
    why: String,
    /// Another process has one of its ports.
    taken: bool,
}

impl From<String> for Unready {
    fn from(why: String) -> Unready {
        Unready { why, taken: false }
    }
}

/// How a start ended that came to nothing.
enum Failed {
    /// Another process took a port after it had been leased.
    PortTaken(Ended),
    Otherwise(Ended),
}

/// Runs an agent from its start to its end.
pub async fn live(launch: Launch, mut start: Start, mut requests: UnboundedReceiver<Request>, state: Arc<State>) {
    for attempt in 1.. {
        let why = match run(&mut start, &mut requests, &state).await {
            Ok(()) => break,
            // its own option: there is no other port
            Err(Failed::PortTaken(why)) if attempt == ATTEMPTS || launch.account.options.port.is_some() => why,
            Err(Failed::Otherwise(why)) => why,
            Err(Failed::PortTaken(why)) => match launch.prepare(None) {
                // the lease of the port that is taken is held until here
                Ok(again) => {
                    let text = format!("telefonist: {}; started again at {}", why.message, again.sip);
                    again.sink.push(Some(&again.name), Body::Log(LogLine { level: "info".into(), text }));
                    state.change(|inner| (inner.sip, inner.folder) = (again.sip, again.folder.clone()));
                    start = again;
                    continue;
                }
                Err(why) => why,
            },
        };
        tracing::warn!(attempt, "the agent did not start");
        state.enter(Phase::Failed(why));
        break;
    }
    drop((start, requests));
    state.change(|inner| inner.over = true);
}

/// # Errors
/// Why it did not start.
async fn run(start: &mut Start, requests: &mut UnboundedReceiver<Request>, state: &Arc<State>) -> Result<(), Failed> {
    let (begun, patience) = (Instant::now(), Patience::begin(start.limit));
    let cannot = |error: std::io::Error| {
        Failed::Otherwise(not_started(start, &format!("{}: {error}", start.kind.program.display())))
    };
    let mut child = spawn(&start.kind, &start.hidden, &start.folder).map_err(cannot)?;
    let group = group(&child);
    let tls = SocketAddr::new(start.sip.ip(), start.sip.port() + 1);
    let output = Output::of(&mut child, vec![start.sip.to_string(), tls.to_string()]).map_err(cannot)?;
    // our own module reports for itself
    let reports = (!start.kind.has("callreport")).then(|| Reports::new(state.clone()));
    let messages = (start.kind.version < TELLS_OF_MESSAGES).then(Messages::default);
    let mut link = Link::new(start.name.clone(), start.sink.clone(), state.clone(), output, reports, messages);
    let mut host = start.host.clone();
    let process = child.id().unwrap_or_default();
    let outcome = tokio::select! {
        // what has come in time counts, however late the host gets to it
        biased;
        ready = get_ready(start, &mut child, &mut link, begun) => Some(ready),
        () = stopped(requests, &mut host) => None,
        () = patience.is_over(process) => {
            Some(Err(format!("it was not ready within {} s", start.limit.as_secs_f64()).into()))
        }
    };
    let turn = match outcome {
        None => Turn::Stop,
        Some(Ok(())) => {
            state.enter(Phase::Ready);
            serve(&mut link, &mut child, requests, &mut host).await
        }
        Some(Err(unready)) => return Err(give_up(start, &mut child, group, &mut link, unready).await),
    };
    // who waits for an answer hears that there is none, after the log has the reason
    match turn {
        Turn::Lost(status) => {
            kill_rest(group);
            link.finish().await;
            let (note, phase) = match link.quits {
                true => (Note::AgentStopped { status }, Phase::Stopped),
                false => (Note::AgentLost { status: status.clone() }, Phase::Lost(status)),
            };
            start.push(note);
            state.enter(phase);
            link.fail_all();
        }
        Turn::Stop => {
            state.enter(Phase::Stopped);
            link.fail_all();
            // who still asks hears that it is over
            requests.close();
            while requests.try_recv().is_ok() {}
            let status = end(&mut child, &mut link, if start.local { QUIT_LOCAL } else { QUIT }).await;
            kill_rest(group);
            link.finish().await;
            start.push(Note::AgentStopped { status });
        }
    }
    Ok(())
}

fn not_started(start: &Start, why: &str) -> Ended {
    Ended::error(format!("agent `{}` did not start: {why}", start.name))
}

/// Ends an agent that did not get ready.
async fn give_up(start: &Start, child: &mut Child, group: Option<i32>, link: &mut Link, unready: Unready) -> Failed {
    let Unready { why, taken } = unready;
    let ended = child.try_wait().ok().flatten().map(told);
    kill(child).await;
    kill_rest(group);
    link.finish().await;
    // how it ends by the host's hand is no reason for anything
    start.push(Note::AgentStopping);
    start.push(Note::AgentStopped { status: ended.unwrap_or_else(|| "the host ended it".into()) });
    let ended = Ended { details: link.last_lines(), ..not_started(start, &why) };
    if taken { Failed::PortTaken(ended) } else { Failed::Otherwise(ended) }
}

/// Its own word on stdout first, then the control port, then its account.
async fn get_ready(start: &Start, child: &mut Child, link: &mut Link, begun: Instant) -> Result<(), Unready> {
    while !link.is_ready {
        tokio::select! {
            _ = link.turn() => {}
            status = child.wait() => {
                link.finish().await;
                let taken = status.as_ref().is_ok_and(|status| status.code() == Some(libc::EADDRINUSE));
                return Err(Unready { why: status.map_or_else(|error| error.to_string(), told), taken });
            }
        }
    }
    let refused =
        |why: &str| Unready { why: format!("its control port {} can't be used: {why}", start.control), taken: true };
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
    if !account.ok {
        return Err(format!("its account is refused: {}", account.data.trim()).into());
    }
    if start.presence {
        let loaded = link.ask(&format!("insmod {PRESENCE_MODULE}.so"), None).await.map_err(|ended| ended.message)?;
        if !loaded.ok {
            return Err(format!("its module {PRESENCE_MODULE} can't be loaded: {}", loaded.data.trim()).into());
        }
    }
    Ok(())
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
    let mut turns = 0;
    loop {
        // all agents share a thread: one that never stops writing must not have it for itself
        turns = (turns + 1) % TURNS;
        if turns == 0 {
            tokio::task::yield_now().await;
        }
        tokio::select! {
            status = child.wait() => return Turn::Lost(status.map_or_else(|error| error.to_string(), told)),
            _ = host.changed() => return Turn::Stop,
            request = requests.recv() => match request {
                Some(Request::Command { text, record, answer }) => link.command(&text, record, answer).await,
                Some(Request::Answered { record, answer }) => link.answer(record, answer.ok, answer.data),
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
