//! The codec of ctrl_tcp: netstrings (`LENGTH:JSON,`) both ways, one JSON object each.

use serde_json::{Map, Value};
use std::fmt;

/// The longest frame that is taken from an agent, in bytes.
pub const FRAME_LIMIT: usize = 16 * 1024 * 1024;

/// The longest `command params` that baresip executes, in bytes. Beyond it, it runs what its stack happens to hold.
pub const COMMAND_LIMIT: usize = 1023;

/// What an agent sends.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// The answer to the command that carried the token.
    Response { ok: bool, data: String, token: Option<String> },
    /// `"event":true`: an event under the agent's own names (see [`super::vocabulary`]).
    Event(Map<String, Value>),
    /// `"message":true`: a MESSAGE that came in.
    Message(Map<String, Value>),
}

/// What an agent should not have sent. Nothing after it is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CtrlError {
    /// Bytes that are no netstring, from that place in the stream (from 0) on. They are skipped up to the next
    /// `LENGTH:{`, without another error.
    Garbage { offset: u64 },
    /// A netstring longer than [`FRAME_LIMIT`]; treated as garbage.
    TooLong { offset: u64, length: u64 },
    /// A whole netstring that holds none of the three kinds of object; it is left out.
    Content { offset: u64, what: String },
}

impl fmt::Display for CtrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CtrlError::Garbage { offset } => {
                write!(
                    f,
                    "ctrl_tcp: no frame at byte {offset}; skipped up to the next one (is it a baresip that listens there?)"
                )
            }
            CtrlError::TooLong { offset, length } => {
                write!(f, "ctrl_tcp: a frame of {length} bytes at byte {offset}, the limit is {FRAME_LIMIT}; skipped")
            }
            CtrlError::Content { offset, what } => write!(f, "ctrl_tcp: frame at byte {offset} left out: {what}"),
        }
    }
}

impl std::error::Error for CtrlError {}

/// Cuts a byte stream into frames, whatever pieces it comes in.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Where the unread part of `buffer` begins.
    start: usize,
    /// Where `buffer` begins in the stream.
    base: u64,
    /// Within garbage that has been reported.
    skipping: bool,
}

/// What stands at a place of the stream.
enum Found {
    /// A frame whose content is `buffer[from..to]`.
    Frame {
        from: usize,
        to: usize,
    },
    Incomplete,
    Garbage,
    TooLong(u64),
}

impl Decoder {
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Takes bytes in; [`Decoder::next`] gives what they complete.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.base += self.start as u64;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    fn frame(&self) -> Found {
        let rest = &self.buffer[self.start..];
        let digits = rest.iter().take(10).take_while(|b| b.is_ascii_digit()).count();
        // no leading zeros: they would make two texts of one frame
        if digits == 0 || digits == 10 || (digits > 1 && rest[0] == b'0') {
            return Found::Garbage;
        }
        match rest.get(digits) {
            None => return Found::Incomplete,
            Some(b':') => {}
            Some(_) => return Found::Garbage,
        }
        let length = rest[..digits].iter().fold(0, |n, b| n * 10 + u64::from(b - b'0'));
        if length > FRAME_LIMIT as u64 {
            return Found::TooLong(length);
        }
        let from = self.start + digits + 1;
        let to = from + length as usize;
        if self.skipping && self.buffer.get(from).is_some_and(|b| *b != b'{') {
            return Found::Garbage;
        }
        match self.buffer.get(to) {
            Some(b',') => Found::Frame { from, to },
            Some(_) => Found::Garbage,
            None => Found::Incomplete,
        }
    }

    /// Goes on to the next place where a frame may begin.
    fn skip(&mut self) {
        let rest = &self.buffer[self.start + 1..];
        self.start += 1 + rest.iter().position(u8::is_ascii_digit).unwrap_or(rest.len());
    }
}

impl Iterator for Decoder {
    type Item = Result<Incoming, CtrlError>;

    /// The next frame or error; none until more bytes come.
    fn next(&mut self) -> Option<Self::Item> {
        while self.start < self.buffer.len() {
            let offset = self.offset();
            let error = match self.frame() {
                Found::Incomplete => return None,
                Found::Frame { from, to } => {
                    self.start = to + 1;
                    self.skipping = false;
                    return Some(read(&self.buffer[from..to]).map_err(|what| CtrlError::Content { offset, what }));
                }
                Found::Garbage => CtrlError::Garbage { offset },
                Found::TooLong(length) => CtrlError::TooLong { offset, length },
            };
            self.skip();
            if !std::mem::replace(&mut self.skipping, true) {
                return Some(Err(error));
            }
        }
        None
    }
}

/// The object in a frame; else what is wrong with it.
fn read(content: &[u8]) -> Result<Incoming, String> {
    let object = parse_object(content)?;
    let is = |key| object.get(key) == Some(&Value::Bool(true));
    if is("event") {
        return Ok(Incoming::Event(object));
    }
    if is("message") {
        return Ok(Incoming::Message(object));
    }
    if is("response") {
        let ok = object.get("ok") == Some(&Value::Bool(true));
        let text = |key| object.get(key).and_then(Value::as_str).map(str::to_string);
        return Ok(Incoming::Response { ok, data: text("data").unwrap_or_default(), token: text("token") });
    }
    Err("neither a response nor an event nor a message".to_string())
}

/// baresip passes the peers' bytes on unchecked: those that are not UTF-8 become U+FFFD.
pub(super) fn parse_object(content: &[u8]) -> Result<Map<String, Value>, String> {
    let object = match std::str::from_utf8(content) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_str(&String::from_utf8_lossy(content)),
    };
    object.map_err(|error| format!("not a JSON object ({error})"))
}

/// All that a whole stream holds; for fuzzing.
pub fn decode_all(bytes: &[u8]) -> Vec<Result<Incoming, CtrlError>> {
    let mut decoder = Decoder::new();
    decoder.feed(bytes);
    decoder.collect()
}

/// Why a command is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EncodeError {
    /// No command word, or white space within it.
    Word,
    /// A line end or another control character, which baresip would cut the command at, or type on its menu.
    Control(char),
    /// Longer than [`COMMAND_LIMIT`]: that many bytes.
    TooLong(usize),
    /// It names a file by a path, to run what is in it or to write over it.
    Path,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EncodeError::Word => write!(f, "a command begins with one word, without white space in it"),
            EncodeError::Control(c) => write!(f, "the command holds a control character ({c:?}); take it out"),
            EncodeError::TooLong(length) => write!(
                f,
                "the command is {length} bytes long, baresip takes {COMMAND_LIMIT} at most; shorten its parameters"
            ),
            EncodeError::Path => write!(
                f,
                "an agent loads modules, and plays into files, by their names alone; take the path out (what it hears is in its recording)"
            ),
        }
    }
}

impl std::error::Error for EncodeError {}

/// A command as the bytes to write. All values are strings: baresip up to 1.1 dies of any other type.
pub fn encode(command: &str, params: &str, token: &str) -> Result<Vec<u8>, EncodeError> {
    if command.is_empty() || command.contains(' ') {
        return Err(EncodeError::Word);
    }
    if let Some(c) = [command, params, token].into_iter().flat_map(str::chars).find(|c| c.is_control()) {
        return Err(EncodeError::Control(c));
    }
    if leads_out(command, params) {
        return Err(EncodeError::Path);
    }
    let length = if params.is_empty() { command.len() } else { command.len() + 1 + params.len() };
    if length > COMMAND_LIMIT {
        return Err(EncodeError::TooLong(length));
    }
    let mut object = Map::new();
    object.insert("command".to_string(), command.into());
    if !params.is_empty() {
        object.insert("params".to_string(), params.into());
    }
    object.insert("token".to_string(), token.into());
    let json = Value::Object(object).to_string();
    Ok(format!("{}:{json},", json.len()).into_bytes())
}

/// Whether a command would have the agent run, or write over, any file of this machine: a test may come from anywhere. baresip takes words in
/// any case.
fn leads_out(command: &str, params: &str) -> bool {
    let writes = |player: &str| player.contains("aufile") && player.contains('/');
    let params = params.to_lowercase();
    match command.to_lowercase().as_str() {
        "insmod" => params.contains('/'),
        "auplay" => writes(&params),
        "uanew" => params.split("audio_player").skip(1).any(|after| {
            let value = after.trim_start_matches([' ', '=']);
            writes(match value.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next().unwrap_or_default(),
                None => value.split(';').next().unwrap_or_default(),
            })
        }),
        _ => false,
    }
}

#[cfg(test)]
#[path = "ctrl_tests.rs"]
mod tests;
