//! Exports of records made by hand.

use super::*;
use crate::event::*;
use etherparse::{IpNumber, NetSlice, SlicedPacket, TransportSlice};
use proptest::prelude::*;
use std::collections::HashMap;
use std::io::Cursor;

fn sip(transport: &str, src: &str, dst: &str, text: &str) -> SipEvent {
    SipEvent {
        direction: "OUT".into(),
        transport: transport.into(),
        src: src.into(),
        dst: dst.into(),
        method: "MESSAGE".into(),
        call_id: "1@h".into(),
        cseq: "1 MESSAGE".into(),
        param: text.into(),
        ..SipEvent::default()
    }
}

fn events(bodies: Vec<Body>) -> Vec<Event> {
    let event = |(n, body)| Event {
        n: n as u64,
        time: Time(1_795_475_465_247.125 + 1000.0 * n as f64),
        agent: Some("alice".into()),
        body,
    };
    bodies.into_iter().enumerate().map(event).collect()
}

/// A run's folder with these events.
fn run(events: &[Event]) -> (tempfile::TempDir, RunFolder) {
    let data = tempfile::tempdir().unwrap();
    let header = crate::record::Header::new("r", "test", "test", Time(1.0), "baresip");
    let lines = events.iter().map(|event| serde_json::to_string(event).unwrap() + "\n");
    let text: String = [serde_json::to_string(&header).unwrap() + "\n"].into_iter().chain(lines).collect();
    std::fs::write(data.path().join("events.jsonl"), text).unwrap();
    let folder = RunFolder::open(data.path()).unwrap();
    (data, folder)
}

fn exported(run: &RunFolder, format: Format) -> (Vec<u8>, Vec<Diagnostic>) {
    let mut to = Cursor::new(vec![]);
    let warnings = export(run, format, Rtp::Included, &mut to).unwrap();
    (to.into_inner(), warnings)
}

/// A capture's packets: microseconds and bytes. Panics where lengths don't fit.
fn packets(file: &[u8]) -> Vec<(u64, &[u8])> {
    let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    assert_eq!((number(0), number(20)), (0xa1b2_c3d4, 101));
    let (mut at, mut packets) = (24, vec![]);
    while at < file.len() {
        let length = number(at + 8) as usize;
        assert_eq!(number(at + 12) as usize, length);
        assert!(number(at + 4) < 1_000_000);
        packets.push((u64::from(number(at)) * 1_000_000 + u64::from(number(at + 4)), &file[at + 16..at + 16 + length]));
        at += 16 + length;
    }
    packets
}

/// What was sent in each direction, in order. Panics where a length, a checksum or a sequence number is wrong.
fn sent(file: &[u8]) -> Vec<String> {
    let mut next: HashMap<(Vec<u8>, u16, Vec<u8>, u16), u32> = HashMap::new();
    let mut sent = vec![];
    for (_, bytes) in packets(file) {
        let packet = SlicedPacket::from_ip(bytes).unwrap();
        let (src, dst, payload) = match packet.net.as_ref().unwrap() {
            NetSlice::Ipv4(ip) => {
                let header = ip.header();
                assert_eq!(header.to_header().calc_header_checksum(), header.header_checksum());
                (header.source().to_vec(), header.destination().to_vec(), ip.payload())
            }
            NetSlice::Ipv6(ip) => (ip.header().source().to_vec(), ip.header().destination().to_vec(), ip.payload()),
            other => panic!("{other:?}"),
        };
        assert_eq!(checksum(&src, &dst, payload.ip_number, payload.payload), 0);
        match packet.transport.unwrap() {
            TransportSlice::Udp(udp) => {
                assert_eq!(usize::from(udp.length()), udp.payload().len() + 8);
                sent.push(String::from_utf8(udp.payload().to_vec()).unwrap());
            }
            TransportSlice::Tcp(tcp) => {
                let way = (src, tcp.source_port(), dst, tcp.destination_port());
                let expected = next.entry(way).or_default();
                assert_eq!(tcp.sequence_number(), *expected);
                *expected += tcp.payload().len() as u32 + u32::from(tcp.syn());
                if !tcp.payload().is_empty() {
                    sent.push(String::from_utf8(tcp.payload().to_vec()).unwrap());
                }
            }
            other => panic!("{other:?}"),
        }
    }
    sent
}

/// The checksum over the pseudo header too (RFC 768, RFC 8200 section 8.1): 0 where the one in the packet is right.
fn checksum(src: &[u8], dst: &[u8], protocol: IpNumber, segment: &[u8]) -> u16 {
    let length = (segment.len() as u32).to_be_bytes();
    let bytes = [src, dst, &length, &[0, 0, 0, protocol.0], segment, &[0][..segment.len() % 2]].concat();
    let mut sum: u32 = bytes.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

const A: &str = "127.0.0.1:5060";
const B: &str = "127.0.0.1:5062";

#[test]
fn what_has_no_place_in_a_capture_is_told() {
    let messages = vec![
        sip("UDP", "pbx.example:5060", B, "x"),
        sip("UDP", "[::1]:5060", B, "x"),
        sip("UDP", A, B, &"x".repeat(65_508)),
        sip("UDP", A, B, &"x".repeat(65_507)),
        sip("UDP", "[fe80::1%eth0]:5060", "[fe80::2%2]:5062", "scoped"),
    ];
    let (_data, run) = run(&events(messages.into_iter().map(|sip| Body::Sip(Box::new(sip))).collect()));
    let (file, warnings) = exported(&run, Format::Pcap);
    let lengths: Vec<usize> = sent(&file).iter().map(String::len).collect();
    assert_eq!(lengths, [65_507, 6]);
    let told: Vec<_> = warnings.iter().map(|warning| warning.message.as_str()).collect();
    let expected = [
        "messages left out of the capture: 2, whose addresses are not two IP addresses of one version",
        "messages left out of the capture: 1, too long for a UDP datagram",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_long_message_over_a_connection_is_several_segments_of_microsecond_time() {
    let long = "x".repeat(100_000);
    let (_data, run) = run(&events(vec![Body::Sip(Box::new(sip("TLS", A, B, &long)))]));
    let (file, warnings) = exported(&run, Format::Pcap);
    assert_eq!(sent(&file).iter().map(String::len).collect::<Vec<_>>(), [32_768, 32_768, 32_768, 1_696]);
    assert!(packets(&file).iter().all(|(time, _)| *time == 1_795_475_465_247_125));
    assert_eq!(warnings, []);
}

#[test]
fn content_length_is_corrected_where_the_record_changed_the_body_and_over_connections() {
    let of = |length: &str, body: &str| format!("MESSAGE x SIP/2.0\r\nl : {length}\r\nVia: a\r\n\r\n{body}");
    for (transport, length, body, expected) in [
        ("UDP", "4", "four", "4"),
        // as the peer sent it
        ("UDP", "9", "four", "9"),
        ("UDP", "9", "***", "3"),
        ("UDP", "2", "\u{fffd}", "3"),
        ("TCP", "9", "four", "4"),
        ("TCP", "x", "four", "4"),
        ("TCP", "4", "four", "4"),
    ] {
        let message = sip(transport, A, B, &of(length, body));
        assert_eq!(payload::payload(&message, transport == "TCP"), of(expected, body), "{transport} {length} {body}");
    }
    for text in ["", "no head", "l: 3", "MESSAGE x SIP/2.0\nl:\n\nabc", "\r\n\r\n"] {
        assert_eq!(payload::payload(&sip("TCP", A, B, text), true), text);
    }
}

#[test]
fn texts_have_times_and_names_and_cannot_steer_a_terminal() {
    let address = A.to_string();
    let starting = Note::AgentStarting { aor: "sip:alice@h".into(), address, local: true, baresip: "b".into() };
    let log = |text: &str| Body::Log(LogLine { level: "warning".into(), text: text.into() });
    let message = |text: &str| Body::Sip(Box::new(sip("UDP", A, B, text)));
    let (_data, run) = run(&events(vec![
        Body::Note(starting),
        log("red \u{1b}[31m\u{9b}\nline"),
        message("OPTIONS sip:b SIP/2.0\r\nSubject: \u{1b}]0;x\u{7}\r\n\r\n"),
        message("OPTIONS sip:b SIP/2.0\r\nSubject: \u{1b}]0;x\u{7}\r\n\r\n"),
    ]));
    let text = |format| String::from_utf8(exported(&run, format).0).unwrap();
    let expected = "\
==== 2026-11-23 23:11:07.247 +0.000 alice > 127.0.0.1:5062  UDP 127.0.0.1:5060 > 127.0.0.1:5062
OPTIONS sip:b SIP/2.0
Subject: \\u{1b}]0;x\\u{7}

==== 2026-11-23 23:11:08.247 +1.000 alice > 127.0.0.1:5062  UDP 127.0.0.1:5060 > 127.0.0.1:5062  sent again
OPTIONS sip:b SIP/2.0
Subject: \\u{1b}]0;x\\u{7}

";
    assert_eq!(text(Format::Sip), expected);
    assert_eq!(text(Format::Log), "2026-11-23 23:11:06.247 alice warning: red \\u{1b}[31m\\u{9b}\\nline\n");
    let json = text(Format::Json);
    assert!(!json.contains(|c: char| c.is_control() && c != '\n'), "{json}");
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["events"][1]["text"], "red \u{1b}[31m\u{9b}\nline");
    assert_eq!((&value["verdict"], &value["version"]), (&serde_json::Value::Null, &1.into()));
}

#[test]
fn links_are_not_followed_and_one_recording_needs_no_zip() {
    let (data, run) = run(&[]);
    let recordings = data.path().join("recordings");
    std::fs::create_dir(&recordings).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", recordings.join("alice-1.wav")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", data.path().join("testfile")).unwrap();
    let nothing = export(&run, Format::Wav, Rtp::Included, Cursor::new(vec![])).unwrap_err();
    assert!(nothing.message.starts_with("nothing was recorded"), "{}", nothing.message);
    std::fs::write(recordings.join("bob-1.wav"), "RIFF bob").unwrap();
    assert_eq!(exported(&run, Format::Wav).0, b"RIFF bob");
    std::fs::write(recordings.join("bob:2.wav"), "RIFF two").unwrap();
    assert!(Format::Wav.file_name(&run).ends_with(".recordings.zip"));
    let names = |file: Vec<u8>| {
        let archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
        archive.file_names().map(|name| name.unwrap().into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(exported(&run, Format::Wav).0), ["bob-1.wav", "bob_2.wav"]);
    let all = names(exported(&run, Format::Zip).0);
    assert!(all.iter().any(|name| name.ends_with("/recordings/bob-1.wav")), "{all:?}");
    assert!(!all.iter().any(|name| name.ends_with("testfile") || name.ends_with("alice-1.wav")), "{all:?}");
    assert_eq!(exported(&run, Format::Zip).0, exported(&run, Format::Zip).0);
}

fn address() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(A.to_string()),
        Just("[::1]:5060".to_string()),
        any::<std::net::SocketAddr>().prop_map(|address| address.to_string()),
        "\\PC{0,20}",
    ]
}

fn message() -> impl Strategy<Value = Body> {
    let text = prop_oneof![
        "(?s).{0,60}",
        "(MESSAGE sip:b SIP/2.0\r\n)?((l|Content-Length|Via) ?: ?[0-9x\u{fffd}]{0,4}\r?\n){0,3}\r\n.{0,9}",
        (0usize..70_000).prop_map(|length| "x".repeat(length)),
    ];
    (prop::sample::select(vec!["UDP", "TCP", "TLS", "", "\u{1b}"]), address(), address(), text)
        .prop_map(|(transport, src, dst, text)| Body::Sip(Box::new(sip(transport, &src, &dst, &text))))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_record_gives_valid_files(bodies in prop::collection::vec(message(), 0..8), time in prop::num::f64::ANY) {
        let mut events = events(bodies);
        events.iter_mut().for_each(|event| event.time += if time.is_finite() { time } else { 0.0 });
        events.retain(|event| event.time.is_finite());
        let (_data, run) = run(&events);
        let text = |format| String::from_utf8(exported(&run, format).0).unwrap();
        let (capture, _) = exported(&run, Format::Pcap);
        prop_assert!(sent(&capture).len() <= 3 * events.len());
        let json: serde_json::Value = serde_json::from_str(&text(Format::Json)).unwrap();
        prop_assert_eq!(json["events"].as_array().map(Vec::len), Some(events.len()));
        for format in [Format::Sip, Format::Log] {
            prop_assert!(!text(format).contains(|c: char| crate::diagnostic::is_invisible(c) && !"\n\t".contains(c)));
        }
        let archive = zip::ZipArchive::new(Cursor::new(exported(&run, Format::Zip).0)).unwrap();
        prop_assert_eq!(archive.len(), 6);
    }
}
