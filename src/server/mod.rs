//! The service: REST, WebSocket and the web UI over the one path that runs tests. Everything that blocks (the store, the disk, a compiler)
//! happens on threads for that; what is asked of the network, on tokio's.

mod options;

use crate::diagnostic::Diagnostic;
use crate::pipeline::Workplace;
use crate::store::Secret;
use axum::Router;
use axum::routing::get;
use axum_server::Handle;
pub use options::{Options, Tls};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

/// How long requests that go on may take when the server ends.
const GRACE: Duration = Duration::from_secs(5);

/// What whoever started a server has to know.
pub struct Started {
    /// Where it listens.
    pub address: SocketAddr,
    pub tls: bool,
    /// The admin's key, where it was made for this start: nobody learns it later.
    pub made_key: Option<Secret>,
}

/// Serves until the workplace's interrupt is requested; what runs then is ended, recorded and judged before this comes back.
///
/// # Errors
/// The address can't be listened on, the certificate can't be read, the store can't be opened.
pub fn serve(options: Options, workplace: Workplace, started: impl FnOnce(&Started)) -> Result<(), Diagnostic> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Diagnostic::error(format!("the system gives no threads for the server: {error}")).advice("see ulimit -u")
    })?;
    let listener = listen(options.ui_address)?;
    let handle = Handle::new();
    workplace.interrupt.on_request({
        let handle = handle.clone();
        move || handle.graceful_shutdown(Some(GRACE))
    });
    let workplace = Arc::new(workplace);
    let app = Router::new().route("/healthz", get(|| async { "ok" }));
    let address = listener.local_addr().unwrap_or(options.ui_address);
    started(&Started { address, tls: options.tls.is_some(), made_key: None });
    let served = runtime
        .block_on(async { axum_server::from_tcp(listener)?.handle(handle).serve(app.into_make_service()).await });
    drop(workplace);
    served.map_err(|error| Diagnostic::error(format!("the server ended: {error}")))
}

fn listen(address: SocketAddr) -> Result<TcpListener, Diagnostic> {
    let refused = |error: std::io::Error| {
        Diagnostic::error(format!("cannot listen on {address}: {error}"))
            .advice("end the program that listens there, or name another address with --ui-address")
    };
    let listener = TcpListener::bind(address).map_err(refused)?;
    listener.set_nonblocking(true).map_err(refused)?;
    Ok(listener)
}
