//! Every example runs unchanged, on the embedded agent and, as far as it can, on Debian's baresip 1.0.0.

use crate::support::{OLD_BARESIP, Telefonist, repository};

/// What baresip 1.0.0 has no commands for; to whatever code it is to reject a call with, it answers 486.
const NEEDS_NEWER: [&str; 5] = [
    "attended_transfer",
    "attended_transfer.rhai",
    // 1.0 has no code or reason of one's own for a refusal
    "busy_then_free.rhai",
    "rejected_call",
    "several_tests.rhai",
];

fn examples() -> Vec<String> {
    let folder = repository().join("examples").read_dir().expect("examples");
    // those that need a peer are run with it, in `peers`
    let files = folder.map(|entry| entry.expect("an example")).filter(|entry| entry.path().is_file());
    let names = files.map(|entry| entry.file_name().into_string().expect("a name"));
    let mut names: Vec<String> = names.filter(|name| !name.contains('.') || name.ends_with(".rhai")).collect();
    names.sort();
    assert!(names.len() >= 11, "{names:?}");
    names
}

#[test]
fn all_pass_on_the_embedded_agent() {
    for name in examples() {
        Telefonist::new("run").example(&name).argument(&name).run().exits(0).says("PASS");
    }
}

#[test]
fn those_that_can_pass_on_an_old_baresip() {
    for name in examples().iter().filter(|name| !NEEDS_NEWER.contains(&name.as_str())) {
        // the hashes are those of the embedded agent
        let text = std::fs::read_to_string(repository().join("examples").join(name)).unwrap();
        let text: Vec<&str> = text.lines().filter(|line| !line.starts_with("_hash")).collect();
        let test = Telefonist::new("run").file(name, &(text.join("\n") + "\n")).argument(name);
        test.argument("--baresip").argument(OLD_BARESIP).run().exits(0).says("PASS");
    }
}

#[test]
fn basic_call_fifty_times_has_one_hash() {
    let text = std::fs::read_to_string(repository().join("examples/basic_call")).unwrap();
    let text = format!("_run 10\n{text}");
    // five hosts at once: their agents must not meet either
    let hosts: Vec<_> = (0..5)
        .map(|_| {
            let test = Telefonist::new("run basic_call").file("basic_call", &text);
            std::thread::spawn(move || test.run().exits(0))
        })
        .collect();
    let said: Vec<String> = hosts.into_iter().map(|host| host.join().expect("a host's test").stdout).collect();
    let hashes: Vec<&str> = said
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.split_once("hash "))
        .map(|(_, hash)| hash)
        .collect();
    assert_eq!(hashes.len(), 50, "{said:?}");
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
}

#[test]
fn the_attended_transfer_leaves_alice_and_charlie_with_media_both_ways() {
    let test = Telefonist::new("run attended_transfer").example("attended_transfer");
    test.run().exits(0);
    let reports = |agent: &str, peer: &str| {
        let mut events = test.events();
        events.retain(|event| {
            event["type"] == "AUDIO_REPORT"
                && event["agent"] == agent
                && event["peer"].as_str().is_some_and(|uri| uri.contains(peer))
        });
        events.pop().unwrap_or_else(|| panic!("no AUDIO_REPORT of {agent} with {peer}"))
    };
    for (agent, peer) in [("alice", "charlie"), ("charlie", "alice")] {
        let report = reports(agent, peer);
        assert_eq!((&report["fields"]["tx"], &report["fields"]["rx"]), (&true.into(), &true.into()), "{report}");
    }
}
