//! What stands around a SIP message in the trace, and how long the message says it is.

use super::Frame;

/// Begins a message; then time, `#`, line end, addresses, line end.
const BEGIN: &[u8] = b"\x1b[36;1m";

/// Ends a message.
pub const END: &[u8] = b"\x1b[;m\n";

/// Longer texts are no time of day, no line of addresses.
const STAMP_LIMIT: usize = 32;
const ADDRESSES_LIMIT: usize = 512;

/// What stands at an escape character.
pub enum Escape {
    Begin(Header),
    End,
    Other,
    /// More bytes are needed to tell.
    Incomplete,
}

/// What precedes a message.
#[derive(Debug)]
pub struct Header {
    /// In bytes, from the escape up to the message.
    pub length: usize,
    stamp: String,
    transport: String,
    src: String,
    dst: String,
}

impl Header {
    /// It came or went in one datagram.
    pub fn is_udp(&self) -> bool {
        self.transport == "UDP"
    }

    pub fn into_frame(self, raw: Vec<u8>) -> Frame {
        let Header { stamp, transport, src, dst, .. } = self;
        Frame { stamp, transport, src, dst, raw }
    }
}

/// What the bytes, the first of which is an escape, begin with.
pub fn escape(bytes: &[u8]) -> Escape {
    if let Some(rest) = bytes.strip_prefix(BEGIN) {
        return header(rest);
    }
    if bytes.starts_with(END) {
        return Escape::End;
    }
    if BEGIN.starts_with(bytes) || END.starts_with(bytes) { Escape::Incomplete } else { Escape::Other }
}

fn header(rest: &[u8]) -> Escape {
    let is_stamp = |b: &&u8| b.is_ascii_digit() || matches!(b, b':' | b'.');
    let stamp = rest.iter().take(STAMP_LIMIT).take_while(is_stamp).count();
    let addresses = match &rest[stamp..] {
        _ if stamp == STAMP_LIMIT => return Escape::Other,
        [] | [b'#'] => return Escape::Incomplete,
        [b'#', b'\n', addresses @ ..] => addresses,
        _ => return Escape::Other,
    };
    let Some(end) = addresses.iter().take(ADDRESSES_LIMIT).position(|b| *b == b'\n') else {
        return if addresses.len() < ADDRESSES_LIMIT { Escape::Incomplete } else { Escape::Other };
    };
    let Ok(line) = std::str::from_utf8(&addresses[..end]) else { return Escape::Other };
    let mut words = line.split(' ');
    let (Some(transport), Some(src), Some("->"), Some(dst), None) =
        (words.next(), words.next(), words.next(), words.next(), words.next())
    else {
        return Escape::Other;
    };
    if transport.is_empty() || !transport.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Escape::Other;
    }
    let length = BEGIN.len() + stamp + 2 + end + 1;
    // digits, colons and points
    let stamp = String::from_utf8_lossy(&rest[..stamp]).into_owned();
    let [transport, src, dst] = [transport, src, dst].map(str::to_string);
    Escape::Begin(Header { length, stamp, transport, src, dst })
}

/// The Content-Length among headers, by its full or compact name.
pub fn content_length(head: &[u8]) -> Option<usize> {
    head.split(|b| *b == b'\n').find_map(|line| {
        let colon = line.iter().position(|b| *b == b':')?;
        let name = line[..colon].trim_ascii();
        let known = name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"l");
        known.then(|| std::str::from_utf8(line[colon + 1..].trim_ascii()).ok()?.parse().ok()).flatten()
    })
}
