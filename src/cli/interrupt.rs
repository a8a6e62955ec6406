//! Ctrl-C, SIGTERM, and SIGHUP of a terminal that goes: the first asks the runs to end, a later one ends the program.

#![expect(unsafe_code, reason = "asks which signals are ignored")]

use crate::pipeline::Interrupt;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};

/// `timeout` and the like signal the program and then its whole group: what comes so close behind the first is no second wish.
const ONE_WISH: Duration = Duration::from_millis(500);

/// Watches the signals on a thread of its own for as long as the program runs; from when this comes back on, none ends it unasked.
pub fn watch(interrupt: Arc<Interrupt>) {
    let (watching, watched) = channel();
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
            runtime.block_on(async {
                let (Ok(mut int), Ok(mut term)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
                else {
                    return;
                };
                // under nohup it stays unheard
                let mut hangup = if is_ignored(libc::SIGHUP) { None } else { signal(SignalKind::hangup()).ok() };
                drop(watching);
                let mut wished: Option<Instant> = None;
                loop {
                    let gone = async {
                        match &mut hangup {
                            Some(hangup) => hangup.recv().await,
                            None => std::future::pending().await,
                        }
                    };
                    let by_hand =
                        tokio::select! { _ = int.recv() => true, _ = term.recv() => false, _ = gone => false };
                    match (interrupt.requested(), wished) {
                        (false, _) => wished = Some(Instant::now()),
                        (true, Some(first)) if first.elapsed() < ONE_WISH => continue,
                        // the agents die with their host
                        (true, _) => std::process::exit(crate::verdict::ExitCode::Interrupted.code().into()),
                    }
                    if by_hand { interrupt.press() } else { interrupt.request() }
                }
            });
        })
        .expect("the system gives a thread");
    // comes back when the other end is dropped
    let _: Result<(), _> = watched.recv();
}

/// Whether who started the program wants that signal to do nothing.
fn is_ignored(signal: libc::c_int) -> bool {
    // SAFETY: sigaction(2) only fills in what is there, which any bytes may be
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &mut action) == 0 && action.sa_sigaction == libc::SIG_IGN
    }
}
