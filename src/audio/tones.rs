//! Tones of known frequencies: when they sound, how loud, and their true frequency.
use realfft::num_complex::Complex32;

use super::fourier::{for_each_frame, frame_starts, hann};
use super::levels::{dbfs, mean_power, power_of};
use super::resample::dot;
use super::{Sound, Span, TELEPHONE_RATE};

/// The share of a window's power that a tone must have (measured: speech reaches it with 425 Hz once an hour, with
/// call progress pairs never; music more often, so that only the cadence decides there).
pub const TONE_SHARE: f32 = 0.85;
/// The least level of a tone, dBFS.
pub const TONE_DBFS: f64 = -45.0;
/// The greatest difference between the two tones of a pair, dB.
const TWIST_DB: f32 = 8.0;
const HOP: usize = 128;
/// Windows in a row that make a tone (0.2 s).
const TONE_WINDOWS: usize = 12;

/// A tone that sounded.
#[derive(Debug, Clone, PartialEq)]
pub struct ToneSpan {
    /// When. To 5 ms.
    pub span: Span,
    /// Its frequencies as measured, to 1 Hz: one, or two that sound together.
    pub hz: Vec<f64>,
    /// Its level, both frequencies together, dBFS.
    pub dbfs: f64,
}

/// When a tone of one frequency, or of two together (Hz), sounds for at least 0.2 s, alone and above -45 dBFS. The
/// frequencies may be off by 12 Hz. More than two frequencies find nothing.
pub fn find_tone(sound: &Sound, hz: &[f64]) -> Vec<ToneSpan> {
    ToneFrames::new(sound).find(hz, TONE_WINDOWS)
}

/// A sound prepared for the search for many tones.
pub(super) struct ToneFrames {
    samples: Vec<f32>,
    /// By window size (256, 512): the strongest frequency of each window, 0 where it is too quiet.
    strongest: [Vec<f32>; 2],
}

/// What a window shows of a tone: its amplitudes, or nothing.
struct Fit {
    amplitudes: [Complex32; 2],
    power: f64,
}

impl ToneFrames {
    pub fn new(sound: &Sound) -> ToneFrames {
        let samples = sound.at_rate(TELEPHONE_RATE).into_owned().samples;
        let strongest = [256, 512].map(|size| strongest_frequencies(&samples, size));
        ToneFrames { samples, strongest }
    }

    /// The spans of at least this number of windows (16 ms apart) of this tone.
    pub fn find(&self, hz: &[f64], least: usize) -> Vec<ToneSpan> {
        let size = match hz.len() {
            1 => 256,
            2 => 512,
            _ => return Vec::new(),
        };
        let probe = Probe::new(hz, size);
        let strongest = &self.strongest[size / 512];
        let fits: Vec<Option<Fit>> = frame_starts(self.samples.len(), size, HOP)
            .zip(strongest)
            .map(|(start, strongest)| {
                let near = hz.iter().any(|hz| (f64::from(*strongest) - hz).abs() < 45.0);
                if near { probe.fit(&self.samples[start..start + size]) } else { None }
            })
            .collect();
        let mut spans = Vec::new();
        let mut start = 0;
        for run in fits.chunk_by(|a, b| a.is_some() == b.is_some()) {
            if run[0].is_some() && run.len() >= least {
                spans.push(self.span(start, run, hz, size));
            }
            start += run.len();
        }
        spans.retain(|span| span.hz.iter().zip(hz).all(|(found, wanted)| (found - wanted).abs() < 12.0));
        join_touching(spans)
    }

    /// A run of windows as a span, its edges refined by level.
    fn span(&self, first: usize, run: &[Option<Fit>], hz: &[f64], size: usize) -> ToneSpan {
        let fits: Vec<&Fit> = run.iter().flatten().collect();
        let power = fits.iter().map(|fit| fit.power).sum::<f64>() / fits.len() as f64;
        let hz = hz.iter().enumerate().map(|(which, hz)| hz + detuning(&fits, which, *hz)).collect();
        let (from, to) = (first * HOP, (first + run.len() - 1) * HOP + size);
        let (from, to) = (from.saturating_sub(HOP), (to + HOP).min(self.samples.len()));
        let loud: Vec<usize> = (from..to.saturating_sub(39))
            .step_by(40)
            .filter(|start| mean_power(&self.samples[*start..*start + 40]) > power * 0.125)
            .collect();
        let seconds = |place: usize| place as f64 / f64::from(TELEPHONE_RATE);
        let span = Span {
            from: seconds(loud.first().copied().unwrap_or(from)),
            to: seconds(loud.last().map_or(to, |start| start + 40)),
        };
        ToneSpan { span, hz, dbfs: dbfs(power) }
    }
}

/// Spans less than 30 ms apart are one: a phase reversal breaks a tone for a window.
fn join_touching(spans: Vec<ToneSpan>) -> Vec<ToneSpan> {
    let mut joined: Vec<ToneSpan> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.span.from - last.span.to < 0.03 => last.span.to = span.span.to,
            _ => joined.push(span),
        }
    }
    joined
}

/// How far the true frequency lies from the probed one, by the turn from window to window.
fn detuning(fits: &[&Fit], which: usize, hz: f64) -> f64 {
    let expected = std::f64::consts::TAU * hz * HOP as f64 / f64::from(TELEPHONE_RATE);
    let step = Complex32::from_polar(1.0, -(expected % std::f64::consts::TAU) as f32);
    let turns = fits.windows(2).map(|pair| pair[1].amplitudes[which] * pair[0].amplitudes[which].conj() * step);
    let turn = f64::from(turns.sum::<Complex32>().arg());
    turn * f64::from(TELEPHONE_RATE) / (std::f64::consts::TAU * HOP as f64)
}

fn strongest_frequencies(samples: &[f32], size: usize) -> Vec<f32> {
    let window = hann(size);
    let limit = (power_of(TONE_DBFS - 6.0) * (size * size) as f64 / 8.0) as f32;
    let mut result = Vec::with_capacity(samples.len() / HOP);
    for_each_frame(samples, &window, HOP, |_, bins| {
        let power = |bin: &usize| bins[*bin].norm_sqr();
        let bin = (2..bins.len() - 1).max_by(|a, b| power(a).total_cmp(&power(b))).unwrap_or(0);
        let hz = bin as f32 * TELEPHONE_RATE as f32 / size as f32;
        result.push(if power(&bin) > limit { hz } else { 0.0 });
    });
    result
}

/// Fits one or two exact frequencies to a window by least squares.
struct Probe {
    window: Vec<f32>,
    total: f32,
    /// Windowed cosine and sine of each frequency.
    waves: Vec<(Vec<f32>, Vec<f32>)>,
    /// How much the two resemble each other within the window.
    overlap: Complex32,
}

impl Probe {
    fn new(hz: &[f64], size: usize) -> Probe {
        let window = hann(size);
        let wave = |hz: f64, of: fn(f64) -> f64| -> Vec<f32> {
            let turn = |i: usize| of(std::f64::consts::TAU * hz * i as f64 / f64::from(TELEPHONE_RATE));
            window.iter().enumerate().map(|(i, weight)| weight * turn(i) as f32).collect()
        };
        let apart = if hz.len() == 2 { hz[1] - hz[0] } else { 0.0 };
        let overlap = Complex32::new(wave(apart, f64::cos).iter().sum(), wave(apart, f64::sin).iter().sum());
        let waves = hz.iter().map(|hz| (wave(*hz, f64::cos), wave(*hz, f64::sin))).collect();
        Probe { total: window.iter().sum(), window, waves, overlap }
    }

    fn fit(&self, frame: &[f32]) -> Option<Fit> {
        let weighted: Vec<f32> = frame.iter().zip(&self.window).map(|(sample, weight)| sample * weight).collect();
        let energy = dot(frame, &weighted);
        if f64::from(energy / self.total) < power_of(TONE_DBFS) {
            return None;
        }
        let seen = |wave: &(Vec<f32>, Vec<f32>)| Complex32::new(dot(frame, &wave.0), -dot(frame, &wave.1));
        let first = seen(&self.waves[0]);
        let (amplitudes, explained) = match self.waves.get(1).map(seen) {
            None => ([first / self.total, Complex32::ZERO], first.norm_sqr() / self.total),
            Some(second) => {
                let determinant = self.total * self.total - self.overlap.norm_sqr();
                let a = (first * self.total - self.overlap * second) / determinant;
                let b = (second * self.total - self.overlap.conj() * first) / determinant;
                let twist = 10.0 * (a.norm_sqr().max(1e-20) / b.norm_sqr().max(1e-20)).log10();
                if twist.abs() >= TWIST_DB {
                    return None;
                }
                ([a, b], (a.conj() * first + b.conj() * second).re)
            }
        };
        let power = 2.0 * f64::from(amplitudes[0].norm_sqr() + amplitudes[1].norm_sqr());
        (2.0 * explained > TONE_SHARE * energy).then_some(Fit { amplitudes, power })
    }
}

#[cfg(test)]
mod tests {
    use super::super::damage::{joined, mixed, silent, sine, speech, white_noise};
    use super::super::g711::{Law, through_g711};
    use super::*;

    #[test]
    fn a_tone_is_found_with_its_time_frequency_and_level() {
        for (hz, level) in [(425.0, -10.0), (400.0, -30.0), (1100.0, -40.0), (2100.0, -13.0), (1004.0, -20.0)] {
            let sound = joined(&[silent(0.5), sine(hz, level, 0.7), silent(0.5)]);
            let found = find_tone(&through_g711(&sound, Law::Mu), &[hz]);
            assert_eq!(found.len(), 1, "{hz} {found:?}");
            let ToneSpan { span, hz: heard, dbfs } = &found[0];
            assert!((span.from - 0.5).abs() < 0.006 && (span.to - 1.2).abs() < 0.006, "{found:?}");
            assert!((heard[0] - hz).abs() < 1.0 && (dbfs - level).abs() < 0.5, "{found:?}");
        }
    }

    #[test]
    fn pairs_are_found_however_close() {
        for (a, b) in [(350.0, 440.0), (440.0, 480.0), (480.0, 620.0), (400.0, 450.0), (413.0, 438.0)] {
            let pair = mixed(&sine(a, -20.0, 1.0), &sine(b, -24.0, 1.0));
            let found = find_tone(&joined(&[silent(0.3), pair.clone(), silent(0.3)]), &[a, b]);
            assert_eq!(found.len(), 1, "{a}+{b} {found:?}");
            let ToneSpan { span, hz, dbfs } = &found[0];
            assert!((span.from - 0.3).abs() < 0.03 && (span.to - 1.3).abs() < 0.03, "{found:?}");
            assert!((hz[0] - a).abs() < 1.5 && (hz[1] - b).abs() < 1.5 && (dbfs + 18.5).abs() < 1.0, "{found:?}");
            assert_eq!(find_tone(&pair, &[a]), [], "{a} alone");
        }
        let twisted = mixed(&sine(350.0, -20.0, 1.0), &sine(440.0, -31.0, 1.0));
        assert_eq!(find_tone(&twisted, &[350.0, 440.0]), []);
    }

    #[test]
    fn the_frequency_of_a_neighbour_is_measured_not_assumed() {
        let found = find_tone(&sine(420.0, -20.0, 1.0), &[425.0]);
        assert!((found[0].hz[0] - 420.0).abs() < 0.5, "{found:?}");
        assert_eq!(find_tone(&sine(450.0, -20.0, 1.0), &[425.0]), []);
    }

    #[test]
    fn speech_noise_and_silence_are_no_tone() {
        for sound in
            [speech("alice"), speech("bob"), speech("charlie"), white_noise(-20.0, 3.0), silent(1.0), silent(0.0)]
        {
            for hz in [[425.0].as_slice(), &[400.0], &[1100.0], &[440.0, 480.0], &[400.0, 450.0], &[], &[1.0, 2.0, 3.0]]
            {
                assert_eq!(find_tone(&sound, hz), [], "{hz:?}");
            }
        }
        assert_eq!(find_tone(&sine(425.0, -50.0, 1.0), &[425.0]), [], "too quiet");
    }
}
