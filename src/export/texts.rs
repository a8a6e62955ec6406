//! SIP messages and log lines as texts, with times (UTC). Characters that could steer a terminal are escaped.

use super::messages::Messages;
use crate::diagnostic::is_invisible;
use crate::event::{Body, Event, Time};
use std::io::{self, Write};

/// All messages, each once, below a line that says when, who and how:
///
/// ```text
/// ==== 2026-11-23 23:11:05.247 +0.000 alice > bob  UDP 127.0.0.1:5060 > 127.0.0.1:5062
/// ```
pub struct Sip<W> {
    to: W,
    messages: Messages,
    last: Option<Time>,
}

impl<W: Write> Sip<W> {
    pub fn new(to: W) -> Sip<W> {
        Sip { to, messages: Messages::default(), last: None }
    }

    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        let Some((sip, on_wire)) = self.messages.event(event) else { return Ok(()) };
        let own = event.agent.as_deref().unwrap_or_default();
        let peer = on_wire.peer_agent.as_ref().unwrap_or(&on_wire.peer).as_str();
        let (from, to) = if sip.direction == "OUT" { (own, peer) } else { (peer, own) };
        let since = (event.time - self.last.replace(event.time).unwrap_or(event.time)) / 1000.0;
        let again = if on_wire.again { "  sent again" } else { "" };
        let head = format!(
            "==== {} +{since:.3} {from} > {to}  {} {} > {}{again}",
            moment(event.time),
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

/// A time as `2026-11-23 23:11:05.247`, UTC.
fn moment(time: Time) -> String {
    // a time beyond all years becomes the epoch
    let moment = time.utc().unwrap_or_default();
    moment.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

fn visible(text: &str) -> String {
    let escape = |c: char| match is_invisible(c) && c != '\t' {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    text.chars().map(escape).collect()
}
