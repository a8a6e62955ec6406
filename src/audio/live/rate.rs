//! A stream at another rate.
use super::super::resample::dot;

/// The rates that a stream may have: multiples of 8 kHz.
pub const RATES: [u32; 5] = [8000, 16_000, 24_000, 32_000, 48_000];
/// Zero crossings of the sinc on each side.
const CROSSINGS: usize = 8;

/// Brings a stream to 8 kHz.
pub struct Downsampler {
    factor: usize,
    taps: Vec<f32>,
    waiting: Vec<f32>,
}

impl Downsampler {
    /// For a stream of that rate. None if it is not one of [`RATES`].
    pub fn new(rate: u32) -> Option<Downsampler> {
        RATES.contains(&rate).then(|| {
            let factor = (rate / 8000) as usize;
            let taps = if factor == 1 { vec![1.0] } else { low_pass(factor) };
            // as if silence had come before
            Downsampler { factor, waiting: vec![0.0; taps.len() - 1], taps }
        })
    }

    /// The samples at 8 kHz that these complete.
    pub fn push(&mut self, samples: &[f32]) -> Vec<f32> {
        if self.factor == 1 {
            return samples.to_vec();
        }
        self.waiting.extend_from_slice(samples);
        let mut result = Vec::with_capacity(samples.len() / self.factor + 1);
        let mut start = 0;
        while start + self.taps.len() <= self.waiting.len() {
            result.push(dot(&self.taps, &self.waiting[start..start + self.taps.len()]));
            start += self.factor;
        }
        self.waiting.drain(..start);
        result
    }
}

/// Brings a stream from 8 to 16 kHz.
pub struct Doubler {
    taps: Vec<f32>,
    waiting: Vec<f32>,
}

impl Doubler {
    pub fn new() -> Doubler {
        let taps: Vec<f32> = low_pass(2).into_iter().skip(1).step_by(2).map(|tap| 2.0 * tap).collect();
        Doubler { waiting: vec![0.0; taps.len() - 1], taps }
    }

    /// Twice as many samples, half a millisecond to a millisecond later.
    pub fn push(&mut self, samples: &[f32]) -> Vec<f32> {
        self.waiting.extend_from_slice(samples);
        let middle = self.taps.len() / 2;
        let windows = self.waiting.windows(self.taps.len());
        let result = windows.flat_map(|window| [window[middle - 1], dot(&self.taps, window)]).collect();
        let kept = self.waiting.len() - (self.taps.len() - 1);
        self.waiting.drain(..kept);
        result
    }
}

/// A windowed sinc that passes what lies below half the lower rate, and lets it as loud as it is.
fn low_pass(factor: usize) -> Vec<f32> {
    let half = (CROSSINGS * factor) as isize;
    let cut = 0.92 / factor as f64;
    let taps: Vec<f64> = (-half..=half)
        .map(|place| {
            let turn = std::f64::consts::PI * place as f64;
            let sinc = if place == 0 { 1.0 } else { (cut * turn).sin() / (cut * turn) };
            sinc * (0.5 + 0.5 * (turn / (half + 1) as f64).cos())
        })
        .collect();
    let sum: f64 = taps.iter().sum();
    taps.into_iter().map(|tap| (tap / sum) as f32).collect()
}
