//! Faults in a call that goes on: ACK, BYE, re-INVITE, REFER.

use super::peer::{Dialog, Peer, Received};
use super::{Fault, LOCAL};

const ANSWERS: &str = "alice.options(peer);\nawait alice.event(\"CALL_INCOMING\") within 10s;\nalice.accept();\n";
const IS_CALLED: &str = "alice.options(peer);\nawait alice.event(\"CALL_INCOMING\") within 10s;\nalice.accept();\n\
    await alice.sip(200, \"INVITE\").sent().count(2) within 3s;\nawait alice.established() within 1s;\n";
pub const HANGS_UP: &str = "alice.dial(peer);\nawait alice.established() within 10s;\nalice.hangup();\n\
    await alice.sip(200, \"BYE\") within 1s;\n";
const IS_HUNG_UP: &str =
    "alice.dial(peer);\nawait alice.established() within 10s;\nawait alice.closed() within 1500ms;\n";
pub const HOLDS: &str = "alice.dial(peer);\nawait alice.established() within 10s;\nalice.hold();\n\
    await alice.sip(200, \"INVITE\").count(2) within 1s;\n";
pub const TRANSFERS: &str = "alice.dial(peer);\nawait alice.established() within 10s;\n\
    alice.transfer(\"sip:carol@127.0.0.1:9\");\nawait alice.closed() within 1500ms;\n";

const REFERS: &str = "alice.dial(peer);\nawait alice.established() within 10s;\n\
    alice.transfer(\"sip:carol@127.0.0.1:9\");\nawait alice.sip(202, \"REFER\") within 1500ms;\n";

const fn fault(name: &'static str, test: &'static str, peer: fn(&Peer) -> Option<()>, told: &'static str) -> Fault {
    Fault { name, agent: LOCAL, test, peer, told }
}

/// Calls the agent and sends an ACK that is not as it should be.
fn acknowledges(peer: &Peer, name: &str, value: &str) -> Option<()> {
    let (_, dialog) = peer.call(peer.agent()?, &peer.sdp())?;
    peer.send(&peer.ack(&dialog).with(name, value), dialog.agent);
    None
}

/// Takes a call and answers each request of a method within it.
pub fn answers_within(peer: &Peer, method: &str, status: &str) -> Option<()> {
    peer.take_call()?;
    loop {
        let request = peer.receive(method)?;
        peer.respond(&request, status);
    }
}

/// Takes a call, the hold and the REFER in it, which it answers with 202. Returns the call's INVITE.
pub fn takes_refer(peer: &Peer) -> Option<Received> {
    let invite = peer.take_call()?;
    let refer = loop {
        let request = peer.receive("")?;
        match request.text.split(' ').next() {
            Some("REFER") => break request,
            Some("INVITE") => peer.send(&peer.answer(&request), request.from),
            _ => {}
        }
    };
    peer.respond(&refer, "202 Accepted");
    Some(invite)
}

/// Takes a call and a REFER, and sends a NOTIFY with that body.
fn notifies(peer: &Peer, body: &str) -> Option<()> {
    let invite = takes_refer(peer)?;
    if !body.is_empty() {
        let notify = peer.within(&Dialog::of(&invite), "NOTIFY", 2);
        let notify = notify.with("Event", "refer").with("Subscription-State", "terminated;reason=noresource");
        peer.send(&notify.carrying(body).with("Content-Type", "message/sipfrag;version=2.0"), invite.from);
    }
    peer.receive("nothing")?;
    None
}

/// Takes a call and a REFER, which it answers so; nothing where that is empty.
fn refers(peer: &Peer, status: &str) -> Option<()> {
    peer.take_call()?;
    loop {
        let request = peer.receive("")?;
        match request.text.split(' ').next() {
            Some("INVITE") => peer.send(&peer.answer(&request), request.from),
            Some("REFER") if !status.is_empty() => peer.respond(&request, status),
            _ => {}
        }
    }
}

pub const FAULTS: &[Fault] = &[
    fault(
        "ack_missing",
        IS_CALLED,
        |peer| {
            peer.call(peer.agent()?, &peer.sdp())?;
            None
        },
        "was answered, and no ACK came",
    ),
    fault(
        "ack_with_another_cseq",
        IS_CALLED,
        |peer| acknowledges(peer, "CSeq", "9 ACK"),
        "the ACK has the CSeq 9 ACK, the answer",
    ),
    fault(
        "ack_with_another_to_tag",
        IS_CALLED,
        |peer| acknowledges(peer, "To", "<sip:alice@127.0.0.1>;tag=other"),
        "the ACK has the To tag other, the dialog",
    ),
    fault(
        "ack_without_answer",
        "alice.options(peer);\nawait alice.event(\"CALL_INCOMING\") within 10s;\nalice.accept();\n\
         await alice.event(\"CALL_RTPESTAB\") within 1500ms;\n",
        |peer| {
            let (_, dialog) = peer.call(peer.agent()?, "")?;
            peer.send(&peer.ack(&dialog), dialog.agent);
            None
        },
        "the ACK has no SDP, so that alice's offer was not answered",
    ),
    fault(
        "bye_unanswered",
        HANGS_UP,
        |peer| {
            peer.take_call()?;
            peer.receive("nothing")?;
            None
        },
        "got no answer to its BYE",
    ),
    fault("bye_refused", HANGS_UP, |peer| answers_within(peer, "BYE", "500 No"), "the BYE in alice's call"),
    fault(
        "bye_with_another_tag",
        IS_HUNG_UP,
        |peer| {
            let invite = peer.take_call()?;
            let bye = peer.within(&Dialog::of(&invite), "BYE", 2);
            peer.send(&bye.with("From", "<sip:peer@127.0.0.1>;tag=other"), invite.from);
            None
        },
        "the BYE has the From tag other, the dialog",
    ),
    fault(
        "bye_with_an_old_cseq",
        "alice.options(peer);\nawait alice.event(\"CALL_INCOMING\") within 10s;\nalice.accept();\n\
         await alice.established() within 10s;\nawait alice.closed() within 1500ms;\n",
        |peer| {
            let (_, dialog) = peer.call(peer.agent()?, &peer.sdp())?;
            peer.send(&peer.ack(&dialog), dialog.agent);
            peer.send(&peer.within(&dialog, "BYE", 0), dialog.agent);
            None
        },
        "the BYE has the CSeq 0 BYE",
    ),
    fault("bye_missing", IS_HUNG_UP, |peer| peer.take_call().map(drop), "nobody hung up"),
    fault(
        "bye_too_early",
        "alice.dial(peer);\nawait alice.event(\"CALL_DTMF_START\") within 3s;\n",
        |peer| {
            let invite = peer.take_call()?;
            let bye = peer.within(&Dialog::of(&invite), "BYE", 2);
            peer.send(&bye.with("Reason", "Q.850;cause=38"), invite.from);
            None
        },
        "had already ended: 127.0.0.1:",
    ),
    fault(
        "reinvite_refused",
        HOLDS,
        |peer| answers_within(peer, "INVITE", "488 Not Acceptable Here"),
        "the re-INVITE in alice's call",
    ),
    fault(
        "reinvite_unanswered",
        HOLDS,
        |peer| {
            peer.take_call()?;
            peer.receive("nothing")?;
            None
        },
        "got no answer to its re-INVITE",
    ),
    fault(
        "reinvite_answered_without_sdp",
        "alice.dial(peer);\nawait alice.established() within 10s;\nalice.hold();\n\
         await alice.event(\"CALL_HOLD\") within 1s;\n",
        |peer| answers_within(peer, "INVITE", "200 OK"),
        "the 200 OK has no SDP",
    ),
    fault(
        "reinvite_by_a_stranger",
        "alice.dial(peer);\nawait alice.established() within 10s;\nawait alice.event(\"CALL_HOLD\") within 1500ms;\n",
        |peer| {
            let invite = peer.take_call()?;
            let again = peer.within(&Dialog::of(&invite), "INVITE", 2).carrying(&peer.sdp());
            let to = format!("{}x", invite.header("From"));
            peer.send(&again.with("To", &to), invite.from);
            None
        },
        "the INVITE has the To tag",
    ),
    fault("refer_refused", REFERS, |peer| refers(peer, "603 Decline"), "the REFER in alice's call"),
    fault("refer_unanswered", REFERS, |peer| refers(peer, ""), "got no answer to its REFER"),
    fault("refer_without_notify", TRANSFERS, |peer| notifies(peer, ""), "has come to nothing so far"),
    fault("refer_failed", TRANSFERS, |peer| notifies(peer, "SIP/2.0 503 Sorry\r\n"), "failed: 503 Sorry"),
    fault("refer_notify_of_nonsense", TRANSFERS, |peer| notifies(peer, "hello\r\n"), "the NOTIFY in alice's call"),
    fault(
        "invite_with_a_name_for_its_address",
        ANSWERS,
        |peer| {
            let agent = peer.agent()?;
            let sdp = peer.sdp().replace("c=IN IP4 127.0.0.1", "c=IN IP4 192.0.2.7");
            peer.send(&peer.request("INVITE", agent).carrying(&sdp), agent);
            None
        },
        "call to alice was refused: 500",
    ),
];
