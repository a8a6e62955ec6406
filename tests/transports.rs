//! The same call over UDP, TCP and TLS, and with encrypted media: established, RTP both ways.

use crate::support::{OLD_BARESIP, Telefonist};

fn call(uri_parameters: &str, account_parameters: &str, wait: &str) -> String {
    format!(
        "_define ua1 sip:alice@127.0.0.1\n_define ua2 sip:bob@127.0.0.1\n\
         uanew <ua1{uri_parameters}>;regint=0;input_wav=alice.wav{account_parameters}\n\
         uanew <ua2{uri_parameters}>;regint=0;input_wav=bob.wav{account_parameters}\n\
         ua1:dial ua2|300ms|ua2:accept|{wait}|ua1:hangup|500ms\n"
    )
}

/// Runs the call and says over what it went; both sides must have sent and received.
#[track_caller]
fn place(text: &str, baresip: Option<&str>) -> Telefonist {
    let mut test = Telefonist::new("run call").file("call", text);
    if let Some(baresip) = baresip {
        test = test.argument("--baresip").argument(baresip);
    }
    test.run().exits(0).says("PASS");
    let events = test.events();
    for agent in ["alice", "bob"] {
        let reports: Vec<_> =
            events.iter().filter(|event| event["type"] == "AUDIO_REPORT" && event["agent"] == agent).collect();
        assert_eq!(reports.len(), 1, "{agent}: {reports:?}");
        assert_eq!(reports[0]["fields"]["tx"], true, "{agent}: {}", reports[0]);
        assert_eq!(reports[0]["fields"]["rx"], true, "{agent}: {}", reports[0]);
    }
    test
}

fn transports(test: &Telefonist) -> Vec<String> {
    let events = test.events();
    let mut seen: Vec<String> = events
        .iter()
        .filter(|event| event["kind"] == "sip")
        .map(|event| event["transport"].as_str().unwrap().into())
        .collect();
    seen.sort();
    seen.dedup();
    seen
}

#[test]
fn udp_tcp_and_tls() {
    for (parameters, transport) in [("", "UDP"), (";transport=tcp", "TCP"), (";transport=tls", "TLS")] {
        let test = place(&call(parameters, "", "1s"), None);
        assert_eq!(transports(&test), [transport]);
    }
}

#[test]
fn udp_tcp_and_tls_on_an_old_baresip() {
    for (parameters, transport) in [("", "UDP"), (";transport=tcp", "TCP"), (";transport=tls", "TLS")] {
        let test = place(&call(parameters, "", "1s"), Some(OLD_BARESIP));
        assert_eq!(transports(&test), [transport]);
    }
}

#[test]
fn srtp_and_dtls_srtp() {
    for (mediaenc, wait) in [("srtp-mand", "1s"), ("dtls_srtp", "2500ms")] {
        let test = place(&call("", &format!(";mediaenc={mediaenc}"), wait), None);
        let events = test.events();
        assert!(events.iter().any(|event| event["type"] == "CALL_MENC"), "{mediaenc}");
        let report = events.iter().find(|event| event["type"] == "AUDIO_REPORT").unwrap();
        assert!(report["fields"]["protocol"].as_str().unwrap().contains("SAVP"), "{report}");
    }
}

#[test]
fn srtp_and_dtls_srtp_on_an_old_baresip() {
    for (mediaenc, wait) in [("srtp-mand", "1s"), ("dtls_srtp", "2500ms")] {
        place(&call("", &format!(";mediaenc={mediaenc}"), wait), Some(OLD_BARESIP));
    }
}

#[test]
fn an_encryption_that_the_agent_lacks_is_an_error_before_the_call() {
    let test = Telefonist::new("run call").file("call", &call("", ";mediaenc=zrtp", "1s"));
    test.run().exits(3).says("zrtp").says("call:3");
    assert!(!test.events().iter().any(|event| event["kind"] == "command"));
}

#[test]
fn recordings_are_kept_named_by_agent_and_call() {
    for baresip in [None, Some(OLD_BARESIP)] {
        let test = place(&call("", "", "1500ms"), baresip);
        for name in ["alice-1.wav", "bob-1.wav"] {
            let path = test.run_folder().join("recordings").join(name);
            let mut reader =
                hound::WavReader::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(reader.duration() > 4_000, "{name} has {} samples", reader.duration());
            let loudest = reader.samples::<i16>().map(|sample| sample.unwrap().unsigned_abs()).max().unwrap();
            assert!(loudest > 1_000, "{name} is silent");
        }
    }
}

#[test]
fn a_tls_context_is_made_when_a_connection_first_needs_it() {
    let call = |target: &str| {
        format!(
            "alice.dial({target});\nawait bob.event(\"CALL_INCOMING\") within 20s;\nbob.accept();\n\
             await alice.established() within 20s;\nalice.hangup();\nawait bob.closed() within 20s;\n"
        )
    };
    let script = format!(
        "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\n{}print(\"over TLS\");\n\
         let at = bob.address.split(\":\");\nlet port = at[1].parse_int() + 1;\n{}",
        call("bob"),
        call("`sip:bob@${at[0]}:${port};transport=tls`")
    );
    let test = Telefonist::new("run t.rhai").file("t.rhai", &script);
    test.run().exits(0);
    assert_eq!(transports(&test), ["TLS", "UDP"]);
    let events = test.events();
    let turn = events.iter().position(|event| event["type"] == "PRINT").expect("the first call is over");
    for agent in ["alice", "bob"] {
        let made = |event: &&serde_json::Value| {
            event["agent"] == agent && event["text"].as_str().is_some_and(|said| said.contains("SIP Certificate"))
        };
        assert_eq!(events.iter().filter(made).count(), 1, "{agent}");
        assert_eq!(events[turn..].iter().filter(made).count(), 1, "{agent}");
    }
}
