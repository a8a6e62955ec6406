//! A run as one JSON object:
//!
//! ```json
//! {"format":"telefonist-export","version":1,"header":{…},"verdict":{…},"events":[…]}
//! ```
//!
//! `header` is the first line of `events.jsonl` (see `record::Header`), `events` its other lines (see `event::Event`), `verdict`
//! as in `verdict.json` (see `verdict::Verdict`), or null where the run did not come to one. Times are milliseconds since the
//! epoch. Each event stands on a line of its own. Fields may be added; `version` changes when any other change is made.

use crate::event::Event;
use crate::record::Header;
use crate::verdict::Verdict;
use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};
use std::io::{self, Write};

const FORMAT: &str = "telefonist-export";
const VERSION: u32 = 1;

pub struct Json<W> {
    to: W,
    events: usize,
}

impl<W: Write> Json<W> {
    pub fn begin(mut to: W, header: &Header, verdict: Option<&Verdict>) -> io::Result<Json<W>> {
        write!(to, "{{\"format\":\"{FORMAT}\",\"version\":{VERSION},\n\"header\":")?;
        put(&mut to, header)?;
        to.write_all(b",\n\"verdict\":")?;
        put(&mut to, &verdict)?;
        to.write_all(b",\n\"events\":[")?;
        Ok(Json { to, events: 0 })
    }

    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        let between: &[u8] = if self.events == 0 { b"\n" } else { b",\n" };
        self.to.write_all(between)?;
        self.events += 1;
        put(&mut self.to, event)
    }

    pub fn finish(mut self) -> io::Result<()> {
        self.to.write_all(b"\n]}\n")
    }
}

fn put(to: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(to, Visible)).map_err(io::Error::from)
}

/// Escapes the control characters that JSON allows: a terminal would obey them.
struct Visible;

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, to: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|c: char| c.is_control()) {
            let c = rest[at..].chars().next().unwrap_or_default();
            write!(to, "{}\\u{:04x}", &rest[..at], u32::from(c))?;
            rest = &rest[at + c.len_utf8()..];
        }
        to.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, to: &mut W, escape: CharEscape) -> io::Result<()> {
        CompactFormatter.write_char_escape(to, escape)
    }
}
