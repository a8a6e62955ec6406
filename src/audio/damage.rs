//! Sounds for the tests, and damage done to them. Deterministic.
use std::f64::consts::TAU;

use super::levels::power_of;
use super::{Sound, Span};

/// The speech of a voice at 8 kHz.
pub fn speech(name: &str) -> Sound {
    let bytes: &[u8] = match name {
        "alice" => include_bytes!("../../data/sounds/alice_speech.wav"),
        "bob" => include_bytes!("../../data/sounds/bob_speech.wav"),
        _ => include_bytes!("../../data/sounds/charlie_speech.wav"),
    };
    super::read::read_wav(bytes).expect("it is a sound").sound
}

/// Numbers that look random, the same each time (xorshift).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// From 0 to 1.
    pub fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normally distributed, of deviation 1.
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.next().max(1e-12).ln()).sqrt() * (TAU * self.next()).cos()
    }
}

pub fn silent(seconds: f64) -> Sound {
    Sound::new(8000, vec![0.0; (seconds * 8000.0) as usize])
}

pub fn sine(hz: f64, dbfs: f64, seconds: f64) -> Sound {
    let size = (2.0 * power_of(dbfs)).sqrt();
    Sound::new(
        8000,
        (0..(seconds * 8000.0) as usize).map(|i| (size * (TAU * hz * i as f64 / 8000.0).sin()) as f32).collect(),
    )
}

pub fn white_noise(dbfs: f64, seconds: f64) -> Sound {
    let (mut random, size) = (Random::new(5), power_of(dbfs).sqrt());
    Sound::new(8000, (0..(seconds * 8000.0) as usize).map(|_| (size * random.normal()) as f32).collect())
}

/// Both at once, as long as the longer one.
pub fn mixed(a: &Sound, b: &Sound) -> Sound {
    let length = a.samples.len().max(b.samples.len());
    let at = |sound: &Sound, i: usize| sound.samples.get(i).copied().unwrap_or(0.0);
    Sound::new(a.rate, (0..length).map(|i| at(a, i) + at(b, i)).collect())
}

pub fn with_noise(sound: &Sound, dbfs: f64) -> Sound {
    mixed(sound, &white_noise(dbfs, sound.seconds()))
}

pub fn joined(parts: &[Sound]) -> Sound {
    Sound::new(8000, parts.iter().flat_map(|part| part.samples.iter().copied()).collect())
}

/// After this many seconds of the noise that the speech files have.
pub fn delayed(sound: &Sound, seconds: f64) -> Sound {
    joined(&[white_noise(-60.0, seconds), sound.clone()])
}

/// Louder by this many dB; what is above full scale is cut.
pub fn gained(sound: &Sound, db: f64) -> Sound {
    let gain = 10_f64.powf(db / 20.0) as f32;
    Sound::new(sound.rate, sound.samples.iter().map(|value| value * gain).collect())
}

/// Driven this far (dB) into clipping, and as loud as before.
pub fn clipped(sound: &Sound, db: f64) -> Sound {
    let peak = sound.samples.iter().fold(0.0_f32, |peak, value| peak.max(value.abs()));
    let limit = peak * 10_f64.powf(-db / 20.0) as f32;
    let cut = Sound::new(sound.rate, sound.samples.iter().map(|value| value.clamp(-limit, limit)).collect());
    let (before, after) = (super::levels::measure_levels(sound).rms_dbfs, super::levels::measure_levels(&cut).rms_dbfs);
    gained(&cut, (before - after).min(18.0))
}

/// With zeros from a time on.
pub fn cut_out(sound: &Sound, from: f64, seconds: f64) -> Sound {
    let (from, to) = ((from * 8000.0) as usize, ((from + seconds) * 8000.0) as usize);
    let keep = |(i, value): (usize, &f32)| if (from..to).contains(&i) { 0.0 } else { *value };
    Sound::new(sound.rate, sound.samples.iter().enumerate().map(keep).collect())
}

pub fn reversed(sound: &Sound) -> Sound {
    Sound::new(sound.rate, sound.samples.iter().rev().copied().collect())
}

pub fn swapped_halves(sound: &Sound) -> Sound {
    let half = sound.seconds() / 2.0;
    joined(&[sound.part(Span { from: half, to: 99.0 }), sound.part(Span { from: 0.0, to: half })])
}

pub fn with_echo(sound: &Sound, seconds: f64, db: f64) -> Sound {
    mixed(sound, &gained(&joined(&[silent(seconds), sound.clone()]), db))
}

/// Without a share of its packets of 20 ms. Concealed: the last packet again, 6 dB quieter each time.
pub fn with_loss(sound: &Sound, share: f64, concealed: bool, seed: u64) -> Sound {
    let mut random = Random::new(seed);
    let mut last = vec![0.0; 160];
    let mut samples = Vec::with_capacity(sound.samples.len());
    for packet in sound.samples.chunks(160) {
        let lost = random.next() < share;
        let heard = match (lost, concealed) {
            (false, _) => packet.to_vec(),
            (true, false) => vec![0.0; packet.len()],
            (true, true) => last.iter().take(packet.len()).map(|value| value * 0.5).collect(),
        };
        samples.extend_from_slice(&heard);
        last = heard;
    }
    Sound::new(sound.rate, samples)
}
