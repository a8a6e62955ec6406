//! The service: REST, WebSocket and the web UI over the one path that runs tests. Everything that blocks (the store, the disk, a compiler)
//! happens on threads for that; what is asked of the network, on tokio's.

mod access;
mod api;
mod admin_key;
mod app;
mod automation;
mod clock;
mod connections;
mod console;
mod examples;
mod extract;
mod failure;
mod figures;
mod files;
mod guesses;
mod hub;
mod measure;
mod metrics;
mod news;
mod options;
mod outlines;
mod terminal;
mod tls;
mod ui;
mod ws;

use crate::diagnostic::Diagnostic;
use crate::event::Time;
use crate::jobs::{Jobs, Live, Settings, Workers};
use crate::notify::{Policy, Post, Setup};
use crate::pipeline::{Keep, Plan, Workplace};
use crate::schedule::{Scheduler, SystemClock};
use crate::store::{Secret, Store};
use admin_key::Access;
use app::App;
use automation::{Deliveries, Fires};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use axum_server::accept::DefaultAcceptor;
use axum_server::tls_rustls::RustlsAcceptor;
use connections::Capped;
use console::Console;
use failure::Failure;
use figures::AllFigures;
use hub::Hub;
use hyper_util::rt::TokioTimer;
use measure::Measure;
use metrics::Metrics;
use news::Spread;
pub use options::{DEFAULT_PASSWORD, FIRST_USER, Options, Tls};
use outlines::Outlines;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
pub use terminal::{Started, Terminal};
use tls::Certificate;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};
use tower_http::set_header::SetResponseHeaderLayer;
use tracing::Instrument;

/// How long requests that go on may take when the server ends.
const GRACE: Duration = Duration::from_secs(5);
/// How long somebody may take to ask, or let a connection lie idle: nobody holds connections that others need for nothing.
const PATIENCE: Duration = Duration::from_secs(20);
/// Maximum number of open connections.
const CONNECTIONS: usize = 1000;
/// The largest body of most requests; those for files say their own.
const BODY: usize = 2 * 1024 * 1024;
/// Shorter bodies (in bytes) are not worth compressing.
const COMPRESSED: u64 = 1024;
/// Maximum number of texts that are checked at the same time for editors.
const CHECKS: usize = 4;
/// The stack of a thread, in bytes: compilers call themselves.
const STACK: usize = 8 * 1024 * 1024;
/// How long a key is that is made for a start.
const KEY: usize = 32;

/// Serves until the workplace's interrupt is requested; what runs then is ended, recorded and judged before this comes back.
///
/// # Errors
/// The address can't be listened on, the certificate can't be read, the store can't be opened.
pub fn serve(options: Options, workplace: Workplace, terminal: Arc<dyn Terminal>) -> Result<(), Diagnostic> {
    let certificate = options.tls.as_ref().map(|tls| Certificate::new(tls, terminal.clone())).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    let runtime = runtime.map_err(|error| {
        Diagnostic::error(format!("the system gives no threads for the server: {error}")).advice("see ulimit -u")
    })?;
    let listener = listen(options.ui_address)?;
    let address = listener.local_addr().unwrap_or(options.ui_address);
    let (app, workers, made_key) = open(options, workplace, terminal.clone(), runtime.handle().clone())?;
    let handle = axum_server::Handle::new();
    app.workplace.interrupt.on_request({
        let app = app.clone();
        let handle = handle.clone();
        move || {
            // whoever waits for a job's end gets it
            app.jobs.end();
            handle.graceful_shutdown(Some(GRACE));
            app.ending.send_replace(true);
            // a request may wait for its line
            let _ = std::thread::Builder::new().name("closing".into()).spawn(move || app.console.close());
        }
    });
    let tls = app.options.tls.is_some();
    terminal.started(&Started { address, tls, made_key, default_password: app.has_default_password() });
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let served = runtime.block_on(async {
        let mut server = axum_server::from_tcp(listener)?.handle(handle).first_request_timeout(PATIENCE);
        // asks for a sign of life where several requests share a connection
        server.http_builder().http2().timer(TokioTimer::new()).keep_alive_interval(PATIENCE);
        server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE);
        let plain = Capped::new(DefaultAcceptor::new(), CONNECTIONS);
        let served = match &certificate {
            Some(certificate) => {
                let acceptor = RustlsAcceptor::new(certificate.config.clone()).acceptor(plain);
                server.acceptor(acceptor).serve(service).await
            }
            None => server.acceptor(plain).serve(service).await,
        };
        app.ending.send_replace(true);
        // each connection says goodbye
        let _ = tokio::time::timeout(GRACE, app.ending.closed()).await;
        served
    });
    app.console.close();
    app.jobs.end();
    workers.join();
    runtime.block_on(app.post.end());
    // a text that means harm may still be looked at
    runtime.shutdown_timeout(GRACE);
    served.map_err(|error| Diagnostic::error(format!("the server ended: {error}")))
}

/// The store, the queue and all that handlers share; the key, where one was made.
fn open(
    options: Options,
    workplace: Workplace,
    terminal: Arc<dyn Terminal>,
    runtime: Handle,
) -> Result<(Arc<App>, Workers, Option<Secret>), Diagnostic> {
    let store = Arc::new(Store::open(workplace.data_dir())?);
    let started = clock::now();
    first_user(&store, &options, started)?;
    let made = options.api_key.is_none().then(|| Secret::random(KEY)).transpose()?;
    let key = options.api_key.clone().or_else(|| made.clone());
    let access = Access::new(&key.unwrap_or(Secret::random(KEY)?));
    let hub = Hub::default();
    let watcher = Arc::new(Deliveries { hub: hub.clone(), terminal: terminal.clone() });
    let (policy, link) = (Policy::default(), Box::new(|_: &str| None));
    let post = Arc::new(Post::start(Setup { store: store.clone(), runtime, policy, link, watcher })?);
    let workplace = Arc::new(workplace.with_post(post.clone()));
    let plan = Plan { limits: options.limits.clone(), keep: Keep::All, ..Plan::default() };
    let settings = Settings { places: options.parallel_runs.into(), retention: options.retention, plan };
    let (listener, heard) = news::channel();
    let metrics = Arc::new(Metrics::default());
    let (jobs, workers) = Jobs::start(store.clone(), workplace.clone(), settings, Live::default(), listener)?;
    let fires = Fires { jobs: jobs.clone(), hub: hub.clone(), terminal: terminal.clone() };
    let scheduler = Scheduler::start(store.clone(), Arc::new(SystemClock::new()?), Arc::new(fires));
    news::spread(heard, Spread { jobs: jobs.clone(), hub: hub.clone(), metrics: metrics.clone(), terminal })?;
    let build = Secret::random(8)?.reveal().to_string();
    let default_password = Mutex::new(false);
    let console = Console::new(jobs.clone(), hub.clone(), options.limits.clone());
    let ending = tokio::sync::watch::Sender::new(false);
    let reading = Semaphore::new(1);
    let checking = Arc::new(Semaphore::new(CHECKS));
    let (outlines, figures) = (Outlines::default(), AllFigures::default());
    let measure = Measure::of(store.data_dir().join("runs"));
    let app = Arc::new(App {
        store,
        jobs,
        workplace,
        access,
        hub,
        console,
        reading,
        ending,
        metrics,
        scheduler,
        post,
        options,
        started,
        build,
        default_password,
        checking,
        outlines,
        figures,
        measure,
    });
    app.password_changed();
    Ok((app, workers, made))
}

/// Makes the first user, with the password that was given; without one, the user keeps the one it has.
fn first_user(store: &Store, options: &Options, now: Time) -> Result<(), Diagnostic> {
    let first = store.users()?.into_iter().find(|user| user.name == FIRST_USER);
    match (first, &options.admin_password) {
        (Some(user), Some(password)) => {
            // setting it ends the user's sessions
            if store.verify_password(FIRST_USER, password.reveal())?.is_none() {
                store.set_password(user.id, password.reveal())?;
            }
        }
        (None, given) => {
            let password = given.as_ref().map_or(DEFAULT_PASSWORD, Secret::reveal);
            store.create_user(FIRST_USER, password, now)?;
        }
        (Some(_), None) => {}
    }
    Ok(())
}

fn router(app: Arc<App>) -> Router {
    let (api, document) = api::routes();
    let document = Arc::new(document);
    let header = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    Router::new()
        .merge(api)
        .route("/api/v1/openapi.json", get(move || async move { Json(document.as_ref().clone()) }))
        .route("/ws", get(ws::connect))
        .fallback(ui::page)
        .method_not_allowed_fallback(|| async {
            Failure::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not take that method")
        })
        .layer(middleware::from_fn_with_state(app.clone(), access::guard))
        .layer(DefaultBodyLimit::max(BODY))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "no-referrer"))
        .layer(header(header::X_FRAME_OPTIONS, "DENY"))
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .layer(compression())
        .layer(middleware::from_fn(log_request))
        .with_state(app)
}

/// Logs a request and the status of its answer. It leaves out the query, which may hold a secret.
async fn log_request(request: Request, next: Next) -> Response {
    let (begun, method, path) = (Instant::now(), request.method().clone(), request.uri().path().to_string());
    let span = tracing::info_span!("request", %method, path);
    async move {
        let response = next.run(request).await;
        let milliseconds = begun.elapsed().as_millis();
        tracing::debug!(status = response.status().as_u16(), milliseconds, "answered");
        response
    }
    .instrument(span)
    .await
}

/// Compresses long texts for clients that accept gzip. Sounds, zip files and captures go out as they are.
fn compression() -> CompressionLayer<impl Predicate> {
    let text = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        ["text/", "application/json", "application/problem+json", "application/xml"]
            .iter()
            .any(|text| kind.starts_with(text))
    };
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(text.and(SizeAbove::new(COMPRESSED)))
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
