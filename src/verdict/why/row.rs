//! One SIP message of a dialog, reduced to what the explanation needs.

use super::wording::cut;
use crate::event::{SipEvent, Time};
use crate::sip::uri::NameAddr;
use crate::sip::{headers, sdp};

/// One message; with its retransmissions, if it has any.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The agent sent it.
    pub out: bool,
    pub method: String,
    pub status: Option<u16>,
    /// The reason phrase of a response.
    pub phrase: String,
    pub cseq: String,
    pub branch: String,
    /// That of To: responses of several phones to one INVITE differ in it.
    pub tag: String,
    /// That of From.
    pub from_tag: String,
    /// It carries a session description.
    pub sdp: bool,
    /// `address:port`
    pub src: String,
    pub dst: String,
    pub transport: String,
    pub first: Time,
    pub last: Time,
    pub count: u32,
}

impl Row {
    pub fn of(sip: &SipEvent, time: Time) -> Row {
        Row {
            out: sip.direction == "OUT",
            method: cut(&sip.method, 32),
            status: sip.status,
            phrase: cut(sip.reason.as_deref().unwrap_or_default(), 60),
            cseq: cut(&sip.cseq, 48),
            branch: cut(sip.header("Via").and_then(headers::branch).unwrap_or_default(), 80),
            tag: cut(NameAddr::parse(&sip.to).and_then(|to| to.tag()).unwrap_or_default(), 80),
            from_tag: cut(NameAddr::parse(&sip.from).and_then(|from| from.tag()).unwrap_or_default(), 80),
            sdp: description(sip).is_some(),
            src: cut(&sip.src, 64),
            dst: cut(&sip.dst, 64),
            transport: cut(&sip.transport, 8),
            first: time,
            last: time,
            count: 1,
        }
    }

    /// The same message once more: same transaction (RFC 3261 section 17.1.3), same kind. Not byte for byte: baresip raises the
    /// version of its session description each time.
    pub fn is_again(&self, other: &Row) -> bool {
        (self.out, self.status, &self.method, &self.cseq, &self.branch, &self.tag)
            == (other.out, other.status, &other.method, &other.cseq, &other.branch, &other.tag)
    }

    /// A request that begins something; ACK and CANCEL belong to an INVITE.
    pub fn begins(&self) -> bool {
        self.status.is_none() && !matches!(self.method.as_str(), "ACK" | "CANCEL" | "PRACK")
    }
}

/// The session description that a message carries.
pub fn description(sip: &SipEvent) -> Option<&str> {
    sdp::in_body(sip.header("Content-Type").unwrap_or_default(), &sip.body)
}
