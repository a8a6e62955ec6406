//! Faults of a registrar, and around messages.

use super::peer::Peer;
use super::{Fault, LOCAL};

pub const ACCOUNT: &str = "<sip:alice@127.0.0.1:PORT>;auth_pass=secret";
pub const REGISTERS: &str = "await alice.event(\"REGISTER_OK\") within 1500ms;\n";
pub const WRITES: &str = "alice.message(peer, \"hello\");\nawait alice.sip(200, \"MESSAGE\") within 1s;\n";

/// Answers each request of a method so.
pub fn answers(peer: &Peer, method: &str, status: &str, header: Option<(&str, &str)>) -> Option<()> {
    loop {
        let request = peer.receive(method)?;
        let response = peer.response(&request, status);
        let response = header.iter().fold(response, |response, (name, value)| response.with(name, value));
        peer.send(&response, request.from);
    }
}

const fn registrar(name: &'static str, peer: fn(&Peer) -> Option<()>, told: &'static str) -> Fault {
    Fault { name, agent: ACCOUNT, test: REGISTERS, peer, told }
}

const fn messages(name: &'static str, peer: fn(&Peer) -> Option<()>, told: &'static str) -> Fault {
    Fault { name, agent: LOCAL, test: WRITES, peer, told }
}

const WITH: &str = "WWW-Authenticate";

pub const FAULTS: &[Fault] = &[
    registrar("register_unanswered", |_| None, "alice's registration at sip:127.0.0.1:"),
    registrar("register_403", |peer| answers(peer, "REGISTER", "403 Forbidden", None), "failed: 403 Forbidden"),
    registrar(
        "register_423",
        |peer| answers(peer, "REGISTER", "423 Interval Too Brief", Some(("Min-Expires", "99999"))),
        "failed: 423 Interval Too Brief",
    ),
    registrar(
        "register_503",
        |peer| answers(peer, "REGISTER", "503 Service Unavailable", Some(("Retry-After", "30"))),
        "failed: 503 Service Unavailable",
    ),
    registrar(
        "register_challenged_without_end",
        |peer| {
            let challenge = "Digest realm=\"pbx\", nonce=\"1\", algorithm=MD5";
            answers(peer, "REGISTER", "401 Unauthorized", Some((WITH, challenge)))
        },
        "failed: 401 Unauthorized",
    ),
    registrar(
        "register_without_challenge",
        |peer| answers(peer, "REGISTER", "401 Unauthorized", None),
        "the 401 has no challenge",
    ),
    registrar(
        "register_unknown_algorithm",
        |peer| {
            let challenge = "Digest realm=\"pbx\", nonce=\"1\", algorithm=SHA-512-256";
            answers(peer, "REGISTER", "401 Unauthorized", Some((WITH, challenge)))
        },
        "the challenge asks for SHA-512-256, which the agent lacks",
    ),
    Fault {
        name: "register_accepted_once",
        agent: ACCOUNT,
        test: "await alice.registered() within 10s;\nalice.register();\nawait alice.registered().count(2) within 1s;\n",
        peer: |peer| {
            let challenge = |nonce: &str| format!("Digest realm=\"pbx\", nonce=\"{nonce}\"");
            let request = peer.receive("REGISTER")?;
            peer.send(&peer.response(&request, "401 Unauthorized").with(WITH, &challenge("1")), request.from);
            let request = peer.receive("REGISTER")?;
            let own = format!("{};expires=3600", request.header("Contact"));
            peer.send(&peer.response(&request, "200 OK").with("Contact", &own), request.from);
            answers(peer, "REGISTER", "401 Unauthorized", Some((WITH, &challenge("2"))))
        },
        told: "failed: 401 Unauthorized",
    },
    Fault {
        name: "register_with_a_stranger",
        agent: ACCOUNT,
        test: "await alice.event(\"REGISTER_OK\") within 10s;\nawait alice.event(\"CALL_INCOMING\") within 500ms;\n",
        peer: |peer| {
            let request = peer.receive("REGISTER")?;
            let own = request.header("Contact").to_string();
            let response = peer.response(&request, "200 OK").with("Contact", &own);
            peer.send(&response.and("Contact", "<sip:alice@127.0.0.1:9>;expires=60"), request.from);
            None
        },
        told: "has 2 contacts, alice one of them",
    },
    messages("message_unanswered", |_| None, "got no answer at all to its MESSAGE"),
    messages("message_404", |peer| answers(peer, "MESSAGE", "404 Not Found", None), "was refused: 404 Not Found"),
    messages(
        "message_415",
        |peer| answers(peer, "MESSAGE", "415 Unsupported Media Type", Some(("Accept", "text/html"))),
        "was refused: 415 Unsupported Media Type",
    ),
];
