//! What a machine may run out of, and what may stop or jump: open files, an agent, the clock. `disk` has the disks.

use crate::support::{Done, ESTABLISHED, Telefonist, children, fake_time, wait_for_event};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How a call goes on in whose midst the script asks the test for something, by an OPTIONS that the test answers when it has been done.
const CALL: &str = r#"
let test = param("TEST", "");
for what in ["break", "mend"] {
    bob.cmd(`options sip:${what}@${test}`);
    await bob.sip(200).where(|answer| answer.method == "OPTIONS") within 20s;
    for n in 0..500 { print(`line ${n} after ${what}`); }
}
alice.hangup();
await bob.event("CALL_CLOSED") within 20s;
"#;

/// The test's end of [`CALL`].
struct Peer(UdpSocket);

impl Peer {
    fn new() -> Peer {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Peer(socket)
    }

    /// The program that runs [`CALL`] with its data in that folder.
    fn call(&self, arguments: &str) -> Telefonist {
        let test = Telefonist::new(&format!("run call.rhai --test-timeout 60s {arguments}"))
            .file("call.rhai", &[ESTABLISHED, CALL].concat());
        test.argument("--define").argument(format!("TEST={}", self.0.local_addr().unwrap()))
    }

    /// Waits for the request, does what it asks for, and answers it.
    fn serve(&self, what: &str, done: impl FnOnce()) {
        let mut done = Some(done);
        let mut buffer = [0; 4096];
        loop {
            let (length, from) = self.0.recv_from(&mut buffer).expect("the script asks");
            let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
            // one that was asked before, sent again
            let is_this = request.starts_with(&format!("OPTIONS sip:{what}@"));
            if is_this {
                done.take().into_iter().for_each(|done| done());
            }
            let copied = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
            let headers = request.lines().filter(|line| copied.iter().any(|name| line.starts_with(name)));
            let headers: String = headers.map(|line| format!("{line}\r\n")).collect();
            let answer = format!("SIP/2.0 200 OK\r\n{headers}Content-Length: 0\r\n\r\n");
            self.0.send_to(answer.as_bytes(), from).unwrap();
            if is_this {
                return;
            }
        }
    }
}

/// The machine's clock is set back under a run, then on by days; what the run measures goes on as time does.
#[test]
fn a_clock_that_jumps_under_a_run_does_no_harm() {
    let peer = Peer::new();
    let test = peer.call("");
    std::fs::write(test.folder.path().join("short.rhai"), "let carol = agent(\"carol\");\ncarol.cmd(\"uuid\");\n")
        .unwrap();
    let offset = test.folder.path().join("offset");
    let set = |text: &str| {
        std::fs::write(test.folder.path().join("next"), text).unwrap();
        std::fs::rename(test.folder.path().join("next"), &offset).unwrap();
    };
    set("+0");
    let with_clock = |command: &mut Command| {
        fake_time(command)
            .env("FAKETIME_TIMESTAMP_FILE", &offset)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let child = with_clock(&mut test.command());
    peer.serve("break", || set("-2h"));
    // a second run, which begins two hours before the first
    let earlier = with_clock(&mut test.command_with(&["run", "short.rhai"]));
    Done::from(earlier.wait_with_output().unwrap()).exits(0).says("PASS");
    peer.serve("mend", || set("+3d"));
    Done::from(child.wait_with_output().unwrap()).exits(0).says("PASS").never_says("warning");
    let runs = std::fs::read_dir(test.folder.path().join("data/runs")).unwrap().map(|run| run.unwrap().file_name());
    let mut runs: Vec<String> = runs.map(|name| name.into_string().unwrap()).collect();
    runs.sort();
    assert!(runs[0].contains("short") && runs[1].contains("call") && runs.len() == 2, "by their clock: {runs:?}");
    let times: Vec<f64> = test.events().iter().map(|event| event["time"].as_f64().unwrap()).collect();
    assert!(times.is_sorted() && times[times.len() - 1] - times[0] < 60_000.0);
    let replay = Done::from(test.command_with(&["replay", &runs[1]]).output().unwrap());
    replay.exits(0).says("PASS").never_says("warning");
}

/// Both agents of a call, stopped as by SIGSTOP.
fn stop_agents(host: u32) {
    let agents = children(host);
    assert_eq!(agents.len(), 2);
    for agent in agents {
        // SAFETY: plain kill(2) on an agent of a host that this test started
        assert_eq!(unsafe { libc::kill(agent as i32, libc::SIGSTOP) }, 0);
    }
}

/// The silence that is waited for, with what an end takes besides, on a busy machine.
const HANGING: Duration = Duration::from_secs(10);

#[test]
fn an_agent_that_stops_answering_is_an_error_with_its_name_and_command() {
    let text = "_define ua1 sip:alice@127.0.0.1\n_define ua2 sip:bob@127.0.0.1\nuanew <ua1>;regint=0\nuanew <ua2>;regint=0\n\
                ua1:dial ua2|300ms|ua2:accept|2s|ua1:reginfo|30s\n";
    let test = Telefonist::new("run call").file("call", text);
    let mut child = test.start();
    wait_for_event(&mut child, &test.folder.path().join("data"), &["CALL_ESTABLISHED", "\"alice\""]);
    stop_agents(child.id());
    let begun = Instant::now();
    let done = Done::from(child.wait_with_output().unwrap()).exits(3);
    done.says("agent `alice` does not answer `reginfo` within 5 s").says("call:5");
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(2) + HANGING, "{took:?}");
}

/// A call whose agents are stopped once bob hears of it; `end` is the script's end.
fn hanging(end: &str) -> Done {
    let script = format!(
        "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\nalice.dial(bob);\n\
         await bob.event(\"CALL_INCOMING\") within 20s;\nsleep(1s);\n{end}"
    );
    let test = Telefonist::new("run call.rhai").file("call.rhai", &script);
    let mut child = test.start();
    wait_for_event(&mut child, &test.folder.path().join("data"), &["CALL_INCOMING", "\"bob\""]);
    stop_agents(child.id());
    Done::from(child.wait_with_output().unwrap())
}

#[test]
fn a_failed_await_on_agents_that_hang_ends_after_one_silence_of_all_of_them() {
    let begun = Instant::now();
    let done = hanging("await bob.event(\"CALL_ESTABLISHED\") within 1s;\n").exits(1);
    done.says("no CALL_ESTABLISHED at bob within 1 s").says("agent `alice` hangs").says("agent `bob` hangs");
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(2) + HANGING, "{took:?}");
}

#[test]
fn a_script_that_passes_beside_an_agent_that_hangs_is_an_error() {
    hanging("").exits(3).says("hangs: it does not answer");
}

/// The command, with this limit of open files, for it and for root.
fn with_files(test: &Telefonist, files: u32) -> Done {
    let command = test.command();
    let mut limited = Command::new("prlimit");
    limited.arg(format!("--nofile={files}:{files}")).arg(command.get_program()).args(command.get_args());
    limited.current_dir(test.folder.path()).env("NO_COLOR", "1").env_remove("TELEFONIST_BARESIP");
    Done::from(limited.output().expect("prlimit(1) is there"))
}

#[test]
fn with_few_open_files_there_are_fewer_agents_at_once_and_with_too_few_a_clear_error() {
    let call = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\nalice.dial(bob);\nawait bob.event(\"CALL_INCOMING\") within 20s;\n";
    let mut test = Telefonist::new("run tests --jobs 6");
    for n in 0..6 {
        test = test.file(&format!("tests/{n}.rhai"), call);
    }
    let few = with_files(&test, 64).exits(0).says("6 passed").never_says("panicked");
    few.says("64 files may be open: 2 agents at once, not 100").says("ulimit -Hn");
    // six agents, where four have room
    let many =
        "let agents = [];\nfor n in 0..6 { agents.push(agent(`a${n}`)); }\nfor one in agents { one.cmd(\"uuid\"); }\n";
    let test = Telefonist::new("run many.rhai").file("many.rhai", many);
    let refused = with_files(&test, 132).exits(3).says("132 files may be open: 4 agents at once");
    refused.says("as many agents run as --max-agents allows: 4").never_says("panicked");
    let none = with_files(&test, 40).exits(3).says("no call can be made with 40 open files: 48 are needed at least");
    none.never_says("panicked");
}

/// Two hosts run tests in one data directory that neither has used before.
#[test]
fn two_hosts_in_one_data_directory_share_accounts_and_lose_nothing() {
    let account = "let phone = agent(account(\"NAME\"), #{ name: \"NAME\" });\nlet bob = agent(\"bob\");\nbob.dial(phone);\n\
                   await phone.event(\"CALL_INCOMING\") within 30s;\nphone.accept();\nawait bob.event(\"CALL_ESTABLISHED\") within 30s;\n\
                   sleep(200ms);\nbob.hangup();\nawait phone.event(\"CALL_CLOSED\") within 30s;\n";
    let accounts = "desk <sip:desk@127.0.0.1>;regint=0\nhall <sip:hall@127.0.0.1>;regint=0\n";
    let mut test = Telefonist::new("").file("accounts", accounts);
    for n in 0..6 {
        let name = if n % 2 == 0 { "desk" } else { "hall" };
        test = test.file(&format!("one/{n}.rhai"), &account.replace("NAME", name));
        test = test.file(&format!("two/{n}.rhai"), &account.replace("NAME", name));
    }
    let start = |tests: &str| {
        let mut command =
            test.command_with(&["run", tests, "shared.rhai", "--jobs", "4", "--repeat", "2", "--accounts", "accounts"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    // both write the history of this one
    std::fs::write(test.folder.path().join("shared.rhai"), "let carol = agent(\"carol\");\ncarol.cmd(\"uuid\");\n")
        .unwrap();
    let hosts = [start("one"), start("two")];
    for host in hosts {
        Done::from(host.wait_with_output().unwrap()).exits(0).says("14 passed").never_says("warning");
    }
    let data = test.folder.path().join("data");
    let mut ids = BTreeSet::new();
    let mut uses: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    for run in data.join("runs").read_dir().unwrap().map(Result::unwrap) {
        let text = std::fs::read_to_string(run.path().join("events.jsonl")).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(ids.insert(lines[0]["run"].as_str().unwrap().to_string()));
        let events = &lines[1..];
        assert!(events.iter().enumerate().all(|(n, event)| event["n"] == n), "{}", run.path().display());
        assert!(run.path().join("verdict.json").is_file() && run.path().join("flow.txt").is_file());
        for name in ["desk", "hall"] {
            let of_agent = |event: &&Value| event["agent"] == name;
            let time = |event: &Value| event["time"].as_f64().unwrap();
            let first = events.iter().find(of_agent).map(time);
            let last = events.iter().rfind(of_agent).map(time);
            uses.entry(name.into()).or_default().extend(first.zip(last));
        }
    }
    assert_eq!(ids.len(), 28);
    for (name, mut times) in uses {
        times.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert_eq!(times.len(), 12, "{name}");
        assert!(times.windows(2).all(|two| two[0].1 <= two[1].0), "{name} was used twice at once: {times:?}");
    }
    let history = data.join("history").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let pasts = history.iter().filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let read = |path: &PathBuf| serde_json::from_slice::<Value>(&std::fs::read(path).unwrap()).unwrap();
    assert!(pasts.map(read).all(|past| past["status"] == "pass"));
    assert_eq!(history.len(), 26, "a past and a flow for each test, nothing half written: {history:?}");
    for sound in ["alice.wav", "bob.wav", "charlie.wav"] {
        let written = std::fs::read(data.join("built-in/sounds").join(sound)).unwrap();
        assert_eq!(written, std::fs::read(crate::support::repository().join("data/sounds").join(sound)).unwrap());
    }
    let written = data.join("built-in/sounds").read_dir().unwrap().map(|entry| entry.unwrap().file_name());
    let written: Vec<_> = written.map(|name| name.into_string().unwrap()).collect();
    assert!(written.len() == 10 && written.iter().all(|name| name.ends_with(".wav")), "half written: {written:?}");
}
