//! A peer that misbehaves on request, one fault for each test: the test that waits for the right thing fails, and the first line of the
//! reason names the fault.

mod answers;
mod calls;
mod invites;
mod media;
mod others;
mod peer;
mod strangers;
mod transactions;

use crate::support::Telefonist;
use peer::Peer;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::thread;

/// One fault of the peer.
#[derive(Clone)]
struct Fault {
    name: &'static str,
    /// What follows `agent("alice"`, or the whole account where it begins with `<`; PORT is the peer's.
    agent: &'static str,
    /// The test: it has `alice` and `peer`, the peer's URI.
    test: &'static str,
    /// What the peer does. None when the run ended first.
    peer: fn(&Peer) -> Option<()>,
    /// A part of the first line of the reason.
    told: &'static str,
}

const LOCAL: &str = ", #{ audio: \"alice.wav\" }";
const DIALS: &str = "alice.dial(peer);\nawait alice.established() within 1500ms;\n";

impl Fault {
    fn script(&self, peer: &Peer) -> String {
        let port = peer.port();
        let account = match self.agent.starts_with('<') {
            true => format!("\"{}\"", self.agent.replace("PORT", &port.to_string())),
            false => format!("\"alice\"{}", self.agent),
        };
        format!("let peer = \"sip:peer@127.0.0.1:{port}\";\nlet alice = agent({account});\n{}", self.test)
    }
}

/// Of each run: its status, the first line of its reason, and all of its reasons and findings.
fn told(test: &Telefonist) -> BTreeMap<String, (String, String, String)> {
    let mut told = BTreeMap::new();
    for run in fs::read_dir(test.folder.path().join("data/runs")).expect("runs are kept") {
        let run = run.expect("a run").path();
        let events = fs::read_to_string(run.join("events.jsonl")).expect("the events are kept");
        let header: Value = serde_json::from_str(events.lines().next().unwrap_or_default()).expect("a header");
        let verdict = fs::read_to_string(run.join("verdict.json")).expect("the verdict is kept");
        let verdict: Value = serde_json::from_str(&verdict).expect("the verdict is JSON");
        let name = header["test"].as_str().expect("a test").trim_end_matches(".rhai").to_string();
        let first = verdict["reasons"][0]["message"].as_str().unwrap_or_default().to_string();
        let status = verdict["status"].as_str().unwrap_or_default().to_string();
        told.insert(name, (status, first, format!("{:#}\n{:#}", verdict["reasons"], verdict["findings"])));
    }
    told
}

#[test]
fn each_fault_fails_its_test_and_is_named_first() {
    let only = std::env::var("FAULT").ok();
    let faults = [
        invites::FAULTS,
        answers::FAULTS,
        media::FAULTS,
        calls::FAULTS,
        transactions::FAULTS,
        strangers::FAULTS,
        others::FAULTS,
    ]
    .concat();
    assert!(faults.len() >= 40, "{}", faults.len());
    let mut faults: Vec<_> = faults.into_iter().map(|fault| (fault, Peer::new())).collect();
    faults.retain(|(fault, _)| only.as_ref().is_none_or(|only| fault.name.contains(only.as_str())));
    let mut test = Telefonist::new("run tests --jobs 12");
    for (fault, peer) in &faults {
        test = test.file(&format!("tests/{}.rhai", fault.name), &fault.script(peer));
    }
    let done = thread::scope(|scope| {
        for (fault, peer) in &faults {
            scope.spawn(|| (fault.peer)(peer));
        }
        let done = test.run();
        faults.iter().for_each(|(_, peer)| peer.stop());
        done
    });
    let told = told(&test);
    let mut wrong = vec![];
    for (fault, _) in &faults {
        let name = fault.name;
        match told.iter().find(|(test, _)| test.ends_with(name)) {
            Some((_, (status, first, _))) if status == "fail" && first.contains(fault.told) => {}
            Some((_, (status, first, all))) => {
                wrong.push(format!("== {name}: {status}\nsaid   {first}\nwanted {}\n{all}", fault.told));
            }
            None => {
                let said = done.stdout.lines().skip_while(|line| !line.contains(name)).take(8);
                wrong.push(format!("== {name}: no run\n{}", said.collect::<Vec<_>>().join("\n")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} are wrong\n{}", wrong.len(), faults.len(), wrong.join("\n"));
}
