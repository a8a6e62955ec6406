//! What handlers take out of a request, each refusal in the one shape of errors.

use super::failure::Failure;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::fmt::Write;
use utoipa::ToSchema;

/// A JSON body, and a JSON answer.
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Failure))]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// A file as the body, as long as its route allows.
#[derive(ToSchema)]
#[schema(as = File, value_type = String, format = Binary)]
pub struct Body(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Body, Failure> {
        Ok(Body(Bytes::from_request(request, state).await?))
    }
}

/// A file for the one who asks.
pub struct Attachment {
    /// Its media type.
    pub kind: &'static str,
    pub name: String,
    pub bytes: Vec<u8>,
}

impl IntoResponse for Attachment {
    fn into_response(self) -> Response {
        let plain: String = self.name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
        let whole = self.name.bytes().fold(String::new(), |mut whole, byte| {
            let _ = if is_plain(byte.into()) {
                write!(whole, "{}", char::from(byte))
            } else {
                write!(whole, "%{byte:02X}")
            };
            whole
        });
        let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}");
        let disposition = HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"));
        let kind = HeaderValue::from_static(self.kind);
        ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], self.bytes).into_response()
    }
}

/// What stands for itself in a file's name wherever that is written.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}

/// The parts of the path that stand for names.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Failure))]
pub struct Path<T>(pub T);

/// What stands behind the `?`.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Failure))]
pub struct Query<T>(pub T);
