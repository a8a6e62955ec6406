//! What `vendor/baresip/patches` mends in the embedded agent, by what the other side receives.

use crate::support::Telefonist;
use crate::support::odd_peer::OddPeer;
use std::thread;

/// A test `call.rhai` beside a peer, whose address is its PEER.
fn with(peer: &OddPeer, script: &str) -> Telefonist {
    let test = Telefonist::new("run call.rhai --define").argument(format!("PEER={}", peer.address()));
    test.file("call.rhai", &format!("let peer = \"sip:peer@\" + param(\"PEER\");\n{script}"))
}

/// A reliable provisional response.
fn reliable(number: u32) -> String {
    format!("Require: 100rel\r\nRSeq: {number}\r\n")
}

#[test]
fn a_prack_has_line_ends_as_sip_wants_them() {
    let peer = OddPeer::new();
    let test = with(
        &peer,
        "let alice = agent(\"<sip:alice@127.0.0.1>;regint=0;100rel=yes\");\nalice.dial(peer);\n\
         await alice.established() within 20s;\nalice.hangup();\nawait alice.closed() within 20s;\n",
    );
    thread::scope(|scope| {
        scope.spawn(|| {
            let invite = peer.receive("INVITE");
            peer.respond_with(&invite, "183 Session Progress", "one", &reliable(1), &peer.sdp());
            let prack = peer.receive("PRACK");
            assert!(prack.text.contains("\r\nRAck: 1 "), "{:?}", prack.text);
            assert!(!prack.text.replace("\r\n", "").contains('\n'), "a line end of its own: {:?}", prack.text);
            peer.respond(&prack, "200 OK", "one", "");
            peer.respond(&invite, "200 OK", "one", "");
            peer.receive("ACK");
            peer.respond(&peer.receive("BYE"), "200 OK", "one", "");
        });
        test.run().exits(0);
    });
}
