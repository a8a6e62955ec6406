//! SIP messages and log lines as texts, with times (UTC). Characters that could steer a terminal are escaped.

use super::messages::Messages;
use crate::diagnostic::is_invisible;
use crate::event::{Body, Event};
use crate::report::ladder::End;
use chrono::DateTime;
use std::io::{self, Write};

/// All messages, each once, below a line that says when, who and how:
///
/// ```text
/// ==== 2026-11-23 23:11:05.247 +0.000 alice > bob  UDP 127.0.0.1:5060 > 127.0.0.1:5062
/// ```
pub struct Sip<W> {
    to: W,
    messages: Messages,
    last: Option<f64>,
}

impl<W: Write> Sip<W> {
    pub fn new(to: W) -> Sip<W> {
        Sip { to, messages: Messages::default(), last: None }
    }

    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        let Some((sip, again)) = self.messages.event(event) else { return Ok(()) };
        let name = |at: &str| match self.messages.wire.end(event.n, sip, at) {
            End::Agent(name) => name.to_string(),
            End::Peer(name) => name,
        };
        let since = (event.time - self.last.replace(event.time).unwrap_or(event.time)) / 1000.0;
        let again = if again { "  sent again" } else { "" };
        let head = format!(
            "==== {} +{since:.3} {} > {}  {} {} > {}{again}",
            moment(event.time),
            name(&sip.src),
            name(&sip.dst),
            sip.transport,
            sip.src,
            sip.dst
        );
        writeln!(self.to, "{}", visible(&head))?;
        for line in sip.param.trim_end().lines() {
            writeln!(self.to, "{}", visible(line))?;
        }
        writeln!(self.to)
    }
}

/// The agents' log lines: `2026-11-23 23:11:05.247 alice warning: …`
pub struct Log<W> {
    to: W,
}

impl<W: Write> Log<W> {
    pub fn new(to: W) -> Log<W> {
        Log { to }
    }

    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        let Body::Log(line) = &event.body else { return Ok(()) };
        let agent = event.agent.as_deref().unwrap_or("-");
        let text = format!("{} {agent} {}: {}", moment(event.time), line.level, line.text);
        writeln!(self.to, "{}", visible(&text))
    }
}

/// Milliseconds since the epoch as `2026-11-23 23:11:05.247`, UTC.
fn moment(time: f64) -> String {
    // a float that does not fit becomes the nearest that does, and a time beyond all years the epoch
    let moment = DateTime::from_timestamp_millis(time.floor() as i64).unwrap_or_default();
    moment.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

fn visible(text: &str) -> String {
    let escape = |c: char| match is_invisible(c) && c != '\t' {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    text.chars().map(escape).collect()
}
