//! Against peers that are not ours: kamailio as registrar and proxy, sipp as user agent.

use crate::support::{OLD_BARESIP, Telefonist, repository};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// It holds what tears naive parsers apart.
pub const PASSWORD: &str = "open|sesame=1";

/// A process that dies with the test.
pub struct Peer {
    child: Child,
    pub port: u16,
    _folder: TempDir,
}

impl Drop for Peer {
    fn drop(&mut self) {
        // it has children of its own, in its process group
        // SAFETY: plain kill(2) on the group that this test started
        unsafe { libc::kill(-(self.child.id() as i32), libc::SIGKILL) };
        let _ = self.child.wait();
    }
}

/// A port that nobody uses, neither over UDP nor over TCP.
pub fn free_port() -> u16 {
    loop {
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        if std::net::UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Starts a program and, where it tells, waits until its stderr says that its sockets are open.
fn start(mut command: Command, port: u16, folder: TempDir, ready: Option<&str>) -> Peer {
    use std::os::unix::process::CommandExt;
    command.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0);
    command.stderr(if ready.is_some() { Stdio::piped() } else { Stdio::null() });
    let program = command.get_program().to_owned();
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program:?} (apt-get install): {error}"));
    let stderr = child.stderr.take();
    let peer = Peer { child, port, _folder: folder };
    if let (Some(ready), Some(stderr)) = (ready, stderr) {
        let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains(ready)), "{program:?} did not get ready");
        // a full pipe would stop it
        std::thread::spawn(move || lines.for_each(drop));
    }
    peer
}

pub fn kamailio() -> Peer {
    let port = free_port();
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(repository().join("examples/peers/kamailio.sh"));
    command.arg(port.to_string()).env("PEER_PASSWORD", PASSWORD).env("TMPDIR", folder.path());
    start(command, port, folder, Some("SO_RCVBUF is finally"))
}

pub fn sipp(arguments: &[&str]) -> Peer {
    let port = free_port();
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sipp");
    command
        .args(["-i", "127.0.0.1", "-p", &port.to_string(), "-m", "1", "-nostdin"])
        .args(arguments)
        .current_dir(folder.path());
    // it says nothing before its end: who calls it sends the INVITE again until it is there (RFC 3261, section 17.1.1.2)
    start(command, port, folder, None)
}

fn registered_call(port: u16) -> String {
    format!(
        "_define ua1 sip:alice@127.0.0.1:{port}\n_define ua2 sip:bob@127.0.0.1:{port}\n\
         _accept REGISTER_OK, CALL_INCOMING, CALL_RINGING, CALL_ESTABLISHED, CALL_CLOSED, AUDIO_REPORT\n\
         uanew <ua1>;auth_pass={PASSWORD};input_wav=alice.wav\n\
         uanew <ua2>;auth_pass={PASSWORD};input_wav=bob.wav\n500ms\n\
         ua1:dial ua2|300ms|ua2:accept|700ms|ua1:hangup|300ms\n"
    )
}

const EXAMPLES: [&str; 2] = ["registration.rhai", "ring_group.rhai"];

#[test]
fn the_examples_pass_against_their_peer() {
    let peer = kamailio();
    let mut test = Telefonist::new("run tests --jobs 2 --define")
        .argument(format!("PEER=127.0.0.1:{}", peer.port))
        .argument("--define")
        .argument(format!("PEER_PASSWORD={PASSWORD}"));
    for name in EXAMPLES {
        let text = std::fs::read_to_string(repository().join("examples/peers").join(name)).unwrap();
        test = test.file(&format!("tests/{name}"), &text);
    }
    test.run().exits(0).says("2 passed").never_says(PASSWORD);
}

#[test]
fn without_its_peer_a_test_is_an_error_that_says_how_to_start_it() {
    for name in EXAMPLES {
        let text = std::fs::read_to_string(repository().join("examples/peers").join(name)).unwrap();
        let test = Telefonist::new("run call.rhai --define").argument(format!("PEER=127.0.0.1:{}", free_port()));
        let done = test.file("call.rhai", &text).run().exits(3).says("there is no SIP peer at 127.0.0.1:");
        done.says("nobody listens there").says("examples/peers/kamailio.sh").says("call.rhai:");
    }
}

#[test]
fn a_peer_is_asked_over_udp_and_tcp_and_has_to_speak_sip() {
    let peer = kamailio();
    let run = |address: String| {
        let script = format!("peer(\"{address}\");\nprint(\"it is there\");\n");
        Telefonist::new("run call.rhai --verbose").file("call.rhai", &script).run()
    };
    for address in [format!("127.0.0.1:{}", peer.port), format!("sip:127.0.0.1:{};transport=tcp", peer.port)] {
        run(address).exits(0).says("it is there");
    }
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    std::thread::spawn(move || {
        use std::io::Write;
        other.accept().unwrap().0.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    run(format!("127.0.0.1:{port};transport=tcp")).exits(3).says("is no SIP peer").never_says("it is there");
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    // reachable, and silent as SIPp is: the test goes on, with a warning
    let done =
        run(format!("127.0.0.1:{port}")).exits(0).says("it is there").says("no answer to OPTIONS came from 127.0.0.1:");
    done.says("warning: ").says("call.rhai:1");
    run("127.0.0.1:1;transport=tls".into()).exits(3).says("not over `tls`");
}

#[test]
fn two_agents_register_at_kamailio_and_call_each_other() {
    let registrar = kamailio();
    let mut hashes = vec![];
    for baresip in [None, None, Some(OLD_BARESIP)] {
        let mut test = Telefonist::new("run call").file("call", &registered_call(registrar.port));
        if let Some(baresip) = baresip {
            test = test.argument("--baresip").argument(baresip);
        }
        hashes.push(test.run().exits(0).says("PASS").never_says(PASSWORD).hash());
        let flow = std::fs::read_to_string(test.run_folder().join("flow.txt")).unwrap();
        assert!(flow.contains("REGISTER_OK") && flow.contains("CALL_ESTABLISHED"), "{flow}");
        let kept =
            std::fs::read_dir(test.run_folder()).unwrap().filter_map(Result::ok).filter(|file| file.path().is_file());
        for file in kept {
            let text = std::fs::read(file.path()).unwrap();
            assert!(!String::from_utf8_lossy(&text).contains(PASSWORD), "the password is in {:?}", file.path());
        }
    }
    assert_eq!(hashes[0], hashes[1]);
}

#[test]
fn a_wrong_password_fails_the_run() {
    let registrar = kamailio();
    let text = registered_call(registrar.port).replace(PASSWORD, "wrong-password");
    let test = Telefonist::new("run call").file("call", &text);
    test.run().exits(1).says("Registration failed").says("alice").never_says("wrong-password");
}

#[test]
fn a_script_waits_for_a_registration_and_a_call_through_the_proxy() {
    let registrar = kamailio();
    let script = format!(
        "let alice = agent(\"<sip:alice@127.0.0.1:{port}>;auth_pass={PASSWORD}\");\n\
         let bob = agent(\"<sip:bob@127.0.0.1:{port};transport=tcp>;auth_pass={PASSWORD}\");\n\
         await all([alice.event(\"REGISTER_OK\"), bob.event(\"REGISTER_OK\")]) within 5s;\n\
         alice.dial(bob);\n\
         await bob.event(\"CALL_INCOMING\") within 5s;\n\
         bob.accept();\n\
         await all([alice.event(\"CALL_ESTABLISHED\"), bob.event(\"CALL_ESTABLISHED\")]) within 5s;\n\
         bob.hangup();\n\
         await alice.event(\"CALL_CLOSED\") within 5s;\n",
        port = registrar.port
    );
    Telefonist::new("run call.rhai").file("call.rhai", &script).run().exits(0).says("PASS");
}

#[test]
fn a_call_to_sipp_is_answered_and_ended() {
    let uas = sipp(&["-sn", "uas"]);
    let script = format!(
        "let alice = agent(\"alice\");\nalice.dial(\"sip:service@127.0.0.1:{}\");\n\
         await alice.event(\"CALL_ESTABLISHED\") within 5s;\nlet answer = await alice.sip(200) within 5s;\n\
         assert(answer.headers[\"Contact\"] != (), \"no Contact\");\nalice.hangup();\nawait alice.event(\"CALL_CLOSED\") within 5s;\n",
        uas.port
    );
    Telefonist::new("run call.rhai").file("call.rhai", &script).run().exits(0).says("PASS");
}

#[test]
fn sipp_is_held_and_taken_back_and_the_flow_has_it() {
    let scenario = repository().join("tests/support/held.xml");
    let mut hashes = vec![];
    for _ in 0..2 {
        let uas = sipp(&["-sf", scenario.to_str().expect("a path of letters")]);
        let script = format!(
            "import \"std/calls\" as calls;\nlet alice = agent(\"alice\");\nlet service = \"sip:service@127.0.0.1:{}\";\n\
             calls::establish(alice, service);\nlet held = calls::hold(alice, service);\nassert_eq(held.status, 200);\n\
             calls::resume(alice, service);\nlet end = calls::hangup(alice, service);\nassert_eq(end.agent, \"alice\");\n",
            uas.port
        );
        let test = Telefonist::new("run call.rhai").file("call.rhai", &script);
        hashes.push(test.run().exits(0).hash());
        let flow = std::fs::read_to_string(test.run_folder().join("flow.txt")).unwrap();
        let own: Vec<&str> = flow.lines().map(str::trim).filter(|line| line.starts_with("SENT_")).collect();
        assert_eq!(own, ["SENT_HOLD answered recvonly", "SENT_RESUME answered sendrecv"], "{flow}");
    }
    assert_eq!(hashes[0], hashes[1]);
}

#[test]
fn sipp_calls_and_hangs_up() {
    // its INVITE comes again until the agent is there
    let port = free_port();
    let uac = sipp(&["-sn", "uac", "-s", "alice", "-d", "200", &format!("127.0.0.1:{port}")]);
    let script = format!(
        "import \"std/calls\" as calls;\nlet alice = agent(\"alice\", #{{ port: {port} }});\n\
         let up = calls::answer(alice);\nassert(up.peer.contains(\":{}\"), up.peer);\nawait alice.closed(\"remote\");\n",
        uac.port
    );
    let test = Telefonist::new("run call.rhai").file("call.rhai", &script);
    test.run().exits(0);
    let flow = std::fs::read_to_string(test.run_folder().join("flow.txt")).unwrap();
    assert!(flow.contains("call 1, incoming") && flow.contains("CALL_CLOSED remote"), "{flow}");
}

#[test]
fn what_did_not_come_is_told_with_what_came_instead() {
    // sipp's own client scenario as peer: it answers an INVITE with nothing that a call could use
    let uas = sipp(&["-sn", "uac", "127.0.0.1:9"]);
    let script = format!(
        "let alice = agent(\"alice\");\nalice.dial(\"sip:nobody@127.0.0.1:{}\");\nawait alice.event(\"CALL_ESTABLISHED\") within 300ms;\n",
        uas.port
    );
    let test = Telefonist::new("run call.rhai").file("call.rhai", &script);
    test.run()
        .exits(1)
        .says("FAIL")
        .says("CALL_ESTABLISHED")
        .says("call.rhai:3")
        .says("300 ms")
        .says("it was awaited from");
}
