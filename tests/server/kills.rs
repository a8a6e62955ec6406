//! A server that is killed at any moment loses nothing that it has said is done.

use crate::support::Telefonist;
use crate::support::server::{Ask, Server};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

const KILLS: u32 = 50;
/// Two agents, and over at once.
const CALL: &str = r#"let alice = agent("alice");
let bob = agent("bob");
alice.dial(bob);
await bob.event("CALL_INCOMING") within 20s;
alice.hangup();
"#;

/// What the server has said is done.
#[derive(Default)]
struct Said {
    /// The newest version of each test, and its text.
    saved: BTreeMap<String, (u64, String)>,
    /// Runs of jobs that are over.
    finished: Vec<String>,
    /// Runs that somebody began to delete: they may be there or not.
    deleted: Vec<String>,
}

#[test]
fn a_server_killed_fifty_times_loses_nothing_and_leaves_nobody() {
    let said = Mutex::new(Said::default());
    let mut server = Server::start();
    server.post("projects", json!({ "name": "PBX" })).is(201);
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for life in 0..KILLS {
        // xorshift: the same moments each time, as far as the machine lets them be
        for shift in [13, -7, 17] {
            random ^= if shift > 0 { random << shift } else { random >> -shift };
        }
        std::thread::scope(|scope| {
            scope.spawn(|| save(&server, &said));
            let (over, runs) = channel();
            scope.spawn(|| run(&server, &said, over));
            scope.spawn(|| delete(&server, &said));
            // on a slow machine, too, some runs end
            if life % 5 == 0 {
                runs.recv_timeout(Duration::from_secs(60)).expect("a run is over");
            }
            // the moment of death is what is tried here
            std::thread::sleep(Duration::from_millis(20 + random % 400));
            // SAFETY: plain kill(2) on a process that this test started and has not waited for yet
            unsafe { libc::kill(server.child.id() as i32, libc::SIGKILL) };
        });
        server.child.wait().unwrap();
        nobody_is_left(&server.data_dir());
        server = server.again();
        all_is_there(&server, &said.lock().unwrap());
    }
    let said = said.into_inner().unwrap();
    assert!(
        said.finished.len() > 3 && said.saved.len() > 10,
        "{} runs, {} tests",
        said.finished.len(),
        said.saved.len()
    );
    server.end();
    let data = server.data_dir();
    let done = Telefonist::new("maintenance").argument("--data-dir").argument(data.display().to_string()).run();
    assert_eq!(done.code, Some(0), "{done:?}");
    let server = server.again();
    let mut known: Vec<String> = vec![];
    let mut after = String::new();
    loop {
        let page = server.get(&format!("runs?limit=500{after}")).is(200).json();
        known.extend(page["runs"].as_array().unwrap().iter().map(|run| run["run"].as_str().unwrap().to_string()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    let mut there: Vec<String> = std::fs::read_dir(data.join("runs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    known.sort();
    there.sort();
    assert_eq!(known, there, "artefacts without a row, or rows without artefacts");
}

/// Tests are saved until the server is gone.
fn save(server: &Server, said: &Mutex<Said>) {
    for n in 0.. {
        let count = said.lock().unwrap().saved.len();
        let name = if n % 2 == 0 { format!("test {count}") } else { "test 0".to_string() };
        let before = said.lock().unwrap().saved.get(&name).cloned();
        let text = format!("// {count} {n}\n{CALL}");
        let sent = match &before {
            None => {
                let new = json!({ "name": name, "kind": "rhai", "text": text });
                server.request("POST", "projects/PBX/tests").json(&new).try_answer()
            }
            Some(_) => {
                // a save whose answer was lost may have been one
                let Some(now) = server.request("GET", &format!("projects/PBX/tests/{name}")).try_answer() else {
                    return;
                };
                let change = json!({ "text": text, "based_on": now.json()["version"] });
                server.request("PUT", &format!("projects/PBX/tests/{name}")).json(&change).try_answer()
            }
        };
        let Some(answer) = sent else { return };
        match answer.status {
            200 | 201 => {
                let version = answer.json()["version"].as_u64().unwrap();
                said.lock().unwrap().saved.insert(name, (version, text));
            }
            // it was made, and the answer was lost
            409 => drop(said.lock().unwrap().saved.insert(name, (1, String::new()))),
            other => panic!("{other}: {}", answer.text()),
        }
    }
}

/// Calls are placed until the server is gone.
fn run(server: &Server, said: &Mutex<Said>, over: Sender<()>) {
    let call = json!({ "text": { "name": "call", "kind": "rhai", "text": CALL }, "wait": true });
    while let Some(answer) = server.request("POST", "run").json(&call).try_answer() {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let job = answer.json();
        if job["state"] == "done" {
            assert_eq!(job["status"], "pass", "{job}");
            said.lock().unwrap().finished.push(job["runs"][0]["run"].as_str().unwrap().to_string());
            let _ = over.send(());
        }
    }
}

/// The first finished run is deleted, if there are several.
fn delete(server: &Server, said: &Mutex<Said>) {
    let victim = {
        let mut said = said.lock().unwrap();
        if said.finished.len() < 5 {
            return;
        }
        let victim = said.finished.remove(0);
        said.deleted.push(victim.clone());
        victim
    };
    let _ = server.request("DELETE", &format!("runs/{victim}")).try_answer();
}

fn all_is_there(server: &Server, said: &Said) {
    for (name, (version, text)) in &said.saved {
        let kept = server.get(&format!("projects/PBX/tests/{name}")).is(200).json();
        let newest = kept["version"].as_u64().unwrap();
        assert!(newest >= *version, "{name} has version {newest}, {version} was said to be saved");
        if newest == *version && !text.is_empty() {
            assert_eq!(kept["text"], **text);
        }
    }
    for run in &said.finished {
        let detail = server.get(&format!("runs/{run}")).is(200).json();
        assert_eq!(detail["status"], "pass", "{detail}");
    }
    let running: Value = server.get("runs?status=running").is(200).json();
    let queued = server.get("jobs").is(200).json();
    // what is running now is of this start
    assert!(running["runs"].as_array().unwrap().len() <= queued["jobs"].as_array().unwrap().len() + 1, "{running}");
}

/// Waits until the agents are gone: the kernel ends them with their host. Nobody else's command line names this folder.
fn nobody_is_left(data_dir: &Path) {
    let folder = data_dir.as_os_str().as_encoded_bytes();
    for entry in std::fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if line.windows(folder.len()).any(|part| part == folder) {
            assert!(is_gone_soon(pid), "{pid} is left: {}", String::from_utf8_lossy(&line));
        }
    }
}

/// Waits for the end of a process that is no child of ours (pidfd_open(2)).
fn is_gone_soon(pid: i32) -> bool {
    // SAFETY: plain system calls; the descriptor is ours and closed
    unsafe {
        let fd = libc::syscall(libc::SYS_pidfd_open, pid, 0) as i32;
        if fd < 0 {
            return true;
        }
        let mut poll = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        let ended = libc::poll(&mut poll, 1, 20_000);
        libc::close(fd);
        ended == 1
    }
}
