//! Faults in descriptions, sound, and digits.

use super::peer::Peer;
use super::{Fault, LOCAL};

pub const HEARS: &str =
    "alice.dial(peer);\nawait alice.established() within 10s;\nawait alice.event(\"CALL_RTPESTAB\") within 1500ms;\n";
const HEARS_DIGITS: &str =
    "alice.dial(peer);\nawait alice.established() within 10s;\nawait alice.event(\"CALL_DTMF_START\") within 1500ms;\n";
const CLOSES: &str =
    "alice.dial(peer);\nawait alice.established() within 10s;\nawait alice.event(\"CALL_CLOSED\") within 1500ms;\n";
const ENCRYPTED: &str = ", #{ audio: \"alice.wav\", mediaenc: \"srtp-mand\" }";

/// Answers with its description, changed.
pub fn answers(peer: &Peer, change: impl Fn(String) -> String) -> Option<()> {
    peer.take_call_with(&change(peer.sdp()))?;
    None
}

const fn fault(name: &'static str, test: &'static str, peer: fn(&Peer) -> Option<()>, told: &'static str) -> Fault {
    Fault { name, agent: LOCAL, test, peer, told }
}

const fn answer(name: &'static str, peer: fn(&Peer) -> Option<()>, told: &'static str) -> Fault {
    fault(name, HEARS, peer, told)
}

/// A media line in place of its own.
pub fn media(sdp: &str, line: &str) -> String {
    let (before, rest) = sdp.split_once("m=audio").expect("a media line");
    let (_, after) = rest.split_once("\r\n").expect("more lines");
    let port = rest.trim_start().split(' ').next().expect("a port");
    format!("{before}{}\r\n{after}", line.replace("PORT", port))
}

pub const FAULTS: &[Fault] = &[
    answer(
        "answer_without_sdp",
        |peer| {
            let invite = peer.receive("INVITE")?;
            peer.respond(&invite, "200 OK");
            None
        },
        "the 200 OK has no SDP, so that alice's offer was not answered",
    ),
    answer(
        "answer_with_a_codec_that_was_not_offered",
        |peer| answers(peer, |sdp| media(&sdp, "m=audio PORT RTP/AVP 18 101")),
        "the answer takes G729/8000, which was not offered",
    ),
    answer(
        "answer_with_digits_alone",
        |peer| answers(peer, |sdp| media(&sdp, "m=audio PORT RTP/AVP 101")),
        "the answer takes no codec for sound",
    ),
    answer(
        "answer_with_port_0",
        |peer| answers(peer, |sdp| media(&sdp, "m=audio 0 RTP/AVP 0 101")),
        "the answer refuses audio: port 0",
    ),
    answer(
        "answer_without_audio",
        |peer| answers(peer, |sdp| media(&sdp, "m=video PORT RTP/AVP 31")),
        "the answer has no m=audio line",
    ),
    answer(
        "answer_without_any_media",
        |peer| answers(peer, |sdp| sdp.split("m=audio").next().unwrap_or_default().to_string()),
        "the answer has no m=audio line",
    ),
    answer(
        "answer_with_a_name_for_its_address",
        |peer| answers(peer, |sdp| sdp.replace("c=IN IP4 127.0.0.1", "c=IN IP4 localhost")),
        "the answer names `localhost` as its address",
    ),
    answer(
        "answer_without_address",
        |peer| answers(peer, |sdp| sdp.replace("c=IN IP4 127.0.0.1\r\n", "")),
        "the answer has no c= line",
    ),
    answer(
        "answer_on_hold",
        |peer| answers(peer, |sdp| sdp.replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0")),
        "the answer gives the address 0.0.0.0",
    ),
    answer("answer_inactive", |peer| answers(peer, |sdp| sdp + "a=inactive\r\n"), "the answer says inactive"),
    answer("answer_recvonly", |peer| answers(peer, |sdp| sdp + "a=recvonly\r\n"), "the answer says recvonly"),
    Fault {
        name: "answer_without_encryption",
        agent: ENCRYPTED,
        test: HEARS,
        peer: |peer| answers(peer, |sdp| sdp),
        told: "the answer is not encrypted (RTP/AVP)",
    },
    Fault {
        name: "answer_without_key",
        agent: ENCRYPTED,
        test: HEARS,
        peer: |peer| answers(peer, |sdp| sdp.replace("RTP/AVP", "RTP/SAVP")),
        told: "the answer has no key (a=crypto)",
    },
    answer(
        "rtp_missing_behind_a_nat",
        |peer| {
            let invite = peer.receive("INVITE")?;
            let via = format!("{};received=203.0.113.7", invite.header("Via"));
            peer.send(&peer.answer(&invite).with("Via", &via), invite.from);
            None
        },
        "probably a NAT between the two sides of alice's call",
    ),
    answer("rtp_missing", |peer| answers(peer, |sdp| sdp), "no RTP came to alice"),
    answer(
        "rtp_to_another_port",
        |peer| {
            let invite = peer.take_call()?;
            let mut elsewhere = invite.media();
            elsewhere.set_port(9);
            peer.send_rtp(0, 50, elsewhere)
        },
        "no RTP came to alice",
    ),
    fault(
        "rtp_of_another_payload_type",
        CLOSES,
        |peer| {
            let invite = peer.take_call()?;
            peer.send_rtp(8, 50, invite.media())
        },
        "RTP came with payload type 8 (PCMA/8000), which was not negotiated",
    ),
    fault(
        "rtp_of_an_unknown_payload_type",
        CLOSES,
        |peer| {
            let invite = peer.take_call()?;
            peer.send_rtp(77, 50, invite.media())
        },
        "RTP came with payload type 77, which was not negotiated",
    ),
    fault(
        "dtmf_of_another_payload_type",
        HEARS_DIGITS,
        |peer| {
            let invite = peer.take_call()?;
            peer.send_digit(99, invite.media())?;
            peer.send_rtp(0, 50, invite.media())
        },
        "RTP came with payload type 99, which was not negotiated",
    ),
    fault(
        "dtmf_not_negotiated",
        HEARS_DIGITS,
        |peer| {
            let sdp = media(&peer.sdp(), "m=audio PORT RTP/AVP 0").replace("a=rtpmap:101 telephone-event/8000\r\n", "");
            let invite = peer.take_call_with(&sdp)?;
            peer.send_rtp(0, 50, invite.media())
        },
        "the answer takes no telephone-event",
    ),
    fault(
        "dtmf_missing",
        HEARS_DIGITS,
        |peer| {
            let invite = peer.take_call()?;
            peer.send_rtp(0, 50, invite.media())
        },
        "no digit came",
    ),
];
