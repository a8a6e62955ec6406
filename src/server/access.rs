//! Who sends a request, and what they may do: a browser's session, a key, or nobody.

use super::app::App;
use super::clock::now;
use super::failure::Failure;
use crate::store::{ApiKey, Scope, Session, User};
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The cookie with a session's token.
pub const COOKIE: &str = "telefonist_session";

/// Somebody who was let in.
#[derive(Debug, Clone)]
pub enum Who {
    /// The key of this start.
    Admin,
    Key(ApiKey),
    User(User, Session),
}

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// To see tests and all else.
    Read,
    /// To see what was run: who may run tests may see what comes of it.
    Results,
    Run,
    Write,
    /// To say who may what.
    Admin,
}

impl Who {
    pub fn may(&self, need: Need) -> bool {
        let Who::Key(key) = self else { return true };
        let has = |scope| key.scopes.contains(&scope);
        match need {
            Need::Read => has(Scope::Read),
            Need::Results => has(Scope::Read) || has(Scope::Run),
            Need::Run => has(Scope::Run),
            Need::Write => has(Scope::Write),
            Need::Admin => false,
        }
    }

    /// Under which name what they save is kept.
    pub fn author(&self) -> String {
        match self {
            Who::Admin => "admin key".into(),
            Who::Key(key) => format!("key {}", key.name),
            Who::User(user, _) => user.name.clone(),
        }
    }
}

/// Whether somebody who was let in may still be so. Blocks.
///
/// # Errors
/// The store can't be read.
pub fn is_still_in(app: &App, who: &Who) -> Result<bool, Failure> {
    Ok(match who {
        Who::Admin => true,
        Who::Key(mine) => app.store.api_keys()?.iter().any(|key| key.id == mine.id),
        Who::User(user, mine) => app.store.sessions(user.id, now())?.iter().any(|session| session.id == mine.id),
    })
}

/// Lets in whoever may do what it says; the first of a handler's arguments.
pub struct May<const NEED: u8>(pub Who);
pub type Reader = May<{ Need::Read as u8 }>;
pub type Looker = May<{ Need::Results as u8 }>;
pub type Runner = May<{ Need::Run as u8 }>;
pub type Writer = May<{ Need::Write as u8 }>;
pub type Admin = May<{ Need::Admin as u8 }>;

const NEEDS: [(Need, &str); 5] = [
    (Need::Read, "read"),
    (Need::Results, "read or run"),
    (Need::Run, "run"),
    (Need::Write, "write"),
    (Need::Admin, "a user's login, or the admin key,"),
];

impl<const NEED: u8> FromRequestParts<Arc<App>> for May<NEED> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<May<NEED>, Failure> {
        let who = who(parts, app).await?;
        let (need, words) = NEEDS[usize::from(NEED)];
        if who.may(need) {
            return Ok(May(who));
        }
        let detail = match need {
            Need::Admin => format!("{words} is needed for this"),
            _ => format!("the key has not the scope for this: {words}"),
        };
        Err(Failure::new(StatusCode::FORBIDDEN, detail).advice("use another key, or make one with that scope"))
    }
}

/// Whoever is known at all.
pub struct Known(pub Who);

impl FromRequestParts<Arc<App>> for Known {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Known, Failure> {
        who(parts, app).await.map(Known)
    }
}

/// Who sends a request.
///
/// # Errors
/// 401: nobody who is known; 429: too many wrong keys from there.
pub async fn who(parts: &Parts, app: &Arc<App>) -> Result<Who, Failure> {
    let peer = peer(parts);
    if let Some(key) = key(&parts.headers) {
        app.access.guesses.may(peer, now())?;
        if app.access.is_admin(&key) {
            return Ok(Who::Admin);
        }
        let found = super::app::blocking(app, move |app| Ok(app.store.use_api_key(&key, now())?)).await?;
        return found.map(Who::Key).ok_or_else(|| {
            app.access.guesses.wrong(peer, now());
            Failure::new(StatusCode::UNAUTHORIZED, "the API key is wrong")
                .advice("send the key in X-API-Key: that of -ui_api_key, the one shown at the start, or one made in the settings")
        });
    }
    let Some(token) = cookie(&parts.headers) else {
        let failure = Failure::new(StatusCode::UNAUTHORIZED, "you are not logged in and sent no API key");
        return Err(failure.advice("log in at /login, or send a key in X-API-Key"));
    };
    let found = super::app::blocking(app, move |app| Ok(app.store.use_session(&token, now())?)).await?;
    let over = || Failure::new(StatusCode::UNAUTHORIZED, "the session is over").advice("log in again");
    found.map(|(user, session)| Who::User(user, session)).ok_or_else(over)
}

fn peer(parts: &Parts) -> IpAddr {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(address)| address.ip().to_canonical())
}

/// `X-API-Key: …` or `Authorization: Bearer …`.
fn key(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let bearer = || text("authorization")?.strip_prefix("Bearer ");
    text("x-api-key").or_else(bearer).map(|key| key.trim().to_string())
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_string())
}

/// Headers that a proxy adds: who sends the request is somewhere behind it.
const FORWARDED: [&str; 7] =
    ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "cf-connecting-ip"];

/// Whether the request comes from this machine: no proxy has handed it on, and it does not go by a name that somebody may have
/// pointed at this machine for a page of theirs.
pub fn is_local(parts: &Parts) -> bool {
    let forwarded = FORWARDED.iter().any(|name| parts.headers.contains_key(*name));
    peer(parts).is_loopback() && !forwarded && host(&parts.headers, &parts.uri).is_some_and(|host| is_plain(&host))
}

/// An address, or the name of the machine itself.
fn is_plain(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok()
}

fn host(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_string);
    host.or_else(|| uri.authority().map(|authority| authority.to_string())).map(|host| host.to_lowercase())
}

/// Lets no other site's page change anything, or listen: browsers say where a request comes from.
///
/// # Errors
/// 403 where the origin is another.
pub fn same_origin(parts: &Parts) -> Result<(), Failure> {
    let Some(origin) = parts.headers.get(header::ORIGIN) else {
        let site = parts.headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
        return if matches!(site, None | Some("same-origin" | "none")) { Ok(()) } else { Err(foreign()) };
    };
    let origin = origin.to_str().unwrap_or_default().to_lowercase();
    let from = origin.split_once("://").map(|(_, host)| host).unwrap_or_default();
    // a page of another site can't set the second one
    let forwarded = parts.headers.get("x-forwarded-host").and_then(|host| host.to_str().ok()).map(str::to_lowercase);
    let here = [host(&parts.headers, &parts.uri), forwarded];
    match here.iter().flatten().any(|host| !from.is_empty() && *host == from) {
        true => Ok(()),
        false => Err(foreign()),
    }
}

fn foreign() -> Failure {
    Failure::new(StatusCode::FORBIDDEN, "the request comes from a page of another site")
        .advice("use the page that this server gives; behind a proxy, let it pass on the Host header")
}

/// [`same_origin`] for all that changes something.
pub async fn guard(State(_): State<Arc<App>>, request: Request, next: Next) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    if !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        same_origin(&parts)?;
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Time;

    fn parts(peer: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().uri("/api/v1/login").method("POST");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, _) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        parts
    }

    #[test]
    fn this_machine_is_told_from_others() {
        let host = ("host", "localhost:8080");
        assert!(is_local(&parts("127.0.0.1", &[host])) && is_local(&parts("::1", &[("host", "[::1]:8080")])));
        assert!(is_local(&parts("::ffff:127.0.0.1", &[("host", "127.0.0.1:1")])));
        for name in FORWARDED {
            assert!(!is_local(&parts("127.0.0.1", &[host, (name, "10.0.0.1")])), "{name}");
        }
        assert!(!is_local(&parts("10.0.0.1", &[host])) && !is_local(&parts("127.0.0.1", &[])));
        assert!(!is_local(&parts("127.0.0.1", &[("host", "rebound.example:8080")])));
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        let allowed = |headers: &[(&str, &str)]| same_origin(&parts("10.0.0.1", headers)).is_ok();
        let host = ("host", "Tests.example:8080");
        assert!(allowed(&[host]) && allowed(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(allowed(&[host, ("origin", "http://tests.example:8080")]));
        assert!(allowed(&[
            ("host", "inner:1"),
            ("x-forwarded-host", "tests.example"),
            ("origin", "https://tests.example")
        ]));
        for origin in
            ["http://evil.example", "null", "", "http://tests.example", "http://tests.example:8080.evil.example"]
        {
            assert!(!allowed(&[host, ("origin", origin)]), "{origin}");
        }
        assert!(!allowed(&[host, ("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn a_key_may_what_its_scopes_say() {
        let key = |scopes: &[Scope]| {
            let (name, prefix) = ("ci".into(), "tlf_".into());
            Who::Key(ApiKey { id: 1, name, prefix, scopes: scopes.to_vec(), created: Time(0.0), used: None })
        };
        let needs = [Need::Read, Need::Results, Need::Run, Need::Write, Need::Admin];
        let may = |who: &Who| needs.map(|need| who.may(need));
        assert_eq!(may(&key(&[])), [false; 5]);
        assert_eq!(may(&key(&[Scope::Read])), [true, true, false, false, false]);
        assert_eq!(may(&key(&[Scope::Run])), [false, true, true, false, false]);
        assert_eq!(may(&key(&Scope::ALL)), [true, true, true, true, false]);
        assert_eq!(may(&Who::Admin), [true; 5]);
        assert!(NEEDS.iter().enumerate().all(|(n, (need, _))| *need as usize == n));
    }

    #[test]
    fn keys_and_cookies_are_found() {
        let found = |name: &str, value: &str| {
            let parts = parts("10.0.0.1", &[(name, value)]);
            key(&parts.headers).or_else(|| cookie(&parts.headers))
        };
        assert_eq!(found("x-api-key", "k").as_deref(), Some("k"));
        assert_eq!(found("authorization", "Bearer k").as_deref(), Some("k"));
        assert_eq!(found("cookie", "a=1; telefonist_session=t; b=2").as_deref(), Some("t"));
        assert_eq!((found("authorization", "Basic k"), found("cookie", "session=t")), (None, None));
    }
}
