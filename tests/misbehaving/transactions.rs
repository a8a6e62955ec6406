//! Faults in what follows an INVITE, and beside it: PRACK, CANCEL, BYE, re-INVITE, NOTIFY, challenges, registrations.

use super::calls::{HANGS_UP, HOLDS, TRANSFERS, answers_within, takes_refer};
use super::others::{ACCOUNT, REGISTERS, WRITES, answers};
use super::peer::{Dialog, Peer};
use super::{Fault, LOCAL};

const RELIABLE: &str = "<sip:alice@127.0.0.1>;regint=0;100rel=yes";
const CANCELS: &str = "alice.dial(peer);\nawait alice.sip(180, \"INVITE\") within 10s;\nalice.hangup();\n\
    await alice.sip(487, \"INVITE\") within 1500ms;\n";
const IS_NOT_HELD: &str = "alice.dial(peer);\nawait alice.established() within 10s;\nalice.hold();\n\
    await alice.sip(200, \"INVITE\") within 1s;\n";
const IS_HELD: &str =
    "alice.dial(peer);\nawait alice.established() within 10s;\nawait alice.event(\"CALL_HOLD\") within 1500ms;\n";

const fn fault(name: &'static str, test: &'static str, peer: fn(&Peer) -> Option<()>, told: &'static str) -> Fault {
    Fault { name, agent: LOCAL, test, peer, told }
}

const fn reliable(name: &'static str, peer: fn(&Peer) -> Option<()>, told: &'static str) -> Fault {
    let test = "alice.dial(peer);\nawait alice.established() within 1500ms;\n";
    Fault { name, agent: RELIABLE, test, peer, told }
}

const fn registrar(name: &'static str, peer: fn(&Peer) -> Option<()>, told: &'static str) -> Fault {
    Fault { name, agent: ACCOUNT, test: REGISTERS, peer, told }
}

/// A reliable 183, and what becomes of its PRACK; nothing where that is empty.
fn takes_prack(peer: &Peer, status: &str) -> Option<()> {
    let invite = peer.receive("INVITE")?;
    let progress = peer.response(&invite, "183 Session Progress").with("Require", "100rel").with("RSeq", "1");
    peer.send(&progress.carrying(&peer.sdp()), invite.from);
    loop {
        let prack = peer.receive("PRACK")?;
        if !status.is_empty() {
            peer.respond(&prack, status);
        }
    }
}

/// Rings, and answers the CANCEL and then the INVITE; nothing where that is empty.
fn is_cancelled(peer: &Peer, to_cancel: &str, to_invite: &str) -> Option<()> {
    let invite = peer.receive("INVITE")?;
    peer.respond(&invite, "180 Ringing");
    let cancel = peer.receive("CANCEL")?;
    if !to_cancel.is_empty() {
        peer.respond(&cancel, to_cancel);
    }
    if !to_invite.is_empty() {
        peer.send(&peer.answer(&invite), invite.from);
    }
    loop {
        let request = peer.receive("BYE")?;
        peer.respond(&request, "200 OK");
    }
}

/// Challenges each REGISTER so.
fn challenges(peer: &Peer, challenge: &str) -> Option<()> {
    answers(peer, "REGISTER", "401 Unauthorized", Some(("WWW-Authenticate", challenge)))
}

pub const FAULTS: &[Fault] = &[
    reliable("prack_refused", |peer| takes_prack(peer, "500 Oops"), "the PRACK in alice's call"),
    reliable("prack_unanswered", |peer| takes_prack(peer, ""), "got no answer to its PRACK"),
    reliable(
        "reliable_without_rseq",
        |peer| {
            let invite = peer.receive("INVITE")?;
            let progress = peer.response(&invite, "183 Session Progress").with("Require", "100rel");
            peer.send(&progress.carrying(&peer.sdp()), invite.from);
            peer.receive("PRACK")?;
            None
        },
        "the 183 Session Progress has no RSeq",
    ),
    fault("cancel_unanswered", CANCELS, |peer| is_cancelled(peer, "", ""), "got no answer to its CANCEL"),
    fault("cancel_refused", CANCELS, |peer| is_cancelled(peer, "481 No Such Call", ""), "the CANCEL in alice's call"),
    fault(
        "cancel_without_487",
        CANCELS,
        |peer| is_cancelled(peer, "200 OK", ""),
        "was cancelled, and the INVITE got no final response",
    ),
    fault(
        "cancel_and_answer",
        CANCELS,
        |peer| is_cancelled(peer, "200 OK", "200 OK"),
        "was answered, though it was cancelled",
    ),
    fault("bye_481", HANGS_UP, |peer| answers_within(peer, "BYE", "481 No Such Call"), "the BYE in alice's call"),
    fault("bye_100_only", HANGS_UP, |peer| answers_within(peer, "BYE", "100 Trying"), "got no final answer to its BYE"),
    fault(
        "reinvite_100_only",
        HOLDS,
        |peer| answers_within(peer, "INVITE", "100 Trying"),
        "got no final answer to its re-INVITE",
    ),
    fault("reinvite_481", HOLDS, |peer| answers_within(peer, "INVITE", "481 No Such Call"), "the re-INVITE in alice's"),
    // the 200 to the first INVITE is none to the second
    fault(
        "reinvite_491",
        IS_NOT_HELD,
        |peer| answers_within(peer, "INVITE", "491 Request Pending"),
        "the re-INVITE in alice's",
    ),
    fault(
        "reinvite_of_another_codec",
        IS_HELD,
        |peer| {
            let invite = peer.take_call()?;
            let sdp = peer.sdp().replace("RTP/AVP 0 101", "RTP/AVP 18") + "a=sendonly\r\n";
            peer.send(&peer.within(&Dialog::of(&invite), "INVITE", 2).carrying(&sdp), invite.from);
            peer.receive("nothing")?;
            None
        },
        "the re-INVITE in",
    ),
    fault(
        "notify_of_another_event",
        TRANSFERS,
        |peer| {
            let invite = takes_refer(peer)?;
            let notify = peer.within(&Dialog::of(&invite), "NOTIFY", 2).with("Event", "presence");
            let notify = notify.with("Subscription-State", "terminated").carrying("SIP/2.0 200 OK\r\n");
            peer.send(&notify.with("Content-Type", "message/sipfrag;version=2.0"), invite.from);
            peer.receive("nothing")?;
            None
        },
        "the NOTIFY in alice's call",
    ),
    fault(
        "message_answered_with_another_cseq",
        WRITES,
        |peer| {
            let message = peer.receive("MESSAGE")?;
            peer.send(&peer.response(&message, "200 OK").with("CSeq", "4711 OPTIONS"), message.from);
            None
        },
        "the 200 OK has the CSeq 4711 OPTIONS, its request",
    ),
    fault(
        "call_that_requires_an_extension",
        "alice.options(peer);\nawait alice.event(\"CALL_INCOMING\") within 1500ms;\n",
        |peer| {
            let agent = peer.agent()?;
            peer.send(&peer.request("INVITE", agent).carrying(&peer.sdp()).with("Require", "tea"), agent);
            None
        },
        "was refused: 420",
    ),
    fault(
        "call_of_another_codec",
        "alice.options(peer);\nawait alice.event(\"CALL_INCOMING\") within 1500ms;\n",
        |peer| {
            let agent = peer.agent()?;
            let sdp = peer.sdp().replace("RTP/AVP 0 101", "RTP/AVP 18");
            peer.send(&peer.request("INVITE", agent).carrying(&sdp), agent);
            None
        },
        "call to alice was refused: 488",
    ),
    fault(
        "call_to_nobody",
        "alice.options(peer);\nawait alice.event(\"CALL_INCOMING\") within 1500ms;\n",
        |peer| {
            let agent = peer.agent()?;
            let invite = peer.request("INVITE", agent).carrying(&peer.sdp());
            peer.send_text(&invite.text().replacen("sip:alice@", "sip:nobody@", 1), agent);
            None
        },
        "was refused: 404",
    ),
    registrar(
        "challenge_of_auth_int_alone",
        |peer| challenges(peer, "Digest realm=\"pbx\", nonce=\"1\", qop=\"auth-int\""),
        "the challenge asks for qop auth-int, which the agent lacks",
    ),
    registrar("challenge_without_nonce", |peer| challenges(peer, "Digest realm=\"pbx\""), "the challenge has no nonce"),
    registrar(
        "challenge_of_md5_sess",
        |peer| challenges(peer, "Digest realm=\"pbx\", nonce=\"1\", algorithm=MD5-sess"),
        "the challenge asks for MD5-sess, which the agent lacks",
    ),
    registrar(
        "challenge_always_stale",
        |peer| challenges(peer, "Digest realm=\"pbx\", nonce=\"1\", stale=true"),
        "failed: 401 Unauthorized",
    ),
    registrar(
        "challenge_of_another_scheme",
        |peer| challenges(peer, "Basic realm=\"pbx\""),
        "the challenge asks for Basic, which the agent lacks",
    ),
    registrar(
        "register_redirected",
        |peer| answers(peer, "REGISTER", "302 Moved", Some(("Contact", "<sip:127.0.0.1:9>"))),
        "failed: 302 Moved",
    ),
];
