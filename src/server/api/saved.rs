//! The tests of a project, with every version that was saved of them.

use super::views::{KindWord, LastRun, last_run};
use crate::event::Time;
use crate::jobs::JobView;
use crate::server::access::{May, Reader, Writer};
use crate::server::app::{App, blocking};
use crate::server::clock::now;
use crate::server::extract::{Json, Path};
use crate::server::failure::{Failure, Failures};
use crate::store::{NewTest, Project, Save, Test, Version, VersionInfo};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How many results a test has in the list.
const RESULTS: u32 = 10;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(tests, create))
        .routes(routes!(test, save, rename, delete))
        .routes(routes!(clone))
        .routes(routes!(versions))
        .routes(routes!(version))
        .routes(routes!(restore))
}

/// A test and its project, by their names.
pub fn find(app: &App, (project, test): &(String, String)) -> Result<(Project, Test), Failure> {
    let project = app.store.project_named(project)?;
    let test = app.store.test_named(project.id, test)?;
    Ok((project, test))
}

/// Tells those who look at a project of one of its tests.
pub fn tell(app: &App, project: &Project, kind: &str, fields: Value) {
    app.hub.tell(&format!("project:{}", project.name), kind, fields, now());
}

/// The answer about a test that was created or changed.
pub fn created(test: &Test) -> Value {
    json!({ "test": test.name, "version": test.version, "author": test.author })
}

/// A test without its text.
#[derive(Serialize, ToSchema)]
#[schema(as = Test)]
pub struct TestView {
    name: String,
    kind: KindWord,
    /// The number of the newest version, from 1.
    version: u32,
    /// Milliseconds since the epoch.
    #[schema(value_type = f64)]
    created: Time,
    #[schema(value_type = f64)]
    changed: Time,
    /// Who saved the newest version.
    author: Option<String>,
}

pub fn test_view(test: Test) -> TestView {
    let (created, changed) = (test.created, test.changed);
    TestView { name: test.name, kind: test.kind.into(), version: test.version, created, changed, author: test.author }
}

#[derive(Serialize, ToSchema)]
struct Tests {
    tests: Vec<Listed>,
}

/// A test, as the list has it.
#[derive(Serialize, ToSchema)]
struct Listed {
    #[serde(flatten)]
    test: TestView,
    tags: Vec<String>,
    /// The names of its tests, where the file has several.
    blocks: Vec<String>,
    /// Its last runs, the newest first.
    last: Vec<LastRun>,
    /// The job in which it is running or queued.
    job: Option<i64>,
}

/// The tests of a project in alphabetical order: that in which they run.
#[utoipa::path(get, path = "/projects/{project}/tests", tag = "tests", params(("project" = String, Path)), responses((status = 200, body = Tests), Failures))]
async fn tests(State(app): State<Arc<App>>, _: Reader, Path(name): Path<String>) -> Result<Json<Tests>, Failure> {
    blocking(&app, move |app| {
        let project = app.store.project_named(&name)?;
        let mut last = app.store.last_runs(project.id, RESULTS)?;
        let jobs = app.jobs.jobs()?;
        let listed = |test: Test| {
            let outline = app.outlines.of(&app.jobs, &project, &test)?;
            let job = jobs.iter().find(|view| view.job.project == Some(project.id) && has(view, &test.name));
            let last = last.remove(&test.id).unwrap_or_default().into_iter().map(last_run).collect();
            let (tags, blocks) = (outline.tags.clone(), outline.blocks.clone());
            Ok(Listed { test: test_view(test), tags, blocks, last, job: job.map(|view| view.job.id) })
        };
        let tests: Result<_, Failure> = app.store.tests(project.id)?.into_iter().map(listed).collect();
        Ok(Json(Tests { tests: tests? }))
    })
    .await
}

/// Whether a job has the test still before it, or runs it.
fn has(job: &JobView, test: &str) -> bool {
    job.runs.iter().any(|run| run.test == test && matches!(run.status.as_str(), "queued" | "running"))
}

#[derive(Deserialize, ToSchema)]
struct New {
    name: String,
    kind: KindWord,
    /// At most 1 MiB.
    text: String,
}

/// Makes a test; its text is version 1. One with errors is saved too: `/check` tells them.
#[utoipa::path(post, path = "/projects/{project}/tests", tag = "tests", params(("project" = String, Path)), responses((status = 201, body = TestView), Failures))]
async fn create(
    State(app): State<Arc<App>>,
    May(who): Writer,
    Path(project): Path<String>,
    Json(new): Json<New>,
) -> Result<(StatusCode, Json<TestView>), Failure> {
    let made = blocking(&app, move |app| {
        let project = app.store.project_named(&project)?;
        let author = who.author();
        let new = NewTest { name: &new.name, kind: new.kind.into(), text: &new.text, author: Some(&author) };
        let test = app.store.create_test(project.id, new, now())?;
        tell(app, &project, "test.created", created(&test));
        Ok(Json(test_view(test)))
    });
    Ok((StatusCode::CREATED, made.await?))
}

/// A test with its text.
#[derive(Serialize, ToSchema)]
struct Whole {
    #[serde(flatten)]
    test: TestView,
    text: String,
}

#[utoipa::path(get, path = "/projects/{project}/tests/{test}", tag = "tests", params(("project" = String, Path), ("test" = String, Path)), responses((status = 200, body = Whole), Failures))]
async fn test(
    State(app): State<Arc<App>>,
    _: Reader,
    Path(names): Path<(String, String)>,
) -> Result<Json<Whole>, Failure> {
    blocking(&app, move |app| {
        let (_, test) = find(app, &names)?;
        let text = app.store.version(test.id, test.version)?.text;
        Ok(Json(Whole { test: test_view(test), text }))
    })
    .await
}

#[derive(Deserialize, ToSchema)]
struct Saved {
    /// At most 1 MiB.
    text: String,
    /// The version that the text was made from.
    based_on: u32,
}

/// Saves a text as the newest version. Where another was saved meanwhile it is refused with 409, and `current` has the other.
#[utoipa::path(put, path = "/projects/{project}/tests/{test}", tag = "tests", params(("project" = String, Path), ("test" = String, Path)), responses((status = 200, body = TestView), Failures))]
async fn save(
    State(app): State<Arc<App>>,
    May(who): Writer,
    Path(names): Path<(String, String)>,
    Json(saved): Json<Saved>,
) -> Result<Json<TestView>, Failure> {
    blocking(&app, move |app| {
        let (project, before) = find(app, &names)?;
        let author = who.author();
        let save = Save { based_on: saved.based_on, text: &saved.text, author: Some(&author) };
        Ok(was_saved(app, &project, &before, app.store.save(before.id, save, now())?))
    })
    .await
}

/// Tells of a new version, where it is one.
pub fn was_saved(app: &App, project: &Project, before: &Test, after: Test) -> Json<TestView> {
    if after.version != before.version {
        tell(app, project, "test.changed", created(&after));
    }
    Json(test_view(after))
}

#[derive(Deserialize, ToSchema)]
struct Renamed {
    name: String,
}

/// Renames a test; its versions and runs go with it.
#[utoipa::path(patch, path = "/projects/{project}/tests/{test}", tag = "tests", params(("project" = String, Path), ("test" = String, Path)), responses((status = 200, body = TestView), Failures))]
async fn rename(
    State(app): State<Arc<App>>,
    _: Writer,
    Path(names): Path<(String, String)>,
    Json(new): Json<Renamed>,
) -> Result<Json<TestView>, Failure> {
    blocking(&app, move |app| {
        let (project, before) = find(app, &names)?;
        let test = app.store.rename_test(before.id, &new.name, now())?;
        if test.name != before.name {
            tell(app, &project, "test.renamed", json!({ "test": test.name, "before": before.name }));
        }
        Ok(Json(test_view(test)))
    })
    .await
}

/// Deletes a test with all its versions; its runs stay.
#[utoipa::path(delete, path = "/projects/{project}/tests/{test}", tag = "tests", params(("project" = String, Path), ("test" = String, Path)), responses((status = 204), Failures))]
async fn delete(
    State(app): State<Arc<App>>,
    _: Writer,
    Path(names): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    blocking(&app, move |app| {
        let (project, test) = find(app, &names)?;
        app.store.delete_test(test.id, now())?;
        tell(app, &project, "test.deleted", json!({ "test": test.name }));
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

#[derive(Deserialize, ToSchema)]
struct CloneAs {
    name: String,
    /// Where to; none: the same project.
    project: Option<String>,
}

/// Makes a test with the same text, in that project or another.
#[utoipa::path(post, path = "/projects/{project}/tests/{test}/clone", tag = "tests", params(("project" = String, Path), ("test" = String, Path)), responses((status = 201, body = TestView), Failures))]
async fn clone(
    State(app): State<Arc<App>>,
    _: Writer,
    Path(names): Path<(String, String)>,
    Json(new): Json<CloneAs>,
) -> Result<(StatusCode, Json<TestView>), Failure> {
    let made = blocking(&app, move |app| {
        let (project, test) = find(app, &names)?;
        let to = new.project.map_or(Ok(project), |name| app.store.project_named(&name))?;
        let clone = app.store.clone_test(test.id, to.id, &new.name, now())?;
        tell(app, &to, "test.created", created(&clone));
        Ok(Json(test_view(clone)))
    });
    Ok((StatusCode::CREATED, made.await?))
}

#[derive(Serialize, ToSchema)]
struct Versions {
    versions: Vec<Info>,
}

/// A version without its text.
#[derive(Serialize, ToSchema)]
struct Info {
    version: u32,
    /// Milliseconds since the epoch.
    #[schema(value_type = f64)]
    saved: Time,
    author: Option<String>,
    /// Bytes.
    size: u32,
}

/// All versions of a test, the newest first.
#[utoipa::path(get, path = "/projects/{project}/tests/{test}/versions", tag = "tests", params(("project" = String, Path), ("test" = String, Path)), responses((status = 200, body = Versions), Failures))]
async fn versions(
    State(app): State<Arc<App>>,
    _: Reader,
    Path(names): Path<(String, String)>,
) -> Result<Json<Versions>, Failure> {
    blocking(&app, move |app| {
        let (_, test) = find(app, &names)?;
        let info =
            |info: VersionInfo| Info { version: info.number, saved: info.time, author: info.author, size: info.bytes };
        Ok(Json(Versions { versions: app.store.versions(test.id)?.into_iter().map(info).collect() }))
    })
    .await
}

/// A version with its text.
#[derive(Serialize, ToSchema)]
#[schema(as = SavedVersion)]
struct VersionView {
    version: u32,
    text: String,
    #[schema(value_type = f64)]
    saved: Time,
    author: Option<String>,
}

#[utoipa::path(get, path = "/projects/{project}/tests/{test}/versions/{version}", tag = "tests", params(("project" = String, Path), ("test" = String, Path), ("version" = u32, Path)), responses((status = 200, body = VersionView), Failures))]
async fn version(
    State(app): State<Arc<App>>,
    _: Reader,
    Path((project, test, number)): Path<(String, String, u32)>,
) -> Result<Json<VersionView>, Failure> {
    blocking(&app, move |app| {
        let (_, test) = find(app, &(project, test))?;
        let Version { number, text, author, time } = app.store.version(test.id, number)?;
        Ok(Json(VersionView { version: number, text, saved: time, author }))
    })
    .await
}

#[derive(Deserialize, ToSchema)]
struct Restored {
    /// The newest version, as far as the caller knows.
    based_on: u32,
}

/// Saves an older version again as the newest.
#[utoipa::path(post, path = "/projects/{project}/tests/{test}/versions/{version}/restore", tag = "tests", params(("project" = String, Path), ("test" = String, Path), ("version" = u32, Path)), responses((status = 200, body = TestView), Failures))]
async fn restore(
    State(app): State<Arc<App>>,
    May(who): Writer,
    Path((project, test, number)): Path<(String, String, u32)>,
    Json(wanted): Json<Restored>,
) -> Result<Json<TestView>, Failure> {
    blocking(&app, move |app| {
        let (project, before) = find(app, &(project, test))?;
        let author = who.author();
        let after = app.store.restore(before.id, number, (wanted.based_on, Some(&author)), now())?;
        Ok(was_saved(app, &project, &before, after))
    })
    .await
}
