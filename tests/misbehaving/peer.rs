//! A SIP peer over UDP and TCP whose messages a fault changes before they go out.

pub use crate::support::odd_peer::Received;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

/// Ends a peer that waits for what does not come.
const STOP: &[u8] = b"stop";

pub struct Peer {
    socket: UdpSocket,
    /// At the same port.
    listener: TcpListener,
    rtp: UdpSocket,
}

/// A message in the making.
#[derive(Clone)]
pub struct Message {
    start: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// Where requests of the peer within a call go.
pub struct Dialog {
    pub agent: SocketAddr,
    from: String,
    to: String,
    call_id: String,
}

impl Peer {
    pub fn new() -> Peer {
        loop {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
            let Ok(listener) = TcpListener::bind(socket.local_addr().expect("an address")) else { continue };
            let rtp = UdpSocket::bind("127.0.0.1:0").expect("a port");
            rtp.set_read_timeout(Some(Duration::from_secs(5))).expect("a socket");
            return Peer { socket, listener, rtp };
        }
    }

    pub fn port(&self) -> u16 {
        self.socket.local_addr().expect("an address").port()
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port())
    }

    /// The run is over: whoever waits goes on without a message.
    pub fn stop(&self) {
        let _ = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.send_to(STOP, self.address()));
        drop(TcpStream::connect(self.address()));
    }

    /// The next message that begins so; none when the run is over.
    pub fn receive(&self, start: &str) -> Option<Received> {
        let mut bytes = [0; 65_536];
        loop {
            let (length, from) = self.socket.recv_from(&mut bytes).ok()?;
            if &bytes[..length] == STOP {
                return None;
            }
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if text.starts_with(start) {
                return Some(Received { text, from });
            }
        }
    }

    pub fn send(&self, message: &Message, to: SocketAddr) {
        self.send_text(&message.text(), to);
    }

    pub fn send_text(&self, text: &str, to: SocketAddr) {
        self.socket.send_to(text.as_bytes(), to).expect("it is sent");
    }

    /// A response as it should be: `status` is `200 OK`.
    pub fn response(&self, request: &Received, status: &str) -> Message {
        let to = request.header("To");
        let tag = if to.contains("tag=") || status.starts_with("100") { "" } else { ";tag=peer" };
        let message = Message { start: format!("SIP/2.0 {status}"), headers: vec![], body: String::new() };
        let copied = ["Via", "From", "Call-ID", "CSeq"];
        let message = copied.iter().fold(message, |message, name| message.with(name, request.header(name)));
        message.with("To", &format!("{to}{tag}")).with("Contact", &format!("<sip:peer@{}>", self.address()))
    }

    /// Answers as it should.
    pub fn respond(&self, request: &Received, status: &str) {
        self.send(&self.response(request, status), request.from);
    }

    /// The 200 to an INVITE, with a description.
    pub fn answer(&self, invite: &Received) -> Message {
        self.response(invite, "200 OK").carrying(&self.sdp())
    }

    /// Takes a call as it should be taken: its INVITE, when the ACK is there.
    pub fn take_call(&self) -> Option<Received> {
        self.take_call_with(&self.sdp())
    }

    pub fn take_call_with(&self, sdp: &str) -> Option<Received> {
        let invite = self.receive("INVITE")?;
        self.send(&self.response(&invite, "200 OK").carrying(sdp), invite.from);
        self.receive("ACK")?;
        Some(invite)
    }

    /// Where the agent is: its test asks for options first.
    pub fn agent(&self) -> Option<SocketAddr> {
        let options = self.receive("OPTIONS")?;
        self.respond(&options, "200 OK");
        Some(options.from)
    }

    /// A request out of any dialog, to the agent's user.
    pub fn request(&self, method: &str, agent: SocketAddr) -> Message {
        let dialog = Dialog {
            agent,
            from: format!("<sip:peer@{}>;tag=peer", self.address()),
            to: format!("<sip:alice@{agent}>"),
            call_id: format!("c{}", self.port()),
        };
        self.within(&dialog, method, 1)
    }

    /// A request within a dialog.
    pub fn within(&self, dialog: &Dialog, method: &str, number: u32) -> Message {
        let own = self.address();
        let start = format!("{method} sip:alice@{} SIP/2.0", dialog.agent);
        let message = Message { start, headers: vec![], body: String::new() };
        message
            .with("Via", &format!("SIP/2.0/UDP {own};branch=z9hG4bK{method}{number};rport"))
            .with("Max-Forwards", "70")
            .with("From", &dialog.from)
            .with("To", &dialog.to)
            .with("Call-ID", &dialog.call_id)
            .with("CSeq", &format!("{number} {method}"))
            .with("Contact", &format!("<sip:peer@{own}>"))
    }

    /// Calls the agent: its 200, where the ACK is due.
    pub fn call(&self, agent: SocketAddr, sdp: &str) -> Option<(Received, Dialog)> {
        let invite = self.request("INVITE", agent);
        let invite = if sdp.is_empty() { invite } else { invite.carrying(sdp) };
        self.send(&invite, agent);
        let ok = self.receive("SIP/2.0 200")?;
        let (from, to) = (ok.header("From").to_string(), ok.header("To").to_string());
        let dialog = Dialog { agent, from, to, call_id: ok.header("Call-ID").to_string() };
        Some((ok, dialog))
    }

    /// The ACK for the 200 of [`Peer::call`].
    pub fn ack(&self, dialog: &Dialog) -> Message {
        self.within(dialog, "ACK", 1)
    }

    pub fn sdp(&self) -> String {
        let port = self.rtp.local_addr().expect("an address").port();
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n\
             a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        )
    }

    /// RTP of 20 ms each, at the pace of what comes, or of the limit of the socket.
    pub fn send_rtp(&self, payload_type: u8, count: u16, to: SocketAddr) -> Option<()> {
        for sequence in 1..=count {
            self.rtp.recv_from(&mut [0; 2000]).ok()?;
            self.rtp.send_to(&rtp(payload_type, sequence, &[0xff; 160]), to).ok()?;
        }
        Some(())
    }

    /// Something else in place of RTP, at the same pace.
    pub fn send_packets(&self, packet: &[u8], count: u16, to: SocketAddr) -> Option<()> {
        for _ in 0..count {
            self.rtp.recv_from(&mut [0; 2000]).ok()?;
            self.rtp.send_to(packet, to).ok()?;
        }
        Some(())
    }

    /// Waits until this number of packets of sound have come: 20 ms each.
    pub fn hear(&self, count: usize) -> Option<()> {
        (0..count).try_for_each(|_| self.rtp.recv_from(&mut [0; 2000]).map(drop).ok())
    }

    /// The digit 5 as an event of RFC 4733, under a payload type.
    pub fn send_digit(&self, payload_type: u8, to: SocketAddr) -> Option<()> {
        self.rtp.recv_from(&mut [0; 2000]).ok()?;
        for (sequence, end) in [(1, 0), (2, 0), (3, 0x80), (4, 0x80), (5, 0x80)] {
            let event = [5, end | 10, 3, 0x20];
            self.rtp.send_to(&rtp(payload_type, sequence, &event), to).ok()?;
        }
        Some(())
    }

    pub fn accept(&self) -> Option<Stream> {
        let (stream, from) = self.listener.accept().ok()?;
        Some(Stream { stream, from })
    }
}

/// With a time that does not go on: it is one event.
fn rtp(payload_type: u8, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, payload_type];
    packet.extend(sequence.to_be_bytes());
    let time = if payload.len() == 4 { 160 } else { u32::from(sequence) * 160 };
    packet.extend(time.to_be_bytes());
    packet.extend(7_u32.to_be_bytes());
    packet.extend(payload);
    packet
}

/// A connection that the agent opened.
pub struct Stream {
    stream: TcpStream,
    from: SocketAddr,
}

impl Stream {
    /// The next message that begins so; none when the connection is closed.
    pub fn receive(&mut self, start: &str) -> Option<Received> {
        loop {
            let mut text = String::new();
            let mut byte = [0];
            while !text.ends_with("\r\n\r\n") {
                self.stream.read_exact(&mut byte).ok()?;
                text.push(char::from(byte[0]));
            }
            let length = text.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.trim().parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            self.stream.read_exact(&mut body).ok()?;
            text.push_str(&String::from_utf8_lossy(&body));
            if text.starts_with(start) {
                return Some(Received { text, from: self.from });
            }
        }
    }

    pub fn send(&mut self, message: &Message) -> Option<()> {
        self.send_text(&message.text())
    }

    pub fn send_text(&mut self, text: &str) -> Option<()> {
        self.stream.write_all(text.as_bytes()).ok()
    }
}

impl Message {
    /// With a header in place of those of the name.
    pub fn with(self, name: &str, value: &str) -> Message {
        self.without(name).and(name, value)
    }

    /// With one header more.
    pub fn and(mut self, name: &str, value: &str) -> Message {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn without(mut self, name: &str) -> Message {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub fn carrying(self, sdp: &str) -> Message {
        let message = self.with("Content-Type", "application/sdp");
        Message { body: sdp.into(), ..message }
    }

    pub fn text(&self) -> String {
        let mut text = format!("{}\r\n", self.start);
        self.headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
        if !self.headers.iter().any(|(name, _)| name == "Content-Length") {
            text.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        format!("{text}\r\n{}", self.body)
    }
}

impl Dialog {
    /// The dialog of a call that the agent began, by its INVITE.
    pub fn of(invite: &Received) -> Dialog {
        Dialog {
            agent: invite.from,
            from: format!("{};tag=peer", invite.header("To")),
            to: invite.header("From").to_string(),
            call_id: invite.header("Call-ID").to_string(),
        }
    }
}
