//! Attended transfers, and calls that replace others (RFC 3891).

use super::{CALL, acknowledge, answer, end, with};
use crate::support::Telefonist;
use crate::support::odd_peer::OddPeer;
use std::thread;

/// The quick start in the README of the program that was first called telefonist, for agents on this machine.
const QUICK_START: &str = "\
_hash
_define ua1 sip:alice@127.0.0.1
_define ua2 sip:bob@127.0.0.1
_define ua3 sip:charlie@127.0.0.1
_accept CALL_RINGING, CALL_ESTABLISHED, CALL_RTPESTAB, CALL_CLOSED, AUDIO_REPORT
_run 1

uanew <ua1;transport=udp>;auth_pass=secret1;regint=0;input_wav=alice.wav
uanew <ua2;transport=udp>;auth_pass=secret2;regint=0;input_wav=bob.wav
uanew <ua3;transport=udp>;auth_pass=secret3;regint=0;input_wav=charlie.wav

# Attended Transfer
ua1:dial ua2|2s|ua2:accept|6s
ua2:atransferstart ua3|2s|ua3:accept|6s
ua2:atransferexec|6s|ua1:hangup
uadelall
";

#[test]
fn the_quick_start_of_the_first_telefonist_transfers() {
    let without = QUICK_START.replace("|ua3:accept", "");
    let runs: Vec<_> = [QUICK_START, QUICK_START, &without]
        .map(|text| Telefonist::new("run quick_start").file("quick_start", text))
        .into_iter()
        .map(|test| thread::spawn(move || (test.run().exits(0).hash(), test)))
        .collect();
    let runs: Vec<_> = runs.into_iter().map(|run| run.join().expect("it passes")).collect();
    let flow = |run: usize| std::fs::read_to_string(runs[run].1.run_folder().join("flow.txt")).expect("a flow");
    let transferred = "charlie\n  call 1, incoming, alice\n    CALL_ESTABLISHED\n";
    assert!(flow(0).contains(transferred), "{}", flow(0));
    assert!(flow(0).contains("AUDIO_REPORT tx rx"), "{}", flow(0));
    assert_eq!(runs[0].0, runs[1].0, "{}\n{}", flow(0), flow(1));
    // so that the test with the first one's hash fails
    assert_ne!(runs[0].0, runs[2].0, "{}", flow(2));
    assert!(!flow(2).contains(transferred), "{}", flow(2));
}

#[test]
fn a_transfer_given_up_ends_the_call_to_its_target_alone() {
    let begin = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\nlet charlie = agent(\"charlie\");\n\
         alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\") within 20s;\nbob.accept();\n\
         await all([alice.event(\"CALL_RTPESTAB\"), bob.event(\"CALL_RTPESTAB\")]) within 20s;\n\
         alice.attended_transfer(charlie);\nawait charlie.event(\"CALL_INCOMING\") within 20s;\n";
    let up = "charlie.accept();\nawait all([alice.event(\"CALL_RTPESTAB\"), charlie.event(\"CALL_RTPESTAB\")]) within 20s;\n";
    for middle in ["", up] {
        let script = format!(
            "{begin}{middle}assert(alice.abort_transfer().ok);\nawait charlie.closed() within 20s;\n\
             assert(!alice.abort_transfer().ok);\nassert(!alice.complete_transfer().ok);\n\
             alice.dtmf(\"5\");\nawait bob.dtmf(\"5\") within 20s;\nalice.hangup();\nawait bob.closed() within 20s;\n"
        );
        Telefonist::new("run call.rhai").file("call.rhai", &script).run().exits(0);
    }
}

#[test]
fn a_peer_that_neither_knows_replaces_nor_can_be_held_is_referred() {
    let peer = OddPeer::new();
    let test = with(
        &peer,
        &format!(
            "let bob = agent(\"bob\");\n{CALL}alice.attended_transfer(bob);\n\
             await bob.event(\"CALL_INCOMING\") within 20s;\n\
             let early = alice.complete_transfer();\nassert(!early.ok && early.data.contains(\"not established\"), early.data);\n\
             bob.accept();\nawait all([alice.established(), bob.established()]) within 20s;\n\
             assert(alice.complete_transfer().ok);\nawait alice.closed() within 20s;\n"
        ),
    );
    thread::scope(|scope| {
        scope.spawn(|| {
            let invite = answer(&peer, &peer.sdp());
            loop {
                let request = peer.receive("");
                match request.text.split(' ').next() {
                    Some("INVITE") => peer.respond(&request, "488 Not Acceptable Here", "one", ""),
                    Some("REFER") => {
                        let target = request.header("Refer-To");
                        assert!(target.contains("bob@") && target.contains("?Replaces="), "{target}");
                        peer.respond(&request, "202 Accepted", "one", "");
                        break;
                    }
                    _ => {}
                }
            }
            peer.request_within(&invite, "one", "BYE", 20, "");
            peer.receive("SIP/2.0 200");
        });
        test.run().exits(0);
    });
}

#[test]
fn an_invite_that_replaces_a_call_is_answered_at_once() {
    let peer = OddPeer::new();
    let test = with(
        &peer,
        "let alice = agent(\"alice\");\nalice.options(peer);\n\
         await alice.event(\"CALL_INCOMING\") within 20s;\nalice.accept();\n\
         let taken = (await alice.event(\"CALL_INCOMING\") within 20s).call;\nawait taken.established() within 20s;\n\
         assert(alice.accept().ok && taken.accept().ok, \"it is answered already\");\nalice.options(peer);\n\
         let rings = (await alice.event(\"CALL_INCOMING\") within 20s).call;\nawait rings.closed() within 20s;\n\
         taken.hangup();\nawait taken.closed() within 20s;\n",
    );
    thread::scope(|scope| {
        scope.spawn(|| {
            let options = peer.receive("OPTIONS");
            peer.respond(&options, "200 OK", "one", "");
            let agent = options.from;
            let invite = |id: &str, replaces: &str| {
                let replaces = if replaces.is_empty() { String::new() } else { format!("Replaces: {replaces}\r\n") };
                let headers = format!("{replaces}Content-Type: application/sdp\r\n");
                peer.request("INVITE", id, &headers, &peer.sdp(), agent);
            };
            invite("first", "");
            let first = peer.receive("SIP/2.0 200");
            acknowledge(&peer, &first, agent);
            let (_, tag) = first.header("To").split_once("tag=").expect("a tag");

            for (id, replaces, status) in [
                ("none", "first".to_string(), "481"),
                ("half", format!("first;to-tag={tag}"), "481"),
                ("other", format!("first;to-tag=x{tag};from-tag=peer"), "481"),
                ("early", format!("first;to-tag={tag};from-tag=peer;early-only"), "486"),
            ] {
                invite(id, &replaces);
                let refused = peer.receive(&format!("SIP/2.0 {status}"));
                assert_eq!(refused.header("Call-ID"), id);
                acknowledge(&peer, &refused, agent);
            }

            invite("second", &format!("first;to-tag={tag};from-tag=peer"));
            let (mut ended, mut taken) = (false, false);
            while !(ended && taken) {
                let message = peer.receive("");
                if message.text.starts_with("BYE") {
                    assert_eq!(message.header("Call-ID"), "first");
                    peer.respond(&message, "200 OK", "peer", "");
                    ended = true;
                } else if message.text.starts_with("SIP/2.0 200") {
                    assert_eq!(message.header("Call-ID"), "second");
                    acknowledge(&peer, &message, agent);
                    taken = true;
                }
            }

            let options = peer.receive("OPTIONS");
            peer.respond(&options, "200 OK", "one", "");
            // a call that only rings at alice is not for others to take
            invite("rings", "");
            let ringing = peer.receive("SIP/2.0 180");
            let (_, tag) = ringing.header("To").split_once("tag=").expect("a tag");
            invite("thief", &format!("rings;to-tag={tag};from-tag=peer"));
            let refused = peer.receive("SIP/2.0 481");
            assert_eq!(refused.header("Call-ID"), "thief");
            acknowledge(&peer, &refused, agent);
            peer.request("CANCEL", "rings", "", "", agent);
            acknowledge(&peer, &peer.receive("SIP/2.0 487"), agent);
            end(&peer);
        });
        test.run().exits(0);
    });
}
