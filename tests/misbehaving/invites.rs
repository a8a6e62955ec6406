//! Faults in what answers an INVITE.

use super::peer::Peer;
use super::{DIALS, Fault, LOCAL};

/// Answers each INVITE of a call with one status.
fn refuses(peer: &Peer, status: &str, header: Option<(&str, &str)>) -> Option<()> {
    loop {
        let invite = peer.receive("INVITE")?;
        let response = peer.response(&invite, status);
        let response = header.iter().fold(response, |response, (name, value)| response.with(name, value));
        peer.send(&response, invite.from);
    }
}

const fn fault(name: &'static str, peer: fn(&Peer) -> Option<()>, told: &'static str) -> Fault {
    Fault { name, agent: LOCAL, test: DIALS, peer, told }
}

const CHALLENGE: &str = "Digest realm=\"pbx\", nonce=\"1\", algorithm=MD5";
const UNKNOWN: &str = "Digest realm=\"pbx\", nonce=\"1\", algorithm=SHA-512-256";
const OVER_TCP: &str = "alice.dial(peer + \";transport=tcp\");\nawait alice.established() within 1500ms;\n\
    sleep(1s);\nalice.hangup();\nawait alice.closed() within 1500ms;\n";

pub const FAULTS: &[Fault] = &[
    fault("invite_unanswered", |_| None, "got no answer at all to its INVITE"),
    fault(
        "invite_100_only",
        |peer| {
            peer.respond(&peer.receive("INVITE")?, "100 Trying");
            None
        },
        "was taken by the next server, and nobody rang",
    ),
    fault(
        "invite_180_only",
        |peer| {
            peer.respond(&peer.receive("INVITE")?, "180 Ringing");
            None
        },
        "rang and was not answered",
    ),
    fault("invite_busy", |peer| refuses(peer, "486 Busy Here", None), "was refused: 486 Busy Here"),
    fault("invite_500", |peer| refuses(peer, "500 Oops", None), "was refused: 500 Oops"),
    fault(
        "invite_420",
        |peer| refuses(peer, "420 Bad Extension", Some(("Unsupported", "100rel"))),
        "was refused: 420 Bad Extension",
    ),
    fault("invite_302_to_nowhere", |peer| refuses(peer, "302 Moved", Some(("Contact", "*"))), "was redirected: 302"),
    fault(
        "invite_407_again_and_again",
        |peer| refuses(peer, "407 Proxy Authentication Required", Some(("Proxy-Authenticate", CHALLENGE))),
        "was refused: 407",
    ),
    fault(
        "invite_407_unknown_algorithm",
        |peer| refuses(peer, "407 Proxy Authentication Required", Some(("Proxy-Authenticate", UNKNOWN))),
        "the challenge asks for SHA-512-256, which the agent lacks",
    ),
    fault(
        "answer_without_to_tag",
        |peer| {
            let invite = peer.receive("INVITE")?;
            peer.send(&peer.answer(&invite).with("To", invite.header("To")), invite.from);
            None
        },
        "the 200 OK has no To tag",
    ),
    fault(
        "answer_with_another_cseq",
        |peer| {
            let invite = peer.receive("INVITE")?;
            peer.send(&peer.answer(&invite).with("CSeq", "4711 INVITE"), invite.from);
            None
        },
        "the 200 OK has the CSeq 4711 INVITE, its request",
    ),
    fault(
        "answer_with_another_from_tag",
        |peer| {
            let invite = peer.receive("INVITE")?;
            peer.send(&peer.answer(&invite).with("From", "<sip:alice@127.0.0.1>;tag=other"), invite.from);
            None
        },
        "the 200 OK has the From tag other, its request",
    ),
    fault(
        "answer_with_another_call_id",
        |peer| {
            let invite = peer.receive("INVITE")?;
            peer.send(&peer.answer(&invite).with("Call-ID", "another"), invite.from);
            None
        },
        "the 200 OK has the Call-ID another, its request",
    ),
    fault(
        "answer_with_another_branch",
        |peer| {
            let invite = peer.receive("INVITE")?;
            let via = format!("SIP/2.0/UDP {};branch=z9hG4bKother", invite.from);
            peer.send(&peer.answer(&invite).with("Via", &via), invite.from);
            None
        },
        "the 200 OK has the Via branch z9hG4bKother, its request",
    ),
    fault(
        "answer_without_contact",
        |peer| {
            let invite = peer.receive("INVITE")?;
            peer.send(&peer.answer(&invite).without("Contact"), invite.from);
            None
        },
        "the 200 OK has no Contact",
    ),
    Fault {
        name: "answer_with_a_longer_content_length",
        agent: LOCAL,
        test: "alice.dial(peer);\nawait alice.event(\"CALL_RTPESTAB\") within 1500ms;\n",
        peer: |peer| {
            let invite = peer.receive("INVITE")?;
            let sdp = peer.sdp();
            let cut = sdp.split("m=audio").next().unwrap_or_default();
            peer.send(&peer.answer(&invite).carrying(cut).with("Content-Length", "9999"), invite.from);
            None
        },
        told: "the 200 OK says Content-Length 9999, and",
    },
    fault(
        "answer_that_is_no_sip",
        |peer| {
            let invite = peer.receive("INVITE")?;
            peer.send_text("SIP/2.0 200\r\nhello\r\n\r\n", invite.from);
            None
        },
        "SIP at alice that can't be read",
    ),
    Fault {
        name: "answer_again_and_again",
        agent: LOCAL,
        test: "alice.dial(peer);\nawait alice.event(\"CALL_RTPESTAB\") within 3s;\n",
        peer: |peer| {
            let invite = peer.receive("INVITE")?;
            // the agent's media is the clock
            for _ in 0..5 {
                peer.send(&peer.answer(&invite), invite.from);
                peer.hear(20)?;
            }
            None
        },
        told: "the answer came again and again",
    },
    Fault {
        name: "contact_that_refuses_connections",
        agent: LOCAL,
        test: OVER_TCP,
        peer: |peer| {
            let mut stream = peer.accept()?;
            let invite = stream.receive("INVITE")?;
            let answer = peer.answer(&invite).with("Contact", "<sip:peer@127.0.0.1:1;transport=tcp>");
            stream.send(&answer)?;
            stream.receive("nothing")?;
            None
        },
        told: "alice's ACK to the answer in alice's call",
    },
    Fault {
        name: "connection_closed_in_place_of_an_answer",
        agent: LOCAL,
        test: OVER_TCP,
        peer: |peer| {
            peer.accept()?.receive("INVITE")?;
            None
        },
        told: "got no answer at all to its INVITE",
    },
    Fault {
        name: "connection_lost_before_the_bye",
        agent: LOCAL,
        test: "alice.dial(peer + \";transport=tcp\");\nawait alice.event(\"CALL_RTPESTAB\") within 10s;\n\
            alice.hangup();\nawait alice.closed() within 10s;\n",
        peer: |peer| {
            let mut stream = peer.accept()?;
            let invite = stream.receive("INVITE")?;
            // a place of its own, which takes the ACK and is gone then
            let place = Peer::new();
            let contact = format!("<sip:peer@127.0.0.1:{};transport=tcp>", place.port());
            stream.send(&peer.answer(&invite).with("Contact", &contact))?;
            place.accept()?.receive("ACK")?;
            drop(place);
            peer.send_rtp(0, 10, invite.media())?;
            stream.receive("nothing")?;
            None
        },
        told: "alice's BYE in alice's call",
    },
];
