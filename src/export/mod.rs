//! A kept run as a file for other tools: captures, texts, JSON, sound, or all of it. Everything is made from the run's folder.

mod archive;
mod json;
mod messages;
mod packets;
mod payload;
mod pcap;
mod recordings;
mod rtp;
mod sound;
mod texts;

use crate::diagnostic::Diagnostic;
use crate::event::Event;
use crate::flow::Flow;
use crate::record::{Kept, Record, RunFolder, is_going_on};
use crate::verdict::stored_verdict;
use rtp::RtpPackets;
use std::fmt;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;
use std::str::FromStr;

pub use archive::Archive;
pub use recordings::recordings;

/// What a run can be exported as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The SIP messages and the RTP as a capture, for Wireshark, sngrep, tcpdump.
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

/// Whether a capture has the RTP and RTCP of the calls beside their SIP messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rtp {
    Included,
    LeftOut,
}

/// Writes a run in a format. What it gives are warnings: what is missing in the export, and why.
///
/// # Errors
/// The record can't be read; nothing of the kind was kept; `to` can't be written: then it may hold a part.
pub fn export(run: &RunFolder, format: Format, rtp: Rtp, to: impl Write + Seek) -> Result<Vec<Diagnostic>, Diagnostic> {
    let mut to = BufWriter::new(to);
    let warnings = match format {
        Format::Pcap | Format::Flow | Format::Sip | Format::Log | Format::Json => {
            text_or_capture(run, format, rtp, &mut to)?
        }
        Format::Wav => sound::write(run, &mut to)?,
        Format::Zip => archive::write(run, rtp, &mut to)?,
    };
    to.flush().map_err(unwritable)?;
    Ok(warnings)
}

/// The formats that are made of the events.
fn text_or_capture(
    run: &RunFolder,
    format: Format,
    rtp: Rtp,
    to: &mut impl Write,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    if format == Format::Flow {
        let flow = Flow::of(&Kept(run.events()))?;
        return to.write_all(flow.text().as_bytes()).map(|()| vec![]).map_err(unwritable);
    }
    let mut record = Record::open(&run.events())?;
    let mut warnings = vec![];
    match format {
        Format::Pcap => {
            let rtp = match rtp {
                Rtp::Included => RtpPackets::open(run).map_err(|error| unreadable(&run.path().join("rtp"), &error))?,
                Rtp::LeftOut => RtpPackets::default(),
            };
            let mut capture = pcap::Capture::begin(&mut *to, rtp).map_err(unwritable)?;
            each(&mut record, |event| capture.event(event))?;
            capture.finish().map_err(unwritable)?;
            warnings = capture.left_out();
        }
        Format::Sip => {
            let mut sip = texts::Sip::new(&mut *to);
            each(&mut record, |event| sip.event(event))?;
        }
        Format::Json => {
            let verdict = stored_verdict(run.path()).transpose()?;
            let mut json = json::Json::begin(&mut *to, &record.header, verdict.as_ref()).map_err(unwritable)?;
            each(&mut record, |event| json.event(event))?;
            json.finish().map_err(unwritable)?;
        }
        _ => {
            let mut log = texts::Log::new(&mut *to);
            each(&mut record, |event| log.event(event))?;
        }
    }
    warnings.extend(incomplete(run, &record));
    Ok(warnings)
}

/// Says so of a record, read to its end, that does not hold all of its run.
pub fn incomplete(run: &RunFolder, record: &Record) -> Option<Diagnostic> {
    let message = match record.torn() {
        _ if is_going_on(run.path()) => format!("{} is still going on: this is the run up to now", run.id()),
        Some(line) => format!("the record of {} ends in the middle of line {line}: its host was killed", run.id()),
        None => return None,
    };
    Some(Diagnostic::warning(message))
}

/// Gives events one by one to what takes them.
fn each(record: &mut Record, mut take: impl FnMut(&Event) -> io::Result<()>) -> Result<(), Diagnostic> {
    for event in record {
        take(&event?).map_err(unwritable)?;
    }
    Ok(())
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(format!("cannot read {}: {error}", path.display()))
        .advice("see that the run's folder is whole and may be read")
}

fn unwritable(error: io::Error) -> Diagnostic {
    Diagnostic::error(format!("the export can't be written: {error}")).advice("see that there is room for it")
}

#[cfg(test)]
mod tests;
