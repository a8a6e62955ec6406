//! Where a message ends in a datagram (RFC 3261 section 18.3).

use super::{end, with};
use crate::support::odd_peer::OddPeer;
use std::thread;

const ASKS: &str = "let alice = agent(\"alice\", #{ audio: \"alice.wav\" });\nalice.options(peer);\n";

/// The length that a message states is one for another body.
fn stating(text: &str, of: &str, instead: &str) -> String {
    text.replace(&format!("Content-Length: {}\r\n", of.len()), &format!("Content-Length: {}\r\n", instead.len()))
}

/// A MESSAGE to alice whose Content-Length is that of `stated`.
fn message(peer: &OddPeer, body: &str, stated: &str, id: &str, to: std::net::SocketAddr) {
    let own = peer.address();
    let text = format!(
        "MESSAGE sip:alice@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{id};rport\r\nMax-Forwards: 70\r\n\
         From: <sip:peer@{own}>;tag=peer\r\nTo: <sip:alice@{to}>\r\nCall-ID: {id}\r\nCSeq: 1 MESSAGE\r\n\
         Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    peer.send(&stating(&text, body, stated), to);
}

#[test]
fn what_follows_the_stated_length_is_no_part_of_the_message() {
    let peer = OddPeer::new();
    let test = with(
        &peer,
        &format!(
            "{ASKS}let text = (await alice.message()).body;\nassert_eq(text, \"hello\");\n\
             alice.dial(peer);\nawait alice.established() within 20s;\n\
             await alice.event(\"CALL_RTPESTAB\") within 20s;\nalice.hangup();\nawait alice.closed() within 20s;\n"
        ),
    );
    thread::scope(|scope| {
        scope.spawn(|| {
            let options = peer.receive("OPTIONS");
            peer.respond(&options, "200 OK", "one", "");
            message(&peer, "hello, world", "hello", "m1", options.from);
            peer.receive("SIP/2.0 200");
            let invite = peer.receive("INVITE");
            // the agent would send nothing, and take nothing, with the second half
            let sdp = peer.sdp();
            let whole = format!("{sdp}a=inactive\r\n");
            peer.send(&stating(&peer.response(&invite, "200 OK", "one", "", &whole), &whole, &sdp), invite.from);
            peer.receive("ACK");
            let media = invite.media();
            peer.rtp.recv_from(&mut [0; 2000]).expect("RTP");
            for sequence in 1..=10_u8 {
                let mut packet = vec![0x80, 0, 0, sequence, 0, 0, sequence, 0, 0, 0, 0, 7];
                packet.resize(172, 0xff);
                peer.rtp.send_to(&packet, media).expect("RTP is sent");
            }
            end(&peer);
        });
        test.run().exits(0);
    });
}

#[test]
fn a_datagram_that_ends_before_its_message_is_an_error() {
    let peer = OddPeer::new();
    let longer = "hello, world";
    let test = with(
        &peer,
        &format!(
            "{ASKS}let first = await alice.message();\nassert_eq(first.body, \"whole\");\n\
             alice.dial(peer);\nawait alice.established() within 1s;\n"
        ),
    );
    thread::scope(|scope| {
        scope.spawn(|| {
            let options = peer.receive("OPTIONS");
            peer.respond(&options, "200 OK", "one", "");
            message(&peer, "hello", longer, "m1", options.from);
            peer.receive("SIP/2.0 400");
            message(&peer, "whole", "whole", "m2", options.from);
            peer.receive("SIP/2.0 200");
            let invite = peer.receive("INVITE");
            let sdp = peer.sdp();
            let stated = format!("{sdp}a=sendrecv\r\n");
            peer.send(&stating(&peer.response(&invite, "200 OK", "one", "", &sdp), &sdp, &stated), invite.from);
        });
        let done = test.run().exits(1).says("the 200 OK says Content-Length");
        done.says("no CALL_ESTABLISHED at alice within 1 s").never_says("ACK");
    });
}
