//! Each codec of the embedded agent, in the clear and encrypted, by what both sides heard of each other.

use crate::support::{Telefonist, repository};
use std::ops::RangeInclusive;
use std::path::Path;
use std::thread;
use telefonist::audio::bands::BandSpectrogram;
use telefonist::audio::prompt::compare_prompt;
use telefonist::audio::quality::measure_quality;
use telefonist::audio::read::read_wav;
use telefonist::audio::{Sound, Span};

/// A codec, and what becomes of speech that goes through it.
struct Codec {
    /// As in `audio_codecs`.
    name: &'static str,
    /// Whether it carries what is above 4 kHz.
    wide: bool,
    /// The PESQ scores of the first two seconds of both voices (measured), with 0.35 to spare: a codec that alters
    /// the sound less is another one, too.
    quality: RangeInclusive<f64>,
}

const PCMU: Codec = Codec { name: "PCMU", wide: false, quality: 4.0..=4.6 };
const GSM: Codec = Codec { name: "GSM", wide: false, quality: 2.3..=3.5 };

/// The account's parameter, and the protocol that both sides then report.
const ENCRYPTIONS: [(&str, &str); 3] =
    [("", "RTP/AVP"), (", mediaenc: \"srtp-mand\"", "RTP/SAVP"), (", mediaenc: \"dtls_srtp\"", "UDP/TLS/RTP/SAVPF")];

fn sound(path: &Path) -> Sound {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    read_wav(bytes.as_slice()).unwrap_or_else(|error| panic!("{}: {error}", path.display())).sound
}

fn speech(agent: &str, wide: bool) -> String {
    format!("{agent}_speech{}.wav", if wide { "_16k" } else { "" })
}

/// A call of three seconds, each side with its own voice.
fn call(codec: &Codec, encryption: &str) -> Telefonist {
    let agent = |name: &str| {
        let (codec_name, audio) = (codec.name, speech(name, codec.wide));
        format!(
            "let {name} = agent(\"{name}\", #{{ audio: \"{audio}\", audio_codecs: \"{codec_name}\"{encryption} }});\n"
        )
    };
    let secured = if encryption.is_empty() { "" } else { ", alice.event(\"CALL_MENC\"), bob.event(\"CALL_MENC\")" };
    let script = format!(
        "{}{}alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\") within 20s;\nbob.accept();\n\
         await all([alice.event(\"CALL_RTPESTAB\"), bob.event(\"CALL_RTPESTAB\"){secured}]) within 20s;\n\
         sleep(3s);\nalice.hangup();\nawait bob.closed() within 20s;\n",
        agent("alice"),
        agent("bob"),
    );
    let test = Telefonist::new("run call.rhai").file("call.rhai", &script);
    let sounds = test.folder.path().join("data/sounds");
    std::fs::create_dir_all(&sounds).expect("a folder");
    for name in ["alice", "bob"].map(|agent| speech(agent, codec.wide)) {
        std::fs::copy(repository().join("data/sounds").join(&name), sounds.join(&name)).expect("a copy");
    }
    test.run().exits(0);
    test
}

/// The share of a sound's energy that is above 4 kHz.
fn above_4_khz(sound: &Sound) -> f64 {
    let narrow = sound.at_rate(8000).at_rate(sound.rate).into_owned();
    let energy = |samples: &[f32]| samples.iter().map(|sample| f64::from(sample * sample)).sum::<f64>();
    let above: Vec<f32> = sound.samples.iter().zip(&narrow.samples).map(|(all, below)| all - below).collect();
    energy(&above) / energy(&sound.samples).max(1e-9)
}

/// What is wrong with what was heard of a voice, if anything is.
fn fault(heard: &Sound, sent: &Sound, codec: &Codec) -> Option<String> {
    let heard = heard.part(Span { from: 0.0, to: 1.9 });
    if heard.seconds() < 1.5 {
        return Some(format!("only {} s were heard", heard.seconds()));
    }
    // what was heard has to be found in what was sent
    let Some(found) = compare_prompt(&BandSpectrogram::new(&heard), &BandSpectrogram::new(sent)) else {
        return Some("what was heard is too short".into());
    };
    if !(found.is_heard() && found.is_whole() && found.score > 0.8 && found.gain_db.abs() < 3.0) {
        return Some(format!("another sound: {found:?}"));
    }
    let from = found.starts_at.max(0.0);
    let reference = sent.part(Span { from, to: from + heard.seconds() });
    match measure_quality(&reference, &heard) {
        Ok(quality) if codec.quality.contains(&quality) => {}
        other => return Some(format!("the quality is {other:?}, not within {:?}", codec.quality)),
    }
    let (came, went) = (above_4_khz(&heard), above_4_khz(&reference));
    (codec.wide && came < went / 3.0).then(|| format!("above 4 kHz is {came:.5} of the sound, {went:.5} was sent"))
}

/// Who hears whom in a call.
const HEARD: [(&str, &str); 2] = [("bob", "alice"), ("alice", "bob")];
/// A busy machine may leave out parts of a sound: so often the calls are made until each side has heard the other.
const ATTEMPTS: usize = 4;

/// Makes a call for each encryption, all at once, until both sides of each have heard the other as the codec lets them.
/// Returns the last call of each. The sounds are compared when the calls are over: that would disturb them.
fn heard_whole(codec: &Codec, encryptions: &[&str]) -> Vec<Telefonist> {
    let mut left: Vec<_> = encryptions.iter().flat_map(|encryption| HEARD.map(|heard| (*encryption, heard))).collect();
    let mut faults = vec![];
    for _ in 0..ATTEMPTS {
        let calls = thread::scope(|scope| {
            let calls: Vec<_> = encryptions.iter().map(|encryption| scope.spawn(|| call(codec, encryption))).collect();
            calls.into_iter().map(|call| call.join().expect("a call")).collect::<Vec<_>>()
        });
        faults.clear();
        left.retain(|(encryption, (by, of))| {
            let test = &calls[encryptions.iter().position(|known| known == encryption).expect("its call")];
            let heard = sound(&test.run_folder().join(format!("recordings/{by}-1.wav")));
            let sent = sound(&repository().join("data/sounds").join(speech(of, codec.wide)));
            let fault = fault(&heard, &sent, codec);
            faults.extend(fault.iter().map(|fault| format!("{encryption}: {by} did not hear {of}: {fault}")));
            fault.is_some()
        });
        if left.is_empty() {
            return calls;
        }
    }
    panic!("{}: {faults:#?}", codec.name);
}

fn both_hear(codec: &Codec) {
    let calls = heard_whole(codec, &ENCRYPTIONS.map(|(encryption, _)| encryption));
    for (test, (_, protocol)) in calls.iter().zip(ENCRYPTIONS) {
        let events = test.events();
        let reports: Vec<_> = events.iter().filter(|event| event["type"] == "AUDIO_REPORT").collect();
        assert_eq!(reports.len(), 2, "{events:?}");
        for fields in reports.iter().map(|report| &report["fields"]) {
            assert_eq!((&fields["codec"], &fields["protocol"]), (&codec.name.into(), &protocol.into()));
        }
    }
}

#[test]
fn pcmu() {
    both_hear(&PCMU);
}

#[test]
fn pcma() {
    both_hear(&Codec { name: "PCMA", wide: false, quality: 4.0..=4.6 });
}

#[test]
fn g722() {
    both_hear(&Codec { name: "G722", wide: true, quality: 3.8..=4.55 });
}

#[test]
fn opus() {
    both_hear(&Codec { name: "opus", wide: true, quality: 3.9..=4.6 });
}

#[test]
fn gsm() {
    both_hear(&GSM);
}

#[test]
fn amr() {
    both_hear(&Codec { name: "AMR", wide: false, quality: 2.9..=3.8 });
}

#[test]
fn amr_wb() {
    both_hear(&Codec { name: "AMR-WB", wide: true, quality: 3.4..=4.2 });
}

#[test]
fn g726_at_each_rate() {
    for (name, quality) in
        [("G726-40", 3.35..=4.25), ("G726-32", 2.3..=3.15), ("G726-24", 1.75..=2.7), ("G726-16", 1.3..=2.1)]
    {
        both_hear(&Codec { name, wide: false, quality });
    }
}

#[test]
fn g729() {
    both_hear(&Codec { name: "G729", wide: false, quality: 2.45..=3.4 });
}

#[test]
fn another_codec_another_voice_and_silence_are_faults() {
    let heard = |codec: &Codec| sound(&heard_whole(codec, &[""])[0].run_folder().join("recordings/bob-1.wav"));
    let of = |agent: &str, wide: bool| sound(&repository().join("data/sounds").join(speech(agent, wide)));
    let (pcmu, gsm) = (heard(&PCMU), heard(&GSM));
    let alice = of("alice", false);
    let wrong = |heard: &Sound, sent: &Sound, codec: &Codec, why: &str| {
        let fault = fault(heard, sent, codec).unwrap_or_else(|| panic!("no fault: {why}"));
        assert!(fault.contains(why), "{fault}");
    };
    assert_eq!(fault(&pcmu, &alice, &PCMU), None);
    wrong(&pcmu, &alice, &GSM, "the quality is");
    wrong(&gsm, &alice, &PCMU, "the quality is");
    wrong(&pcmu, &of("bob", false), &PCMU, "another sound");
    wrong(&Sound::new(8000, vec![0.0; 16_000]), &alice, &PCMU, "another sound");
    wrong(&pcmu.part(Span { from: 0.0, to: 1.0 }), &alice, &PCMU, "only 1 s");
    let narrow = Codec { name: "G722", wide: true, quality: 1.0..=4.6 };
    wrong(&pcmu, &of("alice", true), &narrow, "above 4 kHz");
}
