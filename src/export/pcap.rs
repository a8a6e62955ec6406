//! A capture file: the classic libpcap format, microseconds, IP packets without a link layer (LINKTYPE_RAW).
//!
//! <https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/>

use super::messages::Messages;
use super::packets::{Packets, Refused};
use crate::diagnostic::Diagnostic;
use crate::event::Event;
use std::io::{self, Write};

const MAGIC: u32 = 0xa1b2_c3d4;
const VERSION: [u16; 2] = [2, 4];
/// An IP packet is no longer.
const SNAP_LENGTH: u32 = 65_575;
const LINKTYPE_RAW: u32 = 101;

/// Writes the SIP messages of a record as packets.
pub struct Capture<W> {
    to: W,
    messages: Messages,
    packets: Packets,
    written: usize,
    nowhere: usize,
    cut: usize,
}

impl<W: Write> Capture<W> {
    pub fn begin(mut to: W) -> io::Result<Capture<W>> {
        to.write_all(&MAGIC.to_le_bytes())?;
        VERSION.iter().try_for_each(|part| to.write_all(&part.to_le_bytes()))?;
        // time zone and accuracy: always 0
        [0, 0, SNAP_LENGTH, LINKTYPE_RAW].iter().try_for_each(|field: &u32| to.write_all(&field.to_le_bytes()))?;
        Ok(Capture { to, messages: Messages::default(), packets: Packets::default(), written: 0, nowhere: 0, cut: 0 })
    }

    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        let Some((sip, _)) = self.messages.event(event) else { return Ok(()) };
        match self.packets.message(sip) {
            Ok(packets) => {
                self.written += 1;
                packets.iter().try_for_each(|packet| write(&mut self.to, event.time, packet))
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

    /// What the capture lacks.
    pub fn left_out(&self) -> Vec<Diagnostic> {
        let mut warnings = vec![];
        let mut lacks = |count: usize, why: &str| {
            if count > 0 {
                warnings.push(Diagnostic::warning(format!("messages left out of the capture: {count}, {why}")));
            }
        };
        lacks(self.nowhere, "whose addresses are not two IP addresses of one version");
        lacks(self.cut, "too long for a UDP datagram");
        if self.written + self.nowhere + self.cut == 0 {
            warnings.push(Diagnostic::warning("the capture is empty: no SIP message was recorded"));
        }
        warnings
    }
}

/// `time` is milliseconds since the epoch.
fn write(to: &mut impl Write, time: f64, packet: &[u8]) -> io::Result<()> {
    // a float that does not fit becomes the nearest that does
    let microseconds = (time * 1000.0).round() as u64;
    let seconds = u32::try_from(microseconds / 1_000_000).unwrap_or(u32::MAX);
    // packets are made shorter than SNAP_LENGTH
    let length = packet.len() as u32;
    let fields = [seconds, (microseconds % 1_000_000) as u32, length, length];
    fields.iter().try_for_each(|field| to.write_all(&field.to_le_bytes()))?;
    to.write_all(packet)
}
