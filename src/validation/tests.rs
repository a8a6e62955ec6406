//! What validations in both languages see, say and stumble over.

use super::*;
use crate::event::{At, Body, Event, How, Time, weight};
use serde_json::json;
use std::fs;
use std::time::Instant;

struct Recorded(Vec<Event>);

impl Events for Recorded {
    fn each(&self, take: &mut dyn FnMut(&Event)) -> Result<(), Diagnostic> {
        self.0.each(take)
    }
}

fn events() -> Vec<Event> {
    let sip = |direction: &str, status: Option<u16>, time: Time| {
        let mut event = json!({
            "time": time, "agent": "alice", "kind": "sip", "direction": direction, "transport": "UDP", "src": "127.0.0.1:5060",
            "dst": "127.0.0.1:5070", "method": "INVITE", "call_id": "c1", "cseq": "1 INVITE", "from": "<sip:a@h>", "to": "<sip:b@h>",
            "headers": [["Via", "x"], ["Via", "ü"]], "body": "v=0", "param": "INVITE sip:b@h SIP/2.0\r\n",
        });
        if let Some(status) = status {
            (event["status"], event["reason"]) = (status.into(), "Ringing".into());
        }
        event
    };
    let said = |name: &str, time: Time, more: serde_json::Value| {
        let mut event = json!({"time": time, "agent": "alice", "kind": "event", "type": name, "call": "c1", "direction": "outgoing"});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let stats =
        json!({"tx": {"sent": 250, "lost": 1, "jit": 1500}, "rx": {"sent": 249, "lost": 2, "jit": 500}, "rtt": 1404});
    let lines = [
        json!({"time": 1.0, "agent": "alice", "kind": "note", "type": "AGENT_STARTING", "aor": "sip:alice@h", "address": "h:5060",
               "local": true, "baresip": "4"}),
        json!({"time": 2.0, "agent": "alice", "kind": "command", "text": "dial bob"}),
        sip("OUT", None, Time(10.5)),
        json!({"time": 11.0, "agent": "alice", "kind": "response", "ok": true, "data": "", "to": 1}),
        sip("IN", Some(180), Time(30.5)),
        said("CALL_RINGING", Time(31.0), json!({"peer": "sip:bob@h:5070"})),
        said("CALL_ESTABLISHED", Time(1030.5), json!({})),
        json!({"time": 1040.0, "agent": "alice", "kind": "log", "level": "warning", "text": "odd"}),
        json!({"time": 1050.0, "kind": "note", "type": "PRINT", "text": "here"}),
        said("CALL_RTCP", Time(6000.0), json!({"param": "audio", "fields": {"rtcp_stats": stats, "mos": 4.25}})),
        said(
            "AUDIO_REPORT",
            Time(6030.0),
            json!({"fields": {"packets_tx": 300, "packets_rx": 299, "codec": "PCMU", "protocol": "RTP/AVP",
                                            "tx": true, "rx": true}}),
        ),
        said("CALL_CLOSED", Time(6030.5), json!({"param": "486 Busy Here"})),
    ];
    let numbered = lines.into_iter().enumerate().map(|(n, mut line)| {
        line["n"] = n.into();
        serde_json::from_value(line).unwrap()
    });
    numbered.collect()
}

/// Reads a script from a folder of its own and judges the events by it, within a second.
fn judge(name: &str, text: &str) -> Judging {
    judge_within(name, text, Duration::from_secs(5), Arc::new(|| false))
}

fn judge_within(name: &str, text: &str, limit: Duration, stop: StopAsked) -> Judging {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    let (mut read, found) = Validations::read(&[(name.into(), asked(name))], folder.path());
    assert!(found.iter().all(|found| !found.is_error()), "{found:?}");
    read.limit = Some(limit);
    read.validate(name, &Recorded(events()), stop)
}

fn asked(name: &str) -> Place {
    Place::line(&Source::new("calls", format!("_include {name}")), 1)
}

/// What is found wrong with a script before the run.
fn found(name: &str, text: &str) -> Vec<Diagnostic> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    Validations::read(&[(name.into(), asked(name))], folder.path()).1
}

fn place(at: &Option<At>, name: &str) -> (u32, u32) {
    let at = at.as_ref().expect("a place");
    assert!(at.source.ends_with(name), "{at:?}");
    (at.line, at.column)
}

#[test]
fn both_languages_see_the_same_fields() {
    for (n, event) in events().iter().enumerate() {
        for (field, value) in seen::seen(event) {
            let (js, rhai) = match (&value, field.as_str()) {
                (serde_json::Value::Object(_), "headers") => ("[\"Via\"]", "[\"Via\"]"),
                (serde_json::Value::Object(_), _) => (".tx.sent", ".tx.sent"),
                _ => ("", ""),
            };
            let js = judge("a.js", &format!("print(events[{n}].{field}{js})"));
            let rhai = judge("a.rhai", &format!("print(events[{n}].{field}{rhai});"));
            assert_eq!((js.ended.how, rhai.ended.how), (How::Finished, How::Finished), "{field}: {js:?} {rhai:?}");
            // rhai writes 1.0 where JavaScript writes 1
            assert_eq!(js.said, [rhai.said[0].trim_end_matches(".0")], "{n} {field}");
        }
    }
}

#[test]
fn both_languages_see_the_figures_of_calls() {
    let figures = [
        ("agent", "alice"),
        ("number", "1"),
        ("peer", "bob@h"),
        ("direction", "outgoing"),
        ("begun", "31"),
        ("established", "true"),
        ("post_dial_delay", "20"),
        ("ring_time", "1000"),
        ("duration", "5000"),
        ("closed_by", "486"),
        ("closed_reason", "Busy Here"),
        ("codec", "PCMU"),
        ("protocol", "RTP/AVP"),
        ("packets_sent", "300"),
        ("packets_received", "299"),
        ("lost_sent", "1"),
        ("lost_received", "2"),
        ("jitter_sent", "1.5"),
        ("jitter_received", "0.5"),
        ("rtt", "1.404"),
        ("mos", "4.25"),
    ];
    let names: Vec<&str> = figures.iter().map(|(name, _)| *name).chain(["audio"]).collect();
    assert_eq!(judge("a.js", "Object.keys(stats[0]).forEach(name => print(name))").said, names);
    for (name, value) in figures {
        for file in ["a.js", "a.rhai"] {
            let judging = judge(file, &format!("print(stats[0].{name});"));
            assert_eq!(judging.said[0].trim_end_matches(".0"), value, "{file} {name}");
        }
    }
}

#[test]
fn what_the_script_says_itself_fails_with_its_place() {
    for (name, text, message, at) in [
        ("a.js", "\n  telefonist.assert(1 > 2, 'no: ' + 7);", "no: 7", (2, 3)),
        ("a.js", "function f(x) {\n telefonist.assert(x) }\nf(0)", "an assertion failed", (2, 2)),
        ("a.js", "telefonist.assert(undefined, 'none')", "none", (1, 1)),
        ("a.js", "['é', 1].forEach(x => telefonist.fail(x))", "é", (1, 1)),
        ("a.js", "telefonist.fail({a: [1]})", "{\"a\":[1]}", (1, 1)),
        ("a.js", "\nthrow new Error('slow')", "slow", (2, 11)),
        ("a.js", "class Slow extends Error {}\nthrow new Slow('slow')", "slow", (1, 1)),
        ("a.js", "try { telefonist.fail('no') } catch (e) {}\nwhile (true) {}", "no", (1, 1)),
        ("a.js", "try { telefonist.fail('no') } catch (e) {}\ntelefonist.fail('second')", "no", (1, 1)),
        ("a.js", "(async () => { await 0;\n telefonist.fail('later') })()", "later", (2, 2)),
        ("a.rhai", "\n  telefonist.assert(1 > 2, `no: ${7}`);", "no: 7", (2, 14)),
        ("a.rhai", "fn f(x) {\n telefonist.assert(x);\n}\nf(false);", "an assertion failed", (2, 13)),
        ("a.rhai", "[1].map(|x| telefonist.fail(`${x}`));", "1", (1, 24)),
        ("a.rhai", "\nthrow \"slow\";", "slow", (2, 1)),
        ("a.rhai", "try { telefonist.fail(\"no\"); } catch { }\nloop { }", "no", (1, 18)),
        ("a.rhai", "try { [1].map(|x| telefonist.fail(\"no\")); } catch { }", "no", (1, 30)),
    ] {
        let ended = judge(name, text).ended;
        assert_eq!((ended.how, ended.message.as_str()), (How::Failed, message), "{text}\n{ended:?}");
        assert_eq!(place(&ended.at, name), at, "{text}");
    }
    // a value has no place
    for text in ["throw 'x'", "throw {a: 1}", "Promise.reject('x')"] {
        let ended = judge("a.js", text).ended;
        assert_eq!(ended.how, How::Failed, "{text} {ended:?}");
    }
}

#[test]
fn what_cannot_be_carried_out_is_an_error_within_the_limits() {
    for (name, text, message) in [
        ("a.js", "while (true) {}", "did not end within 1.5 s"),
        ("a.js", "try { while (true) {} } catch (e) {}", "did not end within"),
        ("a.js", "(function f() { Promise.resolve().then(f) })()", "did not end within"),
        ("a.js", "/(a+)+$/.test('a'.repeat(40) + 'b')", "did not end within"),
        ("a.js", "let a = []; while (true) a.push(new Array(100).fill(1))", "needs more than 16 MiB"),
        ("a.js", "let s = 'x'; while (true) s += s", ""),
        ("a.js", "let a = 3n; while (true) a = a * a", ""),
        ("a.js", "new ArrayBuffer(1e9)", ""),
        ("a.js", "[].indexOf.call({length: 3e8}, 1)", "did not end within"),
        ("a.js", "function f() { f() }\nf()", "calls itself without end"),
        ("a.js", "events.find(e => e.type === 'NEVER').time", "TypeError: "),
        ("a.js", "(async () => { await 0; nothing })()", "ReferenceError: nothing is not defined"),
        ("a.js", "eval('(')", "SyntaxError: "),
        ("a.rhai", "loop { }", "did not end within 1.5 s"),
        ("a.rhai", "while true { try { throw 1; } catch { } }", "did not end within"),
        ("a.rhai", "let a = []; loop { a.push(a); }", "a value grew too large"),
        ("a.rhai", "let s = \"x\"; loop { s += s; }", "a value grew too large"),
        (
            "a.rhai",
            "let f = || 1; let s = \"x\"; for i in 0..23 { s += s; } loop { let g = f; let t = s + 1; f = || { g; t } }",
            "needs more than 512 MiB",
        ),
        ("a.rhai", "fn f() { f() }\nf();", "calls itself without end"),
        ("a.rhai", "let name = \"typ\";\nevents[0][name];", "NOTE has no field `typ`"),
        ("a.rhai", "let x = events.find(|e| e.type == \"CALL_HOLD\"); x.time - 5;", ""),
        ("a.rhai", "Fn(\"sleep\").call(60s);", ""),
    ] {
        // on a busy machine it takes a while to fill so much memory
        let limit = Duration::from_millis(if message.contains("more than") { 60_000 } else { 1500 });
        let begun = Instant::now();
        let ended = judge_within(name, text, limit, Arc::new(|| false)).ended;
        assert_eq!(ended.how, How::Error, "{text} {ended:?}");
        assert!(ended.message.contains(message) && !ended.message.is_empty(), "{text} {ended:?}");
        assert!(begun.elapsed() < limit * 4, "{text} {:?}", begun.elapsed());
    }
}

#[test]
fn mistakes_of_javascript_come_with_what_to_do() {
    for (text, advice) in [
        ("events.find(e => e.type === 'NEVER').time", "assert it before it is used"),
        ("agent('alice')", "`events`, `stats`, `telefonist` and `print`"),
    ] {
        let ended = judge("a.js", text).ended;
        assert!(ended.advice.as_ref().is_some_and(|told| told.contains(advice)), "{text} {ended:?}");
    }
}

#[test]
fn a_validation_can_be_stopped() {
    for (name, text) in [("a.js", "while (true) {}"), ("a.rhai", "loop { }")] {
        let judging = judge_within(name, text, Duration::from_secs(60), Arc::new(|| true));
        assert_eq!(judging.ended.how, How::Cancelled, "{name}");
    }
}

#[test]
fn what_it_prints_is_kept_up_to_a_limit() {
    let judging = judge("a.js", "console.log('a', 1, [2], {b: 3}, null, undefined); print('b')");
    for (name, text) in [
        ("a.js", "telefonist.fail('é'.repeat(1e6))"),
        ("a.rhai", "let e = \"é\"; e.pad(1000000, 'é'); telefonist.fail(e);"),
    ] {
        assert_eq!(judge(name, text).ended.message, "é".repeat(4000) + "…", "{name}");
    }
    assert_eq!(judging.said, ["a 1 [2] {\"b\":3} null undefined", "b"]);
    for (name, text) in
        [("a.js", "for (let i = 0; i < 5000; i++) print(i)"), ("a.rhai", "for i in 0..5000 { print(i); }")]
    {
        let said = judge(name, text).said;
        assert_eq!((said.len(), said[999].as_str()), (1001, "999"), "{name}");
    }
}

#[test]
fn a_record_that_is_too_long_is_an_error_of_the_validation() {
    let events = events();
    let all: usize = events.iter().map(weight).sum();
    assert_eq!(material::within(&Recorded(events.clone()), events.len(), all).unwrap().events.len(), events.len());
    for (most, bytes) in [(events.len() - 1, all), (events.len(), all - 1)] {
        let ended = material::within(&Recorded(events.clone()), most, bytes).unwrap_err();
        assert_eq!(ended.how, How::Error);
        assert!(ended.message.starts_with("the record is too long for a validation: 12 events"), "{ended:?}");
    }
}

#[test]
fn as_many_events_as_are_given_can_be_looked_through() {
    let line = events().into_iter().find(|event| matches!(event.body, Body::Log(_))).unwrap();
    let many: Vec<Event> = (0..).map(|n| Event { n, ..line.clone() }).take(60_000).collect();
    for (name, text) in [
        ("a.js", "telefonist.assert(events.filter(e => e.type === 'LOG').length === 60000)"),
        (
            "a.rhai",
            "telefonist.assert(events.filter(|e| e.type == \"LOG\").len() == 60000);\nfn f() { events.len() }\nf();",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        let (read, _) = Validations::read(&[(name.into(), asked(name))], folder.path());
        let ended = read.validate(name, &Recorded(many.clone()), Arc::new(|| false)).ended;
        assert_eq!(ended, Ended::finished(), "{name}");
    }
}

#[test]
fn mistakes_are_found_before_a_run() {
    for (name, text, message, advice, at) in [
        ("a.js", "let a = 1;\nif (a {\n}", "", "", "2:"),
        ("a.js", "}", "", "", "1:1"),
        ("a.rhai", "let x = ;", "", "", "1:9"),
        ("a.rhai", "let alice = agent(\"alice\");\nalice.hangup();", "a validation has no agents", "`events`", "1:13"),
        ("a.rhai", "await events;", "a validation can't wait", "the run is over", "1:7"),
        ("a.rhai", "sleep(5s);", "a validation can't wait", "", "1:1"),
        ("a.rhai", "assert(true, \"x\");", "belongs in a test", "telefonist.assert(", "1:1"),
        ("a.rhai", "test \"x\" { print(1); }", "`test` belongs in a test", "", "1:6"),
        ("a.rhai", "validate(\"b.rhai\");", "belongs in a test", "", "1:1"),
        ("a.rhai", "telefonist.asert(true);", "no method `asert`", "did you mean `assert`?", "1:12"),
        ("a.rhai", "telefonist.fail();", "can't be called with ()", "telefonist.fail(text)", "1:12"),
        ("a.rhai", "telefonist.assert(1, \"x\");", "can't be called with (a number, a text)", "", "1:12"),
        ("a.rhai", "for e in event { print(e); }", "no variable `event`", "did you mean `events`?", "1:10"),
        ("a.rhai", "events.find(|e| e.methd == 1);", "", "`method`", "1:19"),
    ] {
        let found = found(name, text);
        let errors: Vec<_> = found.iter().filter(|found| found.is_error()).collect();
        assert_eq!(errors.len(), 1, "{text} {found:?}");
        let place = errors[0].place.as_ref().expect("a place").to_string();
        assert!(place.contains(&format!("{name}:{at}")), "{text} {place}");
        assert!(errors[0].message.contains(message), "{text} {:?}", errors[0]);
        assert!(errors[0].advice.as_deref().unwrap_or_default().contains(advice), "{text} {:?}", errors[0]);
        assert!(errors[0].code.is_some(), "{text} {:?}", errors[0]);
    }
    // nothing of a script runs before the run
    assert_eq!(found("a.js", "'use strict';\nwhile (true) {}"), []);
    assert_eq!(found("a.js", "telefonist.fail('x')"), []);
    assert_eq!(
        found("a.rhai", "telefonist.assert(events.len() > 0, \"none\");\nfn f() { stats.len() }\nprint(f());"),
        []
    );
}

#[test]
fn scripts_are_plain_files_of_their_folder() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("scripts");
    fs::create_dir(&folder).unwrap();
    fs::write(data.path().join("outside.js"), "1").unwrap();
    fs::write(folder.join("check.js"), "1").unwrap();
    fs::write(folder.join("large.js"), " ".repeat(256 * 1024 + 1)).unwrap();
    fs::write(folder.join("latin.js"), b"'\xe9'").unwrap();
    fs::create_dir(folder.join("folder.js")).unwrap();
    std::os::unix::fs::symlink(data.path().join("outside.js"), folder.join("link.js")).unwrap();
    std::os::unix::fs::symlink(folder.join("check.js"), folder.join("inside.js")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(folder.join("pipe.js")).status().unwrap().success());
    for (name, told, advice) in [
        ("chek.js", "there is no validation script `chek.js` in ", "did you mean `check.js`?"),
        ("nothing.rhai", "there is no validation script `nothing.rhai` in ", "put it there"),
        ("../outside.js", "is not the name of a validation script", "a plain file name"),
        ("sub/check.js", "is not the name of a validation script", ""),
        (".hidden.js", "is not the name of a validation script", ""),
        ("check.lua", "is not the name of a validation script", ""),
        ("large.js", "it is larger than 256 KiB", ""),
        ("latin.js", "it is not UTF-8", ""),
        ("folder.js", "there is no validation script", ""),
        ("pipe.js", "there is no validation script", ""),
        ("link.js", "a link that leads out of its folder", ""),
    ] {
        let (read, found) = Validations::read(&[(name.into(), asked(name))], &folder);
        assert_eq!((read.texts().count(), found.len()), (0, 1), "{name}");
        assert!(found[0].message.contains(told), "{name} {found:?}");
        assert!(found[0].advice.as_deref().unwrap_or_default().contains(advice), "{name} {found:?}");
        assert_eq!(found[0].place, Some(asked(name)));
    }
    for name in ["check.js", "inside.js"] {
        assert_eq!(Validations::read(&[(name.into(), asked(name))], &folder).1, [], "{name}");
    }
    let judging = Validations::default().validate("never.js", &Recorded(events()), Arc::new(|| false));
    assert_eq!(judging.ended.how, How::Error);
}

/// The example of telefonist (Go)'s README, as it stands there.
const OF_THE_SEED: &str = include_str!("../../tests/fixtures/validation/validation.js");

#[test]
fn the_example_of_the_seed_measures_the_delay() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("validation.js"), OF_THE_SEED).unwrap();
    let (read, found) = Validations::read(&[("validation.js".into(), asked("validation.js"))], folder.path());
    assert_eq!(found, []);
    let judged = |ringing: f64, without: &str| {
        let mut events = events();
        for event in &mut events {
            match &mut event.body {
                Body::Sip(sip) if sip.status.is_none() => sip.direction = "IN".into(),
                Body::Event(said) if said.name == "CALL_RINGING" => event.time = Time(ringing),
                _ => {}
            }
        }
        events.retain(|event| !matches!(&event.body, Body::Event(said) if said.name == without));
        read.validate("validation.js", &Recorded(events), Arc::new(|| false)).ended
    };
    assert_eq!(judged(210.0, ""), Ended::finished());
    for (ringing, without, told, line) in [
        (210.5, "", "Too much post dial delay! PDD=200", 11),
        (1000.25, "", "Too much post dial delay! PDD=989.75", 11),
        (31.0, "CALL_RTCP", "No RTCP stats reported", 15),
        (31.0, "CALL_RINGING", "Call was never rung", 7),
    ] {
        let ended = judged(ringing, without);
        assert_eq!((ended.how, ended.message.as_str()), (How::Failed, told));
        assert_eq!(place(&ended.at, "validation.js"), (line, 1));
    }
}

#[test]
fn the_report_of_a_call_is_one_event() {
    let line = |n: u64, agent: &str, text: &str| Event {
        n,
        time: Time(n as f64),
        agent: Some(agent.into()),
        body: Body::Log(crate::event::LogLine { level: "info".into(), text: text.into() }),
    };
    let texts = [
        ("a", "call: terminated"),
        ("a", "audio           Transmit:     Receive:"),
        ("b", "audio           Transmit:     Receive:"),
        ("a", "packets:            100           99"),
        ("b", "packets:             99          100"),
        ("a", "avg. bitrate:      64.1         64.4  (kbit/s)"),
        ("a", "errors:               0            0"),
        ("a", "jitter:             0.1          0.2  (ms)"),
        ("b", "ua: stop all (forced=0)"),
        ("b", "errors:               0            0"),
        ("a", "audio           Transmit:     Receive:"),
    ];
    let events: Vec<Event> = texts.iter().enumerate().map(|(n, (agent, text))| line(n as u64, agent, text)).collect();
    let seen = material::of(&Recorded(events)).unwrap().events;
    let text = |event: &Arc<Event>| if let Body::Log(line) = &event.body { line.text.clone() } else { String::new() };
    let table = |agent: &str| {
        let lines = texts.iter().filter(|(of, text)| *of == agent && text.contains(':')).map(|(_, text)| *text);
        lines.skip(usize::from(agent == "a")).collect::<Vec<_>>()
    };
    let expected = [
        texts[0].1.to_string(),
        table("a")[..5].join("\n"),
        table("b")[..2].join("\n"),
        texts[8].1.to_string(),
        texts[9].1.to_string(),
        texts[10].1.to_string(),
    ];
    assert_eq!(seen.iter().map(text).collect::<Vec<_>>(), expected);
}
