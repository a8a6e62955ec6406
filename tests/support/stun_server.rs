//! A STUN and TURN server (RFC 8489, RFC 8656) on the loopback interface that answers as a test wants it to.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread::{self, JoinHandle};

const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING: u16 = 0x0001;
const ALLOCATE: u16 = 0x0003;
const SUCCESS: u16 = 0x0100;
const ERROR: u16 = 0x0110;

const STOP: &[u8] = b"stop";

/// What it answers to a request for a relay. To a binding request it gives the address, but for the last two.
#[derive(Clone, Copy)]
pub enum Answers {
    /// It wants a password, and takes none.
    Unauthorized,
    QuotaReached,
    /// Success, and nothing in it.
    Empty,
    /// Nothing at all.
    Nothing,
}

pub struct StunServer {
    address: SocketAddr,
    serving: Option<JoinHandle<()>>,
}

impl StunServer {
    pub fn new(answers: Answers) -> StunServer {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = socket.local_addr().expect("an address");
        let serving = thread::spawn(move || {
            let mut bytes = [0; 2000];
            while let Ok((length, from)) = socket.recv_from(&mut bytes) {
                match &bytes[..length] {
                    STOP => return,
                    request => response(request, from, answers).into_iter().for_each(|response| {
                        let _ = socket.send_to(&response, from);
                    }),
                }
            }
        });
        StunServer { address, serving: Some(serving) }
    }

    /// `127.0.0.1:3478`
    pub fn place(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for StunServer {
    fn drop(&mut self) {
        let _ = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.send_to(STOP, self.address));
        self.serving.take().map(JoinHandle::join);
    }
}

fn response(request: &[u8], from: SocketAddr, answers: Answers) -> Option<Vec<u8>> {
    let kind = u16::from_be_bytes(request.get(..2)?.try_into().ok()?);
    let id: [u8; 12] = request.get(8..20)?.try_into().ok()?;
    let (class, attributes) = match (kind, answers) {
        (BINDING | ALLOCATE, Answers::Nothing) => return None,
        (BINDING | ALLOCATE, Answers::Empty) => (SUCCESS, vec![]),
        (BINDING, _) => (SUCCESS, attribute(0x0020, &mapped(from)?)),
        (ALLOCATE, Answers::Unauthorized) => {
            let error = attribute(0x0009, b"\0\0\x04\x01Unauthorized");
            (ERROR, [error, attribute(0x0014, b"test"), attribute(0x0015, b"nonce")].concat())
        }
        (ALLOCATE, Answers::QuotaReached) => (ERROR, attribute(0x0009, b"\0\0\x04\x56Allocation Quota Reached")),
        _ => return None,
    };
    let mut message = (kind | class).to_be_bytes().to_vec();
    message.extend((attributes.len() as u16).to_be_bytes());
    message.extend(COOKIE);
    message.extend(id);
    message.extend(attributes);
    Some(message)
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut attribute = kind.to_be_bytes().to_vec();
    attribute.extend((value.len() as u16).to_be_bytes());
    attribute.extend(value);
    attribute.resize(attribute.len().next_multiple_of(4), 0);
    attribute
}

/// XOR-MAPPED-ADDRESS of IPv4.
fn mapped(from: SocketAddr) -> Option<Vec<u8>> {
    let SocketAddr::V4(from) = from else { return None };
    let mut value = vec![0, 1];
    value.extend((from.port() ^ u16::from_be_bytes([COOKIE[0], COOKIE[1]])).to_be_bytes());
    value.extend(from.ip().octets().iter().zip(COOKIE).map(|(byte, mask)| byte ^ mask));
    Some(value)
}
