//! The server's version, health and agents.

#![expect(unsafe_code, reason = "asks for the free space of a file system")]

use crate::agent::embedded_version;
use crate::event::Time;
use crate::server::access::{Looker, Reader};
use crate::server::app::{App, blocking};
use crate::server::clock::now;
use crate::server::extract::Json;
use crate::server::failure::{Failure, Failures};
use crate::server::measure::size;
use crate::server::ui;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long the health waits for what is being counted.
const PATIENCE: Duration = Duration::from_secs(1);

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(version)).routes(routes!(health)).routes(routes!(agents))
}

/// Outside of `/api/v1`, where monitors look.
pub fn open_routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(metrics))
}

#[derive(Serialize, ToSchema)]
struct Alive {
    /// `ok`, or what is wrong.
    status: String,
}

/// Whether the server can do its work; open to everybody.
#[utoipa::path(get, path = "/healthz", tag = "about", security(()),
    responses((status = 200, body = Alive), (status = 503, body = Alive, description = "The store can't be read")))]
async fn healthz(State(app): State<Arc<App>>) -> (StatusCode, Json<Alive>) {
    let (status, word) = match blocking(&app, |app| Ok(app.store.projects().map(drop)?)).await {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store can't be read"),
    };
    (status, Json(Alive { status: word.into() }))
}

/// Figures for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "about", responses((status = 200, body = String, content_type = "application/openmetrics-text"), Failures))]
async fn metrics(State(app): State<Arc<App>>, _: Looker) -> Result<Response, Failure> {
    let text = blocking(&app, |app| {
        let jobs = app.store.jobs()?;
        let waiting = jobs.iter().filter(|job| job.started.is_none()).count();
        Ok(app.metrics.text(app.jobs.live().agents().len(), app.jobs.live().runs().len(), waiting))
    });
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text.await?).into_response())
}

#[derive(Serialize, ToSchema)]
#[schema(as = ServerVersion)]
struct Version {
    version: &'static str,
    /// Of the agent that is carried inside.
    baresip: Option<String>,
    /// `v1`
    api: &'static str,
    /// The web UI was built into the program.
    ui: bool,
}

#[utoipa::path(get, path = "/version", tag = "about", responses((status = 200, body = Version), Failures))]
async fn version(_: Reader) -> Json<Version> {
    let baresip = embedded_version().map(|version| version.to_string());
    Json(Version { version: env!("CARGO_PKG_VERSION"), baresip, api: "v1", ui: ui::built() })
}

#[derive(Serialize, ToSchema)]
struct Health {
    /// Milliseconds since the start.
    uptime: f64,
    /// What runs as an agent, `baresip 4.12.0 (embedded)`; null: nothing does.
    agent: Option<String>,
    agents: Used,
    queue: Queue,
    /// Bytes of the database.
    store_bytes: u64,
    disk: Disk,
    /// Runs that are kept; null: they have not been counted yet.
    runs: Option<u64>,
}

#[derive(Serialize, ToSchema)]
struct Used {
    running: usize,
    max: usize,
}

#[derive(Serialize, ToSchema)]
struct Queue {
    running: usize,
    waiting: usize,
    places: u32,
}

#[derive(Serialize, ToSchema)]
struct Disk {
    /// What the runs' folders hold; null: that has not been counted yet.
    runs_bytes: Option<u64>,
    /// When the runs were counted, in milliseconds since the epoch: where they are many, that is not done for each request.
    #[schema(value_type = Option<f64>)]
    runs_counted: Option<Time>,
    free_bytes: u64,
    total_bytes: u64,
}

/// Agents, queue, disk.
#[utoipa::path(get, path = "/health", tag = "about", responses((status = 200, body = Health), Failures))]
async fn health(State(app): State<Arc<App>>, _: Reader) -> Result<Json<Health>, Failure> {
    let counted = app.measure.get(PATIENCE).await;
    let health = blocking(&app, move |app| {
        let data = app.store.data_dir();
        let jobs = app.store.jobs()?;
        let running = jobs.iter().filter(|job| job.started.is_some()).count();
        let (free_bytes, total_bytes) = room(data);
        Ok(Health {
            uptime: now() - app.started,
            agent: app.workplace.supervisor().ok().map(|supervisor| supervisor.kind().to_string()),
            agents: Used { running: app.jobs.live().agents().len(), max: app.workplace.settings().max_agents },
            queue: Queue { running, waiting: jobs.len() - running, places: app.jobs.places() },
            store_bytes: ["telefonist.db", "telefonist.db-wal"].iter().map(|name| size(&data.join(name))).sum(),
            runs: counted.map(|counted| counted.runs),
            disk: Disk {
                runs_bytes: counted.map(|counted| counted.bytes),
                runs_counted: counted.map(|counted| counted.at),
                free_bytes,
                total_bytes,
            },
        })
    });
    Ok(Json(health.await?))
}

/// Free and all bytes of a file system (statvfs(3)).
fn room(path: &Path) -> (u64, u64) {
    let Ok(path) = CString::new(path.as_os_str().as_bytes()) else { return (0, 0) };
    // SAFETY: zeroes are a valid statvfs, and the path ends with a zero
    let (found, room) = unsafe {
        let mut room: libc::statvfs = std::mem::zeroed();
        (libc::statvfs(path.as_ptr(), &mut room), room)
    };
    if found == 0 { (room.f_bavail * room.f_frsize, room.f_blocks * room.f_frsize) } else { (0, 0) }
}

#[derive(Serialize, ToSchema)]
struct Agents {
    agents: Vec<AgentView>,
}

/// An agent at work.
#[derive(Serialize, ToSchema)]
#[schema(as = LiveAgent)]
struct AgentView {
    name: String,
    aor: String,
    /// `127.0.0.1:5060`
    address: String,
    baresip: String,
    /// The run that it belongs to.
    run: String,
    #[schema(value_type = f64)]
    since: Time,
    /// It was started by hand.
    console: bool,
}

/// The agents of all runs and of the console.
#[utoipa::path(get, path = "/agents", tag = "about", responses((status = 200, body = Agents), Failures))]
async fn agents(State(app): State<Arc<App>>, _: Looker) -> Json<Agents> {
    let live = app.jobs.live();
    let view = |agent: crate::jobs::LiveAgent| AgentView {
        console: live.run(&agent.run).is_some_and(|run| run.session),
        name: agent.name.to_string(),
        aor: agent.aor,
        address: agent.address,
        baresip: agent.baresip,
        run: agent.run,
        since: agent.since,
    };
    Json(Agents { agents: live.agents().into_iter().map(view).collect() })
}
