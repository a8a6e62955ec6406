//! What became of a REFER, as the NOTIFYs with a `message/sipfrag` tell it (RFC 3515, RFC 5589).

use super::row::Row;
use super::wording::cut;
use crate::event::{SipEvent, Time};
use crate::sip::uri::NameAddr;

/// The last REFER of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Refer {
    /// The URI that the call is to go to.
    pub to: String,
    /// `address:port` of who asks for the transfer, and of who is to make it.
    pub src: String,
    pub dst: String,
    pub time: Time,
    /// It was taken (202).
    pub taken: bool,
    /// Code and phrase of the last sipfrag, and when it came.
    pub progress: Option<(u16, String, Time)>,
}

impl Refer {
    /// A REFER.
    pub fn of(sip: &SipEvent, row: &Row, time: Time) -> Refer {
        let to = sip.header("Refer-To").unwrap_or_default();
        // a consultation call is named in the URI's headers
        let to = NameAddr::parse(to).map_or(to, |address| address.uri).split('?').next().unwrap_or_default();
        let (to, src, dst) = (cut(to, 160), row.src.clone(), row.dst.clone());
        Refer { to, src, dst, time, taken: false, progress: None }
    }

    /// Another message of the same dialog.
    pub fn goes_on(&mut self, sip: &SipEvent, time: Time) {
        match (sip.method.as_str(), sip.status) {
            ("REFER", Some(200..300)) => self.taken = true,
            ("NOTIFY", None) => {
                let line = sip.body.lines().next().unwrap_or_default();
                let told = line.strip_prefix("SIP/2.0 ").and_then(|told| told.trim().split_once(' '));
                if let Some((Ok(code), phrase)) = told.map(|(code, phrase)| (code.parse(), phrase)) {
                    self.progress = Some((code, cut(phrase, 60), time));
                }
            }
            _ => {}
        }
    }
}
