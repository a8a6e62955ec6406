//! Telephone events (RFC 4733) whose packets come late, twice or not at all.

use super::{CALL, END, answer, end, with};
use crate::support::odd_peer::OddPeer;
use std::thread;

/// A packet: its number and timestamp, the key, how long it is held so far.
#[derive(Clone, Copy)]
struct Packet(u16, u32, u8, u16, Mark);

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    /// The first packet of a key.
    Start,
    More,
    End,
}

use Mark::{End, More, Start};

impl Packet {
    fn bytes(self) -> Vec<u8> {
        let Packet(sequence, timestamp, key, duration, mark) = self;
        let mut bytes = vec![0x80, if mark == Start { 0x80 | 101 } else { 101 }];
        bytes.extend(sequence.to_be_bytes());
        bytes.extend(timestamp.to_be_bytes());
        bytes.extend(7_u32.to_be_bytes());
        bytes.extend([key, if mark == End { 0x8a } else { 0x0a }]);
        bytes.extend(duration.to_be_bytes());
        bytes
    }
}

/// Sends the packets in this order, and then a key `#` that nothing happens to. The agent has to read the keys.
#[track_caller]
fn reads(packets: &[Packet], keys: &str) {
    let peer = OddPeer::new();
    let test = with(&peer, &format!("{CALL}await alice.dtmf(\"{keys}#\") within 20s;\n{END}"));
    thread::scope(|scope| {
        scope.spawn(|| {
            let events = "RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000";
            let invite = answer(&peer, &peer.sdp().replace("RTP/AVP 0", events));
            peer.rtp.recv_from(&mut [0; 2000]).expect("RTP");
            let last = [(900, 160, Start), (901, 320, More), (902, 320, End), (903, 320, End)];
            let last = last.map(|(number, duration, mark)| Packet(number, 4_000_000, 11, duration, mark));
            for packet in packets.iter().chain(&last) {
                peer.rtp.send_to(&packet.bytes(), invite.media()).expect("RTP is sent");
            }
            end(&peer);
        });
        test.run().exits(0);
    });
    let events = test.events();
    let started = events.iter().filter(|event| event["type"] == "CALL_DTMF_START");
    let started: String = started.map(|event| event["param"].as_str().expect("a key")).collect();
    let ended = events.iter().filter(|event| event["type"] == "CALL_DTMF_END").count();
    assert_eq!((started.as_str(), ended), (format!("{keys}#").as_str(), keys.len() + 1));
}

#[test]
fn packets_out_of_order_and_twice_are_one_key() {
    reads(
        &[
            // the first end overtakes a packet without
            Packet(10, 800, 5, 160, Start),
            Packet(11, 800, 5, 320, More),
            Packet(13, 800, 5, 640, End),
            Packet(12, 800, 5, 480, More),
            Packet(14, 800, 5, 640, End),
            Packet(15, 800, 5, 640, End),
            // the network doubles a packet
            Packet(20, 8000, 6, 160, Start),
            Packet(21, 8000, 6, 320, End),
            Packet(22, 8000, 6, 320, End),
            Packet(20, 8000, 6, 160, Start),
            Packet(23, 8000, 6, 320, End),
            Packet(30, 16_000, 7, 160, Start),
            Packet(31, 16_000, 7, 320, End),
            // a packet of the key before comes within the next one
            Packet(40, 24_000, 8, 160, Start),
            Packet(22, 8000, 6, 320, End),
            Packet(30, 16_000, 7, 160, Start),
            Packet(41, 24_000, 8, 320, End),
        ],
        "5678",
    );
}

#[test]
fn lost_packets_make_no_key_disappear() {
    reads(
        &[
            // no end, and the same key again
            Packet(10, 800, 5, 160, Start),
            Packet(11, 800, 5, 320, More),
            Packet(20, 8000, 5, 160, Start),
            Packet(21, 8000, 5, 320, End),
            // the first packet is lost as well
            Packet(30, 16_000, 5, 160, Start),
            Packet(41, 24_000, 5, 320, More),
            Packet(42, 24_000, 5, 480, End),
            // nothing but an end
            Packet(52, 32_000, 9, 480, End),
            Packet(53, 32_000, 9, 480, End),
        ],
        "55559",
    );
}

#[test]
fn a_long_key_is_one_key() {
    let segment = u32::from(u16::MAX);
    reads(
        &[
            // its duration does not fit: it goes on with a new timestamp (RFC 4733 section 2.5.1.3)
            Packet(10, 800, 1, 160, Start),
            Packet(11, 800, 1, u16::MAX, More),
            Packet(12, 800 + segment, 1, 160, More),
            Packet(13, 800 + segment, 1, 800, End),
            Packet(14, 800 + segment, 1, 800, End),
            // a sender that counts the timestamp up within a key
            Packet(20, 160_000, 2, 160, Start),
            Packet(21, 160_160, 2, 320, More),
            Packet(22, 160_320, 2, 480, More),
            Packet(23, 160_480, 2, 640, End),
            Packet(24, 160_640, 2, 640, End),
            Packet(25, 160_800, 2, 640, End),
        ],
        "12",
    );
}
