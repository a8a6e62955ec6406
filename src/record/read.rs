//! Event files, read.

use super::{FORMAT, Header, Record, VERSION};
use crate::diagnostic::Diagnostic;
use crate::event::Event;
use serde::Deserialize;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// How far from its end an event file is looked through for its last event, in bytes.
const TAIL: u64 = 256 * 1024;

/// The time of the last event of an event file, in milliseconds since the epoch, without reading all of it; none where it has no
/// event or can't be read.
pub fn last_time(path: &Path) -> Option<f64> {
    let mut file = File::open(path).ok()?;
    let start = file.metadata().ok()?.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start)).ok()?;
    let mut tail = vec![];
    file.take(TAIL).read_to_end(&mut tail).ok()?;
    // a torn last line is no event, and neither is what is left of the first
    tail.split(|byte| *byte == b'\n').rev().find_map(|line| Some(serde_json::from_slice::<Event>(line).ok()?.time))
}

/// What every version of the header has.
#[derive(Deserialize)]
struct Mark {
    format: String,
    version: u32,
}

impl Header {
    /// Only the first line of an event file: which run it is of.
    pub fn read(path: &Path) -> Result<Header, Diagnostic> {
        let unreadable = |error| Diagnostic::error(format!("cannot read {}: {error}", path.display()));
        let mut line = vec![];
        BufReader::new(File::open(path).map_err(unreadable)?).read_until(b'\n', &mut line).map_err(unreadable)?;
        header(&line)
    }
}

impl Record {
    /// Reads an event file. A torn last line is left out and noted; any other line that is no event is an error.
    pub fn read(path: &Path) -> Result<Record, Diagnostic> {
        let file = File::open(path).map_err(|error| {
            Diagnostic::error(format!("cannot read {}: {error}", path.display()))
                .advice("name the events.jsonl of a run's folder below <data_dir>/runs")
        })?;
        Record::read_from(BufReader::new(file), &path.display().to_string())
    }

    /// The same from any reader; `name` is for messages.
    pub(super) fn read_from(mut reader: impl BufRead, name: &str) -> Result<Record, Diagnostic> {
        let wrong = |line: u64, what: String| Diagnostic::error(format!("{name}:{line}: {what}"));
        let mut line = vec![];
        let mut next = move |line: &mut Vec<u8>| -> std::io::Result<bool> {
            line.clear();
            Ok(reader.read_until(b'\n', line)? > 0)
        };
        next(&mut line).map_err(|error| wrong(1, error.to_string()))?;
        let header = header(&line).map_err(|error| wrong(1, error.message).advice(error.advice.unwrap_or_default()))?;
        let mut record = Record { header, events: vec![], torn: None };
        let mut number = 1;
        loop {
            number += 1;
            if !next(&mut line).map_err(|error| wrong(number, error.to_string()))? {
                return Ok(record);
            }
            match serde_json::from_slice::<Event>(&line) {
                Ok(event) => record.events.push(event),
                Err(_) if line.last() != Some(&b'\n') => record.torn = Some(number),
                Err(error) => {
                    return Err(wrong(number, format!("this line is not an event: {error}"))
                        .advice("the file was changed after the run; take an unchanged copy, or run the test again"));
                }
            }
        }
    }
}

fn header(line: &[u8]) -> Result<Header, Diagnostic> {
    let not_ours = || {
        Diagnostic::error("this is not the event file of a run: its first line should name the format `telefonist-run`")
            .advice("name the events.jsonl of a run's folder below <data_dir>/runs")
    };
    let mark: Mark = serde_json::from_slice(line).map_err(|_| not_ours())?;
    if mark.format != FORMAT {
        return Err(not_ours());
    }
    if mark.version != VERSION {
        let message = format!("this event file has version {}; this program reads version {VERSION}", mark.version);
        return Err(Diagnostic::error(message).advice("read it with the telefonist that wrote it, or a newer one"));
    }
    serde_json::from_slice(line).map_err(|error| {
        Diagnostic::error(format!("the first line of the event file is damaged: {error}")).advice("run the test again")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::*;
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    const HEADER: &str = r#"{"format":"telefonist-run","version":1,"run":"r","test":"t","file":"f","time":1.5,"repetition":1,"of":1,"host":"h","agent":"a"}"#;

    fn read(text: &str) -> Result<Record, Diagnostic> {
        Record::read_from(text.as_bytes(), "events.jsonl")
    }

    fn message(text: &str) -> String {
        read(text).unwrap_err().message
    }

    #[test]
    fn a_torn_last_line_is_noted_and_any_other_bad_line_named() {
        let event = r#"{"n":0,"time":1.0,"kind":"note","type":"STEPS_DONE"}"#;
        let torn = read(&format!("{HEADER}\n{event}\n{{\"n\":1,\"ti")).unwrap();
        assert_eq!((torn.events.len(), torn.torn), (1, Some(3)));
        assert_eq!(read(&format!("{HEADER}\n{event}")).unwrap().torn, None);
        let bad = message(&format!("{HEADER}\n{event}\n{{\"n\":1}}\n{event}\n"));
        assert!(bad.starts_with("events.jsonl:3: this line is not an event: "), "{bad}");
    }

    #[test]
    fn the_last_time_is_that_of_the_last_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let event = |n: u32, text: &str| {
            format!("{{\"n\":{n},\"time\":{n}.5,\"kind\":\"note\",\"type\":\"PRINT\",\"text\":\"{text}\"}}\n")
        };
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            last_time(&path)
        };
        assert_eq!(read(&format!("{HEADER}\n")), None);
        assert_eq!(read(&format!("{HEADER}\n{}{}{{\"n\":3,\"ti", event(1, "a"), event(2, "b"))), Some(2.5));
        let long = "x".repeat(TAIL as usize - 200);
        assert_eq!(read(&format!("{HEADER}\n{}{}", event(1, &long), event(2, &long))), Some(2.5));
        assert_eq!(last_time(folder.path()), None);
    }

    #[test]
    fn other_files_and_versions_are_told_from_ours() {
        assert!(message("").contains("not the event file of a run"));
        assert!(message("{\"format\":\"x\",\"version\":1}\n").contains("not the event file of a run"));
        assert!(message("{\"format\":\"telefonist-run\",\"version\":2}\n").contains("has version 2"));
        assert!(
            message("{\"format\":\"telefonist-run\",\"version\":1}\n")
                .contains("first line of the event file is damaged")
        );
        let missing = Record::read(Path::new("/no/such/events.jsonl")).unwrap_err();
        assert!(missing.message.contains("/no/such/events.jsonl"), "{}", missing.message);
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[a-z]{0,8}", "\\PC{0,12}", Just("\u{0}\n\r\u{1b}\"\\".to_string())]
    }

    fn at() -> impl Strategy<Value = Option<At>> {
        prop::option::of((text(), any::<u32>(), any::<u32>()))
            .prop_map(|at| at.map(|(source, line, column)| At { source: source.into(), line, column }))
    }

    fn fields() -> impl Strategy<Value = Map<String, Value>> {
        let value = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            text().prop_map(Value::from)
        ];
        prop::collection::btree_map(text(), value, 0..3).prop_map(|fields| fields.into_iter().collect())
    }

    fn note() -> impl Strategy<Value = Note> {
        prop_oneof![
            (text(), text(), any::<bool>(), text()).prop_map(|(aor, address, local, baresip)| Note::AgentStarting {
                aor,
                address,
                local,
                baresip
            }),
            Just(Note::AgentStopping),
            text().prop_map(|status| Note::AgentLost { status }),
            (text(), prop::collection::vec(text(), 0..3), at()).prop_map(|(name, values, at)| Note::Directive {
                name,
                values,
                at
            }),
            (text(), at()).prop_map(|(message, at)| Note::CheckFailed { message, at }),
            (text(), prop::option::of(any::<u32>()), 0u32..9_999_999).prop_map(|(file, call, duration)| {
                Note::Recording { file, call, duration: f64::from(duration) / 1000.0 }
            }),
            (text(), at(), prop::collection::vec(text(), 0..3), prop::option::of(text())).prop_map(
                |(message, at, details, advice)| Note::Ended(Ended { how: How::Failed, message, at, details, advice })
            ),
        ]
    }

    fn sip() -> impl Strategy<Value = SipEvent> {
        let headers = prop::collection::vec((text(), text()), 0..3);
        (text(), text(), prop::option::of(any::<u16>()), prop::option::of(text()), headers, text()).prop_map(
            |(method, from, status, reason, headers, body)| SipEvent {
                direction: "IN".into(),
                transport: "UDP".into(),
                src: "127.0.0.1:5060".into(),
                dst: "127.0.0.1:5070".into(),
                call_id: from.clone(),
                cseq: format!("1 {method}"),
                to: from.clone(),
                param: body.clone(),
                method,
                status,
                reason,
                from,
                headers,
                body,
            },
        )
    }

    fn body() -> impl Strategy<Value = Body> {
        let agent = (text(), prop::option::of(text()), prop::option::of(text()), text(), fields()).prop_map(
            |(name, call, peer, param, fields)| AgentEvent { name, direction: call.clone(), call, peer, param, fields },
        );
        prop_oneof![
            agent.prop_map(Body::Event),
            sip().prop_map(|sip| Body::Sip(Box::new(sip))),
            text().prop_map(|text| Body::Log(LogLine { level: "info".into(), text })),
            (text(), at()).prop_map(|(text, at)| Body::Command(Command { text, at })),
            (any::<bool>(), text(), any::<u64>()).prop_map(|(ok, data, to)| Body::Response(Response { ok, data, to })),
            note().prop_map(Body::Note),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bodies in prop::collection::vec((prop::option::of(text()), body()), 0..6), start in 0u64..9_000_000_000_000_000) {
            // microseconds, as the log's clock rounds them
            let time = |n: usize| (start + 7 * n as u64) as f64 / 1000.0;
            let event = |(n, (agent, body)): (usize, (Option<String>, Body))| {
                Event { n: n as u64, time: time(n), agent: agent.map(Into::into), body }
            };
            let events: Vec<Event> = bodies.into_iter().enumerate().map(event).collect();
            let lines: String = events.iter().map(|event| serde_json::to_string(event).unwrap() + "\n").collect();
            prop_assert_eq!(read(&format!("{HEADER}\n{lines}")).unwrap().events, events);
        }

        #[test]
        fn any_bytes_end_in_a_record_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Record::read_from([HEADER.as_bytes(), b"\n", &bytes].concat().as_slice(), "x");
            let _ = Record::read_from(bytes.as_slice(), "x");
        }
    }
}
