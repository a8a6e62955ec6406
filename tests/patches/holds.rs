//! Holds and resumes, one right after the other and from both sides: each reaches the other side.

use super::{CALL, END, answer, end, reinvite, with};
use crate::support::Telefonist;
use crate::support::odd_peer::{OddPeer, Received};
use std::thread;

/// The next offer within the call, with the direction that it asks for.
fn offer(peer: &OddPeer) -> (Received, String) {
    let offer = peer.receive("INVITE");
    let directions = ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"];
    let line = offer.text.lines().find(|line| directions.contains(line)).unwrap_or("a=sendrecv").to_string();
    (offer, line)
}

fn accept(peer: &OddPeer, offer: &Received) {
    peer.respond(offer, "200 OK", "one", &peer.sdp());
    peer.receive("ACK");
}

#[test]
fn each_hold_and_resume_is_an_offer_to_the_peer() {
    let peer = OddPeer::new();
    let commands = "alice.hold();\nalice.resume();\n".repeat(3);
    let test = with(&peer, &format!("{CALL}{commands}await alice.event(\"CALL_HOLD\") within 40s;\n{END}"));
    thread::scope(|scope| {
        scope.spawn(|| {
            let invite = answer(&peer, &peer.sdp());
            for number in 0..6 {
                let (mut sent, mut direction) = offer(&peer);
                if number == 1 {
                    // it has to come again
                    peer.respond(&sent, "491 Request Pending", "one", "");
                    (sent, direction) = offer(&peer);
                }
                assert_eq!(direction, ["a=sendonly", "a=sendrecv"][number % 2], "offer {number}");
                accept(&peer, &sent);
            }
            // the script goes on
            reinvite(&peer, &invite, 10, &peer.sdp().replace("m=audio", "a=sendonly\r\nm=audio"));
            end(&peer);
        });
        test.run().exits(0);
    });
}

#[test]
fn a_hold_that_waits_is_not_forgotten_when_the_peer_offers_something_meanwhile() {
    let peer = OddPeer::new();
    let test = with(&peer, &format!("{CALL}alice.hold();\nawait alice.event(\"CALL_HOLD\") within 20s;\n{END}"));
    thread::scope(|scope| {
        scope.spawn(|| {
            let invite = answer(&peer, &peer.sdp());
            let (hold, _) = offer(&peer);
            peer.respond(&hold, "491 Request Pending", "one", "");
            peer.receive("ACK");
            reinvite(&peer, &invite, 10, &peer.sdp());
            let (again, direction) = offer(&peer);
            assert_eq!(direction, "a=sendonly");
            accept(&peer, &again);
            reinvite(&peer, &invite, 11, &peer.sdp().replace("m=audio", "a=sendonly\r\nm=audio"));
            end(&peer);
        });
        test.run().exits(0);
    });
}

#[test]
fn holds_of_both_sides_that_cross_reach_both() {
    let test = Telefonist::new("run call.rhai").file(
        "call.rhai",
        "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\nalice.dial(bob);\n\
         await bob.event(\"CALL_INCOMING\") within 20s;\nbob.accept();\n\
         await all([alice.event(\"CALL_RTPESTAB\"), bob.event(\"CALL_RTPESTAB\")]) within 20s;\n\
         for round in 0..3 {\n    alice.hold();\n    bob.hold();\n\
         \x20   await all([alice.event(\"CALL_HOLD\"), bob.event(\"CALL_HOLD\")]) within 20s;\n\
         \x20   alice.resume();\n    bob.resume();\n\
         \x20   await all([alice.event(\"CALL_RESUME\"), bob.event(\"CALL_RESUME\")]) within 20s;\n}\n\
         alice.hangup();\nawait bob.closed() within 20s;\n",
    );
    test.run().exits(0);
}

#[test]
fn a_hold_or_resume_with_nothing_to_do_is_refused() {
    let peer = OddPeer::new();
    let test = with(
        &peer,
        &format!(
            "{CALL}let none = alice.resume();\nassert(!none.ok && none.data.contains(\"no call is on hold\"), none.data);\n\
             assert(alice.hold().ok);\nawait alice.sip(\"ACK\").sent() within 20s;\nlet twice = alice.hold();\n\
             assert(!twice.ok && twice.data.contains(\"on hold already\"), twice.data);\n{END}"
        ),
    );
    thread::scope(|scope| {
        scope.spawn(|| {
            answer(&peer, &peer.sdp());
            accept(&peer, &offer(&peer).0);
            end(&peer);
        });
        test.run().exits(0);
    });
}
