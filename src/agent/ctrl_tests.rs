//! ctrl_tcp as baresip 1.0.0 really speaks it, in any pieces, and with any damage.

use super::*;
use proptest::prelude::*;

/// What two calls of baresip 1.0.0 put on the control connection.
const CAPTURE: &[u8] = include_bytes!("../../tests/fixtures/agent/ctrl-1.0.0.bin");

fn frame(json: &str) -> String {
    format!("{}:{json},", json.len())
}

fn ok(token: &str) -> String {
    frame(&format!(r#"{{"response":true,"ok":true,"data":"","token":"{token}"}}"#))
}

fn response(token: &str) -> Result<Incoming, CtrlError> {
    Ok(Incoming::Response { ok: true, data: String::new(), token: Some(token.to_string()) })
}

fn in_pieces(bytes: &[u8], sizes: &[usize]) -> Vec<Result<Incoming, CtrlError>> {
    let mut decoder = Decoder::new();
    let mut found = vec![];
    let mut rest = bytes;
    for size in sizes.iter().cycle() {
        let (piece, more) = rest.split_at((*size).min(rest.len()));
        decoder.feed(piece);
        found.extend(decoder.by_ref());
        rest = more;
        if rest.is_empty() {
            return found;
        }
    }
    found
}

#[test]
fn a_capture_is_read_whole() {
    let found = decode_all(CAPTURE);
    assert!(found.iter().all(Result::is_ok));
    let events = found.iter().filter(|f| matches!(f, Ok(Incoming::Event(_)))).count();
    let responses = found.iter().filter(|f| matches!(f, Ok(Incoming::Response { ok: true, .. }))).count();
    assert_eq!((events, responses, found.len()), (20, 7, 27));
    assert_eq!(in_pieces(CAPTURE, &[1]), found);
}

#[test]
fn the_three_kinds() {
    let text = frame(r#"{"response":true,"ok":false,"data":"command not found (hold)\n"}"#)
        + frame(r#"{"message":true,"ua":"sip:bob@h","from":"sip:a@h","ctype":"text\/plain","body":"héllo"}"#).as_str()
        + frame(r#"{"event":true,"type":"EXIT","class":"application"}"#).as_str();
    let found = decode_all(text.as_bytes());
    let data = "command not found (hold)\n".to_string();
    assert_eq!(found[0], Ok(Incoming::Response { ok: false, data, token: None }));
    assert!(matches!(&found[1], Ok(Incoming::Message(m)) if m["body"] == "héllo" && m["ctype"] == "text/plain"));
    assert!(matches!(&found[2], Ok(Incoming::Event(e)) if e["type"] == "EXIT"));
}

#[test]
fn after_garbage_the_next_frame_is_found() {
    let garbage = |offset| Err(CtrlError::Garbage { offset });
    for (text, expected) in [
        (format!("hello\n{}", ok("a")), vec![garbage(0), response("a")]),
        (
            format!("{}12 x3 {}!{}", ok("a"), ok("b"), ok("c")),
            vec![response("a"), garbage(53), response("b"), garbage(112), response("c")],
        ),
        // a comma that is missing, a number that is too small, leading zeros, a number without end
        (format!("3:{{}}x{}", ok("a")), vec![garbage(0), response("a")]),
        (format!("1:{{}},{}", ok("a")), vec![garbage(0), response("a")]),
        (format!("0{}", ok("a")), vec![garbage(0), response("a")]),
        (format!("{}{}", "1".repeat(99), ok("a")), vec![garbage(0)]),
        (
            format!("{}:{}", "9".repeat(9), ok("a")),
            vec![Err(CtrlError::TooLong { offset: 0, length: 999_999_999 }), response("a")],
        ),
    ] {
        assert_eq!(decode_all(text.as_bytes()), expected, "{text}");
        assert_eq!(in_pieces(text.as_bytes(), &[1]), expected, "{text}");
    }
}

#[test]
fn frames_with_other_content_are_left_out() {
    let nested = "[".repeat(100_000);
    for content in ["", "not json", "[1]", "5", "{}", r#"{"event":false}"#, r#"{"a":"\ud800"}"#, &nested] {
        let found = decode_all((frame(content) + ok("next").as_str()).as_bytes());
        assert!(matches!(&found[..], [Err(CtrlError::Content { offset: 0, .. }), next] if *next == response("next")));
    }
    let bytes = b"33:{\"event\":true,\"type\":\"X\",\"p\":\"\xff\"},";
    let [Ok(Incoming::Event(event))] = &decode_all(bytes)[..] else { panic!("{:?}", decode_all(bytes)) };
    assert_eq!(event["p"], "\u{fffd}");
}

#[test]
fn a_command_is_strings_and_nothing_else() {
    let sent = encode("dial", "sip:bob@127.0.0.1 \"ü\"", "7").unwrap();
    let text = r#"66:{"command":"dial","params":"sip:bob@127.0.0.1 \"ü\"","token":"7"},"#;
    assert_eq!(String::from_utf8(sent).unwrap(), text);
    assert_eq!(encode("quit", "", "8").unwrap(), br#"30:{"command":"quit","token":"8"},"#);
}

#[test]
fn what_baresip_would_misread_is_not_sent() {
    assert_eq!(encode("", "x", "1"), Err(EncodeError::Word));
    assert_eq!(encode("dial x", "", "1"), Err(EncodeError::Word));
    for c in ['\n', '\r', '\0', '\x1b', '\u{85}'] {
        assert_eq!(encode("dial", &format!("a{c}b"), "1"), Err(EncodeError::Control(c)));
    }
    assert!(encode("uanew", &"ü".repeat(508), "1").is_ok());
    let long = encode("uanew", &"x".repeat(1018), "1").unwrap_err();
    assert_eq!(long, EncodeError::TooLong(1024));
    assert!(long.to_string().contains("1023 at most"));
}

proptest! {
    #[test]
    fn any_cut_gives_the_same(
        parts in proptest::collection::vec("\\{\"event\":true,\"type\":\"[A-Z]{0,9}\"\\}|[0-9:,{}x]{0,12}", 0..8),
        framed in proptest::collection::vec(any::<bool>(), 8),
        sizes in proptest::collection::vec(1usize..9, 1..9),
    ) {
        let part = |(part, framed): (&String, &bool)| if *framed { frame(part) } else { part.clone() };
        let text: String = parts.iter().zip(&framed).map(part).collect();
        prop_assert_eq!(in_pieces(text.as_bytes(), &sizes), decode_all(text.as_bytes()));
    }

    #[test]
    fn a_capture_survives_damage(at in 0..CAPTURE.len(), byte: u8) {
        let whole = decode_all(CAPTURE);
        let mut bytes = CAPTURE.repeat(4);
        bytes[at] = byte;
        let found = decode_all(&bytes);
        // a wrong length of four digits swallows two captures at most
        prop_assert!(found.iter().filter(|f| f.is_ok()).count() >= whole.len());
        prop_assert_eq!(found.last(), whole.last());
    }

    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode_all(&bytes);
    }

    #[test]
    fn what_is_encoded_is_a_frame_of_strings(command in "[a-z_/]{1,20}", params in "\\PC{0,200}", token in "\\PC{0,9}") {
        let sent = encode(&command, &params, &token).unwrap();
        let colon = sent.iter().position(|b| *b == b':').unwrap();
        let length: usize = std::str::from_utf8(&sent[..colon]).unwrap().parse().unwrap();
        prop_assert_eq!(colon + 1 + length + 1, sent.len());
        let object = parse_object(&sent[colon + 1..sent.len() - 1]).unwrap();
        prop_assert_eq!(object["command"].as_str(), Some(command.as_str()));
        prop_assert_eq!(object.get("params").map_or("", |p| p.as_str().unwrap()), params.as_str());
        prop_assert_eq!(object["token"].as_str(), Some(token.as_str()));
    }
}

#[test]
fn no_command_leads_out_of_the_agents_folder() {
    for (command, params) in [
        ("insmod", "../../tmp/x.so"),
        ("INSMOD", "/tmp/x"),
        ("auplay", "aufile,/tmp/x"),
        ("auplay", " AUFILE,../x"),
        ("uanew", "<sip:a@h>;audio_player=aufile,/tmp/x"),
        ("uanew", "<sip:a@h>;regint=0;Audio_Player = \"aufile,a;/tmp/x\""),
        ("uanew", "<sip:a@h>;audio_player=aubridge,a;audio_player=aufile,/x"),
    ] {
        assert_eq!(encode(command, params, "1"), Err(EncodeError::Path), "{command} {params}");
    }
    for (command, params) in [
        ("insmod", "contact.so"),
        ("auplay", "aufile,x.wav"),
        ("auplay", "oss,/dev/dsp"),
        ("ausrc", "aufile,/data/sounds/a.wav"),
        ("uanew", "<sip:a@h>;audio_player=aubridge,a;audio_source=aufile,/data/sounds/a.wav"),
        ("dial", "sip:audio_player@h"),
    ] {
        assert!(encode(command, params, "1").is_ok(), "{command} {params}");
    }
}
