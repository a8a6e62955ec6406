//! What agents write in calls, as bytes, in any amount: for what has to bear a lot of it.

use std::fmt::Write;
use std::sync::Arc;
use telefonist::agent::trace::{Splitter, Viewpoint};
use telefonist::agent::{ctrl, vocabulary};
use telefonist::event::{AgentEvent, Body, Command, Note, Response};

/// Events of a call, by the kind of their bytes.
pub struct Call {
    /// Netstrings of the control connection.
    pub control: Vec<u8>,
    /// SIP trace and log.
    pub output: Vec<u8>,
}

/// The number of calls that fill one read by the host: 64 kB of output.
pub const AT_ONCE: usize = 10;

/// The number of events of a call: eight of the agent, four SIP messages of about 1 kB, eight log lines.
pub const EVENTS: usize = 20;

const NAMES: [&str; 8] = [
    "CALL_LOCAL_SDP",
    "CALL_OUTGOING",
    "CALL_RINGING",
    "CALL_REMOTE_SDP",
    "CALL_ANSWERED",
    "CALL_ESTABLISHED",
    "CALL_RTCP",
    "CALL_CLOSED",
];

const SDP: &str = "v=0\r\no=- 3271 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\na=tool:baresip 4.12.0\r\nm=audio 10002 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\na=label:1\r\na=rtcp-rsize\r\na=ssrc:2786121 cname:sip:alice@127.0.0.1\r\na=ptime:20\r\n";

/// The bytes of call number `n`.
pub fn call(n: usize) -> Call {
    let mut control = String::new();
    for name in NAMES {
        let rtcp =
            r#","rtcp_stats":{"tx":{"sent":250,"lost":0,"jit":1125},"rx":{"sent":249,"lost":0,"jit":980},"rtt":420}"#;
        let more = if name == "CALL_RTCP" { rtcp } else { "" };
        let json = format!(
            r#"{{"event":true,"class":"call","type":"{name}","accountaor":"sip:alice@127.0.0.1:5060","cuser":"alice","direction":"outgoing","peeruri":"sip:bob@127.0.0.1:5062","contacturi":"sip:bob@127.0.0.1:5062","localuri":"sip:alice@127.0.0.1:5060","id":"{n:016x}","remoteaudiodir":"sendrecv","audiodir":"sendrecv","param":"sip:bob@127.0.0.1:5062"{more}}}"#
        );
        let _ = write!(control, "{}:{json},", json.len());
    }
    let mut output = String::new();
    for (first, body) in [
        ("INVITE sip:bob@127.0.0.1:5062 SIP/2.0", SDP),
        ("SIP/2.0 200 OK", SDP),
        ("ACK sip:bob@127.0.0.1:5062 SIP/2.0", ""),
        ("BYE sip:bob@127.0.0.1:5062 SIP/2.0", ""),
    ] {
        let method = first.split(' ').next().filter(|word| !word.starts_with("SIP")).unwrap_or("INVITE");
        let (src, dst) = if first.starts_with("SIP") { (5062, 5060) } else { (5060, 5062) };
        let length = body.len();
        let _ = write!(
            output,
            "\x1b[36;1m20:59:40.238#\nUDP 127.0.0.1:{src} -> 127.0.0.1:{dst}\n{first}\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK{n:08x};rport\r\nContact: <sip:alice@127.0.0.1:5060>\r\nMax-Forwards: 70\r\nTo: <sip:bob@127.0.0.1:5062>;tag=b{n:x}\r\nFrom: <sip:alice@127.0.0.1:5060>;tag=a{n:x}\r\nCall-ID: {n:016x}\r\nCSeq: 21 {method}\r\nUser-Agent: baresip v4.12.0 (x86_64/Linux)\r\nAllow: INVITE,ACK,BYE,CANCEL,OPTIONS,NOTIFY,SUBSCRIBE,INFO,MESSAGE,UPDATE,REFER\r\nSupported: gruu,outbound,replaces,norefersub\r\nContent-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{body}\x1b[;m\n"
        );
        let _ = writeln!(output, "call: {first} of call {n} at a network that has two addresses");
        let _ = writeln!(output, "\x1b[31maudio: stream of call {n} has come to its end, or so it seems\x1b[;m");
    }
    Call { control: control.into_bytes(), output: output.into_bytes() }
}

/// The host's way from bytes to what enters a log.
pub struct Parser {
    decoder: ctrl::Decoder,
    splitter: Splitter,
    viewpoint: Viewpoint,
}

impl Parser {
    pub fn new() -> Parser {
        let viewpoint = Viewpoint::new(vec!["127.0.0.1:5060".into(), "127.0.0.1:5061".into()]);
        Parser { decoder: ctrl::Decoder::new(), splitter: Splitter::new(), viewpoint }
    }

    /// What one read of each pipe gives.
    pub fn parse(&mut self, calls: &[Call]) -> Vec<Body> {
        calls.iter().for_each(|call| self.splitter.feed(&call.output));
        let mut bodies: Vec<_> = self.splitter.by_ref().map(|item| self.viewpoint.event(item)).collect();
        calls.iter().for_each(|call| self.decoder.feed(&call.control));
        for incoming in self.decoder.by_ref() {
            match incoming {
                Ok(ctrl::Incoming::Event(fields)) => {
                    bodies.push(Body::Event(vocabulary::event(fields).expect("an event")));
                }
                other => panic!("{other:?}"),
            }
        }
        bodies
    }
}

/// What a run's record begins with.
pub fn begin() -> Vec<Body> {
    let starting = Note::AgentStarting {
        aor: "sip:alice@127.0.0.1".into(),
        address: "127.0.0.1:5060".into(),
        local: true,
        baresip: "baresip 4.12.0 (embedded)".into(),
    };
    let dial = Command { text: "dial sip:bob@127.0.0.1:5062".into(), at: None };
    vec![Body::Note(starting), Body::Note(Note::AgentReady { milliseconds: 12.5 }), Body::Command(dial)]
}

/// What it ends with; `to` is the number of its command.
pub fn end(to: u64) -> Vec<Body> {
    let closed = AgentEvent { name: "CALL_CLOSED".into(), ..AgentEvent::default() };
    vec![
        Body::Response(Response { ok: true, data: String::new(), to }),
        Body::Event(closed),
        Body::Note(Note::StepsDone),
        Body::Note(Note::Ended(telefonist::event::Ended::finished())),
    ]
}

pub fn alice() -> Arc<str> {
    "alice".into()
}
