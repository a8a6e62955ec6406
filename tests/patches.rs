//! What `vendor/baresip/patches` mends in the embedded agent, by what the other side receives.

#[path = "patches/datagrams.rs"]
mod datagrams;
#[path = "patches/dtmf.rs"]
mod dtmf;
#[path = "patches/holds.rs"]
mod holds;
#[path = "patches/registrations.rs"]
mod registrations;
#[path = "patches/transfers.rs"]
mod transfers;

use crate::support::Telefonist;
use crate::support::odd_peer::{OddPeer, Received};
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A test `call.rhai` beside a peer, whose address is its PEER.
fn with(peer: &OddPeer, script: &str) -> Telefonist {
    let test = Telefonist::new("run call.rhai --define").argument(format!("PEER={}", peer.address()));
    test.file("call.rhai", &format!("let peer = \"sip:peer@\" + param(\"PEER\");\n{script}"))
}

/// A reliable provisional response.
fn reliable(number: u32) -> String {
    format!("Require: 100rel\r\nRSeq: {number}\r\n")
}

/// What alice does who calls the peer and hangs up.
const CALL: &str = "let alice = agent(\"alice\", #{ audio: \"alice.wav\" });\nalice.dial(peer);\n\
    await alice.established() within 20s;\n";
const END: &str = "alice.hangup();\nawait alice.closed() within 20s;\n";

/// Answers alice's call.
fn answer(peer: &OddPeer, sdp: &str) -> Received {
    let invite = peer.receive("INVITE");
    peer.respond(&invite, "200 OK", "one", sdp);
    peer.receive("ACK");
    invite
}

fn end(peer: &OddPeer) {
    peer.respond(&peer.receive("BYE"), "200 OK", "one", "");
}

/// Acknowledges a final response to an INVITE of the peer.
fn acknowledge(peer: &OddPeer, response: &Received, agent: SocketAddr) {
    let text = format!(
        "ACK sip:alice@{agent} SIP/2.0\r\nVia: {}\r\nMax-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\n\
         CSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
        response.header("Via"),
        response.header("From"),
        response.header("To"),
        response.header("Call-ID")
    );
    peer.send(&text, agent);
}

#[test]
fn every_branch_of_a_fork_gets_its_prack() {
    let peer = OddPeer::new();
    let account = "let alice = agent(\"<sip:alice@127.0.0.1>;regint=0;100rel=yes\");\nalice.dial(peer);\n";
    let test = with(&peer, &format!("{account}await alice.closed() within 20s;\n"));
    thread::scope(|scope| {
        scope.spawn(|| {
            let invite = peer.receive("INVITE");
            for (tag, number) in [("one", 1), ("two", 7), ("two", 8), ("three", 1), ("one", 2)] {
                peer.respond_with(&invite, "183 Session Progress", tag, &reliable(number), &peer.sdp());
                let prack = peer.receive("PRACK");
                assert!(prack.text.contains(&format!("\r\nRAck: {number} ")), "{tag} {number}: {:?}", prack.text);
                assert!(prack.header("To").ends_with(&format!("tag={tag}")), "{tag} {number}: {}", prack.header("To"));
                // a strict peer takes a bare line feed for a part of the header
                assert!(!prack.text.replace("\r\n", "").contains('\n'), "{:?}", prack.text);
                peer.respond(&prack, "200 OK", tag, "");
            }
            peer.respond(&invite, "200 OK", "two", &peer.sdp());
            assert!(peer.receive("ACK").header("To").ends_with("tag=two"));
            peer.rtp.recv_from(&mut [0; 2000]).expect("RTP to the branch that answered");
            peer.request_within(&invite, "two", "BYE", 10, "");
            peer.receive("SIP/2.0 200");
        });
        test.run().exits(0);
    });
}

#[test]
fn each_repeated_200_gets_the_same_ack() {
    let peer = OddPeer::new();
    let test = with(&peer, &format!("{CALL}await alice.event(\"CALL_HOLD\") within 20s;\n{END}"));
    thread::scope(|scope| {
        scope.spawn(|| {
            let invite = peer.receive("INVITE");
            peer.respond(&invite, "200 OK", "one", &peer.sdp());
            let ack = peer.receive("").text;
            assert!(ack.starts_with("ACK sip:peer@") && ack.ends_with("\r\n\r\n"), "{ack:?}");
            for _ in 0..3 {
                peer.respond(&invite, "200 OK", "one", &peer.sdp());
                assert_eq!(peer.receive("").text, ack);
            }
            reinvite(&peer, &invite, 10, &peer.sdp().replace("m=audio", "a=sendonly\r\nm=audio"));
            end(&peer);
        });
        test.run().exits(0);
    });
    let sip = test.then("ladder last").exits(0);
    sip.never_says("can't be read");
}

/// Offers something else within the call; gives the answer.
fn reinvite(peer: &OddPeer, invite: &Received, number: u32, sdp: &str) -> Received {
    peer.request_within(invite, "one", "INVITE", number, sdp);
    let answer = peer.receive("SIP/2.0 200");
    peer.request_within(invite, "one", "ACK", number, "");
    answer
}

#[test]
fn an_address_of_zeros_is_a_hold() {
    let peer = OddPeer::new();
    let held = "await alice.event(\"CALL_HOLD\") within 20s;\nawait alice.event(\"CALL_RESUME\") within 20s;\n";
    let test = with(&peer, &format!("{CALL}{held}{held}{END}"));
    thread::scope(|scope| {
        scope.spawn(|| {
            let invite = answer(&peer, &peer.sdp());
            let zeros = peer.sdp().replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0");
            peer.rtp.recv_from(&mut [0; 2000]).expect("RTP");
            reinvite(&peer, &invite, 10, &zeros);
            // an agent that sends to 0.0.0.0 sends every 20 ms: then there is no such pause
            peer.rtp.set_read_timeout(Some(Duration::from_millis(500))).expect("a socket");
            let sent = (0..200).take_while(|_| peer.rtp.recv_from(&mut [0; 2000]).is_ok()).count();
            assert!(sent < 200, "RTP goes on");
            // an offer that changes nothing is no second hold
            reinvite(&peer, &invite, 11, &zeros);
            peer.rtp.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
            reinvite(&peer, &invite, 12, &peer.sdp());
            peer.rtp.recv_from(&mut [0; 2000]).expect("RTP again");
            reinvite(&peer, &invite, 13, &zeros.replace("m=audio", "a=inactive\r\nm=audio"));
            reinvite(&peer, &invite, 14, &peer.sdp());
            end(&peer);
        });
        test.run().exits(0);
    });
    let holds = test.events().iter().filter(|event| event["type"] == "CALL_HOLD").count();
    assert_eq!(holds, 2);
}

#[test]
fn a_challenge_that_can_be_answered_is_taken_wherever_it_stands() {
    let digest = |algorithm: &str, nonce: &str| {
        format!(
            "WWW-Authenticate: Digest realm=\"a, b\", nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth,auth-int\"\r\n"
        )
    };
    let basic = "WWW-Authenticate: Basic realm=\"a\"\r\n".to_string();
    for (challenges, taken) in [
        ([digest("SHA-512-256", "first"), digest("MD5", "second")], "nonce=\"second\""),
        ([digest("MD5", "first"), digest("SHA-512-256", "second")], "nonce=\"first\""),
        ([basic, digest("SHA-256", "second")], "nonce=\"second\""),
    ] {
        let peer = OddPeer::new();
        let test = with(
            &peer,
            "import \"std/registration\" as registration;\n\
             let alice = agent(`<sip:alice@${param(\"PEER\")}>;auth_pass=secret1;regint=60`);\n\
             registration::register(alice);\n",
        );
        let (credentials, received) = mpsc::channel();
        // it also answers how the agent signs off, which comes after the test, or not
        thread::spawn(move || {
            loop {
                let register = peer.receive("REGISTER");
                if register.text.contains("\r\nAuthorization: ") {
                    peer.respond_with(&register, "200 OK", "one", "Expires: 60\r\n", "");
                    credentials.send(register).expect("somebody waits");
                } else {
                    peer.respond_with(&register, "401 Unauthorized", "one", &challenges.concat(), "");
                }
            }
        });
        test.run().exits(0);
        let register = received.recv().expect("a REGISTER");
        assert_eq!(register.text.matches("\r\nAuthorization: ").count(), 1, "{}", register.text);
        assert!(register.header("Authorization").contains(taken), "{}", register.text);
    }
}

#[test]
fn a_call_is_refused_with_the_whole_reason() {
    let peer = OddPeer::new();
    let test = with(
        &peer,
        "let alice = agent(\"alice\");\nalice.options(peer);\n\
         await alice.event(\"CALL_INCOMING\") within 20s;\nalice.hangup(480, \"Temporarily Unavailable\");\n\
         let second = (await alice.event(\"CALL_INCOMING\") within 20s).call;\nsecond.hangup(606, \"No, \\\"not\\\" today\");\n\
         await alice.event(\"CALL_INCOMING\") within 20s;\nalice.cmd(\"hangup reason=Gone out scode=410\");\n\
         await alice.closed() within 20s;\n",
    );
    thread::scope(|scope| {
        scope.spawn(|| {
            let options = peer.receive("OPTIONS");
            peer.respond(&options, "200 OK", "one", "");
            for (id, line) in [
                ("c1", "SIP/2.0 480 Temporarily Unavailable\r\n"),
                ("c2", "SIP/2.0 606 No, \"not\" today\r\n"),
                ("c3", "SIP/2.0 410 Gone out\r\n"),
            ] {
                peer.request("INVITE", id, "Content-Type: application/sdp\r\n", &peer.sdp(), options.from);
                let refused = peer.receive(&line[..11]);
                assert!(refused.text.starts_with(line), "{}", refused.text);
                acknowledge(&peer, &refused, options.from);
            }
        });
        test.run().exits(0);
    });
}
