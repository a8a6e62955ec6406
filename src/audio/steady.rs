//! Steady lines: tones of any frequency, which a detector of speech takes for speech.
use realfft::num_complex::Complex32;

use super::fourier::{for_each_frame, hann, parabola, quantile};
use super::levels::dbfs;
use super::{Sound, Span, TELEPHONE_RATE};

pub(super) const FRAME: usize = 512;
pub(super) const HOP: usize = 128;
/// Frames in a row that make a line (0.3 s).
const LEAST_FRAMES: usize = 18;
/// The share of the power that the two strongest lines have; how far the peak may move, Hz, and the level, dB.
const LINE_SHARE: f32 = 0.95;
const MOVES_HZ: f64 = 4.0;
const MOVES_DB: f64 = 1.0;
const LEAST_DBFS: f64 = -45.0;
/// The second line of a pair has at least this share of the power of the first (-12 dB).
const SECOND_SHARE: f32 = 0.063;
/// A hum under speech stands out by this much from the bins around it in the quiet moments, dB, and has this level.
const HUM_OVER_NEIGHBOURS: f32 = 30.0;
const HUM_DBFS: f64 = -60.0;

/// A steady tone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SteadyTone {
    /// When.
    pub span: Span,
    /// The frequency of its strongest line, Hz.
    pub hz: f64,
    /// Its level, dBFS.
    pub dbfs: f64,
}

/// Where nothing but one or two steady lines sounds, for 0.3 s or longer and above -45 dBFS: call progress tones, a
/// digit held down, test tones. Measured: none in an hour of speech or music.
pub fn find_steady_tones(sound: &Sound) -> Vec<SteadyTone> {
    let sound = sound.at_rate(TELEPHONE_RATE);
    let mut lines: Vec<Option<Lines>> = Vec::new();
    for_each_frame(&sound.samples, &hann(FRAME), HOP, |_, bins| lines.push(find_lines(bins)));
    let mut tones = Vec::new();
    let mut start = 0;
    for run in lines.chunk_by(|a, b| is_same(*a, *b)) {
        if let (Some(Lines { hz, dbfs, .. }), true) = (run[0], run.len() >= LEAST_FRAMES) {
            let seconds = |samples: usize| samples as f64 / f64::from(TELEPHONE_RATE);
            let span = Span { from: seconds(start * HOP), to: seconds((start + run.len() - 1) * HOP + FRAME) };
            tones.push(SteadyTone { span, hz, dbfs });
        }
        start += run.len();
    }
    tones
}

/// What a frame holds when it holds nothing but one or two steady lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lines {
    /// The frequency of the strongest, Hz.
    pub hz: f64,
    /// That of the other, where it is nearly as strong.
    pub second_hz: Option<f64>,
    /// The level of all, dBFS.
    pub dbfs: f64,
}

/// The lines of a frame of [`FRAME`] samples (its bins, with a Hann window), when one or two have nearly all of its
/// power and are above -45 dBFS.
pub(super) fn find_lines(bins: &[Complex32]) -> Option<Lines> {
    let power: Vec<f32> = bins.iter().map(|bin| bin.norm_sqr()).collect();
    let total: f32 = power.iter().sum();
    let level = dbfs(f64::from(total) / (FRAME as f64 * FRAME as f64 * 3.0 / 16.0));
    if level <= LEAST_DBFS {
        return None;
    }
    let strongest = |skip: Option<usize>| {
        let free = |bin: &usize| skip.is_none_or(|other| bin.abs_diff(other) > 3);
        (1..power.len() - 1).filter(free).max_by(|a, b| power[*a].total_cmp(&power[*b]))
    };
    let first = strongest(None)?;
    let second = strongest(Some(first))?;
    let around = |bin: usize| bin.saturating_sub(3)..(bin + 4).min(power.len());
    let beside: f32 = around(second).filter(|bin| !around(first).contains(bin)).map(|bin| power[bin]).sum();
    if power[around(first)].iter().sum::<f32>() + beside <= LINE_SHARE * total {
        return None;
    }
    let second_hz = (power[second] > power[first] * SECOND_SHARE).then(|| frequency(&power, second));
    Some(Lines { hz: frequency(&power, first), second_hz, dbfs: level })
}

/// The frequency of a peak. The logarithm of a Hann window's peak is nearly a parabola.
fn frequency(power: &[f32], bin: usize) -> f64 {
    let log = |bin: usize| power[bin].max(1e-20).ln();
    let bin = bin as f64 + parabola(log(bin - 1), log(bin), log(bin + 1));
    bin * f64::from(TELEPHONE_RATE) / FRAME as f64
}

fn is_same(a: Option<Lines>, b: Option<Lines>) -> bool {
    match (a, b) {
        (Some(one), Some(next)) => one.goes_on_as(&next),
        (None, None) => true,
        _ => false,
    }
}

impl Lines {
    /// Whether the next frame shows the same tone.
    pub fn goes_on_as(&self, next: &Lines) -> bool {
        (self.hz - next.hz).abs() < MOVES_HZ && (self.dbfs - next.dbfs).abs() < MOVES_DB
    }
}

/// The strongest tone that sounds under all of a sound, speech included, from -60 dBFS: what remains in the
/// quietest tenth of the time at one frequency and not beside it. Needs 1 s of sound. Ours; measured on the shipped speech: none
/// without a tone.
pub fn find_hum(sound: &Sound) -> Option<SteadyTone> {
    let sound = sound.at_rate(TELEPHONE_RATE);
    let mut rows: Vec<Vec<f32>> = Vec::new();
    for_each_frame(&sound.samples, &hann(FRAME), FRAME / 2, |_, bins| {
        rows.push(bins.iter().map(|bin| bin.norm_sqr()).collect())
    });
    if rows.len() < 30 {
        return None;
    }
    let mut column = Vec::with_capacity(rows.len());
    let floors: Vec<f32> = (0..=FRAME / 2)
        .map(|bin| {
            column.clear();
            column.extend(rows.iter().map(|row| row[bin]));
            quantile(&mut column, 0.1)
        })
        .collect();
    let bin = (8..FRAME / 2 - 8).max_by(|a, b| floors[*a].total_cmp(&floors[*b]))?;
    let mut beside: Vec<f32> = (4..=8).flat_map(|away| [floors[bin - away], floors[bin + away]]).collect();
    let over = 10.0 * (floors[bin] / quantile(&mut beside, 0.5).max(1e-12)).log10();
    // a sine in the middle of a bin has a quarter of the squared window length, halved for its power
    let power = f64::from(floors[bin]) * 8.0 / (FRAME * FRAME) as f64;
    let hz = bin as f64 * f64::from(TELEPHONE_RATE) / FRAME as f64;
    let span = Span { from: 0.0, to: sound.seconds() };
    (over > HUM_OVER_NEIGHBOURS && dbfs(power) > HUM_DBFS).then(|| SteadyTone { span, hz, dbfs: dbfs(power) })
}

#[cfg(test)]
mod tests {
    use super::super::damage::{joined, mixed, silent, sine, speech, white_noise};
    use super::super::g711::{Law, through_g711};
    use super::*;

    #[test]
    fn tones_of_any_frequency_are_steady() {
        for hz in [200.0, 425.0, 777.0, 1004.0, 2100.0, 3000.0] {
            let sound = joined(&[silent(0.5), sine(hz, -25.0, 1.0), silent(0.5)]);
            let found = find_steady_tones(&through_g711(&sound, Law::Mu));
            assert_eq!(found.len(), 1, "{hz} {found:?}");
            assert!((found[0].hz - hz).abs() < 2.0 && (found[0].dbfs + 25.0).abs() < 1.0, "{found:?}");
            assert!((found[0].span.from - 0.5).abs() < 0.07 && (found[0].span.to - 1.5).abs() < 0.07, "{found:?}");
        }
        assert_eq!(find_steady_tones(&mixed(&sine(697.0, -20.0, 1.0), &sine(1209.0, -20.0, 1.0))).len(), 1);
    }

    #[test]
    fn speech_noise_and_silence_are_not() {
        for sound in
            [speech("alice"), speech("bob"), speech("charlie"), white_noise(-20.0, 3.0), silent(1.0), silent(0.0)]
        {
            assert_eq!((find_steady_tones(&sound), find_hum(&sound)), (vec![], None));
        }
    }

    #[test]
    fn a_hum_is_found_under_speech() {
        for (hz, level) in [(425.0, -29.0), (1004.0, -33.0), (300.0, -45.0)] {
            for name in ["alice", "bob", "charlie"] {
                let found = find_hum(&mixed(&speech(name), &sine(hz, level, 4.85))).unwrap();
                assert!((found.hz - hz).abs() < 8.0 && (found.dbfs - level).abs() < 4.0, "{name} {found:?}");
            }
        }
    }
}
