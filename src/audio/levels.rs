//! How loud a sound is, and whether it is clipped.
use super::Sound;
use super::fourier::quantile;

/// The level given to digital silence. One step of 16 bits is -90 dBFS.
pub const SILENCE_DBFS: f64 = -120.0;
/// Runs of full samples per second above which a sound is clipped (measured: clean speech 0, +12 dB 8, +20 dB 165;
/// through GSM 2, AMR 3; Opus smooths clipping away, so that it cannot be seen behind it).
pub const CLIPPED_RUNS_PER_SECOND: f64 = 1.0;
/// Frames that count as active lie within this many dB of the loudest (as ITU-T P.56 leaves pauses out).
const ACTIVE_RANGE_DB: f64 = 40.0;
/// Samples in a row at the peak that make a clipped run, and what counts as the peak.
const CLIPPED_RUN: usize = 3;
const CLIPPED_SHARE: f32 = 0.985;

/// The levels of a sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Levels {
    /// Mean power over the whole sound, dBFS.
    pub rms_dbfs: f64,
    /// The greatest sample, dB below full scale (0 dB: a sample at full scale).
    pub peak_db: f64,
    /// Mean power of the 20 ms frames within 40 dB of the loudest, dBFS: the level while something sounds.
    pub active_dbfs: f64,
    /// The share of those frames, 0 to 1.
    pub active_share: f64,
    /// The noise floor: the level that 10 % of the 20 ms frames stay below, dBFS.
    pub floor_dbfs: f64,
    /// The loudest 20 ms, dBFS.
    pub loudest_dbfs: f64,
    /// The quietest 20 ms, dBFS.
    pub quietest_dbfs: f64,
    /// The mean of the samples, full scale 1.0. Beyond ±0.01 something in the path adds direct current.
    pub dc: f64,
    /// Runs of three or more samples within 1.5 % of the peak, a second. See [`CLIPPED_RUNS_PER_SECOND`].
    /// Means nothing for a steady tone below 200 Hz, whose crests are flat.
    pub clipped_runs_per_second: f64,
}

impl Levels {
    /// Whether the sound is clipped: more flat crests than speech has, at a level where speech clips.
    pub fn is_clipped(&self) -> bool {
        self.clipped_runs_per_second > CLIPPED_RUNS_PER_SECOND
    }
}

/// A power (mean square) in dBFS, at least [`SILENCE_DBFS`].
pub fn dbfs(power: f64) -> f64 {
    (10.0 * power.max(1e-12).log10()).max(SILENCE_DBFS)
}

/// The power (mean square) of a level in dBFS.
pub fn power_of(dbfs: f64) -> f64 {
    10_f64.powf(dbfs / 10.0)
}

/// The mean square of some samples, 0 of none.
pub fn mean_power(samples: &[f32]) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    let sum: f64 = samples.chunks(256).map(|part| f64::from(super::resample::dot(part, part))).sum();
    sum / samples.len() as f64
}

/// The level of each whole block of `milliseconds` (at least 1), dBFS.
pub fn level_series(sound: &Sound, milliseconds: u32) -> Vec<f32> {
    blocks(sound, milliseconds).map(|block| dbfs(mean_power(block)) as f32).collect()
}

fn blocks(sound: &Sound, milliseconds: u32) -> impl Iterator<Item = &[f32]> {
    let size = (u64::from(sound.rate) * u64::from(milliseconds) / 1000).max(1) as usize;
    sound.samples.chunks_exact(size)
}

/// Measures all levels. Of no sound at all: [`SILENCE_DBFS`] throughout.
pub fn measure_levels(sound: &Sound) -> Levels {
    let mut frames = level_series(sound, 20);
    if frames.is_empty() {
        frames.push(dbfs(mean_power(&sound.samples)) as f32);
    }
    let loudest_dbfs = f64::from(frames.iter().copied().fold(f32::MIN, f32::max));
    let quietest_dbfs = f64::from(frames.iter().copied().fold(f32::MAX, f32::min));
    let active: Vec<f64> =
        frames.iter().map(|&level| f64::from(level)).filter(|level| *level > loudest_dbfs - ACTIVE_RANGE_DB).collect();
    let active_power = active.iter().map(|level| power_of(*level)).sum::<f64>() / active.len().max(1) as f64;
    let peak = sound.samples.iter().fold(0.0_f32, |peak, value| peak.max(value.abs()));
    let count = sound.samples.len().max(1) as f64;
    Levels {
        rms_dbfs: dbfs(mean_power(&sound.samples)),
        peak_db: dbfs(f64::from(peak).powi(2)),
        active_dbfs: dbfs(active_power),
        active_share: active.len() as f64 / frames.len() as f64,
        floor_dbfs: f64::from(quantile(&mut frames, 0.1)),
        loudest_dbfs,
        quietest_dbfs,
        dc: sound.samples.iter().map(|&value| f64::from(value)).sum::<f64>() / count,
        clipped_runs_per_second: clipped_runs(&sound.samples, peak) as f64 / sound.seconds().max(1e-3),
    }
}

/// Runs of [`CLIPPED_RUN`] or more samples near the peak, on one side. Below -40 dBFS few steps are left, and
/// equal samples mean nothing.
fn clipped_runs(samples: &[f32], peak: f32) -> usize {
    if peak < 0.01 {
        return 0;
    }
    let limit = CLIPPED_SHARE * peak;
    let (mut runs, mut length, mut side) = (0, 0, 0);
    for &value in samples {
        let now = if value >= limit { 1 } else { i32::from(value > -limit) - 1 };
        length = if now != 0 && now == side { length + 1 } else { usize::from(now != 0) };
        runs += usize::from(length == CLIPPED_RUN);
        side = now;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::super::damage::{sine, speech, white_noise};
    use super::*;

    #[test]
    fn a_sine_has_its_levels() {
        let levels = measure_levels(&sine(425.0, -20.0, 2.0));
        assert!((levels.rms_dbfs + 20.0).abs() < 0.05, "{levels:?}");
        assert!((levels.peak_db + 17.0).abs() < 0.1 && levels.dc.abs() < 1e-4 && !levels.is_clipped());
        assert_eq!(levels.active_share, 1.0);
    }

    #[test]
    fn speech_has_the_level_and_floor_it_was_made_with() {
        for name in ["alice", "bob", "charlie"] {
            let levels = measure_levels(&speech(name));
            assert!((levels.active_dbfs + 23.0).abs() < 0.3, "{name} {levels:?}");
            assert!((-62.0..-57.0).contains(&levels.floor_dbfs), "{name} {levels:?}");
            assert!(levels.clipped_runs_per_second < 0.5, "{name} {levels:?}");
        }
    }

    #[test]
    fn direct_current_and_silence_are_measured() {
        let mut sound = white_noise(-50.0, 1.0);
        sound.samples.iter_mut().for_each(|value| *value += 0.05);
        assert!((measure_levels(&sound).dc - 0.05).abs() < 1e-3);
        for silent in [vec![], vec![0.0; 10], vec![0.0; 9000]] {
            let levels = measure_levels(&Sound::new(8000, silent));
            assert_eq!((levels.rms_dbfs, levels.active_dbfs, levels.clipped_runs_per_second), (-120.0, -120.0, 0.0));
        }
    }
}
