//! The host's log: what it says about runs, agents, jobs and requests, and that it holds no secret.

use crate::support::{Done, Serving, Telefonist};
use serde_json::{Value, json};

/// Secrets in an account, in its name, in a header, in a message, and in a webhook. All begin with `geheim`.
const CALL: &str = r#"
webhook("http://127.0.0.1:9/geheim-path");
let alice = agent("<sip:alice@127.0.0.1>;auth_pass=geheim-pass;regint=0");
let carol = agent("<sip:" + secret("USER_OF_CAROL") + "@127.0.0.1>;auth_pass=" + secret("TOKEN") + ";regint=0");
let bob = agent("bob");
alice.header("X-Token", secret("TOKEN"));
carol.message(bob, "geheim " + secret("TOKEN"));
await bob.event("MESSAGE");
alice.dial(bob);
await bob.event("CALL_INCOMING");
bob.accept();
await alice.event("CALL_ESTABLISHED");
alice.hangup();
await bob.event("CALL_CLOSED");
"#;

fn call(words: &str) -> Telefonist {
    Telefonist::new(&format!("run call.rhai --env-file secrets {words}"))
        .file("call.rhai", CALL)
        .file("secrets", "TOKEN=geheim-token\nUSER_OF_CAROL=geheim-user\n")
}

/// Runs it with a log of that level.
fn logged(test: &Telefonist, level: &str) -> Done {
    Done::from(test.command().env("TELEFONIST_LOG", level).output().expect("the program starts"))
}

#[track_caller]
fn has_all(log: &str, texts: &[&str]) {
    for text in texts {
        assert!(log.contains(text), "`{text}` is missing in:\n{log}");
    }
    assert!(!log.contains("geheim"), "a secret is in:\n{log}");
}

#[test]
fn shows_runs_and_agents_without_secrets() {
    let done = logged(&call(""), "trace").exits(0);
    let texts = [
        "run{id=",
        "test=\"call.rhai\"",
        "the run begins",
        "agent{id=\"alice\"",
        "agent{id=\"***\"",
        "the agent is ready",
        "command=\"dial\"",
        "command=\"message\"",
        "the run is judged status=PASS",
    ];
    has_all(&done.stderr, &texts);
}

#[test]
fn is_off_by_default_and_leaves_the_standard_output_alone() {
    for none in ["", "off"] {
        assert_eq!(logged(&call(""), none).exits(0).stderr, "", "{none}");
    }
    // the log names the module of each line
    let done = call("--log=trace").run().exits(0);
    assert!(done.stderr.contains("telefonist::"), "{}", done.stderr);
    assert!(!done.stdout.contains("telefonist::"), "{}", done.stdout);
}

#[test]
fn takes_levels_of_modules() {
    logged(&call(""), "telefonist::agent=info").exits(0).says("the agent is ready").never_says("the run begins");
    let done = call("--log INFO,telefonist::agent=off").run().exits(0);
    done.says("the run begins").never_says("the agent is ready");
}

/// A message as it was before it was broken into the lines of a terminal.
fn in_one_line(text: &str) -> String {
    text.split_whitespace().filter(|word| *word != "|").collect::<Vec<_>>().join(" ")
}

#[test]
fn names_the_place_of_a_wrong_level() {
    for (wrong, says) in [
        ("verbose", "`verbose` is no level; write error, warn, info, debug, trace or off"),
        ("info,telefonist::agent=5", "`5` is no level"),
        ("info,", "`` is no level"),
        ("sqlx=trace", "`sqlx` is no module of telefonist; write one such as telefonist::agent=debug"),
        ("telefonistx=info", "`telefonistx` is no module"),
    ] {
        let by_flag = call(&format!("--log {wrong}")).run();
        let by_variable = logged(&call(""), wrong);
        let by_file = call("").file("telefonist.toml", &format!("# the log\nlog = \"{wrong}\"\n")).run();
        for (done, place) in
            [(by_flag, "for '--log <LEVEL>'"), (by_variable, "the variable TELEFONIST_LOG"), (by_file, "toml:2:7")]
        {
            let said = in_one_line(&done.stderr);
            assert!(said.contains(says) && said.contains(place), "{place}: {said}");
            done.exits(2);
        }
    }
}

#[test]
fn writes_lines_of_json() {
    let done = call("--log trace --log-json").run().exits(0);
    let lines: Vec<Value> =
        done.stderr.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let of_agent = lines.iter().find(|line| line["fields"]["message"] == "the agent is ready").expect("a line");
    assert_eq!((&of_agent["span"]["name"], &of_agent["span"]["id"]), (&json!("agent"), &json!("alice")));
    has_all(&done.stderr, &["\"command\":\"dial\"", "\"status\":\"PASS\""]);
}

/// A server's log while somebody logs in, adds a webhook, and runs a test.
fn log_of_server(level: &str, words: &str) -> String {
    let start =
        "-ui_address=127.0.0.1:0 -ui_api_key geheim-key -ui_admin_password=geheim-word --sip-listen 127.0.0.1:0";
    let test = Telefonist::new(&format!("{start} {words}"));
    let mut command = test.command();
    command.env("TELEFONIST_LOG", level).env("TOKEN", "geheim-token").env("USER_OF_CAROL", "geheim-user");
    let serving = Serving::of(command);
    let client = Serving::client(None);
    let send = |path: &str, body: Value| {
        let request = client
            .post(format!("{}/api/{path}", serving.url))
            .header("X-API-Key", "geheim-key")
            .header("Content-Type", "application/json");
        let answer = request.body(body.to_string()).send().expect("an answer");
        let status = answer.status();
        assert!(status.is_success(), "{path}: {status} {}", answer.text().unwrap_or_default());
    };
    send("v1/login", json!({ "user": "telefonist", "password": "geheim-word" }));
    let webhook = json!({ "kind": "json", "url": "http://127.0.0.1:9/geheim-url", "secret": "geheim-secret" });
    send("v1/webhooks", webhook);
    send("v1/projects", json!({ "name": "pbx" }));
    send("v1/projects/pbx/tests", json!({ "name": "call", "text": CALL, "kind": "rhai" }));
    send("project/run?name=pbx&wait=true", json!({}));
    // nobody has read any of it, so that this is all of it
    serving.terminate().exits(0).stderr
}

#[test]
fn shows_requests_and_jobs_of_a_server_without_secrets() {
    let texts = [
        "request{method=POST path=\"/api/v1/login\"}",
        "job{id=1}",
        "job{id=1}:run{id=",
        "agent{id=\"alice\"",
        "command=\"dial\"",
        "the job is over status=PASS",
    ];
    has_all(&log_of_server("debug", ""), &texts);
    has_all(&log_of_server("trace", ""), &texts);
    has_all(&log_of_server("trace", "--log-json"), &["\"path\":\"/api/v1/login\"", "\"command\":\"dial\""]);
}
