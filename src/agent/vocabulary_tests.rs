//! The same call told by three versions, and what no version says.

use super::*;
use proptest::prelude::*;

/// Lines as versions 1.0.0, 4.10.0 and our embedded 4.12.0 sent them.
const CAPTURE: &str = include_str!("../../tests/fixtures/agent/events.jsonl");

fn parse(line: &str) -> AgentEvent {
    parse_line(line.as_bytes()).unwrap_or_else(|error| panic!("{error}: {line}"))
}

fn of_type<'a>(name: &'a str) -> impl Iterator<Item = AgentEvent> + use<'a> {
    CAPTURE.lines().map(parse).filter(move |event| event.name == name)
}

#[test]
fn versions_come_out_alike() {
    let incoming: Vec<_> = of_type("CALL_INCOMING").collect();
    assert_eq!(incoming.len(), 2);
    for (event, port) in incoming.iter().zip(["30000", "31000"]) {
        let peer = format!("sip:alice@127.0.0.1:{port}");
        assert_eq!(
            (event.peer.as_ref(), &event.param, event.direction.as_deref()),
            (Some(&peer), &peer, Some("incoming"))
        );
        assert_eq!(event.call.as_ref().map(String::len), Some(16));
        assert!(event.fields.contains_key("accountaor") && !event.fields.contains_key("class"));
    }
    assert_eq!(incoming[1].fields["audiodir"], "sendrecv");
}

#[test]
fn what_a_version_does_not_say_is_absent() {
    let offers: Vec<_> = of_type("CALL_LOCAL_SDP").map(|event| event.call).collect();
    assert_eq!(offers, [None, Some("97d0756330e299e4".to_string())]);
    let exit = of_type("EXIT").next().unwrap();
    assert_eq!(exit, AgentEvent { name: "EXIT".to_string(), ..AgentEvent::default() });
}

#[test]
fn a_message() {
    let event = of_type("MESSAGE").next().unwrap();
    assert_eq!((event.peer.as_deref(), event.param.as_str()), (Some("sip:alice@127.0.0.1:31200"), ""));
    let fields: Vec<_> = event.fields.iter().map(|(key, value)| (key.as_str(), value.as_str().unwrap())).collect();
    let account = ("accountaor", "sip:bob@127.0.0.1:31300");
    assert_eq!(fields, [account, ("ctype", "text/plain"), ("body", "hello \"world\" é 2")]);
}

#[test]
fn rtcp_with_its_score() {
    let scores: Vec<_> = of_type("CALL_RTCP").map(|event| event.fields.get("mos").cloned()).collect();
    assert_eq!(scores, [None, Some(4.39.into()), Some(4.39.into())]);
    assert_eq!(of_type("CALL_RTCP").nth(1).unwrap().fields["rtcp_stats"]["rx"]["jit"], 1000);
}

#[test]
fn the_report_of_our_own_module() {
    let report = of_type("AUDIO_REPORT").next().unwrap();
    assert_eq!((report.param.as_str(), report.call.as_deref()), ("tx rx RTP/AVP PCMU", Some("4a9e14852a81a7e3")));
    assert_eq!(
        (report.peer.as_deref(), report.direction.as_deref()),
        (Some("sip:bob@127.0.0.1:20960"), Some("outgoing"))
    );
    let fields = serde_json::to_string(&report.fields).unwrap();
    assert_eq!(
        fields,
        r#"{"accountaor":"sip:alice@127.0.0.1:20950","tx":true,"rx":true,"protocol":"RTP/AVP","codec":"PCMU","packets_tx":301,"packets_rx":300,"lost_tx":0,"lost_rx":0,"jitter_tx":875,"jitter_rx":750}"#
    );
    let module = |param: &str| parse(&serde_json::json!({"event": true, "type": "MODULE", "param": param}).to_string());
    assert_eq!(module(r#"callreport,audio,{"tx":10,"rx":10,"proto":"","codec":""}"#).param, "none");
    for other in ["sndfile,dump,/x", "callreport,audio,", "callreport,audio,{\"tx\":1}", "callreport,audio,[]"] {
        assert_eq!((module(other).name.as_str(), module(other).param.as_str()), ("MODULE", other));
    }
}

#[test]
fn odd_objects() {
    assert_eq!(parse_line(b"{}"), Err("an event without a type".to_string()));
    assert_eq!(parse_line(b"{\"type\":5}"), Err("an event without a type".to_string()));
    assert!(parse_line(b"[]").is_err());
    let odd = parse(r#"{"type":"X","id":5,"param":null,"direction":[]}"#);
    assert_eq!((odd.call.clone(), odd.param.as_str(), odd.fields.len()), (None, "", 3));
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), line in 0usize..12, at in 0usize..900, byte: u8) {
        let _ = parse_line(&bytes);
        if let Some(line) = CAPTURE.lines().nth(line) {
            let mut bytes = line.as_bytes().to_vec();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = parse_line(&bytes);
        }
    }
}
