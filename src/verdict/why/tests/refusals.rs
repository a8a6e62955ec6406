//! Final responses and what they are explained with.

use super::*;

/// The explanation of alice's INVITE that bob refuses.
fn refused(status: &str, headers: &str) -> String {
    let mut story = Story::new();
    story.command("alice", "uanew <sip:alice@127.0.0.1:5060>;regint=0").invites();
    story.sip("alice", BOB, ALICE, &format!("SIP/2.0 {status}"), "1 INVITE", headers).stops();
    story.told("CALL_ESTABLISHED at alice")
}

#[test]
fn what_a_final_response_says() {
    for (status, headers, parts) in [
        (
            "302 Moved",
            "Contact: \"C\" <sip:c@h>;q=1, <sip:d@h>\r\n",
            ["was redirected: 302 Moved from bob", "go to sip:c@h", "go to sip:d@h"],
        ),
        ("404 Not Found", "", ["no such user", "it was meant for sip:bob@127.0.0.1:5062", "404 Not Found from bob"]),
        ("484 Address Incomplete", "", ["is not complete", "it was meant for sip:bob@", "484"]),
        ("405 Not Allowed", "Allow: BYE, ACK\r\n", ["the method is not allowed", "allowed are BYE, ACK", "405"]),
        (
            "408 Timeout",
            "",
            ["could not be found in time", "408 came 0.01 s after the INVITE to sip:bob@127.0.0.1:5062", "408"],
        ),
        ("415 Unsupported", "Accept: text/plain\r\n", ["format is not supported", "accepted is text/plain", "415"]),
        (
            "420 Bad Extension",
            "Unsupported: 100rel\r\n",
            ["an extension that the request demands", "not supported: 100rel", "420"],
        ),
        ("481 Gone", "", ["knows no such call or transaction", "481 Gone from bob", "INVITE with SDP"]),
        (
            "403 Forbidden",
            "",
            ["credentials would not help", "no credentials were asked for, and none were sent", "403"],
        ),
        ("503 No", "Retry-After: 7\r\nServer: x\r\n", ["overloaded", "after 7 s", "503 No from bob\n"]),
        (
            "480 No",
            "Reason: SIP;cause=486;text=\"away\", Q.850;cause=99\r\n",
            ["Reason: SIP cause 486: the callee is busy; away", "Reason: Q.850 cause 99\n", "480"],
        ),
        (
            "606 No",
            "Warning: 399 h \"be nice\", 304 h \"x\"\r\n",
            ["Warning 399 of h: be nice", "Warning 304 of h: media type not available: x", "606"],
        ),
        ("422 Too Small", "Min-SE: 90\r\n", ["session interval is shorter", "in seconds: 90", "422"]),
        ("699 Strange", "", ["was refused: 699 Strange from bob\n", "the last SIP exchange", "699"]),
        ("487 Cancelled", "", ["was refused: 487 Cancelled", "no CANCEL is in the record", "487"]),
    ] {
        has(&refused(status, headers), &parts);
    }
}

#[test]
fn a_challenge_without_credentials() {
    let told = refused("401 Unauthorized", "WWW-Authenticate: Digest realm=\"r\",nonce=\"n\"\r\n");
    has(
        &told,
        &["account sip:alice@127.0.0.1:5060, realm `r`", "no credentials were sent: the account has no auth_pass"],
    );
}

#[test]
fn credentials_that_the_same_registrar_accepted_before_are_not_wrong() {
    let registers = |story: &mut Story, call_id: &str, n: u32, nonces: (&str, &str), answer: &str| {
        let request = "REGISTER sip:h SIP/2.0";
        let challenge = |nonce: &str| format!("WWW-Authenticate: Digest realm=\"r\",nonce=\"{nonce}\"\r\n");
        let credentials = format!("Authorization: Digest username=\"a\",nonce=\"{}\"\r\n", nonces.0);
        let cseq = [format!("{n} REGISTER"), format!("{} REGISTER", n + 1)];
        story.sip_of(call_id, "alice", ALICE, PROXY, request, &cseq[0], "");
        story.sip_of(call_id, "alice", PROXY, ALICE, "SIP/2.0 401 Who", &cseq[0], &challenge(nonces.0));
        story.sip_of(call_id, "alice", ALICE, PROXY, request, &cseq[1], &credentials);
        let headers = if answer.starts_with("401") { challenge(nonces.1) } else { String::new() };
        story.sip_of(call_id, "alice", PROXY, ALICE, &format!("SIP/2.0 {answer}"), &cseq[1], &headers);
        let event = if answer.starts_with("401") { "REGISTER_FAIL" } else { "REGISTER_OK" };
        story.says("alice", event, "", answer, json!({}));
    };
    let story = |last: &str, nonces: (&str, &str), before: u32| {
        let mut story = Story::new();
        story.command("alice", "uanew <sip:a@h>;auth_pass=***");
        (0..before).for_each(|n| registers(&mut story, "r1", 1 + 2 * n, ("n1", ""), "200 OK"));
        registers(&mut story, last, 11, nonces, "401 Who");
        story.stops().told("REGISTER_OK at alice")
    };
    let told = story("r2", ("n2", "n3"), 2);
    let before = "192.0.2.9:5060 accepted credentials of this user 2 times before in this run";
    has(&told, &["the last credentials as `a` were not accepted\n", before, "the Call-ID is not that of the request"]);
    has(&told, &["the nonce is not the one that", "another nonce, without stale=true, as for a wrong password"]);
    assert!(!told.contains("probably a wrong auth_pass") && !told.contains("registrar was restarted"), "{told}");
    let told = story("r1", ("n1", "n1"), 1);
    has(&told, &["accepted credentials of this user once before", "the nonce is the one that was accepted before"]);
    assert!(!told.contains("Call-ID") && !told.contains("stale"), "{told}");
    has(&story("r1", ("n1", "n2"), 0), &["not accepted: probably a wrong auth_pass or auth_user"]);
}

#[test]
fn what_was_tried_again_counts_no_more() {
    let mut story = Story::new();
    let challenge = "Proxy-Authenticate: Digest realm=\"r\",nonce=\"n\",stale=true\r\n";
    story.invites().sip("alice", BOB, ALICE, "SIP/2.0 407 Who", "1 INVITE", challenge);
    let invite = "INVITE sip:bob@127.0.0.1:5062 SIP/2.0";
    story.sip("alice", ALICE, BOB, invite, "2 INVITE", "Proxy-Authorization: Digest username=\"a\"\r\n");
    let told = story.told("CALL_ESTABLISHED at alice");
    has(
        &told,
        &[
            "got no answer to its INVITE after 407 Who",
            "it was challenged for the realm `r`; credentials were sent once",
        ],
    );
    assert!(!told.contains("was refused"), "{told}");
    story.command("alice", "uanew <sip:alice@h>;auth_pass=***");
    story.sip("alice", BOB, ALICE, "SIP/2.0 407 Who", "2 INVITE", challenge);
    has(&story.told("X at alice"), &["credentials were sent once as `a`, and the nonce had become too old"]);
    story.sip("alice", ALICE, BOB, invite, "3 INVITE", "").sip("alice", BOB, ALICE, "SIP/2.0 200 OK", "3 INVITE", "");
    let told = story.told("X at alice");
    assert!(!told.contains("refused"), "{told}");
}

#[test]
fn glare_in_a_call() {
    let mut story = Story::new();
    story.answered(OFFER);
    story.sip("alice", ALICE, BOB, "INVITE sip:bob@127.0.0.1:5062 SIP/2.0", "2 INVITE", "");
    story.sip("alice", BOB, ALICE, "SIP/2.0 491 Request Pending", "2 INVITE", "").stops();
    has(
        &story.told("CALL_RESUME at alice"),
        &[
            "the re-INVITE in alice's call to bob was refused: 491 Request Pending from bob",
            "both sides asked for a change at once (glare)",
        ],
    );
}

#[test]
fn both_sides_may_count_alike() {
    let mut story = Story::new();
    story.answered(OFFER);
    story.sip("alice", BOB, ALICE, "INVITE sip:alice@127.0.0.1 SIP/2.0", "1 INVITE", "");
    story.sip("alice", ALICE, BOB, "SIP/2.0 488 No", "1 INVITE", "").stops();
    let told = story.told("X at alice");
    has(&told, &["the re-INVITE in alice's call to bob was refused: 488 No from alice"]);
    has(&told, &["of alice's call to bob\n  0.050 s  bob → alice  INVITE\n  0.060 s  alice → bob  488 No\n"]);
}

#[test]
fn who_refused_behind_a_proxy_and_why_it_did() {
    let mut story = Story::new();
    let invite = "INVITE sip:bob@example.com SIP/2.0";
    story.sip("alice", ALICE, PROXY, invite, "1 INVITE", "").sip("bob", PROXY, BOB, invite, "1 INVITE", "");
    story.command("bob", "hangup scode=486").sip("bob", BOB, PROXY, "SIP/2.0 486 Busy", "1 INVITE", "");
    story.sip("alice", PROXY, ALICE, "SIP/2.0 486 Busy", "1 INVITE", "Server: pbx 1\r\n").stops();
    has(
        &story.told("CALL_ESTABLISHED at alice"),
        &["was refused: 486 Busy from bob, through 192.0.2.9:5060\n", "bob was told to: `hangup scode=486` at call:7"],
    );
}

#[test]
fn an_answer_with_other_codecs() {
    let mut story = Story::new();
    story.answered("v=0\r\nm=audio 9 RTP/AVP 18\r\n");
    story.says("alice", "CALL_CLOSED", "c1", "No common audio or video codecs", json!({})).stops();
    let parts = ["alice offers audio: PCMU/8000, telephone-event/8000", "bob answers audio: G729/8000 over RTP/AVP"];
    has(&story.told("CALL_ESTABLISHED at alice"), &parts);
}

#[test]
fn a_command_of_an_earlier_call_explains_nothing() {
    let mut story = Story::new();
    story.command("bob", "hangup").invites().sip("alice", BOB, ALICE, "SIP/2.0 486 Busy", "1 INVITE", "").stops();
    assert!(!story.told("X at alice").contains("hangup"));
}

#[test]
fn codecs_that_a_refusal_carries() {
    let mut story = Story::new();
    let sdp = "v=0\r\nm=audio 0 RTP/AVP 18 96\r\na=rtpmap:96 AMR/8000\r\n";
    story.sip("alice", ALICE, PROXY, "INVITE sip:x@h SIP/2.0", "1 INVITE", &format!("\r\n{OFFER}"));
    story.sip("alice", PROXY, ALICE, "SIP/2.0 488 No", "1 INVITE", &format!("\r\n{sdp}")).stops();
    let told = story.told("CALL_ESTABLISHED at alice");
    has(
        &told,
        &[
            "alice offers audio: PCMU/8000, telephone-event/8000 over RTP/AVP",
            // bob's port is in To, and PROXY is no agent
            "bob takes audio: G729/8000, AMR/8000 over RTP/AVP",
        ],
    );
    assert!(!told.contains("is not known"), "{told}");
}

#[test]
fn an_account_that_demands_encryption() {
    let mut story = Story::new();
    story.command("bob", "uanew <sip:bob@127.0.0.1:5062>;mediaenc=srtp-mand").log(
        "bob",
        "info",
        "aucodec: PCMU/8000/1",
    );
    story.sip("bob", ALICE, BOB, "INVITE sip:bob@127.0.0.1 SIP/2.0", "1 INVITE", &format!("\r\n{OFFER}"));
    story.sip("bob", BOB, ALICE, "SIP/2.0 488 No", "1 INVITE", "").stops();
    has(
        &story.told("CALL_ESTABLISHED at bob"),
        &[
            "the offer is not encrypted (RTP/AVP), and bob's account demands srtp-mand",
            "alice's call to bob was refused: 488 No from bob",
        ],
    );
}
