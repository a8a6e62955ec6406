//! Who gets in, and who does not.

use crate::support::Telefonist;
use crate::support::server::{Answer, Ask, Server};
use reqwest::blocking::RequestBuilder;
use serde_json::{Value, json};

fn login(server: &Server, user: &str, password: &str) -> RequestBuilder {
    server.anonymous("POST", "login").json(&json!({ "user": user, "password": password }))
}

/// What a browser would keep.
fn cookie(request: RequestBuilder) -> String {
    let answer = request.send().unwrap();
    assert_eq!(answer.status(), 204);
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_string();
    for word in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="] {
        assert!(set.contains(word), "{set}");
    }
    set.split(';').next().unwrap().to_string()
}

fn with(server: &Server, cookie: &str, method: &str, path: &str) -> RequestBuilder {
    server.anonymous(method, path).header("Cookie", cookie)
}

fn detail(answer: &Answer) -> Value {
    answer.json()["detail"].clone()
}

#[test]
fn with_the_default_password_only_this_machine_gets_in() {
    let server = Server::start();
    let session = cookie(login(&server, "telefonist", "telefonist"));
    assert_eq!(with(&server, &session, "GET", "me").answer().is(200).json()["default_password"], true);
    for (name, value) in [("X-Forwarded-For", "127.0.0.1"), ("Forwarded", "for=127.0.0.1"), ("Host", "tests.example:1")]
    {
        let refused = login(&server, "telefonist", "telefonist").header(name, value).answer().is(403);
        let advice = refused.json()["advice"].as_str().unwrap().to_string();
        assert!(advice.contains("-ui_admin_password") && advice.contains("TELEFONIST_UI_ADMIN_PASSWORD"), "{advice}");
    }
    // nobody learns whether it was wrong or right
    login(&server, "telefonist", "wrong").header("X-Forwarded-For", "192.0.2.1").answer().is(401);
    // once it is another, all may come
    let me = with(&server, &session, "GET", "users").answer().is(200).json();
    let id = me["users"][0]["id"].as_i64().unwrap();
    let change = |old: &str| {
        with(&server, &session, "PUT", &format!("users/{id}/password"))
            .json(&json!({ "password": "better", "old": old }))
    };
    change("wrong").answer().is(403);
    change("telefonist").answer().is(204);
    // its sessions are over
    with(&server, &session, "GET", "me").answer().is(401);
    let session = cookie(login(&server, "telefonist", "better").header("X-Forwarded-For", "192.0.2.1"));
    assert_eq!(with(&server, &session, "GET", "me").answer().is(200).json()["default_password"], false);
    login(&server, "telefonist", "telefonist").answer().is(401);
    // and stays so after a start without one
    let mut server = server;
    server.end();
    let server = server.again();
    login(&server, "telefonist", "better").answer().is(204);
}

#[test]
fn who_guesses_has_to_wait_and_the_name_is_no_help() {
    let server = Server::start_as(
        Telefonist::new("serve --ui-address 127.0.0.1:0").argument("-ui_admin_password").argument("a pass"),
    );
    let mut told = vec![];
    for (user, password) in [("telefonist", "a"), ("nobody", "b"), ("root", "a pass"), ("telefonist", ""), ("", "")] {
        told.push(detail(&login(&server, user, password).answer().is(401)));
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    let waiting = login(&server, "telefonist", "a pass").send().unwrap();
    assert_eq!(waiting.status(), 429);
    let seconds: u32 = waiting.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds));
    // keys are guessed no faster
    server.anonymous("GET", "me").header("X-API-Key", "guess").answer().is(429);
}

#[test]
fn pages_of_other_sites_change_nothing() {
    let server = Server::start();
    let session = cookie(login(&server, "telefonist", "telefonist"));
    let evil = |method: &str, path: &str| with(&server, &session, method, path).header("Origin", "http://evil.example");
    for (method, path) in [("POST", "logout"), ("POST", "run"), ("DELETE", "users/1"), ("PUT", "users/1/password")] {
        evil(method, path).json(&json!({})).answer().is(403);
    }
    login(&server, "telefonist", "telefonist").header("Origin", "http://evil.example").answer().is(403);
    with(&server, &session, "POST", "logout").header("Sec-Fetch-Site", "cross-site").answer().is(403);
    // looking on is no change, and what comes back can't be read over there
    let seen = evil("GET", "me").send().unwrap();
    assert!(seen.status() == 200 && !seen.headers().contains_key("access-control-allow-origin"));
    with(&server, &session, "POST", "logout").header("Origin", server.base.as_str()).answer().is(204);
}

#[test]
fn a_session_ends_with_its_logout_and_each_browser_has_its_own() {
    let server = Server::start();
    let [one, two] = [(); 2].map(|()| cookie(login(&server, "telefonist", "telefonist")));
    assert_ne!(one, two);
    let sessions = with(&server, &two, "GET", "sessions").answer().is(200).json();
    let sessions = sessions["sessions"].as_array().unwrap().clone();
    assert_eq!(sessions.len(), 2);
    with(&server, &one, "POST", "logout").answer().is(204);
    for path in ["me", "projects", "runs"] {
        with(&server, &one, "GET", path).answer().is(401);
    }
    with(&server, &two, "GET", "me").answer().is(200);
    let own = sessions.iter().find(|session| session["current"] == true).unwrap();
    with(&server, &two, "DELETE", &format!("sessions/{}", own["id"])).answer().is(204);
    with(&server, &two, "GET", "me").answer().is(401);
    server.anonymous("GET", "me").header("Cookie", "telefonist_session=guess").answer().is(401);
}

#[test]
fn users_and_keys_are_made_and_go() {
    let server = Server::start();
    let ann = server.post("users", json!({ "name": "ann", "password": "of ann" })).is(201).json();
    server.post("users", json!({ "name": "ANN", "password": "x" })).is(409);
    server.post("users", json!({ "name": "../ann", "password": "x" })).is(400);
    server.post("users", json!({ "name": "bob", "password": "" })).is(400);
    let session = cookie(login(&server, "ann", "of ann"));
    server.delete(&format!("users/{}", ann["id"])).is(204);
    with(&server, &session, "GET", "me").answer().is(401);
    server.delete("users/1").is(409);
    let made = server.post("keys", json!({ "name": "ci", "scopes": ["run"] })).is(201).json();
    let (id, key) = (made["id"].clone(), made["key"].as_str().unwrap().to_string());
    assert!(!server.get("keys").is(200).text().contains(&key));
    let ask =
        |method: &str, path: &str| server.anonymous(method, path).header("Authorization", format!("Bearer {key}"));
    ask("GET", "runs").answer().is(200);
    ask("GET", "projects").answer().is(403);
    ask("POST", "keys").json(&json!({ "name": "x", "scopes": [] })).answer().is(403);
    let short = json!({ "text": { "name": "short", "kind": "rhai", "text": "assert(true);" }, "wait": true });
    assert_eq!(ask("POST", "run").json(&short).answer().is(200).json()["status"], "pass");
    server.delete(&format!("keys/{id}")).is(204);
    ask("GET", "runs").answer().is(401);
}
