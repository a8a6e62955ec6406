//! What comes between an agent and others of its machine: its control port is the host's alone, and the host's secrets are not its own.

use crate::peers::free_port;
use crate::support::{OLD_BARESIP, Telefonist, children, wait_for_event};
use serde_json::json;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const NOBODY: u32 = 65_534;

/// An agent with nothing but its control port.
struct Agent {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Agent {
    fn start() -> Agent {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let config = format!(
            "sip_listen 127.0.0.1:0\nctrl_tcp_listen 127.0.0.1:{port}\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n"
        );
        std::fs::write(folder.path().join("config"), config).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_telefonist"));
        command.args(["__agent", &std::process::id().to_string(), "-f", "."]).current_dir(folder.path());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("baresip is ready")), "the agent did not get ready");
        std::thread::spawn(move || lines.for_each(drop));
        Agent { child, port, _folder: folder }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }
}

/// What it answers; none where the connection is closed.
fn ask(stream: &mut TcpStream, token: u32) -> Option<serde_json::Value> {
    let question = json!({"command": "uuid", "params": "", "token": token.to_string()}).to_string();
    // one that is refused may be gone by now
    let _ = stream.write_all(format!("{}:{question},", question.len()).as_bytes());
    let mut reader = BufReader::new(stream);
    let (mut length, mut answer) = (vec![], vec![]);
    reader.read_until(b':', &mut length).or_else(closed).unwrap();
    let length: u64 = String::from_utf8(length).unwrap().strip_suffix(':')?.parse().unwrap();
    // with the comma behind it
    reader.take(length + 1).read_to_end(&mut answer).unwrap();
    Some(serde_json::from_slice(answer.strip_suffix(b",").unwrap()).unwrap())
}

fn closed(error: Error) -> Result<usize, Error> {
    if error.kind() == ErrorKind::ConnectionReset { Ok(0) } else { Err(error) }
}

#[test]
fn a_second_connection_takes_nothing_from_the_first_and_is_closed() {
    let agent = Agent::start();
    let mut host = agent.connect();
    assert_eq!(ask(&mut host, 1).unwrap()["token"], "1");
    assert_eq!(ask(&mut agent.connect(), 2), None);
    assert_eq!(ask(&mut host, 3).unwrap()["token"], "3");
}

/// Tells something where the tests run as root, who alone can become another.
#[test]
fn another_user_commands_no_agent() {
    // SAFETY: plain geteuid(2)
    if unsafe { libc::geteuid() } != 0 {
        return;
    }
    let quit = r#"{"command":"quit","params":"","token":"7"}"#;
    // one that waits for an answer, one that is gone before it could be looked at
    for end in ["cat <&3", "exec 3>&-"] {
        let agent = Agent::start();
        let script =
            format!("exec 3<>/dev/tcp/127.0.0.1/{} && printf '{}:{quit},' >&3 && {end}", agent.port, quit.len());
        let said = Command::new("bash").args(["-c", &script]).uid(NOBODY).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&said.stdout), "");
        assert_eq!(ask(&mut agent.connect(), 1).expect("it runs on")["token"], "1", "after `{end}`");
    }
}

#[test]
fn agents_have_the_variables_of_their_host_but_not_its_own() {
    for agent in ["", OLD_BARESIP] {
        let words = if agent.is_empty() { String::new() } else { format!("--baresip {agent}") };
        let test = Telefonist::new(&format!("run call.rhai {words}"))
            .file("call.rhai", "await agent(\"alice\").quiet(\"EXIT\") during 5m;\n");
        let mut command = test.command();
        command.env("TELEFONIST_UI_ADMIN_PASSWORD", "hush").env("RES_OPTIONS", "ndots:2");
        let mut host = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for_event(&mut host, &test.folder.path().join("data"), &["AGENT_READY"]);
        let [agent] = children(host.id())[..] else { panic!("one agent") };
        let variables = std::fs::read(format!("/proc/{agent}/environ")).unwrap();
        let variables = String::from_utf8_lossy(&variables);
        // SAFETY: plain kill(2) on a process that this test started
        unsafe { libc::kill(host.id() as i32, libc::SIGINT) };
        host.wait().unwrap();
        assert!(variables.contains("RES_OPTIONS=ndots:2"), "{variables}");
        assert!(!variables.contains("TELEFONIST_") && !variables.contains("hush"), "{variables}");
    }
}
