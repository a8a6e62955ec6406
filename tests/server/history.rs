//! What became of a test from run to run.

use crate::support::ESTABLISHED;
use crate::support::server::Server;
use serde_json::{Value, json};

fn run(server: &Server, test: &str) -> Value {
    let asked = json!({ "project": "PBX", "tests": [test], "wait": true });
    server.post("run", asked).is(200).json()["runs"][0].clone()
}

#[test]
fn a_test_has_its_results_and_takes_the_hash_of_a_run() {
    let server = Server::start();
    server.post("projects", json!({ "name": "PBX" })).is(201);
    // what comes at once every time
    let text = format!(
        "accept([\"CALL_INCOMING\", \"CALL_ESTABLISHED\"]);\n{ESTABLISHED}alice.hangup();\nawait bob.event(\"CALL_CLOSED\") within 20s;\n"
    );
    for (name, text) in [("call", text.as_str()), ("bad", "fail(\"on purpose\");\n")] {
        server.post("projects/PBX/tests", json!({ "name": name, "kind": "rhai", "text": text })).is(201);
    }
    let (good, bad) = (run(&server, "call"), run(&server, "bad"));
    assert_eq!((&good["status"], &bad["status"]), (&json!("pass"), &json!("fail")));
    let history = server.get("projects/pbx/tests/CALL/history?limit=5").is(200).json();
    let last = &history["runs"][0];
    assert_eq!((&last["run"], &last["agents"], &last["status"]), (&good["run"], &json!(2), &json!("pass")));
    assert!(last["quality"]["post_dial_delay"].as_f64().is_some_and(|delay| delay >= 0.0), "{history}");
    let about = (&history["last_pass"], &history["first_bad"], &history["flakiness"]);
    assert_eq!(about, (&good["run"], &json!(null), &json!(0.0)));
    let about_bad = server.get("projects/PBX/tests/bad/history").is(200).json();
    assert_eq!((&about_bad["last_pass"], &about_bad["first_bad"]), (&json!(null), &bad["run"]));
    // the lists say the same
    let tests = server.get("projects/PBX/tests").is(200).json();
    let lasts = [0, 1].map(|n| tests["tests"][n]["last"][0]["status"].clone());
    assert_eq!(lasts, ["fail", "pass"]);
    let expected = json!({ "pass": 1, "fail": 1, "error": 0, "never": 0 });
    assert_eq!(server.get("projects/PBX").is(200).json()["last"], expected);
    // its hash, and no other
    let update = |test: &str, run: &Value, based_on: u32| {
        server.post(&format!("projects/PBX/tests/{test}/update_hash"), json!({ "run": run, "based_on": based_on }))
    };
    update("call", &bad["run"], 1).is(409);
    update("bad", &bad["run"], 1).is(409);
    update("call", &json!("none"), 1).is(404);
    update("call", &good["run"], 7).is(409);
    assert_eq!(update("call", &good["run"], 1).is(200).json()["version"], 2);
    let text = server.get("projects/PBX/tests/call").is(200).json()["text"].clone();
    let line = format!("hash({});", last["hash"]);
    assert!(text.as_str().unwrap().starts_with(&line), "{line} {text}");
    let again = run(&server, "call");
    assert_eq!(again["status"], "pass", "{again}");
    // runs follow a test that is renamed
    server.patch("projects/PBX/tests/call", json!({ "name": "dial" })).is(200);
    let history = server.get("projects/PBX/tests/dial/history").is(200).json();
    assert_eq!(history["runs"].as_array().map(Vec::len), Some(2));
}
