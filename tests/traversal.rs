//! STUN, TURN and ICE that come to nothing: which server, and what it did, is the first line of the reason.

use crate::support::Telefonist;
use crate::support::odd_peer::OddPeer;
use crate::support::stun_server::{Answers, StunServer};
use std::thread;

/// Alice, whose account has more parameters, calls bob.
fn calls(parameters: &str, then: &str) -> Telefonist {
    let script = format!(
        "let alice = agent(`<sip:alice@127.0.0.1>;regint=0;{parameters}`);\n\
         let bob = agent(\"<sip:bob@127.0.0.1>;regint=0;answermode=auto\");\nalice.dial(bob);\n{then}\n"
    );
    Telefonist::new("run call.rhai").file("call.rhai", &script)
}

const UP: &str = "await alice.established() within 20s;";
const SOUND: &str = "await alice.established() within 20s;\nawait alice.event(\"CALL_RTPESTAB\") within 1s;";

/// That the first line of the reason ends so.
#[track_caller]
fn named(test: &Telefonist, told: &str) {
    let done = test.run().exits(1);
    let line = done.stdout.lines().skip_while(|line| !line.starts_with("FAIL")).nth(1).unwrap_or_default();
    assert!(line.ends_with(told), "{told}\n{}", done.stdout);
}

#[test]
fn a_server_that_answers_is_used() {
    let server = StunServer::new(Answers::Unauthorized);
    calls(&format!("medianat=stun;stunserver=\"stun:{}\"", server.place()), SOUND).run().exits(0);
}

#[test]
fn a_server_that_does_not_answer() {
    let server = StunServer::new(Answers::Nothing);
    let place = server.place();
    let turn = format!("stunserver=\"turn:{place}\";stunuser=me;stunpass=secret1");
    let stun = format!("stunserver=\"stun:{place}\"");
    for (account, wait, told) in [
        (format!("medianat=ice;{stun}"), UP, format!("was not sent: the STUN server {place} did not answer")),
        (format!("medianat=ice;{turn}"), UP, format!("was not sent: the TURN server {place} did not answer")),
        (
            format!("medianat=stun;{stun}"),
            "await alice.established() within 1s;",
            format!("was not sent: the STUN server {place} has not answered alice yet"),
        ),
        (
            format!("medianat=turn;{turn}"),
            "await alice.established() within 1s;",
            format!("was not sent: the TURN server {place} has not answered alice yet"),
        ),
    ] {
        named(&calls(&account, wait), &told);
    }
}

#[test]
fn a_server_that_refuses() {
    let (strict, full) = (StunServer::new(Answers::Unauthorized), StunServer::new(Answers::QuotaReached));
    let empty = StunServer::new(Answers::Empty);
    let (strict, full, empty) = (strict.place(), full.place(), empty.place());
    for (account, told) in [
        (
            format!("medianat=turn;stunserver=\"turn:{strict}\";stunuser=me;stunpass=secret1"),
            format!("the TURN server {strict} did not accept stunuser and stunpass: 401 Unauthorized"),
        ),
        (
            format!("medianat=turn;stunserver=\"turn:{full}\";stunuser=me;stunpass=secret1"),
            format!("the TURN server {full} refused: 486 Allocation Quota Reached"),
        ),
        (
            format!("medianat=ice;stunserver=\"stun:{empty}\""),
            format!("the STUN server {empty} gave no usable answer: Protocol error"),
        ),
    ] {
        named(&calls(&account, UP), &format!("alice's call to bob was not sent: {told}"));
    }
}

#[test]
fn the_server_of_the_callee() {
    let server = StunServer::new(Answers::Unauthorized);
    let place = server.place();
    let script = format!(
        "let alice = agent(\"<sip:alice@127.0.0.1>;regint=0\");\n\
         let bob = agent(`<sip:bob@127.0.0.1>;regint=0;medianat=turn;stunserver=\"turn:{place}\";stunuser=me;stunpass=x1`);\n\
         alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\") within 2s;\n"
    );
    let test = Telefonist::new("run call.rhai").file("call.rhai", &script);
    named(&test, &format!("the TURN server {place} did not accept stunuser and stunpass: 401 Unauthorized"));
}

#[test]
fn a_server_that_the_account_lacks() {
    let wait = "await alice.established() within 1s;";
    let test = calls("medianat=stun", wait);
    test.run().exits(1).says("alice did not call").says("medianat=stun needs a server: stunserver=\"stun:HOST\"");
    let test = calls("medianat=turn;stunserver=\"stun:127.0.0.1:9\"", wait);
    test.run().exits(1).says("medianat=turn needs stunserver=\"turn:HOST\", not stun:127.0.0.1:9");
}

#[test]
fn a_peer_without_ice() {
    let server = StunServer::new(Answers::Unauthorized);
    let place = server.place();
    let told = "alice has ICE, and the other side's SDP has no candidates for it";
    named(&calls("medianat=ice", SOUND), told);
    let test = calls(&format!("medianat=ice;stunserver=\"turn:{place}\";stunuser=me;stunpass=secret1"), SOUND);
    named(&test, told);
    let refused = format!("there was no relay: the TURN server {place} did not accept stunuser and stunpass");
    test.then("replay last").exits(1).says(&refused);
}

#[test]
fn candidates_that_nobody_answers_at() {
    let peer = OddPeer::new();
    let script = "let alice = agent(\"<sip:alice@127.0.0.1>;regint=0;medianat=ice\");\n\
         alice.dial(`sip:peer@${param(\"PEER\")}`);\nawait alice.established() within 20s;\n\
         await alice.log(\"connectivity check failed\") within 30s;\nawait alice.event(\"CALL_RTPESTAB\") within 50ms;\n";
    let test = Telefonist::new("run call.rhai --define").argument(format!("PEER={}", peer.address()));
    let test = test.file("call.rhai", script);
    thread::scope(|scope| {
        scope.spawn(|| {
            let invite = peer.receive("INVITE");
            let port = peer.rtp.local_addr().expect("an address").port();
            let candidate = |component: u16| {
                let port = port + component - 1;
                format!("a=candidate:1 {component} UDP 2130706431 127.0.0.1 {port} typ host\r\n")
            };
            let ice =
                format!("a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n{}{}", candidate(1), candidate(2));
            peer.respond(&invite, "200 OK", "one", &format!("{}{ice}", peer.sdp()));
            peer.receive("ACK");
        });
        let done = test.run().exits(1);
        done.says("ICE found no way for the media:").says("alice's log: ice: connectivity check failed");
    });
}
