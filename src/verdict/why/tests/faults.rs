//! Faults of a peer, and calls in which nothing is wrong.

use super::{ALICE, BOB, OFFER, PROXY, Story};
use crate::event::{Body, Time};
use serde_json::json;

/// The last message, changed in its text and in what was read of it.
fn changed(story: &mut Story, change: impl Fn(&mut crate::event::SipEvent)) -> &mut Story {
    if let Some(Body::Sip(sip)) = story.events.last_mut().map(|event| &mut event.body) {
        change(sip);
    }
    story
}

fn evidence(story: &Story) -> super::Evidence {
    let mut evidence = super::Evidence::new(Time(1_000_000.0));
    story.events.iter().for_each(|event| evidence.event(event));
    evidence
}

#[test]
fn a_call_as_it_should_be_has_no_fault() {
    let mut story = Story::new();
    story.answered(OFFER).says("alice", "CALL_ESTABLISHED", "c1", "", json!({}));
    story.sip("alice", BOB, ALICE, "BYE sip:alice@127.0.0.1:5060 SIP/2.0", "2 BYE", "");
    changed(&mut story, |sip| (sip.from, sip.to) = ("<sip:b@h>;tag=2".into(), "<sip:a@h>;tag=1".into()));
    let told = story.told("CALL_DTMF_START at alice");
    for fault in ["has the", "has no", "Content-Length", "never sent", "not offered"] {
        assert!(!told.contains(fault), "{told}");
    }
}

#[test]
fn a_length_that_is_not_that_of_the_datagram() {
    let mut story = Story::new();
    story.invites().sip("alice", BOB, ALICE, "SIP/2.0 200 OK", "1 INVITE", "Content-Length: 2\r\n\r\n");
    assert!(story.told("CALL_ESTABLISHED at alice").contains("the 200 OK says Content-Length 2, and 0 bytes came"));
}

/// A call over TCP whose ACK and BYE are not in the record.
fn unacknowledged(seconds: f64) -> Story {
    let mut story = Story::new();
    story.invites();
    changed(&mut story, |sip| sip.transport = "TCP".into());
    story.sip("alice", BOB, ALICE, "SIP/2.0 200 OK", "1 INVITE", &format!("\r\n{OFFER}"));
    changed(&mut story, |sip| sip.transport = "TCP".into());
    story.says("alice", "CALL_ESTABLISHED", "c1", "", json!({})).waits(seconds * 1000.0);
    story.says("alice", "CALL_CLOSED", "c1", "Connection reset by user", json!({}));
    story
}

#[test]
fn what_never_left_speaks_against_a_run_that_would_pass() {
    let reasons = |story: &Story| {
        let reasons = evidence(story).unsent();
        reasons.iter().map(|reason| reason.message.clone()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(reasons(&unacknowledged(1.0)), "alice's ACK to the answer in alice's call to bob was never sent");
    // it may be just under way, unless the agent says that it is not
    let mut short = unacknowledged(0.1);
    assert_eq!(reasons(&short), "");
    let line = "sipsess: BYE of c1 to sip:bob@127.0.0.1:9;transport=tcp did not leave: Connection refused [111]";
    short.log("alice", "info", line);
    assert_eq!(reasons(&short), "alice's ACK to the answer in alice's call to bob was never sent");
    let told = short.told("CALL_RTPESTAB at alice");
    assert!(told.contains("127.0.0.1:9, where it had to go, refuses connections"), "{told}");
    let mut answered = Story::new();
    answered.answered(OFFER).says("alice", "CALL_ESTABLISHED", "c1", "", json!({}));
    assert_eq!(reasons(&answered), "");
}

#[test]
fn an_answer_whose_contact_can_not_be_reached_is_not_acknowledged() {
    let mut story = Story::new();
    story.invites();
    story.sip("alice", BOB, ALICE, "SIP/2.0 200 OK", "1 INVITE", &format!("Contact: <sip:bob@[::1]:9>\r\n\r\n{OFFER}"));
    story.says("alice", "CALL_CLOSED", "c1", "Protocol not supported [93]", json!({}));
    let told = story.told("CALL_ESTABLISHED at alice");
    assert!(told.starts_with("alice's ACK to the answer in alice's call to bob was never sent"), "{told}");
    assert!(told.contains("alice ended the call at once: Protocol not supported"), "{told}");
    assert!(told.contains("the Contact of the answer is sip:bob@[::1]:9"), "{told}");
}

#[test]
fn a_registration_that_was_lost_says_when_it_is_tried_again() {
    let mut story = Story::new();
    story.says("alice", "REGISTER_OK", "", "", json!({}));
    story.sip("alice", ALICE, BOB, "REGISTER sip:h SIP/2.0", "2 REGISTER", "");
    story.sip("alice", BOB, ALICE, "SIP/2.0 503 No", "2 REGISTER", "");
    story.says("alice", "REGISTER_FAIL", "", "503 No", json!({}));
    let told = story.told("REGISTER_OK at alice");
    assert!(told.contains("it was registered before"), "{told}");
    assert!(told.contains("alice tries again by itself 30 to 60 s after the failure"), "{told}");
}

#[test]
fn a_registrar_that_does_not_list_the_contact() {
    let register = |story: &mut Story, cseq: &str, contact: &str| {
        let contact = format!("Contact: {contact}\r\n");
        story.sip_of("r1", "alice", ALICE, PROXY, "REGISTER sip:pbx.example SIP/2.0", cseq, &contact);
    };
    let told = |listed: &str| {
        let mut story = Story::new();
        register(&mut story, "1 REGISTER", "<sip:alice-0x1@10.0.0.1:5060>;expires=60");
        story.sip_of("r1", "alice", PROXY, ALICE, "SIP/2.0 200 OK", "1 REGISTER", listed);
        story.says("alice", "REGISTER_OK", "", "", json!({}));
        story
    };
    let missing = "the registrar does not list alice's Contact";
    for (listed, is_missing) in [
        ("", true),
        ("Contact: <sip:bob@10.0.0.2>\r\n", true),
        ("Contact: <sip:bob@10.0.0.2>, <sip:alice-0x1@10.0.0.1:5060>;expires=60\r\n", false),
        // as a registrar sees it from outside of a NAT
        ("Contact: <sip:alice-0x1@198.51.100.7:1024>;expires=60\r\n", false),
    ] {
        let story = told(listed);
        assert_eq!(story.told("CALL_INCOMING at alice").contains(missing), is_missing, "{listed}");
        assert_eq!(story.told("CALL_ESTABLISHED at bob").contains(missing), is_missing, "{listed}");
        // she signs off
        let mut story = told(listed);
        register(&mut story, "2 REGISTER", "<sip:alice-0x1@10.0.0.1:5060>;expires=0");
        story.sip_of("r1", "alice", PROXY, ALICE, "SIP/2.0 200 OK", "2 REGISTER", "");
        assert!(!story.told("CALL_INCOMING at alice").contains(missing), "{listed}");
    }
}

#[test]
fn a_bye_of_a_call_that_was_forgotten_is_no_stray() {
    let bye = |code: &str| {
        let mut story = Story::new();
        story.sip_of("another", "alice", BOB, ALICE, "BYE sip:alice@127.0.0.1:5060 SIP/2.0", "2 BYE", "");
        story.sip_of("another", "alice", ALICE, BOB, code, "2 BYE", "");
        story.told("CALL_CLOSED at alice")
    };
    let stray = "the BYE that came to alice has the Call-ID another, which no call has";
    assert!(bye("SIP/2.0 481 Call Does Not Exist").contains(stray));
    assert!(!bye("SIP/2.0 200 OK").contains(stray));
}

#[test]
fn what_a_log_says_may_be_of_another_call_at_the_same_time() {
    let told = |calls: &[&str]| {
        let mut story = Story::new();
        story.command("alice", "uanew <sip:alice@h>;regint=0;medianat=stun;stunserver=\"stun:127.0.0.1:9\"");
        for call in calls {
            story.says("alice", "CALL_OUTGOING", call, "", json!({}));
        }
        story.log("alice", "warning", "call: medianat 'stun' failed: Connection timed out [110]").waits(2000.0);
        story.told("CALL_ESTABLISHED at alice")
    };
    assert!(told(&["c1"]).contains("the STUN server 127.0.0.1:9 did not answer"));
    assert!(!told(&["c1"]).contains("at once"));
    assert!(told(&["c1", "c2"]).contains("alice had 2 calls at once, and its log does not say which it means"));
}
