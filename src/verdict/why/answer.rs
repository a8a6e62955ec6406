//! Session descriptions of a peer that can't be used: what it answers beside what was offered (RFC 3264 section 6), and where it wants
//! its packets.

use super::Weighed;
use super::case::{Case, Question};
use super::codecs::described;
use super::dialog::{Described, number};
use super::row::Row;
use super::wording::short;
use crate::sip::sdp::{Direction, Format, Media};
use crate::verdict::Finding;
use std::net::IpAddr;

/// Nobody hears the other with it.
const UNUSABLE: u8 = 94;
/// It may well be meant.
const DOUBTFUL: u8 = 76;

pub fn find(case: &Case, question: &Question) -> Option<Weighed> {
    let dialog = case.dialog;
    if dialog.refusal.is_some() || !dialog.is_call() {
        return None;
    }
    let offer = dialog.offer.as_ref()?;
    let Some(answer) = &dialog.answer else { return unanswered(case, offer) };
    let (weight, what) = match offer.out {
        true => wrong_answer(case, question, offer, answer)?,
        false => audio(offer).and_then(|media| where_to("offer", media))?,
    };
    let (own, peer) = (short(case.name), case.peer());
    let told = |what: &str, description: &Described| {
        let whose = if description.out { &own } else { &peer };
        let line = |media: &Media| {
            let address = media.address.as_deref().map_or("no address".to_string(), short);
            format!("{what} of {whose}: {} at {address}:{}, {}", media.direction, media.port, described(media))
        };
        match description.media.as_slice() {
            [] => vec![format!("{what} of {whose}: no media")],
            media => media.iter().take(2).map(line).collect(),
        }
    };
    let lines = [told("offer", offer), told("answer", answer)].concat();
    Some((weight, Finding { about: format!("{}: {what}", case.title()), lines }))
}

fn audio(description: &Described) -> Option<&Media> {
    description.media.iter().find(|media| media.kind == "audio")
}

/// An offer whose final response, or ACK, came without a description.
fn unanswered(case: &Case, offer: &Described) -> Option<Weighed> {
    if !offer.out {
        return None;
    }
    let closes = |row: &&Row| {
        let answers = matches!(row.status, Some(200..300)) && row.cseq == offer.cseq;
        let acknowledges = row.status.is_none() && row.method == "ACK" && number(&row.cseq) == number(&offer.cseq);
        !row.out && !row.sdp && (answers || acknowledges)
    };
    let row = case.dialog.rows.iter().rfind(closes)?;
    let what = match row.status {
        Some(code) => format!("{code} {}", short(&row.phrase)),
        None => "ACK".into(),
    };
    let about =
        format!("{}: the {what} has no SDP, so that {}'s offer was not answered", case.title(), short(case.name));
    let offers = offer.media.iter().take(2).map(|media| format!("{} offers {}", short(case.name), described(media)));
    Some((UNUSABLE, Finding { about, lines: offers.collect() }))
}

fn wrong_answer(case: &Case, question: &Question, offer: &Described, answer: &Described) -> Option<(u8, String)> {
    let offered = audio(offer)?;
    let Some(answered) = audio(answer) else { return Some((UNUSABLE, "the answer has no m=audio line".into())) };
    if answered.port == 0 {
        return Some((UNUSABLE, "the answer refuses audio: port 0".into()));
    }
    if offer.media.len() != answer.media.len() {
        let more = if answer.media.len() > offer.media.len() { "more" } else { "fewer" };
        return Some((UNUSABLE, format!("the answer has {more} media lines than the offer")));
    }
    encryption(offered, answered)
        .or_else(|| key(offered, answered))
        .map(|what| (UNUSABLE, what))
        .or_else(|| codecs(offered, answered))
        .or_else(|| where_to("answer", answered))
        .or_else(|| other_version(offered, answered))
        .or_else(|| {
            let digits =
                |media: &Media| media.formats.iter().any(|it| it.codec.eq_ignore_ascii_case("telephone-event"));
            let is_up = case.dialog.closed.is_none() && case.dialog.end.is_none();
            let missed = is_up && question.awaits("DTMF") && digits(offered) && !digits(answered);
            let what = format!("the answer takes no telephone-event: {} can't send digits so", case.peer());
            missed.then_some((UNUSABLE, what))
        })
        .or_else(|| {
            let mute = matches!(answered.direction, Direction::RecvOnly | Direction::Inactive);
            let doubtful = question.awaits("RTP") && mute && offered.direction == Direction::SendRecv;
            doubtful.then(|| (DOUBTFUL, format!("the answer says {}: the peer sends no sound", answered.direction)))
        })
}

/// RFC 4568 section 6.3, RFC 5763 section 5.
fn encryption(offered: &Media, answered: &Media) -> Option<String> {
    let encrypted = |media: &Media| media.protocol.contains("SAVP");
    let (offer, answer) = (short(&offered.protocol), short(&answered.protocol));
    match (encrypted(offered), encrypted(answered)) {
        (true, false) => Some(format!("the answer is not encrypted ({answer}), the offer demands it ({offer})")),
        (false, true) => Some(format!("the answer is encrypted ({answer}), the offer is not ({offer})")),
        (true, true) if offered.sdes && !offered.dtls && !answered.sdes => {
            Some(format!("the answer has no key (a=crypto), though it is {answer}"))
        }
        (true, true) if offered.dtls && !offered.sdes && !answered.dtls => {
            Some(format!("the answer has no key (a=fingerprint), though it is {answer}"))
        }
        _ => None,
    }
}

/// The key that an answer takes is one of those that were offered (RFC 4568 section 5.1.2).
fn key(offered: &Media, answered: &Media) -> Option<String> {
    let taken = answered.suites.first().filter(|_| !offered.suites.is_empty())?;
    (!offered.suites.contains(taken))
        .then(|| format!("the answer takes a=crypto:{}, which was not offered", short(taken)))
}

/// An address that is none of the version of IP that the offer's has.
fn other_version(offered: &Media, answered: &Media) -> Option<(u8, String)> {
    let address = |media: &Media| media.address.as_ref()?.parse::<IpAddr>().ok();
    let (own, theirs) = (address(offered)?, address(answered)?);
    let what = format!("the answer wants its packets at {theirs}, the offer at {own}, of the other version of IP");
    (own.is_ipv4() != theirs.is_ipv4()).then_some((DOUBTFUL, what))
}

fn codecs(offered: &Media, answered: &Media) -> Option<(u8, String)> {
    let carrying: Vec<&Format> = answered.formats.iter().filter(|format| format.carries_media()).collect();
    if carrying.is_empty() {
        return Some((UNUSABLE, "the answer takes no codec for sound".into()));
    }
    // a number without a name means what it does in the offer
    let is_offered = |format: &Format| {
        let same = |other: &Format| match format.codec.is_empty() {
            true => other.payload == format.payload,
            false => other.same_codec(format),
        };
        offered.formats.iter().any(same)
    };
    let strange: Vec<String> =
        carrying.iter().filter(|format| !is_offered(format)).map(|format| short(&format.to_string())).collect();
    let verb = if strange.len() > 1 { "were" } else { "was" };
    let what = format!(
        "the answer takes {}, which {verb} not offered",
        strange.iter().take(4).cloned().collect::<Vec<_>>().join(", ")
    );
    match strange.len() {
        0 => None,
        all if all == carrying.len() => Some((UNUSABLE, what)),
        // there is another one that both have
        _ => Some((DOUBTFUL, what)),
    }
}

/// Where the peer wants its packets.
fn where_to(what: &str, media: &Media) -> Option<(u8, String)> {
    let Some(address) = &media.address else { return Some((UNUSABLE, format!("the {what} has no c= line"))) };
    match address.parse::<IpAddr>() {
        Ok(address) if address.is_unspecified() => {
            Some((DOUBTFUL, format!("the {what} gives the address {address}: it wants no packets")))
        }
        Ok(_) if media.port == 0 => Some((UNUSABLE, format!("the {what} refuses audio: port 0"))),
        Ok(_) => None,
        Err(_) => {
            let name = short(address);
            let why = "the agent looks up no names in SDP";
            Some((UNUSABLE, format!("the {what} names `{name}` as its address: {why}")))
        }
    }
}
