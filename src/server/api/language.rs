//! Services for an editor, on texts that need not be saved: errors, completion, hover, the compiled script.

use super::views::KindWord;
use crate::agent::commands;
use crate::diagnostic::{self, Source, Suggestion};
use crate::engine;
use crate::jobs::file;
use crate::pipeline;
use crate::script::Script;
use crate::server::access::Reader;
use crate::server::app::{App, blocking};
use crate::server::extract::Json;
use crate::server::failure::{Failure, Failures};
use crate::server::outlines::without_secrets;
use crate::store::{Kind, Project};
use crate::testfile;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest text, in bytes: that of a test.
const LONGEST: usize = 1024 * 1024;
/// No text of a test takes so long.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(check))
        .routes(routes!(complete))
        .routes(routes!(hover))
        .routes(routes!(compile))
}

/// A text, and the test that it is to be.
#[derive(Deserialize, ToSchema)]
struct Text {
    kind: KindWord,
    /// At most 1 MiB.
    text: String,
    /// The test's name, for messages.
    name: Option<String>,
    /// The project that has what it imports.
    project: Option<String>,
}

impl Text {
    fn project(&self, app: &App) -> Result<Option<Project>, Failure> {
        Ok(self.project.as_deref().map(|name| app.store.project_named(name)).transpose()?)
    }

    fn source(self, project: Option<&Project>) -> Arc<Source> {
        let name = Kind::from(self.kind).file_name(self.name.as_deref().unwrap_or("unnamed"));
        Source::new(file(project.map(|project| project.name.as_str()), &name).display().to_string(), self.text)
    }
}

/// Does what takes as long as a text wants; some at once, so that texts that mean harm hold up one another alone.
async fn bounded<T: Send + 'static>(
    app: &Arc<App>,
    text: &str,
    work: impl FnOnce(&App) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    if text.len() > LONGEST {
        let detail = format!("the text has {} bytes, more than {LONGEST}", text.len());
        return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, detail).advice("split the test"));
    }
    let long = |_| {
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, "reading the text takes too long")
            .advice("shorten it, or try again when other checks are done")
    };
    let done = async {
        let turn = app.checking.clone().acquire_owned().await;
        // who waits no longer leaves the turn to the work until it is over
        blocking(app, move |app| {
            let _turn = turn;
            work(app)
        })
        .await
    };
    tokio::time::timeout(PATIENCE, done).await.map_err(long)?
}

#[derive(Serialize, ToSchema)]
struct Checked {
    /// As docs/check.md has them.
    #[schema(value_type = Vec<Object>)]
    diagnostics: Value,
}

/// Everything that is wrong with a text, as far as it shows without a call. Secrets are not given to it.
#[utoipa::path(post, path = "/check", tag = "language", responses((status = 200, body = Checked), Failures))]
async fn check(State(app): State<Arc<App>>, _: Reader, Json(text): Json<Text>) -> Result<Json<Checked>, Failure> {
    let long = text.text.clone();
    bounded(&app, &long, move |app| {
        let project = text.project(app)?;
        let source = text.source(project.as_ref());
        let workplace = without_secrets(&app.workplace, project.as_ref().map(|project| project.name.as_str()));
        let kind = workplace.supervisor().ok().map(|supervisor| supervisor.kind().clone());
        let files = app.jobs.files(project.map(|project| project.id));
        let checked = pipeline::check(&source, workplace.inputs(), &files, &workplace.settings().sounds, kind.as_ref());
        Ok(Json(Checked { diagnostics: diagnostic::json(&checked.diagnostics) }))
    })
    .await
}

/// A place in a text.
#[derive(Deserialize, ToSchema)]
struct At {
    kind: KindWord,
    text: String,
    /// From 1.
    line: u32,
    /// From 1, in characters.
    column: u32,
}

/// What may stand at a place, or stands there.
#[derive(Serialize, ToSchema)]
#[schema(as = Suggestion)]
struct Item {
    text: String,
    /// How it is called, or what kind of value it is; may be empty.
    detail: String,
    /// What it does; may be empty.
    docs: String,
    /// variable, function, method, field, event, command, module, word, directive
    sort: String,
}

fn item(suggestion: Suggestion) -> Item {
    let sort = format!("{:?}", suggestion.sort).to_lowercase();
    Item { text: suggestion.text, detail: suggestion.usage, docs: suggestion.doc, sort }
}

#[derive(Serialize, ToSchema)]
struct Completed {
    /// In alphabetical order.
    items: Vec<Item>,
}

/// What may stand at a place, beginning with what is written there already.
#[utoipa::path(post, path = "/complete", tag = "language", responses((status = 200, body = Completed), Failures))]
async fn complete(State(app): State<Arc<App>>, _: Reader, Json(at): Json<At>) -> Result<Json<Completed>, Failure> {
    let text = at.text.clone();
    bounded(&app, &text, move |_| {
        let words: Vec<String> = commands::names().map(str::to_string).collect();
        let source = Source::new("", at.text);
        let found = match at.kind {
            KindWord::Testfile => testfile::suggest::complete(&source, at.line, at.column, &words),
            KindWord::Rhai => engine::complete(&Script::rhai(source), at.line, at.column, &words),
        };
        Ok(Json(Completed { items: found.into_iter().map(item).collect() }))
    })
    .await
}

#[derive(Serialize, ToSchema)]
struct Hovered {
    /// None where nothing is known of it.
    item: Option<Item>,
}

/// What stands at a place.
#[utoipa::path(post, path = "/hover", tag = "language", responses((status = 200, body = Hovered), Failures))]
async fn hover(State(app): State<Arc<App>>, _: Reader, Json(at): Json<At>) -> Result<Json<Hovered>, Failure> {
    let text = at.text.clone();
    bounded(&app, &text, move |_| {
        let source = Source::new("", at.text);
        let found = match at.kind {
            KindWord::Testfile => testfile::suggest::hover(&source, at.line, at.column),
            KindWord::Rhai => engine::hover(&Script::rhai(source), at.line, at.column),
        };
        Ok(Json(Hovered { item: found.map(item) }))
    })
    .await
}

/// The Rhai script that a text becomes.
#[derive(Serialize, ToSchema)]
struct Compiled {
    rhai: String,
    /// Pairs of lines from 1: one of the script, and the one of the text that it comes from. Empty for a Rhai script.
    lines: Vec<[u32; 2]>,
}

/// The script that a testfile becomes; a text with errors is refused with 422. Secrets are not written out.
#[utoipa::path(post, path = "/compile", tag = "language", responses((status = 200, body = Compiled), Failures))]
async fn compile(State(app): State<Arc<App>>, _: Reader, Json(text): Json<Text>) -> Result<Json<Compiled>, Failure> {
    let long = text.text.clone();
    bounded(&app, &long, move |app| {
        let project = text.project(app)?;
        let source = text.source(project.as_ref());
        let workplace = without_secrets(&app.workplace, None);
        let files = app.jobs.files(project.map(|project| project.id));
        let compiled = pipeline::compile(&source, workplace.inputs(), &files);
        let compiled = compiled.map_err(|problems| Failure::of_text(&problems))?;
        let script = compiled.script();
        let from = (1..).zip(&script.lines).filter(|(_, own)| **own > 0);
        Ok(Json(Compiled { rhai: script.rhai.clone(), lines: from.map(|(line, own)| [line, *own]).collect() }))
    })
    .await
}
