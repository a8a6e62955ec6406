//! One SIP message of a dialog, as little of it as is told later.

use super::wording::cut;
use crate::event::SipEvent;

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
    branch: String,
    /// It carries a session description.
    pub sdp: bool,
    /// `address:port`
    pub src: String,
    pub dst: String,
    pub transport: String,
    /// Milliseconds since the epoch.
    pub first: f64,
    pub last: f64,
    pub count: u32,
}

impl Row {
    pub fn of(sip: &SipEvent, time: f64) -> Row {
        Row {
            out: sip.direction == "OUT",
            method: cut(&sip.method, 32),
            status: sip.status,
            phrase: cut(sip.reason.as_deref().unwrap_or_default(), 60),
            cseq: cut(&sip.cseq, 48),
            branch: branch(sip),
            sdp: has_sdp(sip),
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
        (self.out, self.status, &self.method, &self.cseq, &self.branch)
            == (other.out, other.status, &other.method, &other.cseq, &other.branch)
    }

    /// A request that begins something; ACK and CANCEL belong to an INVITE.
    pub fn begins(&self) -> bool {
        self.status.is_none() && !matches!(self.method.as_str(), "ACK" | "CANCEL" | "PRACK")
    }
}

/// The branch of the topmost Via.
fn branch(sip: &SipEvent) -> String {
    let via = header(sip, "Via").unwrap_or_default();
    let parameter = via.split(',').next().unwrap_or_default().split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("branch").then(|| value.trim())
    });
    cut(parameter.unwrap_or_default(), 80)
}

/// The first header of that name, in any case.
pub fn header<'a>(sip: &'a SipEvent, name: &str) -> Option<&'a str> {
    sip.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn has_sdp(sip: &SipEvent) -> bool {
    sip.body.trim_start().starts_with("v=0")
}
