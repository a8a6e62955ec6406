//! Any sequence of events: no panic, one screen, bounded memory.

use super::super::{FINDINGS, LINES, LINES_OF_ALL, wording};
use super::*;
use proptest::prelude::*;

fn agent() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("alice"), Just("bob"), Just(""), Just("no\u{1b}body")]
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[ -~é\u{1b}]{0,12}",
        prop::sample::select(vec![
            "sip:bob@127.0.0.1:5062",
            "<sip:a@h;lr>;tag=1",
            "127.0.0.1:5060",
            "c1",
            "c2",
            "x\r\ny"
        ])
        .prop_map(String::from),
        Just("<".repeat(400)),
    ]
}

fn header() -> impl Strategy<Value = (String, String)> {
    let names =
        vec!["Via", "Reason", "Warning", "Contact", "WWW-Authenticate", "Authorization", "Retry-After", "Require"];
    let values = prop_oneof![
        word(),
        Just("Digest realm=\"x\", stale=true".to_string()),
        Just("Q.850;cause=17;text=\"a".to_string()),
        Just("a;branch=1".to_string()),
    ];
    (prop::sample::select(names).prop_map(String::from), values)
}

fn sip() -> impl Strategy<Value = Body> {
    let methods = vec!["INVITE", "ACK", "CANCEL", "BYE", "REGISTER", "MESSAGE", "UPDATE", ""];
    let bodies = vec![
        String::new(),
        OFFER.to_string(),
        "v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 0 RTP/SAVP 97\r\na=inactive\r\n".to_string(),
        format!("v=0\r\n{}", "m=audio 1 x 0 8 9\r\n".repeat(90)),
    ];
    let status = prop_oneof![Just(None), (100u16..700).prop_map(Some), any::<u16>().prop_map(Some)];
    let ends = (word(), word(), word(), word());
    (
        any::<bool>(),
        prop::sample::select(methods),
        status,
        1u8..4,
        ends,
        prop::collection::vec(header(), 0..4),
        prop::sample::select(bodies),
    )
        .prop_map(|(out, method, status, number, (src, dst, call_id, peer), headers, body)| {
            Body::Sip(Box::new(SipEvent {
                direction: if out { "OUT" } else { "IN" }.into(),
                transport: "UDP".into(),
                src,
                dst,
                method: method.into(),
                status,
                reason: status.map(|_| peer.clone()),
                call_id,
                cseq: format!("{number} {method}"),
                from: peer.clone(),
                to: peer.clone(),
                headers,
                body,
                param: format!("{method} {peer} SIP/2.0"),
                on_wire: None,
            }))
        })
}

fn body() -> impl Strategy<Value = Body> {
    let names = vec!["CALL_CLOSED", "CALL_ESTABLISHED", "CALL_RTCP", "AUDIO_REPORT", "REGISTER_FAIL", "REGISTER_OK"];
    let params = vec!["Connection refused [111]", "486 Busy", "No audio codecs", "rtp stream error", "x"];
    let event =
        (prop::sample::select(names), prop::option::of(word()), word(), prop::sample::select(params), any::<u64>());
    let event = event.prop_map(|(name, call, peer, param, sent)| {
        let fields =
            json!({"packets_tx": sent, "packets_rx": 0, "rtcp_stats": {"tx": {"sent": sent / 2}, "rx": {"sent": 1}}});
        let fields = fields.as_object().cloned().unwrap_or_default();
        Body::Event(AgentEvent {
            name: name.into(),
            call,
            direction: None,
            peer: Some(peer),
            param: param.into(),
            fields,
        })
    });
    let starting = (word(), word(), any::<bool>()).prop_map(|(aor, address, local)| {
        Body::Note(Note::AgentStarting { aor, address, local, baresip: String::new() })
    });
    let at = At { source: "call\n".into(), line: 1, column: 1 };
    let commands =
        prop_oneof![word(), Just("hangup".into()), Just("uanew <sip:a@h>;audio_codecs=x/1;mediaenc=srtp-mand".into())];
    prop_oneof![
        8 => sip(),
        3 => event,
        1 => starting,
        2 => (word(), prop_oneof![Just("info"), Just("warning")]).prop_map(|(text, level)| Body::Log(LogLine { level: level.into(), text })),
        1 => commands.prop_map(move |text| Body::Command(Command { text, at: Some(at.clone()) })),
        1 => word().prop_map(|status| Body::Note(Note::AgentLost { status })),
        1 => prop_oneof![Just(Note::AgentStopping), Just(Note::StepsDone)].prop_map(Body::Note),
    ]
}

proptest! {
    #[test]
    fn any_events_come_to_one_screen(
        bodies in prop::collection::vec((agent(), body()), 0..60),
        status in prop::sample::select(vec![Status::Fail, Status::Error, Status::Cancelled]),
        reason in prop::sample::select(vec![
            "no CALL_ESTABLISHED at alice within 1 s",
            "no MESSAGE at bob, no REGISTER_OK at alice within 1 s",
            "agent `bob` does not answer `x` within 5 s",
            "the flow is not the expected one: `x` is missing (bob, call 1)",
            "slow",
        ]),
        reach in 0.0..99_999.0f64,
    ) {
        let mut story = Story::new();
        for (agent, body) in bodies {
            story.push(agent, body).waits(reach);
        }
        let findings = story.findings(status, reason);
        prop_assert!(findings.len() <= FINDINGS);
        prop_assert!(findings.iter().map(|finding| finding.lines.len()).sum::<usize>() <= LINES_OF_ALL);
        for finding in findings {
            prop_assert!(!finding.about.is_empty() && finding.lines.len() <= LINES);
            for line in finding.lines.iter().chain([&finding.about]) {
                prop_assert!(line.chars().count() <= wording::LINE, "{line}");
                prop_assert!(!line.chars().any(char::is_control), "{line:?}");
            }
        }
    }
}

#[test]
fn a_long_run_is_kept_in_little() {
    let mut evidence = Evidence::new(Time(1_000_000.0));
    let mut story = Story::new();
    for n in 0..300 {
        let call_id = format!("c{n}");
        story.events.clear();
        story.sip_of(&call_id, "alice", ALICE, BOB, "INVITE sip:bob@h SIP/2.0", "1 INVITE", &format!("\r\n{OFFER}"));
        for code in 101..160 {
            story.sip_of(&call_id, "alice", BOB, ALICE, &format!("SIP/2.0 {code} x"), "1 INVITE", "");
        }
        story.log("alice", "warning", &"x".repeat(10_000)).command("alice", &"y".repeat(10_000));
        story.events.iter().for_each(|event| evidence.event(event));
    }
    // its text in debug form, which is longer than it is in memory but for the names of fields
    let size = format!("{evidence:?}").len();
    assert!(size < 250_000, "{size}");
    let flow = Flow::default();
    let told = text(&findings(&evidence, &verdict(Status::Fail, "no X at alice within 1 s"), &flow, None));
    has(&told, &["sip:bob@127.0.0.1:5062 was under way, and nobody rang", "159 x", "… more messages\n"]);
}
