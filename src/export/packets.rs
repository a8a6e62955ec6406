//! SIP messages as IP packets: a datagram each over UDP, segments of a connection over everything else; RTP packets as datagrams.
//!
//! What was encrypted (TLS, WSS) is what the agent saw: the plain messages, as TCP between the same ports.

use super::payload::payload;
use crate::event::SipEvent;
use etherparse::{
    IpHeaders, Ipv4Header, Ipv6FlowLabel, Ipv6Header, PacketBuilder, PacketBuilderStep, TcpOptionElement,
};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

const TIME_TO_LIVE: u8 = 64;
/// What a UDP datagram over IPv4 can carry: 65 535 less both headers (RFC 768, RFC 791).
const DATAGRAM: usize = 65_507;
/// What a TCP segment carries here: as on a loopback interface most messages are one.
const SEGMENT: usize = 32_768;
const WINDOW: u16 = 65_535;

/// Why a message is no packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    Addresses,
    Length,
}

/// The connections of a capture.
#[derive(Debug, Default)]
pub struct Packets {
    /// By both ends, the smaller first: the next sequence number of each.
    connections: HashMap<(SocketAddr, SocketAddr), [u32; 2]>,
}

impl Packets {
    /// The packets that carry a message, each with its IP header; with the handshake before the first of a connection.
    pub fn message(&mut self, sip: &SipEvent) -> Result<Vec<Vec<u8>>, Refused> {
        let (src, dst) = address(&sip.src).zip(address(&sip.dst)).ok_or(Refused::Addresses)?;
        let stream = sip.is_stream();
        if src.is_ipv4() != dst.is_ipv4() || (stream && src == dst) {
            return Err(Refused::Addresses);
        }
        let payload = payload(sip, stream);
        match stream {
            true => Ok(self.segments(src, dst, payload.as_bytes())),
            false => Ok(vec![datagram(src, dst, payload.as_bytes())?]),
        }
    }

    /// Segments, each with its acknowledgement. Who sends first has opened the connection.
    fn segments(&mut self, src: SocketAddr, dst: SocketAddr, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut packets = vec![];
        let (here, there) = if src <= dst { (0, 1) } else { (1, 0) };
        let next = self.connections.entry((src.min(dst), src.max(dst))).or_insert_with(|| {
            let segment =
                |syn_ack: bool| Segment { syn: true, acknowledges: syn_ack.then_some(1), ..Segment::default() };
            packets.push(segment(false).packet(src, dst));
            packets.push(segment(true).packet(dst, src));
            packets.push(Segment { sequence: 1, acknowledges: Some(1), ..Segment::default() }.packet(src, dst));
            [1, 1]
        });
        for part in bytes.chunks(SEGMENT) {
            let (sequence, acknowledges) = (next[here], Some(next[there]));
            packets.push(Segment { sequence, acknowledges, bytes: part, syn: false }.packet(src, dst));
            // a segment's length fits
            next[here] = sequence.wrapping_add(part.len() as u32);
            let (sequence, acknowledges) = (next[there], Some(next[here]));
            packets.push(Segment { sequence, acknowledges, ..Segment::default() }.packet(dst, src));
        }
        packets
    }
}

/// The packet that carries these bytes over UDP.
pub fn datagram(src: SocketAddr, dst: SocketAddr, bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    if bytes.len() > DATAGRAM {
        return Err(Refused::Length);
    }
    let step = ip(src.ip(), dst.ip()).udp(src.port(), dst.port());
    let mut packet = Vec::with_capacity(step.size(bytes.len()));
    step.write(&mut packet, bytes).map_err(|_| Refused::Length)?;
    Ok(packet)
}

#[derive(Default)]
struct Segment<'a> {
    sequence: u32,
    acknowledges: Option<u32>,
    syn: bool,
    bytes: &'a [u8],
}

impl Segment<'_> {
    fn packet(&self, src: SocketAddr, dst: SocketAddr) -> Vec<u8> {
        let mut step = ip(src.ip(), dst.ip()).tcp(src.port(), dst.port(), self.sequence, WINDOW);
        if let Some(number) = self.acknowledges {
            step = step.ack(number);
        }
        if !self.bytes.is_empty() {
            step = step.psh();
        }
        if self.syn {
            let largest = [TcpOptionElement::MaximumSegmentSize(SEGMENT as u16)];
            // one option of four bytes: there is room for it
            step = step.syn().options(&largest).expect("a fixed option");
        }
        let mut packet = Vec::with_capacity(step.size(self.bytes.len()));
        // memory takes all, and the segment is short enough for both versions of IP
        step.write(&mut packet, self.bytes).expect("a segment of a fixed length");
        packet
    }
}

fn ip(src: IpAddr, dst: IpAddr) -> PacketBuilderStep<IpHeaders> {
    let extensions = Default::default();
    PacketBuilder::ip(match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => IpHeaders::Ipv4(
            Ipv4Header {
                time_to_live: TIME_TO_LIVE,
                source: src.octets(),
                destination: dst.octets(),
                ..Ipv4Header::default()
            },
            extensions,
        ),
        (src, dst) => IpHeaders::Ipv6(
            Ipv6Header {
                hop_limit: TIME_TO_LIVE,
                source: v6(src),
                destination: v6(dst),
                flow_label: Ipv6FlowLabel::ZERO,
                ..Ipv6Header::default()
            },
            Default::default(),
        ),
    })
}

fn v6(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

/// `127.0.0.1:5060`, `[::1]:5060`, `[fe80::1%eth0]:5060`, whose interface no packet tells.
fn address(text: &str) -> Option<SocketAddr> {
    let scoped = || {
        let (host, port) = text.rsplit_once("]:")?;
        let (host, _) = host.strip_prefix('[')?.split_once('%')?;
        format!("[{host}]:{port}").parse().ok()
    };
    let parsed: SocketAddr = text.parse().ok().or_else(scoped)?;
    Some(SocketAddr::new(parsed.ip(), parsed.port()))
}
