//! A kept run as a file for other tools: captures, texts, JSON, sound, or all of it. Everything is made from the run's folder.

mod archive;
mod json;
mod messages;
mod packets;
mod payload;
mod pcap;
mod sound;
mod texts;

use crate::diagnostic::Diagnostic;
use crate::event::Event;
use crate::flow::Flow;
use crate::record::{Record, RunFolder};
use crate::verdict::Verdict;
use std::fmt;
use std::io::{self, BufWriter, ErrorKind, Read, Seek, Write};
use std::path::Path;
use std::str::FromStr;

/// What a run can be exported as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The SIP messages as a capture, for Wireshark, sngrep, tcpdump.
    Pcap,
    /// The flow's text.
    Flow,
    /// All SIP messages as a text, with times and who sent them.
    Sip,
    /// The agents' log lines, with times.
    Log,
    /// Header, verdict and all events as one JSON object.
    Json,
    /// What the agents heard: a WAV file, or a zip of several.
    Wav,
    /// All of these, and the run's own files.
    Zip,
}

impl Format {
    pub const ALL: [Format; 7] =
        [Format::Pcap, Format::Flow, Format::Sip, Format::Log, Format::Json, Format::Wav, Format::Zip];

    pub fn name(self) -> &'static str {
        match self {
            Format::Pcap => "pcap",
            Format::Flow => "flow",
            Format::Sip => "sip",
            Format::Log => "log",
            Format::Json => "json",
            Format::Wav => "wav",
            Format::Zip => "zip",
        }
    }

    /// The name of the file that it is kept in by default.
    pub fn file_name(self, run: &RunFolder) -> String {
        let end = match self {
            Format::Sip => "sip.txt",
            Format::Flow => "flow.txt",
            Format::Wav if !sound::is_one(run) => "recordings.zip",
            other => other.name(),
        };
        format!("{}.{end}", run.id())
    }

    /// Whether it is nothing for a terminal.
    pub fn is_binary(self) -> bool {
        matches!(self, Format::Pcap | Format::Wav | Format::Zip)
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Format, String> {
        Format::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| format!("`{text}` is no format"))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Writes a run in a format. What it gives are warnings: what is missing in the export, and why.
///
/// # Errors
/// The record can't be read; nothing of the kind was kept; `to` can't be written: then it may hold a part.
pub fn export(run: &RunFolder, format: Format, to: impl Write + Seek) -> Result<Vec<Diagnostic>, Diagnostic> {
    let mut to = BufWriter::new(to);
    let warnings = match format {
        Format::Pcap | Format::Flow | Format::Sip | Format::Log | Format::Json => {
            text_or_capture(run, format, &mut to)?
        }
        Format::Wav => sound::write(run, &mut to)?,
        Format::Zip => archive::write(run, &mut to)?,
    };
    to.flush().map_err(unwritable)?;
    Ok(warnings)
}

/// The formats that are made of the events.
fn text_or_capture(run: &RunFolder, format: Format, to: &mut impl Write) -> Result<Vec<Diagnostic>, Diagnostic> {
    let record = Record::read(&run.events())?;
    let events = &record.events;
    let mut warnings = vec![];
    if let Some(line) = record.torn {
        let message = format!("the record of {} ends in the middle of line {line}: its host was killed", run.id());
        warnings.push(Diagnostic::warning(message));
    }
    let written = match format {
        Format::Pcap => {
            let capture = pcap::Capture::begin(&mut *to);
            let capture = capture.and_then(|capture| each(events, capture, pcap::Capture::event));
            capture.map(|capture| warnings.extend(capture.left_out()))
        }
        Format::Sip => each(events, texts::Sip::new(&mut *to), texts::Sip::event).map(drop),
        Format::Log => each(events, texts::Log::new(&mut *to), texts::Log::event).map(drop),
        Format::Json => {
            let verdict = kept_verdict(run)?;
            let json = json::Json::begin(&mut *to, &record.header, verdict.as_ref());
            json.and_then(|json| each(events, json, json::Json::event)).and_then(json::Json::finish)
        }
        _ => to.write_all(Flow::of(events).text().as_bytes()),
    };
    written.map_err(unwritable)?;
    Ok(warnings)
}

/// Gives events to what takes them one by one.
fn each<T>(events: &[Event], mut taker: T, take: impl Fn(&mut T, &Event) -> io::Result<()>) -> io::Result<T> {
    events.iter().try_for_each(|event| take(&mut taker, event))?;
    Ok(taker)
}

/// The verdict of a run; none where its host did not come to it.
///
/// # Errors
/// The file is there but holds none.
pub fn kept_verdict(run: &RunFolder) -> Result<Option<Verdict>, Diagnostic> {
    let path = run.path().join("verdict.json");
    let mut text = String::new();
    let read = std::fs::File::open(&path).and_then(|file| file.take(VERDICT_LIMIT).read_to_string(&mut text));
    match read {
        Ok(_) => Verdict::from_json(&text).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(&path, &error)),
    }
}

/// A longer verdict is damaged, in bytes.
const VERDICT_LIMIT: u64 = 64 * 1024 * 1024;

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(format!("cannot read {}: {error}", path.display()))
        .advice("see that the run's folder is whole and may be read")
}

fn unwritable(error: io::Error) -> Diagnostic {
    Diagnostic::error(format!("the export can't be written: {error}")).advice("see that there is room for it")
}

#[cfg(test)]
mod tests;
