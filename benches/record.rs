//! A record of a million events: written, read, judged; how fast, and in how much memory. What a record that is held in memory as a
//! whole would take stands beside it.
//!
//! The only part that is measured as it is released (`make bench`): a debug build is ten times slower at it. Each figure comes from
//! a process of its own, so that its peak of memory (VmHWM) is its own.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;
use telefonist::event::{AgentEvent, Body, Clock, Ended, Event, Events, Log, LogLine, Note, Response, SipEvent};
use telefonist::flow;
use telefonist::record::{Header, Kept, Record, Recorder, RunFolder};
use telefonist::verdict::judge;

const EVENTS: usize = 1_000_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "part") {
        return part(&arguments[at + 1], Path::new(&arguments[at + 2]));
    }
    let data = tempfile::tempdir().expect("a folder");
    println!("a record of {EVENTS} events: of ten, 5 log lines, 2 SIP messages, 2 events, 1 answer");
    for name in PARTS {
        let program = std::env::current_exe().expect("its own path");
        let done = Command::new(program).args(["part", name]).arg(data.path()).status().expect("it starts");
        assert!(done.success(), "{name}");
    }
}

const PARTS: [&str; 5] =
    ["logged and written", "read", "read by flow and verdict", "logged, written, judged", "held in memory"];

fn part(name: &str, data: &Path) {
    let file = data.join("events.jsonl");
    let begun = Instant::now();
    match name {
        "logged and written" => drop(write(data, &file)),
        "read" => assert_eq!(Record::open(&file).expect("a record").count(), EVENTS),
        "read by flow and verdict" => {
            let judged = judge(&header(), &Kept(file.clone()), None).expect("a verdict");
            assert!(judged.sound && judged.flow.text().lines().count() > 1000);
        }
        "logged, written, judged" => {
            let log = write(data, &data.join("again.jsonl"));
            assert!(judge(&header(), &*log, None).expect("a verdict").sound);
        }
        _ => {
            let all: Vec<Event> =
                Record::open(&file).expect("a record").map(|event| event.expect("an event")).collect();
            let flow = flow::Flow::of(&all[..]).expect("a flow");
            assert_eq!((all.len(), flow.text().is_empty()), (EVENTS, false));
        }
    }
    let took = begun.elapsed().as_secs_f64();
    let size = file.metadata().map_or(0, |file| file.len()) >> 20;
    println!(
        "{name:<26} {:9.0} events/s {:6} MiB at most ({size} MiB on the disk)",
        EVENTS as f64 / took,
        peak() >> 10
    );
}

fn header() -> Header {
    Header::new("id", "long", "long", 0.0, "baresip 4.12.0")
}

/// As a run does: a thread pushes, the recorder follows.
fn write(data: &Path, to: &Path) -> Arc<Log> {
    let folder = RunFolder::create(data, "long", 0.0).expect("a folder");
    let log = Arc::new(Log::new(Clock::system()));
    let recorder = Recorder::start(&folder, &header(), log.clone());
    let agents: [Arc<str>; 2] = ["alice".into(), "bob".into()];
    (0..EVENTS - 1).for_each(|n| _ = log.push(Some(&agents[n % 2]), body(n)));
    log.push(None, Body::Note(Note::Ended(Ended::finished())));
    assert_eq!((recorder.finish(), log.dropped()), (None, 0));
    std::fs::rename(folder.events(), to).expect("it is moved");
    log
}

/// In kB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

fn body(n: usize) -> Body {
    let call = n / 500;
    match n % 10 {
        0..=4 => Body::Log(LogLine {
            level: "info".into(),
            text: format!("ua: sip:alice@127.0.0.1: Call established: sip:bob@127.0.0.1:5070, number {n} of many"),
        }),
        5 | 6 => Body::Sip(Box::new(message(n))),
        7 | 8 => Body::Event(AgentEvent {
            name: ["CALL_RINGING", "CALL_ESTABLISHED", "CALL_RTCP", "CALL_RTCP", "CALL_CLOSED"][n % 500 / 100].into(),
            call: Some(format!("4a9e14852a81{call}")),
            direction: Some("outgoing".into()),
            peer: Some("sip:bob@127.0.0.1:5070".into()),
            param: if n % 500 >= 400 { "Connection reset by peer".into() } else { String::new() },
            ..AgentEvent::default()
        }),
        _ => Body::Response(Response { ok: true, data: "(active)".into(), to: n as u64 - 1 }),
    }
}

fn message(n: usize) -> SipEvent {
    let headers = [
        ("Via", "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK0a9e14852a81a7e3;rport"),
        ("Contact", "<sip:alice@127.0.0.1:5060>"),
        ("Max-Forwards", "70"),
        ("To", "<sip:bob@127.0.0.1:5070>"),
        ("From", "\"alice\" <sip:alice@127.0.0.1>;tag=4a9e14852a81a7e3"),
        ("Call-ID", "4a9e14852a81a7e3"),
        ("CSeq", "34116 OPTIONS"),
        ("User-Agent", "baresip v4.12.0 (x86_64/linux)"),
        ("Content-Length", "0"),
    ];
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    SipEvent {
        direction: if n.is_multiple_of(2) { "IN" } else { "OUT" }.into(),
        transport: "UDP".into(),
        src: "127.0.0.1:5060".into(),
        dst: "127.0.0.1:5070".into(),
        method: "OPTIONS".into(),
        status: None,
        reason: None,
        call_id: "4a9e14852a81a7e3".into(),
        cseq: "34116 OPTIONS".into(),
        from: headers[4].1.into(),
        to: headers[3].1.into(),
        headers: headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        body: String::new(),
        param: format!("OPTIONS sip:bob@127.0.0.1:5070 SIP/2.0\r\n{lines}\r\n"),
    }
}
