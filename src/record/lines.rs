//! The lines of an event file from an event's number on, found without reading the lines before.

use super::Header;
use super::read::next_line;
use crate::diagnostic::Diagnostic;
use crate::event::Time;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Read at once, in bytes.
const BLOCK: usize = 64 * 1024;
/// A part of this length is read from its begin: halving it further saves nothing.
const NEAR: u64 = 64 * 1024;
/// `{"n":18446744073709551615,` is not longer.
const MARK: usize = 32;

/// An event as its line has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub n: u64,
    pub time: Time,
    /// `event`, `sip`, …
    pub kind: String,
    /// The whole event.
    pub json: String,
}

#[derive(Deserialize)]
struct Mark<'a> {
    n: u64,
    time: Time,
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

/// Calls `take` with the events of a file from number `from` on, for as long as it says true. A last line that is not whole is not there
/// yet.
///
/// # Errors
/// The file can't be read, or holds a line that is no event.
pub fn lines_from(path: &Path, from: u64, take: &mut dyn FnMut(Line) -> bool) -> Result<(), Diagnostic> {
    let unreadable = |why: &dyn std::fmt::Display| {
        Diagnostic::error(format!("cannot read {}: {why}", path.display())).advice("see whether the run was deleted")
    };
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let start = place(&file, from).map_err(|error| unreadable(&error))?;
    let mut reader = BufReader::with_capacity(BLOCK, file);
    reader.seek(SeekFrom::Start(start)).map_err(|error| unreadable(&error))?;
    let mut line = vec![];
    while next_line(&mut reader, &mut line).map_err(|error| unreadable(&error))? {
        let Some((b'\n', whole)) = line.split_last() else { return Ok(()) };
        let json = std::str::from_utf8(whole).map_err(|error| unreadable(&error))?;
        let mark: Mark = serde_json::from_str(json).map_err(|error| unreadable(&error))?;
        let found = Line { n: mark.n, time: mark.time, kind: mark.kind.into_owned(), json: json.to_string() };
        if found.n >= from && !take(found) {
            return Ok(());
        }
    }
    Ok(())
}

/// The events from a number on, at most `limit`, as JSON, and the number to go on from, if there are more.
///
/// # Errors
/// The file can't be read, or is none of ours.
pub fn lines(path: &Path, from: u64, limit: usize) -> Result<(Vec<Box<RawValue>>, Option<u64>), Diagnostic> {
    Header::read(path)?;
    let (mut events, mut next) = (vec![], None);
    lines_from(path, from, &mut |line| {
        match events.len() < limit {
            true => events.extend(RawValue::from_string(line.json)),
            false => next = Some(line.n),
        }
        next.is_none()
    })?;
    Ok((events, next))
}

/// Where a line begins at which, or not far after which, the event of that number is.
fn place(file: &File, from: u64) -> io::Result<u64> {
    let Some(first) = after(file, 0)? else { return Ok(file.metadata()?.len()) };
    let (mut low, mut high) = (first, file.metadata()?.len());
    while high > low + NEAR {
        let middle = low + (high - low) / 2;
        match after(file, middle)?.filter(|start| *start < high) {
            Some(start) if number(file, start)?.is_some_and(|n| n <= from) => low = start,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// Where the line begins that follows the one at a byte.
fn after(file: &File, at: u64) -> io::Result<Option<u64>> {
    let mut reader = BufReader::with_capacity(BLOCK / 8, file);
    reader.seek(SeekFrom::Start(at))?;
    let skipped = reader.skip_until(b'\n')?;
    let end = at + skipped as u64;
    Ok((skipped > 0 && end < file.metadata()?.len()).then_some(end))
}

/// The number of the event whose line begins there.
fn number(file: &File, at: u64) -> io::Result<Option<u64>> {
    let mut begin = [0; MARK];
    let read = file.read_at(&mut begin, at)?;
    let text = std::str::from_utf8(&begin[..read]).unwrap_or_default();
    let number = text.strip_prefix("{\"n\":").and_then(|rest| rest.split_once(','));
    Ok(number.and_then(|(digits, _)| digits.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Body, Event, Note};
    use crate::record::Header;
    use proptest::prelude::*;

    /// A file of events with those numbers; the texts make lines of very different lengths.
    fn file(numbers: &[u64], length: impl Fn(u64) -> usize, end: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let header = Header::new("r", "t", "t", Time(0.0), "a");
        let mut text = serde_json::to_string(&header).unwrap() + "\n";
        for n in numbers {
            let body = Body::Note(Note::Print { text: "é".repeat(length(*n)) });
            let event = Event { n: *n, time: Time(*n as f64), agent: None, body };
            text.push_str(&(serde_json::to_string(&event).unwrap() + "\n"));
        }
        std::fs::write(file.path(), text + end).unwrap();
        file
    }

    fn numbers(path: &Path, from: u64, most: usize) -> Vec<u64> {
        let mut found = vec![];
        lines_from(path, from, &mut |line| {
            assert_eq!((line.time, line.kind.as_str()), (Time(line.n as f64), "note"));
            found.push(line.n);
            found.len() < most
        })
        .unwrap();
        found
    }

    #[test]
    fn events_are_found_by_their_number_in_a_long_file_with_a_torn_end() {
        let all: Vec<u64> = (0..30_000).collect();
        let file = file(&all, |n| (n % 37) as usize, "{\"n\":30000,\"ti");
        for from in [0, 1, 777, 15_000, 29_998] {
            assert_eq!(numbers(file.path(), from, 3), all[from as usize..].iter().take(3).copied().collect::<Vec<_>>());
        }
        assert_eq!(numbers(file.path(), 30_000, 3), [0; 0]);
        assert_eq!(numbers(file.path(), u64::MAX, 3), [0; 0]);
    }

    #[test]
    fn a_file_without_events_and_one_that_is_none() {
        assert_eq!(numbers(file(&[], |_| 0, "").path(), 0, 3), [0; 0]);
        let broken = file(&[0], |_| 0, "nonsense\n");
        assert!(lines_from(broken.path(), 0, &mut |_| true).is_err());
        assert!(lines_from(Path::new("/no/such"), 0, &mut |_| true).unwrap_err().message.contains("/no/such"));
    }

    #[test]
    fn a_part_is_read_by_numbers_and_says_where_the_next_begins() {
        let file = file(&[0, 1, 2, 5, 6], |_| 1, "{\"n\":7,\"ti");
        let read = |from: u64, limit: usize| {
            let (events, next) = lines(file.path(), from, limit).unwrap();
            let numbers = events.iter().map(|event| serde_json::from_str::<Event>(event.get()).unwrap().n);
            (numbers.collect::<Vec<_>>(), next)
        };
        assert_eq!(read(0, 2), (vec![0, 1], Some(2)));
        assert_eq!(read(2, 2), (vec![2, 5], Some(6)));
        assert_eq!(read(3, 9), (vec![5, 6], None));
        assert_eq!(read(9, 9), (vec![], None));
        std::fs::write(file.path(), "{}\n").unwrap();
        assert!(lines(file.path(), 0, 1).unwrap_err().message.contains("not the event file"));
    }

    proptest! {
        #[test]
        fn whatever_is_missing_the_rest_is_found(
            gaps in prop::collection::vec((1u64..4, 0usize..20_000), 1..40), from in 0u64..100
        ) {
            let all: Vec<u64> = gaps.iter().scan(0, |n, (gap, _)| { *n += gap; Some(*n) }).collect();
            let lengths: std::collections::HashMap<u64, usize> =
                all.iter().copied().zip(gaps.iter().map(|(_, length)| *length)).collect();
            let file = file(&all, |n| lengths[&n], "");
            let expected: Vec<u64> = all.iter().copied().filter(|n| *n >= from).collect();
            prop_assert_eq!(numbers(file.path(), from, usize::MAX), expected);
        }
    }
}
