//! What is heard in a sound: pure functions over PCM samples.
//!
//! Nothing here knows of agents, calls or files. Levels are dBFS: 10 log10 of the mean
//! square at full scale 1.0, so that a full-scale sine has -3.0 (G.711: dBm0 = dBFS + 6.15). Times are
//! seconds from the start of the sound. Most methods were measured at 8 kHz and convert to it first.
//!
//! - [`levels`], [`silence`]: how loud, clipped, where nothing is heard
//! - [`tones`], [`tone_table`], [`cadence`], [`dtmf`], [`steady`]: tones by frequency and rhythm, digits, steady lines
//! - [`speech`]: when somebody speaks
//! - [`align`]: delay, drift, echo against a reference
//! - [`prompt`], [`segments`], [`missing`]: which prompt was heard, and whether whole
//! - [`pilot`]: the watermark that tells who is heard
//! - [`quality`], [`emodel`], [`impairments`]: MOS by comparison, MOS by planning
//! - [`judge`], [`fault`]: what is wrong with a received sound, in words
//! - [`live`]: what is heard in a sound while it comes in
//! - [`read`], [`recording`]: a sound from the bytes of a WAV file, and when it was
//! - [`track`], [`senders`]: what was heard in a call, and whose sound that is
pub mod align;
pub mod bands;
pub mod cadence;
pub mod dtmf;
pub mod emodel;
pub mod fault;
mod features;
mod fourier;
pub mod impairments;
pub mod judge;
pub mod levels;
pub mod live;
pub mod missing;
pub mod pilot;
pub mod prompt;
pub mod quality;
pub mod read;
pub mod recording;
mod resample;
pub mod segments;
pub mod senders;
pub mod silence;
pub mod speech;
pub mod steady;
pub mod tone_table;
pub mod tones;
pub mod track;

#[cfg(test)]
mod damage;
#[cfg(test)]
mod damaged_tests;
#[cfg(test)]
mod g711;

use std::borrow::Cow;

/// The rate, in samples per second, at which the methods here were measured.
pub const TELEPHONE_RATE: u32 = 8000;

/// A mono sound: samples at full scale 1.0.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// Samples per second, at least 1.
    pub rate: u32,
    /// Samples between -1.0 and 1.0.
    pub samples: Vec<f32>,
}

/// A part of a sound, in seconds from its start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
}

impl Span {
    /// How long it is, in seconds.
    pub fn length(&self) -> f64 {
        self.to - self.from
    }
}

impl Sound {
    /// A sound of these samples. Values that are no number become silence, others are limited to full scale.
    pub fn new(rate: u32, samples: Vec<f32>) -> Sound {
        let sane = |value: f32| if value.is_finite() { value.clamp(-1.0, 1.0) } else { 0.0 };
        Sound { rate: rate.max(1), samples: samples.into_iter().map(sane).collect() }
    }

    /// A sound of 16-bit samples.
    pub fn from_pcm16(rate: u32, pcm: &[i16]) -> Sound {
        Sound { rate: rate.max(1), samples: pcm.iter().map(|&value| f32::from(value) / 32768.0).collect() }
    }

    /// Its samples as 16-bit values.
    pub fn to_pcm16(&self) -> Vec<i16> {
        self.samples.iter().map(|&value| (value * 32768.0).round().clamp(-32768.0, 32767.0) as i16).collect()
    }

    /// Its length in seconds.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate)
    }

    /// The same sound at another rate. Borrowed, and untouched, where it has that rate already.
    pub fn at_rate(&self, rate: u32) -> Cow<'_, Sound> {
        if rate == self.rate {
            return Cow::Borrowed(self);
        }
        let samples = resample::resample(&self.samples, f64::from(self.rate) / f64::from(rate.max(1)));
        // the filter swings beyond full scale at a step
        Cow::Owned(Sound::new(rate, samples))
    }

    /// The same sound at another speed: 1.02 makes it 2 % shorter, and raises its pitch.
    pub fn at_speed(&self, speed: f64) -> Sound {
        Sound::new(self.rate, resample::resample(&self.samples, speed))
    }

    /// The part between two times, cut where the sound ends.
    pub fn part(&self, span: Span) -> Sound {
        let place = |time: f64| ((time.max(0.0) * f64::from(self.rate)).round() as usize).min(self.samples.len());
        let (from, to) = (place(span.from), place(span.to));
        Sound { rate: self.rate, samples: self.samples[from..to.max(from)].to_vec() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_keeps_its_sine_at_another_rate_and_speed() {
        let sine = |rate: u32, hz: f64| -> Vec<f32> {
            (0..rate)
                .map(|i| (std::f64::consts::TAU * hz * f64::from(i) / f64::from(rate)).sin() as f32 * 0.5)
                .collect()
        };
        let error =
            |a: &[f32], b: &[f32]| a.iter().zip(b).skip(400).take(6000).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max);
        for rate in [16000, 44100, 48000, 11025] {
            let sound = Sound::new(rate, sine(rate, 1000.0));
            assert!(error(&sound.at_rate(8000).samples, &sine(8000, 1000.0)) < 0.004, "{rate}");
        }
        let up = Sound::new(8000, sine(8000, 1000.0));
        assert!(error(&up.at_rate(16000).samples, &sine(16000, 1000.0)) < 0.004);
        let fast = up.at_speed(1.02);
        assert_eq!(fast.samples.len(), 7843);
        assert!(error(&fast.samples, &sine(8000, 1020.0)) < 0.004);
    }

    #[test]
    fn what_is_above_half_the_new_rate_is_removed() {
        let samples =
            (0..16000).map(|i| (std::f64::consts::TAU * 6000.0 * f64::from(i) / 16000.0).sin() as f32).collect();
        let low = Sound::new(16000, samples).at_rate(8000).into_owned();
        assert!(levels::dbfs(levels::mean_power(&low.samples[200..7800])) < -55.0);
    }

    #[test]
    fn odd_values_become_sound_and_parts_stay_inside() {
        let sound = Sound::new(0, vec![f32::NAN, f32::INFINITY, 7.0, -7.0]);
        assert_eq!((sound.rate, sound.samples.as_slice()), (1, [0.0, 0.0, 1.0, -1.0].as_slice()));
        assert_eq!(sound.part(Span { from: 3.0, to: 99.0 }).samples, [-1.0]);
        assert!(sound.part(Span { from: 9.0, to: -1.0 }).samples.is_empty());
        assert!(Sound::new(8000, Vec::new()).at_rate(16000).samples.is_empty());
        assert_eq!(Sound::from_pcm16(8000, &[-32768, 0, 32767]).to_pcm16(), [-32768, 0, 32767]);
    }
}
