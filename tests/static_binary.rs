//! The static program, alone in an empty root. `make static-test` builds it and names it in `TELEFONIST_STATIC`.
//!
//! To change its root, and to be the name server at port 53, a test has to be root: where it is not, it runs in namespaces of its own.

#![expect(unsafe_code, reason = "sends signals to the program")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tempfile::TempDir;

fn program() -> PathBuf {
    std::env::var_os("TELEFONIST_STATIC").expect("TELEFONIST_STATIC names the program: run `make static-test`").into()
}

/// Whether the test is root. Where it is not, it is run as one who has a network of his own, and fails as it does there. The network
/// has an address beside 127.0.0.1: without, agents don't ask the C library for names.
fn is_root(test: &str) -> bool {
    // SAFETY: plain geteuid(2)
    if unsafe { libc::geteuid() } == 0 {
        return true;
    }
    let mut inside = Command::new("unshare");
    let network = r#"ip link set lo up && ip address add 192.0.2.1/32 dev lo && exec "$0" --exact "$1""#;
    let inside = inside.args(["--map-root-user", "--net", "sh", "-c", network]);
    let inside = inside.arg(std::env::current_exe().unwrap()).arg(test).stdin(Stdio::null());
    let output = inside.output().expect("unshare (util-linux) starts");
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    false
}

/// A folder with nothing but the program and what the test puts there.
struct Root {
    folder: TempDir,
    /// The first of a hundred: the leases of ports are in the root as well, where other tests don't see them.
    ports: u16,
}

impl Root {
    fn new() -> Root {
        static ROOTS: AtomicUsize = AtomicUsize::new(0);
        let folder = tempfile::tempdir().unwrap();
        // by another process: what another test starts meanwhile would have the file open for writing, and nobody could run it
        let copied = Command::new("cp").arg(program()).arg(folder.path().join("telefonist")).status().unwrap();
        assert!(copied.success());
        let block = (std::process::id() as usize + 30 * ROOTS.fetch_add(1, SeqCst)) % 100;
        Root { folder, ports: 22_000 + 100 * block as u16 }
    }

    fn file(self, name: &str, text: &str) -> Root {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// The program with this folder as its root.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("chroot");
        let port = |n: u16| self.ports + n;
        command.arg(self.folder.path()).arg("/telefonist").args(words).stdin(Stdio::null());
        command.args(["--sip-listen", &format!("0.0.0.0:{}", port(0))]);
        command.args(["--ctrl-address", &format!("127.0.0.1:{}", port(20))]);
        command.args(["--rtp-ports", &format!("{}-{}", port(40), port(99))]);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command
    }

    /// Runs a test, which has to pass.
    #[track_caller]
    fn passes(&self, test: &str) {
        let output = self.command(&["run", test]).output().expect("chroot (coreutils) starts");
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        assert!(output.status.success() && said.contains("PASS"), "{}\n{said}", output.status);
    }
}

fn example(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)).unwrap()
}

#[test]
fn it_asks_for_no_loader_and_no_library() {
    const INTERPRETER: u64 = 3;
    const DYNAMIC: u64 = 2;
    const NEEDED: u64 = 1;
    let elf = std::fs::read(program()).unwrap();
    let number =
        |at: usize, bytes: usize| elf[at..at + bytes].iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte));
    assert_eq!(&elf[..6], b"\x7fELF\x02\x01", "64 bits, the lowest byte first");
    let (table, width, count) = (number(0x20, 8) as usize, number(0x36, 2) as usize, number(0x38, 2) as usize);
    let segments: Vec<usize> = (0..count).map(|n| table + n * width).collect();
    let of = |kind: u64| segments.iter().copied().find(|at| number(*at, 4) == kind);
    assert!(segments.len() > 2, "{segments:?}");
    assert_eq!(of(INTERPRETER), None);
    if let Some(dynamic) = of(DYNAMIC) {
        let (start, size) = (number(dynamic + 8, 8) as usize, number(dynamic + 0x20, 8) as usize);
        let needed = (start..start + size).step_by(16).filter(|at| number(*at, 8) == NEEDED).count();
        assert_eq!(needed, 0);
    }
}

#[test]
fn alone_in_an_empty_root_it_places_a_call() {
    if !is_root("alone_in_an_empty_root_it_places_a_call") {
        return;
    }
    let root = Root::new().file("basic_call", &example("basic_call"));
    root.passes("basic_call");
    let runs: Vec<_> = root.folder.path().join("data/runs").read_dir().unwrap().collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
}

#[test]
fn alone_in_an_empty_root_it_serves() {
    if !is_root("alone_in_an_empty_root_it_serves") {
        return;
    }
    let root = Root::new();
    let mut command = root.command(&["serve", "--ui-address", "127.0.0.1:0"]);
    let mut server = Killed(command.stdout(Stdio::piped()).spawn().expect("chroot (coreutils) starts"));
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let address = lines.find_map(|line| Some(line.split_once("listens on http://")?.1.to_string()));
    let mut connection = TcpStream::connect(address.expect("it says where it listens")).unwrap();
    connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    // SAFETY: plain kill(2) on the child of this test, which has not been waited for
    unsafe { libc::kill(server.0.id() as i32, libc::SIGTERM) };
    assert_eq!(server.0.wait().unwrap().code(), Some(0));
}

/// It dies with the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A test whose peer has a name, which the host looks up to ask the peer, and an agent to call it.
fn call_by(name: &str) -> String {
    format!(
        r#"let alice = agent("alice");
let bob = agent("bob");
let port = bob.cmd("reginfo").data.split(":")[-1];
port.trim();
peer(`{name}:${{port}}`);
alice.dial(`sip:bob@{name}:${{port}}`);
await bob.event("CALL_INCOMING") within 10s;
bob.accept();
await all([alice.event("CALL_RTPESTAB"), bob.event("CALL_RTPESTAB")]) within 10s;
alice.hangup();
await bob.event("CALL_CLOSED") within 5s;
"#
    )
}

/// A name server that knows `pbx.test` alone; gives its address, and how often it was asked for that name.
fn name_server() -> (Ipv4Addr, Arc<AtomicUsize>) {
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let address = Ipv4Addr::new(127, 53, high, low.max(1));
    let socket = UdpSocket::bind((address, 53)).expect("port 53 of a loopback address that is this process's own");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut query) {
            let known = query[12..length].starts_with(b"\x03pbx\x04test\x00");
            count.fetch_add(known.into(), SeqCst);
            let _ = socket.send_to(&answer(&query[..length], known), from);
        }
    });
    (address, asked)
}

/// RFC 1035, section 4: the question again, and for an A record of the known name 127.0.0.1.
fn answer(query: &[u8], known: bool) -> Vec<u8> {
    let name = query[12..].iter().position(|byte| *byte == 0).expect("a name ends");
    let question = &query[12..12 + name + 5];
    let is_a = known && question[name + 1..] == [0, 1, 0, 1];
    let mut answer = query[..2].to_vec();
    answer.extend([0x81, if known { 0x80 } else { 0x83 }, 0, 1, 0, is_a.into(), 0, 0, 0, 0]);
    answer.extend(question);
    if is_a {
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    answer
}

#[test]
fn hosts_are_called_by_the_names_of_a_name_server() {
    if !is_root("hosts_are_called_by_the_names_of_a_name_server") {
        return;
    }
    let (server, asked) = name_server();
    let root = Root::new().file("etc/resolv.conf", &format!("nameserver {server}\n"));
    root.file("call.rhai", &call_by("pbx.test")).passes("call.rhai");
    assert!(asked.load(SeqCst) >= 2, "by the host and by the agent");
}

#[test]
fn hosts_are_called_by_the_names_of_etc_hosts() {
    if !is_root("hosts_are_called_by_the_names_of_etc_hosts") {
        return;
    }
    // what other machines say of sources that are shared libraries does not count
    let root = Root::new().file("etc/nsswitch.conf", "hosts: mymachines resolve [!UNAVAIL=return] mdns4\n");
    root.file("etc/hosts", "127.0.0.1 pbx.test\n").file("call.rhai", &call_by("pbx.test")).passes("call.rhai");
}
