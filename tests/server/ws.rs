//! `/ws`: who may listen, what they hear, and that nobody who listens costs anybody anything.

use crate::support::server::{Ask, Server};
use crate::support::socket::Socket;
use crate::support::{ESTABLISHED, Telefonist};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

fn line(server: &Server, text: &str) -> Value {
    server.post("console/line", json!({ "text": text })).is(200).json()
}

/// The id of the console's run, which `text` begins.
fn session(server: &Server, text: &str) -> String {
    line(server, text)["run"].as_str().expect("a run").to_string()
}

fn seqs(messages: &[Value], topic: &str) -> Vec<u64> {
    messages.iter().filter(|message| message["topic"] == topic).filter_map(|message| message["seq"].as_u64()).collect()
}

fn prints(text: &str) -> impl Fn(&Value) -> bool {
    move |message| message["event"]["text"] == text
}

#[test]
fn only_who_is_let_in_and_comes_from_here_gets_a_socket() {
    let server = Server::start();
    let key = ("x-api-key", server.key.as_str());
    let refused = |headers: &[(&str, &str)]| Socket::with(&server, headers).err();
    assert_eq!(refused(&[]), Some(401));
    assert_eq!(refused(&[("x-api-key", "wrong")]), Some(401));
    assert_eq!(refused(&[key, ("origin", "http://evil.example")]), Some(403));
    assert_eq!(refused(&[key, ("sec-fetch-site", "cross-site")]), Some(403));
    assert_eq!(refused(&[key, ("origin", &server.base)]), None);
    let plain = server.get("/ws").is(400);
    assert_eq!(plain.kind, "application/problem+json");
    assert!(plain.json()["advice"].as_str().unwrap().contains("WebSocket client"), "{}", plain.text());
}

#[test]
fn who_comes_late_gets_all_and_who_comes_back_what_was_missed() {
    let mut server = Server::start();
    let run = session(&server, "print(\"one\")");
    let topic = format!("run:{run}");
    let mut socket = Socket::connect(&server);
    let hello = socket.next().unwrap();
    assert_eq!((hello["t"].as_str(), hello["topic"].as_str()), (Some("hello"), Some("")));
    assert_eq!(socket.follow(&topic, 0)["op"], "sub");
    let mut seen = seqs(&socket.until(prints("one")), &topic);
    line(&server, "let alice = agent(\"alice\"); alice.cmd(\"reginfo\")");
    line(&server, "print(\"two\")");
    let first = socket.until(prints("two"));
    seen.extend(seqs(&first, &topic));
    let starting = first.iter().find(|message| message["event"]["type"] == "AGENT_STARTING").expect("an agent");
    assert_eq!((starting["t"].as_str(), starting["event"]["agent"].as_str()), (Some("note"), Some("alice")));
    assert_eq!(starting["ts"], starting["event"]["time"]);
    // a break, in which something happens
    drop(socket);
    line(&server, "print(\"three\")");
    let mut socket = Socket::connect(&server);
    let next = socket.follow(&topic, *seen.last().unwrap() as i64)["next"].as_u64().unwrap();
    let missed = seqs(&socket.until(prints("three")), &topic);
    assert!(next > *missed.last().unwrap(), "{next} {missed:?}");
    seen.extend(missed);
    // and one that wants only what is new
    let mut other = Socket::connect(&server);
    other.follow(&topic, -1);
    line(&server, "print(\"four\")");
    assert!(!other.until(prints("four")).iter().any(prints("three")));
    server.delete("console").is(204);
    let is_end = |message: &Value| message["t"] == "run.end";
    let last = socket.until(is_end);
    assert_eq!(last.last().unwrap()["status"], "pass");
    seen.extend(seqs(&last, &topic));
    assert_eq!(seen, (1..=seen.len() as u64).collect::<Vec<_>>());
    // the same from its file
    let mut late = Socket::connect(&server);
    late.follow(&topic, 0);
    let all = late.until(is_end);
    assert_eq!(seqs(&all, &topic), seen);
    let kept = std::fs::read_to_string(server.data_dir().join("runs").join(&run).join("events.jsonl")).unwrap();
    let kept: Vec<Value> = kept.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<&Value> = all.iter().map(|message| &message["event"]).filter(|event| event.is_object()).collect();
    assert_eq!(told, kept.iter().collect::<Vec<_>>());
    let half = kept.len() / 2;
    late.follow(&topic, half as i64);
    assert_eq!(seqs(&late.until(is_end), &topic), seen[half..]);
    // a client that has seen the end gets nothing more, and one that asks for what is new gets the end
    late.follow(&topic, seen.len() as i64);
    late.follow(&topic, -1);
    assert_eq!(seqs(&late.until(is_end), &topic), [seen.len() as u64]);
    let unknown = late.follow("run:nonsense", 0);
    assert_eq!((unknown["t"].as_str(), unknown["op"].as_str()), (Some("error"), Some("sub")));
    server.end();
    assert_eq!(late.closed(), 1001);
}

#[test]
fn agents_and_the_console_are_told_of_by_topic_also_after_a_break() {
    let server = Server::start();
    let mut socket = Socket::connect(&server);
    socket.follow("agents", 0);
    let run = session(&server, "let alice = agent(\"alice\"); alice.cmd(\"reginfo\")");
    let started = socket.wait(|message| message["t"] == "agent.start");
    assert_eq!((&started["agent"]["name"], &started["agent"]["run"]), (&json!("alice"), &json!(run)));
    drop(socket);
    server.delete("console").is(204);
    let mut socket = Socket::connect(&server);
    assert_eq!(socket.follow("agents", started["seq"].as_i64().unwrap())["next"], 3);
    let stopped = socket.wait(|message| message["t"] == "agent.stop");
    assert_eq!((&stopped["agent"]["name"], &stopped["seq"]), (&json!("alice"), &json!(2)));
    socket.follow("jobs", 0);
    assert_eq!(socket.wait(|message| message["t"] == "run.end")["run"]["run"], run.as_str());
    for topic in ["nonsense", "project:none", "run:../../etc"] {
        let refused = socket.follow(topic, 0);
        assert_eq!(refused["t"], "error", "{topic}");
        assert!(!refused["message"].as_str().unwrap().is_empty(), "{refused}");
    }
}

#[test]
fn who_is_not_let_in_any_more_is_sent_away() {
    let server = Server::start();
    let login = json!({ "user": "telefonist", "password": "telefonist" });
    let response = server.anonymous("POST", "login").json(&login).send().unwrap();
    let cookie = response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_string();
    let mut browser = Socket::with(&server, &[("cookie", &cookie), ("origin", &server.base)]).unwrap();
    assert_eq!(browser.next().unwrap()["user"], "telefonist");
    server.anonymous("POST", "logout").header("cookie", &cookie).answer().is(204);
    assert_eq!(browser.closed(), 4401);
    let made = server.post("keys", json!({ "name": "ci", "scopes": ["read"] })).is(201).json();
    let key = made["key"].as_str().unwrap();
    let mut program = Socket::with(&server, &[("x-api-key", key)]).unwrap();
    assert_eq!(program.next().unwrap()["run"], false);
    let mut other = Socket::connect(&server);
    server.delete(&format!("keys/{}", made["id"])).is(204);
    assert_eq!(program.closed(), 4401);
    assert_eq!(Socket::with(&server, &[("x-api-key", key)]).err(), Some(401));
    // the others stay
    assert_eq!(other.follow("jobs", 0)["t"], "ack");
}

#[test]
fn who_may_only_look_on_steers_nothing() {
    let server = Server::start();
    let key = |scope: &str| {
        let made = server.post("keys", json!({ "name": scope, "scopes": [scope] })).is(201).json();
        made["key"].as_str().unwrap().to_string()
    };
    let (read, run, write) = (key("read"), key("run"), key("write"));
    assert_eq!(Socket::with(&server, &[("x-api-key", &write)]).err(), Some(403));
    let mut reader = Socket::with(&server, &[("x-api-key", &read)]).unwrap();
    for order in [json!({ "op": "console", "text": "1" }), json!({ "op": "run.stop", "run": "x" })] {
        reader.send(order.clone());
        let refused = reader.wait(|message| message["t"] == "error");
        assert_eq!((&refused["op"], refused["message"].as_str().unwrap().contains("scope")), (&order["op"], true));
    }
    reader.text("uanew <sip:a@127.0.0.1>");
    assert_eq!(reader.wait(|message| message["t"] == "error")["op"], "console");
    assert_eq!(server.get("console").is(200).json()["run"], Value::Null);
    let mut runner = Socket::with(&server, &[("x-api-key", &run)]).unwrap();
    runner.follow("console", 0);
    runner.send(json!({ "op": "console", "text": "40 + 2", "id": 7 }));
    let seen = runner.until(|message| message["t"] == "console.out");
    assert_eq!(seen.last().unwrap()["text"], "42\n");
    assert!(seen.iter().any(|message| message["t"] == "ack" && message["id"] == 7), "{seen:?}");
    runner.send(json!({ "op": "run.stop", "run": "x" }));
    assert_eq!(runner.wait(|message| message["t"] == "error")["op"], "run.stop");
}

/// A minute of the server's takes ten seconds.
#[test]
fn who_gives_no_sign_of_life_for_a_minute_is_sent_away() {
    let mut host = Telefonist::new("serve --ui-address 127.0.0.1:0");
    host.faster = Some(6);
    let server = Server::start_as(host);
    let mut silent = Socket::connect(&server).mute();
    let mut alive = Socket::connect(&server);
    alive.follow("console", -1);
    std::thread::scope(|scope| {
        // all that it says is the protocol's answer to a ping
        let listens = scope.spawn(|| alive.wait(|message| message["t"] == "console.out"));
        assert_eq!(silent.closed(), 4408);
        line(&server, "40 + 2");
        assert_eq!(listens.join().unwrap()["text"], "42\n");
    });
}

#[test]
fn what_nobody_should_send_is_answered_and_ends_nothing() {
    let server = Server::start();
    let mut socket = Socket::connect(&server);
    for nonsense in ["{", "{}", "{\"op\":\"nonsense\"}", "{\"op\":\"sub\"}", "{\"op\":\"sub\",\"topic\":7}"] {
        socket.text(nonsense);
        let error = socket.wait(|message| message["t"] == "error");
        assert!(error["advice"].as_str().unwrap().contains("docs/websocket.md"), "{error}");
    }
    socket.raw(Message::binary(vec![0, 159, 146, 150]));
    socket.wait(|message| message["t"] == "error");
    socket.send(json!({ "op": "pong" }));
    for n in 0..64 {
        server.post("console/line", json!({ "text": ":help" })).is(200);
        assert_eq!(socket.follow(["jobs", "agents", "console", "schedules"][n % 4], -1)["t"], "ack");
    }
    socket.text(&format!("\"{}\"", "x".repeat(70_000)));
    assert_eq!(socket.closed(), 1009);
    assert_eq!(Socket::connect(&server).follow("jobs", 0)["t"], "ack");
}

#[test]
fn a_run_is_followed_from_before_it_begins_and_stopped() {
    let endless = format!("{ESTABLISHED}await bob.event(\"CALL_CLOSED\") within 600s;\n");
    let server = Server::start();
    let mut socket = Socket::connect(&server);
    socket.follow("jobs", 0);
    let queue = |name: &str, text: &str| {
        let job = server.post("run", json!({ "text": { "name": name, "kind": "rhai", "text": text } })).is(202).json();
        job["runs"][0]["run"].as_str().unwrap().to_string()
    };
    let (first, second) = (queue("endless", &endless), queue("short", "assert(1 + 1 == 2);"));
    assert_eq!(socket.follow(&format!("run:{second}"), 0)["next"], 1);
    socket.follow(&format!("run:{first}"), 0);
    let mut seen = socket.until(|message| message["event"]["type"] == "CALL_ESTABLISHED");
    socket.send(json!({ "op": "run.stop", "run": first }));
    let is_end = |run: &str| {
        let topic = format!("run:{run}");
        move |message: &Value| message["topic"] == topic && message["t"] == "run.end"
    };
    let mut ends = vec![];
    while ends.len() < 2 {
        seen.extend(socket.until(|message| is_end(&first)(message) || is_end(&second)(message)));
        ends.push(seen.last().unwrap()["status"].clone());
    }
    assert_eq!(ends, ["cancelled", "pass"]);
    for run in [&first, &second] {
        let topic = format!("run:{run}");
        let numbers: Vec<u64> = seqs(&seen, &topic).into_iter().filter(|seq| *seq > 0).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    }
    socket.send(json!({ "op": "run.stop", "run": first }));
    assert_eq!(socket.wait(|message| message["t"] == "error")["op"], "run.stop");
}

/// The number of values of 16 KB that are more than sockets and the hub hold.
const VALUES: usize = 2000;

#[test]
fn who_reads_too_slowly_is_told_what_is_gone_and_gets_the_rest() {
    let server = Server::start();
    let mut slow = Socket::connect(&server);
    slow.follow("console", 0);
    line(&server, "let text = \"x\"; text.pad(16000, 'x')");
    line(&server, &"text\n".repeat(VALUES));
    line(&server, "\"the end\"");
    let seen = slow.until(|message| message["text"] == "\"the end\"\n");
    let (mut next, mut gaps) = (1, 0);
    for message in &seen {
        let seq = message["seq"].as_u64().unwrap();
        let from = message["from"].as_u64().unwrap_or(seq);
        assert_eq!(from, next, "{message}");
        gaps += usize::from(message["t"] == "gap");
        assert!(message["t"] != "gap" || message["to"] == seq, "{message}");
        next = seq + 1;
    }
    assert!(gaps > 0, "it was fast enough: {} messages", seen.len());
    let gap = seen.iter().rposition(|message| message["t"] == "gap").unwrap();
    assert!(seen.len() - gap > 990, "the newest thousand are kept: {}", seen.len() - gap);
    assert_eq!(server.get("console").is(200).json()["busy"], false);
}

/// Resident memory of a process, in bytes.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// 40,000 events of 1 KB.
const FLOOD: &str = "let text = \"x\"; text.pad(1000, 'x'); for n in 0..40000 { print(text) }";

#[test]
fn thirty_who_never_read_neither_slow_a_run_nor_grow_the_memory() {
    let server = Server::start();
    let timed = || {
        let begun = Instant::now();
        line(&server, FLOOD);
        begun.elapsed()
    };
    let run = session(&server, "print(\"begin\")");
    let alone = timed().max(Duration::from_secs(1));
    let before = memory(server.child.id());
    let topic = format!("run:{run}");
    // they ask for all of it, and take nothing of it
    let slow: Vec<Socket> = (0..30)
        .map(|_| {
            let mut socket = Socket::connect(&server).slow();
            socket.send(json!({ "op": "sub", "topic": topic }));
            socket
        })
        .collect();
    line(&server, FLOOD);
    // whoever reads gets everything all the same
    line(&server, "print(\"end\")");
    let mut reader = Socket::connect(&server);
    reader.follow(&topic, 0);
    let seen = seqs(&reader.until(prints("end")), &topic);
    assert!(seen.len() > 80_000 && seen == (1..=seen.len() as u64).collect::<Vec<_>>());
    let filled = memory(server.child.id());
    let watched = timed();
    let after = memory(server.child.id());
    assert!(watched < alone * 4, "{watched:?} with slow clients, {alone:?} alone");
    assert!(filled.saturating_sub(before) < 192 << 20, "{before} {filled}");
    // the log itself may hold 64 MiB that are not written yet; what 30 have not taken is 1.2 GB
    assert!(after.saturating_sub(filled) < 96 << 20, "{filled} {after}");
    drop(slow);
    server.delete("console").is(204);
    let half = seen.len() / 2;
    reader.follow(&topic, half as i64);
    let rest = reader.until(|message| message["t"] == "run.end");
    assert_eq!(rest.iter().find(|message| message["topic"] == topic).unwrap()["seq"], half + 1);
}
