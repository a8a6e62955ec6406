//! Transfers that came to nothing: what became of a REFER, as the NOTIFYs with a `message/sipfrag` tell it (RFC 3515, RFC 5589).

use super::case::{Case, Question};
use super::row::Row;
use super::wording::{cut, short};
use super::{Weighed, connections, meanings};
use crate::event::{SipEvent, Time};
use crate::sip::uri::NameAddr;
use crate::verdict::Finding;

/// The last REFER of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Refer {
    /// The URI that the call is to go to.
    to: String,
    /// `address:port` of who asks for the transfer, and of who is to make it.
    src: String,
    dst: String,
    time: Time,
    /// It was taken (202).
    taken: bool,
    /// Code and phrase of the last sipfrag, and when it came.
    progress: Option<(u16, String, Time)>,
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

pub fn find(case: &Case, question: &Question) -> Option<Weighed> {
    let refer = case.dialog.refer.as_ref().filter(|refer| refer.taken)?;
    let evidence = case.evidence;
    let (by, to) = (case.who(&refer.src), evidence.names.of_uri(&refer.to));
    let whom = case.who(&refer.dst);
    let became = match &refer.progress {
        Some((200..300, ..)) => return None,
        Some((code @ 300.., phrase, _)) => format!("failed: {code} {phrase}"),
        _ if question.awaited.is_none() || evidence.end - refer.time < connections::UNDER_WAY => return None,
        _ => "has come to nothing so far".into(),
    };
    let mut lines = vec![format!("{}  {by} → {whom}  REFER to {to}, taken", evidence.clock(refer.time))];
    match &refer.progress {
        Some((code, phrase, time)) => {
            lines.push(format!("{}  {whom} → {by}  NOTIFY: {code} {phrase}", evidence.clock(*time)));
            lines.extend(meanings::status(*code).map(String::from));
        }
        None => lines.push(format!("{whom} told nothing of it (no NOTIFY)")),
    }
    lines.extend(case.command(&by, &["transfer", "atransferexec"], Time::ALWAYS..refer.time));
    Some((85, Finding { about: format!("{by}'s transfer of {} to {to} {became}", short(&whom)), lines }))
}
