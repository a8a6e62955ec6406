//! Why bytes are not a SIP message.

use std::fmt;

/// The longest message that is read, in bytes: what a UDP datagram can carry.
pub const LIMIT: usize = 64 * 1024;

/// Why bytes are not a SIP message. Lines count from 1, the start line being the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParseError {
    /// Nothing but line ends: a keep-alive (RFC 5626 section 3.5.1).
    Empty,
    /// Longer than [`LIMIT`]: that many bytes.
    TooLong(usize),
    /// Neither `METHOD uri SIP/2.0` nor `SIP/2.0 code reason`. The line as found, its first characters.
    StartLine(String),
    /// A header line without a colon, or with a name that is no token.
    Header(usize),
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParseError::Empty => write!(f, "an empty message (a keep-alive)"),
            ParseError::TooLong(length) => write!(f, "{length} bytes long, the limit is {LIMIT}"),
            ParseError::StartLine(line) => write!(f, "its first line is neither a request nor a status line: {line:?}"),
            ParseError::Header(line) => write!(f, "line {line} is not a header (`Name: value`)"),
        }
    }
}

impl std::error::Error for ParseError {}
