//! Schedules: when tests run by themselves.

use super::views::{Job, job_view};
use crate::event::Time;
use crate::jobs::{Options, Order, What};
use crate::record::Trigger;
use crate::schedule::Cron;
use crate::server::access::{Looker, Runner, Writer};
use crate::server::app::{App, blocking};
use crate::server::clock::now;
use crate::server::extract::{Json, Path};
use crate::server::failure::{Failure, Failures};
use crate::store::{NewSchedule, Schedule};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How many of its last jobs are shown with a schedule.
const LAST: u32 = 5;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(schedules, create))
        .routes(routes!(preview))
        .routes(routes!(change, delete))
        .routes(routes!(run_now))
}

/// The order that a schedule's job is.
pub fn schedule_order(schedule: &Schedule, trigger: Trigger) -> Order {
    let project = schedule.what.project;
    let what = match schedule.what.test {
        Some(test) => What::Tests { project, tests: vec![test], block: None },
        None => What::Project(project),
    };
    Order { what, trigger, schedule: Some(schedule.id), options: Options::default(), may_wait: true }
}

#[derive(Serialize, ToSchema)]
struct ScheduleList {
    schedules: Vec<ScheduleView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Schedule)]
struct ScheduleView {
    id: i64,
    project: String,
    /// Null: all tests of the project.
    test: Option<String>,
    /// Five fields, or a name like `@daily`.
    cron: String,
    /// `Europe/Berlin`
    zone: String,
    /// The expression in words.
    words: String,
    paused: bool,
    /// The next three times, milliseconds since the epoch.
    #[schema(value_type = Vec<f64>)]
    next: Vec<Time>,
    #[schema(value_type = Option<f64>)]
    last_due: Option<Time>,
    /// How many times were missed since it last ran.
    missed: u32,
    /// Its last jobs, the newest first.
    last: Vec<LastJob>,
}

#[derive(Serialize, ToSchema)]
struct LastJob {
    job: i64,
    status: Option<String>,
    #[schema(value_type = Option<f64>)]
    started: Option<Time>,
    #[schema(value_type = Option<f64>)]
    ended: Option<Time>,
    runs: Vec<String>,
}

fn view(app: &App, schedule: Schedule) -> Result<ScheduleView, Failure> {
    let what = schedule.what;
    let cron = Cron::parse(&what.cron, &what.zone).ok();
    let last = app.jobs.done(Some(schedule.id), LAST)?.into_iter().map(|view| LastJob {
        job: view.job.id,
        status: view.job.status.map(|status| status.to_string().to_lowercase()),
        started: view.job.started,
        ended: view.job.ended,
        runs: view.runs.into_iter().map(|run| run.run).collect(),
    });
    Ok(ScheduleView {
        id: schedule.id,
        project: app.store.project(what.project)?.name,
        test: what.test.map(|test| app.store.test(test)).transpose()?.map(|test| test.name),
        words: cron.as_ref().map(Cron::words).unwrap_or_default(),
        next: cron.filter(|_| !what.paused).map(|cron| cron.next_three(now())).unwrap_or_default(),
        last: last.collect(),
        cron: what.cron,
        zone: what.zone,
        paused: what.paused,
        last_due: schedule.last_due,
        missed: schedule.missed,
    })
}

#[utoipa::path(get, path = "/schedules", tag = "schedules", responses((status = 200, body = ScheduleList), Failures))]
async fn schedules(State(app): State<Arc<App>>, _: Looker) -> Result<Json<ScheduleList>, Failure> {
    let list = blocking(&app, |app| {
        let all = app.store.schedules()?;
        // one that goes meanwhile is not there
        Ok(ScheduleList { schedules: all.into_iter().filter_map(|one| view(app, one).ok()).collect() })
    });
    Ok(Json(list.await?))
}

#[derive(Deserialize, ToSchema)]
struct ScheduleAsked {
    project: String,
    /// Null: all tests of the project.
    test: Option<String>,
    /// Five fields (`0 3 * * *`), or a name like `@daily`.
    cron: String,
    /// Of the times; `UTC` if none is given.
    zone: Option<String>,
    #[serde(default)]
    paused: bool,
}

fn asked(app: &App, asked: ScheduleAsked) -> Result<NewSchedule, Failure> {
    let zone = asked.zone.unwrap_or_else(|| "UTC".into());
    Cron::parse(&asked.cron, &zone).map_err(|problem| Failure::of(StatusCode::UNPROCESSABLE_ENTITY, &problem))?;
    let project = app.store.project_named(&asked.project)?.id;
    let test = asked.test.map(|name| app.store.test_named(project, &name)).transpose()?.map(|test| test.id);
    Ok(NewSchedule { project, test, cron: asked.cron, zone, paused: asked.paused })
}

/// Notifies the other clients, and the thread that waits for the times.
fn changed(app: &App, id: i64) {
    app.scheduler.changed();
    app.hub.tell("schedules", "schedule.changed", json!({ "schedule": id }), now());
}

#[utoipa::path(post, path = "/schedules", tag = "schedules", responses((status = 201, body = ScheduleView), Failures))]
async fn create(
    State(app): State<Arc<App>>,
    _: Writer,
    Json(new): Json<ScheduleAsked>,
) -> Result<(StatusCode, Json<ScheduleView>), Failure> {
    let made = blocking(&app, move |app| {
        let made = app.store.create_schedule(&asked(app, new)?, now())?;
        changed(app, made.id);
        view(app, made)
    });
    Ok((StatusCode::CREATED, Json(made.await?)))
}

#[utoipa::path(put, path = "/schedules/{id}", tag = "schedules", params(("id" = i64, Path)), responses((status = 200, body = ScheduleView), Failures))]
async fn change(
    State(app): State<Arc<App>>,
    _: Writer,
    Path(id): Path<i64>,
    Json(new): Json<ScheduleAsked>,
) -> Result<Json<ScheduleView>, Failure> {
    let made = blocking(&app, move |app| {
        app.store.schedule(id)?;
        let made = app.store.change_schedule(id, &asked(app, new)?, now())?;
        changed(app, id);
        view(app, made)
    });
    Ok(Json(made.await?))
}

#[utoipa::path(delete, path = "/schedules/{id}", tag = "schedules", params(("id" = i64, Path)), responses((status = 204), Failures))]
async fn delete(State(app): State<Arc<App>>, _: Writer, Path(id): Path<i64>) -> Result<StatusCode, Failure> {
    blocking(&app, move |app| {
        app.store.delete_schedule(id)?;
        changed(app, id);
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Queues its job now, also if it is paused; where one waits already, that one is given.
#[utoipa::path(post, path = "/schedules/{id}/run", tag = "schedules", params(("id" = i64, Path)), responses((status = 202, body = Job), Failures))]
async fn run_now(
    State(app): State<Arc<App>>,
    _: Runner,
    Path(id): Path<i64>,
) -> Result<(StatusCode, Json<Job>), Failure> {
    let job = blocking(&app, move |app| {
        let order = schedule_order(&app.store.schedule(id)?, Trigger::Manual);
        Ok(job_view(&app.jobs, app.jobs.submit(&order)?))
    });
    Ok((StatusCode::ACCEPTED, Json(job.await?)))
}

#[derive(Deserialize, ToSchema)]
struct PreviewAsked {
    cron: String,
    zone: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Preview {
    words: String,
    /// Milliseconds since the epoch.
    #[schema(value_type = Vec<f64>)]
    next: Vec<Time>,
}

/// What an expression means, and the next three times.
#[utoipa::path(post, path = "/schedules/preview", tag = "schedules", responses((status = 200, body = Preview), Failures))]
async fn preview(_: Looker, Json(asked): Json<PreviewAsked>) -> Result<Json<Preview>, Failure> {
    let cron = Cron::parse(&asked.cron, asked.zone.as_deref().unwrap_or("UTC"));
    let cron = cron.map_err(|problem| Failure::of(StatusCode::UNPROCESSABLE_ENTITY, &problem))?;
    Ok(Json(Preview { words: cron.words(), next: cron.next_three(now()) }))
}
