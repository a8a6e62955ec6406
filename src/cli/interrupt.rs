//! Ctrl-C and SIGTERM: the first asks the runs to end, the second ends the program.

use crate::pipeline::Interrupt;
use std::sync::Arc;
use std::sync::mpsc::channel;
use tokio::signal::unix::{SignalKind, signal};

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
                drop(watching);
                loop {
                    let by_hand = tokio::select! { _ = int.recv() => true, _ = term.recv() => false };
                    if interrupt.requested() {
                        // the agents die with their host
                        std::process::exit(crate::verdict::ExitCode::Interrupted.code().into());
                    }
                    if by_hand { interrupt.press() } else { interrupt.request() }
                }
            });
        })
        .expect("the system gives a thread");
    // comes back when the other end is dropped
    let _: Result<(), _> = watched.recv();
}
