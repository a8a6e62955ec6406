//! Requests to a server: REST, and the WebSocket over the same client.

use super::address::Address;
use crate::diagnostic::Diagnostic;
use crate::store::Secret;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, Method, Response, StatusCode, Upgraded};
use serde_json::{Value, json};
use std::error::Error;
use std::path::Path;
use std::time::Duration;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// How long a server may take to be reached.
const REACHED: Duration = Duration::from_secs(10);
/// The longest message of a server that is taken, in bytes: an event alone may be longer than a batch should be.
const LONGEST: usize = 160 * 1024 * 1024;

/// Who one is at the server.
pub enum Login {
    Key(Secret),
    Password(Secret),
}

#[derive(Clone)]
pub struct Service {
    client: Client,
    pub base: String,
}

impl Service {
    /// Finds out that the server is there and lets one in; `ca` is a file of certificates that are trusted beside the system's.
    ///
    /// # Errors
    /// It can't be reached, or does not let one in.
    pub async fn connect(address: &Address, login: &Login, ca: Option<&Path>) -> Result<Service, Diagnostic> {
        let nobody = Service { client: client(HeaderMap::new(), ca)?, base: address.base.clone() };
        let (name, value) = match login {
            Login::Key(key) => (HeaderName::from_static("x-api-key"), key.reveal().to_string()),
            Login::Password(password) => (header::COOKIE, nobody.log_in(&address.user, password).await?),
        };
        let mut value = HeaderValue::from_str(&value)
            .map_err(|_| Diagnostic::error("the key has characters that no key has").advice("see --api-key"))?;
        value.set_sensitive(true);
        let service = Service { client: client(HeaderMap::from_iter([(name, value)]), ca)?, ..nobody };
        service.ask(Method::GET, "me", None).await?;
        Ok(service)
    }

    /// The session's cookie.
    async fn log_in(&self, user: &str, password: &Secret) -> Result<String, Diagnostic> {
        let body = json!({ "user": user, "password": password.reveal() });
        let response = self.send(Method::POST, "login", Some(body)).await?;
        let cookie = response.headers().get(header::SET_COOKIE).and_then(|cookie| cookie.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).map(str::to_string);
        cookie.ok_or_else(|| self.strange("it began no session"))
    }

    /// What the server answers: JSON, or nothing.
    ///
    /// # Errors
    /// It can't be reached, or refuses.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, Diagnostic> {
        let response = self.send(method, path, body).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(Value::Null);
        }
        response.json().await.map_err(|error| self.unreachable(error))
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Response, Diagnostic> {
        let request = self.client.request(method, format!("{}/api/v1/{path}", self.base));
        let request = body.iter().fold(request, |request, body| request.json(body));
        let response = request.send().await.map_err(|error| self.unreachable(error))?;
        match response.status().is_success() {
            true => Ok(response),
            false => Err(self.refused(response).await),
        }
    }

    /// # Errors
    /// The server can't be reached, or gives no socket.
    pub async fn socket(&self) -> Result<WebSocketStream<Upgraded>, Diagnostic> {
        let key = generate_key();
        let request = self.client.get(format!("{}/ws", self.base));
        let request = request.header(header::CONNECTION, "Upgrade").header(header::UPGRADE, "websocket");
        let request = request.header("sec-websocket-version", "13").header("sec-websocket-key", &key);
        let response = request.send().await.map_err(|error| self.unreachable(error))?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(self.refused(response).await);
        }
        if response
            .headers()
            .get("sec-websocket-accept")
            .is_none_or(|accept| *accept != derive_accept_key(key.as_bytes()))
        {
            return Err(self.strange("it does not speak WebSocket"));
        }
        let upgraded = response.upgrade().await.map_err(|error| self.unreachable(error))?;
        let config = WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
        Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await)
    }

    /// In the server's own words.
    async fn refused(&self, response: Response) -> Diagnostic {
        let status = response.status();
        let told: Value = response.json().await.unwrap_or_default();
        let Some(detail) = told["detail"].as_str() else { return self.strange(&format!("it answered {status}")) };
        let problem = Diagnostic::error(format!("{}: {detail}", self.base));
        told["advice"].as_str().map_or(problem.clone(), |advice| problem.advice(advice))
    }

    fn unreachable(&self, error: reqwest::Error) -> Diagnostic {
        let error = error.without_url();
        let mut cause: &dyn Error = &error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let advice = match cause.to_string().contains("certificate") {
            true => "name the certificate of whoever signed the server's: --ca FILE",
            false => "see that the server runs there, that the address is right, and whether it wants https",
        };
        Diagnostic::error(format!("cannot reach {}: {cause}", self.base)).advice(advice)
    }

    fn strange(&self, why: &str) -> Diagnostic {
        Diagnostic::error(format!("{} is no server of this program: {why}", self.base))
            .advice("see that the address is that of `telefonist serve`, with the port")
    }
}

fn client(headers: HeaderMap, ca: Option<&Path>) -> Result<Client, Diagnostic> {
    // whoever comes first decides; a second time is no error
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().default_headers(headers).connect_timeout(REACHED).http1_only();
    let builder = builder.redirect(reqwest::redirect::Policy::none());
    let builder = match ca {
        Some(path) => builder.tls_certs_merge(certificates(path)?),
        None => builder,
    };
    builder.build().map_err(|error| Diagnostic::error(format!("no HTTPS here: {error}")).advice("see --ca"))
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, Diagnostic> {
    let wrong = |why: &dyn std::fmt::Display| {
        Diagnostic::error(format!("cannot read the certificates of {}: {why}", path.display()))
            .advice("--ca wants a file in PEM form")
    };
    let pem = std::fs::read(path).map_err(|error| wrong(&error))?;
    let found = Certificate::from_pem_bundle(&pem).map_err(|error| wrong(&error))?;
    if found.is_empty() { Err(wrong(&"there is none in it")) } else { Ok(found) }
}
