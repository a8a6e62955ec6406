//! The process of an agent: its own process group, ended in bounded time.

#![expect(unsafe_code, reason = "sends signals, and sets the death signal of an agent")]

use super::Kind;
use super::link::Link;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};

/// For an agent's calls to be ended. A peer on this machine answers within milliseconds, or is gone: a run whose agent died
/// must still end within a second.
pub const QUIT_LOCAL: Duration = Duration::from_millis(400);
/// The same for peers elsewhere; and for its registration to be taken back.
pub const QUIT: Duration = Duration::from_secs(1);
/// While it quits the first signal is ignored, and the second ends it at once: its transactions may take 32 s.
const FIRST_SIGNAL: Duration = Duration::from_millis(50);
const SECOND_SIGNAL: Duration = Duration::from_millis(300);

/// Starts the agent in its folder, without the `hidden` variables of this process. It does not survive the thread that calls this.
pub fn spawn(kind: &Kind, hidden: &[OsString], folder: &Path) -> io::Result<Child> {
    let mut command = Command::new(&kind.program);
    let host = std::process::id();
    if kind.embedded {
        // it calls `die_with_host` itself: without code between fork and exec, std needs no copy of this process, which
        // costs the more the more agents there are
        command.args(["__agent", &host.to_string()]);
    } else {
        // SAFETY: between fork and exec only prctl, getppid and the making of an error: all async-signal-safe
        unsafe { command.pre_exec(move || die_with_host(host)) };
    }
    command.args(["-s", "-f", "."]).current_dir(folder);
    hidden.iter().for_each(|name| _ = command.env_remove(name));
    // at its end from the start, as /dev/null is, but there in an empty root too
    let (nothing, _) = io::pipe()?;
    command.stdin(nothing).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
    let child = command.spawn()?;
    tracing::info!(pid = child.id(), "the agent's process starts");
    Ok(child)
}

/// Asks the kernel to kill this process when the thread of the host that started it ends.
///
/// # Errors
/// The host with this process id has died already, or the kernel refuses.
pub fn die_with_host(host: u32) -> io::Result<()> {
    // SAFETY: prctl and getppid take and change no memory
    let (asked, parent) = unsafe { (libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL), libc::getppid()) };
    match asked {
        0 if parent as u32 == host => Ok(()),
        // it may have died before the signal was asked for
        0 => Err(io::ErrorKind::BrokenPipe.into()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Ends the process: asked over the control connection, with patience, then by two signals, then killed with all that it started. What it
/// says meanwhile is passed on.
pub async fn end(child: &mut Child, link: &mut Link, patience: Duration) -> String {
    // one that hangs would not hear it
    if !link.hangs() {
        link.quit().await;
        if let Some(status) = exits(child, link, patience).await {
            return told(status);
        }
    }
    for patience in [FIRST_SIGNAL, SECOND_SIGNAL] {
        signal(child, libc::SIGTERM);
        if let Some(status) = exits(child, link, patience).await {
            return told(status);
        }
    }
    kill(child).await
}

/// Kills the process and all that it started.
pub async fn kill(child: &mut Child) -> String {
    signal(child, libc::SIGKILL);
    child.wait().await.map_or_else(|error| error.to_string(), told)
}

/// The status of the process, if it exits in time.
pub async fn exits(child: &mut Child, link: &mut Link, limit: Duration) -> Option<ExitStatus> {
    let exited = async {
        let mut open = true;
        loop {
            tokio::select! {
                status = child.wait() => return status.ok(),
                still = link.turn(), if open => open = still,
            }
        }
    };
    tokio::time::timeout(limit, exited).await.ok().flatten()
}

fn signal(child: &Child, signal: libc::c_int) {
    // it has an id until it has been waited for
    if let Some(group) = group(child) {
        signal_group(group, signal);
    }
}

/// The process group that an agent leads; none when it has been waited for.
pub fn group(child: &Child) -> Option<i32> {
    child.id().and_then(|id| i32::try_from(id).ok())
}

/// Kills what an agent has started and left behind, as soon as it is gone itself.
pub fn kill_rest(group: Option<i32>) {
    // the id is not given to another group while this one has members, and hardly so soon after
    if let Some(group) = group {
        signal_group(group, libc::SIGKILL);
    }
}

fn signal_group(group: i32, signal: libc::c_int) {
    // SAFETY: plain kill(2) on a group that an agent of ours leads
    unsafe { libc::kill(-group, signal) };
}

/// A status in words; baresip's exit codes are errno values.
pub fn told(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("killed by signal {signal}"),
        (_, Some(98)) => "exit code 98: its SIP port is in use".into(),
        (_, Some(99)) => "exit code 99: its network interface can't be used".into(),
        (_, Some(254)) => "exit code 254: it does not know its options".into(),
        (_, code) => format!("exit code {}", code.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn what_an_agent_leaves_behind_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("agent");
        std::fs::write(&program, "#!/bin/sh\nsleep 1000 &\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
        let kind = Kind { program, ..Kind::for_tests((4, 12, 0)) };
        let mut child = spawn(&kind, &[], folder.path()).unwrap();
        let group = group(&child);
        assert!(child.wait().await.unwrap().success());
        kill_rest(group);
        // it had the other end of this pipe
        child.stdout.take().unwrap().read_to_end(&mut vec![]).await.unwrap();
    }
}
