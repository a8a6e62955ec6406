//! Extractors for handlers; each refusal has the common form of errors.

use super::app::{App, blocking};
use super::failure::Failure;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Serialize;
use std::fmt::Write;
use std::fs::File;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
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

/// A large file as the body, with at most this many bytes. It is held on the disk, not in memory: in a file of the data directory that has no
/// name and is gone with this.
pub struct Upload<const MOST: usize>(pub File);

impl<const MOST: usize> FromRequest<Arc<App>> for Upload<MOST> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Upload<MOST>, Failure> {
        let file = blocking(app, |app| tempfile::tempfile_in(app.workplace.data_dir()).map_err(unkept)).await?;
        let mut file = tokio::fs::File::from_std(file);
        let (mut body, mut length) = (request.into_body().into_data_stream(), 0);
        while let Some(bytes) = body.next().await {
            let bytes = bytes.map_err(|error| Failure::bad(format!("the body ends too early: {error}")))?;
            length += bytes.len();
            if length > MOST {
                let most = format!("the file is too long: {} MiB are taken at most", MOST >> 20);
                return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, most));
            }
            file.write_all(&bytes).await.map_err(unkept)?;
        }
        file.flush().await.map_err(unkept)?;
        file.rewind().await.map_err(unkept)?;
        Ok(Upload(file.into_std().await))
    }
}

/// Why an upload does not reach the disk.
pub fn unkept(error: io::Error) -> Failure {
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, format!("the file can't be kept until it is whole: {error}"))
        .advice("see that the data directory may be written, and that the disk has room")
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
