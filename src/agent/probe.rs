//! Whether a SIP peer is there: it answers an OPTIONS (RFC 3261, section 11), with whatever code. Some answer none (SIPp's scenarios),
//! and are what the test needs all the same: that nobody listens is an error, that nobody answers a warning.

use super::Supervisor;
use crate::event::Ended;
use crate::sip::uri::Uri;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio::time::{sleep, timeout};

/// An answer takes no longer, or there is none.
const LIMIT: Duration = Duration::from_secs(4);
/// The first wait before the request is sent again over UDP; each is twice as long (RFC 3261, T1).
const T1: Duration = Duration::from_millis(500);
/// All that is looked at of an answer.
const STATUS_LINE: &[u8] = b"SIP/2.0 ";

/// A peer's address: `host`, `host:port`, `sip:host:port;transport=tcp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerAddress {
    host: String,
    port: u16,
    tcp: bool,
}

impl PeerAddress {
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<PeerAddress, String> {
        let uri = if text.starts_with("sip:") { text.to_string() } else { format!("sip:{text}") };
        let uri = Uri::parse(&uri).filter(|uri| !uri.host.is_empty());
        let uri = uri.ok_or_else(|| format!("`{text}` is no address of a peer: write it like 127.0.0.1:5060"))?;
        let transport = uri.params().find(|(name, _)| name.eq_ignore_ascii_case("transport"));
        let tcp = match transport.map(|(_, value)| value.to_lowercase()).as_deref() {
            None | Some("udp") => false,
            Some("tcp") => true,
            Some(other) => return Err(format!("a peer is asked over UDP or TCP, not over `{other}`")),
        };
        Ok(PeerAddress { host: uri.host.to_string(), port: uri.port.unwrap_or(5060), tcp })
    }

    fn options(&self, own: SocketAddr) -> String {
        let PeerAddress { host, port, tcp } = self;
        let transport = if *tcp { "TCP" } else { "UDP" };
        let id = RandomState::new().hash_one(own);
        format!(
            "OPTIONS sip:{host}:{port} SIP/2.0\r\nVia: SIP/2.0/{transport} {own};branch=z9hG4bK{id:016x};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:telefonist@{own}>;tag={id:016x}\r\nTo: <sip:{host}:{port}>\r\n\
             Call-ID: {id:016x}\r\nCSeq: 1 OPTIONS\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n"
        )
    }

    async fn answers(&self) -> io::Result<()> {
        let host = self.host.trim_matches(['[', ']']);
        let address = lookup_host((host, self.port)).await?.next();
        let address = address.ok_or_else(|| io::Error::other("its name has no address"))?;
        if self.tcp {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(self.options(stream.local_addr()?).as_bytes()).await?;
            let mut beginning = [0; STATUS_LINE.len()];
            stream.read_exact(&mut beginning).await?;
            return if beginning == STATUS_LINE {
                Ok(())
            } else {
                Err(io::Error::other("what answers is no SIP peer"))
            };
        }
        let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any).await?;
        socket.connect(address).await?;
        let request = self.options(socket.local_addr()?);
        let mut wait = T1;
        let mut answer = [0; 2048];
        loop {
            socket.send(request.as_bytes()).await?;
            tokio::select! {
                received = socket.recv(&mut answer) => {
                    if answer[..received?].starts_with(STATUS_LINE) {
                        return Ok(());
                    }
                }
                () = sleep(wait) => wait *= 2,
            }
        }
    }
}

impl std::fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{} over {}", self.host, self.port, if self.tcp { "TCP" } else { "UDP" })
    }
}

impl Supervisor {
    /// Asks a peer whether it is there, and tells the answer once, within a few seconds: with a warning where it said nothing.
    pub fn probe(&self, peer: PeerAddress, tell: impl FnOnce(Result<Option<String>, Ended>) + Send + 'static) {
        let why = |error: io::Error| match error.kind() {
            io::ErrorKind::ConnectionRefused => "nobody listens there".to_string(),
            _ => error.to_string(),
        };
        self.runtime().spawn(async move {
            let found = match timeout(LIMIT, peer.answers()).await {
                Ok(found) => found.map(|()| None).map_err(why),
                Err(_) => {
                    let silence = format!("no answer to OPTIONS came from {peer} within {} s", LIMIT.as_secs());
                    Ok(Some(format!("{silence}: maybe it answers none, maybe no SIP peer is there")))
                }
            };
            tell(found.map_err(|why| Ended::error(format!("there is no SIP peer at {peer}: {why}"))));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let address = |host: &str, port, tcp| PeerAddress { host: host.into(), port, tcp };
        for (text, expected) in [
            ("127.0.0.1", address("127.0.0.1", 5060, false)),
            ("pbx.example:5070", address("pbx.example", 5070, false)),
            ("sip:[::1]:5070;transport=TCP", address("[::1]", 5070, true)),
            ("127.0.0.1:5061;transport=udp", address("127.0.0.1", 5061, false)),
        ] {
            assert_eq!(PeerAddress::parse(text), Ok(expected), "{text}");
        }
        for (text, why) in [
            ("", "no address"),
            ("127.0.0.1:port", "no address"),
            ("a b", "no address"),
            ("a;transport=tls", "not over `tls`"),
        ] {
            assert!(PeerAddress::parse(text).unwrap_err().contains(why), "{text}");
        }
    }
}
