//! Requests without an answer, registrations, sound that does not come, calls that ended, agents that are gone.

use super::*;

#[test]
fn sent_and_sent_again() {
    let mut story = Story::new();
    for wait in [490.0, 990.0, 1990.0, 0.0] {
        story.invites().waits(wait);
    }
    story.stops();
    let expected = "alice's call to bob got no answer at all to its INVITE
  INVITE sent 4 times in 3.5 s over UDP to bob, no response within 3.5 s
  bob never received it: probably it hangs
the last SIP exchange of alice's call to bob
  0.020 s  alice → bob  INVITE with SDP, sent 4 times in 3.5 s
";
    assert_eq!(story.told("CALL_ESTABLISHED at alice"), expected);
    let mut gone = Story::new();
    gone.push("bob", Body::Note(Note::AgentLost { status: "killed by signal 9".into() })).invites().stops();
    has(
        &gone.told("X at alice"),
        &["bob had gone away by then", "agent bob went away\n  killed by signal 9 after 0.020 s"],
    );
}

#[test]
fn a_call_to_itself() {
    let mut story = Story::new();
    for out in ["1 INVITE", "1 INVITE"] {
        story.sip("alice", ALICE, ALICE, "INVITE sip:x@127.0.0.1:5060 SIP/2.0", out, "");
    }
    story.says("alice", "CALL_CLOSED", "c1", "404 Not Found", json!({})).stops();
    let told = story.told("CALL_ESTABLISHED at alice");
    has(&told, &["came back to alice itself", "own address: a target without a domain is called there"]);
    assert!(!told.contains("no answer"), "{told}");
}

#[test]
fn connections_and_names() {
    for (peer, param, parts) in [
        (
            "sip:b@127.0.0.1:9;transport=tcp",
            "Connection refused [111]",
            ["the connection was refused", "nobody takes TCP connections at 127.0.0.1:9"],
        ),
        (
            "sips:b@[::1]",
            "Connection refused",
            ["the connection was refused", "nobody takes TLS connections at [::1]:5061"],
        ),
        (
            "sip:b@nosuch.invalid",
            "Destination address required [89]",
            ["says: Destination address required\n", "probably the name nosuch.invalid leads to no address (DNS)"],
        ),
        (
            "sip:b@nosuch.invalid:5080",
            "Cannot assign requested address [99]",
            ["says: Cannot assign requested address\n", "probably the name nosuch.invalid leads to no address (DNS)"],
        ),
        ("sip:b@host;transport=tcp", "Connection refused", ["nobody takes TCP connections at host\n", "refused"]),
        ("sip:b@host", "No such file or directory [2]", ["was not sent\n", "says: No such file or directory\n"]),
        ("sip:b@127.0.0.1", "Invalid argument [22]", ["was not sent\n", "the agent says: Invalid argument\n"]),
    ] {
        let mut story = Story::new();
        let direction = Some("outgoing".to_string());
        let event = AgentEvent { direction, call: Some("c1".into()), peer: Some(peer.into()), ..AgentEvent::default() };
        let event = AgentEvent { name: "CALL_CLOSED".into(), param: param.into(), ..event };
        story.push("alice", Body::Event(event)).stops();
        has(&story.told("CALL_ESTABLISHED at alice"), &parts);
    }
}

#[test]
fn handshakes_and_where_an_agent_lives() {
    let peer = "sip:b@192.0.2.1;transport=tls";
    let closed = |story: &mut Story, peer: &str, param: &str| {
        let event = AgentEvent { direction: Some("outgoing".into()), call: Some("c1".into()), ..AgentEvent::default() };
        let event = AgentEvent { name: "CALL_CLOSED".into(), param: param.into(), peer: Some(peer.into()), ..event };
        story.push("alice", Body::Event(event)).stops();
        story.told("CALL_ESTABLISHED at alice")
    };
    let openssl = "tls: 003F:error:0A000086:SSL routines:tls_post_process_server_certificate:certificate verify failed:ssl/x.c:1:";
    let mut story = Story::new();
    story.log("alice", "warning", "tls: tls_verify_handler: error_string = self-signed certificate");
    story.log("alice", "warning", openssl);
    has(
        &closed(&mut story, peer, "Protocol error [71]"),
        &["was not sent: the TLS handshake failed", "the peer's certificate is not accepted: self-signed certificate"],
    );
    let mut story = Story::new();
    story.log(
        "alice",
        "warning",
        "tls: 00FF:error:0A000410:SSL routines:ssl3_read_bytes:ssl/tls alert handshake failure:y:",
    );
    has(&closed(&mut story, peer, "Protocol error"), &["OpenSSL says: ssl/tls alert handshake failure"]);
    // alice lives on the loopback
    let told = closed(&mut Story::new(), "sip:b@pbx.example", "Invalid argument");
    has(&told, &["from where no other machine can be reached", "agent(\"<sip:alice@pbx.example>;regint=0\")"]);
    for peer in ["sip:b@127.0.0.9", "sip:b@localhost"] {
        assert!(!closed(&mut Story::new(), peer, "Invalid argument").contains("lives at"), "{peer}");
    }
    let told = closed(&mut Story::new(), "sip:b@[2001:db8::1]", "Invalid argument");
    has(&told, &["from where 2001:db8::1, of the other version of IP, can't be reached"]);
}

#[test]
fn all_goes_to_an_outbound_proxy() {
    let mut story = Story::new();
    story.command("alice", "uanew <sip:alice@h>;regint=0;outbound=\"sip:p;transport=tcp\"");
    story.says("alice", "CALL_CLOSED", "c1", "Connection refused", json!({})).stops();
    let told = story.told("CALL_ESTABLISHED at alice");
    has(&told, &["the account's outbound proxy takes no connections"]);
    assert!(!told.contains("127.0.0.1"), "{told}");
}

#[test]
fn rings_only() {
    let mut story = Story::new();
    story.invites().sip("alice", BOB, ALICE, "SIP/2.0 100 Trying", "1 INVITE", "").waits(2000.0);
    has(
        &story.told("X at alice"),
        &["was taken by the next server, and nobody rang", "100 Trying from bob, then nothing final within"],
    );
    story.sip("alice", BOB, ALICE, "SIP/2.0 183 Progress", "1 INVITE", "").waits(1990.0).stops();
    has(
        &story.told("X at alice"),
        &["was under way, and nobody rang", "183 Progress from bob, then nothing final within 2.0 s"],
    );
    // who accepted is known from the callee alone
    assert!(!story.told("X at alice").contains("accept"));
}

#[test]
fn registrations() {
    let register = "REGISTER sip:pbx.example SIP/2.0";
    let register = |story: &mut Story, cseq: &str| {
        story.sip_of("r1", "alice", ALICE, PROXY, register, cseq, "");
    };
    let mut story = Story::new();
    story.command("alice", "uanew <sip:alice@pbx.example>;auth_pass=***");
    register(&mut story, "1 REGISTER");
    let challenge = "WWW-Authenticate: Digest realm=\"r\"\r\n";
    story.sip_of("r1", "alice", PROXY, ALICE, "SIP/2.0 401 Unauthorized", "1 REGISTER", challenge);
    // under way
    assert!(!story.told("REGISTER_OK at alice").contains("failed"));
    register(&mut story, "2 REGISTER");
    story.sip_of("r1", "alice", PROXY, ALICE, "SIP/2.0 423 Interval Too Brief", "2 REGISTER", "Min-Expires: 600\r\n");
    story.says("alice", "REGISTER_FAIL", "", "423 Interval Too Brief", json!({})).stops();
    has(
        &story.told("REGISTER_OK at alice"),
        &[
            "alice's registration at sip:pbx.example failed: 423 Interval Too Brief from 192.0.2.9:5060",
            "in seconds: 600",
        ],
    );
    // it is reported where another agent's call fails too, after what is in question
    story.events.truncate(story.events.len() - 2);
    story.sip_of("c1", "bob", BOB, PROXY, "INVITE sip:alice@pbx.example SIP/2.0", "1 INVITE", "");
    story.sip_of("c1", "bob", PROXY, BOB, "SIP/2.0 404 Not Found", "1 INVITE", "");
    let told = story.told("CALL_ESTABLISHED at bob");
    assert!(told.find("404").unwrap() < told.find("alice's registration").unwrap(), "{told}");
    story.says("alice", "REGISTER_OK", "", "", json!({}));
    assert!(!story.told("CALL_ESTABLISHED at bob").contains("registration"));
    let mut refused = Story::new();
    refused.command("alice", "uanew <sip:alice@127.0.0.1:9;transport=tcp>;auth_pass=***");
    refused.says("alice", "REGISTER_FAIL", "", "Connection refused [111]", json!({})).stops();
    has(
        &refused.told("REGISTER_OK at alice"),
        &["alice's registration was not sent: the connection was refused", "TCP connections at 127.0.0.1:9"],
    );
}

/// The explanation of a call whose answer is `answer`, when alice got no packets.
fn deaf(answer: &str) -> String {
    let mut story = Story::new();
    story.answered(answer);
    story.says("alice", "AUDIO_REPORT", "c1", "tx", json!({"packets_tx": 100, "packets_rx": 0})).stops();
    story.told("CALL_RTPESTAB at alice")
}

#[test]
fn no_sound_and_what_the_descriptions_say() {
    let answer = |address: &str, port: u16, attribute: &str| {
        format!("v=0\r\nc=IN IP4 {address}\r\nm=audio {port} RTP/AVP 0\r\na={attribute}\r\n")
    };
    for (answer, part) in [
        (answer("127.0.0.1", 9000, "sendrecv"), "probably the peer sends nothing"),
        (answer("127.0.0.1", 9000, "recvonly"), "bob says recvonly: it sends nothing"),
        (answer("127.0.0.1", 9000, "inactive"), "bob says inactive"),
        (answer("127.0.0.1", 0, "sendrecv"), "bob gives port 0: it refuses the stream"),
        (answer("0.0.0.0", 9000, "sendrecv"), "bob gives the address 0.0.0.0: it wants no packets"),
    ] {
        has(
            &deaf(&answer),
            &["no RTP came to alice in alice's call to bob", "alice sent 100 RTP packets and received 0", part],
        );
    }
}

#[test]
fn addresses_that_lead_nowhere() {
    for (address, part) in [
        ("10.1.2.3", "gives the private address 10.1.2.3, and its SIP comes from 192.0.2.9: probably a NAT between"),
        ("127.0.0.1", "gives the loopback address 127.0.0.1, and its SIP comes from 192.0.2.9"),
    ] {
        let mut story = Story::new();
        let answer = format!("\r\nv=0\r\nc=IN IP4 {address}\r\nm=audio 9 RTP/AVP 0\r\n");
        story.sip("alice", ALICE, PROXY, "INVITE sip:x@h SIP/2.0", "1 INVITE", "");
        // an offer that comes in the answer, and is answered in the ACK
        story.sip("alice", PROXY, ALICE, "SIP/2.0 200 OK", "1 INVITE", &answer);
        story.sip("alice", ALICE, PROXY, "ACK sip:x@h SIP/2.0", "1 ACK", &format!("\r\n{OFFER}"));
        story
            .says("alice", "CALL_RTCP", "c1", "", json!({"rtcp_stats": {"tx": {"sent": 250}, "rx": {"sent": 0}}}))
            .stops();
        has(
            &story.told("CALL_RTPESTAB at alice"),
            &[
                part,
                "offer of bob: sendrecv at",
                "9, audio: PCMU/8000",
                "answer of alice: sendrecv at 127.0.0.1:10000, audio:",
            ],
        );
    }
}

#[test]
fn keys_that_the_other_side_does_not_have() {
    let described = |key: &str| format!("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/SAVP 0\r\na={key}\r\n");
    let (sdes, dtls) = (described("crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x"), described("fingerprint:SHA-256 00"));
    for (answer, part) in [
        (&dtls, Some("the offer has keys by SDES, the answer keys by DTLS: neither can read the other's packets")),
        (&described("x"), Some("the offer has keys by SDES, the answer nothing: neither can read")),
        (&sdes, None),
    ] {
        let mut story = Story::new();
        story.sip("alice", ALICE, BOB, "INVITE sip:bob@127.0.0.1:5062 SIP/2.0", "1 INVITE", &format!("\r\n{sdes}"));
        story.sip("alice", BOB, ALICE, "SIP/2.0 200 OK", "1 INVITE", &format!("\r\n{answer}"));
        story.says("alice", "AUDIO_REPORT", "c1", "", json!({"packets_tx": 100, "packets_rx": 0})).stops();
        let told = story.told("CALL_RTPESTAB at alice");
        has(&told, &["over RTP/SAVP, keys by SDES", part.unwrap_or("probably the peer sends nothing")]);
    }
}

#[test]
fn both_sides_count() {
    let mut story = Story::new();
    story.answered(OFFER).sip("bob", ALICE, BOB, "INVITE sip:bob@h SIP/2.0", "1 INVITE", "");
    story.sip("bob", BOB, ALICE, "SIP/2.0 200 OK", "1 INVITE", "");
    story.says("alice", "AUDIO_REPORT", "c1", "", json!({"packets_tx": 100, "packets_rx": 99}));
    story.says("bob", "AUDIO_REPORT", "c1", "", json!({"packets_tx": 100, "packets_rx": 2})).stops();
    has(
        &story.told("CALL_DTMF_START at bob"),
        &[
            "hardly any RTP came to bob in alice's call to bob",
            "bob sent 100 RTP packets and received 2",
            "probably lost on the way",
        ],
    );
    // who sent nothing lost nothing
    story.events.truncate(story.events.len() - 3);
    story.says("bob", "AUDIO_REPORT", "c1", "", json!({"packets_tx": 0, "packets_rx": 100}));
    story.says("alice", "AUDIO_REPORT", "c1", "", json!({"packets_tx": 100, "packets_rx": 0})).stops();
    let told = story.told("CALL_DTMF_START at bob");
    has(&told, &["no RTP came to alice", "bob sent 0 RTP packets and received 100"]);
    assert!(!told.contains("probably"), "{told}");
    // a short call tells nothing
    let mut short = Story::new();
    short.answered(OFFER).says("alice", "AUDIO_REPORT", "c1", "", json!({"packets_tx": 9, "packets_rx": 0})).stops();
    assert!(!short.told("X at alice").contains("RTP packets"));
}

#[test]
fn a_call_that_was_over() {
    let mut story = Story::new();
    story.answered(OFFER).waits(970.0);
    let reason = "Reason: Q.850;cause=16\r\n";
    story.sip("alice", BOB, ALICE, "BYE sip:alice@127.0.0.1:5060 SIP/2.0", "5 BYE", reason);
    story.sip("alice", ALICE, BOB, "SIP/2.0 200 OK", "5 BYE", "").stops();
    let parts = [
        "alice's call to bob had already ended: bob hung up",
        "bob sent BYE 0.99 s after the answer",
        "normal call clearing",
    ];
    has(&story.told("CALL_DTMF_START at alice"), &parts);
    // a test that waits for the end knows of it, and a flow that differs says where
    assert!(!story.told("CALL_CLOSED at alice").contains("had ended"));
    assert!(!text(&story.findings(Status::Fail, "the flow differs (alice, call 1)")).contains("had ended"));
}

#[test]
fn last_words() {
    let mut story = Story::new();
    story.command("bob", "accept");
    (0..20).for_each(|n| _ = story.log("bob", "info", &format!("line {n}")));
    story.log("bob", "warning", "out of \u{1b}[31mmemory").log("bob", "info", "bye");
    let told = text(&story.findings(Status::Error, "agent `bob` does not answer `accept` within 5 s"));
    let expected =
        "agent bob hangs\n  its last command: `accept`\n  warning: out of \\u{1b}[31mmemory\n  log: line 15\n";
    has(&told, &[expected, "  log: bye\n"]);
    story.push("bob", Body::Note(Note::AgentLost { status: "killed by signal 11".into() })).stops();
    let told = text(&story.findings(Status::Error, "agent `bob` went away by itself: killed by signal 11"));
    has(&told, &["agent bob went away\n  killed by signal 11 after 0.250 s\n  warning: out of"]);
    let mut quit = Story::new();
    quit.command("bob", "quit").push("bob", Body::Note(Note::AgentStopped { status: "exit code 0".into() })).stops();
    has(
        &quit.told("X at bob"),
        &["agent bob went away\n  exit code 0 after 0.030 s\n  it was told to: `quit` at call:7\n"],
    );
}

#[test]
fn transfers() {
    let mut story = Story::new();
    story.answered(OFFER).command("bob", "transfer sip:carol@h");
    let to_bob = |story: &mut Story, src: &str, start: &str, cseq: &str, more: &str| {
        let dst = if src == BOB { ALICE } else { BOB };
        story.sip("bob", src, dst, start, cseq, more);
    };
    to_bob(&mut story, ALICE, "INVITE sip:bob@h SIP/2.0", "1 INVITE", &format!("\r\n{OFFER}"));
    to_bob(&mut story, BOB, "REFER sip:alice@h SIP/2.0", "7 REFER", "Refer-To: <sip:carol@h?Replaces=x>\r\n");
    let at_bob = |story: &Story| story.told("CALL_CLOSED at bob");
    // not taken yet, then too young
    to_bob(&mut story, ALICE, "SIP/2.0 202 Accepted", "7 REFER", "");
    assert!(!at_bob(&story).contains("transfer"), "{}", at_bob(&story));
    story.waits(1000.0).log("bob", "info", "x");
    has(&at_bob(&story), &["bob's transfer of alice to sip:carol@h has come to nothing so far\n", "no NOTIFY"]);
    for (cseq, status, parts) in [
        ("8 NOTIFY", "100 Trying", ["has come to nothing so far\n", "alice → bob  NOTIFY: 100 Trying\n"]),
        (
            "9 NOTIFY",
            "404 Not Found",
            ["alice to sip:carol@h failed: 404 Not Found\n", "bob was told to: `transfer sip:carol@h` at call:7"],
        ),
    ] {
        let body = format!("Content-Type: message/sipfrag\r\n\r\nSIP/2.0 {status}\r\n");
        to_bob(&mut story, ALICE, "NOTIFY sip:bob@h SIP/2.0", cseq, &body);
        has(&at_bob(&story), &parts);
    }
    to_bob(&mut story, ALICE, "NOTIFY sip:bob@h SIP/2.0", "10 NOTIFY", "\r\nSIP/2.0 200 OK\r\n");
    assert!(!at_bob(&story).contains("transfer of"), "{}", at_bob(&story));
}
