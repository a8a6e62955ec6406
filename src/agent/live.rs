//! The life of an agent's process: started, ready, in use, stopped.

use super::Kind;
use super::control::{Control, connect};
use super::output::{Output, SharedReports};
use super::ports::Lease;
use super::process::{Phase, Request, State};
use super::reports::Reports;
use crate::event::{Body, Ended, Note, Sink};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;

/// From the start of the process to its first answer. Old versions take 0.4 s on an idle machine.
const START: Duration = Duration::from_secs(10);
/// For the calls to be ended and the registration to be taken back.
const QUIT: Duration = Duration::from_millis(700);
/// Between signals, when it does not quit: its transactions may take 32 s.
const SIGNAL: Duration = Duration::from_millis(200);

/// What an agent is started with.
pub struct Start {
    pub kind: Kind,
    /// Holds its configuration.
    pub folder: PathBuf,
    /// The account, as `uanew` takes it.
    pub line: String,
    pub sip: SocketAddr,
    pub control: SocketAddr,
    /// Held until the process is gone.
    pub _lease: Lease,
    pub name: Arc<str>,
    pub sink: Arc<dyn Sink>,
}

/// Runs an agent from its start to its end.
pub async fn live(start: Start, mut requests: UnboundedReceiver<Request>, state: Arc<State>) {
    let begun = std::time::Instant::now();
    let mut child = match spawn(&start) {
        Ok(child) => child,
        Err(error) => {
            let program = start.kind.program.display();
            state.enter(Phase::Failed(Ended::error(format!(
                "agent `{}` can't be started: {program}: {error}",
                start.name
            ))));
            return drain(requests).await;
        }
    };
    // our own module reports for itself
    let reports = (!start.kind.has("callreport")).then(|| Arc::new(Mutex::new(Reports::new(state.clone()))));
    let mut output = Output::follow(&mut child, &start, reports.clone());
    let ready = timeout(START, get_ready(&start, &mut child, &mut output, reports)).await;
    let ready = ready.unwrap_or_else(|_| Err("it did not get ready within 10 s".into()));
    match ready {
        Err(why) => {
            let failed = Ended {
                details: output.last_lines(),
                ..Ended::error(format!("agent `{}` did not start: {why}", start.name))
            };
            state.enter(Phase::Failed(failed));
            end(&mut child, None).await;
            output.finish().await;
            drain(requests).await;
        }
        Ok(mut control) => {
            let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
            start.sink.push(Some(&start.name), Body::Note(Note::AgentReady { milliseconds }));
            match control.create(&start.line).await {
                Ok(()) => state.enter(Phase::Ready),
                Err(why) => state.enter(Phase::Failed(why)),
            }
            let lost = serve(&mut control, &mut child, &mut requests).await;
            if lost.is_some() {
                state.enter(Phase::Gone);
            }
            let status = match lost {
                Some(status) => status,
                None => end(&mut child, Some(&mut control)).await,
            };
            output.finish().await;
            let status = told(status);
            let note = if lost.is_some() { Note::AgentLost { status } } else { Note::AgentStopped { status } };
            start.sink.push(Some(&start.name), Body::Note(note));
            control.fail_all();
        }
    }
    state.enter(Phase::Gone);
}

/// Requests to an agent that never was are answered by dropping them, until nobody can ask any more or it is to stop.
async fn drain(mut requests: UnboundedReceiver<Request>) {
    while let Some(request) = requests.recv().await {
        if matches!(request, Request::Stop) {
            return;
        }
    }
}

/// An own process group, so that nothing of it survives; the death signal, so that it does not survive its host.
fn spawn(start: &Start) -> std::io::Result<Child> {
    let mut command = Command::new(&start.kind.program);
    if start.kind.embedded {
        command.arg("__agent");
    }
    command.arg("-s").arg("-f").arg(".").current_dir(&start.folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
    let host = std::process::id();
    // SAFETY: between fork and exec only prctl, getppid and the making of an error: all async-signal-safe
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                return Err(std::io::Error::last_os_error());
            }
            // the host may have died before the signal was asked for
            if libc::getppid() as u32 != host {
                return Err(std::io::ErrorKind::BrokenPipe.into());
            }
            Ok(())
        });
    }
    command.spawn()
}

/// Its own word on stdout first, then the control port: a connection alone would not prove that it is the right process.
async fn get_ready(
    start: &Start,
    child: &mut Child,
    output: &mut Output,
    reports: SharedReports,
) -> Result<Control, String> {
    tokio::select! {
        ready = output.ready() => if ready { Ok(()) } else { Err("it closed its output".to_string()) },
        status = child.wait() => Err(status.map_or_else(|error| error.to_string(), told)),
    }?;
    let stream = connect(start.control).await.map_err(|error| {
        format!("its control port {} can't be reached ({error}); is the port in use?", start.control)
    })?;
    Ok(Control::new(stream, start.name.clone(), start.sink.clone(), reports))
}

/// Passes requests on and events up until the run stops the agent, or the process goes away by itself: then its status.
async fn serve(
    control: &mut Control,
    child: &mut Child,
    requests: &mut UnboundedReceiver<Request>,
) -> Option<ExitStatus> {
    loop {
        tokio::select! {
            status = child.wait() => return Some(status.unwrap_or_default()),
            request = requests.recv() => match request {
                Some(Request::Command { text, at, recorded, answer }) => control.command(&text, at, recorded, answer).await,
                Some(Request::Abandon) => control.fail_all(),
                Some(Request::Stop) | None => return None,
            },
            open = control.turn() => if !open {
                // the connection ends a moment before the process
                return Some(child.wait().await.unwrap_or_default());
            },
        }
    }
}

/// Ends the process, in bounded time: asked over the control port, then by two signals (the first is ignored while it quits),
/// then killed with all that it started.
async fn end(child: &mut Child, control: Option<&mut Control>) -> ExitStatus {
    if let Some(control) = control {
        control.quit().await;
        let quitting = async {
            // what it says while it ends is still recorded
            while control.turn().await {}
            child.wait().await
        };
        if let Ok(Ok(status)) = timeout(QUIT, quitting).await {
            return status;
        }
    }
    let group = child.id().map(|id| id as i32);
    let signal = |signal: i32| {
        if let Some(group) = group {
            // SAFETY: plain kill(2) on the group that this agent leads; it has not been waited for yet
            unsafe { libc::kill(-group, signal) };
        }
    };
    for _ in 0..2 {
        signal(libc::SIGTERM);
        if let Ok(Ok(status)) = timeout(SIGNAL, child.wait()).await {
            return status;
        }
    }
    signal(libc::SIGKILL);
    child.wait().await.unwrap_or_default()
}

/// A status in words; baresip's exit codes are errno values (section 1 of its behaviour as measured).
fn told(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("killed by signal {signal}"),
        (_, Some(98)) => "exit code 98: its SIP port is in use".into(),
        (_, Some(99)) => "exit code 99: its network interface can't be used".into(),
        (_, Some(254)) => "exit code 254: it does not know its options".into(),
        (_, code) => format!("exit code {}", code.unwrap_or_default()),
    }
}
