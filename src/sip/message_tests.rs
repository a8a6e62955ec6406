//! Messages as devices send them, as nobody should send them, and as nobody can foresee.

use super::*;
use proptest::prelude::*;

const INVITE: &str = "INVITE sip:bob@127.0.0.1:22020 SIP/2.0\r\n\
    Via: SIP/2.0/UDP 127.0.0.1:22000;branch=z9hG4bK6adf285e0fa28bb2;rport\r\n\
    To: <sip:bob@127.0.0.1:22020>\r\nFrom: <sip:alice@127.0.0.1:22000>;tag=e656557dae555ec5\r\n\
    Call-ID: a96c5a8ea8be817e\r\nCSeq: 46626 INVITE\r\nSupported:\r\n\
    Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n";

fn parse(text: &str) -> Result<Message, ParseError> {
    Message::parse(text.as_bytes())
}

#[test]
fn a_request() {
    let message = parse(INVITE).unwrap();
    assert!(message.is_request());
    assert_eq!((message.method(), message.status(), message.reason()), ("INVITE", None, None));
    assert_eq!(message.request_uri(), Some("sip:bob@127.0.0.1:22020"));
    assert_eq!(message.call_id(), "a96c5a8ea8be817e");
    assert_eq!(message.cseq(), Some((46626, "INVITE")));
    assert_eq!(message.from(), "<sip:alice@127.0.0.1:22000>;tag=e656557dae555ec5");
    assert_eq!((message.from_tag(), message.to_tag()), (Some("e656557dae555ec5"), None));
    assert_eq!(message.branch(), Some("z9hG4bK6adf285e0fa28bb2"));
    assert_eq!((message.header("supported"), message.header("X-None")), (Some(""), None));
    assert_eq!(message.body, "v=0\r\n");
}

#[test]
fn a_response_has_the_method_of_its_cseq() {
    let message = parse("SIP/2.0 486 Busy Here\r\nCSeq: 7 INVITE\r\n\r\n").unwrap();
    assert_eq!((message.method(), message.status(), message.reason()), ("INVITE", Some(486), Some("Busy Here")));
    let bare = parse("SIP/2.0 200\r\n\r\n").unwrap();
    assert_eq!((bare.method(), bare.status(), bare.reason()), ("", Some(200), Some("")));
}

#[test]
fn what_devices_send() {
    // compact names, folding, odd spaces and case, LF alone, line ends first, no empty line at the end
    let message = parse(
        "\r\n\r\nOPTIONS  sip:x  sip/2.0\nv: SIP/2.0/TCP a ;branch = 1 , SIP/2.0/UDP b;branch=2\n\
         i : one\nf: \"A, \\\"B\\\" <x>\" <sip:a@b>;TAG=t1\nSUBJECT: I know\n\tyou're  \n  there\nk:\n  gruu\nt: sip:b@c;tag=t2",
    )
    .unwrap();
    assert_eq!(message.request_uri(), Some("sip:x"));
    assert_eq!((message.call_id(), message.branch()), ("one", Some("1")));
    assert_eq!((message.from_tag(), message.to_tag()), (Some("t1"), Some("t2")));
    assert_eq!((message.header("s"), message.header("Supported")), (Some("I know you're there"), Some("gruu")));
    let names: Vec<_> = message.headers().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Via", "Call-ID", "From", "SUBJECT", "Supported", "To"]);
    assert_eq!((message.cseq(), message.header("cseq")), (None, None));
}

#[test]
fn the_body_is_as_long_as_it_says_or_as_it_is() {
    let body = |length: &str| parse(&format!("SIP/2.0 200 OK\r\n{length}\r\nabcdef")).unwrap().body;
    assert_eq!(body("l: 3\r\n"), "abc");
    assert_eq!(body("Content-Length: 3000000000000\r\n"), "abcdef");
    assert_eq!(body("Content-Length: 99999999999999999999999999\r\n"), "abcdef");
    assert_eq!(body("Content-Length: -3\r\n"), "abcdef");
    assert_eq!(body(""), "abcdef");
    let binary = Message::parse(b"SIP/2.0 200 OK\r\nX: \xff\r\n\r\n\x00\xfe\xe9\x1b[;m\n").unwrap();
    assert_eq!((binary.header("X"), binary.body.as_str()), (Some("\u{fffd}"), "\0\u{fffd}\u{fffd}\x1b[;m\n"));
}

#[test]
fn what_is_no_message_says_why() {
    let start = |line: &str| Err(ParseError::StartLine(line.to_string()));
    assert_eq!(parse(""), Err(ParseError::Empty));
    assert_eq!(parse("\r\n\r\n"), Err(ParseError::Empty));
    for line in [
        "hello",
        "GET / HTTP/1.1",
        "INVITE SIP/2.0",
        "SIP/2.0 20 OK",
        "SIP/2.0 +20 OK",
        "SIP/2.0 0999 OK",
        "SIP/2.0 099 x",
        "IN VITÉ sip:x SIP/2.1",
        "ÄÖÜß sip:x",
    ] {
        assert_eq!(parse(&format!("{line}\r\n\r\n")), start(line));
    }
    assert_eq!(parse("BYE sip:x SIP/2.0\r\n folded\r\n\r\n"), Err(ParseError::Header(2)));
    assert_eq!(parse("BYE sip:x SIP/2.0\r\nTo: y\r\nno colon\r\n\r\n"), Err(ParseError::Header(3)));
    assert_eq!(parse("BYE sip:x SIP/2.0\r\nTo x: y\r\n\r\n"), Err(ParseError::Header(2)));
    assert_eq!(ParseError::Header(2).to_string(), "line 2 is not a header (`Name: value`)");
    assert_eq!(Message::parse(&[b'a'; LIMIT + 1]), Err(ParseError::TooLong(LIMIT + 1)));
    let long = "x".repeat(LIMIT);
    assert_eq!(parse(&long), start(&long[..80]));
}

#[test]
fn the_largest_messages_are_read() {
    let folded = format!("BYE sip:x SIP/2.0\r\nX:{}", "\r\n a".repeat(16_000));
    assert_eq!(parse(&folded).unwrap().header("X").unwrap().len(), 31_999);
    let many = format!("BYE sip:x SIP/2.0\r\n{}", "X:y\r\n".repeat(13_000));
    assert_eq!(parse(&many).unwrap().headers().len(), 13_000);
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Message::parse(&bytes);
    }

    #[test]
    fn never_panics_on_what_is_nearly_a_message(at in 0..INVITE.len(), byte: u8, cut in 0..INVITE.len()) {
        let mut bytes = INVITE.as_bytes().to_vec();
        bytes[at] = byte;
        for bytes in [&bytes[..], &bytes[..cut], &bytes[cut..]] {
            if let Ok(message) = Message::parse(bytes) {
                let _ = (message.method(), message.cseq(), message.from_tag(), message.to_tag(), message.branch());
            }
        }
    }

    #[test]
    fn headers_and_body_come_back(
        headers in proptest::collection::vec(("[A-Za-z][A-Za-z-]{1,9}X", "([!-~é]([ -~]{0,20}[!-~])?)?"), 0..9),
        body in "(?s).{0,90}",
    ) {
        let mut text = String::from("MESSAGE sip:bob@example.com SIP/2.0\r\n");
        for (name, value) in &headers {
            text += &format!("{name}: {value}\r\n");
        }
        let message = parse(&format!("{text}l: {}\r\n\r\n{body}and the next message", body.len())).unwrap();
        prop_assert_eq!(&message.headers()[..headers.len()], &headers[..]);
        prop_assert_eq!(&message.body, &body);
    }
}
