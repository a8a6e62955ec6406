//! What is set while the server runs.

use crate::support::Telefonist;
use crate::support::server::{Ask, Server};
use serde_json::{Value, json};

/// Runs a test without agents this number of times; the ids of the runs.
fn ran(server: &Server, job: i64, repeat: u32) -> Vec<String> {
    let text = json!({ "name": "short", "kind": "rhai", "text": "assert(1 + 1 == 2);\n" });
    server.post("run", json!({ "text": text, "repeat": repeat })).is(202);
    let runs = server.over(job)["runs"].as_array().unwrap().clone();
    runs.iter().map(|run| run["run"].as_str().unwrap().to_string()).collect()
}

fn setting(value: Value, fixed: bool) -> Value {
    json!({ "value": value, "fixed": fixed })
}

#[test]
fn the_runs_to_keep_are_set_and_counted_before_any_goes() {
    let server = Server::start();
    let all = json!({ "keep_runs": setting(Value::Null, false), "keep_days": setting(Value::Null, false), "to_go": 0 });
    assert_eq!(server.get("settings").is(200).json(), all);
    let old = ran(&server, 1, 3);
    let tried = server.put("settings?dry_run=true", json!({ "keep_runs": 1 })).is(200).json();
    assert_eq!((&tried["keep_runs"], &tried["to_go"]), (&setting(json!(1), false), &json!(2)));
    assert_eq!(server.get("settings").is(200).json(), all, "a trial sets nothing");
    assert_eq!(server.get("health").is(200).json()["runs"], 3);
    let set = server.put("settings", json!({ "keep_runs": 1, "keep_days": 30 })).is(200).json();
    assert_eq!((&set["keep_days"], &set["to_go"]), (&setting(json!(30), false), &json!(2)));
    // no job is needed for that
    for run in &old[..2] {
        let folder = server.data_dir().join("runs").join(run);
        server.with_changes(|| (!folder.exists()).then_some(()));
    }
    let server = server.again();
    let now = server.get("settings").is(200).json();
    assert_eq!(
        (&now["keep_runs"], &now["keep_days"], &now["to_go"]),
        (&set["keep_runs"], &set["keep_days"], &json!(0))
    );
    let status = |run: &str| server.get(&format!("runs/{run}")).status;
    assert_eq!(old.iter().map(|run| status(run)).collect::<Vec<_>>(), [404, 404, 200]);
    ran(&server, 2, 1);
    // one worker: what job 2 lets go is gone when job 3 is over
    ran(&server, 3, 1);
    assert_eq!(status(&old[2]), 404);
    assert_eq!(server.put("settings", json!({})).is(200).json(), all);
}

#[test]
fn what_was_said_at_the_start_counts_and_cannot_be_set() {
    let server = Server::start_as(Telefonist::new("serve --keep-runs 2"));
    assert_eq!(server.get("settings").is(200).json()["keep_runs"], setting(json!(2), true));
    let refused = server.put("settings", json!({ "keep_runs": 5 })).is(409);
    assert!(refused.text().contains("--keep-runs 2"), "{}", refused.text());
    server.put("settings", json!({})).is(409);
    let set = server.put("settings", json!({ "keep_runs": 2, "keep_days": 9 })).is(200).json();
    assert_eq!((&set["keep_runs"], &set["keep_days"]), (&setting(json!(2), true), &setting(json!(9), false)));
}

#[test]
fn settings_are_numbers_and_only_an_administrator_sets_them() {
    let server = Server::start();
    for wrong in [json!({ "keep_runs": -1 }), json!({ "keep_days": "many" }), json!({ "keep_run": 5 }), json!([])] {
        let refused = server.put("settings", wrong.clone());
        assert!((400..500).contains(&refused.status), "{wrong}: {refused:?}");
    }
    let key = server.post("keys", json!({ "name": "ci", "scopes": ["read", "write"] })).is(201).json();
    let key = key["key"].as_str().unwrap();
    server.anonymous("GET", "/api/v1/settings").header("X-API-Key", key).answer().is(200);
    let set = server.anonymous("PUT", "/api/v1/settings").header("X-API-Key", key);
    set.header("content-type", "application/json").body("{}").answer().is(403);
    server.anonymous("GET", "/api/v1/settings").answer().is(401);
}
