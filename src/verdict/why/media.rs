//! Calls that were up without sound: who sent, who received, and what the session descriptions say of the way.

use super::Weighed;
use super::case::Case;
use super::codecs::{described, keys};
use super::dialog::{Described, Packets};
use super::wording::short;
use crate::event::{ClosedBy, closed_reason};
use crate::sip::sdp::{Direction, Media};
use crate::verdict::Finding;
use std::net::{IpAddr, Ipv4Addr};

/// Fewer packets sent (a second has 50) tell nothing: the call was short.
const ENOUGH: u64 = 25;

/// Few enough to be noise of a beginning or an end.
const FEW: u64 = 3;

pub fn find(case: &Case) -> Option<Weighed> {
    let dialog = case.dialog;
    dialog.established?;
    let timed_out = dialog.closed.as_ref().is_some_and(|(_, param)| closed_reason(param).by == ClosedBy::NoRtp);
    let theirs = case.other_side().and_then(|(name, _, other)| Some((name, other.packets?)));
    let silent = |packets: &Packets| packets.received <= FEW;
    let lasted = |packets: &Packets| packets.sent >= ENOUGH;
    let oddities = oddities(case);
    let mine = dialog.packets;
    let deaf =
        mine.filter(|packets| silent(packets) && (lasted(packets) || theirs.is_some_and(|(_, other)| lasted(&other))));
    let mute = theirs.filter(|(_, other)| silent(other) && (lasted(other) || mine.is_some_and(|mine| lasted(&mine))));
    if !timed_out && deaf.is_none() && mute.is_none() {
        return None;
    }
    let mut lines: Vec<String> = mine.iter().map(|packets| counted(case.name, packets)).collect();
    lines.extend(theirs.iter().map(|(name, packets)| counted(name, packets)));
    lines.extend(
        timed_out.then(|| format!("{} ended it: no RTP came for as long as rtp_timeout says", short(case.name))),
    );
    for (what, description) in [("offer", &dialog.offer), ("answer", &dialog.answer)] {
        let Some(description) = description else { continue };
        lines.extend(description.media.iter().find(|media| media.kind == "audio").map(|audio| {
            let whose = if description.out { short(case.name) } else { case.peer() };
            let address = audio.address.as_deref().unwrap_or("no address");
            format!("{what} of {whose}: {} at {address}:{}, {}", audio.direction, audio.port, described(audio))
        }));
    }
    let explained = !oddities.is_empty();
    lines.extend(oddities);
    let sent_and_lost = match mute {
        Some(_) => mine.is_some_and(|packets| packets.sent > FEW),
        None => deaf.is_some() && theirs.is_some_and(|(_, packets)| packets.sent > FEW),
    };
    if !explained && sent_and_lost {
        lines.push("probably lost on the way: the descriptions say nothing against it".into());
    } else if !explained && deaf.is_some() && theirs.is_none() {
        lines.push("probably the peer sends nothing, or sends it elsewhere".into());
    }
    let whom = match (deaf.is_some() || timed_out, mute.is_some()) {
        (true, true) => "either side".into(),
        (false, true) => theirs.map_or_else(|| case.peer(), |(name, _)| short(name)),
        _ => short(case.name),
    };
    // a few packets are noise, and no call is heard by them
    let some = |packets: Option<Packets>| packets.is_some_and(|packets| packets.received > 0);
    let hardly = (deaf.is_some() && some(mine)) || (mute.is_some() && some(theirs.map(|(_, packets)| packets)));
    let what = if hardly { "hardly any RTP" } else { "no RTP" };
    Some((75, Finding { about: format!("{what} came to {whom} in {}", case.title()), lines }))
}

pub fn counted(name: &str, packets: &Packets) -> String {
    format!("{} sent {} RTP packets and received {}", short(name), packets.sent, packets.received)
}

/// What in the descriptions stands against sound: RFC 3264 sections 5.1 (direction), 6 (port 0) and 8.4 (0.0.0.0), RFC 1918.
pub fn oddities(case: &Case) -> Vec<String> {
    let descriptions = [&case.dialog.offer, &case.dialog.answer].into_iter().flatten();
    let audio = |description: &Described| description.media.iter().find(|media| media.kind == "audio").cloned();
    let of = |description: &Described| {
        let whose = if description.out { short(case.name) } else { case.peer() };
        let audio: Option<Media> = audio(description);
        audio.map(|audio| odd(&audio, &whose, &description.src)).unwrap_or_default()
    };
    let locked = [&case.dialog.offer, &case.dialog.answer].map(|description| description.as_ref().and_then(audio));
    let locked = if let [Some(offer), Some(answer)] = &locked { other_keys(offer, answer) } else { None };
    descriptions.flat_map(of).chain(locked).collect()
}

/// Both encrypt, and neither has the other's key.
fn other_keys(offer: &Media, answer: &Media) -> Option<String> {
    let encrypted = [offer, answer].iter().all(|media| media.protocol.contains("SAVP"));
    let common = (offer.sdes && answer.sdes) || (offer.dtls && answer.dtls);
    let told = |media: &Media| keys(media).map_or("nothing".to_string(), |keys| format!("keys by {keys}"));
    (encrypted && !common).then(|| {
        format!("the offer has {}, the answer {}: neither can read the other's packets", told(offer), told(answer))
    })
}

fn odd(audio: &Media, whose: &str, src: &str) -> Vec<String> {
    let mut lines = vec![];
    match audio.direction {
        Direction::SendRecv => {}
        Direction::SendOnly => lines.push(format!("{whose} says sendonly: it wants to hear nothing (on hold?)")),
        Direction::RecvOnly => lines.push(format!("{whose} says recvonly: it sends nothing")),
        Direction::Inactive => lines.push(format!("{whose} says inactive: no sound either way (on hold?)")),
    }
    if audio.port == 0 {
        lines.push(format!("{whose} gives port 0: it refuses the stream"));
    }
    let address: Option<IpAddr> = audio.address.as_ref().and_then(|address| address.parse().ok());
    let from: Option<IpAddr> = src.rsplit_once(':').and_then(|(host, _)| host.trim_matches(['[', ']']).parse().ok());
    match (address, from) {
        (Some(address), _) if address.is_unspecified() => {
            lines.push(format!("{whose} gives the address {address}: it wants no packets (an old way to put on hold)"));
        }
        (Some(address), Some(from)) if address.is_loopback() && !from.is_loopback() => {
            lines.push(format!(
                "{whose} gives the loopback address {address}, and its SIP comes from {from}: nobody else reaches it"
            ));
        }
        (Some(IpAddr::V4(address)), Some(IpAddr::V4(from))) if is_private(address) && !is_private(from) => {
            lines.push(format!(
                "{whose} gives the private address {address}, and its SIP comes from {from}: probably a NAT between"
            ));
        }
        _ => {}
    }
    lines
}

/// RFC 1918, RFC 6598 (carriers' NAT) and what never leaves a host.
pub fn is_private(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || (first == 100 && (64..128).contains(&second))
}
