//! The HTML report of real runs: what is in it, and that nothing in it is markup. `tests/browser` opens the same report in Chromium.

use crate::support::Telefonist;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use telefonist::pipeline;
use telefonist::record::{Header, last_time};
use telefonist::report::html::{self, Room};
use telefonist::report::results::{Attempt, Results, TestResult};
use telefonist::verdict::Verdict;

/// A test with the folders of its runs.
fn result(name: &str, runs: &[PathBuf]) -> TestResult {
    let attempts: Vec<Attempt> = runs.iter().map(|run| attempt(run)).collect();
    TestResult { tags: vec!["smoke".into()], ..TestResult::new(name, attempts) }
}

fn attempt(run: &Path) -> Attempt {
    let events = run.join("events.jsonl");
    let header = Header::read(&events).expect("the record");
    let verdict = std::fs::read_to_string(run.join("verdict.json")).expect("the verdict");
    let last = last_time(&events).expect("events");
    Attempt {
        run: header.run,
        started: header.time,
        duration: Duration::from_secs_f64((last - header.time) / 1000.0),
        verdict: Verdict::from_json(&verdict).expect("a verdict"),
        flow: std::fs::read_to_string(run.join("flow.txt")).expect("the flow"),
        folder: Some(run.to_path_buf()),
        warnings: vec![],
    }
}

fn fragment(attempt: &Attempt, room: &Arc<Room>) -> Option<String> {
    Some(pipeline::page(attempt.folder.as_ref()?, attempt.verdict.status, room).expect("the record"))
}

fn page(tests: Vec<TestResult>) -> String {
    let started = tests[0].attempts[0].started;
    let results = Results {
        started,
        duration: tests.iter().map(TestResult::duration).sum(),
        host: concat!("telefonist ", env!("CARGO_PKG_VERSION")).into(),
        agent: "baresip 4.12.0 (embedded)".into(),
        tests,
        left_out: 0,
    };
    let room = Arc::new(Room::default());
    let mut page = vec![];
    html::write(&results, &mut |attempt| fragment(attempt, &room), &mut page).expect("a page");
    String::from_utf8(page).expect("UTF-8")
}

/// For the browser's tests.
fn keep(name: &str, page: &str) {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&place, page).expect("the report is written");
}

/// Bob takes the call, or is busy; the test wants the call to be answered.
fn call_to_bob(bob: &str) -> String {
    format!(
        "let alice = agent(\"alice\", #{{ audio: \"alice.wav\" }});
let bob = agent(\"bob\", #{{ audio: \"bob.wav\" }});
alice.dial(bob);
await bob.event(\"CALL_INCOMING\") within 5s;
{bob}
await alice.event(\"CALL_ESTABLISHED\") within 2s;
await all([alice.event(\"CALL_RTPESTAB\"), bob.event(\"CALL_RTPESTAB\")]) within 5s;
alice.hangup();
await bob.event(\"CALL_CLOSED\");
"
    )
}

fn run_of(test: &Telefonist, code: i32) -> PathBuf {
    test.run().exits(code);
    test.run_folder()
}

#[test]
fn a_report_of_calls_that_pass_fail_and_are_flaky() {
    let passing = Telefonist::new("run basic_call").example("basic_call");
    let answering = Telefonist::new("run to_bob.rhai").file("to_bob.rhai", &call_to_bob("bob.accept();"));
    let busy = Telefonist::new("run to_bob.rhai").file("to_bob.rhai", &call_to_bob("bob.hangup();"));
    let (passed, answered, failed) = (run_of(&passing, 0), run_of(&answering, 0), run_of(&busy, 1));
    let page = page(vec![
        result("examples/basic_call", &[passed]),
        result("busy.rhai", std::slice::from_ref(&failed)),
        result("flaky.rhai", &[failed, answered]),
    ]);
    keep("report.html", &page);

    assert!(page.contains("<h1>1 of 3 tests failed</h1>"));
    for status in ["PASS", "FAIL", "FLAKY"] {
        assert!(page.contains(&format!(">{status}</span>")), "{status}");
    }
    // the ladder: both records of a message are one row
    let rows = |label: &str| page.matches(&format!("{label} from bob to alice<")).count();
    assert!(rows("180 Ringing") == 4, "one in each run: {}", rows("180 Ringing"));
    assert!(
        page.contains("busy.rhai") && page.contains("<audio controls preload=\"none\" src=\"data:audio/wav;base64,")
    );
    assert!(page.contains("MOS") && page.contains("PCMU"));
    // nothing is loaded: there is no address in an attribute but data: and places in the page
    for attribute in ["src=\"", "href=\""] {
        for at in page.match_indices(attribute) {
            let value = &page[at.0 + attribute.len()..];
            assert!(value.starts_with("data:") || value.starts_with('#'), "{}", &value[..40]);
        }
    }
}

/// The run of a busy bob, with this in place of his name wherever it may stand.
#[test]
fn a_report_of_a_run_that_speaks_html() {
    const HOSTILE: &str =
        "\"'><img src=x onerror=\"document.title='owned'\"></script><!--<script>document.title='owned'</script>";
    let busy = Telefonist::new("run to_bob.rhai").file("to_bob.rhai", &call_to_bob("bob.hangup();"));
    let run = run_of(&busy, 1);
    let quoted = serde_json::to_string(HOSTILE).expect("JSON");
    let quoted = &quoted[1..quoted.len() - 1];
    for file in ["events.jsonl", "verdict.json"] {
        let text = std::fs::read_to_string(run.join(file)).expect("a file of the run");
        std::fs::write(run.join(file), text.replace("bob", quoted)).expect("it is written");
    }
    let page = page(vec![result(HOSTILE, &[run])]);
    keep("hostile.html", &page);
    assert!(page.contains("onerror=") && !page.contains("<img") && !page.contains("<!--"));
}
