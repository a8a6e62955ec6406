//! Faults in answers that are SIP and SDP, and can't be used all the same.

use super::media::{HEARS, answers, media};
use super::peer::Peer;
use super::{DIALS, Fault, LOCAL};

const ENCRYPTED: &str = ", #{ audio: \"alice.wav\", mediaenc: \"srtp-mand\" }";
const KEY: &str = "inline:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw";

const fn answer(name: &'static str, peer: fn(&Peer) -> Option<()>, told: &'static str) -> Fault {
    Fault { name, agent: LOCAL, test: HEARS, peer, told }
}

const fn secure(name: &'static str, peer: fn(&Peer) -> Option<()>, told: &'static str) -> Fault {
    Fault { name, agent: ENCRYPTED, test: HEARS, peer, told }
}

const fn response(name: &'static str, peer: fn(&Peer) -> Option<()>, told: &'static str) -> Fault {
    Fault { name, agent: LOCAL, test: DIALS, peer, told }
}

/// Answers with SRTP of a suite, and sends RTP.
fn encrypts(peer: &Peer, crypto: &str) -> Option<()> {
    let sdp = peer.sdp().replace("RTP/AVP", "RTP/SAVP");
    let invite = peer.take_call_with(&format!("{sdp}a=crypto:{crypto} {KEY}\r\n"))?;
    peer.send_rtp(0, 50, invite.media())
}

pub const FAULTS: &[Fault] = &[
    answer(
        "answer_with_two_streams",
        |peer| answers(peer, |sdp| format!("{sdp}m=video 9 RTP/AVP 31\r\n")),
        "the answer has more media lines than the offer",
    ),
    answer(
        "answer_with_another_clock_rate",
        |peer| answers(peer, |sdp| media(&sdp, "m=audio PORT RTP/AVP 96") + "a=rtpmap:96 PCMU/16000\r\n"),
        "the answer takes PCMU/16000, which was not offered",
    ),
    answer(
        "answer_encrypted_unasked",
        |peer| {
            answers(peer, |sdp| sdp.replace("RTP/AVP", "RTP/SAVP") + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n")
        },
        "the answer is encrypted (RTP/SAVP), the offer is not",
    ),
    answer(
        "answer_with_an_address_of_ipv6",
        |peer| answers(peer, |sdp| sdp.replace("c=IN IP4 127.0.0.1", "c=IN IP6 2001:db8::7")),
        "the answer wants its packets at 2001:db8::7",
    ),
    answer("answer_that_is_no_sdp", |peer| answers(peer, |_| "hello\r\n".into()), "the answer has no m=audio line"),
    answer(
        "answer_of_another_content_type",
        |peer| {
            let invite = peer.receive("INVITE")?;
            peer.send(&peer.answer(&invite).with("Content-Type", "text/plain"), invite.from);
            None
        },
        "the 200 OK has no SDP",
    ),
    answer(
        "answer_with_a_codec_in_other_letters",
        |peer| answers(peer, |sdp| media(&sdp, "m=audio PORT RTP/AVP 97") + "a=rtpmap:97 telephone/8000\r\n"),
        "the answer takes telephone/8000, which was not offered",
    ),
    secure(
        "srtp_not_encrypted",
        |peer| encrypts(peer, "1 AES_CM_128_HMAC_SHA1_80"),
        "RTP came that alice can't decrypt",
    ),
    secure("srtp_of_another_suite", |peer| encrypts(peer, "1 F8_128_HMAC_SHA1_80"), "which was not offered"),
    secure("srtp_of_another_tag", |peer| encrypts(peer, "77 AES_CM_128_HMAC_SHA1_80"), "which was not offered"),
    answer(
        "rtp_that_is_none",
        |peer| {
            let invite = peer.take_call()?;
            peer.send_packets(b"hello, this is no RTP at all", 50, invite.media())
        },
        "no RTP came to alice",
    ),
    response(
        "answer_without_via",
        |peer| {
            let invite = peer.receive("INVITE")?;
            peer.send(&peer.answer(&invite).without("Via"), invite.from);
            None
        },
        "the 200 OK has no Via",
    ),
    response(
        "answer_without_cseq",
        |peer| {
            let invite = peer.receive("INVITE")?;
            peer.send(&peer.answer(&invite).without("CSeq"), invite.from);
            None
        },
        "the 200 OK has no CSeq",
    ),
    response(
        "answer_to_another_method",
        |peer| {
            let invite = peer.receive("INVITE")?;
            peer.send(&peer.answer(&invite).with("CSeq", &invite.header("CSeq").replace("INVITE", "BYE")), invite.from);
            None
        },
        "the 200 OK has the CSeq",
    ),
    Fault {
        name: "answer_with_a_route_to_nowhere",
        agent: LOCAL,
        test: "alice.dial(peer);\nawait alice.event(\"CALL_RTPESTAB\") within 3s;\n",
        peer: |peer| {
            let invite = peer.receive("INVITE")?;
            for _ in 0..5 {
                peer.send(&peer.answer(&invite).with("Record-Route", "<sip:127.0.0.1:1;lr>"), invite.from);
                peer.hear(20)?;
            }
            None
        },
        told: "the answer came again and again",
    },
];
