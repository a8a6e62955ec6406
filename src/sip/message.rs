//! One SIP message: start line, headers, body (RFC 3261 section 7).

use super::compact::spelled_out;
use super::error::{LIMIT, ParseError};
use super::headers::branch;
use super::uri::NameAddr;

/// A SIP message. Bytes that are not UTF-8 were replaced by U+FFFD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    start: StartLine,
    headers: Vec<(String, String)>,
    /// As long as Content-Length says; all that is there when it says more, or nothing.
    pub body: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum StartLine {
    Request { method: String, uri: String },
    Status { code: u16, reason: String },
}

impl Message {
    /// Reads one whole message. Line ends may be LF alone, and line ends before the start line are skipped
    /// (RFC 3261 section 7.5); folded header lines are joined by one space.
    pub fn parse(bytes: &[u8]) -> Result<Message, ParseError> {
        if bytes.len() > LIMIT {
            return Err(ParseError::TooLong(bytes.len()));
        }
        let blank = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let mut lines = Lines { rest: &bytes[blank..] };
        let start = lines.next().ok_or(ParseError::Empty)?;
        let start = StartLine::parse(&String::from_utf8_lossy(start))?;
        let headers = parse_headers(&mut lines)?;
        let mut body = lines.rest;
        let length = lookup(&headers, "Content-Length").and_then(|value| value.parse::<usize>().ok());
        if let Some(length) = length {
            body = &body[..length.min(body.len())];
        }
        Ok(Message { start, headers, body: String::from_utf8_lossy(body).into_owned() })
    }

    pub fn is_request(&self) -> bool {
        matches!(self.start, StartLine::Request { .. })
    }

    /// The method of a request; for a response that of its CSeq (empty without one).
    pub fn method(&self) -> &str {
        match &self.start {
            StartLine::Request { method, .. } => method,
            StartLine::Status { .. } => self.cseq().map_or("", |(_, method)| method),
        }
    }

    /// The Request-URI.
    pub fn request_uri(&self) -> Option<&str> {
        match &self.start {
            StartLine::Request { uri, .. } => Some(uri),
            StartLine::Status { .. } => None,
        }
    }

    /// The status code of a response: 100 to 999, though nothing above 699 has a meaning.
    pub fn status(&self) -> Option<u16> {
        match self.start {
            StartLine::Request { .. } => None,
            StartLine::Status { code, .. } => Some(code),
        }
    }

    /// The reason phrase of a response; may be empty.
    pub fn reason(&self) -> Option<&str> {
        match &self.start {
            StartLine::Request { .. } => None,
            StartLine::Status { reason, .. } => Some(reason),
        }
    }

    /// The first header of that name, full or compact, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        lookup(&self.headers, name)
    }

    /// All headers in the order of the message, compact names spelled out, other names as they were sent.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// Headers and body, taken out.
    pub fn into_parts(self) -> (Vec<(String, String)>, String) {
        (self.headers, self.body)
    }

    /// Empty when the header is missing, as with the accessors below.
    pub fn call_id(&self) -> &str {
        self.header("Call-ID").unwrap_or("")
    }

    /// The whole value: `Alice <sip:alice@example.com>;tag=1`.
    pub fn from(&self) -> &str {
        self.header("From").unwrap_or("")
    }

    /// The whole value: `Bob <sip:bob@example.com>`.
    pub fn to(&self) -> &str {
        self.header("To").unwrap_or("")
    }

    /// Number and method.
    pub fn cseq(&self) -> Option<(u32, &str)> {
        let (number, method) = self.header("CSeq")?.split_once([' ', '\t'])?;
        Some((number.parse().ok()?, method.trim()))
    }

    pub fn from_tag(&self) -> Option<&str> {
        NameAddr::parse(self.from())?.tag()
    }

    pub fn to_tag(&self) -> Option<&str> {
        NameAddr::parse(self.to())?.tag()
    }

    /// The branch of the topmost Via: the transaction (RFC 3261 section 17.1.3).
    pub fn branch(&self) -> Option<&str> {
        branch(self.header("Via")?)
    }
}

impl StartLine {
    fn parse(line: &str) -> Result<StartLine, ParseError> {
        StartLine::read(line.trim()).ok_or_else(|| ParseError::StartLine(line.chars().take(80).collect()))
    }

    fn read(line: &str) -> Option<StartLine> {
        let (first, rest) = line.split_once([' ', '\t'])?;
        let rest = rest.trim_start();
        if is_version(first) {
            let (code, reason) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
            let digits = code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit());
            let code = code.parse().ok().filter(|code| digits && *code >= 100)?;
            return Some(StartLine::Status { code, reason: reason.trim().to_string() });
        }
        let (uri, version) = rest.rsplit_once([' ', '\t'])?;
        let uri = uri.trim_end();
        (is_token(first) && is_version(version) && !uri.is_empty())
            .then(|| StartLine::Request { method: first.to_string(), uri: uri.to_string() })
    }
}

fn is_version(text: &str) -> bool {
    text.len() == 7 && text.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("SIP/")) && text.ends_with("2.0")
}

/// RFC 3261 section 25.1, `token`.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&b))
}

/// Reads up to and with the empty line; the end of the message ends them too.
fn parse_headers(lines: &mut Lines<'_>) -> Result<Vec<(String, String)>, ParseError> {
    let mut headers: Vec<(String, String)> = Vec::with_capacity(16);
    for (index, line) in lines.by_ref().take_while(|line| !line.is_empty()).enumerate() {
        let number = index + 2;
        let text = String::from_utf8_lossy(line);
        if text.starts_with([' ', '\t']) {
            let (_, value) = headers.last_mut().ok_or(ParseError::Header(number))?;
            if !value.is_empty() && !text.trim().is_empty() {
                value.push(' ');
            }
            value.push_str(text.trim());
            continue;
        }
        let (name, value) = text.split_once(':').ok_or(ParseError::Header(number))?;
        let name = name.trim_end();
        if !is_token(name) {
            return Err(ParseError::Header(number));
        }
        headers.push((spelled_out(name).to_string(), value.trim().to_string()));
    }
    Ok(headers)
}

fn lookup<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let name = spelled_out(name);
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Lines without their CRLF or LF; what is left is `rest`.
struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let line = match self.rest.iter().position(|b| *b == b'\n') {
            Some(end) => {
                let line = &self.rest[..end];
                self.rest = &self.rest[end + 1..];
                line
            }
            None => std::mem::take(&mut self.rest),
        };
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
