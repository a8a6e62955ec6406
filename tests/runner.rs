//! `telefonist run` with many tests: at once, again, picked, shared out.

use crate::peers::{PASSWORD, kamailio, sipp};
use crate::support::{Telefonist, repository};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// A call between two agents that lasts for a while.
const CALL: &str = "uanew <sip:alice@127.0.0.1>;regint=0|0s\nuanew <sip:bob@127.0.0.1>;regint=0|0s\n\
                    sip:alice@127.0.0.1:dial sip:bob@127.0.0.1|500ms|sip:bob@127.0.0.1:accept|1s|hangup|200ms\n";
/// The shortest test there is.
const SHORT: &str = "uanew <sip:alice@127.0.0.1>;regint=0|0s\n";
const FAILS: &str = "let bob = agent(\"bob\");\nawait bob.event(\"CALL_INCOMING\") within 10ms;\n";

/// What stands in the first line of each test's report: its status and its name.
fn results(stdout: &str) -> Vec<(String, String)> {
    let words = ["PASS", "FLAKY", "FAIL", "ERROR", "CANCELLED", "SKIPPED"];
    let heads = stdout.lines().filter_map(|line| line.split_once("  ")).filter(|(status, _)| words.contains(status));
    heads
        .map(|(status, rest)| (status.to_string(), rest.rsplit_once(" (").map_or(rest, |(name, _)| name).to_string()))
        .collect()
}

fn names(stdout: &str) -> Vec<String> {
    results(stdout).into_iter().map(|(_, name)| name).collect()
}

/// The events of each run below a data folder, header first; in the order in which the runs began.
fn runs(folder: &Path) -> Vec<Vec<Value>> {
    let mut runs: Vec<_> = match folder.join("data/runs").read_dir() {
        Ok(runs) => runs.map(|run| run.unwrap().path().join("events.jsonl")).collect(),
        Err(_) => vec![],
    };
    runs.sort();
    let read = |run: &std::path::PathBuf| {
        let text = std::fs::read_to_string(run).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    runs.iter().map(read).collect()
}

/// When a run's first agent started and its last one was gone.
fn span(run: &[Value]) -> (f64, f64) {
    let times = |kind: &str| {
        run.iter().filter(|event| event["type"] == kind).filter_map(|event| event["time"].as_f64()).collect::<Vec<_>>()
    };
    let first = times("AGENT_STARTING").into_iter().fold(f64::MAX, f64::min);
    (first, times("AGENT_STOPPED").into_iter().fold(0.0, f64::max))
}

/// How many of the spans there were at once, at most.
fn most_at_once(spans: &[(f64, f64)]) -> usize {
    spans
        .iter()
        .map(|(begin, _)| spans.iter().filter(|(from, to)| from <= begin && begin < to).count())
        .max()
        .unwrap_or(0)
}

#[test]
fn tests_run_at_once_and_are_told_of_in_order() {
    let mut test = Telefonist::new("run tests --jobs 3").file("tests/d", SHORT);
    for name in ["tests/a", "tests/b", "tests/c"] {
        test = test.file(name, CALL);
    }
    let done = test.run().exits(0).says("4 passed");
    assert_eq!(names(&done.stdout), ["tests/a", "tests/b", "tests/c", "tests/d"]);
    let spans: Vec<_> = runs(test.folder.path()).iter().map(|run| span(run)).collect();
    assert!(most_at_once(&spans) >= 3, "{spans:?}");
}

#[test]
fn the_next_test_begins_while_the_agents_of_the_last_one_are_stopped() {
    let test = Telefonist::new("run tests").file("tests/a", CALL).file("tests/b", SHORT);
    test.run().exits(0);
    let runs = runs(test.folder.path());
    let steps_done =
        |run: &[Value]| run.iter().find(|event| event["type"] == "STEPS_DONE").unwrap()["time"].as_f64().unwrap();
    assert!(steps_done(&runs[0]) <= span(&runs[1]).0, "one after another");
}

#[test]
fn a_peer_that_refuses_every_third_call_makes_a_flaky_test_with_all_attempts_kept() {
    let scenario = repository().join("tests/support/every_third.xml");
    let peer = sipp(&["-sf", scenario.to_str().unwrap(), "-m", "100"]);
    let script = "let alice = agent(\"alice\");\nalice.dial(\"sip:service@127.0.0.1:\" + param(\"PORT\"));\n\
                  await alice.event(\"CALL_ESTABLISHED\") within 2s;\nalice.hangup();\nawait alice.event(\"CALL_CLOSED\") within 2s;\n";
    let test = Telefonist::new(
        "run third.rhai --repeat 3 --retries 1 --report junit=out/junit.xml --report json=out/all.json",
    );
    let test = test.argument("--report").argument("tap=out/tap").argument("--report").argument("github=out/github");
    let test = test.argument("--define").argument(format!("PORT={}", peer.port)).file("third.rhai", script);
    let done = test.run().exits(0).says("2 passed, 1 flaky").says("attempt 1 of 2: FAIL").says("attempt 2 of 2: PASS");
    assert_eq!(results(&done.stdout)[2], ("FLAKY".into(), "third.rhai (repetition 3 of 3)".into()));
    let kept = runs(test.folder.path());
    let turns: Vec<_> =
        kept.iter().map(|run| (run[0]["repetition"].as_u64().unwrap(), run[0]["attempt"].as_u64().unwrap())).collect();
    assert_eq!(turns, [(1, 1), (2, 1), (3, 1), (3, 2)]);
    let report = |name: &str| std::fs::read_to_string(test.folder.path().join("out").join(name)).unwrap();
    assert!(report("junit.xml").contains("flakyFailure"), "{}", report("junit.xml"));
    assert!(report("github").contains("::warning"), "{}", report("github"));
    assert_eq!(report("tap").lines().filter(|line| line.starts_with("ok ")).count(), 3, "{}", report("tap"));
    let json: Value = serde_json::from_str(&report("all.json")).unwrap();
    assert_eq!(json["tests"][2]["status"], "flaky");
    let run = |n: usize| kept[n][0]["run"].as_str().unwrap().to_string();
    let data = test.folder.path().join("data");
    let compared = Telefonist::new("diff")
        .argument(run(2))
        .argument(run(3))
        .argument("--data-dir")
        .argument(data.to_str().unwrap());
    compared.run().exits(1).says("CALL_CLOSED 503 Service Unavailable");
}

#[test]
fn a_test_that_keeps_failing_fails_after_its_retries() {
    let test = Telefonist::new("run a.rhai --retries 2").file("a.rhai", FAILS);
    test.run().exits(1).says("FAIL").says("attempt 3 of 3");
    assert_eq!(runs(test.folder.path()).len(), 3);
}

#[test]
fn an_account_is_used_by_one_test_at_a_time() {
    let registrar = kamailio();
    let test = format!("_account desk\nuanew desk|300ms|desk:options sip:x@127.0.0.1:{}|300ms\n", registrar.port);
    let script = "let phone = agent(account(\"desk\"), #{ name: \"phone\" });\nawait phone.registered() within 5s;\nsleep(300ms);\n";
    let accounts = format!("# shared\ndesk <sip:desk@127.0.0.1:{}>;auth_pass={PASSWORD}\n", registrar.port);
    let done = Telefonist::new("run tests --jobs 3").file("tests/a", &test).file("tests/b", &test);
    let done = done.file("tests/c.rhai", script).file("data/accounts", &accounts);
    let said = done.run().exits(0).says("3 passed").never_says(PASSWORD);
    assert_eq!(names(&said.stdout), ["tests/a", "tests/b", "tests/c.rhai"]);
    let runs = runs(done.folder.path());
    assert_eq!(most_at_once(&runs.iter().map(|run| span(run)).collect::<Vec<_>>()), 1);
    assert!(runs.iter().all(|run| run.iter().any(|event| event["type"] == "REGISTER_OK")));
}

#[test]
fn an_account_that_no_file_has_is_told_before_anything_starts() {
    let test =
        Telefonist::new("run a").file("a", "_account dsk\nuanew dsk\n").file("data/accounts", "desk <sip:a@b>\n");
    test.run().exits(3).says("there is no account `dsk`").says("did you mean `desk`").says("a:1");
    let test = Telefonist::new("run a").file("a", SHORT).file("data/accounts", "desk sip:a@b;auth_pass=geheim\n");
    test.run().exits(2).says("accounts:1: this is not an account").never_says("geheim");
    Telefonist::new("check a.rhai")
        .file("a.rhai", "let n = \"x\";\nagent(account(n));\n")
        .run()
        .exits(2)
        .says("not written out");
}

#[test]
fn never_more_agents_than_allowed() {
    let mut test = Telefonist::new("run tests --jobs 4 --max-agents 4");
    for name in ["tests/a", "tests/b", "tests/c", "tests/d"] {
        test = test.file(name, CALL);
    }
    test.run().exits(0).says("4 passed");
    let agents: Vec<(f64, f64)> = runs(test.folder.path())
        .iter()
        .flat_map(|run| {
            let name = |event: &Value| event["agent"].as_str().unwrap().to_string();
            let starts = run.iter().filter(|event| event["type"] == "AGENT_STARTING");
            let end = |of: String| {
                run.iter().find(|event| event["type"] == "AGENT_STOPPED" && name(event) == of).unwrap()["time"]
                    .as_f64()
                    .unwrap()
            };
            starts.map(|event| (event["time"].as_f64().unwrap(), end(name(event)))).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(agents.len(), 8);
    assert!(most_at_once(&agents) <= 4, "{agents:?}");
    let test = Telefonist::new("run a --max-agents 1").file("a", CALL);
    test.run().exits(3).says("as many agents run as --max-agents allows: 1").says("allow more with --max-agents");
}

#[test]
fn tests_are_picked_by_name_tag_and_last_result() {
    let folder = || {
        let test = Telefonist::new("run tests").file("tests/a", &format!("_tags smoke, tls\n{SHORT}"));
        test.file("tests/b.rhai", &format!("tags(\"smoke\");\n{FAILS}")).file("tests/c", SHORT)
    };
    let picked = |words: &[&str], code: i32| {
        let test = words.iter().fold(folder(), |test, word| test.argument(*word));
        names(&test.run().exits(code).stdout)
    };
    assert_eq!(picked(&["--tag", "smoke"], 1), ["tests/a", "tests/b.rhai"]);
    assert_eq!(picked(&["--filter", "tag:smoke and not /rhai$/ or c"], 0), ["tests/a", "tests/c"]);
    assert_eq!(picked(&["--shard", "2/2"], 1), ["tests/b.rhai"]);
    let shuffled = picked(&["--shuffle", "7"], 1);
    assert_eq!(picked(&["--shuffle", "7"], 1), shuffled);
    folder().argument("--filter").argument("a b").run().exits(2).says("write `and` or `or` before `b`");
    folder().argument("--tag").argument("nothing").run().exits(2).says("none of 3 tests fits");
    // only what failed, and nothing once it passes
    let test = folder().argument("--last-failed");
    assert_eq!(names(&test.run().exits(1).stdout).len(), 3);
    assert_eq!(names(&test.run().exits(1).stdout), ["tests/b.rhai"]);
    std::fs::write(test.folder.path().join("tests/b.rhai"), "agent(\"bob\").cmd(\"uuid\");\n").unwrap();
    test.run().exits(0);
    test.run().exits(0).says("nothing failed in its last run");
}

#[test]
fn fail_fast_leaves_the_rest_out_and_keep_failed_keeps_only_what_failed() {
    let folder = |words: &str| {
        let test = Telefonist::new(words).file("tests/a", SHORT).file("tests/b.rhai", FAILS);
        test.file("tests/c", SHORT).file("tests/d", SHORT)
    };
    let test = folder("run tests --fail-fast");
    test.run().exits(1).says("1 passed, 1 failed, 2 not run");
    let kept = |test: &Telefonist| {
        runs(test.folder.path()).iter().map(|run| run[0]["test"].as_str().unwrap().to_string()).collect::<Vec<_>>()
    };
    let test = folder("run tests --keep failed");
    test.run().exits(1);
    assert_eq!(kept(&test), ["b.rhai"]);
    let test = folder("run tests --keep none");
    test.run().exits(1).says("no CALL_INCOMING");
    assert_eq!(kept(&test), [""; 0]);
}

#[test]
fn parameters_and_secrets_come_from_outside_and_secrets_are_never_seen() {
    let script = "let n = param(\"COUNT\", 1);\nlet who = param(\"WHO\");\nprint(`${who} ${n + 1} ${secret(\"PASS\")} ${secret(\"FROM_ENV\")}`);\n\
                  agent(\"bob\").cmd(\"uuid\");\nassert(false, \"it was \" + secret(\"PASS\"));\n";
    let test =
        Telefonist::new("run a.rhai --define COUNT=41 --env-file env").file("env", "PASS='open sesame'\nWHO=nobody\n");
    let test = test.argument("--define").argument("WHO=me").file("a.rhai", script);
    let output = test.command().env("FROM_ENV", "of the environment").output().unwrap();
    let done = crate::support::Done::from(output).exits(1).never_says("sesame").says("it was ***");
    assert!(done.stdout.contains("FAIL"));
    let run = &runs(test.folder.path())[0];
    assert!(run.iter().any(|event| event["text"] == "me 42 *** ***"), "{run:?}");
    Telefonist::new("run a.rhai")
        .file("a.rhai", script)
        .run()
        .exits(3)
        .says("no value for the parameter `WHO`")
        .says("--define WHO=VALUE");
    // a macro given from outside overrides the file's own
    let file = "_define target sip:nobody@127.0.0.1:9\nuanew <sip:alice@127.0.0.1>;regint=0|0s\ndial target|10ms\n";
    let test = Telefonist::new("run a --define target=sip:other@127.0.0.1:9").file("a", file);
    test.run();
    assert!(test.events().iter().any(|event| event["text"] == "dial sip:other@127.0.0.1:9"));
    Telefonist::new("run a --define =x").file("a", SHORT).run().exits(2).says("is not a name");
}

#[test]
fn watched_tests_run_again_when_they_change() {
    let test = Telefonist::new("run . --watch").file("tests/a", SHORT).file("tests/b", SHORT);
    let mut child = test.start();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut round = || lines.by_ref().take_while(|line| !line.contains("Ctrl-C ends")).collect::<Vec<_>>().join("\n");
    assert_eq!(names(&round()), ["./tests/a", "./tests/b"]);
    std::fs::write(test.folder.path().join("tests/b"), format!("{SHORT}# changed\n")).unwrap();
    assert_eq!(names(&round()), ["./tests/b"], "what the first round has kept is no test");
    std::fs::write(test.folder.path().join("tests/c"), SHORT).unwrap();
    assert_eq!(names(&round()), ["./tests/c"]);
    // SAFETY: plain kill(2) on the program that this test started
    unsafe { libc::kill(child.id() as i32, libc::SIGINT) };
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_report_that_cannot_be_written_is_told_before_a_call_starts() {
    let test = Telefonist::new("run a --report junit=a/b.xml").file("a", SHORT);
    test.run().exits(2).says("the report a/b.xml can't be written");
    assert!(!test.folder.path().join("data").exists());
    Telefonist::new("run a --report junti=x").file("a", SHORT).run().exits(2).says("did you mean `junit`");
    let done = Telefonist::new("run a --report tap=-").file("a", SHORT).run().exits(0);
    assert!(done.stdout.starts_with("TAP version 14"), "{}", done.stdout);
    assert!(done.stderr.contains("PASS"), "{}", done.stderr);
}

#[test]
fn verbose_shows_each_tests_events_before_its_verdict() {
    let test = Telefonist::new("run tests --jobs 2 --verbose --report html=out.html");
    let test = test.file("tests/a", CALL).file("tests/b", SHORT);
    let said = test.run().exits(0).stdout;
    let line =
        |text: &str| said.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}:\n{said}"));
    let order = ["CALL_RINGING", "CALL_CLOSED", "PASS  tests/a", "PASS  tests/b", "2 passed"].map(line);
    assert!(order.is_sorted(), "{order:?}\n{said}");
    // the events of the second test, which was over long before, stand between the verdicts
    let between = said.lines().skip(order[2]).take(order[3] - order[2]);
    assert!(between.filter(|line| line.contains("alice     is ready")).count() == 1, "{said}");
    let page = std::fs::read_to_string(test.folder.path().join("out.html")).unwrap();
    assert!(page.contains("CALL_ESTABLISHED") && page.contains("data:audio/wav;base64,"), "details and recordings");
}
