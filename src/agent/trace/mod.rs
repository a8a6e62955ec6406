//! The agent's stdout, cut into SIP messages and log lines.
//!
//! baresip run with `-s` writes both into one stream:
//!
//! ```text
//! ESC[36;1m20:59:40.238#⏎
//! UDP 127.0.0.1:31000 -> 127.0.0.1:31100⏎
//! …the message, as it was on the wire…ESC[;m⏎
//! ```
//!
//! (the time only from v2.5.0 on). Content-Length says where a message ends: its body may hold anything. Warnings are
//! red lines whose colour is reset at the start of the next one.

mod ansi;
mod frame;
mod splitter;
mod viewpoint;

pub use splitter::Splitter;
pub use viewpoint::Viewpoint;

/// A longer log line is cut, in bytes.
pub const LINE_LIMIT: usize = 64 * 1024;

/// A SIP message whose end does not come within that many bytes is cut there.
pub const FRAME_LIMIT: usize = 128 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    Sip(Frame),
    /// A line without its colours; never blank.
    Log {
        level: Level,
        text: String,
    },
}

/// A SIP message that the agent sent or received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The agent's local time of day, `20:59:40.238`; empty before v2.5.0.
    pub stamp: String,
    /// `UDP`, `TCP`, `TLS`, `WS`, `WSS`.
    pub transport: String,
    /// `address:port`.
    pub src: String,
    pub dst: String,
    /// As it was on the wire.
    pub raw: Vec<u8>,
}

/// What the colour of a log line says: baresip's warnings and errors are both red.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Info,
    Warning,
}

impl Level {
    /// As events name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warning => "warning",
        }
    }
}

/// All that a whole stream holds; for fuzzing.
pub fn split_all(bytes: &[u8]) -> Vec<Item> {
    let mut splitter = Splitter::new();
    splitter.feed(bytes);
    splitter.end();
    splitter.collect()
}

#[cfg(test)]
mod tests;
