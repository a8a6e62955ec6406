//! What is kept of one dialog at one agent (a call, a registration, a message): its last messages, the last offer and
//! answer, the last refusal, how it ended. Bounded, however long the dialog goes on.

use super::passwords::Passwords;
use super::refer::Refer;
use super::request::{Refusal, Request, explaining};
use super::row::{Row, description};
use super::wording::cut;
use crate::event::{CallSound, SipEvent, Time};
use crate::sip::headers;
use crate::sip::sdp::{self, Direction, Media};
use crate::sip::uri::NameAddr;
use std::collections::VecDeque;

/// Messages that are kept, retransmissions counted as one.
const ROWS: usize = 24;

/// Media lines of a session description that are kept.
const STREAMS: usize = 4;

/// Payload types of a media line that are kept.
const FORMATS: usize = 24;

/// Changes of what is agreed on that are kept.
const CHANGES: usize = 24;

/// Other things that are kept of each kind: they come from the peer.
pub const FEW: usize = 6;

/// A session description and who sent it.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// The agent did.
    pub out: bool,
    /// Where the message came from, `address:port`.
    pub src: String,
    /// The CSeq of the message that brought it.
    pub cseq: String,
    pub media: Vec<Media>,
}

/// BYE or CANCEL.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    pub out: bool,
    pub cancelled: bool,
    pub src: String,
    pub time: Time,
    pub reason: Option<String>,
}

/// RTP packets of a call's audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packets {
    pub sent: u64,
    pub received: u64,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dialog {
    pub call_id: String,
    /// Of its first request; `INVITE` for a call.
    pub method: String,
    /// The agent began it.
    pub outgoing: bool,
    /// The agent's how many-eth call it is, from 1; 0 for what is no call.
    pub number: usize,
    /// The peer's URI: that of To or From, or what the agent says.
    pub peer: String,
    /// When its first event or message came.
    pub began: Time,
    pub rows: VecDeque<Row>,
    pub request: Request,
    pub refusal: Option<Refusal>,
    pub passwords: Passwords,
    pub offer: Option<Described>,
    pub answer: Option<Described>,
    pub end: Option<End>,
    pub refer: Option<Refer>,
    /// The URI in the Contact of the last answer to an INVITE, and whether that waits for its ACK.
    pub contact: Option<String>,
    pub unacknowledged: bool,
    /// When the first INVITE was answered.
    pub established: Option<Time>,
    /// The parameter of its CALL_CLOSED, and when it came.
    pub closed: Option<(Time, String)>,
    pub packets: Option<Packets>,
    /// The CSeq of the INVITE that began it.
    pub first_invite: String,
    /// The agent's tag, and those of the peers that answered.
    pub own_tag: String,
    pub tags: Vec<String>,
    /// What is wrong with messages that came.
    pub malformed: Vec<Malformed>,
    /// ACKs and BYEs that did not leave, and what the agent says of each.
    pub unsent: Vec<(String, String)>,
    /// Where a peer saw the agent's request come from, where that is not what it says: `received` of Via.
    pub seen_at: Option<String>,
    /// Its BYE left while it was being stopped.
    pub said_goodbye: bool,
    /// RTP payload types that came and that the descriptions do not have.
    pub strange: Vec<u8>,
    /// When sound was agreed on, and whether the offer had it both ways.
    pub both_ways: VecDeque<(Time, bool)>,
    /// What its recordings sound like.
    pub sound: Option<Box<CallSound>>,
}

/// An offer of sound to be sent and received.
fn is_both_ways(offer: &Described) -> bool {
    let nowhere = |address: &String| address.parse().is_ok_and(|address: std::net::IpAddr| address.is_unspecified());
    let audio = offer.media.iter().find(|media| media.kind == "audio");
    audio.is_some_and(|audio| {
        audio.port != 0 && audio.direction == Direction::SendRecv && !audio.address.as_ref().is_some_and(nowhere)
    })
}

/// An answer that takes the sound, whichever way.
fn is_taken(answer: &Described) -> bool {
    let audio = answer.media.iter().find(|media| media.kind == "audio");
    audio.is_some_and(|audio| audio.port != 0 && audio.direction != Direction::Inactive)
}

/// What is wrong with a message that came.
#[derive(Debug, Clone, PartialEq)]
pub struct Malformed {
    /// `the 200 OK has no To tag`
    pub what: String,
    /// The rule that it breaks.
    pub why: &'static str,
    pub src: String,
    pub time: Time,
    /// It is an ACK, and so acknowledges nothing.
    pub ack: bool,
}

impl Dialog {
    /// A SIP message of the dialog, the agent's direction as the event says; `wrong` is what is wrong with it.
    pub fn sip(&mut self, sip: &SipEvent, row: Row, wrong: Option<Malformed>) {
        let time = row.first;
        if let Some(known) = self.rows.iter_mut().find(|known| known.is_again(&row)) {
            known.count = known.count.saturating_add(1);
            known.last = time;
            return;
        }
        if self.rows.is_empty() {
            self.outgoing = row.out == sip.status.is_none();
            let peer = if self.outgoing { &sip.to } else { &sip.from };
            self.peer = cut(peer, 160);
            self.method = row.method.clone();
            self.first_invite = row.cseq.clone();
        }
        if let Some(wrong) = wrong {
            self.malformed(wrong);
        }
        match sip.status {
            None => self.requested(sip, &row, time),
            Some(code) => self.responded(code, sip, &row, time),
        }
        if let Some(description) = description(sip) {
            self.described(description, &row, time);
        }
        match &mut self.refer {
            refer if row.method == "REFER" && row.status.is_none() => *refer = Some(Refer::of(sip, &row, time)),
            Some(refer) => refer.goes_on(sip, time),
            None => {}
        }
        if self.rows.len() == ROWS {
            // the request stays, however many responses it has
            let stays = |row: &Row| row.begins() && row.cseq == self.request.cseq;
            let oldest = self.rows.iter().position(|row| !stays(row)).unwrap_or_default();
            self.rows.remove(oldest);
        }
        self.rows.push_back(row);
    }

    pub fn malformed(&mut self, new: Malformed) {
        if self.malformed.len() < FEW && !self.malformed.iter().any(|known| known.what == new.what) {
            self.malformed.push(new);
        }
    }

    fn requested(&mut self, sip: &SipEvent, row: &Row, time: Time) {
        self.passwords.sent(sip);
        if row.method == "ACK" && !self.malformed.iter().any(|wrong| wrong.ack && wrong.time == time) {
            self.unacknowledged = false;
        }
        if matches!(row.method.as_str(), "BYE" | "CANCEL") {
            let reason = sip.header("Reason").map(|reason| cut(reason, 200));
            let (src, cancelled) = (row.src.clone(), row.method == "CANCEL");
            self.end = Some(End { out: row.out, cancelled, src, time, reason });
        }
        if !row.begins() {
            return;
        }
        // tried again: what was refused before counts no more
        if self.refusal.as_ref().is_some_and(|refusal| refusal.request.method == row.method) {
            self.refusal = None;
        }
        self.request = Request {
            out: row.out,
            method: row.method.clone(),
            uri: cut(sip.param.split_ascii_whitespace().nth(1).unwrap_or_default(), 160),
            cseq: row.cseq.clone(),
            time,
            headers: explaining(sip),
        };
    }

    fn responded(&mut self, code: u16, sip: &SipEvent, row: &Row, time: Time) {
        let received = sip.header("Via").filter(|_| !row.out).and_then(headers::received);
        self.seen_at = received.map(|address| cut(address, 64)).or(self.seen_at.take());
        self.passwords.answered(code, sip);
        match code {
            200..300 if row.method == "INVITE" => {
                // what comes after the end establishes nothing
                self.established = self.established.or((self.closed.is_none() && self.end.is_none()).then_some(time));
                self.tagged(row);
                let contact = sip.header("Contact").and_then(NameAddr::parse);
                self.contact = contact.map(|contact| cut(contact.uri, 160));
                self.unacknowledged = true;
            }
            300.. if self.request.is_answered_by(row) && !self.refused_a_call() => {
                self.refusal = Some(Refusal {
                    time,
                    out: row.out,
                    code,
                    phrase: row.phrase.clone(),
                    src: row.src.clone(),
                    request: self.request.clone(),
                    within: self.established.is_some(),
                    headers: explaining(sip),
                    media: description(sip).map(media).unwrap_or_default(),
                });
            }
            _ => {}
        }
    }

    fn tagged(&mut self, row: &Row) {
        let (own, peer) = if row.out { (&row.tag, &row.from_tag) } else { (&row.from_tag, &row.tag) };
        if self.own_tag.is_empty() {
            self.own_tag.clone_from(own);
        }
        if self.tags.len() < FEW && !self.tags.contains(peer) {
            self.tags.push(peer.clone());
        }
    }

    /// What is refused after an INVITE was (a BYE, say) tells less.
    fn refused_a_call(&self) -> bool {
        let refused = self.refusal.as_ref().map(|refusal| refusal.request.method.as_str());
        refused == Some("INVITE") && self.request.method != "INVITE"
    }

    /// Offer and answer (RFC 3264, RFC 3261 section 13.2.1): a response answers the offer of its own request, and makes one where
    /// that had none; an ACK answers the offer of the response, a PRACK one that waits for its answer (RFC 3262 section 5).
    fn described(&mut self, description: &str, row: &Row, time: Time) {
        if row.status.is_some_and(|code| code >= 300) {
            return;
        }
        let new = Described { out: row.out, src: row.src.clone(), cseq: row.cseq.clone(), media: media(description) };
        let answers = |offer: &Described| match (row.status, row.method.as_str()) {
            (Some(_), _) => offer.cseq == row.cseq,
            (None, "ACK") => number(&offer.cseq) == number(&row.cseq),
            (None, "PRACK") => self.answer.is_none(),
            _ => false,
        };
        match &self.offer {
            Some(offer) if offer.out != row.out && answers(offer) => {
                let both = is_both_ways(offer) && is_taken(&new);
                if self.both_ways.back().is_none_or(|(_, known)| *known != both) {
                    if self.both_ways.len() == CHANGES {
                        self.both_ways.pop_front();
                    }
                    self.both_ways.push_back((time, both));
                }
                self.answer = Some(new);
            }
            _ => {
                self.offer = Some(new);
                self.answer = None;
            }
        }
    }

    /// The last exchange: the request that was refused, else the last one, and all that belongs to it.
    pub fn exchange(&self) -> impl Iterator<Item = &Row> {
        let request = self.refusal.as_ref().map_or(&self.request, |refusal| &refusal.request);
        self.rows.iter().filter(|row| request.has(row))
    }

    /// The responses to the last request that began something.
    pub fn responses(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| self.request.is_answered_by(row))
    }

    /// The last request that began something.
    pub fn last_request(&self) -> Option<&Row> {
        self.rows.iter().rfind(|row| row.begins())
    }

    /// It came to the wrong place: the agent has no such user.
    pub fn is_astray(&self) -> bool {
        !self.outgoing && self.refusal.as_ref().is_some_and(|refusal| refusal.out && refusal.code == 404)
    }

    pub fn is_call(&self) -> bool {
        self.method == "INVITE"
    }
}

pub fn number(cseq: &str) -> Option<&str> {
    cseq.split_ascii_whitespace().next()
}

fn media(body: &str) -> Vec<Media> {
    let mut media = sdp::parse(body);
    media.truncate(STREAMS);
    for stream in &mut media {
        stream.formats.truncate(FORMATS);
        stream.suites.truncate(FEW);
        stream.suites.iter_mut().for_each(|suite| *suite = cut(suite, 60));
        stream.kind = cut(&stream.kind, 20);
        stream.protocol = cut(&stream.protocol, 30);
        stream.address = stream.address.take().map(|address| cut(&address, 64));
        for format in &mut stream.formats {
            format.codec = cut(&format.codec, 30);
            format.payload = cut(&format.payload, 8);
        }
    }
    media
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(out: bool, status: Option<u16>, cseq: &str, port: u16) -> SipEvent {
        let body = if port == 0 { String::new() } else { format!("v=0\r\nm=audio {port} RTP/AVP 0\r\n") };
        let method = cseq.split(' ').next_back().unwrap_or_default();
        let direction = if out { "OUT" } else { "IN" };
        let (method, cseq, direction) = (method.to_string(), cseq.to_string(), direction.to_string());
        SipEvent { direction, status, method, cseq, body, ..SipEvent::default() }
    }

    #[test]
    fn offers_and_answers_in_all_their_messages() {
        let mut dialog = Dialog::default();
        let mut after = |out, status, cseq, port| {
            let message = message(out, status, cseq, port);
            dialog.sip(&message, Row::of(&message, Time(0.0)), None);
            let told = |described: &Option<Described>| described.as_ref().map(|it| (it.out, it.media[0].port));
            (told(&dialog.offer), told(&dialog.answer))
        };
        assert_eq!(after(true, None, "1 INVITE", 1), (Some((true, 1)), None));
        assert_eq!(after(false, Some(183), "1 INVITE", 2), (Some((true, 1)), Some((false, 2))));
        assert_eq!(after(true, None, "2 PRACK", 3), (Some((true, 3)), None));
        assert_eq!(after(false, Some(200), "2 PRACK", 4), (Some((true, 3)), Some((false, 4))));
        // an INVITE without an offer: the answer to it has one
        after(false, None, "9 INVITE", 0);
        assert_eq!(after(true, Some(200), "9 INVITE", 5), (Some((true, 5)), None));
        assert_eq!(after(false, None, "9 ACK", 6), (Some((true, 5)), Some((false, 6))));
        assert_eq!(after(false, None, "10 UPDATE", 7), (Some((false, 7)), None));
        assert_eq!(after(true, Some(200), "10 UPDATE", 8), (Some((false, 7)), Some((true, 8))));
        after(true, None, "11 INVITE", 0);
        assert_eq!(after(false, Some(180), "11 INVITE", 9), (Some((false, 9)), None));
        assert_eq!(after(true, None, "12 PRACK", 10), (Some((false, 9)), Some((true, 10))));
    }
}
