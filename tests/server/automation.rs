//! What the server does by itself: schedules, webhooks; and that it keeps secrets to itself.

use crate::support::Telefonist;
use crate::support::receiver::Receiver;
use crate::support::server::Server;
use crate::support::socket::Socket;
use serde_json::json;
use std::path::Path;

const SHORT: &str = "assert(true);\n";

/// A project with one test.
fn project(server: &Server, text: &str) {
    server.post("projects", json!({ "name": "PBX" })).is(201);
    server.post("projects/PBX/tests", json!({ "name": "short", "kind": "rhai", "text": text })).is(201);
}

#[test]
fn a_schedule_says_when_it_is_due_and_runs_when_it_is_asked() {
    let server = Server::start();
    project(&server, SHORT);
    let shown =
        server.post("schedules/preview", json!({ "cron": "0 3 * * *", "zone": "Europe/Berlin" })).is(200).json();
    let next: Vec<f64> = shown["next"].as_array().unwrap().iter().map(|time| time.as_f64().unwrap()).collect();
    assert!(next.len() == 3 && next[0] < next[1], "{shown}");
    assert!(shown["words"].as_str().unwrap().contains("03:00"), "{shown}");
    for wrong in ["", "* * *", "61 * * * *", "@reboot", "0 0 30 2 *", "* * * * * *"] {
        server.post("schedules/preview", json!({ "cron": wrong })).is(422);
        server.post("schedules", json!({ "project": "PBX", "cron": wrong })).is(422);
    }
    server.post("schedules", json!({ "project": "none", "cron": "@daily" })).is(404);
    server.post("schedules", json!({ "project": "PBX", "test": "none", "cron": "@daily" })).is(404);
    let new = json!({ "project": "pbx", "test": "short", "cron": "@daily", "zone": "Europe/Berlin" });
    let made = server.post("schedules", new.clone()).is(201).json();
    let id = made["id"].as_i64().unwrap();
    assert_eq!((&made["project"], &made["test"], &made["paused"]), (&json!("PBX"), &json!("short"), &json!(false)));
    let job = server.post(&format!("schedules/{id}/run"), json!({})).is(202).json();
    let done = server.over(job["job"].as_i64().unwrap());
    assert_eq!((&done["status"], &done["schedule"]), (&json!("pass"), &json!(id)));
    let listed = server.get("schedules").is(200).json();
    assert_eq!(
        (&listed["schedules"][0]["last"][0]["status"], &listed["schedules"][0]["missed"]),
        (&json!("pass"), &json!(0))
    );
    let mut paused = new;
    paused["paused"] = json!(true);
    assert_eq!(server.put(&format!("schedules/{id}"), paused).is(200).json()["next"], json!([]));
    server.delete(&format!("schedules/{id}")).is(204);
    server.delete(&format!("schedules/{id}")).is(404);
    server.post(&format!("schedules/{id}/run"), json!({})).is(404);
}

#[test]
fn webhooks_hear_of_runs_and_what_became_of_each_message_is_shown() {
    let mut server = Server::start();
    project(&server, "fail(\"on purpose\");");
    let receiver = Receiver::new(&["500 Internal Server Error", "200 OK", "200 OK"]);
    let made =
        server.post("webhooks", json!({ "project": "PBX", "kind": "json", "url": receiver.url(), "secret": "s1gn" }));
    let made = made.is(201).json();
    assert_eq!((&made["signed"], &made["kind"]), (&json!(true), &json!("json")));
    assert!(!made.to_string().contains("s3cret-path") && !made.to_string().contains("s1gn"), "{made}");
    for url in ["", "ftp://host/", "file:///etc/passwd", "not a url"] {
        server.post("webhooks", json!({ "kind": "slack", "url": url })).is(400);
    }
    let mut socket = Socket::connect(&server);
    socket.follow("webhooks", 0);
    let done = server.post("run", json!({ "project": "PBX", "wait": true })).is(200).json();
    assert_eq!(done["status"], "fail");
    let run = done["runs"][0]["run"].as_str().unwrap();
    let told = socket.until(|message| message["delivery"]["state"] == "sent");
    let told: Vec<_> = told.iter().filter(|message| message["t"] == "delivery.changed").collect();
    let attempts: Vec<_> = told.iter().map(|message| message["delivery"]["attempts"].as_u64().unwrap()).collect();
    assert_eq!(attempts, [0, 1, 2], "{told:?}");
    assert!(
        told.iter().all(|message| message["delivery"]["run"] == run && !message.to_string().contains("s3cret-path"))
    );
    // the first attempt is answered 500, so there is a second
    for _ in 0..2 {
        let request = receiver.next();
        assert!(request.body.contains(run) && request.headers.contains_key("x-telefonist-signature"), "{request:?}");
    }
    // a server ends when what is under way is noted
    server.end();
    let server = server.again();
    let sent = server.get(&format!("runs/{run}/deliveries")).is(200).json();
    assert_eq!(sent["deliveries"][0]["state"], "sent", "{sent}");
    assert_eq!((&sent["deliveries"][0]["attempts"], &sent["deliveries"][0]["webhook"]), (&json!(2), &made["id"]));
    assert_eq!(server.get(&format!("runs/{run}")).is(200).json()["status"], "fail");
    let id = made["id"].as_i64().unwrap();
    assert_eq!(server.post(&format!("webhooks/{id}/test"), json!({})).is(200).json()["sent"], true);
    // now it is down
    let tried = server.post(&format!("webhooks/{id}/test"), json!({})).is(200).json();
    assert!(tried["sent"] == false && !tried["error"].as_str().unwrap().contains("s3cret-path"), "{tried}");
    // its address and key stay when they are not named
    let changed =
        server.put(&format!("webhooks/{id}"), json!({ "kind": "slack", "only_failures": true })).is(200).json();
    assert_eq!(
        (&changed["kind"], &changed["signed"], &changed["project"]),
        (&json!("slack"), &json!(true), &json!(null))
    );
    server.delete(&format!("webhooks/{id}")).is(204);
    server.delete(&format!("webhooks/{id}")).is(404);
}

#[test]
fn a_test_that_could_not_begin_is_told_to_webhooks_too() {
    let server = Server::start();
    project(&server, SHORT);
    server.post("projects/PBX/tests", json!({ "name": "broken", "kind": "rhai", "text": "let a = ;" })).is(201);
    let receiver = Receiver::new(&["200 OK"]);
    let hook = json!({ "project": "PBX", "kind": "json", "url": receiver.url(), "only_failures": true });
    let hook = server.post("webhooks", hook).is(201).json();
    let mut socket = Socket::connect(&server);
    socket.follow("webhooks", 0);
    let done = server.post("run", json!({ "project": "PBX", "repeat": 2, "wait": true })).is(200).json();
    assert_eq!(done["status"], "error", "{done}");
    let message: serde_json::Value = serde_json::from_str(&receiver.next().body).unwrap();
    assert_eq!(
        (&message["event"], &message["job"], &message["status"]),
        (&json!("job"), &done["job"], &json!("error"))
    );
    assert!(message["test"].as_str().unwrap().contains("broken"), "{message}");
    assert!(message["reason"].as_str().unwrap().starts_with("it could not begin: "), "{message}");
    // once, however often it was to be run
    let news = socket.until(|message| message["delivery"]["state"] == "sent");
    let key = format!("job-{}", done["job"]);
    assert!(news.iter().filter(|news| news["t"] == "delivery.changed").all(|news| news["delivery"]["run"] == key));
    let last = &server.get("webhooks").is(200).json()["webhooks"][0]["last"];
    assert_eq!((&last["run"], &last["webhook"], &last["id"]), (&json!(key), &hook["id"], &json!(1)));
}

/// All files below a folder that hold a text.
fn holders(folder: &Path, text: &str) -> Vec<String> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(holders(&entry, text));
        } else if std::fs::read(&entry).is_ok_and(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
        {
            found.push(entry.display().to_string());
        }
    }
    found
}

#[test]
fn a_secret_of_a_test_is_in_no_table_log_event_answer_or_message() {
    const PASSWORD: &str = "hush-7f3a-of-alice";
    const DEFINED: &str = "hush-91bc-defined";
    let host = Telefonist::new("serve --ui-address 127.0.0.1:0 --env-file secrets")
        .file("secrets", &format!("TRUNK_PASS={PASSWORD}\n"));
    let mut server = Server::start_as(host);
    let text = r#"let alice = agent("<sip:alice@127.0.0.1:1>;regint=60;auth_pass=" + secret("TRUNK_PASS"));
let given = secret("GIVEN");
print(`it is ${secret("TRUNK_PASS")} and ${given}`);
alice.dial("sip:" + given + "@127.0.0.1:1");
await alice.event("CALL_CLOSED") within 20s;
check(given == "no", `it was ${given} and ${secret("TRUNK_PASS")}`);
"#;
    project(&server, text);
    let receiver = Receiver::new(&["200 OK"]);
    server.post("webhooks", json!({ "kind": "json", "url": receiver.url() })).is(201);
    let done =
        server.post("run", json!({ "project": "PBX", "wait": true, "define": { "GIVEN": DEFINED } })).is(200).json();
    let run = done["runs"][0]["run"].as_str().unwrap().to_string();
    let message = receiver.next();
    let mut answers = vec![done.to_string(), message.body];
    for path in [
        "",
        "/events?limit=5000",
        "/ladder",
        "/export/json",
        "/export/log",
        "/export/sip",
        "/export/html",
        "/export/junit",
        "/deliveries",
    ] {
        answers.push(server.get(&format!("runs/{run}{path}")).is(200).text());
    }
    for path in [
        "jobs",
        "jobs/1",
        "jobs/1/report",
        "jobs/1/report?format=junit",
        "runs",
        "agents",
        "health",
        "webhooks",
        "schedules",
    ] {
        answers.push(server.get(path).is(200).text());
    }
    for secret in [PASSWORD, DEFINED] {
        for answer in &answers {
            assert!(!answer.contains(secret), "{answer}");
        }
    }
    assert!(answers[0].contains("\"fail\"") || answers[0].contains("\"error\""), "{}", answers[0]);
    server.end();
    for secret in [PASSWORD, DEFINED] {
        assert_eq!(holders(&server.data_dir(), secret), Vec::<String>::new());
    }
}
