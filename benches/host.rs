//! How fast the host is, on real calls: from an event to the script that waited for it, and what a test costs beyond its waits.
//!
//! `make bench` prints the figures; nothing fails by them, for machines differ. Compared runs alternate, so that a busy moment
//! hits both sides.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use telefonist::agent::{ctrl, vocabulary};
use telefonist::diagnostic::Source;
use telefonist::pipeline::{check, files};

const CALLS: usize = 200;
const ROUNDS: usize = 5;

fn main() {
    println!(
        "telefonist {} on {} cores",
        env!("CARGO_PKG_VERSION"),
        std::thread::available_parallelism().map_or(0, usize::from)
    );
    slip_to_message();
    bytes_to_event();
    event_to_script();
    beyond_the_waits();
    fixed_against_awaited();
}

/// From a text of 200 lines with one slip in it to the message about it.
fn slip_to_message() {
    let head = "import \"std/calls\" as calls;\nlet alice = agent(\"alice\");\nlet bob = agent(\"bob\");\n";
    let round = "alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\") within 5s;\nbob.accept();\nbob.hangup();\nprint((await alice.closed()).param);\n";
    for (what, slip) in [
        ("a method", "alice.dail(bob);"),
        ("an event", "await bob.event(\"CALL_INCOMNIG\");"),
        ("a field", "print((await bob.closed()).parma);"),
        ("a function of the stdlib", "calls::estabilsh(alice, bob);"),
        ("an agent", "alcie.hangup();"),
    ] {
        let source = Source::new("long.rhai", format!("{head}{}{slip}\nbob.hangup();\n", round.repeat(39)));
        let one = || {
            let begun = Instant::now();
            let found = check(&source, &Default::default(), &files(&source), &[], None).diagnostics;
            assert_eq!(found.len(), 1);
            begun.elapsed().as_secs_f64() * 1e3
        };
        let first = one();
        let later = median((0..CALLS).map(|_| one()).collect());
        println!("check finds a slip in {what} of a test of 200 lines in {later:.2} ms ({first:.2} ms the first time)");
    }
}

/// Runs a test in a data folder of its own and gives wall time in seconds and all events.
fn run(name: &str, text: &str) -> (f64, Vec<Value>) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(name), text).expect("the test is written");
    let program = env!("CARGO_BIN_EXE_telefonist");
    // the first start of a data folder writes the built-in sounds
    let mut doctor = Command::new(program);
    doctor.arg("doctor").current_dir(folder.path()).stdout(Stdio::null()).status().expect("the program starts");
    let begun = Instant::now();
    let output =
        Command::new(program).args(["run", name]).current_dir(folder.path()).output().expect("the program starts");
    let took = begun.elapsed().as_secs_f64();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (took, events(&folder.path().join("data/runs")))
}

fn events(runs: &Path) -> Vec<Value> {
    let run = runs.read_dir().expect("runs").next().expect("a run").expect("a run").path();
    let text = std::fs::read_to_string(run.join("events.jsonl")).expect("events");
    text.lines().skip(1).map(|line| serde_json::from_str(line).expect("an event")).collect()
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * part).round() as usize]
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.5)
}

/// The bytes of the control connection → an event of the vocabulary: what comes before the log.
fn bytes_to_event() {
    let json = r#"{"event":true,"class":"call","type":"CALL_INCOMING","accountaor":"sip:bob@127.0.0.1:5062","cuser":"bob","direction":"incoming","peeruri":"sip:alice@127.0.0.1:5060","id":"4a9e14852a81a7e3","param":"sip:alice@127.0.0.1:5060"}"#;
    let frame = format!("{}:{json},", json.len());
    let count = 20_000;
    let begun = Instant::now();
    for _ in 0..count {
        for incoming in ctrl::decode_all(frame.as_bytes()) {
            if let Ok(ctrl::Incoming::Event(object)) = incoming {
                std::hint::black_box(vocabulary::event(object)).expect("an event");
            }
        }
    }
    println!(
        "control bytes → event:            {:8.1} µs each",
        begun.elapsed().as_secs_f64() * 1e6 / f64::from(count)
    );
}

/// An event in the log → the next command of the script that waited for it, on real calls.
fn event_to_script() {
    let script = format!(
        "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\nfor n in 0..{CALLS} {{\n    alice.dial(bob);\n    \
         await bob.event(\"CALL_INCOMING\") within 5s;\n    bob.hangup();\n    await alice.event(\"CALL_CLOSED\") within 5s;\n}}\n"
    );
    let (_, events) = run("calls.rhai", &script);
    let mut waited: Vec<f64> = vec![];
    let mut incoming: Option<f64> = None;
    for event in &events {
        let time = event["time"].as_f64().expect("a time");
        match (event["type"].as_str(), event["text"].as_str()) {
            (Some("CALL_INCOMING"), _) => incoming = Some(time),
            (_, Some("hangup")) => waited.extend(incoming.take().map(|came| time - came)),
            _ => {}
        }
    }
    waited.sort_by(f64::total_cmp);
    println!(
        "event → waiting script's command: {:8.3} ms median, {:.3} ms p99 ({} calls; aim: p99 < 1 ms)",
        quantile(&waited, 0.5),
        quantile(&waited, 0.99),
        waited.len()
    );
}

const CLASSIC: &str = "\
_define ua1 sip:alice@127.0.0.1
_define ua2 sip:bob@127.0.0.1
uanew <ua1>;regint=0|0s
uanew <ua2>;regint=0|0s
ua1:dial ua2|1s|ua2:accept|1s|ua1:hangup|1s
";

const AWAITED: &str = "\
let alice = agent(\"alice\");
let bob = agent(\"bob\");
alice.dial(bob);
await bob.event(\"CALL_INCOMING\") within 5s;
bob.accept();
await all([alice.event(\"CALL_ESTABLISHED\"), bob.event(\"CALL_ESTABLISHED\")]) within 5s;
alice.hangup();
await bob.event(\"CALL_CLOSED\") within 5s;
";

fn beyond_the_waits() {
    let times = (0..ROUNDS).map(|_| run("classic", CLASSIC).0 - 3.0).collect();
    println!("a testfile beyond its waits:      {:8.3} s median of {ROUNDS}, two agents (aim: < 0.2 s)", median(times));
}

fn fixed_against_awaited() {
    let (mut fixed, mut awaited) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        fixed.push(run("classic", CLASSIC).0);
        awaited.push(run("awaited.rhai", AWAITED).0);
    }
    let (fixed, awaited) = (median(fixed), median(awaited));
    println!("one call with fixed waits:        {fixed:8.3} s");
    println!("the same call with await:         {awaited:8.3} s, {:.0} times faster (aim: 10)", fixed / awaited);
}
