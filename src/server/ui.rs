//! The web UI: what `make ui` has built into ui/dist, embedded. A build without it says so.

use super::failure::Failure;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "ui/dist"]
struct Files;

/// What a page of this server may do: run its own scripts and no others, talk to this server and nobody else. Editors and charts make
/// their styles as they go, recordings are played from memory.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    media-src 'self' blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// A name below `assets/` has a hash of its content in it.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const MISSING: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>telefonist</title>\
    <h1>The web UI is not in this build</h1>\
    <p>Build it with <code>make ui</code> (Node 20 or newer), then build telefonist again: <code>make</code> does both.</p>\
    <p>All else works without: the REST interface (<a href=\"/api/v1/openapi.json\">openapi.json</a>) and the command line.</p></html>";

/// Whether this build has it.
pub fn built() -> bool {
    Files::get("index.html").is_some()
}

/// A file of the UI; its page for every address that is a screen's, as the page itself knows them.
pub async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let program = ["api", "ws", "metrics"].contains(&path.split('/').next().unwrap_or_default());
    if program || !matches!(method, Method::GET | Method::HEAD) {
        return Failure::new(StatusCode::NOT_FOUND, "there is nothing at this address").into_response();
    }
    let hidden = path.split('/').any(|part| part.starts_with('.'));
    if let Some(file) = (!hidden).then(|| Files::get(path)).flatten() {
        return answer(path, file, &headers);
    }
    if path.starts_with("assets/") {
        return Failure::new(StatusCode::NOT_FOUND, "this build has no such file")
            .advice("reload the page: it may be older than the server")
            .into_response();
    }
    match Files::get("index.html") {
        Some(file) => answer("index.html", file, &headers),
        None => (StatusCode::SERVICE_UNAVAILABLE, policy(), Html(MISSING)).into_response(),
    }
}

fn policy() -> [(header::HeaderName, HeaderValue); 1] {
    [(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))]
}

/// The file, compressed where it was built so and the browser takes it; nothing but a word if the browser has it already.
fn answer(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    let zipped = text(header::ACCEPT_ENCODING).split(',').any(|way| way.trim().split(';').next() == Some("gzip"));
    let packed = zipped.then(|| Files::get(&format!("{path}.gz"))).flatten();
    let lasting = if path.starts_with("assets/") { FOR_EVER } else { "no-cache" };
    let hash: String = file.metadata.sha256_hash().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{hash}{}\"", if packed.is_some() { "-gzip" } else { "" });
    let mut known = HeaderMap::from_iter(policy());
    known.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    known.insert(header::CACHE_CONTROL, HeaderValue::from_static(lasting));
    known.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if text(header::IF_NONE_MATCH).split(',').any(|given| given.trim() == tag) {
        return (StatusCode::NOT_MODIFIED, known).into_response();
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        known.insert(header::ETAG, tag);
    }
    if packed.is_some() {
        known.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    (known, packed.unwrap_or(file).data).into_response()
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(path: &str, headers: &[(header::HeaderName, &'static str)]) -> Response {
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        page(Method::GET, path.parse().unwrap(), headers.collect()).await
    }

    #[tokio::test]
    async fn screens_get_the_page_and_programs_do_not() {
        let expected = if built() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        for screen in ["/", "/p/a%20b/t/c.rhai", "/runs/20260101-a?msg=4"] {
            let page = get(screen, &[]).await;
            assert_eq!(page.status(), expected, "{screen}");
            assert!(page.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
            assert!(page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("script-src 'self';"));
        }
        for other in ["/api/v1/nothing", "/api", "/ws/x", "/assets/gone-12345678.js"] {
            assert_eq!(get(other, &[]).await.status(), StatusCode::NOT_FOUND, "{other}");
        }
        let posted = page(Method::POST, Uri::from_static("/"), HeaderMap::new()).await;
        assert_eq!(posted.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn nothing_hidden_and_nothing_outside_is_given() {
        for path in ["/.vite/manifest.json", "/.gitkeep", "/../Cargo.toml", "/assets/../../Cargo.toml", "//etc/passwd"]
        {
            let answer = get(path, &[]).await;
            let kind = answer.headers()[header::CONTENT_TYPE].to_str().unwrap().to_string();
            assert!(kind.starts_with("text/html") || kind.starts_with("application/problem"), "{path}: {kind}");
        }
    }

    #[tokio::test]
    async fn what_the_browser_has_is_not_sent_again() {
        let first = get("/", &[(header::ACCEPT_ENCODING, "br, gzip;q=0.8")]).await;
        if !built() {
            let text = axum::body::to_bytes(first.into_body(), 10_000).await.unwrap();
            assert!(String::from_utf8_lossy(&text).contains("make ui"), "a build without the UI says how to get it");
            return;
        }
        assert_eq!(first.headers()[header::CONTENT_ENCODING], "gzip");
        let tag: &'static str = first.headers()[header::ETAG].to_str().unwrap().to_string().leak();
        let again = get("/", &[(header::ACCEPT_ENCODING, "gzip"), (header::IF_NONE_MATCH, tag)]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(get("/", &[(header::IF_NONE_MATCH, tag)]).await.status(), StatusCode::OK);
    }
}
