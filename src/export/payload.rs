//! The bytes of a recorded message.

use crate::event::SipEvent;
use std::borrow::Cow;
use std::ops::Range;

/// The message as it was on the wire. A record masks secrets and holds only text, which may change how long a body is: then
/// Content-Length is corrected, as it is over a connection, where all that follows would be misread.
pub fn payload(sip: &SipEvent, stream: bool) -> Cow<'_, str> {
    let text = &sip.param;
    let changed = text.contains("***") || text.contains('\u{fffd}');
    let Some((head, body)) = split(text).filter(|_| stream || changed) else { return Cow::Borrowed(text) };
    match content_length(&text[..head]) {
        Some(digits) if text[digits.clone()].parse() != Ok(body) => {
            Cow::Owned(format!("{}{body}{}", &text[..digits.start], &text[digits.end..]))
        }
        _ => Cow::Borrowed(text),
    }
}

/// The length of the head, and that of the body after the empty line.
fn split(text: &str) -> Option<(usize, usize)> {
    let ends = ["\r\n\r\n", "\n\n"].into_iter().filter_map(|end| text.find(end).map(|at| (at, at + end.len())));
    ends.min().map(|(head, body)| (head, text.len() - body))
}

/// Where the value of Content-Length stands, by its full or compact name.
fn content_length(head: &str) -> Option<Range<usize>> {
    let mut at = 0;
    for line in head.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some((name, value)) = line.split_once(':') else { continue };
        let known = ["content-length", "l"].iter().any(|known| name.trim().eq_ignore_ascii_case(known));
        if known && !value.trim().is_empty() {
            let begin = start + name.len() + 1 + (value.len() - value.trim_start().len());
            return Some(begin..begin + value.trim().len());
        }
    }
    None
}
