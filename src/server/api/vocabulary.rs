//! The words of both languages, for colours and completion in an editor.

use crate::agent::commands;
use crate::engine::std_documentation;
use crate::event::{EVENT_NAMES, fields, meaning};
use crate::server::access::Reader;
use crate::server::app::{App, blocking};
use crate::server::extract::Json;
use crate::server::failure::{Failure, Failures};
use crate::testfile::suggest::directives;
use axum::extract::State;
use serde::Serialize;
use std::sync::{Arc, LazyLock};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(vocabulary))
}

#[derive(Serialize, ToSchema, Clone)]
struct Vocabulary {
    events: Vec<EventType>,
    /// The words of baresip's commands, of any version.
    commands: Vec<&'static str>,
    /// The functions of the standard library.
    stdlib: Vec<Described>,
    /// Those of testfiles.
    directives: Vec<Described>,
}

#[derive(Serialize, ToSchema, Clone)]
struct EventType {
    name: &'static str,
    meaning: &'static str,
    /// The names of what it carries.
    fields: Vec<&'static str>,
}

#[derive(Serialize, ToSchema, Clone)]
struct Described {
    /// `calls::establish`, `_run`
    name: String,
    /// How it is written.
    signature: String,
    /// Markdown.
    docs: String,
}

static ALL: LazyLock<Vocabulary> = LazyLock::new(|| {
    let event = |name: &&'static str| EventType {
        name,
        meaning: meaning(name).unwrap_or_default(),
        fields: fields::of(Some(name)).map(|field| field.name).collect(),
    };
    let stdlib = std_documentation().into_iter().flat_map(|module| {
        module.functions.into_iter().map(move |function| {
            let name = format!("{}::{}", module.name, function.name);
            Described { signature: format!("{name}({})", function.parameters.join(", ")), name, docs: function.about }
        })
    });
    let directive = |directive: crate::diagnostic::Suggestion| Described {
        name: directive.text,
        signature: directive.usage,
        docs: directive.doc,
    };
    Vocabulary {
        events: EVENT_NAMES.iter().map(event).collect(),
        commands: commands::names().collect(),
        stdlib: stdlib.collect(),
        directives: directives().map(directive).collect(),
    }
});

/// Events, commands, the standard library, directives.
#[utoipa::path(get, path = "/vocabulary", tag = "language", responses((status = 200, body = Vocabulary), Failures))]
async fn vocabulary(State(app): State<Arc<App>>, _: Reader) -> Result<Json<Vocabulary>, Failure> {
    blocking(&app, |_| Ok(Json(ALL.clone()))).await
}
