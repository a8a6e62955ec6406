//! `:record FILE`: the session so far in a file, as its run will be kept or as other tools read it.

use super::files::write_new;
use crate::diagnostic::Diagnostic;
use crate::event::{Event, Events};
use crate::export::{self, Format, Rtp};
use crate::record::{Header, RunFolder};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// Writes what has happened so far; the file's extension says as what: `jsonl` (a run's `events.jsonl`), or a format of
/// `telefonist export` that needs events alone. Gives how many events there were.
///
/// # Errors
/// An extension that means nothing here, a file that is there already (unless `over`), one that can't be written.
pub fn record(path: &Path, over: bool, header: &Header, events: &(impl Events + ?Sized)) -> Result<usize, Diagnostic> {
    let format = format_of(path)?;
    let unwritable = |error: std::io::Error| Diagnostic::error(format!("the session can't be recorded: {error}"));
    let folder = tempfile::tempdir().map_err(unwritable)?;
    let (mut count, mut bytes) = (0, line(header).map_err(unwritable)?);
    let mut broken = None;
    events.each(&mut |event: &Event| match line(event) {
        Ok(line) => {
            bytes.extend(line);
            count += 1;
        }
        Err(error) => broken = Some(error),
    })?;
    if let Some(error) = broken {
        return Err(unwritable(error));
    }
    let Some(format) = format else {
        write_new(path, over, &bytes)?;
        return Ok(count);
    };
    std::fs::write(folder.path().join("events.jsonl"), &bytes).map_err(unwritable)?;
    let mut file = tempfile::tempfile().map_err(unwritable)?;
    export::export(&RunFolder::open(folder.path())?, format, Rtp::Included, &mut file)?;
    let mut exported = vec![];
    file.rewind().and_then(|()| file.read_to_end(&mut exported)).map_err(unwritable)?;
    write_new(path, over, &exported)?;
    Ok(count)
}

fn line(value: &impl serde::Serialize) -> std::io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.write_all(b"\n")?;
    Ok(line)
}

/// None for JSON lines.
fn format_of(path: &Path) -> Result<Option<Format>, Diagnostic> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("jsonl") => Ok(None),
        Some("pcap") => Ok(Some(Format::Pcap)),
        Some("json") => Ok(Some(Format::Json)),
        Some("sip") => Ok(Some(Format::Sip)),
        Some("log") => Ok(Some(Format::Log)),
        _ => Err(Diagnostic::error("the end of the file's name has to say what is written").advice(
            "x.jsonl: all events, one a line; x.json: one object; x.pcap: for Wireshark; x.sip or x.log: a text",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Body, Note, Time};
    use crate::record::Record;

    #[test]
    fn a_session_is_recorded_as_a_run_is_and_nothing_is_overwritten_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let header = Header::new("r", "session", "session", Time(0.0), "baresip");
        let events = [Event { n: 0, time: Time(1.0), agent: None, body: Body::Note(Note::Print { text: "x".into() }) }];
        let path = folder.path().join("a.jsonl");
        assert_eq!(record(&path, false, &header, &events[..]), Ok(1));
        assert_eq!(Record::open(&path).unwrap().map(Result::unwrap).collect::<Vec<_>>(), events);
        assert!(record(&path, false, &header, &events[..]).unwrap_err().message.contains("there already"));
        assert_eq!(record(&path, true, &header, &events[..]), Ok(1));
        for name in ["a.json", "a.pcap", "a.sip", "a.log"] {
            assert_eq!(record(&folder.path().join(name), false, &header, &events[..]), Ok(1), "{name}");
        }
        assert!(record(&folder.path().join("a.txt"), false, &header, &events[..]).is_err());
    }
}
