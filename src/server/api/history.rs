//! The history of a test: its results from run to run.

use super::saved::{TestView, find, was_saved};
use super::views::{RunRow, run_row};
use crate::pipeline::{replay, with_new_hash};
use crate::server::access::{Looker, May, Writer};
use crate::server::app::{App, blocking};
use crate::server::clock::now;
use crate::server::extract::{Json, Path, Query};
use crate::server::failure::{Failure, Failures};
use crate::server::figures;
use crate::store::{Kind, Run, RunFilter, RunStatus, Save};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(history)).routes(routes!(update_hash))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Page {
    /// How many runs, 1 to 100.
    #[param(default = 20)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct History {
    /// The newest first.
    runs: Vec<Ran>,
    /// How often one of these ended otherwise than the one before, 0 to 1.
    flakiness: f64,
    /// The first run since the last one that passed which did not.
    first_bad: Option<String>,
    last_pass: Option<String>,
}

/// A run and its figures.
#[derive(Serialize, ToSchema)]
struct Ran {
    #[serde(flatten)]
    run: RunRow,
    /// Of its flow; none where it is not judged.
    hash: Option<String>,
    /// How many agents it had; none where its record is too large for a list.
    agents: Option<usize>,
    quality: Option<Quality>,
}

/// How the calls of a run sounded.
#[derive(Serialize, ToSchema)]
struct Quality {
    /// Mean opinion scores, 1 to 4.5.
    mos_min: Option<f64>,
    mos_avg: Option<f64>,
    /// Milliseconds.
    jitter_max: Option<f64>,
    /// Packets.
    loss_max: Option<f64>,
    /// The longest, in milliseconds.
    post_dial_delay: Option<f64>,
}

/// The last runs of a test with their figures.
#[utoipa::path(get, path = "/projects/{project}/tests/{test}/history", tag = "tests", params(("project" = String, Path), ("test" = String, Path), Page), responses((status = 200, body = History), Failures))]
async fn history(
    State(app): State<Arc<App>>,
    _: Looker,
    Path(names): Path<(String, String)>,
    Query(page): Query<Page>,
) -> Result<Json<History>, Failure> {
    blocking(&app, move |app| {
        let (project, test) = find(app, &names)?;
        let (last_pass, first_bad) = app.store.turning_point(&project.name, &test.name)?;
        let filter = RunFilter { project: Some(project.name), test: Some(test.name), ..RunFilter::default() };
        let runs = app.store.runs(&filter, None, page.limit.unwrap_or(20).clamp(1, 100))?.runs;
        let flakiness = flakiness(&runs);
        let runs = runs.into_iter().map(|run| ran(app, run)).collect();
        Ok(Json(History { runs, flakiness, first_bad, last_pass }))
    })
    .await
}

fn ran(app: &App, run: Run) -> Ran {
    let figures = app.figures.of(&run.id, &app.store.data_dir().join("runs").join(&run.id));
    let quality =
        figures.quality.clone().map(|figures::Quality { mos_min, mos_avg, jitter_max, loss_max, post_dial_delay }| {
            Quality { mos_min, mos_avg, jitter_max, loss_max, post_dial_delay }
        });
    Ran { run: run_row(run), hash: figures.hash.clone(), agents: figures.agents, quality }
}

/// Each block for itself.
fn flakiness(runs: &[Run]) -> f64 {
    let mut blocks = BTreeMap::<Option<&str>, Vec<bool>>::new();
    for run in runs {
        let passed = match run.status {
            RunStatus::Pass => true,
            RunStatus::Fail | RunStatus::Error | RunStatus::Broken | RunStatus::Damaged => false,
            RunStatus::Running | RunStatus::Cancelled | RunStatus::Skipped => continue,
        };
        blocks.entry(run.block.as_deref()).or_default().push(passed);
    }
    let pairs = || blocks.values().flat_map(|ended| ended.windows(2));
    let turns = pairs().filter(|pair| pair[0] != pair[1]).count();
    turns as f64 / pairs().count().max(1) as f64
}

#[derive(Deserialize, ToSchema)]
struct HashOf {
    /// The run whose hash is to be the expected one.
    run: String,
    /// The version that the test has.
    based_on: u32,
}

/// Writes the hash of a run into the test, as `run --update` does: its next version.
#[utoipa::path(post, path = "/projects/{project}/tests/{test}/update_hash", tag = "tests", params(("project" = String, Path), ("test" = String, Path)), responses((status = 200, body = TestView), Failures))]
async fn update_hash(
    State(app): State<Arc<App>>,
    May(who): Writer,
    Path(names): Path<(String, String)>,
    Json(of): Json<HashOf>,
) -> Result<Json<TestView>, Failure> {
    blocking(&app, move |app| {
        let (project, test) = find(app, &names)?;
        let run = app.store.run(&of.run)?;
        if !app.store.is_run_of(&run.id, &project.name, &test.name)? {
            let failure = Failure::new(StatusCode::CONFLICT, format!("the run `{}` is not one of this test", run.id));
            return Err(failure.advice("name a run of the test's history"));
        }
        let refuse =
            |why: &str| Err(Failure::new(StatusCode::CONFLICT, why).advice("mend what it says and run the test again"));
        let replayed = match run.status {
            RunStatus::Pass | RunStatus::Fail => {
                replay(&app.store.data_dir().join("runs").join(&run.id), &mut |_, _| {})
                    .map_err(|problem| Failure::of(StatusCode::CONFLICT, &problem))?
            }
            _ => return refuse("this run did not come to its end: its hash is none to expect"),
        };
        if !replayed.sound {
            return refuse("more than the hash speaks against this run");
        }
        let text = app.store.version(test.id, test.version)?.text;
        let hash = replayed.flow.hash();
        let text = with_new_hash(&text, run.block.as_deref(), &hash, test.kind == Kind::Rhai);
        let author = who.author();
        let save = Save { based_on: of.based_on, text: &text, author: Some(&author) };
        Ok(was_saved(app, &project, &test, app.store.save(test.id, save, now())?))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Time;

    #[test]
    fn turns_between_pass_and_fail_are_flaky_each_block_for_itself() {
        let run = |block: Option<&str>, status| Run {
            id: String::new(),
            project: None,
            test: String::new(),
            file: String::new(),
            block: block.map(str::to_string),
            status,
            started: Time(0.0),
            duration: None,
            trigger: None,
            repetition: 1,
            repetitions: 1,
            attempt: 1,
        };
        use RunStatus::{Cancelled, Error, Fail, Pass, Running};
        let of =
            |statuses: &[RunStatus]| flakiness(&statuses.iter().map(|status| run(None, *status)).collect::<Vec<_>>());
        assert_eq!((of(&[]), of(&[Running, Pass]), of(&[Fail, Error, Fail])), (0.0, 0.0, 0.0));
        assert_eq!((of(&[Pass, Cancelled, Fail, Pass]), of(&[Pass, Pass, Fail])), (1.0, 0.5));
        let blocks = [run(Some("a"), Pass), run(Some("b"), Fail), run(Some("a"), Pass), run(Some("b"), Fail)];
        assert_eq!(flakiness(&blocks), 0.0);
    }
}
