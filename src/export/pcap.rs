//! A capture file: the classic libpcap format, microseconds, IP packets without a link layer (LINKTYPE_RAW).
//!
//! <https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/>

use super::messages::Messages;
use super::packets::{Packets, Refused, datagram};
use super::rtp::{RtpPacket, RtpPackets};
use crate::diagnostic::Diagnostic;
use crate::event::{Event, Time};
use std::io::{self, Write};

const MAGIC: u32 = 0xa1b2_c3d4;
const VERSION: [u16; 2] = [2, 4];
/// An IP packet is no longer.
const SNAP_LENGTH: u32 = 65_575;
const LINKTYPE_RAW: u32 = 101;

/// Writes the SIP messages of a record as packets, and RTP between them.
pub struct Capture<W> {
    to: W,
    rtp: RtpPackets,
    messages: Messages,
    packets: Packets,
    written: usize,
    /// RTP packets that are written.
    media: usize,
    /// Whether an SDP asks for SRTP.
    encrypted: bool,
    nowhere: usize,
    cut: usize,
}

impl<W: Write> Capture<W> {
    pub fn begin(mut to: W, rtp: RtpPackets) -> io::Result<Capture<W>> {
        to.write_all(&MAGIC.to_le_bytes())?;
        VERSION.iter().try_for_each(|part| to.write_all(&part.to_le_bytes()))?;
        // time zone and accuracy: always 0
        [0, 0, SNAP_LENGTH, LINKTYPE_RAW].iter().try_for_each(|field: &u32| to.write_all(&field.to_le_bytes()))?;
        let (messages, packets) = (Messages::default(), Packets::default());
        Ok(Capture { to, rtp, messages, packets, written: 0, media: 0, encrypted: false, nowhere: 0, cut: 0 })
    }

    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        let Some((sip, _)) = self.messages.event(event) else { return Ok(()) };
        self.media_until(microseconds(event.time))?;
        self.encrypted |= sip.param.contains("/SAVP");
        match self.packets.message(sip) {
            Ok(packets) => {
                self.written += 1;
                packets.iter().try_for_each(|packet| write(&mut self.to, microseconds(event.time), packet))
            }
            Err(Refused::Addresses) => {
                self.nowhere += 1;
                Ok(())
            }
            Err(Refused::Length) => {
                self.cut += 1;
                Ok(())
            }
        }
    }

    /// The RTP packets up to a time.
    fn media_until(&mut self, time: u64) -> io::Result<()> {
        while let Some(RtpPacket { time, src, dst, bytes }) = self.rtp.next_until(time)? {
            if let Ok(packet) = datagram(src, dst, &bytes) {
                self.media += 1;
                write(&mut self.to, time, &packet)?;
            }
        }
        Ok(())
    }

    /// Writes what came after the last message.
    pub fn finish(&mut self) -> io::Result<()> {
        self.media_until(u64::MAX)
    }

    /// What the capture lacks, and what to know of it.
    pub fn left_out(&self) -> Vec<Diagnostic> {
        let mut warnings = vec![];
        let mut lacks = |count: usize, why: &str| {
            if count > 0 {
                warnings.push(Diagnostic::warning(format!("messages left out of the capture: {count}, {why}")));
            }
        };
        lacks(self.nowhere, "whose addresses are not two IP addresses of one version");
        lacks(self.cut, "too long for a UDP datagram");
        if self.rtp.limited > 0 {
            let calls = self.rtp.limited;
            warnings
                .push(Diagnostic::warning(format!("recordings of RTP that reached 32 MiB, where they end: {calls}")));
        }
        if self.encrypted && self.media > 0 {
            let message = "the RTP of encrypted calls is in the capture as the agents decrypted it, which Wireshark does not expect";
            warnings.push(Diagnostic::warning(message).advice(
                "open it with `wireshark -o sdp.establish_conversation:FALSE --enable-heuristic rtp_udp FILE`",
            ));
        }
        if self.written + self.nowhere + self.cut + self.media == 0 {
            warnings.push(Diagnostic::warning("the capture is empty: no SIP message was recorded"));
        }
        warnings
    }
}

/// Since the epoch.
fn microseconds(time: Time) -> u64 {
    // a float that does not fit becomes the nearest that does
    (time.0 * 1000.0).round() as u64
}

fn write(to: &mut impl Write, microseconds: u64, packet: &[u8]) -> io::Result<()> {
    let seconds = u32::try_from(microseconds / 1_000_000).unwrap_or(u32::MAX);
    // packets are made shorter than SNAP_LENGTH
    let length = packet.len() as u32;
    let fields = [seconds, (microseconds % 1_000_000) as u32, length, length];
    fields.iter().try_for_each(|field| to.write_all(&field.to_le_bytes()))?;
    to.write_all(packet)
}
