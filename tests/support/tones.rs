//! Tones in recordings.

use std::path::Path;

/// How much of a tone is in some samples, in amplitudes: Goertzel's algorithm.
pub fn amplitude(samples: &[f64], rate: usize, frequency: f64) -> f64 {
    let turn = 2.0 * (std::f64::consts::TAU * frequency / rate as f64).cos();
    let step = |(one, two): (f64, f64), sample: &f64| (sample + turn * one - two, one);
    let (one, two) = samples.iter().fold((0.0, 0.0), step);
    (one * one + two * two - turn * one * two).max(0.0).sqrt() * 2.0 / samples.len() as f64
}

/// The samples of a recording, and its rate.
pub fn samples(file: &Path) -> (Vec<f64>, usize) {
    let mut wav = hound::WavReader::open(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let rate = wav.spec().sample_rate as usize;
    (wav.samples::<i16>().map(|sample| f64::from(sample.expect("a sample"))).collect(), rate)
}

/// Which of these tones are heard in a recording, in their order; a tone counts where 100 ms have it and no other.
pub fn heard(file: &Path, tones: &[u32]) -> Vec<u32> {
    let (samples, rate) = samples(file);
    let tone = |piece: &[f64]| {
        let loud = |tone: &u32| amplitude(piece, rate, f64::from(*tone)) > 1000.0;
        let mut loud = tones.iter().copied().filter(loud);
        loud.next().filter(|_| loud.next().is_none())
    };
    let mut heard: Vec<u32> = samples.chunks_exact(rate / 10).filter_map(tone).collect();
    heard.dedup();
    heard
}
