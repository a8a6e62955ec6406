//! Faults in what comes unasked or goes elsewhere: Contacts that lead nowhere, requests without their headers, endings that nobody asked for.

use super::others::{ACCOUNT, answers};
use super::peer::{Dialog, Message, Peer};
use super::{DIALS, Fault, LOCAL};

const IS_CALLED: &str = "alice.options(peer);\nawait alice.event(\"CALL_INCOMING\") within 1500ms;\n";
const IS_ANSWERED: &str = "alice.dial(peer);\nawait alice.established() within 10s;\n\
    await alice.event(\"CALL_RTPESTAB\") within 1500ms;\n";
const IS_CANCELLED: &str =
    "alice.options(peer);\nawait alice.event(\"CALL_INCOMING\") within 10s;\nawait alice.closed() within 1500ms;\n";
const IS_REGISTERED: &str =
    "await alice.registered() within 10s;\nawait alice.event(\"CALL_INCOMING\") within 1500ms;\n";
const OVER_TCP: &str = "alice.dial(peer + \";transport=tcp\");\nawait alice.established() within 1500ms;\n";

const fn fault(name: &'static str, test: &'static str, peer: fn(&Peer) -> Option<()>, told: &'static str) -> Fault {
    Fault { name, agent: LOCAL, test, peer, told }
}

const fn called(name: &'static str, peer: fn(&Peer) -> Option<()>, told: &'static str) -> Fault {
    fault(name, IS_CALLED, peer, told)
}

const fn registrar(name: &'static str, peer: fn(&Peer) -> Option<()>, told: &'static str) -> Fault {
    Fault { name, agent: ACCOUNT, test: IS_REGISTERED, peer, told }
}

/// Answers with a Contact, again and again, as nobody acknowledges it.
fn contact(peer: &Peer, contact: &str) -> Option<()> {
    let invite = peer.receive("INVITE")?;
    peer.send(&peer.answer(&invite).with("Contact", contact), invite.from);
    peer.receive("nothing")?;
    None
}

/// Calls the agent with an INVITE that is not as it should be.
fn calls(peer: &Peer, change: impl Fn(Message) -> Message) -> Option<()> {
    let agent = peer.agent()?;
    peer.send(&change(peer.request("INVITE", agent).carrying(&peer.sdp())), agent);
    peer.receive("nothing")?;
    None
}

/// Rings the agent, and sends a CANCEL that is not as it should be.
fn cancels(peer: &Peer, change: impl Fn(Message) -> Message) -> Option<()> {
    let agent = peer.agent()?;
    peer.send(&peer.request("INVITE", agent).carrying(&peer.sdp()), agent);
    peer.receive("SIP/2.0 180")?;
    peer.send(&change(peer.request("CANCEL", agent)), agent);
    peer.receive("nothing")?;
    None
}

/// Says something else than SIP over the agent's connection.
fn says(peer: &Peer, text: &str) -> Option<()> {
    let mut stream = peer.accept()?;
    stream.receive("INVITE")?;
    stream.send_text(text)?;
    stream.receive("nothing")?;
    None
}

pub const FAULTS: &[Fault] = &[
    fault(
        "invite_487_that_nobody_asked_for",
        DIALS,
        |peer| {
            let invite = peer.receive("INVITE")?;
            peer.respond(&invite, "487 Request Terminated");
            None
        },
        "was refused: 487 Request Terminated",
    ),
    fault(
        "contact_of_a_telephone",
        IS_ANSWERED,
        |peer| contact(peer, "<tel:+4930123>"),
        "the 200 OK has the Contact <tel:+4930123>, which is no SIP URI",
    ),
    fault(
        "contact_in_another_network",
        IS_ANSWERED,
        |peer| contact(peer, "<sip:peer@[::1]:9>"),
        "alice's ACK to the answer",
    ),
    fault("contact_that_is_none", IS_ANSWERED, |peer| contact(peer, "hello"), "the 200 OK has the Contact hello"),
    fault(
        "call_without_call_id",
        IS_CALLED,
        |peer| calls(peer, |invite| invite.without("Call-ID")),
        "the INVITE that came to alice has no Call-ID",
    ),
    called("call_without_cseq", |peer| calls(peer, |invite| invite.without("CSeq")), "the INVITE has no CSeq"),
    called("call_without_to", |peer| calls(peer, |invite| invite.without("To")), "the INVITE has no To"),
    called(
        "call_without_via_branch",
        |peer| calls(peer, |invite| invite.with("Via", "SIP/2.0/UDP 127.0.0.1:9;rport")),
        "SIP at alice that can't be read",
    ),
    called(
        "call_without_from_tag",
        |peer| calls(peer, |invite| invite.with("From", "<sip:peer@h>")),
        "the INVITE has no From tag",
    ),
    called("call_without_contact", |peer| calls(peer, |invite| invite.without("Contact")), "the INVITE has no Contact"),
    fault(
        "call_of_another_cseq_method",
        IS_CALLED,
        |peer| calls(peer, |invite| invite.with("CSeq", "1 MESSAGE")),
        "the INVITE has the CSeq 1 MESSAGE, which is of another method",
    ),
    fault(
        "cancel_of_another_branch",
        IS_CANCELLED,
        |peer| cancels(peer, |cancel| cancel),
        "the CANCEL has the Via branch z9hG4bKCANCEL1, its INVITE z9hG4bKINVITE1",
    ),
    fault(
        "cancel_of_another_call",
        IS_CANCELLED,
        |peer| cancels(peer, |cancel| cancel.with("Call-ID", "another")),
        "the CANCEL that came to alice has the Call-ID another",
    ),
    fault(
        "bye_of_another_call",
        "alice.dial(peer);\nawait alice.established() within 10s;\nawait alice.closed() within 1500ms;\n",
        |peer| {
            let invite = peer.take_call()?;
            let bye = peer.within(&Dialog::of(&invite), "BYE", 2);
            peer.send(&bye.with("Call-ID", "another"), invite.from);
            peer.receive("nothing")?;
            None
        },
        "the BYE that came to alice has the Call-ID another",
    ),
    fault(
        "options_unanswered",
        "alice.options(peer);\nawait alice.sip(200, \"OPTIONS\") within 1s;\n",
        |_| None,
        "got no answer at all to its OPTIONS",
    ),
    fault(
        "answer_over_tcp_without_length",
        OVER_TCP,
        |peer| {
            let mut stream = peer.accept()?;
            let invite = stream.receive("INVITE")?;
            let answer = peer.answer(&invite).text();
            let start = answer.find("Content-Length").unwrap_or_default();
            let end = answer[start..].find("\r\n").map_or(start, |length| start + length + 2);
            stream.send_text(&format!("{}{}", &answer[..start], &answer[end..]))?;
            stream.receive("nothing")?;
            None
        },
        "SIP at alice that can't be read: it has no Content-Length",
    ),
    fault(
        "answer_over_tcp_of_a_web_server",
        OVER_TCP,
        |peer| says(peer, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        "SIP at alice that can't be read: its first line is not that of SIP",
    ),
    fault(
        "answer_over_tcp_of_a_shell",
        OVER_TCP,
        |peer| says(peer, "SSH-2.0-OpenSSH_9.2\r\n"),
        "SIP at alice that can't be read: its first line is not that of SIP",
    ),
    registrar(
        "register_for_another_contact",
        |peer| answers(peer, "REGISTER", "200 OK", Some(("Contact", "<sip:somebody@127.0.0.1:9>;expires=60"))),
        "the registrar does not list alice's Contact",
    ),
    registrar(
        "register_without_contacts",
        |peer| {
            loop {
                let register = peer.receive("REGISTER")?;
                peer.send(&peer.response(&register, "200 OK").without("Contact"), register.from);
            }
        },
        "the registrar does not list alice's Contact",
    ),
    fault(
        "progress_forever",
        DIALS,
        |peer| {
            let invite = peer.receive("INVITE")?;
            peer.send(&peer.response(&invite, "183 Session Progress").carrying(&peer.sdp()), invite.from);
            None
        },
        "was under way, and nobody rang",
    ),
    fault(
        "redirect_without_contact",
        DIALS,
        |peer| {
            let invite = peer.receive("INVITE")?;
            peer.send(&peer.response(&invite, "302 Moved").without("Contact"), invite.from);
            None
        },
        "was redirected: 302 Moved",
    ),
];
