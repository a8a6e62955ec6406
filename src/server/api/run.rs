//! Jobs: what to run, and the results.

use super::views::{Job, KindWord, job_view};
use crate::jobs::{JobView, Options, Order, What};
use crate::record::Trigger;
use crate::report::Kind;
use crate::run::is_name;
use crate::server::access::{Looker, May, Runner, Who};
use crate::server::app::{App, blocking};
use crate::server::extract::{Json, Path, Query};
use crate::server::failure::{Failure, Failures};
use crate::store::Problem;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// More repetitions or retries are a mistake.
const MOST: u32 = 1000;
/// More values of parameters, too.
const DEFINES: usize = 200;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(run))
        .routes(routes!(jobs))
        .routes(routes!(jobs_done))
        .routes(routes!(job))
        .routes(routes!(stop_job))
        .routes(routes!(report))
}

/// The one address outside of `/api/v1`, as CI jobs know it.
pub fn project_routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(run_project))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RunProject {
    /// The project's name.
    name: String,
    /// Wait in the queue where another run is active.
    #[serde(default)]
    queue: bool,
    /// Answer when all is over.
    #[serde(default)]
    wait: bool,
    /// What to answer with, once all is over.
    #[param(inline)]
    format: Option<Answer>,
}

#[derive(Deserialize, ToSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Json,
    Junit,
}

/// Runs all tests of a project, in alphabetical order.
///
/// 200: it has begun or waits, or with `wait=true` is over; 401: the key is wrong; 404: there is no such project, or no test in it;
/// 409: another run is active.
#[utoipa::path(post, path = "/api/project/run", tag = "run", params(RunProject),
    responses((status = 200, body = Job, description = "The job; with `wait=true&format=junit` JUnit XML (application/xml)"), Failures))]
async fn run_project(
    State(app): State<Arc<App>>,
    May(who): Runner,
    Query(asked): Query<RunProject>,
) -> Result<Response, Failure> {
    if asked.format == Some(Answer::Junit) && !asked.wait {
        return Err(Failure::bad("format=junit is for wait=true: there is no result before the end"));
    }
    let (name, may_wait, trigger) = (asked.name, asked.queue, trigger(&who));
    let view = blocking(&app, move |app| {
        let project = app.store.project_named(&name)?;
        submit(app, What::Project(project.id), trigger, Options::default(), may_wait)
    })
    .await?;
    let view = if asked.wait { over(&app, view.job.id).await? } else { view };
    if asked.format == Some(Answer::Junit) {
        return written(&app, view.job.id, ReportFormat::Junit).await;
    }
    Ok(Json(shown(&app, view).await?).into_response())
}

#[derive(Deserialize, ToSchema)]
struct RunAsked {
    project: Option<String>,
    /// Tests of the project; none: all, in alphabetical order.
    tests: Option<Vec<String>>,
    /// Of the only test, this block.
    block: Option<String>,
    /// A text that is not saved.
    text: Option<RunText>,
    /// Only those whose last run did not pass.
    #[serde(default)]
    failed: bool,
    /// Parameters of the tests, as `--define`.
    #[serde(default)]
    define: BTreeMap<String, String>,
    #[serde(default)]
    #[schema(maximum = 1000)]
    retries: u32,
    #[serde(default)]
    #[schema(maximum = 1000)]
    repeat: u32,
    /// Wait in the queue where another run is active (the default), or be refused.
    #[serde(default = "yes")]
    queue: bool,
    /// Answer when all is over.
    #[serde(default)]
    wait: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize, ToSchema)]
struct RunText {
    name: String,
    kind: KindWord,
    text: String,
}

/// Runs tests of a project, or a text.
#[utoipa::path(post, path = "/run", tag = "run",
    responses((status = 202, body = Job), (status = 200, body = Job, description = "It is over (`wait`)"), Failures))]
async fn run(
    State(app): State<Arc<App>>,
    May(who): Runner,
    Json(asked): Json<RunAsked>,
) -> Result<(StatusCode, Json<Job>), Failure> {
    if asked.retries > MOST || asked.repeat > MOST || asked.define.len() > DEFINES {
        return Err(Failure::bad(format!(
            "retries and repeat are {MOST} at most, define has {DEFINES} values at most"
        )));
    }
    if let Some(name) = asked.define.keys().find(|name| !is_name(name)) {
        return Err(Failure::bad(format!(
            "define: `{name}` is not a name: letters, digits, `_`, `-` and `.`, a letter first"
        )));
    }
    let (wait, may_wait, trigger) = (asked.wait, asked.queue, trigger(&who));
    let view = blocking(&app, move |app| {
        let options = Options {
            defines: asked.define.clone().into_iter().collect(),
            retries: asked.retries,
            repeat: asked.repeat,
        };
        let what = what(app, asked)?;
        submit(app, what, trigger, options, may_wait)
    })
    .await?;
    let view = if wait { over(&app, view.job.id).await? } else { view };
    let status = if wait { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(shown(&app, view).await?)))
}

fn what(app: &App, asked: RunAsked) -> Result<What, Failure> {
    let project = asked.project.map(|name| app.store.project_named(&name)).transpose()?;
    let id = project.as_ref().map(|project| project.id);
    if let Some(RunText { name, kind, text }) = asked.text {
        return Ok(What::Text { project: id, name, kind: kind.into(), text });
    }
    let Some(project) = id else {
        return Err(Failure::bad("name a project, or send a text"));
    };
    match asked.tests {
        None if asked.failed => Ok(What::Failed(project)),
        None => Ok(What::Project(project)),
        Some(names) => {
            let mut tests = vec![];
            for name in names {
                let id = app.store.test_named(project, &name)?.id;
                if !tests.contains(&id) {
                    tests.push(id);
                }
            }
            let block = asked.block.filter(|_| tests.len() == 1);
            Ok(What::Tests { project, tests, block })
        }
    }
}

/// A browser's user does it by hand, a key is a program's.
pub fn trigger(who: &Who) -> Trigger {
    if matches!(who, Who::User(..)) { Trigger::Manual } else { Trigger::Api }
}

pub fn submit(app: &App, what: What, trigger: Trigger, options: Options, may_wait: bool) -> Result<JobView, Failure> {
    Ok(app.jobs.submit(&Order { what, trigger, schedule: None, options, may_wait })?)
}

/// The job when it is over, or when the server ends.
async fn over(app: &Arc<App>, id: i64) -> Result<JobView, Failure> {
    let mut news = app.hub.watch("jobs");
    loop {
        let view = blocking(app, move |app| Ok(app.jobs.job(id)?)).await?;
        if view.is_over() || news.changed().await.is_err() {
            return Ok(view);
        }
    }
}

async fn shown(app: &Arc<App>, view: JobView) -> Result<Job, Failure> {
    blocking(app, move |app| Ok(job_view(&app.jobs, view))).await
}

#[derive(Serialize, ToSchema)]
struct JobList {
    jobs: Vec<Job>,
    /// How many run at once.
    places: u32,
}

/// What runs and what waits, in its order.
#[utoipa::path(get, path = "/jobs", tag = "run", responses((status = 200, body = JobList), Failures))]
async fn jobs(State(app): State<Arc<App>>, _: Looker) -> Result<Json<JobList>, Failure> {
    list(&app, |app| app.jobs.jobs()).await
}

async fn list(
    app: &Arc<App>,
    find: impl FnOnce(&App) -> Result<Vec<JobView>, Problem> + Send + 'static,
) -> Result<Json<JobList>, Failure> {
    let list = blocking(app, move |app| {
        let jobs = find(app)?.into_iter().map(|view| job_view(&app.jobs, view)).collect();
        Ok(JobList { jobs, places: app.jobs.places() })
    });
    Ok(Json(list.await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DoneAsked {
    /// 500 at most.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 500)]
    limit: u32,
}

fn fifty() -> u32 {
    50
}

/// The jobs that ended last, the newest first.
#[utoipa::path(get, path = "/jobs/done", tag = "run", params(DoneAsked), responses((status = 200, body = JobList), Failures))]
async fn jobs_done(
    State(app): State<Arc<App>>,
    _: Looker,
    Query(asked): Query<DoneAsked>,
) -> Result<Json<JobList>, Failure> {
    list(&app, move |app| app.jobs.done(None, asked.limit.min(500))).await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct JobAsked {
    /// Answer when it is over.
    #[serde(default)]
    wait: bool,
}

/// A job.
#[utoipa::path(get, path = "/jobs/{id}", tag = "run", params(("id" = i64, Path), JobAsked), responses((status = 200, body = Job), Failures))]
async fn job(
    State(app): State<Arc<App>>,
    _: Looker,
    Path(id): Path<i64>,
    Query(asked): Query<JobAsked>,
) -> Result<Json<Job>, Failure> {
    let view = match asked.wait {
        true => over(&app, id).await?,
        false => blocking(&app, move |app| Ok(app.jobs.job(id)?)).await?,
    };
    Ok(Json(shown(&app, view).await?))
}

/// Takes a job out of the queue, or ends what it runs as cancelled.
#[utoipa::path(post, path = "/jobs/{id}/stop", tag = "run", params(("id" = i64, Path)), responses((status = 200, body = Job), Failures))]
async fn stop_job(State(app): State<Arc<App>>, _: Runner, Path(id): Path<i64>) -> Result<Json<Job>, Failure> {
    let view = blocking(&app, move |app| {
        app.jobs.job(id)?;
        let over = |_| Failure::new(StatusCode::CONFLICT, format!("job {id} does not wait or run here any more"));
        Ok(job_view(&app.jobs, app.jobs.stop(id).map_err(over)?))
    });
    Ok(Json(view.await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReportAsked {
    #[serde(default)]
    #[param(inline)]
    format: ReportFormat,
}

#[derive(Deserialize, ToSchema, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
enum ReportFormat {
    #[default]
    Json,
    Junit,
    Tap,
    Github,
}

impl ReportFormat {
    fn kind(self) -> Kind {
        match self {
            ReportFormat::Json => Kind::Json,
            ReportFormat::Junit => Kind::Junit,
            ReportFormat::Tap => Kind::Tap,
            ReportFormat::Github => Kind::Github,
        }
    }
}

/// The report of a job that is over (docs/reports.md).
#[utoipa::path(get, path = "/jobs/{id}/report", tag = "run", params(("id" = i64, Path), ReportAsked),
    responses((status = 200, content((String = "application/xml"), (String = "text/plain"), (Object = "application/json"))), Failures))]
async fn report(
    State(app): State<Arc<App>>,
    _: Looker,
    Path(id): Path<i64>,
    Query(asked): Query<ReportAsked>,
) -> Result<Response, Failure> {
    written(&app, id, asked.format).await
}

async fn written(app: &Arc<App>, id: i64, format: ReportFormat) -> Result<Response, Failure> {
    let text = blocking(app, move |app| {
        let over = app.store.job(id)?.ended.is_some();
        app.store.job_report(id, format.kind().word())?.ok_or_else(|| match over {
            true => Failure::missing("report of the job", id),
            false => Failure::new(StatusCode::CONFLICT, "the job is not over")
                .advice("wait for its end: GET /api/v1/jobs/{id}"),
        })
    });
    Ok(([(header::CONTENT_TYPE, format.kind().content_type())], text.await?).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_report_that_is_kept_with_a_job_can_be_asked_for() {
        for (name, kind) in Kind::kept() {
            let format: ReportFormat = serde_json::from_value(name.into()).expect(name);
            assert_eq!((format.kind(), kind.word()), (kind, name));
        }
    }
}
