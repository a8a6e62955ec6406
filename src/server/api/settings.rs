//! Settings that can be changed while the server runs: which runs are kept.

use crate::server::access::{Admin, Reader};
use crate::server::app::{App, blocking};
use crate::server::clock::now;
use crate::server::extract::{Json, Query};
use crate::server::failure::{Failure, Failures};
use crate::store::Retention;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(settings, set))
}

#[derive(Serialize, ToSchema)]
#[schema(as = Settings)]
struct SettingsView {
    /// How many of the newest runs of each project are kept, and as many that belong to none.
    keep_runs: Setting,
    /// For how many days runs are kept.
    keep_days: Setting,
    /// Number of runs that are no longer to be kept. They are deleted as soon as this is set, and whenever a job is over.
    to_go: usize,
}

#[derive(Serialize, ToSchema)]
struct Setting {
    /// What counts; null: all are kept.
    value: Option<u32>,
    /// It was given at the server's start, and can't be changed here.
    fixed: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSettings {
    /// Null or not there: all.
    keep_runs: Option<u32>,
    /// Null or not there: for ever.
    keep_days: Option<u32>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Trial {
    /// Change nothing, only tell what would be.
    #[serde(default)]
    dry_run: bool,
}

impl SettingsView {
    fn of(app: &App, set: Retention) -> Result<SettingsView, Failure> {
        let given = app.options.retention;
        let keep = given.or(set);
        Ok(SettingsView {
            keep_runs: Setting { value: keep.runs, fixed: given.runs.is_some() },
            keep_days: Setting { value: keep.days, fixed: given.days.is_some() },
            to_go: app.store.runs_to_go(keep, now())?.len(),
        })
    }
}

/// Which runs are kept.
#[utoipa::path(get, path = "/settings", tag = "about", responses((status = 200, body = SettingsView), Failures))]
async fn settings(State(app): State<Arc<App>>, _: Reader) -> Result<Json<SettingsView>, Failure> {
    let view = blocking(&app, |app| SettingsView::of(app, app.store.retention()?));
    Ok(Json(view.await?))
}

/// Sets which runs are kept; those that go are being deleted when the answer comes. What the server was given at its start stays as it is.
#[utoipa::path(put, path = "/settings", tag = "about", params(Trial), responses((status = 200, body = SettingsView), Failures))]
async fn set(
    State(app): State<Arc<App>>,
    _: Admin,
    Query(trial): Query<Trial>,
    Json(new): Json<NewSettings>,
) -> Result<Json<SettingsView>, Failure> {
    let view = blocking(&app, move |app| {
        let given = app.options.retention;
        let flags = [("--keep-runs", given.runs, new.keep_runs), ("--keep-days", given.days, new.keep_days)];
        for (flag, given, wanted) in flags {
            if let Some(given) = given
                && wanted != Some(given)
            {
                return Err(Failure::new(StatusCode::CONFLICT, format!("the server was started with {flag} {given}"))
                    .advice(format!("send that, or start the server without {flag}")));
            }
        }
        let before = app.store.retention()?;
        let set = Retention {
            runs: if given.runs.is_some() { before.runs } else { new.keep_runs },
            days: if given.days.is_some() { before.days } else { new.keep_days },
        };
        if !trial.dry_run {
            app.store.set_retention(set)?;
        }
        SettingsView::of(app, set)
    });
    let view = view.await?;
    if !trial.dry_run {
        // many take long
        let jobs = app.jobs.clone();
        tokio::task::spawn_blocking(move || jobs.prune());
    }
    Ok(Json(view))
}
