//! What calls cost: the same two calls by an `await` test, a classic testfile and a pair of sipp scenarios; two registered phones at a
//! kamailio; many calls at once; all examples. Compared things alternate, so that a busy moment hits all of them.
//!
//! `make bench` prints the figures; nothing fails by them, for machines differ.

#![expect(unsafe_code, reason = "measures processes, and sends signals to them")]

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use tempfile::TempDir;

const ROUNDS: usize = 5;
const PROGRAM: &str = env!("CARGO_BIN_EXE_telefonist");
const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

fn main() {
    two_calls();
    registered();
    at_once();
    examples();
}

/// Seconds on the wall and of the processor, children included.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    processor: f64,
}

fn processor() -> f64 {
    // SAFETY: a plain C struct, which the call fills
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: a valid pointer to it
    unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, &mut usage) };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

fn measured(run: impl FnOnce()) -> Cost {
    let (begun, before) = (Instant::now(), processor());
    run();
    Cost { wall: begun.elapsed().as_secs_f64(), processor: processor() - before }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn tell(what: &str, costs: &[Cost]) {
    let of = |pick: fn(&Cost) -> f64| median(costs.iter().map(pick).collect());
    let (wall, processor) = (of(|cost| cost.wall), of(|cost| cost.processor));
    println!("{what:<44} {wall:7.3} s wall, {processor:6.3} s processor (median of {})", costs.len());
}

/// A data folder with the sounds in it, so that no measured run writes them.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    telefonist(folder.path(), &["doctor"]);
    folder
}

fn telefonist(folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new(PROGRAM);
    let output = command.args(words).current_dir(folder).env_remove("TELEFONIST_BARESIP").stdin(Stdio::null()).output();
    let output = output.expect("the program starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{words:?}\n{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

fn call(dial: &str) -> String {
    format!(
        "{dial}alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\") within 5s;\nbob.accept();\n\
         await all([alice.event(\"CALL_ESTABLISHED\"), bob.event(\"CALL_ESTABLISHED\")]) within 5s;\n\
         alice.hangup();\nawait all([alice.event(\"CALL_CLOSED\"), bob.event(\"CALL_CLOSED\")]) within 5s;\n"
    )
}

/// Two calls, one after the other, between the same two agents.
fn two_calls() {
    let agents = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\n";
    let awaited = call(agents) + &call("");
    let once = "ua1:dial ua2|1s|ua2:accept|1s|ua1:hangup|1s\n";
    let classic = format!(
        "_define ua1 sip:alice@127.0.0.1\n_define ua2 sip:bob@127.0.0.1\nuanew <ua1>;regint=0|0s\nuanew <ua2>;regint=0|0s\n{once}{once}"
    );
    let folder = folder();
    std::fs::write(folder.path().join("awaited.rhai"), awaited).expect("a test");
    std::fs::write(folder.path().join("classic"), classic).expect("a test");
    let (mut ours, mut old, mut sipp) = (vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        ours.push(measured(|| drop(telefonist(folder.path(), &["run", "awaited.rhai"]))));
        old.push(measured(|| drop(telefonist(folder.path(), &["run", "classic"]))));
        sipp.push(measured(sipp_pair));
    }
    println!("two calls, one after the other:");
    tell("  await test (media, everything recorded)", &ours);
    tell("  classic testfile (its waits are 6 s)", &old);
    tell("  sipp, uac against uas (no media)", &sipp);
}

fn free_port() -> u16 {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.local_addr().expect("its address").port()
}

fn sipp(words: &[&str]) -> Child {
    let mut command = Command::new("sipp");
    command.args(words).args(["-i", "127.0.0.1", "-m", "2", "-nostdin"]).current_dir(std::env::temp_dir());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sipp (make deps-test)")
}

fn sipp_pair() {
    let (server, client) = (free_port().to_string(), free_port().to_string());
    let mut uas = sipp(&["-sn", "uas", "-p", &server]);
    let mut uac = sipp(&["-sn", "uac", &format!("127.0.0.1:{server}"), "-p", &client, "-l", "1", "-d", "0"]);
    assert!(uac.wait().expect("sipp").success());
    uas.wait().expect("sipp");
}

/// A process that dies with the bench.
struct Peer(Child);

impl Drop for Peer {
    fn drop(&mut self) {
        // SAFETY: plain kill(2) on the group that this bench started
        unsafe { libc::kill(-(self.0.id() as i32), libc::SIGKILL) };
        let _ = self.0.wait();
    }
}

fn kamailio(folder: &Path, port: u16) -> Peer {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(Path::new(REPOSITORY).join("examples/peers/kamailio.sh"));
    command.arg(port.to_string()).env("PEER_PASSWORD", "secret").env("TMPDIR", folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().expect("kamailio (make deps-test)");
    let mut lines = BufReader::new(child.stderr.take().expect("its stderr")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("SO_RCVBUF is finally")), "kamailio did not get ready");
    std::thread::spawn(move || lines.for_each(drop));
    Peer(child)
}

/// Start, two registrations, call, answer, hang-up, end.
fn registered() {
    let folder = folder();
    let port = free_port();
    let _registrar = kamailio(folder.path(), port);
    let account = |name: &str| format!("let {name} = agent(\"<sip:{name}@127.0.0.1:{port}>;auth_pass=secret\");\n");
    let agents = account("alice") + &account("bob") + "await all([alice.registered(), bob.registered()]) within 5s;\n";
    std::fs::write(folder.path().join("registered.rhai"), call(&agents)).expect("a test");
    let costs: Vec<Cost> =
        (0..ROUNDS).map(|_| measured(|| drop(telefonist(folder.path(), &["run", "registered.rhai"])))).collect();
    tell("two registered phones at a kamailio, one call", &costs);
}

const SECONDS: u64 = 10;

/// Calls of two agents each, all at once: what each side received, how long the INVITE took, what the host cost.
fn at_once() {
    println!("calls at once, two agents each, {SECONDS} s of G.711 both ways:");
    let test = format!(
        "let alice = agent(\"alice\", #{{ audio: \"alice.wav\" }});\nlet bob = agent(\"bob\", #{{ audio: \"bob.wav\" }});\nalice.dial(bob);\n\
         await bob.event(\"CALL_INCOMING\") within 30s;\nbob.accept();\n\
         await all([alice.event(\"CALL_ESTABLISHED\"), bob.event(\"CALL_ESTABLISHED\")]) within 30s;\nsleep({SECONDS}s);\nalice.hangup();\n\
         await all([alice.event(\"CALL_CLOSED\"), bob.event(\"CALL_CLOSED\")]) within 30s;\n"
    );
    for calls in [1, 10, 20, 40] {
        let folder = folder();
        std::fs::create_dir(folder.path().join("tests")).expect("a folder");
        for n in 0..calls {
            std::fs::write(folder.path().join(format!("tests/{n:02}.rhai")), &test).expect("a test");
        }
        let jobs = calls.to_string();
        let words = ["run", "tests", "--jobs", &jobs, "--max-agents", "80", "--rtp-ports", "20000-23999"];
        let cost = measured(|| drop(telefonist(folder.path(), &words)));
        let (mut least, mut setup, mut events) = (u64::MAX, vec![], 0);
        for run in folder.path().join("data/runs").read_dir().expect("runs") {
            let text = std::fs::read_to_string(run.expect("a run").path().join("events.jsonl")).expect("events");
            let all: Vec<Value> =
                text.lines().skip(1).map(|line| serde_json::from_str(line).expect("an event")).collect();
            let time = |what: &dyn Fn(&Value) -> bool| {
                all.iter().find(|event| what(event)).and_then(|event| event["time"].as_f64())
            };
            let dialled =
                time(&|event| event["text"].as_str().is_some_and(|text| text.starts_with("dial "))).expect("a dial");
            let ringing = time(&|event| event["type"] == "CALL_RINGING").expect("ringing");
            setup.push(ringing - dialled);
            let reports = all.iter().filter(|event| event["type"] == "AUDIO_REPORT");
            least = reports.filter_map(|event| event["fields"]["packets_rx"].as_u64()).fold(least, u64::min);
            events += all.len();
        }
        let share = least as f64 * 100.0 / (SECONDS * 50) as f64;
        println!(
            "  {calls:2} calls: {:6.2} s wall, {:6.2} s processor (agents included), {events} events, post-dial delay {:.1} ms median, \
             at least {share:.1} % of the packets received",
            cost.wall,
            cost.processor,
            median(setup)
        );
    }
}

/// All examples, four at once, against the longest of them and a quarter of their sum.
fn examples() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("examples")).expect("a folder");
    for entry in Path::new(REPOSITORY).join("examples").read_dir().expect("examples") {
        let path = entry.expect("an example").path();
        if path.is_file() {
            std::fs::copy(&path, folder.path().join("examples").join(path.file_name().expect("a name")))
                .expect("copied");
        }
    }
    let words = ["run", "examples", "--jobs", "4", "--report", "json=report.json"];
    // the second time, the runner knows how long each takes
    telefonist(folder.path(), &words);
    let cost = measured(|| drop(telefonist(folder.path(), &words)));
    let report = std::fs::read_to_string(folder.path().join("report.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let tests = report["tests"].as_array().expect("tests");
    let times: Vec<f64> =
        tests.iter().filter_map(|test| test["attempts"][0]["duration"].as_f64()).map(|ms| ms / 1000.0).collect();
    let bound = times.iter().copied().fold(times.iter().sum::<f64>() / 4.0, f64::max);
    println!(
        "{} examples, four at once: {:.2} s wall, {:.2} times the larger of the longest and a quarter of the sum ({bound:.2} s; aim: 1.3)",
        times.len(),
        cost.wall,
        cost.wall / bound
    );
}
