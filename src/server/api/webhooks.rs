//! Webhooks: where results are sent, and what became of each message.

use crate::event::Time;
use crate::notify::address;
use crate::server::access::{Looker, Reader, Writer};
use crate::server::app::{App, blocking};
use crate::server::clock::now;
use crate::server::extract::{Json, Path};
use crate::server::failure::{Failure, Failures};
use crate::store::{Delivery, NewWebhook, Secret, Webhook, WebhookKind};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(webhooks, create))
        .routes(routes!(change, delete))
        .routes(routes!(try_out))
        .routes(routes!(deliveries))
}

/// What became of a message.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryView {
    id: i64,
    /// Its id; `job-N` where a test of that job could not begin.
    run: String,
    /// Null: a `_webhook` of the test.
    webhook: Option<i64>,
    kind: &'static str,
    /// Scheme and host.
    address: String,
    /// pending, sent, failed
    state: &'static str,
    attempts: u32,
    error: Option<String>,
    #[schema(value_type = f64)]
    queued: Time,
    #[schema(value_type = Option<f64>)]
    tried: Option<Time>,
    #[schema(value_type = Option<f64>)]
    ended: Option<Time>,
}

pub fn delivery_view(delivery: Delivery) -> DeliveryView {
    DeliveryView {
        id: delivery.id,
        run: delivery.run,
        webhook: delivery.webhook,
        kind: delivery.kind.word(),
        address: delivery.address,
        state: delivery.state.word(),
        attempts: delivery.attempts,
        error: delivery.error,
        queued: delivery.queued,
        tried: delivery.tried,
        ended: delivery.ended,
    }
}

#[derive(Serialize, ToSchema)]
struct WebhookList {
    webhooks: Vec<WebhookView>,
}

/// A webhook without what makes its URL a secret.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
struct WebhookView {
    id: i64,
    /// Null: for all projects.
    project: Option<String>,
    /// teams, teams-card, slack, json
    kind: &'static str,
    /// Scheme and host.
    address: String,
    /// Its messages are signed.
    signed: bool,
    only_failures: bool,
    #[schema(value_type = f64)]
    created: Time,
    last: Option<DeliveryView>,
}

fn view(app: &App, webhook: Webhook) -> Result<WebhookView, Failure> {
    let what = webhook.what;
    Ok(WebhookView {
        id: webhook.id,
        project: what.project.map(|project| app.store.project(project)).transpose()?.map(|project| project.name),
        kind: what.kind.word(),
        address: address(what.url.reveal()).unwrap_or_default(),
        signed: what.secret.is_some(),
        only_failures: what.only_failures,
        created: webhook.created,
        last: app.store.deliveries_to(webhook.id, 1)?.into_iter().next().map(delivery_view),
    })
}

#[utoipa::path(get, path = "/webhooks", tag = "webhooks", responses((status = 200, body = WebhookList), Failures))]
async fn webhooks(State(app): State<Arc<App>>, _: Reader) -> Result<Json<WebhookList>, Failure> {
    let list = blocking(&app, |app| {
        let all = app.store.webhooks()?.into_iter();
        // one that goes meanwhile is not there
        Ok(WebhookList { webhooks: all.filter_map(|one| view(app, one).ok()).collect() })
    });
    Ok(Json(list.await?))
}

#[derive(Deserialize, ToSchema)]
struct WebhookAsked {
    /// Null: for all projects.
    project: Option<String>,
    kind: KindAsked,
    /// http or https. Of one that is changed: the one until now, if none is given.
    url: Option<String>,
    /// What messages are signed with; of one that is changed: the one until now, if none is given; empty: none.
    secret: Option<String>,
    /// Nothing is sent of runs that passed.
    #[serde(default)]
    only_failures: bool,
}

#[derive(Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum KindAsked {
    Teams,
    TeamsCard,
    Slack,
    Json,
}

fn asked(app: &App, asked: WebhookAsked, before: Option<NewWebhook>) -> Result<NewWebhook, Failure> {
    let (old_url, old_secret) = before.map_or((None, None), |before| (Some(before.url), before.secret));
    let url = asked.url.map(Secret::new).or(old_url).ok_or_else(|| Failure::bad("give the webhook's `url`"))?;
    address(url.reveal()).map_err(|problem| Failure::of(StatusCode::BAD_REQUEST, &problem))?;
    let secret = match asked.secret {
        Some(secret) => Some(secret).filter(|secret| !secret.is_empty()).map(Secret::new),
        None => old_secret,
    };
    let project = asked.project.map(|name| app.store.project_named(&name)).transpose()?.map(|project| project.id);
    let kind = WebhookKind::ALL[asked.kind as usize];
    Ok(NewWebhook { project, kind, url, secret, only_failures: asked.only_failures })
}

#[utoipa::path(post, path = "/webhooks", tag = "webhooks", responses((status = 201, body = WebhookView), Failures))]
async fn create(
    State(app): State<Arc<App>>,
    _: Writer,
    Json(new): Json<WebhookAsked>,
) -> Result<(StatusCode, Json<WebhookView>), Failure> {
    let made = blocking(&app, move |app| {
        let made = app.store.create_webhook(&asked(app, new, None)?, now())?;
        view(app, made)
    });
    Ok((StatusCode::CREATED, Json(made.await?)))
}

fn found(app: &App, id: i64) -> Result<Webhook, Failure> {
    app.store.webhooks()?.into_iter().find(|webhook| webhook.id == id).ok_or_else(|| Failure::missing("webhook", id))
}

#[utoipa::path(put, path = "/webhooks/{id}", tag = "webhooks", params(("id" = i64, Path)), responses((status = 200, body = WebhookView), Failures))]
async fn change(
    State(app): State<Arc<App>>,
    _: Writer,
    Path(id): Path<i64>,
    Json(new): Json<WebhookAsked>,
) -> Result<Json<WebhookView>, Failure> {
    let made = blocking(&app, move |app| {
        let before = found(app, id)?;
        let made = app.store.change_webhook(id, &asked(app, new, Some(before.what))?)?;
        view(app, made)
    });
    Ok(Json(made.await?))
}

#[utoipa::path(delete, path = "/webhooks/{id}", tag = "webhooks", params(("id" = i64, Path)), responses((status = 204), Failures))]
async fn delete(State(app): State<Arc<App>>, _: Writer, Path(id): Path<i64>) -> Result<StatusCode, Failure> {
    blocking(&app, move |app| Ok(app.store.delete_webhook(id)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How a message that only tries was taken.
#[derive(Serialize, ToSchema)]
struct Tried {
    sent: bool,
    /// Why it was not.
    error: Option<String>,
}

/// Sends a message that says what it is, once.
#[utoipa::path(post, path = "/webhooks/{id}/test", tag = "webhooks", params(("id" = i64, Path)), responses((status = 200, body = Tried), Failures))]
async fn try_out(State(app): State<Arc<App>>, _: Writer, Path(id): Path<i64>) -> Result<Json<Tried>, Failure> {
    let webhook = blocking(&app, move |app| found(app, id)).await?;
    let sent = app.post.try_out(&webhook.what).await;
    Ok(Json(Tried { sent: sent.is_ok(), error: sent.err().map(|problem| problem.message) }))
}

#[derive(Serialize, ToSchema)]
struct DeliveryList {
    deliveries: Vec<DeliveryView>,
}

/// What became of the messages about a run.
#[utoipa::path(get, path = "/runs/{id}/deliveries", tag = "webhooks", params(("id" = String, Path)), responses((status = 200, body = DeliveryList), Failures))]
async fn deliveries(
    State(app): State<Arc<App>>,
    _: Looker,
    Path(id): Path<String>,
) -> Result<Json<DeliveryList>, Failure> {
    let list = blocking(&app, move |app| {
        super::runs::folder(app, &id)?;
        Ok(DeliveryList { deliveries: app.store.deliveries(&id)?.into_iter().map(delivery_view).collect() })
    });
    Ok(Json(list.await?))
}
