//! `telefonist repl` as a person has it, at a terminal, and as a pipe has it; `run --pause-on-failure`.

mod attach;
mod terminal;

use crate::support::{Telefonist, children};
use std::io::Write;
use std::process::Stdio;
use terminal::Terminal;

const PROMPT: &str = "> ";
/// The prompt, drawn with nothing behind it.
const EMPTY: &str = "\u{1b}[K> \r";

fn at_prompt(telefonist: &Telefonist) -> Terminal {
    let mut terminal = Terminal::start(telefonist, &["repl"]);
    terminal.wait(":help teaches");
    terminal.wait(PROMPT);
    terminal
}

#[test]
fn a_call_is_made_by_hand_watched_saved_and_run_again() {
    let telefonist = Telefonist::new("repl");
    let mut terminal = at_prompt(&telefonist);
    terminal.line("let alice = agent(\"alice\"); let bob = agent(\"bob\")");
    terminal.enter("alice.dial(bob)", "bob       CALL_INCOMING");
    terminal.line("bob.accept()");
    terminal.wait("alice     CALL_ESTABLISHED");
    terminal.enter(":calls", "established,");
    terminal.enter(":agents", "sip:alice@127.0.0.1");
    terminal.enter(":show alice CALL_CLOSED", "shown: events (CALL_CLOSED) of alice");
    terminal.line("bob.hangup()");
    let between = terminal.wait("alice     CALL_CLOSED");
    assert!(!between.contains("bob       CALL_CLOSED"), "{between}");
    terminal.enter(":show", "shown: events (CALL_CLOSED) of alice");
    terminal.enter(":ladder", "INVITE");
    terminal.wait("BYE");
    terminal.enter(":record seen.jsonl", "events to seen.jsonl");
    terminal.enter(":save call", "wrote call.rhai");
    terminal.enter(":save call.rhai", "call.rhai is there already");
    terminal.enter(":save! call.rhai", "wrote call.rhai");
    let program = terminal.id();
    assert_eq!(children(program).len(), 2);
    terminal.line(":quit");
    let (status, shown) = terminal.end();
    assert!(status.success() && shown.contains("kept as "), "{shown}");
    assert_eq!(children(program), [0; 0]);
    let saved = std::fs::read_to_string(telefonist.folder.path().join("call.rhai")).unwrap();
    assert!(saved.contains("await bob.event(\"CALL_INCOMING\") within 5s; // seen\nbob.accept();"), "{saved}");
    telefonist.then("run call.rhai").exits(0).says("PASS");
    telefonist.then("check call.rhai").exits(0).says("ok");
    telefonist.then("ladder session").exits(0).says("PASS").says("INVITE");
    let recorded = std::fs::read_to_string(telefonist.folder.path().join("seen.jsonl")).unwrap();
    assert!(recorded.lines().count() > 20 && recorded.starts_with("{\"format\":\"telefonist-run\""));
}

#[test]
fn ctrl_c_ends_a_wait_and_a_mistake_ends_nothing() {
    let telefonist = Telefonist::new("repl");
    let mut terminal = at_prompt(&telefonist);
    terminal.line("let alice = agent(\"alice\")");
    terminal.enter(":show notes", "shown: notes of all agents");
    terminal.enter("await alice.event(\"CALL_CLOSED\") within 10m", "waits: CALL_CLOSED at alice");
    terminal.keys("\x03");
    terminal.wait("stopped by Ctrl-C");
    terminal.enter("alice.hangupp()", "an agent has no method `hangupp`");
    terminal.wait("did you mean `hangup`?");
    terminal.enter("await alice.event(\"CALL_CLOSED\") within 10ms", "no CALL_CLOSED at alice within 10 ms");
    terminal.enter("assert(1 == 2, \"one is not two\")", "one is not two");
    // the agent still takes commands
    terminal.enter("alice.cmd(\"reginfo\")", "ok");
    terminal.enter("let x = 20; x + 22", "42");
    // a line that is not wanted
    terminal.wait(EMPTY);
    terminal.keys("let y = 1");
    terminal.wait("y = 1");
    terminal.keys("\x03");
    terminal.wait(EMPTY);
    terminal.enter("x + 1", "21");
    terminal.enter(":lader", "did you mean `:ladder`?");
    let (status, shown) = terminal.leave();
    assert!(status.success(), "{status} {shown}");
}

#[test]
fn what_happens_is_shown_above_a_line_that_is_being_written() {
    let telefonist = Telefonist::new("repl");
    let mut terminal = at_prompt(&telefonist);
    terminal.line("let bob = agent(\"bob\")");
    terminal.enter("bob.cmd(\"reginfo\")", "ok");
    terminal.wait(EMPTY);
    terminal.keys("40 + ");
    terminal.wait("40 + ");
    let agent = children(terminal.id())[0];
    // SAFETY: a process of this test's own
    unsafe { libc::kill(agent as libc::pid_t, libc::SIGKILL) };
    terminal.wait("bob       went away by itself");
    terminal.wait("> 40 + ");
    terminal.enter("2", "42");
    terminal.enter(":agents", "went away by itself");
    terminal.leave();
}

#[test]
fn a_prompt_ends_when_the_program_is_asked_to() {
    let telefonist = Telefonist::new("repl");
    let mut terminal = at_prompt(&telefonist);
    terminal.enter("40 + 2", "42");
    terminal.wait(EMPTY);
    // SAFETY: a process of this test's own
    unsafe { libc::kill(terminal.id() as libc::pid_t, libc::SIGTERM) };
    let (status, shown) = terminal.end();
    assert_eq!(status.code(), Some(130), "{shown}");
}

#[test]
fn lines_that_belong_together_are_one_and_tab_completes() {
    let telefonist = Telefonist::new("repl");
    let mut terminal = at_prompt(&telefonist);
    terminal.line("fn add(a, b) {");
    terminal.line("    a + b");
    terminal.line("}");
    terminal.enter("add(40, 2)", "42");
    terminal.line("let alice = agent(\"alice\")");
    terminal.keys("alice.cm\t");
    terminal.wait("alice.cmd");
    terminal.enter("(\"reginfo\").ok", "true");
    terminal.line("import \"std/calls\" as calls;");
    terminal.enter("calls::establis\t", "calls::establish");
    terminal.leave();
}

#[test]
fn lines_of_a_testfile_are_understood_and_saved() {
    let telefonist = Telefonist::new("repl");
    let mut terminal = at_prompt(&telefonist);
    for line in [
        "_define ua1 sip:alice@127.0.0.1",
        "uanew <ua1>;regint=0 | 0s",
        "uanew <sip:bob@127.0.0.1>;regint=0 | 0s",
        "ua1:dial sip:bob@127.0.0.1 | 0s",
    ] {
        terminal.line(line);
    }
    terminal.wait("bob       CALL_INCOMING");
    // the current agent is the newest
    terminal.line("accept | 0s");
    terminal.wait("alice     CALL_ESTABLISHED");
    terminal.enter("ua3:hangup", "there is no agent `ua3`");
    terminal.line("ua1:hangup | 0s");
    terminal.wait("bob       CALL_CLOSED");
    terminal.enter(":save classic.rhai", "wrote classic.rhai");
    terminal.leave();
    telefonist.then("run classic.rhai").exits(0).says("PASS");
}

#[test]
fn lines_are_remembered_but_no_passwords_and_nothing_in_private() {
    let telefonist = Telefonist::new("repl");
    let mut terminal = at_prompt(&telefonist);
    terminal.enter("40 + 2", "42");
    terminal.enter("let line = \"<sip:a@h>;auth_pass=sesame\"; 7", "7");
    terminal.enter(" 20 + 1", "21");
    terminal.leave();
    let history = std::fs::read_to_string(telefonist.folder.path().join("data/repl-history")).unwrap();
    assert!(history.contains("40 + 2") && !history.contains("sesame") && !history.contains("20 + 1"), "{history}");
    let mut terminal = Terminal::start(&telefonist, &["repl", "--private"]);
    terminal.wait(PROMPT);
    terminal.enter("50 + 3", "53");
    terminal.leave();
    let after = std::fs::read_to_string(telefonist.folder.path().join("data/repl-history")).unwrap();
    assert_eq!(after, history);
    let mut terminal = at_prompt(&telefonist);
    terminal.keys("\x1b[A");
    terminal.wait("40 + 2");
    terminal.enter("", "42");
    terminal.leave();
}

/// The program with these lines on its standard input.
fn piped(telefonist: &Telefonist, lines: &str) -> crate::support::Done {
    let mut child = telefonist
        .command()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(lines.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends").into()
}

#[test]
fn a_pipe_has_no_prompt_and_its_exit_code_tells_of_failed_lines() {
    let lines = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\nalice.dial(bob);\n\
                 await bob.event(\"CALL_INCOMING\") within 20s\nfn hang() {\n    alice.hangup()\n}\nhang();\n:calls\n";
    let telefonist = Telefonist::new("repl");
    let done = piped(&telefonist, lines).exits(0).says("CALL_INCOMING from sip:alice@127.0.0.1");
    assert!(
        done.stderr.is_empty()
            && !done.stdout.contains('\u{1b}')
            && !done.stdout.lines().any(|line| line.starts_with("> "))
    );
    for (line, code, says) in [
        ("assert(false, \"no\")", 1, "no"),
        ("let = 5", 2, "session:2:5"),
        (":nothing", 2, "there is no command `:nothing`"),
        ("on(\"nobody\").hangup()", 3, "there is no agent `nobody`"),
    ] {
        let lines = format!("let a = 40;\n\n{line}\na + 2\n");
        piped(&Telefonist::new("repl"), &lines).exits(code).says(says).says("42");
    }
}

#[test]
fn a_failed_test_is_left_as_it_is_until_the_person_goes() {
    let text = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\nalice.dial(bob);\nlet count = 41;\n\
                await bob.event(\"CALL_INCOMING\") within 20s;\nbob.accept();\nawait alice.established() within 20s;\n\
                fn next(n) { n + 1 }\nassert(count == 42, \"miscounted\");\n";
    let telefonist = Telefonist::new("run").file("call.rhai", text);
    let mut terminal = Terminal::start(&telefonist, &["run", "call.rhai", "--pause-on-failure"]);
    terminal.wait("miscounted");
    terminal.wait("paused> ");
    terminal.enter("next(count)", "42");
    terminal.enter(":calls", "alice      -> sip:bob@127.0.0.1");
    terminal.enter(":save x.rhai", "can't be saved");
    terminal.line("bob.hangup()");
    terminal.wait("alice     CALL_CLOSED");
    terminal.line(":quit");
    terminal.wait("FAIL");
    let (status, shown) = terminal.end();
    assert_eq!(status.code(), Some(1), "{shown}");
    telefonist.then("run call.rhai --pause-on-failure").exits(2).says("there is no terminal");
}
