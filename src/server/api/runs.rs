//! Runs: found, looked at, compared, deleted.

use super::run_detail::{Detail, detail};
use super::views::{Job, RunRow, job_view, run_row};
use crate::event::Time;
use crate::flow::{Difference, first_difference, side_by_side};
use crate::jobs::{Options, What};
use crate::pipeline::flow_of;
use crate::record::{RunFolder, Trigger, by_id, keep, keeps};
use crate::server::access::{Looker, Runner, Writer};
use crate::server::app::{App, blocking};
use crate::server::extract::{Json, Path, Query};
use crate::server::failure::{Failure, Failures};
use crate::store::{Cursor, RunFilter, RunStatus};
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(runs))
        .routes(routes!(delete_runs))
        .routes(routes!(run, delete_run))
        .routes(routes!(keep_run))
        .routes(routes!(rerun))
        .routes(routes!(stop))
        .routes(routes!(diff))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RunsAsked {
    /// The project's name, in whatever case.
    project: Option<String>,
    /// A part of the test's name, in whatever case.
    test: Option<String>,
    /// The same, for a search field.
    text: Option<String>,
    /// Statuses, separated by commas.
    status: Option<String>,
    /// manual, api, cron, rerun, separated by commas.
    trigger: Option<String>,
    /// Begun then or later: milliseconds since the epoch.
    #[param(value_type = Option<f64>)]
    since: Option<Time>,
    /// Begun before then.
    #[param(value_type = Option<f64>)]
    until: Option<Time>,
    /// 500 at most.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 500)]
    limit: u32,
    /// `next` of the page before.
    after: Option<String>,
}

fn hundred() -> u32 {
    100
}

#[derive(Serialize, ToSchema)]
struct RunList {
    runs: Vec<RunRow>,
    /// Where the next page begins; null: there is none.
    next: Option<String>,
}

/// The runs, the newest first.
#[utoipa::path(get, path = "/runs", tag = "runs", params(RunsAsked), responses((status = 200, body = RunList), Failures))]
async fn runs(
    State(app): State<Arc<App>>,
    _: Looker,
    Query(asked): Query<RunsAsked>,
) -> Result<Json<RunList>, Failure> {
    let words = |text: &Option<String>| -> Vec<String> {
        text.iter()
            .flat_map(|text| text.split(','))
            .map(|word| word.trim().to_string())
            .filter(|w| !w.is_empty())
            .collect()
    };
    let status = |word: String| {
        RunStatus::ALL.into_iter().find(|status| status.word() == word).ok_or_else(|| {
            let all = RunStatus::ALL.map(RunStatus::word).join(", ");
            Failure::bad(format!("`{word}` is no status of a run")).advice(format!("the statuses are {all}"))
        })
    };
    let cause = |word: String| {
        Trigger::ALL
            .into_iter()
            .find(|trigger| trigger.word() == word)
            .ok_or_else(|| Failure::bad(format!("`{word}` is no trigger")).advice("they are manual, api, cron, rerun"))
    };
    let filter = RunFilter {
        statuses: words(&asked.status).into_iter().map(status).collect::<Result<_, _>>()?,
        triggers: words(&asked.trigger).into_iter().map(cause).collect::<Result<_, _>>()?,
        project: asked.project,
        test: None,
        text: asked.test.or(asked.text),
        since: asked.since,
        until: asked.until,
    };
    let after = asked.after.as_deref().map(cursor).transpose()?;
    let page = blocking(&app, move |app| Ok(app.store.runs(&filter, after.as_ref(), asked.limit)?)).await?;
    let next = page.next.map(|next| BASE64_URL_SAFE_NO_PAD.encode(format!("{} {}", next.started, next.id)));
    Ok(Json(RunList { runs: page.runs.into_iter().map(run_row).collect(), next }))
}

fn cursor(text: &str) -> Result<Cursor, Failure> {
    let read = || {
        let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (started, id) = text.split_once(' ')?;
        Some(Cursor {
            started: started.parse().ok().map(Time).filter(|started| started.is_finite())?,
            id: id.to_string(),
        })
    };
    read().ok_or_else(|| Failure::bad("`after` is not what a page gave as `next`"))
}

/// The folder of a run, where there is such a run.
pub fn folder(app: &App, id: &str) -> Result<RunFolder, Failure> {
    let begun = app.jobs.promised(id).map(|job| {
        Failure::new(StatusCode::NOT_FOUND, format!("the run `{id}` has not begun"))
            .advice(format!("its job is /api/v1/jobs/{job}"))
    });
    by_id(app.store.data_dir(), id).map_err(|_| begun.unwrap_or_else(|| Failure::missing("run", id)))
}

/// All there is to say of a run, but for its events.
#[utoipa::path(get, path = "/runs/{id}", tag = "runs", params(("id" = String, Path)), responses((status = 200, body = Detail), Failures))]
async fn run(State(app): State<Arc<App>>, _: Looker, Path(id): Path<String>) -> Result<Json<Detail>, Failure> {
    blocking(&app, move |app| detail(app, &folder(app, &id)?)).await.map(Json)
}

/// Deletes a run with all that was recorded; not one that is going on.
#[utoipa::path(delete, path = "/runs/{id}", tag = "runs", params(("id" = String, Path)), responses((status = 204), Failures))]
async fn delete_run(State(app): State<Arc<App>>, _: Writer, Path(id): Path<String>) -> Result<StatusCode, Failure> {
    blocking(&app, move |app| delete(app, &id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn delete(app: &App, id: &str) -> Result<(), Failure> {
    if app.jobs.live().run(id).is_some() {
        return Err(Failure::new(StatusCode::CONFLICT, format!("the run `{id}` is going on")).advice("stop it first"));
    }
    Ok(app.store.delete_run(id)?)
}

#[derive(Deserialize, ToSchema)]
struct ToDelete {
    #[schema(max_items = 500)]
    runs: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct Deleted {
    deleted: Vec<String>,
    left: Vec<Left>,
}

/// A run that is still there, and why.
#[derive(Serialize, ToSchema)]
struct Left {
    run: String,
    why: String,
}

/// Deletes several.
#[utoipa::path(post, path = "/runs/delete", tag = "runs", responses((status = 200, body = Deleted), Failures))]
async fn delete_runs(
    State(app): State<Arc<App>>,
    _: Writer,
    Json(asked): Json<ToDelete>,
) -> Result<Json<Deleted>, Failure> {
    if asked.runs.len() > 500 {
        return Err(Failure::bad("500 runs at most can be deleted at once"));
    }
    let done = blocking(&app, move |app| {
        let mut done = Deleted { deleted: vec![], left: vec![] };
        for run in asked.runs {
            match delete(app, &run) {
                Ok(()) => done.deleted.push(run),
                Err(failure) => done.left.push(Left { run, why: failure.detail().to_string() }),
            }
        }
        Ok(done)
    });
    Ok(Json(done.await?))
}

#[derive(Deserialize, ToSchema)]
struct Keep {
    keep: bool,
}

/// Says whether a run stays, whatever else goes by age or number.
#[utoipa::path(put, path = "/runs/{id}/keep", tag = "runs", params(("id" = String, Path)), responses((status = 204), Failures))]
async fn keep_run(
    State(app): State<Arc<App>>,
    _: Writer,
    Path(id): Path<String>,
    Json(asked): Json<Keep>,
) -> Result<StatusCode, Failure> {
    blocking(&app, move |app| {
        let folder = folder(app, &id)?;
        let unwritable = |error| Failure::new(StatusCode::SERVICE_UNAVAILABLE, format!("it can't be noted: {error}"));
        if keeps(folder.path()) != asked.keep { keep(folder.path(), asked.keep).map_err(unwritable) } else { Ok(()) }
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Runs the test of a run once more, as it is saved now.
#[utoipa::path(post, path = "/runs/{id}/rerun", tag = "runs", params(("id" = String, Path)), responses((status = 202, body = Job), Failures))]
async fn rerun(
    State(app): State<Arc<App>>,
    _: Runner,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Job>), Failure> {
    let view = blocking(&app, move |app| {
        let view = super::run::submit(app, What::Rerun(id), Trigger::Rerun, Options::default(), true)?;
        Ok(job_view(&app.jobs, view))
    });
    Ok((StatusCode::ACCEPTED, Json(view.await?)))
}

/// Ends a run as cancelled; the other tests of its job go on.
#[utoipa::path(post, path = "/runs/{id}/stop", tag = "runs", params(("id" = String, Path)), responses((status = 204), Failures))]
async fn stop(State(app): State<Arc<App>>, _: Runner, Path(id): Path<String>) -> Result<StatusCode, Failure> {
    blocking(&app, move |app| {
        if app.jobs.stop_run(&id) {
            return Ok(());
        }
        folder(app, &id)?;
        Err(Failure::new(StatusCode::CONFLICT, format!("the run `{id}` is not going on here")))
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Two flows side by side.
#[derive(Serialize, ToSchema)]
struct FlowDiff {
    same: bool,
    /// Where they part.
    first: Option<FirstDifference>,
    lines: Vec<DiffLine>,
    a: Hashed,
    b: Hashed,
}

#[derive(Serialize, ToSchema)]
struct FirstDifference {
    /// In words.
    text: String,
    /// Agent and call; empty where whole agents differ.
    place: String,
    /// What only the first has.
    missing: Option<String>,
    /// What only the second has.
    extra: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct DiffLine {
    /// same, removed, added
    kind: &'static str,
    text: String,
    /// Which line of the first it is, from 1.
    a: Option<usize>,
    /// Which line of the second.
    b: Option<usize>,
}

#[derive(Serialize, ToSchema)]
struct Hashed {
    run: String,
    test: String,
    hash: String,
}

/// How the flows of two runs differ, in order.
#[utoipa::path(get, path = "/runs/{a}/diff/{b}", tag = "runs", params(("a" = String, Path), ("b" = String, Path)),
    responses((status = 200, body = FlowDiff), Failures))]
async fn diff(
    State(app): State<Arc<App>>,
    _: Looker,
    Path((a, b)): Path<(String, String)>,
) -> Result<Json<FlowDiff>, Failure> {
    let diff = blocking(&app, move |app| {
        let flow = |id: &str| {
            let unreadable = |problem| Failure::of(StatusCode::CONFLICT, &problem);
            flow_of(folder(app, id)?.path()).map_err(unreadable)
        };
        let ((a_head, a), (b_head, b)) = (flow(&a)?, flow(&b)?);
        let first = first_difference(a.text(), b.text()).map(|first| {
            let text = first.to_string();
            let Difference { place, missing, extra } = first;
            FirstDifference { text, place, missing, extra }
        });
        let lines = side_by_side(a.text(), b.text()).into_iter().map(|line| DiffLine {
            kind: match (line.old, line.new) {
                (Some(_), Some(_)) => "same",
                (Some(_), None) => "removed",
                _ => "added",
            },
            text: line.text.to_string(),
            a: line.old,
            b: line.new,
        });
        let lines = lines.collect();
        let hashed = |header: crate::record::Header, flow: &crate::flow::Flow| {
            let test = header.name();
            Hashed { run: header.run, test, hash: flow.hash() }
        };
        Ok(FlowDiff { same: first.is_none(), first, lines, a: hashed(a_head, &a), b: hashed(b_head, &b) })
    });
    Ok(Json(diff.await?))
}
