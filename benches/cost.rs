//! What a call costs: time, processor and memory of whole commands, of an agent, of many agents; side by side with another build of
//! the program where `BESIDE` names one, in alternating runs.
//!
//! `make bench` prints the figures; nothing fails by them, for machines differ.

#![expect(unsafe_code, reason = "measures processes, and sends signals to them")]

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const ROUNDS: usize = 5;
const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");
/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(5);

fn main() {
    let mut programs = vec![("this build".to_string(), PathBuf::from(env!("CARGO_BIN_EXE_telefonist")))];
    if let Some(beside) = std::env::var_os("BESIDE") {
        programs.push(("the build beside".into(), PathBuf::from(beside)));
    }
    let registrar = Registrar::start();
    registered(&programs, registrar.port);
    an_agent_in_a_call(&programs);
    hundred_calls(&programs);
    hundred_tests(&programs);
    many_agents(&programs);
    await_beside_busy_agents(&programs);
    until_the_first_loss(&programs);
    many_tests_checked(&programs);
}

type Programs = [(String, PathBuf)];

/// One run of a command: seconds on the wall, processor of the host alone and of its agents, memory.
#[derive(Clone, Copy, Default)]
struct Cost {
    wall: f64,
    host: f64,
    agents: f64,
    /// Of all its processes at once, in MB (PSS).
    peak: f64,
    /// Of its largest agent, in MB (PSS).
    agent: f64,
}

/// Runs a command in a folder to its end. Memory is sampled only where it is asked for: it disturbs what is measured.
fn measured(program: &Path, folder: &Path, words: &[&str], memory: bool) -> Cost {
    let begun = Instant::now();
    let mut command = Command::new(program);
    command.args(words).current_dir(folder).env_remove("TELEFONIST_BARESIP");
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let pid = child.expect("the program starts").id();
    let mut cost = Cost::default();
    while memory && !ended(pid, true) {
        let agents = children(pid);
        let each: Vec<f64> = agents.iter().map(|agent| pss(*agent)).collect();
        cost.peak = cost.peak.max(pss(pid) + each.iter().sum::<f64>());
        cost.agent = each.into_iter().fold(cost.agent, f64::max);
        std::thread::sleep(LOOK);
    }
    ended(pid, false);
    cost.wall = begun.elapsed().as_secs_f64();
    // the kernel answers for the process alone until it is waited for, and then with its children's time in it
    cost.host = own_time(pid);
    let (status, all) = wait(pid);
    cost.agents = all - cost.host;
    assert!(status.success(), "{words:?}: {status}");
    cost
}

/// Waits for a child's end without taking its exit status; or looks only whether it has ended.
fn ended(pid: u32, look: bool) -> bool {
    let options = libc::WEXITED | libc::WNOWAIT | if look { libc::WNOHANG } else { 0 };
    // SAFETY: a plain C struct, which the call fills
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: a child of this process, and a valid pointer
    unsafe { libc::waitid(libc::P_PID, pid, &mut info, options) };
    // SAFETY: the call has filled it
    unsafe { info.si_pid() != 0 }
}

/// Seconds of processor that a process took itself.
fn own_time(pid: u32) -> f64 {
    let (mut clock, mut time) = (0, libc::timespec { tv_sec: 0, tv_nsec: 0 });
    // SAFETY: valid pointers, which the calls fill
    let failed = unsafe {
        libc::clock_getcpuclockid(pid as libc::pid_t, &mut clock) != 0 || libc::clock_gettime(clock, &mut time) != 0
    };
    assert!(!failed, "the process has a clock");
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Takes a child's exit status, and the seconds of processor that it and its children took.
fn wait(pid: u32) -> (ExitStatus, f64) {
    // SAFETY: a plain C struct, which the call fills
    let (mut status, mut usage): (libc::c_int, libc::rusage) = (0, unsafe { std::mem::zeroed() });
    // SAFETY: a child of this process, and valid pointers
    let waited = unsafe { libc::wait4(pid as libc::pid_t, &mut status, 0, &mut usage) };
    assert!(waited == pid as libc::pid_t, "it ends");
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    (ExitStatus::from_raw(status), seconds(usage.ru_utime) + seconds(usage.ru_stime))
}

fn children(pid: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<u32>>()).collect()
}

fn pss(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|kb| kb.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
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
fn registered(programs: &Programs, port: u16) {
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

/// From an event to the command of the script that waited for it, while ten calls go on beside it.
fn await_beside_busy_agents(programs: &Programs) {
    let test = format!(
        "let talking = [];\nfor n in 0..10 {{\n    let caller = agent(`caller${{n}}`);\n    let callee = agent(`callee${{n}}`);\n    \
         caller.dial(callee);\n    await callee.event(\"CALL_INCOMING\") within 30s;\n    callee.accept();\n    \
         await caller.established() within 30s;\n    talking.push(caller);\n}}\n{AGENTS}for n in 0..200 {{\n    alice.dial(bob);\n    \
         await bob.event(\"CALL_INCOMING\") within 5s;\n    bob.hangup();\n    await alice.closed() within 5s;\n}}\n\
         for caller in talking {{ caller.hangup(); }}\n"
    );
    for (name, program) in programs {
        let folder = folder(program, &[("busy.rhai", &test)]);
        measured(program, folder.path(), &["run", "busy.rhai"], false);
        let (mut waited, mut incoming): (Vec<f64>, Option<f64>) = (vec![], None);
        for event in events(folder.path()) {
            let time = event["time"].as_f64().expect("a time");
            let bob = event["agent"] == "bob";
            match (event["type"].as_str(), event["text"].as_str()) {
                (Some("CALL_INCOMING"), _) if bob => incoming = Some(time),
                (_, Some("hangup")) if bob => waited.extend(incoming.take().map(|came| time - came)),
                _ => {}
            }
        }
        waited.sort_by(f64::total_cmp);
        let at = |part: f64| waited[((waited.len() - 1) as f64 * part) as usize];
        println!(
            "event → waiting script's command beside 20 busy agents, {name}: {:.3} ms median, {:.3} ms p99 ({} calls)",
            at(0.5),
            at(0.99),
            waited.len()
        );
    }
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

/// Calls of five seconds at once, more and more of them, until an agent misses packets.
fn until_the_first_loss(programs: &Programs) {
    for (name, program) in programs {
        for calls in (20..=140).step_by(20) {
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
