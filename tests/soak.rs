//! All examples, and all blocks of the docs, many times while every processor is busy: none fails, and each has one hash.
//! `make soak RUNS=200` says how often.

use crate::language::blocks_of;
use crate::support::{Telefonist, repository};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

/// How often, where nobody says.
const RUNS: u32 = 2;

/// What the runs of a test came to.
#[derive(Debug, Default)]
struct Seen {
    runs: u32,
    /// Statuses other than a pass, with the first reason.
    failures: BTreeMap<String, u32>,
    hashes: BTreeMap<String, u32>,
}

impl Seen {
    fn is_steady(&self) -> bool {
        self.failures.is_empty() && self.hashes.len() == 1
    }
}

/// Everything that is to be run, in a folder.
fn tests(runs: u32) -> Telefonist {
    let words = format!("run soak --repeat {runs} --jobs 4 --keep failed --report json=soak.json");
    let mut test = Telefonist::new(&words);
    for entry in repository().join("examples").read_dir().expect("examples") {
        let entry = entry.expect("an example");
        let name = entry.file_name().into_string().expect("a name");
        // those that need a peer are run with it, in `peers`
        if entry.path().is_file() && (!name.contains('.') || name.ends_with(".rhai")) {
            let text = std::fs::read_to_string(entry.path()).expect("a text");
            test = test.file(&format!("soak/{name}"), &text);
        }
    }
    for page in ["language", "flow"] {
        for (n, block) in blocks_of(&format!("{page}.md")).iter().enumerate() {
            test = test.file(&format!("soak/docs_{page}_{n:02}.rhai"), block);
        }
    }
    test
}

/// Keeps every processor busy until the work is done.
fn under_load<T>(work: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    let count = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        // also where the work panics
        struct Done<'a>(&'a AtomicBool);
        impl Drop for Done<'_> {
            fn drop(&mut self) {
                self.0.store(true, Relaxed);
            }
        }
        let _done = Done(&done);
        work()
    })
}

#[test]
fn all_examples_and_docs_have_one_hash_under_load() {
    let runs = std::env::var("TELEFONIST_SOAK").ok();
    let runs = runs.map_or(RUNS, |runs| runs.parse().expect("TELEFONIST_SOAK is how often"));
    let test = tests(runs);
    let done = under_load(|| test.run());
    let report = std::fs::read_to_string(test.folder.path().join("soak.json"));
    let report = report.unwrap_or_else(|error| panic!("{error}\n{}{}", done.stdout, done.stderr));
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    for result in report["tests"].as_array().expect("tests") {
        let name = result["name"].as_str().expect("a name");
        let name = name.split(" (repetition").next().unwrap_or(name);
        let seen = seen.entry(name.to_string()).or_default();
        seen.runs += 1;
        let attempt = &result["attempts"][0];
        if result["status"] != "pass" {
            let failure = format!("{}: {}", result["status"], attempt["reasons"][0]["message"]);
            *seen.failures.entry(failure).or_default() += 1;
        }
        let flow = format!("{}\n{}", attempt["hash"].as_str().unwrap_or("-"), attempt["flow"].as_str().unwrap_or("-"));
        *seen.hashes.entry(flow).or_default() += 1;
    }
    assert!(seen.len() > 25, "{:?}", seen.keys());
    assert!(seen.values().all(|seen| seen.runs >= runs), "{seen:?}");
    let unsteady = seen.iter().filter(|(_, seen)| !seen.is_steady());
    let row = |(name, seen): (&String, &Seen)| {
        let failures = seen.failures.iter().map(|(why, times)| format!("  {times} times {why}\n"));
        let hashes = seen.hashes.iter().map(|(flow, times)| format!("  {times} times hash {flow}\n"));
        format!("{name}, {} runs\n{}{}", seen.runs, failures.collect::<String>(), hashes.collect::<String>())
    };
    let table: String = unsteady.map(row).collect();
    assert!(table.is_empty(), "tests that failed, or have more than one hash:\n{table}");
    assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
}
