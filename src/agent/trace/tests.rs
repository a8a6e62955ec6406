//! The trace of real agents, in any pieces, and with any damage.

use super::*;
use crate::diagnostic::mask_secrets;
use crate::event::{Body, SipEvent};
use proptest::prelude::*;

/// stdout of a baresip 1.0.0 that made a call over UDP, one over TCP, and one that was rejected, then sent OPTIONS.
const OLD: &[u8] = include_bytes!("../../../tests/fixtures/agent/stdout-1.0.0.txt");
/// stdout of a baresip 4.12.0 that made a call over TLS.
const NEW: &[u8] = include_bytes!("../../../tests/fixtures/agent/stdout-4.12.0.txt");

fn in_pieces(bytes: &[u8], sizes: &[usize]) -> Vec<Item> {
    let mut splitter = Splitter::new();
    let mut items = vec![];
    let mut rest = bytes;
    for size in sizes.iter().cycle() {
        let (piece, more) = rest.split_at((*size).min(rest.len()));
        splitter.feed(piece);
        items.extend(splitter.by_ref());
        rest = more;
        if rest.is_empty() {
            break;
        }
    }
    splitter.end();
    items.extend(splitter);
    items
}

fn frame(raw: &str) -> String {
    format!("\x1b[36;1m20:59:40.238#\nUDP 127.0.0.1:1 -> 127.0.0.1:2\n{raw}\x1b[;m\n")
}

/// What an item is, in short.
fn short(item: &Item) -> String {
    match item {
        Item::Sip(frame) => format!("SIP {}", String::from_utf8_lossy(&frame.raw)),
        Item::Log { level, text } => format!("{} {text}", level.as_str()),
    }
}

fn split(text: &str) -> Vec<String> {
    let items = split_all(text.as_bytes());
    assert_eq!(in_pieces(text.as_bytes(), &[1]), items, "{text:?}");
    items.iter().map(short).collect()
}

fn messages(bytes: &[u8]) -> Vec<Frame> {
    let sip = |item| if let Item::Sip(frame) = item { Some(frame) } else { None };
    split_all(bytes).into_iter().filter_map(sip).collect()
}

#[test]
fn captures_come_out_unharmed() {
    for (capture, count) in [(OLD, 18), (NEW, 6)] {
        let frames = messages(capture);
        assert_eq!(frames.len(), count);
        for frame in &frames {
            let Frame { stamp, transport, src, dst, raw } = frame;
            let mut bytes = format!("\x1b[36;1m{stamp}#\n{transport} {src} -> {dst}\n").into_bytes();
            bytes.extend_from_slice(raw);
            bytes.extend_from_slice(frame::END);
            assert!(capture.windows(bytes.len()).any(|window| window == bytes));
            let head = raw.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
            assert_eq!(frame::content_length(&raw[..head]), Some(raw.len() - head));
        }
        assert_eq!(in_pieces(capture, &[1]), split_all(capture));
    }
    let log: Vec<String> = split_all(OLD).iter().map(short).filter(|line| !line.starts_with("SIP")).collect();
    assert!(log.contains(&"info baresip is ready.".to_string()));
    assert!(log.contains(&"warning play: /nonexistent/ringback.wav: No such file or directory".to_string()));
    assert!(log.contains(&"info lost:                 0            0".to_string()));
    assert_eq!(log.iter().filter(|line| line.starts_with("warning")).count(), 4);
    assert!(log.iter().all(|line| !line.contains('\x1b')));
}

fn seen(capture: &[u8], own: &[&str]) -> Vec<String> {
    let mut viewpoint = Viewpoint::new(own.iter().map(|own| own.to_string()).collect());
    let events = split_all(capture).into_iter().filter_map(|item| match viewpoint.event(item) {
        Body::Sip(sip) => Some(*sip),
        _ => None,
    });
    let line = |sip: SipEvent| format!("{} {} {}", sip.direction, sip.status.map_or(0, u32::from), sip.method);
    events.map(line).collect()
}

#[test]
fn directions_are_seen_from_the_agent() {
    let calls = ["OUT 0 INVITE", "IN 180 INVITE", "IN 200 INVITE", "OUT 0 ACK"];
    let udp = [&calls[..], &["OUT 0 BYE", "IN 200 BYE"]].concat();
    // over TCP the other side opened a second connection for its BYE
    let tcp = [&calls[..], &["IN 0 BYE", "OUT 200 BYE"]].concat();
    let rest = ["OUT 0 INVITE", "IN 180 INVITE", "IN 486 INVITE", "OUT 0 ACK", "OUT 0 OPTIONS", "IN 200 OPTIONS"];
    assert_eq!(seen(OLD, &["127.0.0.1:22000", "127.0.0.1:22001"]), [&udp[..], &tcp, &rest].concat());
    assert_eq!(seen(NEW, &["127.0.0.1:20770", "127.0.0.1:20771"]), udp);
}

#[test]
fn an_event_has_the_fields_of_the_message() {
    let mut viewpoint = Viewpoint::new(vec!["127.0.0.1:2".to_string()]);
    let raw = "SIP/2.0 486 Busy\r\nCSeq: 7 INVITE\r\ni: x\r\nf: <sip:a@b>;tag=1\r\nt: <sip:c@d>\r\nl: 2\r\n\r\nhi";
    let item = split_all(frame(raw).as_bytes()).remove(0);
    let Body::Sip(sip) = viewpoint.event(item) else { panic!() };
    assert_eq!((sip.direction.as_str(), sip.transport.as_str()), ("IN", "UDP"));
    assert_eq!((sip.src.as_str(), sip.dst.as_str()), ("127.0.0.1:1", "127.0.0.1:2"));
    assert_eq!((sip.method.as_str(), sip.status, sip.reason.as_deref()), ("INVITE", Some(486), Some("Busy")));
    assert_eq!((sip.call_id.as_str(), sip.cseq.as_str()), ("x", "7 INVITE"));
    assert_eq!((sip.from.as_str(), sip.to.as_str()), ("<sip:a@b>;tag=1", "<sip:c@d>"));
    assert_eq!((sip.headers.len(), sip.body.as_str(), sip.param.as_str()), (5, "hi", raw));
    let item = split_all(frame("hello\r\n\r\n").as_bytes()).remove(0);
    let Body::Log(line) = viewpoint.event(item) else { panic!() };
    assert_eq!(line.level, "warning");
    assert!(line.text.starts_with("SIP message that cannot be read (IN, UDP 127.0.0.1:1 -> 127.0.0.1:2): "));
}

#[test]
fn content_length_says_where_a_message_ends() {
    let body = "\r\n\r\n\x1b[;m\n\x1b[36;1m no header\n\x1b[31mred";
    let raw = format!("MESSAGE sip:x SIP/2.0\r\nL : {}\r\n\r\n{body}", body.len());
    assert_eq!(split(&(frame(&raw) + "log\n")), [format!("SIP {raw}"), "info log".to_string()]);
}

#[test]
fn without_content_length_the_terminator_does() {
    for length in ["", "l: x\r\n", "l: 1\r\n", "l: 9\r\n", "l: 999999999\r\n", "l: 18446744073709551615\r\n"] {
        let raw = format!("MESSAGE sip:x SIP/2.0\r\n{length}\r\nabc");
        assert_eq!(split(&(frame(&raw) + "log\n")), [format!("SIP {raw}"), "info log".to_string()]);
    }
    assert_eq!(split(&(frame("no head\n") + frame("").as_str())), ["SIP no head\n", "SIP "]);
}

#[test]
fn a_datagram_that_says_it_is_longer_ends_when_no_more_comes() {
    let raw = "SIP/2.0 183 Session Progress\r\nl: 9999\r\n\r\nabc";
    let mut splitter = Splitter::new();
    splitter.feed(frame(raw).as_bytes());
    assert_eq!((splitter.next(), splitter.may_be_over()), (None, true));
    splitter.settle(50);
    assert_eq!(splitter.next(), None, "it is longer: some of it may not have been written yet");
    splitter.settle(4096);
    assert_eq!(splitter.next().map(|item| short(&item)), Some(format!("SIP {raw}")));
    // what nobody has looked at yet is over, too; what follows is not
    let two = format!("{}{}", frame(raw), frame(raw).replace("\x1b[;m\n", ""));
    splitter.feed(two.as_bytes());
    splitter.settle(4096);
    assert_eq!(splitter.next().map(|item| short(&item)), Some(format!("SIP {raw}")));
    assert_eq!((splitter.next(), splitter.may_be_over()), (None, false));
    splitter.feed(b"\x1b[;m\n");
    splitter.settle(usize::MAX);
    assert_eq!(splitter.next().map(|item| short(&item)), Some(format!("SIP {raw}")));
    // over a connection the rest may come later
    splitter.feed(frame(raw).replace("UDP", "TCP").as_bytes());
    assert_eq!((splitter.next(), splitter.may_be_over()), (None, false));
}

#[test]
fn the_next_message_ends_one_that_has_lost_its_end() {
    let next = frame("BYE\r\n\r\n");
    for length in ["", "l: 50\r\n"] {
        let raw = format!("MESSAGE\r\n{length}\r\nabc");
        let lost = frame(&raw).replace("\x1b[;m\n", "");
        assert_eq!(split(&format!("{lost}{next}log")), [format!("SIP {raw}").as_str(), "SIP BYE\r\n\r\n", "info log"]);
    }
    assert_eq!(split(&format!("half a line{next}")), ["info half a line", "SIP BYE\r\n\r\n"]);
}

#[test]
fn the_end_of_the_stream_ends_everything() {
    assert_eq!(split("half"), ["info half"]);
    assert_eq!(split("\x1b[31m"), [""; 0]);
    assert_eq!(split("\x1b[36;1m#\nUDP a -> b\nBYE\r\nl: 9\r\n\r\nx\x1b[;"), ["SIP BYE\r\nl: 9\r\n\r\nx\x1b[;"]);
    assert_eq!(split("\x1b[36;1m1#\nUDP a -> b"), ["info 1#", "info UDP a -> b"]);
}

#[test]
fn what_only_looks_like_a_message_is_log() {
    for text in [
        "\x1b[36;1mcyan\n",
        "\x1b[36;1m#\n\n",
        "\x1b[36;1m#\nUDP a b\n",
        "\x1b[36;1m#\nU-P a -> b\n",
        "\x1b[36;1m#\nUDP a -> b c\n",
    ] {
        assert!(split(text).iter().all(|item| item.starts_with("info ")), "{text:?}");
    }
    let digits = format!("\x1b[36;1m{}#\nUDP a -> b\n", "1".repeat(99));
    let address = format!("\x1b[36;1m#\nUDP {} -> b\n", "1".repeat(999));
    assert_eq!((split(&digits).len(), split(&address).len()), (2, 2));
}

#[test]
fn long_lines_and_messages_are_cut() {
    let line = |length| "x".repeat(length);
    assert_eq!(split(&format!("{}\n", line(LINE_LIMIT))), [format!("info {}", line(LINE_LIMIT))]);
    let cut = format!("info {} … (cut)", line(LINE_LIMIT));
    for end in ["\nlog\n".to_string(), format!("{}\nlog", frame("a"))] {
        let items = split(&format!("{}\x1b[31m{end}", line(LINE_LIMIT + 1)));
        assert_eq!((&items[0], items.last().unwrap().as_str()), (&cut, "info log"));
    }
    let endless = format!("\x1b[36;1m#\nUDP a -> b\n{}\nlog\n", line(FRAME_LIMIT));
    assert_eq!(split(&endless), [format!("SIP {}", line(FRAME_LIMIT)), "info log".to_string()]);
}

#[test]
fn secrets_in_the_log_are_masked() {
    let mut viewpoint = Viewpoint::new(vec![]);
    let text = "account: <sip:a@b>;auth_pass=secret1".to_string();
    let Body::Log(line) = viewpoint.event(Item::Log { level: Level::Info, text: text.clone() }) else { panic!() };
    assert_eq!(line.text, mask_secrets(&text));
}

fn piece() -> impl Strategy<Value = String> {
    let message = |(length, body): (usize, String)| frame(&format!("BYE\r\nl:{length}\r\n\r\n{body}"));
    prop_oneof![
        "[a\n]{0,9}",
        "(\x1b|\\[|36|;1|m|#|\n|UDP|a| -> |\r|l: 4){0,12}",
        Just("\x1b[36;1m#\nUDP a -> b\n".to_string()),
        Just("\x1b[;m\n".to_string()),
        Just("\r\n\r\n".to_string()),
        Just("\x1b[31mred\n\x1b[;m".to_string()),
        (0usize..40, "(\x1b\\[;m\n|\x1b\\[36;1m|a|\r\n){0,12}").prop_map(message),
    ]
}

proptest! {
    #[test]
    fn any_cut_gives_the_same(
        pieces in proptest::collection::vec(piece(), 0..12),
        sizes in proptest::collection::vec(1usize..30, 1..9),
    ) {
        let text = pieces.concat();
        prop_assert_eq!(in_pieces(text.as_bytes(), &sizes), split_all(text.as_bytes()));
    }

    #[test]
    fn a_message_comes_out_as_it_went_in(body in proptest::collection::vec(any::<u8>(), 0..200), before in "[a-z\n]{0,9}") {
        let mut bytes = format!("{before}\x1b[36;1m#\nTCP a -> b\nBYE\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
        let head = before.len() + "\x1b[36;1m#\nTCP a -> b\n".len();
        bytes.extend_from_slice(&body);
        let raw = bytes[head..].to_vec();
        bytes.extend_from_slice(b"\x1b[;m\nlog\n");
        let frames = messages(&bytes);
        prop_assert_eq!(frames.len(), 1);
        prop_assert_eq!(&frames[0].raw, &raw);
    }

    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut viewpoint = Viewpoint::new(vec!["a".to_string()]);
        for item in split_all(&bytes) {
            let _ = viewpoint.event(item);
        }
    }

    #[test]
    fn a_capture_survives_damage(at in 0..OLD.len(), byte: u8) {
        let mut bytes = OLD.to_vec();
        bytes[at] = byte;
        // the damaged message, and the next one at most
        prop_assert!(messages(&bytes).len() >= 15);
    }
}
