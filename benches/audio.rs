//! What it costs to analyse a minute of a call, in a release build: each part, and all that a report needs without a quality score.
//!
//! `make bench` prints the figures; nothing fails by them, for machines differ.

use std::hint::black_box;
use std::time::Instant;

use telefonist::audio::bands::BandSpectrogram;
use telefonist::audio::pilot::{PilotDetector, pilot_seed};
use telefonist::audio::{Sound, align, cadence, dtmf, levels, pilot, prompt, quality, read, silence, speech, steady};

const ROUNDS: usize = 5;

fn main() {
    let voices = ["alice", "bob", "charlie"].map(voice);
    let repeated: Vec<f32> = voices.iter().flat_map(|sound| sound.samples.clone()).collect();
    let minute = Sound::new(8000, repeated.iter().copied().cycle().take(60 * 8000).collect());
    let marked = pilot::mix_pilot(&minute, pilot_seed("alice"));
    let prompts: Vec<BandSpectrogram> = voices.iter().map(BandSpectrogram::new).collect();
    let names = ["alice", "bob", "charlie", "dora", "emil", "fritz", "gerda", "hans"];
    let detector = PilotDetector::new(&names.map(pilot_seed));
    let bands = BandSpectrogram::new(&minute);

    println!("a minute of a call, 8 kHz, one direction:");
    let mut all = 0.0;
    let mut add = |what: &str, work: &mut dyn FnMut()| all += measured(what, work);
    add("levels", &mut || _ = black_box(levels::measure_levels(&minute)));
    add("silence", &mut || _ = black_box(silence::find_silence(&minute, silence::NOTHING_DBFS, 0.1)));
    add("tones", &mut || _ = black_box(cadence::name_tones(&minute)));
    add("digits", &mut || _ = black_box(dtmf::find_digits(&minute)));
    add("hum", &mut || _ = black_box(steady::find_hum(&minute)));
    add("speech, with steady tones", &mut || _ = black_box(speech::find_speech(&minute)));
    add("bands", &mut || _ = black_box(BandSpectrogram::new(&minute)));
    add("three prompts", &mut || _ = black_box(prompt::rank_prompts(&prompts, &bands)));
    add("delay", &mut || _ = black_box(align::find_delay(&voices[0], &minute)));
    add("pilots of 8 agents", &mut || _ = black_box(detector.find_pilots(&marked)));
    println!("  {:30} {all:8.1} ms", "all of these");
    measured("pilots of 8 agents, none there", &mut || _ = black_box(detector.find_pilots(&minute)));
    measured("a quality score of 4.85 s", &mut || _ = black_box(quality::measure_quality(&voices[0], &voices[0])));
}

fn voice(name: &str) -> Sound {
    let path = format!("{}/data/sounds/{name}_speech.wav", env!("CARGO_MANIFEST_DIR"));
    read::read_wav(&std::fs::read(path).expect("a file")[..]).expect("a sound").sound
}

/// The shortest of some rounds, in milliseconds.
fn measured(what: &str, work: &mut dyn FnMut()) -> f64 {
    let round = |_| {
        let begun = Instant::now();
        work();
        begun.elapsed().as_secs_f64() * 1000.0
    };
    let best = (0..ROUNDS).map(round).fold(f64::MAX, f64::min);
    println!("  {what:30} {best:8.1} ms");
    best
}
