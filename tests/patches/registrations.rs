//! One registration is one dialog, whatever changes in it (RFC 3261 section 10.2.4).

use super::with;
use crate::support::odd_peer::{OddPeer, Received};
use std::sync::mpsc;
use std::thread;

#[test]
fn a_registration_goes_on_with_another_interval_and_other_headers() {
    let peer = OddPeer::new();
    let test = with(
        &peer,
        "import \"std/registration\" as registration;\n\
         let alice = agent(`<sip:alice@${param(\"PEER\")}>;regint=60`);\nregistration::register(alice);\n\
         alice.cmd(\"uareg 120 0\");\nawait alice.registered();\n\
         alice.header(\"X-Test\", \"one\");\nalice.cmd(\"uareg 120 0\");\nawait alice.registered();\n\
         registration::again(alice);\n",
    );
    let (sender, received) = mpsc::channel();
    // it also answers how the agent signs off
    thread::spawn(move || {
        loop {
            let register = peer.receive("REGISTER");
            let contact = format!("Contact: {}\r\n", register.header("Contact"));
            peer.respond_with(&register, "200 OK", "one", &contact, "");
            if sender.send(register).is_err() {
                return;
            }
        }
    });
    test.run().exits(0);
    let registers: Vec<Received> = received.iter().take(4).collect();
    let first = &registers[0];
    for (n, register) in registers.iter().enumerate() {
        assert_eq!(register.header("Call-ID"), first.header("Call-ID"), "{n}");
        let number =
            |register: &Received| register.header("CSeq").split(' ').next().and_then(|n| n.parse::<usize>().ok());
        assert_eq!(number(register), number(first).map(|number| number + n), "{n}");
        let expires = if n == 0 || n == 3 { "expires=60" } else { "expires=120" };
        assert!(register.header("Contact").contains(expires), "{n}: {}", register.text);
        assert_eq!(register.text.contains("\r\nX-Test: one\r\n"), n == 2 || n == 3, "{n}: {}", register.text);
    }
}
