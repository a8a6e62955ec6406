//! Event files, read event by event.

use super::{FORMAT, Header, VERSION};
use crate::diagnostic::Diagnostic;
use crate::event::{Event, Events, Time};
use crate::sip::Pairing;
use serde::Deserialize;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// No line of ours is longer, in bytes: an agent's answer has 16 MiB at most, and JSON makes six bytes of some.
const LONGEST: u64 = 128 * 1024 * 1024;
/// Read at once, in bytes.
const BLOCK: usize = 128 * 1024;

/// A run as its event file tells it: the header, and an iterator over the events, of which none is kept.
pub struct Record<R = BufReader<File>> {
    pub header: Header,
    reader: R,
    /// For messages.
    name: String,
    /// The last line that was read; kept for its memory.
    line: Vec<u8>,
    /// The number of that line, from 1.
    number: u64,
    torn: Option<u64>,
    /// For records of versions that did not say which message on the wire an event is.
    pairing: Pairing,
}

/// How far from its end an event file is looked through for its last event, in bytes.
const TAIL: u64 = 256 * 1024;

/// The time of the last event of an event file, without reading all of it; none where it has no
/// event or can't be read.
pub fn last_time(path: &Path) -> Option<Time> {
    last(path).map(|event| event.time)
}

/// The last event in the same way.
pub fn last(path: &Path) -> Option<Event> {
    let mut file = path.is_file().then(|| File::open(path).ok())??;
    let start = file.metadata().ok()?.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start)).ok()?;
    let mut tail = vec![];
    file.take(TAIL).read_to_end(&mut tail).ok()?;
    // a torn last line is no event, and neither is what is left of the first
    tail.split(|byte| *byte == b'\n').rev().find_map(|line| serde_json::from_slice(line).ok())
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
        Record::open(path).map(|record| record.header)
    }
}

impl Record {
    /// Begins to read an event file.
    ///
    /// # Errors
    /// It can't be read, or is not the event file of a run in a version that is known here.
    pub fn open(path: &Path) -> Result<Record, Diagnostic> {
        let unreadable = |why: String| {
            Diagnostic::error(format!("cannot read {}: {why}", path.display()))
                .advice("name the events.jsonl of a run's folder below <data_dir>/runs")
        };
        // a folder may come from anywhere, and a pipe would be waited for
        if path.metadata().is_ok_and(|file| !file.is_file()) {
            return Err(unreadable("it is not a file".into()));
        }
        let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
        Record::of(BufReader::with_capacity(BLOCK, file), &path.display().to_string())
    }
}

impl<R: BufRead> Record<R> {
    /// The same from any reader; `name` is for messages.
    pub(super) fn of(mut reader: R, name: &str) -> Result<Record<R>, Diagnostic> {
        let wrong = |what: String| Diagnostic::error(format!("{name}:1: {what}"));
        let mut line = vec![];
        next_line(&mut reader, &mut line).map_err(|error| wrong(error.to_string()))?;
        let header = header(&line).map_err(|error| wrong(error.message).advice(error.advice.unwrap_or_default()))?;
        Ok(Record { header, reader, name: name.to_string(), line, number: 1, torn: None, pairing: Pairing::default() })
    }

    /// The number of the file's last line when it is torn: the host was killed while it wrote. Known at the end only.
    pub fn torn(&self) -> Option<u64> {
        self.torn
    }

    fn wrong(&self, what: String) -> Diagnostic {
        Diagnostic::error(format!("{}:{}: {what}", self.name, self.number))
    }
}

/// The events in the order of the file. A torn last line is left out and noted; any other line that is no event is an
/// error.
impl<R: BufRead> Iterator for Record<R> {
    type Item = Result<Event, Diagnostic>;

    fn next(&mut self) -> Option<Result<Event, Diagnostic>> {
        self.number += 1;
        match next_line(&mut self.reader, &mut self.line) {
            Ok(false) => return None,
            Ok(true) => {}
            Err(error) => return Some(Err(self.wrong(error.to_string()))),
        }
        match serde_json::from_slice::<Event>(&self.line) {
            Ok(mut event) => {
                if let Some(agent) = &event.agent {
                    self.pairing.number(agent, &mut event.body);
                }
                Some(Ok(event))
            }
            Err(_) if self.line.last() != Some(&b'\n') => {
                self.torn = Some(self.number);
                None
            }
            Err(error) => Some(Err(self
                .wrong(format!("this line is not an event: {error}"))
                .advice("the file was changed after the run; take an unchanged copy, or run the test again"))),
        }
    }
}

/// False at the end.
pub(super) fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let read = reader.take(LONGEST).read_until(b'\n', line)?;
    if read as u64 == LONGEST && line.last() != Some(&b'\n') {
        return Err(io::Error::other("this line is longer than any that telefonist writes"));
    }
    Ok(read > 0)
}

/// An event file that is read as often as is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept(pub PathBuf);

impl Events for Kept {
    fn each(&self, take: &mut dyn FnMut(&Event)) -> Result<(), Diagnostic> {
        for event in Record::open(&self.0)? {
            take(&event?);
        }
        Ok(())
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

    /// All events, and the number of the torn line.
    fn read(text: &[u8]) -> Result<(Vec<Event>, Option<u64>), Diagnostic> {
        let mut record = Record::of(text, "events.jsonl")?;
        let events = record.by_ref().collect::<Result<_, _>>()?;
        Ok((events, record.torn()))
    }

    fn message(text: &str) -> String {
        read(text.as_bytes()).unwrap_err().message
    }

    #[test]
    fn a_torn_last_line_is_noted_and_any_other_bad_line_named() {
        let event = r#"{"n":0,"time":1.0,"kind":"note","type":"STEPS_DONE"}"#;
        let (events, torn) = read(format!("{HEADER}\n{event}\n{{\"n\":1,\"ti").as_bytes()).unwrap();
        assert_eq!((events.len(), torn), (1, Some(3)));
        assert_eq!(read(format!("{HEADER}\n{event}").as_bytes()).unwrap().1, None);
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
        assert_eq!(read(&format!("{HEADER}\n{}{}{{\"n\":3,\"ti", event(1, "a"), event(2, "b"))), Some(Time(2.5)));
        let long = "x".repeat(TAIL as usize - 200);
        assert_eq!(read(&format!("{HEADER}\n{}{}", event(1, &long), event(2, &long))), Some(Time(2.5)));
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
        let missing = Header::read(Path::new("/no/such/events.jsonl")).unwrap_err();
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
        let number = || (0u32..9_999_999).prop_map(|number| f64::from(number) / 1000.0);
        prop_oneof![
            (text(), text(), any::<bool>(), text()).prop_map(|(aor, address, local, baresip)| Note::AgentStarting {
                aor,
                address,
                local,
                baresip
            }),
            number().prop_map(|milliseconds| Note::AgentReady { milliseconds }),
            Just(Note::AgentStopping),
            text().prop_map(|status| Note::AgentStopped { status }),
            text().prop_map(|status| Note::AgentLost { status }),
            (text(), prop::collection::vec(text(), 0..3), at()).prop_map(|(name, values, at)| Note::Directive {
                name,
                values,
                at
            }),
            text().prop_map(|text| Note::Print { text }),
            text().prop_map(|name| Note::StepBegins { name, at: None }),
            (text(), any::<bool>()).prop_map(|(name, ok)| Note::StepEnds { name, ok }),
            (text(), number(), at()).prop_map(|(what, limit, at)| Note::Waiting { what, limit, at }),
            (text(), at()).prop_map(|(message, at)| Note::CheckFailed { message, at }),
            (text(), at()).prop_map(|(message, at)| Note::Warning { message, at }),
            (text(), prop::option::of(any::<u32>()), number()).prop_map(|(file, call, duration)| Note::Recording {
                file,
                call,
                duration
            }),
            prop::collection::vec(1u32.., 0..4).prop_map(|lines| Note::Reached { lines }),
            prop::collection::vec(any::<u64>(), 0..4).prop_map(|events| Note::Awaited { events }),
            Just(Note::StepsDone),
            (text(), at(), prop::collection::vec(text(), 0..3), prop::option::of(text())).prop_map(
                |(message, at, details, advice)| Note::Ended(Ended {
                    message,
                    at,
                    details,
                    advice,
                    ..Ended::failed("")
                })
            ),
            (text(), text(), at(), prop::option::of(text())).prop_map(|(file, message, at, advice)| Note::Validated {
                file,
                ended: Ended { message, at, advice, ..Ended::error("") }
            }),
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
                on_wire: Some(OnWire {
                    wire: u64::from(status.unwrap_or_default()),
                    again: status.is_some(),
                    ..OnWire::default()
                }),
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
                Event { n: n as u64, time: Time(time(n)), agent: agent.map(Into::into), body }
            };
            let events: Vec<Event> = bodies.into_iter().enumerate().map(event).collect();
            let lines: String = events.iter().map(|event| serde_json::to_string(event).unwrap() + "\n").collect();
            prop_assert_eq!(read(format!("{HEADER}\n{lines}").as_bytes()).unwrap().0, events);
        }

        #[test]
        fn any_bytes_end_in_a_record_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&[HEADER.as_bytes(), b"\n", &bytes].concat());
            let _ = read(&bytes);
        }
    }
}
