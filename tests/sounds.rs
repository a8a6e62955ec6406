//! What an agent sends, by what the other side receives: silence, a sound, and what follows its end.

use crate::support::odd_peer::{OddPeer, Received};
use crate::support::{OLD_BARESIP, Telefonist};
use std::thread;
use std::time::Duration;

/// Silence in PCMU.
const SILENT: u8 = 0xff;
/// Of 20 ms each, in `short.wav`.
const PACKETS: usize = 5;

/// Runs a test in which `alice`, made with these options, calls the peer, which answers and does the rest with her INVITE.
fn call(options: &str, script: &str, then: impl FnOnce(&OddPeer, &Received) + Send) {
    let peer = OddPeer::new();
    peer.rtp.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    let test = Telefonist::new("run call.rhai --define").argument(format!("PEER={}", peer.address()));
    let begin =
        format!("let alice = agent(\"alice\", #{{ {options} }});\nalice.dial(\"sip:peer@\" + param(\"PEER\"));\n");
    let test = test.file("call.rhai", &format!("{begin}{script}"));
    let folder = test.folder.path().join("data/sounds");
    std::fs::create_dir_all(&folder).expect("a folder");
    let spec =
        hound::WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut sound = hound::WavWriter::create(folder.join("short.wav"), spec).expect("a file");
    (0..PACKETS * 160).for_each(|_| sound.write_sample(8000_i16).expect("a sample"));
    sound.finalize().expect("a file");
    thread::scope(|scope| {
        let acted = scope.spawn(|| {
            let invite = peer.receive("INVITE");
            peer.respond(&invite, "200 OK", "a", &peer.sdp());
            peer.receive("ACK");
            then(&peer, &invite);
        });
        let done = test.run();
        assert!(acted.join().is_ok(), "the peer heard something else: {}{}", done.stdout, done.stderr);
        done.exits(0);
    });
}

/// How many of the next packets sound; their numbers follow each other.
fn sounding(peer: &OddPeer, count: usize) -> usize {
    let mut last: Option<u16> = None;
    let mut sounds = |_: &usize| {
        let mut bytes = [0; 2000];
        let length = peer.rtp.recv(&mut bytes).expect("RTP goes on");
        assert_eq!(length, 172, "20 ms of PCMU");
        let number = u16::from_be_bytes([bytes[2], bytes[3]]);
        assert!(last.is_none_or(|last| last.wrapping_add(1) == number), "{number} after {last:?}");
        last = Some(number);
        bytes[12..length].iter().any(|sample| *sample != SILENT)
    };
    (0..count).filter(|n| sounds(n)).count()
}

fn hang_up(peer: &OddPeer, invite: &Received) {
    peer.request_within(invite, "a", "BYE", 9, "");
    peer.receive("SIP/2.0 200");
}

#[test]
fn an_agent_without_a_sound_sends_silence() {
    call("", "await alice.closed(\"remote\") within 30s;\n", |peer, invite| {
        assert_eq!(sounding(peer, 100), 0);
        hang_up(peer, invite);
    });
}

/// The sound has ended, and the peer hung up later.
const ENDED: &str = "await alice.event(\"END_OF_FILE\") within 20s;\nawait alice.closed(\"remote\") within 30s;\n";

#[test]
fn after_the_end_of_a_sound_rtp_goes_on() {
    for options in ["audio: \"short.wav\"", "audio: \"short.wav\", on_end: \"silence\""] {
        call(options, ENDED, |peer, invite| {
            assert_eq!((sounding(peer, PACKETS), sounding(peer, 50)), (PACKETS, 0));
            hang_up(peer, invite);
        });
    }
}

#[test]
fn a_sound_may_begin_again_at_its_end() {
    call("audio: \"short.wav\", on_end: \"again\"", ENDED, |peer, invite| {
        assert_eq!(sounding(peer, 10 * PACKETS), 10 * PACKETS);
        hang_up(peer, invite);
    });
}

#[test]
fn an_agent_may_hang_up_at_the_end_of_its_sound() {
    let script = "await alice.event(\"END_OF_FILE\") within 20s;\nawait alice.closed(\"end of file\") within 20s;\n";
    call("audio: \"short.wav\", on_end: \"hangup\"", script, |peer, _| {
        peer.respond(&peer.receive("BYE"), "200 OK", "a", "");
    });
    let old = Telefonist::new("run call.rhai --baresip").argument(OLD_BARESIP);
    let old = old.file(
        "call.rhai",
        "agent(\"alice\", #{ audio: \"alice.wav\", on_end: \"again\" }).options(\"sip:x@127.0.0.1:9\");\n",
    );
    old.run().exits(3).says("is for the embedded agent");
}
