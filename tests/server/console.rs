//! The console: agents by hand, one session for all who are there.

use crate::support::server::Server;
use crate::support::socket::Socket;
use crate::support::{ESTABLISHED, children};
use serde_json::{Value, json};

fn line(server: &Server, text: &str) -> Value {
    server.post("console/line", json!({ "text": text })).is(200).json()
}

/// The one output of a line: its kind and text.
#[track_caller]
fn says(server: &Server, text: &str) -> (String, String) {
    let done = line(server, text);
    let output = done["output"].as_array().unwrap();
    assert_eq!(output.len(), 1, "{done}");
    (output[0]["kind"].as_str().unwrap().into(), output[0]["text"].as_str().unwrap().into())
}

fn event<'a>(agent: &'a str, name: &'a str) -> impl Fn(&Value) -> bool + 'a {
    move |message| message["event"]["agent"] == agent && message["event"]["type"] == name
}

#[test]
fn a_call_is_made_by_hand_over_two_connections_and_kept_as_a_run() {
    let server = Server::start();
    assert_eq!(server.get("console").is(200).json()["run"], Value::Null);
    server.get("console/script").is(404);
    let mut first = Socket::connect(&server);
    first.follow("console", 0);
    // as the page of old sent it
    first.text("_define ua1 sip:ua1@127.0.0.1\n_define ua2 sip:ua2@127.0.0.1\nuanew <ua1>;regint=0 | 0s");
    let run = first.wait(|message| message["t"] == "console.run")["run"].as_str().unwrap().to_string();
    first.text("uanew <ua2>;regint=0 | 0s\nua1:dial ua2 | 0s");
    first.follow(&format!("run:{run}"), 0);
    first.wait(event("ua2", "CALL_INCOMING"));
    drop(first);
    // the page is loaded again: the agents are there, and the call
    let about = server.get("console").is(200).json();
    assert_eq!((about["run"].as_str(), about["agents"].as_array().map(Vec::len)), (Some(run.as_str()), Some(2)));
    let mut second = Socket::connect(&server);
    second.follow(&format!("run:{run}"), 0);
    second.wait(event("ua2", "CALL_INCOMING"));
    second.text("ua2:accept | 0s");
    second.wait(event("ua1", "CALL_ESTABLISHED"));
    let (kind, calls) = says(&server, ":calls");
    assert!(kind == "text" && calls.contains("established,"), "{calls}");
    second.text("ua1:hangup | 0s");
    second.wait(event("ua2", "CALL_CLOSED"));
    assert!(says(&server, ":ladder").1.contains("BYE"));
    let script = server.get("console/script?kind=rhai").is(200).json()["text"].as_str().unwrap().to_string();
    assert!(script.contains("sip:ua1@127.0.0.1"), "{script}");
    assert_eq!(children(server.child.id()).len(), 2);
    server.delete("console").is(204);
    assert_eq!(children(server.child.id()), [0; 0]);
    assert_eq!(second.wait(|message| message["t"] == "run.end")["status"], "pass");
    assert_eq!(server.get("console").is(200).json()["run"], Value::Null);
    assert_eq!(server.get("console/script").is(200).json()["text"].as_str().unwrap(), script);
    // the session is a test
    std::fs::write(server.host.folder.path().join("saved.rhai"), &script).unwrap();
    server.host.then("run saved.rhai").exits(0).says("PASS");
}

#[test]
fn lines_of_all_kinds_are_answered_and_remembered() {
    let server = Server::start();
    assert_eq!(says(&server, "40 + 2"), ("value".into(), "42\n".into()));
    assert_eq!(line(&server, "let x = 1\n\nfn next(n) {\n    n + 1\n}\n")["output"], json!([]));
    assert_eq!(says(&server, "next(x)").1, "2\n");
    let (kind, text) = says(&server, "alice.hangup()");
    assert!(kind == "error" && text.contains("alice"), "{text}");
    // what follows a line that failed is not done
    let done = line(&server, "assert(false, \"no\")\nx = 5\n");
    assert!(done["output"][0]["text"].as_str().unwrap().contains("no"), "{done}");
    assert_eq!(says(&server, "x").1, "1\n");
    assert!(says(&server, ":help").1.contains(":ladder"));
    for (line, advice) in
        [(":save x.rhai", ":script"), (":record x.pcap", "export"), (":show sip", "where it is shown")]
    {
        let (kind, text) = says(&server, line);
        assert!(kind == "error" && text.contains(advice), "{text}");
    }
    line(&server, "let line = \"<sip:a@h>;auth_pass=sesame\"");
    assert!(!says(&server, "line").1.contains("sesame"));
    let history = server.get("console/history").is(200).json();
    assert!(history["lines"].as_array().unwrap().contains(&json!("40 + 2")) && !history.to_string().contains("sesame"));
    let mut socket = Socket::connect(&server);
    socket.follow("console", 0);
    line(&server, "7");
    let told = socket.until(|message| message["text"] == "7\n");
    assert!(!json!(told).to_string().contains("sesame"));
    assert_eq!(told[told.len() - 2]["by"], "admin key");
    let complete = |text: &str| {
        let column = text.chars().count() + 1;
        server.post("console/complete", json!({ "text": text, "line": 1, "column": column })).is(200).json()
    };
    line(&server, "let bob = agent(\"bob\")");
    let items = complete("bob.hang");
    assert!(items["items"].as_array().unwrap().iter().any(|item| item["text"] == "hangup"), "{items}");
    assert_eq!(items["start"], 5);
    assert!(complete(":lad")["items"][0]["text"] == "ladder" && complete("é".repeat(9).as_str())["items"].is_array());
    server.post("console/line", json!({ "text": "x".repeat(70_000) })).is(409);
    assert_eq!(line(&server, ":quit")["ended"], true);
    server.delete("console").is(204);
}

#[test]
fn two_browsers_see_the_same_and_their_lines_wait_for_each_other() {
    let server = Server::start();
    let (mut one, mut other) = (Socket::connect(&server), Socket::connect(&server));
    one.follow("console", 0);
    other.follow("console", 0);
    one.send(json!({ "op": "console", "text": "let alice = agent(\"alice\"); alice.cmd(\"reginfo\"); 1" }));
    one.wait(|message| message["text"] == "1\n");
    let run = other.wait(|message| message["t"] == "console.run")["run"].as_str().unwrap().to_string();
    one.follow(&format!("run:{run}"), -1);
    one.send(json!({ "op": "console", "text": "await alice.event(\"CALL_CLOSED\") within 10m" }));
    one.wait(|message| message["event"]["type"] == "WAITING");
    for n in 2..5 {
        other.send(json!({ "op": "console", "text": format!("{n}") }));
    }
    other.wait(|message| message["t"] == "console.out" && message["text"] == "1\n");
    assert_eq!(server.get("console").is(200).json()["busy"], true);
    server.post("console/stop", json!({})).is(204);
    let texts = |socket: &mut Socket| {
        let seen = socket.until(|message| message["text"] == "4\n");
        let out = seen.iter().filter(|message| message["t"] == "console.out");
        out.map(|message| message["text"].as_str().unwrap().lines().next().unwrap().to_string()).collect::<Vec<_>>()
    };
    let (mine, theirs) = (texts(&mut one), texts(&mut other));
    assert_eq!(mine[1..], ["2", "3", "4"]);
    assert!(mine[0].contains("stopped by Ctrl-C") && mine == theirs, "{mine:?} {theirs:?}");
    // a line that runs when the session is ended is cancelled, and those behind it get an answer
    one.send(json!({ "op": "console", "text": "await alice.event(\"CALL_CLOSED\") within 10m" }));
    one.wait(|message| message["event"]["type"] == "WAITING");
    server.delete("console").is(204);
    one.follow(&format!("run:{run}"), -1);
    let status = one.wait(|message| message["t"] == "run.end");
    let verdict = std::fs::read_to_string(server.data_dir().join("runs").join(&run).join("verdict.json"));
    assert_eq!(status["status"], "cancelled", "{verdict:?}");
    assert_eq!(says(&server, "5").1, "5\n");
}

#[test]
fn the_agents_of_a_run_and_those_of_the_console_do_not_touch_each_other() {
    let server = Server::start();
    let run = line(&server, "let alice = agent(\"alice\"); let bob = agent(\"bob\"); alice.dial(bob)")["run"].clone();
    line(&server, "await bob.event(\"CALL_INCOMING\"); bob.accept(); await alice.established()");
    // a run has agents of the same names
    let test = json!({ "name": "call", "kind": "rhai", "text": ESTABLISHED });
    let job = server.post("run", json!({ "text": test, "wait": true })).is(200).json();
    assert_eq!(job["status"], "pass", "{job}");
    assert!(says(&server, ":calls").1.contains("established,"));
    line(&server, "alice.hangup(); await bob.closed()");
    let kept = server.data_dir().join("runs").join(run.as_str().unwrap()).join("events.jsonl");
    server.delete("console").is(204);
    let events = std::fs::read_to_string(kept).unwrap();
    assert_eq!(events.matches("\"type\":\"CALL_INCOMING\"").count(), 1);
}

#[test]
fn a_server_that_ends_stops_the_agents_and_keeps_the_session() {
    let mut server = Server::start();
    let run =
        line(&server, "let alice = agent(\"alice\"); alice.cmd(\"reginfo\")")["run"].as_str().unwrap().to_string();
    assert_eq!(children(server.child.id()).len(), 1);
    assert_eq!(server.end(), Some(0));
    server.host.then(&format!("replay {run}")).exits(0).says("PASS");
}
