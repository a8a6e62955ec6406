//! `/api/v1`, an area a file. What is said to the outside is said here; what it means, by the modules below.

mod about;
mod account;
mod console;
mod folders;
mod history;
mod language;
mod projects;
mod saved;
mod artefacts;
mod run;
mod run_detail;
mod runs;
mod schedules;
mod settings;
mod views;
mod waves;
mod webhooks;
mod vocabulary;

use super::app::App;
use super::failure::Shape;
pub use schedules::schedule_order;
use std::sync::Arc;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
pub use views::{job_view, run_row};
pub use webhooks::delivery_view;

#[derive(OpenApi)]
#[openapi(
    info(title = "telefonist", description = "Tests SIP systems with scripts that make phone calls."),
    components(schemas(Shape)),
    modifiers(&Ways),
    security(("key" = []), ("bearer" = []), ("session" = []))
)]
struct Api;

/// How a request may say who sends it.
struct Ways;

impl Modify for Ways {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_with(Default::default);
        let header = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key")));
        let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(super::access::COOKIE)));
        components.security_schemes.extend([
            ("key".to_string(), header.into()),
            ("bearer".to_string(), bearer.into()),
            ("session".to_string(), cookie.into()),
        ]);
    }
}

/// All routes, and the document that describes them.
pub fn routes() -> (axum::Router<Arc<App>>, Document) {
    let v1 = OpenApiRouter::new()
        .merge(about::routes())
        .merge(account::routes())
        .merge(console::routes())
        .merge(projects::routes())
        .merge(saved::routes())
        .merge(history::routes())
        .merge(language::routes())
        .merge(vocabulary::routes())
        .merge(folders::routes())
        .merge(run::routes())
        .merge(runs::routes())
        .merge(artefacts::routes())
        .merge(schedules::routes())
        .merge(settings::routes())
        .merge(webhooks::routes());
    let all = OpenApiRouter::with_openapi(Api::openapi()).merge(run::project_routes()).merge(about::open_routes());
    let (router, mut document) = all.nest("/api/v1", v1).split_for_parts();
    name_operations(&mut document);
    (router, document)
}

/// Each by its method and path: what handlers are called is nobody's business, and the same in several areas.
fn name_operations(document: &mut Document) {
    for (path, item) in &mut document.paths.paths {
        let words: Vec<&str> =
            path.trim_start_matches("/api/v1").split(['/', '{', '}']).filter(|word| !word.is_empty()).collect();
        let methods = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in methods {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}_{}", words.join("_")));
            }
        }
    }
}
