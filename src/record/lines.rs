//! Parts of an event file as they stand there, without a look at what they say.

use super::Header;
use crate::diagnostic::Diagnostic;
use serde_json::value::RawValue;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// The events from a number on, at most `limit`, as JSON, and the number to go on from, if there are more. A torn last line is left
/// out.
///
/// # Errors
/// The file can't be read, or is none of ours.
pub fn lines(path: &Path, from: u64, limit: usize) -> Result<(Vec<Box<RawValue>>, Option<u64>), Diagnostic> {
    Header::read(path)?;
    let unreadable = |error: std::io::Error| Diagnostic::error(format!("cannot read {}: {error}", path.display()));
    let mut reader = BufReader::with_capacity(1 << 17, File::open(path).map_err(unreadable)?);
    let (mut events, mut line) = (vec![], String::new());
    loop {
        line.clear();
        if reader.read_line(&mut line).map_err(unreadable)? == 0 || !line.ends_with('\n') {
            return Ok((events, None));
        }
        let Some(number) = number(&line).filter(|number| *number >= from) else { continue };
        if events.len() == limit {
            return Ok((events, Some(number)));
        }
        // each is one object: what is none was written by nobody of ours
        events.extend(RawValue::from_string(line.trim_end().to_string()));
    }
}

/// `{"n":17,…` → 17; the header has none.
fn number(line: &str) -> Option<u64> {
    let digits = line.strip_prefix("{\"n\":")?;
    digits.split_once(|c: char| !c.is_ascii_digit())?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_by_numbers_and_says_where_the_next_begins() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let head = r#"{"format":"telefonist-run","version":1,"run":"r","test":"t","file":"f","time":1.5,"repetition":1,"of":1,"host":"h","agent":"a"}"#;
        let event = |n: u32| format!("{{\"n\":{n},\"time\":1.0,\"kind\":\"note\",\"type\":\"STEPS_DONE\"}}\n");
        // dropped ones are missing
        let text: String = [0, 1, 2, 5, 6].map(event).concat();
        std::fs::write(&path, format!("{head}\n{text}{{\"n\":7,\"ti")).unwrap();
        let read = |from: u64, limit: usize| {
            let (events, next) = lines(&path, from, limit).unwrap();
            (events.iter().map(|event| number(&format!("{event}\n")).unwrap()).collect::<Vec<_>>(), next)
        };
        assert_eq!(read(0, 2), (vec![0, 1], Some(2)));
        assert_eq!(read(2, 2), (vec![2, 5], Some(6)));
        assert_eq!(read(3, 9), (vec![5, 6], None));
        assert_eq!(read(9, 9), (vec![], None));
        std::fs::write(&path, "{}\n").unwrap();
        assert!(lines(&path, 0, 1).unwrap_err().message.contains("not the event file"));
    }
}
