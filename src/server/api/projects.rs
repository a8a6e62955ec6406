//! Projects: made, renamed, cloned, deleted; out to a zip file and back.

use super::saved::{created, tell};
use crate::event::Time;
use crate::server::access::{May, Reader, Writer};
use crate::server::app::{App, blocking};
use crate::server::clock::now;
use crate::server::examples::EXAMPLES;
use crate::server::extract::{Attachment, Body, Json, Path, Query, Upload};
use crate::server::failure::{Failure, Failures};
use crate::store::{Existing, Import, NewTest, Problem, Project, Tally};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::io::{BufReader, Cursor};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The largest zip file.
const ZIP: usize = 64 * 1024 * 1024;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(projects, create))
        .routes(routes!(project, rename, delete))
        .routes(routes!(clone))
        .routes(routes!(export))
        .routes(routes!(examples))
        .routes(routes!(import))
}

#[derive(Serialize, ToSchema)]
struct Projects {
    projects: Vec<ProjectView>,
}

/// A set of tests.
#[derive(Serialize, ToSchema)]
#[schema(as = Project)]
struct ProjectView {
    name: String,
    /// Milliseconds since the epoch.
    #[schema(value_type = f64)]
    created: Time,
    /// When it or one of its tests was changed.
    #[schema(value_type = f64)]
    changed: Time,
    /// How many tests it has.
    tests: u32,
    last: Last,
}

/// How its tests ended when they were run last: how many of each.
#[derive(Serialize, ToSchema)]
struct Last {
    /// Skipped ones too.
    pass: u32,
    fail: u32,
    /// Cancelled ones, and those whose record is broken, too.
    error: u32,
    never: u32,
}

fn view(project: Project, tally: Option<Tally>) -> ProjectView {
    let Tally { pass, fail, error, never } = tally.unwrap_or(Tally { never: project.tests, ..Tally::default() });
    let last = Last { pass, fail, error, never };
    ProjectView { name: project.name, created: project.created, changed: project.changed, tests: project.tests, last }
}

fn viewed(app: &App, project: Project) -> Result<Json<ProjectView>, Failure> {
    let tally = app.store.tallies()?.get(&project.id).copied();
    Ok(Json(view(project, tally)))
}

/// Tells those who look at a project, under the name that they know.
fn changed(app: &App, known: &str, project: &Project) {
    let fields = json!({ "project": project.name, "changed": project.changed });
    app.hub.tell(&format!("project:{known}"), "project.changed", fields, now());
}

/// All projects, in alphabetical order.
#[utoipa::path(get, path = "/projects", tag = "projects", responses((status = 200, body = Projects), Failures))]
async fn projects(State(app): State<Arc<App>>, _: Reader) -> Result<Json<Projects>, Failure> {
    let projects = blocking(&app, |app| {
        let tallies = app.store.tallies()?;
        let all = app.store.projects()?.into_iter();
        Ok(all
            .map(|project| {
                let tally = tallies.get(&project.id).copied();
                view(project, tally)
            })
            .collect())
    });
    Ok(Json(Projects { projects: projects.await? }))
}

#[derive(Deserialize, ToSchema)]
struct Named {
    name: String,
}

/// Makes an empty project.
#[utoipa::path(post, path = "/projects", tag = "projects", responses((status = 201, body = ProjectView), Failures))]
async fn create(
    State(app): State<Arc<App>>,
    _: Writer,
    Json(new): Json<Named>,
) -> Result<(StatusCode, Json<ProjectView>), Failure> {
    let project = blocking(&app, move |app| viewed(app, app.store.create_project(&new.name, now())?)).await?;
    Ok((StatusCode::CREATED, project))
}

#[utoipa::path(get, path = "/projects/{project}", tag = "projects", params(("project" = String, Path)), responses((status = 200, body = ProjectView), Failures))]
async fn project(
    State(app): State<Arc<App>>,
    _: Reader,
    Path(name): Path<String>,
) -> Result<Json<ProjectView>, Failure> {
    blocking(&app, move |app| viewed(app, app.store.project_named(&name)?)).await
}

/// Renames a project; its runs go with it.
#[utoipa::path(patch, path = "/projects/{project}", tag = "projects", params(("project" = String, Path)), responses((status = 200, body = ProjectView), Failures))]
async fn rename(
    State(app): State<Arc<App>>,
    _: Writer,
    Path(name): Path<String>,
    Json(new): Json<Named>,
) -> Result<Json<ProjectView>, Failure> {
    blocking(&app, move |app| {
        let old = app.store.project_named(&name)?;
        let project = app.store.rename_project(old.id, &new.name, now())?;
        changed(app, &old.name, &project);
        if project.name != old.name {
            changed(app, &project.name, &project);
        }
        viewed(app, project)
    })
    .await
}

/// Deletes a project with its tests and their versions; its runs stay.
#[utoipa::path(delete, path = "/projects/{project}", tag = "projects", params(("project" = String, Path)), responses((status = 204), Failures))]
async fn delete(State(app): State<Arc<App>>, _: Writer, Path(name): Path<String>) -> Result<StatusCode, Failure> {
    blocking(&app, move |app| {
        let project = app.store.project_named(&name)?;
        app.store.delete_project(project.id, now())?;
        changed(app, &project.name, &project);
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Makes a project of another name with the same tests.
#[utoipa::path(post, path = "/projects/{project}/clone", tag = "projects", params(("project" = String, Path)), responses((status = 201, body = ProjectView), Failures))]
async fn clone(
    State(app): State<Arc<App>>,
    _: Writer,
    Path(name): Path<String>,
    Json(new): Json<Named>,
) -> Result<(StatusCode, Json<ProjectView>), Failure> {
    let made = blocking(&app, move |app| {
        let project = app.store.project_named(&name)?;
        viewed(app, app.store.clone_project(project.id, &new.name, now())?)
    });
    Ok((StatusCode::CREATED, made.await?))
}

/// The tests of a project as a zip file: a folder with a file each.
#[utoipa::path(get, path = "/projects/{project}/export", tag = "projects", params(("project" = String, Path)), responses((status = 200, body = Body, content_type = "application/zip"), Failures))]
async fn export(State(app): State<Arc<App>>, _: Reader, Path(name): Path<String>) -> Result<Attachment, Failure> {
    blocking(&app, move |app| {
        let project = app.store.project_named(&name)?;
        let mut zip = Cursor::new(vec![]);
        app.store.export_zip(project.id, &mut zip)?;
        Ok(Attachment { kind: "application/zip", name: format!("{}.zip", project.name), bytes: zip.into_inner() })
    })
    .await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct How {
    /// Tests that are there with another text get that of the file as their newest version; otherwise they stay as they are.
    #[serde(default)]
    replace: bool,
}

/// What an import came to: names of tests.
#[derive(Serialize, ToSchema)]
struct Imported {
    created: Vec<String>,
    changed: Vec<String>,
    /// With the same text already.
    same: Vec<String>,
    /// With another text, left as they are.
    skipped: Vec<String>,
    /// Those of the project that the zip file does not have; they stay.
    absent: Vec<String>,
    /// What in the zip file is no test.
    left_out: Vec<String>,
}

/// Takes the tests of a zip file into a project, which is made where there is none: all of them, or none. They lie at its top or in
/// one folder.
#[utoipa::path(post, path = "/projects/{project}/import", tag = "projects", params(("project" = String, Path), How),
    request_body(content = Body, content_type = "application/zip"), responses((status = 200, body = Imported), Failures))]
async fn import(
    State(app): State<Arc<App>>,
    May(who): Writer,
    Path(name): Path<String>,
    Query(how): Query<How>,
    Upload(zip): Upload<ZIP>,
) -> Result<Json<Imported>, Failure> {
    blocking(&app, move |app| {
        let existing = if how.replace { Existing::Update } else { Existing::Keep };
        let import = Import { project: &name, author: Some(&who.author()), existing };
        let done = app.store.import_zip(import, BufReader::new(zip), now())?;
        if !done.created.is_empty() || !done.changed.is_empty() {
            changed(app, &done.project.name, &done.project);
        }
        let left_out = done.left_out.into_iter().map(|(file, why)| format!("{file}: {why}")).collect();
        let skipped = done.kept;
        let (created, changed, same, absent) = (done.created, done.changed, done.same, done.absent);
        Ok(Json(Imported { created, changed, same, skipped, absent, left_out }))
    })
    .await
}

#[derive(Serialize, ToSchema)]
struct Made {
    /// The names of the tests that are new.
    created: Vec<String>,
}

/// Puts the examples that the program carries into a project; tests that it has stay as they are.
#[utoipa::path(post, path = "/projects/{project}/examples", tag = "projects", params(("project" = String, Path)), responses((status = 201, body = Made), Failures))]
async fn examples(
    State(app): State<Arc<App>>,
    May(who): Writer,
    Path(name): Path<String>,
) -> Result<(StatusCode, Json<Made>), Failure> {
    let made = blocking(&app, move |app| {
        let project = app.store.project_named(&name)?;
        let mut names = vec![];
        for (name, kind, text) in EXAMPLES {
            match app.store.create_test(project.id, NewTest { name, kind, text, author: Some(&who.author()) }, now()) {
                Ok(test) => {
                    tell(app, &project, "test.created", created(&test));
                    names.push(test.name);
                }
                Err(Problem::Taken(_)) => {}
                Err(problem) => return Err(problem.into()),
            }
        }
        Ok(Json(Made { created: names }))
    });
    Ok((StatusCode::CREATED, made.await?))
}
