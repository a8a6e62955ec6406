//! `telefonist repl --attach`: the console of a server from a terminal elsewhere, and from a pipe.

use super::terminal::Terminal;
use super::{EMPTY, PROMPT};
use crate::support::server::Server;
use crate::support::{Done, Telefonist, children};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// A call of the program on another machine, as far as it knows.
fn command(here: &Telefonist, url: &str) -> Command {
    let mut command = here.command_with(&["repl", "--attach", url]);
    command.env_remove("TELEFONIST_API_KEY");
    command
}

fn at_prompt(here: &Telefonist, server: &Server) -> Terminal {
    let mut command = command(here, &server.base);
    let mut terminal = Terminal::of({
        command.env("TELEFONIST_API_KEY", &server.key);
        command
    });
    terminal.wait(":help teaches");
    terminal.wait(PROMPT);
    terminal
}

#[test]
fn a_servers_agents_are_driven_from_here_and_stay_when_one_leaves() {
    let (server, here) = (Server::start(), Telefonist::new("repl"));
    let mut terminal = at_prompt(&here, &server);
    terminal.line("let alice = agent(\"alice\"); let bob = agent(\"bob\")");
    terminal.enter("alice.dial(bob)", "bob       CALL_INCOMING");
    terminal.enter("40 + 2", "42");
    terminal.wait(EMPTY);
    terminal.keys("bob.acc\t");
    terminal.wait("bob.accept");
    terminal.enter("()", "alice     CALL_ESTABLISHED");
    terminal.enter(":show notes", "shown: notes of all agents");
    terminal.enter("await alice.event(\"CALL_CLOSED\") within 10m", "waits: CALL_CLOSED at alice");
    terminal.keys("\x03");
    terminal.wait("stopped by Ctrl-C");
    terminal.enter("alice.hangupp()", "did you mean `hangup`?");
    terminal.enter(":calls", "established,");
    terminal.enter(":record x.pcap", "a server's console");
    terminal.enter(":save call", "wrote call.rhai");
    let saved = std::fs::read_to_string(here.folder.path().join("call.rhai")).unwrap();
    assert!(saved.contains("bob.accept();"), "{saved}");
    let (status, shown) = terminal.leave();
    assert!(status.success() && shown.contains("2 agents go on at"), "{shown}");
    assert_eq!(children(server.child.id()).len(), 2);
    // another one, by the user's password
    let mut again = Terminal::of(command(&here, &server.base));
    again.wait("password of telefonist at");
    again.line("telefonist");
    let between = again.wait(EMPTY);
    again.enter(":calls", "established,");
    again.line("bob.hangup()");
    let shown = again.wait("alice     CALL_CLOSED");
    assert!(!between.contains("CALL_INCOMING") && !shown.contains("CALL_INCOMING"), "{shown}");
    // somebody else ends the session
    server.delete("console").is(204);
    again.wait("the session was ended");
    again.enter("40 + 2", "42");
    let (status, shown) = again.leave();
    assert!(status.success() && !shown.contains("go on at"), "{shown}");
}

#[test]
fn a_server_that_goes_and_comes_is_found_again() {
    let (mut server, here) = (Server::start(), Telefonist::new("repl"));
    let mut terminal = Terminal::of(command(&here, &server.base));
    terminal.wait("password of telefonist at");
    terminal.line("telefonist");
    terminal.enter("let alice = agent(\"alice\"); alice.cmd(\"reginfo\").ok", "true");
    server.end();
    terminal.wait("the connection is gone");
    terminal.enter("1 + 1", "cannot reach http://127.0.0.1:");
    let address = server.base.trim_start_matches("http://").to_string();
    let mut command = server.host.command_with(&["serve", "--ui-address", &address]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("listens on"))).expect("it listens").unwrap();
    terminal.wait("connected again");
    terminal.enter("let bob = agent(\"bob\"); bob.cmd(\"reginfo\").ok", "true");
    terminal.enter(":show notes", "shown: notes");
    terminal.line("bob.cmd(\"nonsense\")");
    // no number: a time of an event (`+0.021`) may hold it
    terminal.enter("\"the \" + \"end\"", "the end");
    let (_, shown) = terminal.leave();
    assert!(shown.contains("1 agent goes on at"), "{shown}");
    // SAFETY: a process of this test's own
    unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGTERM) };
    assert!(child.wait().unwrap().success());
}

/// Lines of a pipe, with the server's key.
fn piped(server: &Server, lines: &str) -> Done {
    let here = Telefonist::new("repl");
    let mut command = command(&here, &server.base);
    command.env("TELEFONIST_API_KEY", &server.key).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(lines.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends").into()
}

#[test]
fn a_pipe_drives_a_server_and_its_exit_code_tells_of_failed_lines() {
    let server = Server::start();
    let lines = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\nalice.dial(bob);\n\
                 await bob.event(\"CALL_INCOMING\") within 20s\nfn hang() {\n    alice.hangup()\n}\nhang();\n:calls\n";
    let done = piped(&server, lines).exits(0).says("bob       CALL_INCOMING").says("2 agents go on at");
    assert!(done.stderr.is_empty() && !done.stdout.contains('\u{1b}'), "{}", done.stderr);
    for (line, code, says) in [
        ("assert(false, \"no\")", 1, "no"),
        ("let = 5", 2, "session:"),
        (":nothing", 2, "there is no command `:nothing`"),
        ("on(\"nobody\").hangup()", 3, "there is no agent `nobody`"),
    ] {
        piped(&server, &format!("let a = 40;\n\n{line}\na + 2\n")).exits(code).says(says).says("42");
    }
}

#[test]
fn what_is_wrong_with_the_server_is_said_in_its_words() {
    let (mut server, here) = (Server::start(), Telefonist::new("repl"));
    let attach = |url: &str, key: &str| -> Done {
        let mut command = command(&here, url);
        if !key.is_empty() {
            command.env("TELEFONIST_API_KEY", key);
        }
        command.output().expect("the program starts").into()
    };
    let base = server.base.clone();
    attach(&base, "wrong").exits(3).says("the API key is wrong").says(&base);
    attach(&base, "").exits(3).says("TELEFONIST_API_KEY");
    let made = server.post("keys", json!({ "name": "ci", "scopes": ["read"] })).is(201).json();
    let key = made["key"].as_str().unwrap();
    let mut reader = command(&here, &base);
    let mut child = reader.env("TELEFONIST_API_KEY", key).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"1\n").unwrap();
    let done: Done = child.wait_with_output().unwrap().into();
    done.exits(3).says("scope").never_says(key);
    attach("http://telefonist:sesame@127.0.0.1:1", "k").exits(3).says("holds a password").never_says("sesame");
    attach("ftp://127.0.0.1", "k").exits(3).says("http, https, ws and wss");
    attach(&base.replace("http", "https"), "k").exits(3).says("cannot reach https://127.0.0.1");
    server.end();
    attach(&base, "k").exits(3).says(&format!("cannot reach {base}")).says("see that the server runs there");
}
