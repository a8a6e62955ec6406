//! The console: agents by hand, one session for all browsers.

use crate::diagnostic::Suggestion;
use crate::event::Time;
use crate::repl::Completes;
use crate::server::access::{Looker, May, Runner};
use crate::server::app::{App, blocking};
use crate::server::console::Done;
use crate::server::extract::{Json, Query};
use crate::server::failure::{Failure, Failures};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::oneshot;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(console, end))
        .routes(routes!(line))
        .routes(routes!(stop))
        .routes(routes!(history))
        .routes(routes!(script))
        .routes(routes!(complete))
}

/// How the console is.
#[derive(Serialize, ToSchema)]
struct Console {
    /// The session's run; none where there is no session.
    run: Option<String>,
    /// Milliseconds since the epoch.
    #[schema(value_type = Option<f64>)]
    since: Option<Time>,
    agents: Vec<ConsoleAgent>,
    /// A line runs.
    busy: bool,
    /// How many lines succeeded.
    statements: usize,
}

#[derive(Serialize, ToSchema)]
struct ConsoleAgent {
    name: String,
    aor: String,
    address: String,
}

#[utoipa::path(get, path = "/console", operation_id = "console", tag = "console", responses((status = 200, body = Console), Failures))]
async fn console(State(app): State<Arc<App>>, _: Looker) -> Json<Console> {
    let view = app.console.view();
    let mine = app.jobs.live().agents().into_iter().filter(|agent| view.run.as_ref() == Some(&agent.run));
    let agent = |agent: crate::jobs::LiveAgent| ConsoleAgent {
        name: agent.name.to_string(),
        aor: agent.aor,
        address: agent.address,
    };
    let agents = mine.map(agent).collect();
    Json(Console { run: view.run, since: view.since, agents, busy: view.busy, statements: view.statements })
}

#[derive(Deserialize, ToSchema)]
struct NewLine {
    /// Statements of a test, lines of a testfile, or a command like `:ladder`. Several lines are done one after another up to the first that
    /// fails.
    text: String,
}

/// Enters a line and waits until it is done; the first begins a session.
#[utoipa::path(post, path = "/console/line", operation_id = "console_line", tag = "console", responses((status = 200, body = Done), Failures))]
async fn line(State(app): State<Arc<App>>, May(who): Runner, Json(new): Json<NewLine>) -> Result<Json<Done>, Failure> {
    let (reply, told) = oneshot::channel();
    let entered = app.console.enter(&new.text, &who.author(), Some(reply));
    entered.map_err(|problem| Failure::of(StatusCode::CONFLICT, &problem))?;
    let lost =
        |_| Failure::new(StatusCode::SERVICE_UNAVAILABLE, "the console has ended").advice("enter the line again");
    Ok(Json(told.await.map_err(lost)?))
}

/// Ends the wait of the line that runs.
#[utoipa::path(post, path = "/console/stop", operation_id = "console_stop", tag = "console", responses((status = 204), Failures))]
async fn stop(State(app): State<Arc<App>>, _: Runner) -> StatusCode {
    app.console.stop();
    StatusCode::NO_CONTENT
}

/// Ends the session: its agents are stopped, its run is judged and kept.
#[utoipa::path(delete, path = "/console", operation_id = "console_end", tag = "console", responses((status = 204), Failures))]
async fn end(State(app): State<Arc<App>>, _: Runner) -> Result<StatusCode, Failure> {
    blocking(&app, |app| Ok(app.console.end())).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
#[schema(as = ConsoleHistory)]
struct History {
    /// The oldest first; none that held a password.
    lines: Vec<String>,
}

#[utoipa::path(get, path = "/console/history", operation_id = "console_history", tag = "console", responses((status = 200, body = History), Failures))]
async fn history(State(app): State<Arc<App>>, _: Looker) -> Json<History> {
    Json(History { lines: app.console.history() })
}

#[derive(Deserialize, IntoParams)]
struct Kind {
    /// `rhai`, the only one.
    kind: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ConsoleScript)]
struct Script {
    text: String,
}

/// The session as a test: what succeeded, with the waits that were needed.
#[utoipa::path(get, path = "/console/script", operation_id = "console_script", tag = "console", params(Kind), responses((status = 200, body = Script), Failures))]
async fn script(State(app): State<Arc<App>>, _: Runner, Query(query): Query<Kind>) -> Result<Json<Script>, Failure> {
    if query.kind.is_some_and(|kind| kind != "rhai") {
        return Err(Failure::bad("a session becomes a Rhai script").advice("kind=rhai"));
    }
    let script = app.console.script().await;
    Ok(Json(Script { text: script.map_err(|problem| Failure::of(StatusCode::NOT_FOUND, &problem))? }))
}

#[derive(Deserialize, ToSchema)]
#[schema(as = ConsoleText)]
struct Text {
    text: String,
    /// Of the place of the cursor in the text, from 1.
    line: u32,
    /// In characters, from 1.
    column: u32,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ConsoleItems)]
struct Items {
    /// The column at which the word begins that an item replaces.
    start: u32,
    items: Vec<Item>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ConsoleItem)]
struct Item {
    text: String,
    detail: String,
    docs: String,
    sort: &'static str,
}

impl From<Suggestion> for Item {
    fn from(one: Suggestion) -> Item {
        Item { text: one.text, detail: one.usage, docs: one.doc, sort: one.sort.word() }
    }
}

/// What may stand at a place of a line that is being written.
#[utoipa::path(post, path = "/console/complete", operation_id = "console_complete", tag = "console", responses((status = 200, body = Items), Failures))]
async fn complete(State(app): State<Arc<App>>, _: Looker, Json(text): Json<Text>) -> Result<Json<Items>, Failure> {
    if text.text.len() > crate::server::console::LONGEST {
        return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "the text is too long to be completed"));
    }
    let items = blocking(&app, move |app| {
        let sight = app.console.sight();
        let at = place(&text);
        let (start, items) = sight.complete(&text.text, at);
        let start = text.text[..start].rsplit('\n').next().unwrap_or_default().chars().count() as u32 + 1;
        Ok(Items { start, items: items.into_iter().map(Item::from).collect() })
    });
    Ok(Json(items.await?))
}

/// The byte of a place; the nearest before it where there is none.
fn place(text: &Text) -> usize {
    let lines = text.text.split_inclusive('\n').take(text.line.saturating_sub(1) as usize);
    let begin: usize = lines.map(str::len).sum();
    let line = text.text[begin..].split('\n').next().unwrap_or_default();
    let column = line.char_indices().nth(text.column.saturating_sub(1) as usize).map_or(line.len(), |(at, _)| at);
    begin + column
}
