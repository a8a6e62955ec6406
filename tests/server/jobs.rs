//! The queue: who runs, who waits, what a stop, an end and a crash of the server leave.

use crate::support::ESTABLISHED;
use crate::support::server::{Answer, Ask, Server};
use serde_json::{Value, json};
use std::process::Child;

/// It has begun when bob rings, and goes on until it is stopped.
const ENDLESS: &str = r#"let alice = agent("alice");
let bob = agent("bob");
alice.dial(bob);
await bob.event("CALL_INCOMING") within 20s;
await bob.event("CALL_ESTABLISHED") within 600s;
"#;
/// It needs no agent.
const SHORT: &str = "assert(1 + 1 == 2);\n";

fn text(name: &str, text: &str) -> Value {
    json!({ "text": { "name": name, "kind": "rhai", "text": text } })
}

fn with(mut body: Value, more: Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// Its first run has begun.
fn began(server: &Server, job: &Value) -> String {
    let run = job["runs"][0]["run"].as_str().unwrap().to_string();
    server.wait_for(&run, "CALL_INCOMING");
    run
}

#[test]
fn one_runs_others_are_refused_or_wait_and_each_can_be_stopped() {
    let server = Server::start();
    let first = server.post("run", text("endless", ENDLESS)).is(202).json();
    assert_eq!((first["state"].as_str() != Some("done"), first["trigger"].as_str()), (true, Some("api")));
    let run = began(&server, &first);
    // the place is taken
    let refused = server.post("run", with(text("short", SHORT), json!({ "queue": false }))).is(409);
    assert_eq!(refused.kind, "application/problem+json");
    assert!(refused.text().contains("another test run is already active"), "{}", refused.text());
    let second = server.post("run", text("short", SHORT)).is(202).json();
    let third = server.post("run", text("short", SHORT)).is(202).json();
    assert_eq!([&second["position"], &third["position"]], [1, 2]);
    let places = |answer: Answer| -> Vec<Value> {
        let jobs = answer.is(200).json();
        jobs["jobs"].as_array().unwrap().iter().map(|job| json!([job["job"], job["state"], job["position"]])).collect()
    };
    let expected = vec![json!([1, "running", null]), json!([2, "waiting", 1]), json!([3, "waiting", 2])];
    assert_eq!(places(server.get("jobs")), expected);
    // a run that has not begun has its id, and says where it is to be asked for
    let promised = third["runs"][0]["run"].as_str().unwrap();
    let missing = server.get(&format!("runs/{promised}")).is(404);
    assert!(
        missing.text().contains("has not begun") && missing.text().contains("/api/v1/jobs/3"),
        "{}",
        missing.text()
    );
    let stopped = server.post("jobs/2/stop", json!({})).is(200).json();
    assert_eq!((stopped["state"].as_str(), stopped["status"].as_str()), (Some("done"), Some("cancelled")));
    server.post("jobs/2/stop", json!({})).is(409);
    server.post("jobs/9/stop", json!({})).is(404);
    // the run alone is stopped; its job ends with it, and the next begins
    server.request("POST", &format!("runs/{run}/stop")).answer().is(204);
    let done = server.over(3);
    assert_eq!((done["status"].as_str(), done["runs"][0]["run"].as_str()), (Some("pass"), Some(promised)));
    assert_eq!(server.over(1)["runs"][0]["status"], "cancelled");
    let detail = server.get(&format!("runs/{run}")).is(200).json();
    assert_eq!((&detail["status"], &detail["live"]), (&json!("cancelled"), &json!(false)));
    assert_eq!(second["job"], 2);
    let report = server.get("jobs/3/report?format=junit").is(200);
    assert!(report.kind == "application/xml" && report.text().contains("<testcase name=\"short.rhai\""), "{report:?}");
    server.get("jobs/2/report").is(404);
}

#[test]
fn who_waits_for_the_end_gets_it_and_a_text_with_errors_is_told_of_at_once() {
    let server = Server::start();
    let done = server.post("run", with(text("short", SHORT), json!({ "wait": true, "repeat": 2 }))).is(200).json();
    assert_eq!((&done["status"], done["runs"].as_array().unwrap().len()), (&json!("pass"), 2), "{done}");
    let failed = server.post("run", with(text("no", "fail(\"on purpose\");"), json!({ "wait": true }))).is(200).json();
    assert_eq!(failed["status"], "fail");
    let run = failed["runs"][0]["run"].as_str().unwrap();
    let detail = server.get(&format!("runs/{run}")).is(200).json();
    assert!(detail["verdict"]["reasons"][0]["message"].as_str().unwrap().contains("on purpose"), "{detail}");
    assert_eq!(detail["reached"], json!([1]));
    let file = json!({ "name": "f", "kind": "testfile", "text": "# no step\n_define a sip:alice@127.0.0.1\nuanew <a>;regint=0\n" });
    let classic = server.post("run", json!({ "text": file, "wait": true })).is(200).json();
    let run = classic["runs"][0]["run"].as_str().unwrap();
    // what the compiler adds (which events fail a testfile) is no line of the user's
    assert_eq!(server.get(&format!("runs/{run}")).is(200).json()["reached"], json!([3]), "{classic}");
    let broken = server.post("run", text("broken", "agnt(\"alice\");")).is(422).json();
    assert_eq!((&broken["errors"][0]["code"], &broken["errors"][0]["line"]), (&json!("unknown-function"), &json!(1)));
    for (body, status) in [
        (json!({}), 400),
        (text("a/b", SHORT), 400),
        (json!({ "project": "none" }), 404),
        (with(text("short", SHORT), json!({ "repeat": 1001 })), 400),
        (json!({ "text": { "name": "x", "kind": "perl", "text": "" } }), 422),
        (with(text("short", SHORT), json!({ "define": { "|": "x" } })), 400),
    ] {
        server.post("run", body).is(status);
    }
    server.anonymous("POST", "run").json(&text("short", SHORT)).answer().is(401);
}

/// A job in CI that does not wait would be taken for one that passed.
#[test]
fn a_parameter_that_is_misspelt_is_refused_and_begins_nothing() {
    let server = Server::start();
    server.post("projects", json!({ "name": "P" })).is(201);
    server.post("projects/P/tests", json!({ "name": "t", "kind": "rhai", "text": SHORT })).is(201);
    let refused = server.request("POST", "/api/project/run?name=P&wiat=true").answer().is(400).text();
    assert!(refused.contains("wiat") && refused.contains("wait"), "{refused}");
    assert_eq!(server.get("jobs").json()["jobs"], json!([]));
    let waited = server.request("POST", "/api/project/run?name=P&wait=true").answer().is(200).json();
    assert_eq!(waited["status"], "pass");
    let job = waited["url"].as_str().unwrap().trim_start_matches("/api/v1/").to_string();
    server.get(&format!("{job}?wiat=true")).is(400);
    server.get(&format!("{job}/report?fromat=junit")).is(400);
}

#[test]
fn parameters_reach_the_test_and_do_not_stay() {
    let server = Server::start();
    let script = "assert(param(\"TARGET\", \"none\") == \"hush-hush-1234\");";
    let asked = with(text("short", script), json!({ "wait": true, "define": { "TARGET": "hush-hush-1234" } }));
    assert_eq!(server.post("run", asked).is(200).json()["status"], "pass");
    let job = server.get("jobs/1").is(200).text();
    assert!(!job.contains("hush-hush"));
    // what was queued is erased when it is over
    for file in ["telefonist.db", "telefonist.db-wal"] {
        let bytes = std::fs::read(server.data_dir().join(file)).unwrap();
        assert!(!bytes.windows(9).any(|part| part == b"hush-hush"), "{file}");
    }
}

#[test]
fn a_parameter_adds_no_step_to_a_testfile() {
    let server = Server::start();
    let file =
        json!({ "name": "f", "kind": "testfile", "text": "uanew <sip:a@127.0.0.1>;regint=0\ndial PEER | 10ms\n" });
    let asked = json!({ "text": file, "wait": true, "define": { "PEER": "sip:hush-hush@127.0.0.1:9\nquit" } });
    let refused = server.post("run", asked).is(422);
    let told = refused.json();
    assert!(told["errors"][0]["message"].as_str().unwrap().contains("would become a step"), "{told}");
    assert_eq!((&told["errors"][0]["line"], refused.text().contains("hush-hush")), (&json!(2), false));
}

/// Ends it without a chance to clear up.
fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn an_end_of_the_server_ends_a_run_as_cancelled_and_the_queue_goes_on_after_it() {
    let mut server = Server::start();
    let first = server.post("run", text("endless", ENDLESS)).is(202).json();
    let run = began(&server, &first);
    server.post("run", text("short", SHORT)).is(202);
    assert_eq!(server.end(), Some(0));
    let verdict = server.data_dir().join("runs").join(&run).join("verdict.json");
    assert!(std::fs::read_to_string(verdict).unwrap().contains("\"cancelled\""));
    let server = server.again();
    assert_eq!((&server.over(2)["status"], &server.over(1)["status"]), (&json!("pass"), &json!("cancelled")));
    assert_eq!(server.get(&format!("runs/{run}")).is(200).json()["status"], "cancelled");
}

#[test]
fn a_run_that_is_stopped_is_torn_down() {
    let server = Server::start();
    let script = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\n\
        teardown { alice.hangup(); await bob.closed() within 9s; print(\"hung up\"); }\n\
        test \"talks\" { alice.dial(bob); await bob.event(\"CALL_INCOMING\") within 20s; await bob.closed() within 10m; }\n";
    let job = server.post("run", text("endless", script)).is(202).json();
    let run = began(&server, &job);
    server.post("jobs/1/stop", json!({})).is(200);
    assert_eq!(server.over(1)["status"], "cancelled");
    let events = server.data_dir().join("runs").join(&run).join("events.jsonl");
    let events = std::fs::read_to_string(events).unwrap();
    assert!(events.lines().any(|event| event.contains("\"PRINT\"") && event.contains("hung up")), "{events}");
}

#[test]
fn a_killed_servers_job_is_an_error_with_its_reason_and_the_queue_goes_on() {
    let mut server = Server::start();
    let first = server.post("run", text("endless", ENDLESS)).is(202).json();
    let run = began(&server, &first);
    let second = server.post("run", text("short", SHORT)).is(202).json();
    kill(&mut server.child);
    let server = server.again();
    let lost = server.over(1);
    assert_eq!(lost["status"], "error");
    assert!(lost["reason"].as_str().unwrap().contains("stopped or killed"), "{lost}");
    let kept = server.over(2);
    assert_eq!((&kept["status"], &kept["runs"][0]["run"]), (&json!("pass"), &second["runs"][0]["run"]));
    let detail = server.get(&format!("runs/{run}")).is(200).json();
    assert_eq!((&detail["status"], detail["agents"].as_array().unwrap().len()), (&json!("broken"), 2));
}

#[test]
fn a_run_is_seen_while_it_goes_on_and_what_it_leaves_is_there() {
    let server = Server::start();
    let media = "await all([alice.event(\"CALL_RTPESTAB\"), bob.event(\"CALL_RTPESTAB\")]) within 20s;\nawait bob.quiet(\"CALL_CLOSED\") during 500ms;\nalice.hangup();\n";
    let script = format!("{ESTABLISHED}{media}await bob.event(\"CALL_CLOSED\") within 20s;\n");
    let first = server.post("run", text("endless", ENDLESS)).is(202).json();
    let run = began(&server, &first);
    let live = server.get(&format!("runs/{run}")).is(200).json();
    assert_eq!((&live["live"], &live["status"]), (&json!(true), &json!("running")));
    assert_eq!(server.get("agents").is(200).json()["agents"].as_array().unwrap().len(), 2);
    server.delete(&format!("runs/{run}")).is(409);
    server.post("jobs/1/stop", json!({})).is(200);
    server.over(1);
    let done = server.post("run", with(text("call", &script), json!({ "wait": true }))).is(200).json();
    assert_eq!(done["status"], "pass", "{done}");
    let run = done["runs"][0]["run"].as_str().unwrap();
    let at = |path: &str| server.get(&format!("runs/{run}/{path}"));
    let page = at("events?from=3&limit=2").is(200).json();
    assert_eq!((&page["events"][0]["n"], &page["events"][1]["n"], &page["next"]), (&json!(3), &json!(4), &json!(5)));
    for format in ["pcap", "flow", "sip", "log", "json", "wav", "zip", "html", "junit"] {
        assert!(!at(&format!("export/{format}")).is(200).bytes.is_empty(), "{format}");
    }
    at("export/exe").is(404);
    assert!(at("ladder").is(200).text().contains("INVITE"));
    let detail = server.get(&format!("runs/{run}")).is(200).json();
    // which of the two ends is read first is up to the agents
    let calls = detail["calls"].as_array().unwrap();
    let of_alice = calls.iter().find(|call| call["agent"] == "alice").unwrap();
    assert_eq!((calls.len(), &of_alice["direction"]), (2, &json!("outgoing")));
    let file = detail["recordings"][0]["file"].as_str().unwrap();
    let part = server.request("GET", &format!("runs/{run}/recordings/{file}")).header("Range", "bytes=0-3").answer();
    assert_eq!((part.status, part.bytes.as_slice()), (206, &b"RIFF"[..]));
    assert_eq!(at(&format!("recordings/{file}/peaks?width=7")).is(200).json()["peaks"].as_array().unwrap().len(), 7);
    for path in ["recordings/..%2fverdict.json", "recordings/none.wav", "recordings/none.wav/peaks"] {
        at(path).is(404);
    }
    let same = at(&format!("diff/{run}")).is(200).json();
    assert_eq!((&same["same"], &same["first"]), (&json!(true), &json!(null)));
    let metrics = server.request("GET", "/metrics").answer().is(200).text();
    assert!(metrics.contains("telefonist_runs_total{status=\"pass\"} 1"), "{metrics}");
    server.put(&format!("runs/{run}/keep"), json!({ "keep": true })).is(204);
    assert_eq!(server.get(&format!("runs/{run}")).is(200).json()["keep"], true);
    server.delete(&format!("runs/{run}")).is(204);
    server.get(&format!("runs/{run}")).is(404);
    let list = server.get("runs?status=cancelled&trigger=api&limit=1").is(200).json();
    assert_eq!((list["runs"].as_array().unwrap().len(), &list["next"]), (1, &json!(null)));
    server.get("runs?status=perfect").is(400);
    server.get("runs?after=x").is(400);
    for path in ["runs/..%2f..%2fetc", "runs/none", "runs/none/events", "runs/%00"] {
        server.get(path).is(404);
    }
}
