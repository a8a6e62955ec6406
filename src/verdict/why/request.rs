//! A request that begins something, and the response that refuses it.

use super::row::Row;
use super::wording::cut;
use crate::event::{SipEvent, Time};
use crate::sip::sdp::Media;

/// Headers that explain a refusal; the rest is not kept.
const EXPLAINING: [&str; 15] = [
    "Reason",
    "Warning",
    "Retry-After",
    "Contact",
    "Unsupported",
    "Require",
    "Accept",
    "Allow",
    "Min-Expires",
    "Min-SE",
    "Content-Type",
    "Session-Expires",
    "Expires",
    "Server",
    "User-Agent",
];

/// The last request that began something, of either side.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// The agent sent it.
    pub out: bool,
    pub method: String,
    pub uri: String,
    pub cseq: String,
    pub time: Time,
    /// Headers that may explain its refusal.
    pub headers: Vec<(String, String)>,
}

/// A final response that is not a success (RFC 3261 sections 21.3 to 21.6), and the request that it answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub time: Time,
    /// The agent itself sent it.
    pub out: bool,
    pub code: u16,
    pub phrase: String,
    /// Who sent it, `address:port`.
    pub src: String,
    pub request: Request,
    /// The dialog was established before: it refuses what was to change it.
    pub within: bool,
    pub headers: Vec<(String, String)>,
    /// What it offers instead, where it carries a session description.
    pub media: Vec<Media>,
}

impl Refusal {
    /// All values of a header, joined as RFC 3261 section 7.3.1 allows.
    pub fn header(&self, name: &str) -> Option<String> {
        joined(&self.headers, name)
    }
}

impl Request {
    /// Both sides count their requests, and may come to the same number.
    pub fn is_answered_by(&self, row: &Row) -> bool {
        row.status.is_some() && row.out != self.out && row.cseq == self.cseq
    }

    /// It, its responses, its ACK and its CANCEL.
    pub fn has(&self, row: &Row) -> bool {
        let number = |cseq: &str| cseq.split_whitespace().next().map(str::to_string);
        row.out == (self.out == row.status.is_none()) && number(&row.cseq) == number(&self.cseq)
    }

    pub fn header(&self, name: &str) -> Option<String> {
        joined(&self.headers, name)
    }
}

fn joined(headers: &[(String, String)], name: &str) -> Option<String> {
    let values: Vec<&str> =
        headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// The headers that may explain a refusal.
pub fn explaining(sip: &SipEvent) -> Vec<(String, String)> {
    let explains = |name: &str| EXPLAINING.iter().any(|known| known.eq_ignore_ascii_case(name));
    let kept = sip.headers.iter().filter(|(name, _)| explains(name)).take(20);
    kept.map(|(name, value)| (cut(name, 20), cut(value, 300))).collect()
}
