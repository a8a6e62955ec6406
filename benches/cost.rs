//! What a call costs: time, processor and memory of whole commands, of an agent, of many agents; side by side with another build of
//! the program where `BESIDE` names one, in alternating runs.
//!
//! `make bench` prints the figures; nothing fails by them, for machines differ.

#![expect(unsafe_code, reason = "measures processes, and sends signals to them")]

mod measure;

use measure::{Cost, measured, median};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const ROUNDS: usize = 5;
const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

type Programs = [(String, PathBuf)];
type Print = fn(&Programs);

/// The figures by their names: `cargo bench --bench cost -- loop await` prints two of them.
const FIGURES: [(&str, Print); 8] = [
    ("registered", registered),
    ("agent", an_agent_in_a_call),
    ("loop", hundred_calls),
    ("tests", hundred_tests),
    ("start", many_agents),
    ("await", awaits),
    ("check", many_tests_checked),
    ("loss", until_the_first_loss),
];

fn main() {
    let mut programs = vec![("this build".to_string(), PathBuf::from(env!("CARGO_BIN_EXE_telefonist")))];
    if let Some(beside) = std::env::var_os("BESIDE") {
        programs.push(("the build beside".into(), PathBuf::from(beside)));
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    for (name, print) in FIGURES {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            print(&programs);
        }
    }
}

/// A data folder with the sounds in it, so that no measured run writes them, and with files.
fn folder(program: &Path, files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    measured(program, folder.path(), &["doctor"], false);
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a test");
    }
    folder
}

/// The programs in turn, so that a busy moment hits all of them; gives each one's median of what is picked.
fn alternating(programs: &Programs, rounds: usize, run: impl Fn(&Path) -> Cost) -> Vec<Cost> {
    let mut all = vec![vec![]; programs.len()];
    for _ in 0..rounds {
        for (costs, (_, program)) in all.iter_mut().zip(programs) {
            costs.push(run(program));
        }
    }
    let of = |costs: &[Cost], pick: fn(&Cost) -> f64| median(costs.iter().map(pick).collect());
    let middle = |costs: Vec<Cost>| Cost {
        wall: of(&costs, |cost| cost.wall),
        host: of(&costs, |cost| cost.host),
        agents: of(&costs, |cost| cost.agents),
        peak: of(&costs, |cost| cost.peak),
        agent: of(&costs, |cost| cost.agent),
    };
    all.into_iter().map(middle).collect()
}

fn tell(programs: &Programs, what: &str, costs: &[Cost]) {
    for ((name, _), cost) in programs.iter().zip(costs) {
        let ratio = |pick: fn(&Cost) -> f64| match costs.get(1) {
            Some(other) if std::ptr::eq(cost, &costs[0]) && pick(other) > 0.0 => {
                format!(" ({:.2})", pick(cost) / pick(other))
            }
            _ => String::new(),
        };
        let processor = |cost: &Cost| cost.host + cost.agents;
        print!("{what}, {name}: {:.3} s wall{}", cost.wall, ratio(|cost| cost.wall));
        print!(", {:.3} s processor{}", processor(cost), ratio(processor));
        print!(" (host {:.2}, agents {:.2})", cost.host, cost.agents);
        if cost.peak > 0.0 {
            print!(", {:.1} MB peak{}", cost.peak, ratio(|cost| cost.peak));
            print!(", {:.1} MB an agent{}", cost.agent, ratio(|cost| cost.agent));
        }
        println!();
    }
}

/// A kamailio that dies with the bench.
struct Registrar {
    child: Child,
    port: u16,
}

impl Registrar {
    fn start() -> Registrar {
        use std::os::unix::process::CommandExt;
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
        let port = socket.local_addr().expect("its address").port();
        drop(socket);
        let mut command = Command::new(Path::new(REPOSITORY).join("examples/peers/kamailio.sh"));
        command.arg(port.to_string()).env("PEER_PASSWORD", "secret");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().expect("kamailio (make deps-test)");
        let mut lines = BufReader::new(child.stderr.take().expect("its stderr")).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("SO_RCVBUF is finally")), "kamailio did not get ready");
        std::thread::spawn(move || lines.for_each(drop));
        Registrar { child, port }
    }
}

impl Drop for Registrar {
    fn drop(&mut self) {
        // SAFETY: plain kill(2) on the group that this bench started
        unsafe { libc::kill(-(self.child.id() as i32), libc::SIGKILL) };
        let _ = self.child.wait();
    }
}

const CALL: &str = "alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\") within 30s;\nbob.accept();\n\
    await all([alice.established(), bob.established()]) within 30s;\n";
const END: &str = "alice.hangup();\nawait all([alice.closed(), bob.closed()]) within 30s;\n";
const AGENTS: &str = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\n";

/// Start, two registrations, call, answer, hang-up, end.
fn registered(programs: &Programs) {
    let registrar = Registrar::start();
    let port = registrar.port;
    let account = |name: &str| format!("let {name} = agent(\"<sip:{name}@127.0.0.1:{port}>;auth_pass=secret\");\n");
    let agents = account("alice") + &account("bob") + "await all([alice.registered(), bob.registered()]) within 30s;\n";
    let test = format!("{agents}{CALL}{END}");
    let costs = alternating(programs, ROUNDS, |program| {
        let folder = folder(program, &[("registered.rhai", &test)]);
        let cost = measured(program, folder.path(), &["run", "registered.rhai"], false);
        // the same again for its memory
        Cost {
            wall: cost.wall,
            host: cost.host,
            agents: cost.agents,
            ..measured(program, folder.path(), &["run", "registered.rhai"], true)
        }
    });
    tell(programs, "two registered phones, one call", &costs);
}

fn an_agent_in_a_call(programs: &Programs) {
    let test = format!("{AGENTS}{CALL}sleep(1s);\n{END}");
    let costs = alternating(programs, 3, |program| {
        let folder = folder(program, &[("call.rhai", &test)]);
        measured(program, folder.path(), &["run", "call.rhai"], true)
    });
    tell(programs, "a call of one second", &costs);
}

fn hundred_calls(programs: &Programs) {
    let test = format!("{AGENTS}for n in 0..100 {{\n{CALL}{END}}}\n");
    let costs = alternating(programs, 3, |program| {
        let folder = folder(program, &[("loop.rhai", &test)]);
        measured(program, folder.path(), &["run", "loop.rhai"], false)
    });
    tell(programs, "100 calls in a loop", &costs);
    for ((name, _), cost) in programs.iter().zip(&costs) {
        println!("  {name}: the host takes {:.2} of what its agents take", cost.host / cost.agents);
    }
}

fn hundred_tests(programs: &Programs) {
    let test = format!("{AGENTS}for n in 0..100 {{\n    test `call ${{n}}` {{\n{CALL}{END}    }}\n}}\n");
    let costs = alternating(programs, 3, |program| {
        let folder = folder(program, &[("tests.rhai", &test)]);
        measured(program, folder.path(), &["run", "tests.rhai", "--keep", "failed"], false)
    });
    tell(programs, "100 tests of two agents", &costs);
}

fn many_agents(programs: &Programs) {
    let mut walls = vec![];
    for count in [100, 600] {
        let test = format!(
            "let all = [];\nfor n in 0..{count} {{ all.push(agent(`a${{n}}`)); }}\nfor one in all {{ one.address; }}\n"
        );
        let most = count.to_string();
        let words = [
            "run",
            "many.rhai",
            "--max-agents",
            &most,
            "--rtp-ports",
            "10000-29999",
            "--sip-listen",
            "127.0.0.1:30000",
            "--ctrl-address",
            "127.0.0.1:4444",
        ];
        let costs = alternating(programs, 1, |program| {
            let folder = folder(program, &[("many.rhai", &test)]);
            measured(program, folder.path(), &words, false)
        });
        tell(programs, &format!("{count} agents start"), &costs);
        walls.push(costs);
    }
    for (n, (name, _)) in programs.iter().enumerate() {
        println!("  {name}: 600 agents take {:.1} times what 100 take", walls[1][n].wall / walls[0][n].wall);
    }
}

/// From an event to the command of the script that waited for it, alone and while ten calls go on beside it.
fn awaits(programs: &Programs) {
    let talking = "let talking = [];\nfor n in 0..10 {\n    let caller = agent(`caller${n}`);\n    let callee = agent(`callee${n}`);\n    \
         caller.dial(callee);\n    await callee.event(\"CALL_INCOMING\") within 30s;\n    callee.accept();\n    \
         await caller.established() within 30s;\n    talking.push(caller);\n}\n";
    for (what, beside, end) in
        [("", "", ""), (" beside 20 busy agents", talking, "for caller in talking { caller.hangup(); }\n")]
    {
        let test = format!(
            "{beside}{AGENTS}for n in 0..200 {{\n    alice.dial(bob);\n    await bob.event(\"CALL_INCOMING\") within 5s;\n    \
             bob.hangup();\n    await alice.closed() within 5s;\n}}\n{end}"
        );
        let mut all = vec![(vec![], vec![]); programs.len()];
        for _ in 0..ROUNDS {
            for ((medians, lates), (_, program)) in all.iter_mut().zip(programs) {
                let folder = folder(program, &[("await.rhai", &test)]);
                measured(program, folder.path(), &["run", "await.rhai"], false);
                let waited = waited(&events(folder.path()));
                medians.push(waited[waited.len() / 2]);
                lates.push(waited[(waited.len() - 1) * 99 / 100]);
            }
        }
        for ((medians, lates), (name, _)) in all.into_iter().zip(programs) {
            let (middle, late) = (median(medians), median(lates));
            println!("event → waiting script's command{what}, {name}: {middle:.3} ms median, {late:.3} ms p99");
        }
    }
}

/// How long each hang-up of bob's came after his CALL_INCOMING, in ascending order.
fn waited(events: &[Value]) -> Vec<f64> {
    let (mut waited, mut incoming): (Vec<f64>, Option<f64>) = (vec![], None);
    for event in events.iter().filter(|event| event["agent"] == "bob") {
        let time = event["time"].as_f64().expect("a time");
        match (event["type"].as_str(), event["text"].as_str()) {
            (Some("CALL_INCOMING"), _) => incoming = Some(time),
            (_, Some("hangup")) => waited.extend(incoming.take().map(|came| time - came)),
            _ => {}
        }
    }
    waited.sort_by(f64::total_cmp);
    waited
}

fn events(folder: &Path) -> Vec<Value> {
    let runs = folder.join("data/runs").read_dir().expect("runs");
    let read = |run: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(run.expect("a run").path().join("events.jsonl")).expect("events")
    };
    let lines = |text: String| {
        text.lines().skip(1).map(|line| serde_json::from_str(line).expect("an event")).collect::<Vec<Value>>()
    };
    runs.flat_map(|run| lines(read(run))).collect()
}

/// Calls of five seconds at once, more and more of them, until an agent misses packets or there are `MOST_CALLS`.
fn until_the_first_loss(programs: &Programs) {
    const MOST_CALLS: usize = 240;
    for (name, program) in programs {
        for calls in (40..=MOST_CALLS).step_by(40) {
            let call = CALL.replace("alice", "pair[0]").replace("bob", "pair[1]");
            let test = format!(
                "let pairs = [];\nfor n in 0..{calls} {{ pairs.push([agent(`a${{n}}`, #{{ audio: \"alice.wav\" }}), agent(`b${{n}}`, #{{ audio: \"bob.wav\" }})]); }}\n\
                 parallel(pairs.map(|pair| || {{\n{call}}}));\nsleep(5s);\nfor pair in pairs {{ pair[0].hangup(); await pair[1].closed() within 30s; }}\n"
            );
            let most = (2 * calls).to_string();
            let folder = folder(program, &[("load.rhai", &test)]);
            let words = ["run", "load.rhai", "--max-agents", &most, "--rtp-ports", "10000-29999"];
            let cost = measured(program, folder.path(), &words, false);
            let lost = events(folder.path())
                .iter()
                .filter(|event| event["type"] == "AUDIO_REPORT")
                .filter(|event| event["fields"]["packets_rx"].as_u64().unwrap_or_default() < 249)
                .count();
            println!(
                "{calls} calls of 5 s at once, {name}: {:.1} s processor, {lost} agents missed packets",
                cost.host + cost.agents
            );
            if lost > 0 {
                break;
            }
        }
    }
}

fn many_tests_checked(programs: &Programs) {
    let tests: String = (0..8000)
        .map(|n| format!("test \"number {n}\" {{\n    alice.dial(bob);\n    await bob.closed();\n}}\n"))
        .collect();
    let variables: String = (0..8000).map(|n| format!("let value_{n} = {n};\nprint(value_{n});\n")).collect();
    for (what, text) in [("8000 tests of a file", format!("{AGENTS}{tests}")), ("8000 variables used once", variables)]
    {
        let costs = alternating(programs, 3, |program| {
            let folder = folder(program, &[("many.rhai", &text)]);
            measured(program, folder.path(), &["check", "many.rhai"], false)
        });
        tell(programs, &format!("{what} checked"), &costs);
    }
}
