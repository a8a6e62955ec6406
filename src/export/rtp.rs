//! The RTP and RTCP that the embedded agents of a run sent and received, from the files of `rtpcapture.c`.
//!
//! A packet between two agents of a run is kept by both: only the record of the one that sent it counts.

use crate::record::RunFolder;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

const FIRST_LINE: &[u8] = b"telefonist-rtp 1\n";
const HEAD: usize = 12;
/// Read at once; a record with the longest packet is longer.
const PIECE: usize = 64 * 1024;

/// A packet as it was sent or received, in the clear.
#[derive(Debug, PartialEq, Eq)]
pub struct RtpPacket {
    /// Microseconds since the epoch.
    pub time: u64,
    pub src: SocketAddr,
    pub dst: SocketAddr,
    pub bytes: Vec<u8>,
}

/// What the next record of a file is.
enum Kept {
    Packet {
        packet: RtpPacket,
        received: bool,
    },
    /// The file reached its limit: nothing more of the call was kept.
    Limit,
}

/// The packets of all calls of a run, by their times. Their number is not limited, so they are read as they are wanted, and no file
/// stays open.
#[derive(Debug, Default)]
pub struct RtpPackets {
    files: Vec<RtpFile>,
    /// The next packet of each file.
    next: BinaryHeap<Reverse<(u64, usize)>>,
    /// The ways that an agent of the run sent packets on.
    sent: HashSet<(SocketAddr, SocketAddr)>,
    /// How many calls sent or received more than is kept of one.
    pub limited: usize,
}

impl RtpPackets {
    /// Those in the run's folder; none where its agents kept none.
    ///
    /// # Errors
    /// A file can't be read.
    pub fn open(run: &RunFolder) -> io::Result<RtpPackets> {
        let mut packets = RtpPackets::default();
        for path in files(run) {
            let mut file = RtpFile::new(&path);
            while let Some(kept) = file.read()? {
                match kept {
                    Kept::Packet { packet, received: false } => _ = packets.sent.insert((packet.src, packet.dst)),
                    Kept::Packet { .. } => {}
                    Kept::Limit => packets.limited += 1,
                }
            }
            packets.files.push(RtpFile::new(&path));
        }
        (0..packets.files.len()).try_for_each(|place| packets.advance(place))?;
        Ok(packets)
    }

    /// The next packet up to a time, microseconds since the epoch.
    ///
    /// # Errors
    /// Its file can't be read.
    pub fn next_until(&mut self, time: u64) -> io::Result<Option<RtpPacket>> {
        let Some(Reverse((_, place))) = self.next.peek().filter(|Reverse((first, _))| *first <= time).copied() else {
            return Ok(None);
        };
        self.next.pop();
        let packet = self.files[place].ready.take();
        self.advance(place)?;
        Ok(packet)
    }

    /// Reads a file's next packet for the capture.
    fn advance(&mut self, place: usize) -> io::Result<()> {
        let file = &mut self.files[place];
        while let Some(kept) = file.read()? {
            let Kept::Packet { packet, received } = kept else { break };
            if !(received && self.sent.contains(&(packet.src, packet.dst))) {
                self.next.push(Reverse((packet.time, place)));
                file.ready = Some(packet);
                break;
            }
        }
        Ok(())
    }
}

/// In the order of their names; no links, which could lead anywhere.
fn files(run: &RunFolder) -> Vec<PathBuf> {
    let entries = run.path().join("rtp").read_dir().into_iter().flatten().filter_map(Result::ok);
    let own = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let mut files: Vec<PathBuf> = own.map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// One of the files. It ends where it is torn, as that of an agent that was killed.
#[derive(Debug)]
struct RtpFile {
    path: PathBuf,
    /// Where the next piece begins.
    at: u64,
    piece: Vec<u8>,
    used: usize,
    ready: Option<RtpPacket>,
}

impl RtpFile {
    fn new(path: &Path) -> RtpFile {
        RtpFile { path: path.to_path_buf(), at: 0, piece: vec![], used: 0, ready: None }
    }

    fn read(&mut self) -> io::Result<Option<Kept>> {
        if self.at == 0 && self.take(FIRST_LINE.len())? != Some(FIRST_LINE.into()) {
            return Ok(None);
        }
        let Some(head) = self.take(HEAD)? else { return Ok(None) };
        let time = head[..8].iter().rev().fold(0, |time, byte| time << 8 | u64::from(*byte));
        let length = usize::from(u16::from_le_bytes([head[10], head[11]]));
        let address = match head[9] {
            0 => return Ok(Some(Kept::Limit)),
            4 => 4,
            6 => 16,
            _ => return Ok(None),
        };
        let end = address + 2;
        let Some(rest) = self.take(2 * end + length)? else { return Ok(None) };
        let (own, peer) = (socket(&rest[..end]), socket(&rest[end..2 * end]));
        let received = head[8] == 1;
        let (src, dst) = if received { (peer, own) } else { (own, peer) };
        let packet = RtpPacket { time, src, dst, bytes: rest[2 * end..].to_vec() };
        Ok(Some(Kept::Packet { packet, received }))
    }

    /// The next bytes; none where the file has fewer.
    fn take(&mut self, length: usize) -> io::Result<Option<Vec<u8>>> {
        if self.piece.len() - self.used < length {
            self.piece.drain(..self.used);
            self.used = 0;
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(self.at))?;
            // a record fits: its length has two bytes
            self.at += file.take((2 * PIECE) as u64).read_to_end(&mut self.piece)? as u64;
        }
        let taken = self.piece.get(self.used..self.used + length).map(<[u8]>::to_vec);
        self.used += if taken.is_some() { length } else { 0 };
        Ok(taken)
    }
}

/// An address as in a packet, and a port.
fn socket(bytes: &[u8]) -> SocketAddr {
    let (address, port) = bytes.split_at(bytes.len() - 2);
    let v4 = <[u8; 4]>::try_from(address).map(|octets| IpAddr::V4(Ipv4Addr::from(octets)));
    let v6 = <[u8; 16]>::try_from(address).map(|octets| IpAddr::V6(Ipv6Addr::from(octets)));
    let address = v4.or(v6).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    SocketAddr::new(address, u16::from_le_bytes([port[0], port[1]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record as `rtpcapture.c` writes it, between two ports of 127.0.0.1.
    fn record(time: u64, received: bool, own: u16, peer: u16, bytes: &[u8]) -> Vec<u8> {
        let end = |port: u16| [&[127, 0, 0, 1][..], &port.to_le_bytes()].concat();
        let head = [&time.to_le_bytes()[..], &[received.into(), 4], &(bytes.len() as u16).to_le_bytes()].concat();
        [head, end(own), end(peer), bytes.to_vec()].concat()
    }

    /// The times and ports of the packets in files of these records.
    fn read(files: &[(&str, Vec<Vec<u8>>)]) -> (Vec<(u64, u16, u16)>, usize) {
        let data = tempfile::tempdir().unwrap();
        std::fs::create_dir(data.path().join("rtp")).unwrap();
        std::fs::write(data.path().join("events.jsonl"), "").unwrap();
        for (name, records) in files {
            let bytes = [FIRST_LINE.to_vec(), records.concat()].concat();
            std::fs::write(data.path().join("rtp").join(name), bytes).unwrap();
        }
        let mut packets = RtpPackets::open(&RunFolder::open(data.path()).unwrap()).unwrap();
        let mut found = vec![];
        for until in [50, u64::MAX] {
            while let Some(packet) = packets.next_until(until).unwrap() {
                assert!(packet.time <= until && packet.bytes.len() < 65_536);
                found.push((packet.time, packet.src.port(), packet.dst.port()));
            }
        }
        (found, packets.limited)
    }

    #[test]
    fn a_packet_between_two_agents_counts_once_by_the_time_it_was_sent() {
        let alice = vec![record(10, false, 1, 2, b"a"), record(33, true, 1, 2, b"b"), record(60, false, 1, 2, b"c")];
        let bob = vec![record(12, true, 2, 1, b"a"), record(31, false, 2, 1, b"b"), record(70, true, 2, 9, b"peer")];
        let (packets, limited) = read(&[("alice-1.rtp", alice), ("bob-1.rtp", bob)]);
        assert_eq!(packets, [(10, 1, 2), (31, 2, 1), (60, 1, 2), (70, 9, 2)]);
        assert_eq!(limited, 0);
    }

    #[test]
    fn a_file_ends_where_it_is_torn_limited_or_no_such_file() {
        let long = vec![7; 65_535];
        let whole = || vec![record(1, false, 1, 2, &long), record(2, false, 1, 2, &long), record(3, false, 1, 2, b"")];
        let torn = |cut: usize| {
            let mut bytes = whole().concat();
            bytes.truncate(bytes.len() - cut);
            read(&[("a.rtp", vec![bytes])]).0.len()
        };
        assert_eq!([0, 1, 24, 25, 65_560].map(torn), [3, 2, 2, 1, 1]);
        let limit = [&9_u64.to_le_bytes()[..], &[0; 4]].concat();
        let limited = vec![record(1, false, 1, 2, b"a"), limit, record(10, false, 1, 2, b"b")];
        assert_eq!(read(&[("a.rtp", limited)]), (vec![(1, 1, 2)], 1));
        let other = [&1_u64.to_le_bytes()[..], &[0, 5, 1, 0, 0]].concat();
        assert_eq!(read(&[("a.rtp", vec![other])]), (vec![], 0));
        assert_eq!(read(&[]), (vec![], 0));
    }
}
