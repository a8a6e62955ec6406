//! The common form of errors: `application/problem+json` (RFC 9457).

use crate::diagnostic::{self, Diagnostic, mask_secrets};
use crate::jobs::{Refused, Told};
use crate::store::Problem;
use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::openapi::{Content, Ref, RefOr, Response as Documented, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// Why a request is not served.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    detail: String,
    advice: Option<String>,
    /// What is wrong with a text.
    errors: Option<Box<Value>>,
    /// Of a conflict: what was saved meanwhile.
    current: Option<Box<Value>>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// How it is written.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Shape {
    /// Always `about:blank`: the status says what kind it is.
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    status: u16,
    /// What is wrong.
    detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
    /// What is wrong with a text, as docs/check.md has it, or test by test.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    errors: Option<Value>,
    /// Of a save that came too late: what was saved meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    current: Option<Value>,
}

impl Failure {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Failure {
        Failure { status, detail: detail.into(), advice: None, errors: None, current: None, headers: vec![] }
    }

    pub fn advice(self, advice: impl Into<String>) -> Failure {
        Failure { advice: Some(advice.into()), ..self }
    }

    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Failure {
        self.headers.push((name, value));
        self
    }

    /// A diagnostic under a status.
    pub fn of(status: StatusCode, problem: &Diagnostic) -> Failure {
        Failure { advice: problem.advice.clone(), ..Failure::new(status, problem.message.clone()) }
    }

    /// A text that has errors.
    pub fn of_text(problems: &[Diagnostic]) -> Failure {
        let failure = Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "the text has errors");
        Failure { errors: Some(Box::new(diagnostic::json(problems))), ..failure.advice("see `errors`") }
    }

    pub fn bad(detail: impl Into<String>) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, detail)
    }

    pub fn missing(what: &str, name: impl std::fmt::Display) -> Failure {
        Failure::new(StatusCode::NOT_FOUND, format!("there is no {what} `{name}`")).advice("it may have been deleted")
    }

    /// What is wrong.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What to do about it; empty where nobody can do anything.
    pub fn advised(&self) -> &str {
        self.advice.as_deref().unwrap_or_default()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let shape = Shape {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("error"),
            status: self.status.as_u16(),
            detail: mask_secrets(&self.detail),
            advice: self.advice.as_deref().map(mask_secrets),
            errors: self.errors.map(|errors| *errors),
            current: self.current.map(|current| *current),
        };
        let body = serde_json::to_string(&shape).unwrap_or_default();
        let mut response = (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if self.status == StatusCode::PAYLOAD_TOO_LARGE {
            // the rest of the body is not read: nothing more can be asked behind it
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        self.headers.into_iter().for_each(|(name, value)| drop(response.headers_mut().insert(name, value)));
        response
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        let status = match &problem {
            Problem::Missing(_) => StatusCode::NOT_FOUND,
            Problem::Taken(_) | Problem::Conflict(_) => StatusCode::CONFLICT,
            Problem::Invalid(_) => StatusCode::BAD_REQUEST,
            Problem::Broken(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let failure = Failure::of(status, &problem.diagnostic());
        match problem {
            Problem::Conflict(conflict) => {
                let now = conflict.current;
                let current =
                    json!({ "version": now.number, "text": now.text, "author": now.author, "saved": now.time });
                Failure { current: Some(Box::new(current)), ..failure }
            }
            _ => failure,
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Failure {
        match refused {
            Refused::Busy => Failure::new(StatusCode::CONFLICT, "another test run is already active")
                .advice("wait for its end, stop it, or say queue=true"),
            Refused::Store(problem) => (*problem).into(),
            Refused::Nothing => Failure::new(StatusCode::NOT_FOUND, "there is no test to run")
                .advice("save a test in the project, or name one that is there"),
            Refused::Broken(told) => {
                let failure = Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "none of the tests can be run");
                Failure { errors: Some(Box::new(broken(told))), ..failure.advice("see `errors`") }
            }
        }
    }
}

/// The diagnostics of all tests, one after another.
fn broken(told: Vec<Told>) -> Value {
    let all = told.into_iter().filter_map(|told| match told.problems {
        Value::Array(problems) => Some(problems),
        _ => None,
    });
    all.flatten().collect()
}

impl From<JsonRejection> for Failure {
    fn from(rejection: JsonRejection) -> Failure {
        Failure::new(rejection.status(), rejection.body_text())
            .advice("send a JSON body, as /api/v1/openapi.json has it")
    }
}

impl From<QueryRejection> for Failure {
    fn from(rejection: QueryRejection) -> Failure {
        Failure::bad(rejection.body_text())
    }
}

impl From<PathRejection> for Failure {
    fn from(rejection: PathRejection) -> Failure {
        Failure::new(rejection.status(), rejection.body_text())
    }
}

impl From<BytesRejection> for Failure {
    fn from(rejection: BytesRejection) -> Failure {
        Failure::new(rejection.status(), rejection.body_text())
    }
}

/// Documents that any of these may come.
pub struct Failures;

impl IntoResponses for Failures {
    fn responses() -> std::collections::BTreeMap<String, RefOr<Documented>> {
        let statuses = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 503];
        let described = |status: u16| {
            let words = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
            let content = Content::new(Some(Ref::from_schema_name("Problem")));
            let response = ResponseBuilder::new().description(words.unwrap_or("error"));
            (status.to_string(), response.content("application/problem+json", content).build().into())
        };
        statuses.into_iter().map(described).collect()
    }
}
