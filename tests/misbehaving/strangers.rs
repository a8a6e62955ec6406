//! Faults in what comes unasked or goes elsewhere: Contacts that lead nowhere, requests without their headers, endings that nobody asked for.

use super::peer::{Message, Peer};
use super::{DIALS, Fault, LOCAL};

const IS_CALLED: &str = "alice.options(peer);\nawait alice.event(\"CALL_INCOMING\") within 1500ms;\n";
const IS_ANSWERED: &str = "alice.dial(peer);\nawait alice.established() within 10s;\n\
    await alice.event(\"CALL_RTPESTAB\") within 1500ms;\n";

const fn fault(name: &'static str, test: &'static str, peer: fn(&Peer) -> Option<()>, told: &'static str) -> Fault {
    Fault { name, agent: LOCAL, test, peer, told }
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
        "contact_without_an_address",
        IS_ANSWERED,
        |peer| contact(peer, "<sip:peer@nowhere.invalid>"),
        "alice's ACK to the answer",
    ),
    fault("call_without_cseq", IS_CALLED, |peer| calls(peer, |invite| invite.without("CSeq")), "400"),
    fault(
        "call_of_another_cseq_method",
        IS_CALLED,
        |peer| calls(peer, |invite| invite.with("CSeq", "1 MESSAGE")),
        "400",
    ),
    fault(
        "options_unanswered",
        "alice.options(peer);\nawait alice.sip(200, \"OPTIONS\") within 1s;\n",
        |_| None,
        "got no answer at all to its OPTIONS",
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
