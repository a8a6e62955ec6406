//! What the document of the interface says, asked of the server itself.

use crate::support::repository;
use crate::support::server::{Ask, Server};
use serde_json::{Value, json};

/// Who asks for these needs no key, and neither does who asks for the document, which does not tell of itself.
const OPEN: [&str; 2] = ["POST /api/v1/login", "GET /healthz"];

/// Every operation of the document: method, path with parameters filled in, and what it says.
fn operations(server: &Server) -> Vec<(String, String, Value)> {
    let document = server.anonymous("GET", "openapi.json").answer().is(200).json();
    let parameter = regex::Regex::new(r"\{\w+\}").unwrap();
    let mut all = vec![];
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let path = path.replace("{id}", "1").replace("{version}", "1");
        let path = parameter.replace_all(&path, "none").into_owned();
        for (method, operation) in methods.as_object().expect("methods") {
            if ["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                all.push((method.to_uppercase(), path.clone(), operation.clone()));
            }
        }
    }
    assert!(all.len() >= 30, "{}", all.len());
    all
}

#[test]
fn nobody_gets_anything_without_a_key_or_a_login() {
    let server = Server::start();
    for (method, path, _) in operations(&server) {
        if OPEN.contains(&format!("{method} {path}").as_str()) {
            continue;
        }
        let answer = server.anonymous(&method, &path).json(&json!({})).answer();
        assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text());
        assert_eq!(answer.kind, "application/problem+json", "{method} {path}");
    }
    for path in ["/healthz", "/api/v1/openapi.json"] {
        server.anonymous("GET", path).answer().is(200);
    }
    // a wrong key, and then too many of them
    let wrong = || server.anonymous("GET", "me").header("X-API-Key", "wrong").answer();
    assert_eq!((wrong().status, (0..9).map(|_| wrong().status).max()), (401, Some(429)));
}

#[test]
fn a_key_may_what_its_scopes_say_and_no_more() {
    let server = Server::start();
    let key = |scope: &str| {
        let made = server.post("keys", json!({ "name": format!("{scope} key"), "scopes": [scope] })).is(201).json();
        made["key"].as_str().unwrap().to_string()
    };
    let keys = ["read", "run", "write"].map(key);
    for (method, path, operation) in operations(&server) {
        let about = operation["tags"][0].as_str().unwrap_or_default();
        let statuses = keys.each_ref().map(|key| {
            let answer = server.anonymous(&method, &path).header("X-API-Key", key).json(&json!({})).answer();
            answer.status != 403
        });
        // read, run, write
        let expected = match (method.as_str(), path.as_str(), about) {
            (_, "/api/v1/login" | "/api/v1/logout" | "/api/v1/me", _) => continue,
            (_, _, "access") => [false, false, false],
            // who may run tests may see what comes of it
            (_, path, "tests") if path.ends_with("/history") => [true, true, false],
            (_, _, "language") | ("GET", _, "projects" | "tests" | "files") => [true, false, false],
            (_, _, "projects" | "tests" | "files") => [false, false, true],
            _ => continue,
        };
        assert_eq!(statuses, expected, "{method} {path}");
    }
}

#[test]
fn long_texts_are_compressed_for_clients_that_accept_gzip() {
    let server = Server::start();
    let ask = |path: &str, accepts: &str| {
        let answer = server.request("GET", path).header("Accept-Encoding", accepts).send().expect("an answer");
        let way = answer.headers().get("Content-Encoding").map(|way| way.to_str().unwrap().to_string());
        (way, answer.bytes().expect("the body").to_vec())
    };
    let (way, plain) = ask("openapi.json", "identity");
    assert_eq!(way, None);
    let (way, packed) = ask("openapi.json", "gzip");
    assert_eq!(way.as_deref(), Some("gzip"));
    assert!(packed.starts_with(&[0x1f, 0x8b]) && packed.len() * 4 < plain.len(), "{} {}", packed.len(), plain.len());
    // short ones, and what is compressed already, go out as they are
    assert_eq!(ask("me", "gzip").0, None);
    server.post("projects", json!({ "name": "PBX" })).is(201);
    let text = "// a long text\n".repeat(1000);
    server.post("projects/PBX/tests", json!({ "name": "long", "kind": "rhai", "text": text })).is(201);
    let (way, zip) = ask("projects/PBX/export", "gzip");
    assert_eq!((way, &zip[..2]), (None, &b"PK"[..]));
}

#[test]
fn the_document_is_whole() {
    let server = Server::start();
    let document = server.anonymous("GET", "openapi.json").answer().is(200).json();
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    let text = document.to_string();
    for named in regex::Regex::new("\"#/components/schemas/([^\"]+)\"").unwrap().captures_iter(&text) {
        assert!(schemas.contains_key(&named[1]), "{} is named and not there", &named[1]);
    }
    let mut ids = vec![];
    for (method, path, operation) in operations(&server) {
        let answers = operation["responses"].as_object().expect("responses");
        assert!(answers.keys().any(|status| status.starts_with('2')), "{method} {path}");
        ids.push(operation["operationId"].as_str().unwrap_or_default().to_string());
    }
    ids.sort();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
}

/// Of two schemas with one name the document has one, and says what is wrong of the other.
#[test]
fn no_two_schemas_have_one_name() {
    let schema = r"#\[derive\([^)]*ToSchema[^)]*\)\]\s*((?:#\[[^\n]*\]\s*)*)(?:pub )?(?:struct|enum) (\w+)";
    let (schema, alias) = (regex::Regex::new(schema).unwrap(), regex::Regex::new(r"as = (\w+)").unwrap());
    let mut names = vec![];
    for folder in ["src/server", "src/server/api"] {
        let files = repository().join(folder).read_dir().unwrap().map(|entry| entry.unwrap().path());
        for text in files.filter(|path| path.is_file()).map(|path| std::fs::read_to_string(path).unwrap()) {
            names.extend(schema.captures_iter(&text).map(|found| {
                let alias = alias.captures(&found[1]).map(|alias| alias[1].to_string());
                alias.unwrap_or_else(|| found[2].to_string())
            }));
        }
    }
    names.sort();
    assert!(names.len() > 50, "{names:?}");
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}
