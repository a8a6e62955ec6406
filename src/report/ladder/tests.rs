//! Ladders of records made by hand.

use super::*;
use crate::event::*;
use crate::sip::Pairing;
use proptest::prelude::*;

fn sip(direction: &str, transport: &str, src: &str, dst: &str, text: &str) -> Body {
    let status: Option<u16> = text.split(' ').next().and_then(|word| word.parse().ok());
    let reason = status.and(text.split_once(' ')).map(|(_, reason)| reason.to_string());
    Body::Sip(Box::new(SipEvent {
        direction: direction.into(),
        transport: transport.into(),
        src: src.into(),
        dst: dst.into(),
        method: text.split(' ').next().unwrap_or_default().into(),
        status,
        reason,
        call_id: "1@h".into(),
        cseq: "1 INVITE".into(),
        from: "<sip:alice@h>".into(),
        to: "<sip:bob@h>".into(),
        param: text.into(),
        ..SipEvent::default()
    }))
}

fn starting(address: &str) -> Body {
    let (aor, baresip) = ("sip:a@h".into(), "baresip 4.12.0".into());
    Body::Note(Note::AgentStarting { aor, address: address.into(), local: true, baresip })
}

fn ladder(bodies: Vec<(&str, Body)>) -> Ladder {
    let mut pairing = Pairing::default();
    let events = bodies.into_iter().enumerate().map(|(n, (agent, mut body))| {
        pairing.number(&agent.into(), &mut body);
        Event { n: n as u64, time: Time(1000.0 * n as f64), agent: Some(agent.into()), body }
    });
    Ladder::of(&events.collect::<Vec<_>>())
}

const ALICE: &str = "127.0.0.1:5060";
const BOB: &str = "127.0.0.1:5062";

/// `alice>bob INVITE 2,3`, with `again` for a retransmission.
fn rows(ladder: &Ladder) -> Vec<String> {
    let name = |lane: usize| ladder.lanes[lane].name.as_str();
    let row = |row: &Row| {
        let events: Vec<String> = row.events.iter().map(u64::to_string).collect();
        let again = if row.retransmission { " again" } else { "" };
        format!("{}>{} {} {}{again}", name(row.from), name(row.to), row.label, events.join(","))
    };
    ladder.rows.iter().map(row).collect()
}

#[test]
fn a_response_says_what_it_is_for() {
    let of = |cseq: &str, body: &str| {
        let Body::Sip(message) = sip("IN", "UDP", BOB, ALICE, "200 OK") else { panic!("no SIP") };
        let (cseq, body) = (cseq.to_string(), body.to_string());
        ladder(vec![("alice", Body::Sip(Box::new(SipEvent { cseq, body, ..*message })))]).rows[0].label.clone()
    };
    assert_eq!([of("1 INVITE", ""), of("1 INVITE", "v=0\r\n")], ["200 OK", "200 OK (SDP)"]);
    assert_eq!([of("2  CANCEL", ""), of("2 UPDATE", "v=0\r\n")], ["200 OK (CANCEL)", "200 OK (UPDATE, SDP)"]);
}

#[test]
fn a_message_between_agents_is_one_row_and_what_is_sent_again_is_marked() {
    let out = |text: &str| sip("OUT", "UDP", ALICE, BOB, text);
    let came = |text: &str| sip("IN", "UDP", ALICE, BOB, text);
    let ladder = ladder(vec![
        ("alice", starting(ALICE)),
        ("bob", starting(BOB)),
        ("alice", out("INVITE")),
        ("alice", out("INVITE")),
        ("bob", came("INVITE")),
        ("bob", came("INVITE")),
        ("bob", sip("OUT", "UDP", BOB, ALICE, "180 Ringing")),
        ("alice", sip("IN", "UDP", BOB, ALICE, "180 Ringing")),
    ]);
    assert_eq!(rows(&ladder), ["alice>bob INVITE 2,4", "alice>bob INVITE 3,5 again", "bob>alice 180 Ringing 6,7"]);
    assert_eq!(ladder.lanes.len(), 2);
}

#[test]
fn a_request_is_sent_again_when_its_transaction_says_so() {
    let request = |text: &str, branch: &str| match sip("OUT", "UDP", ALICE, BOB, text) {
        Body::Sip(mut sip) => {
            sip.headers = vec![("Via".into(), format!("SIP/2.0/UDP {ALICE};branch={branch};rport"))];
            sip.method = "INVITE".into();
            ("alice", Body::Sip(sip))
        }
        other => ("alice", other),
    };
    let ladder = ladder(vec![
        request("INVITE o=1", "z9hG4bK1"),
        request("INVITE o=2", "z9hG4bK1"),
        request("INVITE o=3", "z9hG4bK2"),
        ("alice", sip("IN", "UDP", BOB, ALICE, "183 Session Progress")),
        ("alice", sip("IN", "UDP", BOB, ALICE, "180 Ringing")),
        ("alice", sip("IN", "UDP", BOB, ALICE, "180 Ringing")),
    ]);
    let again: Vec<bool> = ladder.rows.iter().map(|row| row.retransmission).collect();
    assert_eq!(again, [false, true, false, false, false, true]);
}

#[test]
fn a_receiver_that_is_heard_first_does_not_make_a_second_row() {
    let client = "127.0.0.1:40001";
    let ladder = ladder(vec![
        ("alice", starting(ALICE)),
        ("bob", starting(BOB)),
        ("bob", sip("IN", "TCP", client, BOB, "INVITE")),
        ("bob", sip("OUT", "TCP", BOB, client, "200 OK")),
        ("alice", sip("OUT", "TCP", client, BOB, "INVITE")),
        ("alice", sip("IN", "TCP", BOB, client, "200 OK")),
        // nobody but bob recorded it
        ("bob", sip("IN", "TCP", client, BOB, "ACK")),
        ("bob", sip("IN", "TLS", client, "127.0.0.1:5063", "OPTIONS")),
    ]);
    let expected = ["alice>bob INVITE 2,4", "bob>alice 200 OK 3,5", "alice>bob ACK 6", "alice>bob OPTIONS 7"];
    assert_eq!(rows(&ladder), expected);
    assert_eq!(ladder.lanes[0].addresses, [client]);
    assert_eq!(ladder.lanes[1].addresses, [BOB, "127.0.0.1:5063"]);
}

#[test]
fn peers_have_lanes_and_the_connections_they_open_are_theirs() {
    let proxy = "127.0.0.1:5070";
    let via = |body: Body| match body {
        Body::Sip(mut sip) => {
            sip.headers = vec![("Via".into(), format!("SIP/2.0/TCP {proxy};branch=z9hG4bK1, SIP/2.0/UDP {ALICE}"))];
            Body::Sip(sip)
        }
        other => other,
    };
    let ladder = ladder(vec![
        ("alice", starting(ALICE)),
        ("bob", starting(BOB)),
        ("alice", sip("OUT", "UDP", ALICE, proxy, "INVITE")),
        ("bob", via(sip("IN", "TCP", "127.0.0.1:40002", BOB, "INVITE"))),
        ("bob", sip("OUT", "TCP", BOB, "127.0.0.1:40002", "486 Busy Here")),
    ]);
    let expected =
        ["alice>127.0.0.1:5070 INVITE 2", "127.0.0.1:5070>bob INVITE 3", "bob>127.0.0.1:5070 486 Busy Here 4"];
    assert_eq!(rows(&ladder), expected);
    assert_eq!(ladder.lanes[1].addresses, [proxy, "127.0.0.1:40002"]);
    assert!(!ladder.lanes[1].agent);
}

#[test]
fn a_port_belongs_to_who_has_it_then_and_an_agent_may_call_itself() {
    let own = || sip("OUT", "UDP", ALICE, ALICE, "INVITE");
    let ladder = ladder(vec![
        ("alice", starting(ALICE)),
        ("bob", starting(BOB)),
        ("bob", sip("OUT", "UDP", BOB, ALICE, "OPTIONS")),
        ("carol", starting(ALICE)),
        ("bob", sip("OUT", "UDP", BOB, ALICE, "OPTIONS")),
        ("carol", own()),
        ("carol", own()),
        ("carol", own()),
    ]);
    let expected =
        ["bob>alice OPTIONS 2", "bob>carol OPTIONS 4 again", "carol>carol INVITE 5,6", "carol>carol INVITE 7 again"];
    assert_eq!(rows(&ladder), expected);
}

#[test]
fn the_failure_stands_where_it_happened_and_the_silent_agent_has_a_lane() {
    let at = Some(At { source: "call.rhai".into(), line: 3, column: 1 });
    let ended = Ended { at, ..Ended::failed("CALL_ESTABLISHED did not come") };
    let call = |name: &str, param: &str| {
        Body::Event(AgentEvent { name: name.into(), param: param.into(), ..AgentEvent::default() })
    };
    let built = ladder(vec![
        ("bob", starting(BOB)),
        ("alice", starting(ALICE)),
        ("alice", sip("OUT", "UDP", ALICE, "127.0.0.1:9", "INVITE")),
        ("alice", call("CALL_CLOSED", "486 Busy Here")),
        ("alice", Body::Note(Note::Ended(ended))),
    ]);
    let names: Vec<_> = built.lanes.iter().map(|lane| lane.name.as_str()).collect();
    assert_eq!(names, ["alice", "127.0.0.1:9", "bob"]);
    let drawn = draw::draw(&built, 80, false);
    assert!(drawn.contains("✗ alice: CALL_ESTABLISHED did not come (call.rhai:3)"), "{drawn}");
    assert!(drawn.contains("● closed: 486 Busy Here"), "{drawn}");
    assert!(draw::draw(&built, 80, true).contains("\x1b[1;31m✗ alice: CALL_ESTABLISHED"), "{drawn}");
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("alice".to_string()),
        Just(ALICE.to_string()),
        Just("[::1]:70000".to_string()),
        "\\PC{0,40}",
        Just("\u{1b}[2J\u{202e}\r\n\u{9b}漢字e\u{301}".to_string()),
    ]
}

fn body() -> impl Strategy<Value = Body> {
    let sip = (word(), word(), word(), prop::option::of(any::<u16>()), any::<bool>()).prop_map(
        |(src, dst, text, status, out)| match sip(if out { "OUT" } else { "IN" }, "TCP", &src, &dst, &text) {
            Body::Sip(mut sip) => {
                sip.status = status;
                sip.headers = vec![("via".into(), format!("SIP/2.0/TCP {text};x"))];
                Body::Sip(sip)
            }
            other => other,
        },
    );
    let event = (word(), prop::sample::select(EVENT_NAMES))
        .prop_map(|(param, name)| Body::Event(AgentEvent { name: name.to_string(), param, ..AgentEvent::default() }));
    prop_oneof![
        sip,
        event,
        word().prop_map(|text| starting(&text)),
        word().prop_map(|message| { Body::Note(Note::Ended(Ended::failed(message))) })
    ]
}

proptest! {
    #[test]
    fn any_record_fits_the_width_and_cannot_steer_the_terminal(bodies in prop::collection::vec((word(), body()), 0..12), width in 0usize..200) {
        let bodies: Vec<_> = bodies.iter().map(|(agent, body)| (agent.as_str(), body.clone())).collect();
        let messages = bodies.iter().filter(|(_, body)| matches!(body, Body::Sip(_))).count();
        let ladder = ladder(bodies);
        prop_assert_eq!(ladder.rows.iter().map(|row| row.events.len()).sum::<usize>(), messages);
        let drawn = draw::draw(&ladder, width, false);
        for line in drawn.lines() {
            let wide = columns::width_of(line);
            prop_assert!(wide <= width.max(80), "{} columns: {}", wide, line);
            prop_assert!(!line.chars().any(crate::diagnostic::is_invisible), "{:?}", line);
        }
    }
}
