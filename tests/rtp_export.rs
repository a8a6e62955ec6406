//! The RTP of a call in its capture, as tshark reads it.

use crate::export::tshark;
use crate::support::{Telefonist, repository};
use std::collections::BTreeMap;
use std::path::Path;
use telefonist::audio::Sound;
use telefonist::audio::bands::BandSpectrogram;
use telefonist::audio::prompt::compare_prompt;
use telefonist::audio::read::read_wav;

/// The packets of a stream, by SSRC: time in seconds, source port, sequence number, payload type and payload.
type Streams = BTreeMap<String, Vec<(f64, String, u16, String, Vec<u8>)>>;

/// A call of a second; alice and bob send their voices.
fn call(account: &str) -> Telefonist {
    let script = format!(
        "let alice = agent(\"alice\", #{{ audio: \"alice_speech.wav\", audio_codecs: \"PCMU\"{account} }});\n\
         let bob = agent(\"bob\", #{{ audio: \"bob_speech.wav\", audio_codecs: \"PCMU\"{account} }});\n\
         alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\") within 20s;\nbob.accept();\n\
         await all([alice.event(\"CALL_RTPESTAB\"), bob.event(\"CALL_RTPESTAB\")]) within 20s;\n\
         sleep(2s);\nalice.hangup();\nawait bob.closed() within 20s;\n"
    );
    let test = Telefonist::new("run call.rhai").file("call.rhai", &script);
    test.run().exits(0);
    test
}

fn streams(capture: &Path, arguments: &[&str]) -> Streams {
    let fields = ["frame.time_epoch", "udp.srcport", "rtp.ssrc", "rtp.seq", "rtp.p_type", "rtp.payload"];
    let mut all = vec!["-Y", "rtp", "-T", "fields"];
    fields.iter().for_each(|field| all.extend(["-e", field]));
    let mut streams = Streams::new();
    for line in tshark(capture, &[&all, arguments].concat()).lines() {
        let field: Vec<&str> = line.split('\t').collect();
        let payload = field[5].replace(':', "");
        let byte = |at: usize| u8::from_str_radix(&payload[at..at + 2], 16).expect("bytes in hexadecimal");
        let bytes = (0..payload.len()).step_by(2).map(byte).collect();
        let (time, sequence) = (field[0].parse().expect("a time"), field[3].parse().expect("a number"));
        let packet = (time, field[1].to_string(), sequence, field[4].to_string(), bytes);
        streams.entry(field[2].to_string()).or_default().push(packet);
    }
    streams
}

/// A sample in µ-law (ITU-T G.711).
fn linear(code: u8) -> i16 {
    let code = !code;
    let value = ((i16::from(code & 15) << 3) + 0x84) << (code >> 4 & 7);
    if code & 0x80 == 0 { value - 0x84 } else { 0x84 - value }
}

/// That the capture has one stream of each agent, whole, each once and in order, with its own voice.
fn both_voices(capture: &Path, arguments: &[&str]) {
    let streams = streams(capture, arguments);
    assert_eq!(streams.len(), 2, "{:?}", streams.keys());
    let mut voices = vec![];
    for packets in streams.values() {
        assert!(packets.len() > 40, "{}", packets.len());
        assert!(packets.iter().all(|(_, port, _, codec, _)| *port == packets[0].1 && codec == "0"));
        assert!(packets.windows(2).all(|pair| pair[0].2.wrapping_add(1) == pair[1].2 && pair[0].0 <= pair[1].0));
        let pcm: Vec<i16> = packets.iter().flat_map(|packet| &packet.4).map(|code| linear(*code)).collect();
        let heard = BandSpectrogram::new(&Sound::from_pcm16(8000, &pcm));
        voices.extend(["alice", "bob"].into_iter().filter(|agent| {
            let file = repository().join(format!("data/sounds/{agent}_speech.wav"));
            let sent = read_wav(std::fs::File::open(file).expect("speech")).expect("a sound").sound;
            compare_prompt(&heard, &BandSpectrogram::new(&sent)).is_some_and(|found| found.score > 0.7)
        }));
    }
    voices.sort_unstable();
    assert_eq!(voices, ["alice", "bob"]);
}

/// The times of what a filter finds, in seconds.
fn times(capture: &Path, filter: &str) -> Vec<f64> {
    let text = tshark(capture, &["-Y", filter, "-T", "fields", "-e", "frame.time_epoch"]);
    text.lines().map(|line| line.parse().expect("a time")).collect()
}

#[test]
fn rtp_is_in_the_capture_between_the_messages_of_its_call() {
    let test = call("");
    let capture = test.folder.path().join("run.pcap");
    test.then("export last --format pcap -o run.pcap").exits(0).never_says("warning");
    both_voices(&capture, &[]);
    let (invite, bye) = (times(&capture, "sip.Method == INVITE")[0], times(&capture, "sip.Method == BYE")[0]);
    let rtp = times(&capture, "rtp");
    assert!(rtp[0] > invite && rtp.iter().all(|time| *time < bye + 1.0), "{invite} {bye} {rtp:?}");
    let frames = times(&capture, "frame");
    assert!(frames.windows(2).all(|pair| pair[0] <= pair[1]), "by their times: {frames:?}");
    test.then("export last --format pcap --no-rtp -o without.pcap").exits(0).never_says("warning");
    let without = test.folder.path().join("without.pcap");
    assert_eq!(times(&without, "rtp || rtcp"), [0.0; 0]);
    assert_eq!(times(&without, "sip"), times(&capture, "sip"));
    test.then("export last --format sip --no-rtp -o x").exits(2).says("there is no RTP in the format sip");
    // an older run
    std::fs::remove_dir_all(test.run_folder().join("rtp")).expect("packets were kept");
    test.then("export last --format pcap -o older.pcap").exits(0).never_says("warning");
    let bytes = |name: &str| std::fs::read(test.folder.path().join(name)).expect("a capture");
    assert_eq!(bytes("older.pcap"), bytes("without.pcap"));
}

#[test]
fn the_rtp_of_encrypted_calls_is_in_the_capture_in_the_clear() {
    for encryption in ["srtp-mand", "dtls_srtp"] {
        let test = call(&format!(", mediaenc: \"{encryption}\""));
        let capture = test.folder.path().join("run.pcap");
        let options = "-o sdp.establish_conversation:FALSE --enable-heuristic rtp_udp";
        test.then("export last --format pcap -o run.pcap").exits(0).says(options);
        both_voices(&capture, &options.split(' ').collect::<Vec<_>>());
    }
}
