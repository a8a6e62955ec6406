//! What an agent sends, by what the other side receives: silence, a sound, and what follows its end.

use crate::support::odd_peer::{OddPeer, Received};
use crate::support::{OLD_BARESIP, Telefonist, tones};
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
            // a busy machine may send silence before the sound, or leave out a part of it
            let sounded = sounding(peer, 4 * PACKETS);
            assert!((1..=PACKETS).contains(&sounded), "{sounded}");
            assert_eq!(sounding(peer, 50), 0);
            hang_up(peer, invite);
        });
    }
}

#[test]
fn a_sound_may_begin_again_at_its_end() {
    call("audio: \"short.wav\", on_end: \"again\"", ENDED, |peer, invite| {
        let sounded = sounding(peer, 10 * PACKETS);
        assert!(sounded > 5 * PACKETS, "{sounded}");
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

/// The tones of alice.wav, charlie.wav and wide.wav, Hz.
const TONES: [u32; 3] = [440, 1700, 2500];

/// A test with a sound of its own, which has another rate than the others and two channels.
fn with_wide_sound(name: &str, text: &str) -> Telefonist {
    let test = Telefonist::new("run").argument(name).file(name, text);
    let folder = test.folder.path().join("data/sounds");
    std::fs::create_dir_all(&folder).expect("a folder");
    let (channels, sample_rate, sample_format) = (2, 16_000, hound::SampleFormat::Int);
    let spec = hound::WavSpec { channels, sample_rate, bits_per_sample: 16, sample_format };
    let mut sound = hound::WavWriter::create(folder.join("wide.wav"), spec).expect("a file");
    for n in 0..10 * sample_rate {
        let turns = f64::from(n) * f64::from(TONES[2]) / f64::from(sample_rate);
        let sample = ((turns * std::f64::consts::TAU).sin() * 8000.0) as i16;
        (0..channels).for_each(|_| sound.write_sample(sample).expect("a sample"));
    }
    sound.finalize().expect("a file");
    test
}

fn heard(test: &Telefonist, recording: &str) -> Vec<u32> {
    tones::heard(&test.run_folder().join("recordings").join(recording), &TONES)
}

#[test]
fn an_agent_changes_its_sound_in_a_call_and_for_later_ones() {
    let script = "let alice = agent(\"alice\", #{ audio: \"alice.wav\" });\nlet bob = agent(\"bob\");\n\
                  fn ring(alice, bob) { alice.dial(bob); await bob.event(\"CALL_INCOMING\"); }\n\
                  fn end(alice, bob) { alice.hangup(); await bob.closed(); }\n\
                  ring(alice, bob); bob.accept(); await bob.event(\"CALL_ESTABLISHED\");\n\
                  sleep(1s); alice.audio(\"charlie.wav\");\n\
                  sleep(1s); alice.cmd(\"ausrc aufile,wide.wav\");\n\
                  sleep(1s); alice.cmd(\"ausrc\", \"aufile,alice.wav\"); sleep(1s); end(alice, bob);\n\
                  ring(alice, bob); alice.audio(\"charlie.wav\"); bob.accept(); await bob.event(\"CALL_ESTABLISHED\");\n\
                  sleep(1s); end(alice, bob);\n\
                  ring(alice, bob); bob.accept(); await bob.event(\"CALL_ESTABLISHED\"); sleep(1s);\n";
    let test = with_wide_sound("call.rhai", script);
    test.run().exits(0);
    let calls = ["bob-1.wav", "bob-2.wav", "bob-3.wav"].map(|name| heard(&test, name));
    assert_eq!(calls, [vec![440, 1700, 2500, 440], vec![1700], vec![1700]]);
}

#[test]
fn a_testfile_changes_the_sound_of_an_agent() {
    let call = "_define ua1 sip:alice@127.0.0.1\n_define ua2 sip:bob@127.0.0.1\n\
                uanew <ua1>;regint=0\nuanew <ua2>;regint=0\n\
                ua1:dial ua2|300ms|ua2:accept|1s|ua1:ausrc aufile,charlie.wav|1s|ua1:ausrc aufile,wide.wav|1s|ua1:hangup|500ms\n";
    let test = with_wide_sound("call", call);
    test.run().exits(0);
    assert_eq!(heard(&test, "bob-1.wav"), [1700, 2500]);
}

#[test]
fn a_sound_that_an_agent_cannot_change_to_is_refused() {
    let alice = "let alice = agent(\"alice\"); let no = \"no\";\n";
    for (command, code, says) in [
        ("alice.audio(no + \"ne.wav\");", 3, "there is no sound file `none.wav`"),
        ("alice.cmd(\"ausrc aufile,/etc/\" + no);", 3, "`/etc/no` is not the name of a sound file"),
        ("alice.cmd(\"ausrc  AUFILE,../\" + no);", 3, "`../no` is not the name of a sound file"),
        ("alice.cmd(\"ausrc nonsense,x\");", 1, "no such audio-source: nonsense"),
        ("alice.cmd(\"ausrc nonsense\");", 1, "Format should be"),
    ] {
        let test = Telefonist::new("run call.rhai").file("call.rhai", &format!("strict();\n{alice}{command}\n"));
        test.run().exits(code).says(says).says("call.rhai:3");
    }
}
