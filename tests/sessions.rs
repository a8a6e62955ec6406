//! How the embedded agent begins, refreshes and ends a call (RFC 3261 section 9.1, RFC 4028), by what a peer receives.

use crate::support::odd_peer::{OddPeer, Received};
use crate::support::{Done, Telefonist};
use std::thread;

/// Runs a test with an agent `alice` beside a peer, which does what is said.
fn run(script: &str, peer_does: impl FnOnce(&OddPeer) + Send) -> Done {
    let peer = OddPeer::new();
    let test = Telefonist::new("run call.rhai --define").argument(format!("PEER={}", peer.address()));
    let begin = "let alice = agent(\"alice\");\nlet peer = \"sip:peer@\" + param(\"PEER\");\n";
    let test = test.file("call.rhai", &format!("{begin}{script}"));
    thread::scope(|scope| {
        let acted = scope.spawn(|| peer_does(&peer));
        let done = test.run();
        assert!(acted.join().is_ok(), "the peer received something else: {}{}", done.stdout, done.stderr);
        done
    })
}

/// Hangs up while nothing came from the peer; then the peer is asked for something, so that it knows.
const HANG_UP_AT_ONCE: &str = "alice.dial(peer);\nalice.hangup();\nawait alice.closed() within 20s;\n\
    alice.options(peer);\nawait alice.sip(200).where(|m| m.cseq.contains(\"OPTIONS\")) within 20s;\n";

/// The INVITE of [`HANG_UP_AT_ONCE`], when the call has been hung up.
fn hung_up(peer: &OddPeer) -> Received {
    let invite = peer.receive("INVITE");
    peer.respond(&peer.receive("OPTIONS"), "200 OK", "o", "");
    invite
}

#[test]
fn a_call_that_is_hung_up_before_it_rings_is_cancelled_when_it_does() {
    let script = format!("{HANG_UP_AT_ONCE}await alice.sip(487) within 20s;\n");
    run(&script, |peer| {
        let invite = hung_up(peer);
        peer.respond(&invite, "180 Ringing", "a", "");
        let cancel = peer.receive("CANCEL");
        assert_eq!(cancel.header("Via"), invite.header("Via"), "it cancels the INVITE");
        peer.respond(&cancel, "200 OK", "a", "");
        peer.respond(&invite, "487 Request Terminated", "a", "");
        peer.receive("ACK");
    })
    .exits(0);
}

#[test]
fn an_answer_that_crosses_the_cancel_is_acknowledged_and_the_call_ended() {
    let script = format!("{HANG_UP_AT_ONCE}await alice.sip(200).where(|m| m.cseq.contains(\"BYE\")) within 20s;\n");
    run(&script, |peer| {
        let invite = hung_up(peer);
        // with early media, which concerns nobody any more
        peer.respond(&invite, "183 Session Progress", "a", &peer.sdp());
        peer.respond(&peer.receive("CANCEL"), "200 OK", "a", "");
        peer.respond(&invite, "200 OK", "a", &peer.sdp());
        peer.receive("ACK");
        peer.respond(&peer.receive("BYE"), "200 OK", "a", "");
    })
    .exits(0);
}

#[test]
fn a_call_that_is_answered_after_the_hang_up_is_ended() {
    let script = format!("{HANG_UP_AT_ONCE}await alice.sip(200).where(|m| m.cseq.contains(\"BYE\")) within 20s;\n");
    run(&script, |peer| {
        let invite = hung_up(peer);
        peer.respond(&invite, "200 OK", "a", &peer.sdp());
        peer.receive("ACK");
        peer.respond(&peer.receive("BYE"), "200 OK", "a", "");
    })
    .exits(0);
}

#[test]
fn an_invite_is_repeated_as_it_was_after_the_hang_up_too() {
    let script = format!("{HANG_UP_AT_ONCE}await alice.sip(486) within 20s;\n");
    run(&script, |peer| {
        let invite = hung_up(peer);
        let again = peer.receive("INVITE");
        assert_eq!(again.text, invite.text);
        peer.respond(&invite, "486 Busy Here", "a", "");
        peer.receive("ACK");
    })
    .exits(0);
}

#[test]
fn a_request_that_is_too_large_for_udp_is_told() {
    for (headers, told) in [(6, true), (0, false)] {
        let script = format!(
            "for n in 0..{headers} {{ alice.header(`X-Part-${{n}}`, \"{}\"); }}\n\
             alice.dial(peer);\nawait alice.closed(486) within 20s;\n",
            "a".repeat(400)
        );
        let done = run(&script, |peer| {
            peer.respond(&peer.receive("INVITE"), "486 Busy Here", "a", "");
            peer.receive("ACK");
        });
        let done = done.exits(0);
        assert_eq!(done.stdout.contains("alice sent INVITE with 3"), told, "{}", done.stdout);
        assert_eq!(done.stdout.contains("it is to go over TCP"), told, "{}", done.stdout);
    }
}

/// Answers the agent's call with a timer of this number of seconds that the agent is to refresh; gives its INVITE.
fn answer(peer: &OddPeer, seconds: u32, allow: &str) -> Received {
    let invite = peer.receive("INVITE");
    assert!(invite.header("Supported").split(',').any(|tag| tag == "timer"), "{}", invite.text);
    let timer = format!("Allow: {allow}\r\n{}", timer(seconds, "uac"));
    peer.respond_with(&invite, "200 OK", "a", &timer, &peer.sdp());
    peer.receive("ACK");
    invite
}

fn timer(seconds: u32, refresher: &str) -> String {
    format!("Require: timer\r\nSession-Expires: {seconds};refresher={refresher}\r\n")
}

const CALL: &str = "alice.dial(peer);\nawait alice.established() within 20s;\nawait alice.closed() within 20s;\n";

#[test]
fn a_timer_of_the_answer_is_refreshed_by_update_where_the_peer_allows_it() {
    run(CALL, |peer| {
        let call = answer(peer, 2, "INVITE, ACK, BYE, UPDATE");
        for _ in 0..2 {
            let update = peer.receive("UPDATE");
            assert_eq!(update.header("Session-Expires"), "2;refresher=uac");
            assert_eq!((update.header("Supported"), update.header("Content-Length")), ("timer", "0"));
            peer.respond_with(&update, "200 OK", "a", &timer(2, "uac"), "");
        }
        // refused, it is tried by re-INVITE
        peer.respond(&peer.receive("UPDATE"), "405 Method Not Allowed", "a", "");
        let invite = peer.receive("INVITE");
        assert_eq!(invite.header("Session-Expires"), "2;refresher=uac");
        peer.respond_with(&invite, "200 OK", "a", &timer(2, "uac"), &peer.sdp());
        peer.receive("ACK");
        peer.request_within(&call, "a", "BYE", 9, "");
    })
    .exits(0);
}

#[test]
fn a_timer_of_the_answer_is_refreshed_by_invite_elsewhere_with_the_interval_that_the_peer_wants() {
    run(CALL, |peer| {
        let call = answer(peer, 2, "INVITE, ACK, BYE");
        let first = peer.receive("INVITE");
        assert_eq!(first.header("Session-Expires"), "2;refresher=uac");
        peer.respond_with(&first, "422 Session Interval Too Small", "a", "Min-SE: 4\r\n", "");
        peer.receive("ACK");
        let second = peer.receive("INVITE");
        assert_eq!((second.header("Session-Expires"), second.header("Min-SE")), ("4;refresher=uac", "4"));
        // without a timer from here on
        peer.respond(&second, "200 OK", "a", &peer.sdp());
        peer.receive("ACK");
        peer.request_within(&call, "a", "BYE", 9, "");
    })
    .exits(0);
}

#[test]
fn a_refresh_that_nobody_accepts_ends_the_call() {
    let script = "alice.dial(peer);\nawait alice.established() within 20s;\n\
        await alice.closed(\"session timer\") within 20s;\n";
    run(script, |peer| {
        answer(peer, 2, "INVITE, ACK, BYE");
        peer.respond(&peer.receive("INVITE"), "488 Not Acceptable Here", "a", "");
        peer.receive("ACK");
        peer.respond(&peer.receive("BYE"), "200 OK", "a", "");
    })
    .exits(0);
}

#[test]
fn an_interval_that_is_too_small_for_the_first_invite_is_raised() {
    run("alice.dial(peer);\nawait alice.closed(486) within 20s;\n", |peer| {
        let invite = peer.receive("INVITE");
        peer.respond_with(&invite, "422 Session Interval Too Small", "a", "Min-SE: 300\r\n", "");
        peer.receive("ACK");
        let again = peer.receive("INVITE");
        assert_eq!((again.header("Session-Expires"), again.header("Min-SE")), ("300", "300"));
        peer.respond(&again, "486 Busy Here", "b", "");
        peer.receive("ACK");
    })
    .exits(0);
}

/// Calls the agent, which answers by itself, with headers of the INVITE; gives its 200.
fn call(peer: &OddPeer, headers: &str) -> Received {
    let options = peer.receive("OPTIONS");
    peer.respond(&options, "200 OK", "o", "");
    let headers = format!("Content-Type: application/sdp\r\n{headers}");
    peer.request("INVITE", "c1", &headers, &peer.sdp(), options.from);
    peer.receive("SIP/2.0 200")
}

const CALLED: &str = "alice.options(peer);\nawait alice.event(\"CALL_INCOMING\") within 20s;\nalice.accept();\n";

#[test]
fn a_caller_that_does_not_refresh_its_timer_is_hung_up() {
    let script = format!("{CALLED}await alice.closed(\"session timer\") within 20s;\n");
    run(&script, |peer| {
        let timer = format!("Supported: timer\r\n{}", timer(2, "uac"));
        let answer = call(peer, &timer);
        assert_eq!((answer.header("Require"), answer.header("Session-Expires")), ("timer", "2;refresher=uac"));
        peer.acknowledge(&answer);
        peer.respond(&peer.receive("BYE"), "200 OK", "peer", "");
    })
    .exits(0);
}

#[test]
fn a_timer_of_a_caller_that_knows_none_is_refreshed_by_the_agent() {
    let script = format!("{CALLED}await alice.closed() within 20s;\n");
    run(&script, |peer| {
        // as a proxy puts it in
        let answer = call(peer, "Session-Expires: 2\r\nAllow: INVITE, UPDATE\r\n");
        assert_eq!(answer.header("Session-Expires"), "2;refresher=uas");
        peer.acknowledge(&answer);
        let update = peer.receive("UPDATE");
        assert_eq!(update.header("Session-Expires"), "2;refresher=uac");
        peer.respond_with(&update, "200 OK", "peer", &timer(2, "uac"), "");
        peer.respond_with(&peer.receive("UPDATE"), "481 Call Does Not Exist", "peer", "", "");
        peer.respond(&peer.receive("BYE"), "200 OK", "peer", "");
    })
    .exits(0);
}
