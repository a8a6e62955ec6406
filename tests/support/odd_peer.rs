//! A SIP peer over UDP that says what a test wants it to, right or wrong.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// Longer than anything that is waited for takes on a machine with much to do.
const LIMIT: Duration = Duration::from_secs(40);

pub struct OddPeer {
    socket: UdpSocket,
    /// Its media: RTP, and RTCP on the port above.
    pub rtp: UdpSocket,
    pub rtcp: UdpSocket,
}

/// A message that came.
pub struct Received {
    pub text: String,
    pub from: SocketAddr,
}

impl OddPeer {
    pub fn new() -> OddPeer {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        socket.set_read_timeout(Some(LIMIT)).expect("a socket");
        loop {
            let rtp = UdpSocket::bind("127.0.0.1:0").expect("a port");
            let port = rtp.local_addr().expect("an address").port();
            let next = port.checked_add(1).filter(|_| port.is_multiple_of(2));
            if let Some(rtcp) = next.and_then(|port| UdpSocket::bind(("127.0.0.1", port)).ok()) {
                rtp.set_read_timeout(Some(LIMIT)).expect("a socket");
                return OddPeer { socket, rtp, rtcp };
            }
        }
    }

    /// `127.0.0.1:5060`
    pub fn address(&self) -> String {
        self.socket.local_addr().expect("an address").to_string()
    }

    /// The next message that begins so; others are dropped.
    #[track_caller]
    pub fn receive(&self, start: &str) -> Received {
        let mut bytes = [0; 65_536];
        loop {
            let (length, from) = self.socket.recv_from(&mut bytes).expect(start);
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if text.starts_with(start) {
                return Received { text, from };
            }
        }
    }

    pub fn send(&self, text: &str, to: SocketAddr) {
        self.socket.send_to(text.as_bytes(), to).expect("it is sent");
    }

    /// Answers a request: `status` is `200 OK`, `tag` that of To, where it has none.
    pub fn respond(&self, request: &Received, status: &str, tag: &str, body: &str) {
        self.respond_with(request, status, tag, "", body);
    }

    /// The same with more headers, which end in a line end each.
    pub fn respond_with(&self, request: &Received, status: &str, tag: &str, headers: &str, body: &str) {
        self.send(&self.response(request, status, tag, headers, body), request.from);
    }

    /// The text of a response.
    pub fn response(&self, request: &Received, status: &str, tag: &str, headers: &str, body: &str) -> String {
        let tag = if request.header("To").contains("tag=") { String::new() } else { format!(";tag={tag}") };
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        format!(
            "SIP/2.0 {status}\r\nVia: {}\r\nFrom: {}\r\nTo: {}{tag}\r\nCall-ID: {}\r\nCSeq: {}\r\n\
             Contact: <sip:peer@{}>\r\n{headers}{kind}Content-Length: {}\r\n\r\n{body}",
            request.header("Via"),
            request.header("From"),
            request.header("To"),
            request.header("Call-ID"),
            request.header("CSeq"),
            self.address(),
            body.len()
        )
    }

    /// A request out of any dialog, to an agent's user alice: its headers end in a line end each.
    pub fn request(&self, method: &str, call_id: &str, headers: &str, body: &str, to: SocketAddr) {
        let own = self.address();
        let text = format!(
            "{method} sip:alice@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{call_id};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:peer@{own}>;tag=peer\r\nTo: <sip:alice@{to}>\r\nCall-ID: {call_id}\r\n\
             CSeq: 1 {method}\r\nContact: <sip:peer@{own}>\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.send(&text, to);
    }

    /// A request within the dialog of an INVITE that it answered with the tag.
    pub fn request_within(&self, invite: &Received, tag: &str, method: &str, number: u32, body: &str) {
        let (_, contact) = invite.header("Contact").split_once('<').expect("a URI");
        let (target, _) = contact.split_once('>').expect("a whole URI");
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let text = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{method}{number};rport\r\nMax-Forwards: 70\r\n\
             From: {};tag={tag}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {number} {method}\r\nContact: <sip:peer@{own}>\r\n{kind}\
             Content-Length: {}\r\n\r\n{body}",
            invite.header("To"),
            invite.header("From"),
            invite.header("Call-ID"),
            body.len(),
            own = self.address()
        );
        self.send(&text, invite.from);
    }

    /// Acknowledges an answer to [`OddPeer::request`].
    pub fn acknowledge(&self, answer: &Received) {
        let own = self.address();
        let text = format!(
            "ACK sip:alice@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bKack;rport\r\nMax-Forwards: 70\r\nFrom: {}\r\n\
             To: {}\r\nCall-ID: {}\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
            answer.header("From"),
            answer.header("To"),
            answer.header("Call-ID"),
            to = answer.from
        );
        self.send(&text, answer.from);
    }

    /// A description of its media: PCMU.
    pub fn sdp(&self) -> String {
        let port = self.rtp.local_addr().expect("an address").port();
        format!("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n")
    }
}

impl Received {
    /// The first header of that name.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let value = self.text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        value.unwrap_or_else(|| panic!("no {name} in {}", self.text))
    }

    /// Where a description that it carries wants RTP.
    pub fn media(&self) -> SocketAddr {
        let line = self.text.lines().find_map(|line| line.strip_prefix("m=audio ")).expect("audio");
        let port = line.split(' ').next().and_then(|port| port.parse().ok()).expect("a port");
        SocketAddr::from(([127, 0, 0, 1], port))
    }
}
