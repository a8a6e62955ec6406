//! Calls from what agents of new and old versions say.

use super::*;
use serde_json::json;

fn said(n: u64, name: &str, call: Option<&str>, more: Value) -> Event {
    let mut event = json!({"n": n, "time": n as f64, "agent": "bob", "kind": "event", "type": name});
    if let Some(call) = call {
        event["call"] = call.into();
    }
    for (key, value) in more.as_object().expect("fields") {
        event[key] = value.clone();
    }
    serde_json::from_value(event).expect("an event")
}

#[test]
fn a_call_with_its_figures() {
    let rtcp = |sent: u64, rtt: u64| {
        let stats = json!({"tx": {"sent": sent, "lost": 1, "jit": 1000}, "rx": {"sent": sent, "lost": 2, "jit": 2500}, "rtt": rtt});
        json!({"param": "audio", "fields": {"rtcp_stats": stats, "mos": 4.1}})
    };
    let report = json!({"packets_tx": 100, "packets_rx": 98, "codec": "PCMU", "protocol": "RTP/AVP"});
    let events = [
        said(0, "CALL_REMOTE_SDP", None, json!({"param": "offer"})),
        said(1, "CALL_INCOMING", Some("x"), json!({"direction": "incoming", "peer": "sip:alice@127.0.0.1:5060"})),
        said(2, "CALL_ESTABLISHED", Some("x"), json!({})),
        said(3, "CALL_RTCP", Some("x"), rtcp(50, 0)),
        said(4, "CALL_RTCP", Some("x"), rtcp(90, 1400)),
        said(5, "AUDIO_REPORT", Some("x"), json!({"fields": report})),
        said(
            6,
            "CALL_CLOSED",
            Some("x"),
            json!({"param": "Connection reset by peer [104],Q.850;cause=16;text=\"Normal\""}),
        ),
        said(7, "REGISTER_OK", None, json!({})),
    ];
    let calls = calls(&events);
    assert_eq!(calls.len(), 1, "{calls:?}");
    let call = &calls[0];
    assert_eq!((call.number, call.direction.as_str(), call.peer.as_str()), (1, "incoming", "alice@127.0.0.1"));
    assert_eq!(
        (call.begun, call.established, call.closed, call.talked()),
        (Time(1.0), Some(Time(2.0)), Some(Time(6.0)), Some(4.0))
    );
    assert_eq!(call.reason(), "remote: Q.850;cause=16;text=\"Normal\"");
    let audio = Audio {
        codec: "PCMU".into(),
        protocol: "RTP/AVP".into(),
        packets: Some((100.0, 98.0)),
        lost: Some((1.0, 2.0)),
        jitter: Some((1.0, 2.5)),
        rtt: Some(1.4),
        mos: Some(4.1),
        ..Audio::default()
    };
    assert_eq!(call.audio, audio);
}

#[test]
fn an_old_agent_has_no_ids() {
    let events = [
        said(0, "CALL_INCOMING", None, json!({"peer": "sip:alice@h"})),
        said(1, "CALL_ESTABLISHED", None, json!({})),
        said(2, "CALL_INCOMING", None, json!({"peer": "sip:carol@h"})),
        said(3, "CALL_CLOSED", None, json!({"param": "Rejected by user"})),
        said(4, "CALL_CLOSED", None, json!({"param": "Connection reset by peer"})),
        said(5, "AUDIO_REPORT", None, json!({"fields": {"packets_tx": 9, "packets_rx": 9}})),
    ];
    let calls = calls(&events);
    let told: Vec<_> = calls.iter().map(|call| (call.peer.as_str(), call.reason())).collect();
    assert_eq!(told, [("alice@h", "remote".into()), ("carol@h", "local".into())]);
    assert_eq!(calls[1].audio.packets, Some((9.0, 9.0)));
}

#[test]
fn a_call_ends_with_its_agent() {
    let lost = json!({"n": 9, "time": 9.0, "agent": "bob", "kind": "note", "type": "AGENT_LOST", "status": "signal 9"});
    let lost: Event = serde_json::from_value(lost).expect("an event");
    let calls = calls(&[said(1, "CALL_INCOMING", Some("x"), json!({})), lost]);
    assert_eq!((calls[0].closed, calls[0].talked()), (Some(Time(9.0)), None));
}
