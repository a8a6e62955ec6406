//! The page as a whole: nothing that a run says is ever markup, and any record makes one.

use super::*;
use crate::diagnostic::{Diagnostic, Place, Source};
use crate::event::*;
use crate::record::Header;
use crate::report::results::{Attempt, Results, TestResult};
use crate::verdict::{Finding, Reason, Status, TestStatus, Verdict};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

/// Ends a tag, an attribute in any quotes, a script, a comment, a style; is a template, a formula, a mark of direction.
const HOSTILE: &str = "\"'><img src=x onerror=\"document.title='owned'\"></script></style></title><!--<script>document.title='owned'</script>{{7*7}}${7*7}&lt;\u{202e}\u{0}";

fn at(text: &str) -> Option<At> {
    Some(At { source: text.into(), line: 1, column: 1 })
}

fn reason(text: &str) -> Reason {
    Reason {
        message: text.into(),
        at: at(text),
        details: vec![text.into()],
        diff: Some(format!("- {text}\n+ {text}\n  {text}\n")),
        advice: Some(text.into()),
    }
}

/// One of each kind of note, with the text wherever there is one.
fn notes(text: &str) -> Vec<Note> {
    let s = || text.to_string();
    vec![
        Note::AgentStarting { aor: s(), address: s(), local: true, baresip: s() },
        Note::AgentReady { milliseconds: 1.0 },
        Note::Directive { name: s(), values: vec![s()], at: at(text) },
        Note::Print { text: s() },
        Note::Waiting { what: s(), limit: 9.0, at: at(text) },
        Note::CheckFailed { message: s(), at: at(text) },
        Note::Warning { message: s(), at: at(text) },
        Note::AgentLost { status: s() },
        Note::Recording { file: s(), call: Some(1), duration: 1.0 },
        Note::Awaited { events: vec![1] },
        Note::Reached { lines: vec![1, 3] },
        Note::StepsDone,
        Note::Ended(Ended { at: at(text), details: vec![s()], advice: Some(s()), ..Ended::failed(s()) }),
        Note::AgentStopping,
        Note::AgentStopped { status: s() },
    ]
}

/// One of each kind of event, with the text wherever there is one.
fn events(text: &str) -> Vec<Event> {
    let s = || text.to_string();
    let sip = SipEvent {
        direction: "OUT".into(),
        transport: s(),
        src: s(),
        dst: format!("2{text}"),
        method: s(),
        status: None,
        reason: Some(s()),
        call_id: s(),
        cseq: s(),
        from: s(),
        to: s(),
        headers: vec![(s(), s())],
        body: s(),
        param: format!("INVITE {text}\r\nX: {text}\r\n\r\n{text}"),
        on_wire: Some(OnWire { peer_agent: Some(s()), ..OnWire::default() }),
    };
    let refused = SipEvent {
        status: Some(486),
        direction: "IN".into(),
        on_wire: Some(OnWire { wire: 1, ..OnWire::default() }),
        ..sip.clone()
    };
    let said = |name: &str| {
        let fields = serde_json::json!({"codec": text, "protocol": text, "packets_tx": 1, "packets_rx": 0, text: text});
        Body::Event(AgentEvent {
            name: name.into(),
            call: Some(s()),
            direction: Some(s()),
            peer: Some(s()),
            param: s(),
            fields: fields.as_object().cloned().unwrap_or_default(),
        })
    };
    let mut bodies: Vec<Body> = notes(text).into_iter().map(Body::Note).collect();
    bodies.splice(
        2..2,
        [
            Body::Command(Command { text: format!("{text} {text}"), at: at(text) }),
            Body::Response(Response { ok: false, data: s(), to: 2 }),
            Body::Log(LogLine { level: s(), text: s() }),
            Body::Sip(Box::new(sip)),
            Body::Sip(Box::new(refused)),
            said("CALL_INCOMING"),
            said("CALL_ESTABLISHED"),
            said("AUDIO_REPORT"),
            said(text),
            said("CALL_CLOSED"),
        ],
    );
    let event =
        |(n, body)| Event { n: n as u64, time: Time(1_000.0 + 50.0 * n as f64), agent: Some(text.into()), body };
    bodies.into_iter().enumerate().map(event).collect()
}

fn header(text: &str) -> Header {
    Header { tags: vec![text.into()], host: text.into(), ..Header::new(text, text, text, Time(1_000.0), text) }
}

fn fragment(text: &str, events: &[Event], status: Status, room: Arc<Room>) -> String {
    let mut page = RunPage::new(&header(text), room);
    events.iter().for_each(|event| page.event(event));
    page.recording(text, &silence());
    page.recording(text, b"no sound");
    page.finish(status)
}

/// A WAV file of 10 ms.
fn silence() -> Vec<u8> {
    let mut bytes =
        b"RIFF\xc4\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\xa0\0\0\0".to_vec();
    bytes.extend([0; 160]);
    bytes
}

fn verdict(text: &str, status: Status) -> Verdict {
    Verdict {
        status,
        reasons: vec![reason(text)],
        hash: text.into(),
        expected: Some(format!("x{text}")),
        warnings: vec![reason(text)],
        findings: vec![Finding { about: text.into(), lines: vec![text.into()] }],
        heard: vec![text.into()],
    }
}

fn results(text: &str) -> Results {
    let source = Source::new(text, text);
    let problem = Diagnostic::error(text).at(Place::line(&source, 1)).label(text).advice(text);
    let attempt = |status| Attempt {
        run: text.into(),
        started: Time(1_000.0),
        duration: Duration::from_millis(1_500),
        verdict: verdict(text, status),
        flow: text.into(),
        folder: Some(text.replace('\0', "").into()),
        warnings: vec![problem.clone()],
    };
    Results {
        started: Time(1_000.0),
        duration: Duration::from_secs(3),
        host: text.into(),
        agent: text.into(),
        tests: vec![TestResult {
            file: text.into(),
            name: text.into(),
            tags: vec![text.into()],
            repetition: 1,
            repetitions: 1,
            status: TestStatus::Fail,
            attempts: vec![attempt(Status::Error), attempt(Status::Fail)],
            problems: vec![problem.clone()],
        }],
        left_out: 2,
    }
}

fn page(results: &Results, fragment: &str) -> String {
    let mut page = vec![];
    write(results, &mut |_| Some(fragment.to_string()), &mut page).expect("a page");
    String::from_utf8(page).expect("UTF-8")
}

/// What of a page is tags, comments and their like: all that stands between `<` and `>`. The text between them holds neither.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).map(|rest| rest.split_once('>').unwrap_or((rest, "")).0).collect()
}

#[test]
fn what_a_run_says_is_never_markup() {
    let fragment = fragment(HOSTILE, &events(HOSTILE), Status::Fail, Arc::default());
    let hostile = page(&results(HOSTILE), &fragment);
    for danger in ["<img", "<!--", "'owned'\"", "\"'>", "\u{202e}", "\0"] {
        assert!(!hostile.contains(danger), "{danger:?} at {}", hostile.find(danger).unwrap_or(0));
    }
    // the same run with a tame text has the very same elements
    let tame = self::fragment("tame", &events("tame"), Status::Fail, Arc::default());
    let names = |page: &str| -> Vec<String> {
        let (before, after) = page.split_once("<script>").expect("a script");
        let (_, end) = after.split_once("</script>").expect("its end");
        [before, end]
            .iter()
            .flat_map(|part| tags(part))
            .map(|tag| tag.split([' ', '\n']).next().unwrap_or("").into())
            .collect()
    };
    assert_eq!(names(&hostile).iter().filter(|name| *name == "script").count(), 2, "the messages of two attempts");
    let tame = page(&results("tame"), &tame);
    assert_eq!(names(&hostile), names(&tame));
}

#[test]
fn the_policy_allows_this_script_and_no_network() {
    let page = page(&results("x"), "");
    let (_, policy) = page.split_once("Content-Security-Policy\" content=\"").expect("a policy");
    let (policy, _) = policy.split_once('"').expect("its end");
    let hash = {
        use base64::Engine;
        use sha2::Digest;
        let (_, script) = page.rsplit_once("<script>").expect("a script");
        let (script, _) = script.split_once("</script>").expect("its end");
        base64::prelude::BASE64_STANDARD.encode(sha2::Sha256::digest(script))
    };
    let expected = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; media-src data:; img-src data:; base-uri 'none'; form-action 'none'"
    );
    assert_eq!(policy, expected);
    for inlined in [include_str!("report.js"), include_str!("report.css")] {
        assert!(!inlined.contains("</s") && !inlined.contains("<!--"), "it would end where it is inlined");
    }
}

#[test]
fn limits_are_told() {
    let print =
        |n: u64| Event { n, time: Time(n as f64), agent: None, body: Body::Note(Note::Print { text: n.to_string() }) };
    let long: Vec<Event> = (0..6_000).map(print).collect();
    let room = Arc::new(Room::default());
    let told = fragment("r1", &long, Status::Fail, room.clone());
    assert!(told.contains("1000 events between its beginning and its end are left out, here and in all that follows"));
    assert!(told.contains("events.jsonl of the run r1") && told.contains("some events are left out here"));
    assert!(!fragment("r1", &long[..5_000], Status::Fail, room.clone()).contains("left out"));
    assert!(told.contains("r1 is no WAV file that can be read"));

    let mut page = RunPage::new(&header("r2"), room);
    let megabytes = |count: usize| [silence(), vec![0; count << 20]].concat();
    page.recording("recordings/a.wav", &megabytes(19));
    page.recording("recordings/b.wav", &megabytes(2));
    page.recording("recordings/c.wav", &silence());
    let told = page.finish(Status::Pass);
    assert_eq!(told.matches("<audio").count(), 2);
    assert!(told.contains("recordings/b.wav is left out: the recordings of this report are 20 MB already"), "");
}

#[test]
fn many_passed_runs_come_without_log_in_the_end() {
    let room = Arc::new(Room::of(0, 250_000));
    let print = |n: u64| Event {
        n,
        time: Time(n as f64),
        agent: None,
        body: Body::Note(Note::Print { text: "x".repeat(10_000) }),
    };
    let events: Vec<Event> = (0..10).map(print).collect();
    let told: Vec<String> = (0..4).map(|_| fragment("r", &events, Status::Pass, room.clone())).collect();
    let brief = |told: &String| told.contains("messages and the log of this run are left out");
    assert_eq!(told.iter().map(brief).collect::<Vec<_>>(), [false, false, true, true]);
    assert!(told[3].len() < 20_000);
    assert!(!brief(&fragment("r", &events, Status::Fail, room)), "what failed is whole");
}

#[test]
fn the_title_says_how_it_went() {
    let with = |statuses: &[TestStatus], left_out: usize| {
        let test = &results("x").tests[0];
        let tests = statuses.iter().map(|status| TestResult { status: *status, ..test.clone() }).collect();
        let page = page(&Results { tests, left_out, ..results("x") }, "");
        page.split_once("<h1>").and_then(|(_, rest)| rest.split_once("</h1>")).expect("a title").0.to_string()
    };
    use TestStatus::*;
    for (statuses, left_out, title) in [
        (&[][..], 0, "No test ran"),
        (&[Pass], 0, "1 test passed"),
        (&[Pass, Flaky], 0, "All 2 tests passed"),
        (&[Pass, Skipped], 0, "1 test passed, 1 skipped"),
        (&[Pass, Pass], 1, "2 tests passed, 1 not run"),
        (&[Pass, Fail], 0, "1 of 2 tests failed"),
        (&[Error, Fail], 0, "1 of 2 tests failed, 1 could not be carried out"),
        (&[Cancelled, Pass], 3, "1 of 2 tests could not be carried out"),
        (&[Skipped], 0, "1 test skipped"),
    ] {
        assert_eq!(with(statuses, left_out), title);
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,12}", Just(HOSTILE.to_string()), "[<>\"'&/\\\\\u{0}-\u{1f}\u{2028}a-z-]{0,12}"]
}

proptest! {
    /// Whatever an agent says, and whatever the clock says, there is a page, and the text in it is text.
    #[test]
    fn any_record_makes_a_page(
        texts in prop::collection::vec(any_text(), 1..4),
        times in prop::collection::vec(prop_oneof![any::<f64>(), 0.0..9e12], 1..40),
    ) {
        let mut all: Vec<Event> = texts.iter().flat_map(|text| events(text)).collect();
        for (event, time) in all.iter_mut().zip(times.iter().cycle()) {
            event.time = Time(*time);
        }
        let fragment = fragment(&texts[0], &all, Status::Error, Arc::default());
        let escaped = !fragment.contains("<img") && !fragment.contains("<!--") && !fragment.contains('\0');
        prop_assert!(escaped);
        let known = |tag: &&str| {
            let name = tag.trim_start_matches('/');
            !name.starts_with(|c: char| c.is_ascii_lowercase())
        };
        let odd: Vec<_> = tags(&fragment).into_iter().filter(known).collect();
        prop_assert!(odd.is_empty(), "{:?}", odd);
    }
}
