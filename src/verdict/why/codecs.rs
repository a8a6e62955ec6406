//! Codecs and profiles of a call that found none in common: what was offered and what the other side takes, side by side
//! (RFC 3264 section 6, RFC 3261 section 21.4.26).

use super::Weighed;
use super::agent::Agent;
use super::case::Case;
use super::wording::short;
use crate::event::{ClosedBy, closed_reason};
use crate::sip::sdp::Media;
use crate::verdict::Finding;

pub fn find(case: &Case) -> Option<Weighed> {
    let dialog = case.dialog;
    let by_agent = dialog.closed.as_ref().is_some_and(|(_, param)| closed_reason(param).by == ClosedBy::NoCodec);
    let refused = dialog.refusal.as_ref().filter(|refusal| matches!(refusal.code, 488 | 606));
    let offer = dialog.offer.as_ref().filter(|_| by_agent || refused.is_some())?;
    let offering = side(case, offer.out);
    let mut lines: Vec<String> =
        offer.media.iter().map(|media| format!("{offering} offers {}", described(media))).collect();
    // the agent of the run that refused, by the same message or through a proxy
    let taker = match offer.out {
        true => case.other_side().map(|(name, agent, _)| (name, agent)),
        false => Some((case.name, case.agent)),
    };
    let in_response = refused.map(|refusal| refusal.media.as_slice()).unwrap_or_default();
    lines.extend(in_response.iter().map(|media| format!("{} takes {}", side(case, !offer.out), described(media))));
    let answer = dialog.answer.as_ref().filter(|_| refused.is_none());
    let answering = side(case, !offer.out);
    lines.extend(
        answer.iter().flat_map(|answer| &answer.media).map(|media| format!("{answering} answers {}", described(media))),
    );
    match taker {
        Some((name, agent)) => {
            lines.push(format!("{} takes {}", short(name), takes(agent)));
            lines.extend(
                offer.media.iter().find(|media| media.kind == "audio").and_then(|audio| clash(audio, name, agent)),
            );
        }
        None if in_response.is_empty() && answer.is_none() => {
            lines.push(format!("what {} takes is not known: its response says nothing of it", side(case, !offer.out)));
        }
        None => {}
    }
    Some((80, Finding { about: format!("codecs of {}", case.title()), lines }))
}

fn side(case: &Case, own: bool) -> String {
    if own { short(case.name) } else { case.peer() }
}

/// `audio: PCMU/8000, telephone-event/8000 over RTP/SAVP, keys by SDES`
pub fn described(media: &Media) -> String {
    let formats: Vec<String> = media.formats.iter().map(ToString::to_string).collect();
    let formats = if formats.is_empty() { "no codec".into() } else { formats.join(", ") };
    let keys = keys(media).map(|keys| format!(", keys by {keys}")).unwrap_or_default();
    format!("{}: {formats} over {}{keys}", media.kind, media.protocol)
}

/// How the keys of SRTP are exchanged.
pub fn keys(media: &Media) -> Option<&'static str> {
    match (media.sdes, media.dtls) {
        (true, true) => Some("SDES or DTLS"),
        (true, false) => Some("SDES"),
        (false, true) => Some("DTLS"),
        (false, false) => None,
    }
}

/// What an agent takes, from its account and from what it says when it starts.
fn takes(agent: &Agent) -> String {
    let codecs = match agent.parameter("audio_codecs") {
        Some(codecs) => codecs.replace(',', ", "),
        None => agent.codecs.join(", "),
    };
    let encryption = match agent.parameter("mediaenc") {
        Some(encryption) => format!("with mediaenc={encryption}"),
        None => "without encryption".into(),
    };
    let codecs = if codecs.is_empty() { "codecs that are not known".into() } else { codecs };
    format!("audio: {codecs} {encryption}")
}

/// The name of a codec of an account: `opus` of `opus/48000/2`.
fn name_of(codec: &str) -> &str {
    codec.trim().split('/').next().unwrap_or_default()
}

fn clash(audio: &Media, name: &str, agent: &Agent) -> Option<String> {
    let own: Vec<&str> = match agent.parameter("audio_codecs") {
        Some(codecs) => codecs.split(',').map(name_of).collect(),
        None => agent.codecs.iter().map(|codec| name_of(codec)).collect(),
    };
    let offered = audio.formats.iter().filter(|format| format.carries_media());
    let common = offered.clone().any(|format| own.iter().any(|codec| codec.eq_ignore_ascii_case(&format.codec)));
    let named = offered.clone().all(|format| !format.codec.is_empty());
    let encrypted = audio.protocol.contains("SAVP");
    match (own.is_empty() || common, encrypted, agent.parameter("mediaenc")) {
        (false, _, _) if named => Some("they have no codec in common".into()),
        (_, true, None) => Some(format!(
            "the offer insists on encryption ({}), and {}'s account has no mediaenc",
            audio.protocol,
            short(name)
        )),
        // RFC 4568 section 7: who demands SRTP refuses a plain offer
        (_, false, Some(mediaenc)) if mediaenc.ends_with("-mand") || mediaenc.ends_with("-mandf") => Some(format!(
            "the offer is not encrypted ({}), and {}'s account demands {mediaenc}",
            audio.protocol,
            short(name)
        )),
        _ => None,
    }
}
