//! Access: login, sessions, users, keys.

use crate::event::Time;
use crate::server::access::{Admin, COOKIE, Known, May, Need, Who, is_local};
use crate::server::app::{App, blocking};
use crate::server::clock::now;
use crate::server::extract::{Json, Path};
use crate::server::failure::{Failure, Failures};
use crate::server::options::DEFAULT_PASSWORD;
use crate::store::{ApiKey, Scope, Session, User};
use axum::extract::{ConnectInfo, FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long the body of a login may take: nobody is known before it.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a session lasts that is not used, in milliseconds.
const LIFETIME: f64 = 7.0 * 86_400_000.0;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(logout))
        .routes(routes!(me))
        .routes(routes!(sessions))
        .routes(routes!(end_session))
        .routes(routes!(users, create_user))
        .routes(routes!(delete_user))
        .routes(routes!(set_password))
        .routes(routes!(keys, create_key))
        .routes(routes!(delete_key))
}

#[derive(Deserialize, ToSchema)]
struct Login {
    user: String,
    password: String,
}

/// Begins a session, whose token comes in a cookie. With the default password only this machine may log in.
#[utoipa::path(post, path = "/login", tag = "access", security(()), responses((status = 204), Failures))]
async fn login(State(app): State<Arc<App>>, request: Request) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let local = is_local(&parts);
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical());
    let peer = peer.unwrap_or_else(|| [0, 0, 0, 0].into());
    let browser = text(&parts.headers, header::USER_AGENT.as_str());
    let body = Json::<Login>::from_request(Request::from_parts(parts, body), &app);
    let late = |_| Failure::new(StatusCode::REQUEST_TIMEOUT, "the body did not come in time");
    let Json(login) = tokio::time::timeout(PATIENCE, body).await.map_err(late)??;
    let is_default = login.password == DEFAULT_PASSWORD;
    let _turn = app.access.verifying.acquire().await;
    app.access.guesses.attempt(peer, &login.user, now())?;
    let name = login.user.clone();
    let begin = move |app: &App| {
        let Some(user) = app.store.verify_password(&login.user, &login.password)? else { return Ok(None) };
        if is_default && !local {
            return Err(Failure::new(StatusCode::FORBIDDEN, "with the default password only this machine may log in")
                .advice("set another: -ui_admin_password, TELEFONIST_UI_ADMIN_PASSWORD, or in the settings from this machine"));
        }
        Ok(Some(app.store.create_session(user.id, &browser, LIFETIME, now())?))
    };
    let Some(token) = blocking(&app, begin).await? else {
        return Err(Failure::new(StatusCode::UNAUTHORIZED, "user or password is wrong")
            .advice("the first user is `telefonist`, with the password of -ui_admin_password"));
    };
    app.access.guesses.right(peer, &name);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(&app, token.reveal(), LIFETIME))]).into_response())
}

fn cookie(app: &App, token: &str, lifetime: f64) -> HeaderValue {
    let secure = if app.options.tls.is_some() { "; Secure" } else { "" };
    let seconds = (lifetime / 1000.0) as u64;
    let text = format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_string()
}

/// Ends the session of this browser.
#[utoipa::path(post, path = "/logout", tag = "access", responses((status = 204), Failures))]
async fn logout(State(app): State<Arc<App>>, Known(who): Known) -> Result<Response, Failure> {
    let gone = cookie(&app, "", 0.0);
    if let Who::User(_, session) = who {
        blocking(&app, move |app| Ok(app.store.revoke_session(session.id)?)).await?;
        app.access.changed();
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}

/// Who one is.
#[derive(Serialize, ToSchema)]
struct Me {
    user: Option<String>,
    /// The name of the key.
    key: Option<String>,
    /// `read`, `run`, `write`, `admin`
    scopes: Vec<&'static str>,
    /// The user `telefonist` still has the password that everybody knows.
    default_password: bool,
}

/// Who this is, and what it may.
#[utoipa::path(get, path = "/me", tag = "access", responses((status = 200, body = Me), Failures))]
async fn me(State(app): State<Arc<App>>, Known(who): Known) -> Result<Json<Me>, Failure> {
    let needs = [(Need::Read, "read"), (Need::Run, "run"), (Need::Write, "write"), (Need::Admin, "admin")];
    let scopes = needs.into_iter().filter(|(need, _)| who.may(*need)).map(|(_, word)| word).collect();
    let is_user = matches!(who, Who::User(..));
    let (user, key) = match who {
        Who::Admin => (None, Some("admin".to_string())),
        Who::Key(key) => (None, Some(key.name)),
        Who::User(user, _) => (Some(user.name), None),
    };
    let default_password = is_user && app.has_default_password();
    Ok(Json(Me { user, key, scopes, default_password }))
}

#[derive(Serialize, ToSchema)]
struct Sessions {
    sessions: Vec<SessionView>,
}

/// A browser's login.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
struct SessionView {
    id: i64,
    /// What the browser calls itself.
    browser: String,
    #[schema(value_type = f64)]
    created: Time,
    #[schema(value_type = f64)]
    seen: Time,
    #[schema(value_type = f64)]
    expires: Time,
    /// It is the one that asks.
    current: bool,
}

/// The sessions of the user who asks.
#[utoipa::path(get, path = "/sessions", tag = "access", responses((status = 200, body = Sessions), Failures))]
async fn sessions(State(app): State<Arc<App>>, May(who): Admin) -> Result<Json<Sessions>, Failure> {
    let Who::User(user, mine) = who else { return Ok(Json(Sessions { sessions: vec![] })) };
    let found = blocking(&app, move |app| Ok(app.store.sessions(user.id, now())?)).await?;
    let view = |session: Session| SessionView {
        current: session.id == mine.id,
        id: session.id,
        browser: session.browser,
        created: session.created,
        seen: session.seen,
        expires: session.expires,
    };
    Ok(Json(Sessions { sessions: found.into_iter().map(view).collect() }))
}

/// Ends a session of the user who asks.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "access", params(("id" = i64, Path)), responses((status = 204), Failures))]
async fn end_session(State(app): State<Arc<App>>, May(who): Admin, Path(id): Path<i64>) -> Result<StatusCode, Failure> {
    let Who::User(user, _) = who else { return Err(Failure::missing("session", id)) };
    blocking(&app, move |app| {
        let mine = app.store.sessions(user.id, now())?.iter().any(|session| session.id == id);
        if !mine {
            return Err(Failure::missing("session", id));
        }
        Ok(app.store.revoke_session(id)?)
    })
    .await?;
    app.access.changed();
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
struct Users {
    users: Vec<UserView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = User)]
struct UserView {
    id: i64,
    name: String,
    #[schema(value_type = f64)]
    created: Time,
}

impl From<User> for UserView {
    fn from(user: User) -> UserView {
        UserView { id: user.id, name: user.name, created: user.created }
    }
}

#[utoipa::path(get, path = "/users", tag = "access", responses((status = 200, body = Users), Failures))]
async fn users(State(app): State<Arc<App>>, _: Admin) -> Result<Json<Users>, Failure> {
    let users = blocking(&app, |app| Ok(app.store.users()?)).await?;
    Ok(Json(Users { users: users.into_iter().map(UserView::from).collect() }))
}

#[derive(Deserialize, ToSchema)]
struct NewUser {
    name: String,
    password: String,
}

#[utoipa::path(post, path = "/users", tag = "access", responses((status = 201, body = UserView), Failures))]
async fn create_user(
    State(app): State<Arc<App>>,
    _: Admin,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, Json<UserView>), Failure> {
    let _turn = app.access.verifying.acquire().await;
    let user = blocking(&app, move |app| Ok(app.store.create_user(&new.name, &new.password, now())?)).await?;
    Ok((StatusCode::CREATED, Json(user.into())))
}

/// Deletes a user with all sessions; not the last one.
#[utoipa::path(delete, path = "/users/{id}", tag = "access", params(("id" = i64, Path)), responses((status = 204), Failures))]
async fn delete_user(State(app): State<Arc<App>>, _: Admin, Path(id): Path<i64>) -> Result<StatusCode, Failure> {
    blocking(&app, move |app| {
        if app.store.users()?.iter().all(|user| user.id == id) {
            let failure = Failure::new(StatusCode::CONFLICT, "this is the last user");
            return Err(failure.advice("create another one first, or nobody could log in"));
        }
        Ok(app.store.delete_user(id)?)
    })
    .await?;
    app.access.changed();
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
struct NewPassword {
    password: String,
    /// Of the user who asks: the one until now. Of others it need not be known.
    old: Option<String>,
}

/// Gives a user another password, and ends the user's sessions.
#[utoipa::path(put, path = "/users/{id}/password", tag = "access", params(("id" = i64, Path)), responses((status = 204), Failures))]
async fn set_password(
    State(app): State<Arc<App>>,
    May(who): Admin,
    Path(id): Path<i64>,
    Json(new): Json<NewPassword>,
) -> Result<StatusCode, Failure> {
    let _turn = app.access.verifying.acquire().await;
    blocking(&app, move |app| {
        if let Who::User(user, _) = who
            && user.id == id
            && app.store.verify_password(&user.name, new.old.as_deref().unwrap_or_default())?.is_none()
        {
            return Err(Failure::new(StatusCode::FORBIDDEN, "the old password is wrong").advice("send it as `old`"));
        }
        app.store.set_password(id, &new.password)?;
        app.password_changed();
        app.access.changed();
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
struct Keys {
    keys: Vec<KeyView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Key)]
struct KeyView {
    id: i64,
    name: String,
    /// How it begins.
    prefix: String,
    scopes: Vec<&'static str>,
    #[schema(value_type = f64)]
    created: Time,
    #[schema(value_type = Option<f64>)]
    used: Option<Time>,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> KeyView {
        let scopes = key.scopes.into_iter().map(Scope::word).collect();
        KeyView { id: key.id, name: key.name, prefix: key.prefix, scopes, created: key.created, used: key.used }
    }
}

#[derive(Deserialize, ToSchema)]
struct NewKey {
    name: String,
    scopes: Vec<ScopeWord>,
}

#[derive(Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum ScopeWord {
    Read,
    Run,
    Write,
}

/// A key, this once with the key itself.
#[derive(Serialize, ToSchema)]
struct MadeKey {
    id: i64,
    name: String,
    scopes: Vec<&'static str>,
    key: String,
}

#[utoipa::path(get, path = "/keys", tag = "access", responses((status = 200, body = Keys), Failures))]
async fn keys(State(app): State<Arc<App>>, _: Admin) -> Result<Json<Keys>, Failure> {
    let keys = blocking(&app, |app| Ok(app.store.api_keys()?)).await?;
    Ok(Json(Keys { keys: keys.into_iter().map(KeyView::from).collect() }))
}

/// Makes a key; it is shown this once.
#[utoipa::path(post, path = "/keys", tag = "access", responses((status = 201, body = MadeKey), Failures))]
async fn create_key(
    State(app): State<Arc<App>>,
    _: Admin,
    Json(new): Json<NewKey>,
) -> Result<(StatusCode, Json<MadeKey>), Failure> {
    let scopes: Vec<Scope> = new.scopes.iter().map(|word| Scope::ALL[*word as usize]).collect();
    let (kept, key) = blocking(&app, move |app| Ok(app.store.create_api_key(&new.name, &scopes, now())?)).await?;
    let scopes = kept.scopes.into_iter().map(Scope::word).collect();
    Ok((StatusCode::CREATED, Json(MadeKey { id: kept.id, name: kept.name, scopes, key: key.reveal().to_string() })))
}

#[utoipa::path(delete, path = "/keys/{id}", tag = "access", params(("id" = i64, Path)), responses((status = 204), Failures))]
async fn delete_key(State(app): State<Arc<App>>, _: Admin, Path(id): Path<i64>) -> Result<StatusCode, Failure> {
    blocking(&app, move |app| Ok(app.store.delete_api_key(id)?)).await?;
    app.access.changed();
    Ok(StatusCode::NO_CONTENT)
}
