//! Delay of a received sound against a reference, its drift, and echo.
use realfft::num_complex::Complex32;

use super::fourier::{fast_size, parabola, signal, spectrum};
use super::{Sound, Span, TELEPHONE_RATE};

/// The peak over the next best from which a delay is sure (measured over codecs, 20 % loss and SNR 10: right 4.2 to
/// 18, unrelated sounds at most 1.34).
pub const SURE_RATIO: f64 = 2.0;
/// The peak over the root mean square from which two sounds share something (right 18 to 90, unrelated at most 7.4).
pub const SURE_OVER_RMS: f64 = 10.0;
/// The next best peak is sought at least this far away, in seconds.
const APART: f64 = 0.002;
/// An echo comes this much later, in seconds, and is this strong against the direct sound and the noise of the
/// correlation (measured: no false one in 100).
const ECHO_SECONDS: (f64, f64) = (0.03, 0.6);
const ECHO_SHARE: f64 = 0.08;
const ECHO_OVER_RMS: f64 = 8.0;

/// How much later a sound was received.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delay {
    /// Seconds; below 0 when the received sound begins within the reference. Measured error below 0.1 ms.
    pub seconds: f64,
    /// The peak over the next best, 2 ms away or more. See [`SURE_RATIO`].
    pub ratio: f64,
    /// The peak over the root mean square of all. See [`SURE_OVER_RMS`].
    pub over_rms: f64,
}

impl Delay {
    /// Whether the delay can be relied on. Tones, drift beyond 100 ppm and jumps of the jitter buffer make it unsure:
    /// then measure each second by [`delay_by_second`].
    pub fn is_sure(&self) -> bool {
        self.ratio > SURE_RATIO
    }

    /// Whether the received sound holds the reference at all.
    pub fn is_related(&self) -> bool {
        self.over_rms > SURE_OVER_RMS
    }
}

/// A second sound of the same source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Echo {
    /// How much later than the direct sound, in seconds.
    pub seconds: f64,
    /// Against the direct sound, dB. Its order of magnitude only.
    pub level_db: f64,
}

/// Finds how much later the reference was received, by the phase of the cross spectrum from 300 to 3300 Hz
/// (GCC-PHAT). Needs about 2 s of common sound. None when either sound is empty or silent.
pub fn find_delay(reference: &Sound, received: &Sound) -> Option<Delay> {
    Some(Correlation::new(reference, received)?.delay())
}

/// Both [`find_delay`] and [`find_echo`], for the price of one.
pub fn find_delay_and_echo(reference: &Sound, received: &Sound) -> (Option<Delay>, Option<Echo>) {
    match Correlation::new(reference, received) {
        Some(correlation) => (Some(correlation.delay()), correlation.echo()),
        None => (None, None),
    }
}

/// The delay in each second of the received sound (in windows of 2 s), sought within 0.5 s of `around`; each with
/// the time of its window's middle. Unsure ones are left out, so that nobody speaking gives none.
pub fn delay_by_second(reference: &Sound, received: &Sound, around: f64) -> Vec<(f64, f64)> {
    let (reference, received) = (reference.at_rate(TELEPHONE_RATE), received.at_rate(TELEPHONE_RATE));
    let windows = (received.seconds() - 1.0).max(0.0).floor() as usize;
    (0..windows)
        .filter_map(|second| {
            let from = second as f64;
            let start = (from - around - 0.5).max(0.0);
            let wanted = reference.part(Span { from: start, to: from - around + 2.5 });
            let delay = find_delay(&wanted, &received.part(Span { from, to: from + 2.0 }))?;
            let seconds = delay.seconds + from - start;
            (delay.is_sure() && (seconds - around).abs() < 0.6).then_some((from + 1.0, seconds))
        })
        .collect()
}

/// How much slower the receiver's clock runs than the reference's, in parts per million, from delays by second.
/// None below 8 of them. Measured: within 10 ppm in 24 s; jumps make it meaningless.
pub fn drift_ppm(delays: &[(f64, f64)]) -> Option<f64> {
    if delays.len() < 8 {
        return None;
    }
    let count = delays.len() as f64;
    let mean_time = delays.iter().map(|(time, _)| time).sum::<f64>() / count;
    let mean_delay = delays.iter().map(|(_, delay)| delay).sum::<f64>() / count;
    let product: f64 = delays.iter().map(|(time, delay)| (time - mean_time) * (delay - mean_delay)).sum();
    let square: f64 = delays.iter().map(|(time, _)| (time - mean_time).powi(2)).sum();
    Some(product / square * 1e6)
}

/// Finds an echo of the reference within the received sound, 30 to 600 ms after the direct sound and down to about
/// -20 dB. Needs 4 s.
pub fn find_echo(reference: &Sound, received: &Sound) -> Option<Echo> {
    Correlation::new(reference, received)?.echo()
}

/// Finds what an agent sent within what it received while another spoke: its own echo. Sure down to -20 dB in 8 s.
pub fn find_own_echo(sent: &Sound, received: &Sound) -> Option<Delay> {
    find_delay(sent, received).filter(Delay::is_related)
}

/// The whitened correlation of two sounds, circular, long enough for every lag.
struct Correlation {
    values: Vec<f32>,
    /// The lags that can occur: -first to last.
    first: isize,
    last: isize,
}

impl Correlation {
    fn new(reference: &Sound, received: &Sound) -> Option<Correlation> {
        let (reference, received) = (reference.at_rate(TELEPHONE_RATE), received.at_rate(TELEPHONE_RATE));
        let (a, b) = (&reference.samples, &received.samples);
        if a.len() < 256 || b.len() < 256 {
            return None;
        }
        let size = fast_size(a.len() + b.len());
        let mut product = spectrum(b, size);
        product.iter_mut().zip(spectrum(a, size)).for_each(|(received, reference)| *received *= reference.conj());
        let bin = |hz: usize| hz * size / TELEPHONE_RATE as usize;
        let band = bin(300)..bin(3300);
        let sizes: Vec<f32> = product[band.clone()].iter().map(|value| value.norm()).collect();
        let mean = sizes.iter().map(|size| f64::from(*size)).sum::<f64>() / sizes.len() as f64;
        if mean < 1e-9 {
            return None;
        }
        let floor = (1e-3 * mean) as f32;
        let mut white = vec![Complex32::ZERO; product.len()];
        for ((white, value), size) in white[band.clone()].iter_mut().zip(&product[band]).zip(sizes) {
            *white = value / (size + floor);
        }
        Some(Correlation { values: signal(white, size), first: 1 - a.len() as isize, last: b.len() as isize - 1 })
    }

    fn delay(&self) -> Delay {
        let peak = self.peak();
        let apart = (APART * f64::from(TELEPHONE_RATE)) as usize;
        let next = self.greatest(|lag| lag.abs_diff(peak) > apart).map_or(0.0, |lag| self.value(lag));
        Delay {
            seconds: (peak as f64 + self.between(peak)) / f64::from(TELEPHONE_RATE),
            ratio: f64::from(self.value(peak)) / f64::from(next).max(1e-9),
            over_rms: f64::from(self.value(peak)) / self.rms(),
        }
    }

    fn echo(&self) -> Option<Echo> {
        let peak = self.peak();
        let (from, to) = ECHO_SECONDS;
        let late = |lag: isize| (from..to).contains(&((lag - peak) as f64 / f64::from(TELEPHONE_RATE)));
        let echo = self.greatest(late)?;
        let share = f64::from(self.value(echo)) / f64::from(self.value(peak));
        let strong = f64::from(self.value(echo)) > ECHO_OVER_RMS * self.rms();
        let seconds = (echo - peak) as f64 / f64::from(TELEPHONE_RATE);
        (strong && share > ECHO_SHARE).then(|| Echo { seconds, level_db: 20.0 * share.log10() })
    }

    fn value(&self, lag: isize) -> f32 {
        self.values[lag.rem_euclid(self.values.len() as isize) as usize]
    }

    fn greatest(&self, wanted: impl Fn(isize) -> bool) -> Option<isize> {
        (self.first..=self.last).filter(|lag| wanted(*lag)).max_by(|a, b| self.value(*a).total_cmp(&self.value(*b)))
    }

    fn peak(&self) -> isize {
        self.greatest(|_| true).unwrap_or(0)
    }

    fn between(&self, peak: isize) -> f64 {
        parabola(self.value(peak - 1), self.value(peak), self.value(peak + 1))
    }

    fn rms(&self) -> f64 {
        let square: f64 = self.values.iter().map(|value| f64::from(value * value)).sum();
        (square / self.values.len() as f64).sqrt().max(1e-12)
    }
}

#[cfg(test)]
mod tests {
    use super::super::damage::{delayed, mixed, silent, sine, speech, with_echo, with_noise};
    use super::super::g711::{Law, through_g711};
    use super::*;

    #[test]
    fn a_delay_is_found_to_a_tenth_of_a_millisecond() {
        for delay in [0.0, 0.05, 0.15, 0.4, 0.8] {
            let received = through_g711(&delayed(&with_noise(&speech("alice"), -40.0), delay), Law::A);
            let found = find_delay(&speech("alice"), &received).unwrap();
            assert!(
                found.is_sure() && found.is_related() && (found.seconds - delay).abs() < 1e-4,
                "{delay}: {found:?}"
            );
        }
        let cut = speech("alice").part(Span { from: 1.0, to: 4.0 });
        assert!((find_delay(&speech("alice"), &cut).unwrap().seconds + 1.0).abs() < 1e-4);
    }

    #[test]
    fn unrelated_sounds_have_no_sure_delay() {
        for other in [speech("bob"), sine(425.0, -20.0, 4.0)] {
            let found = find_delay(&speech("alice"), &other).unwrap();
            assert!(!found.is_sure() && !found.is_related(), "{found:?}");
        }
        assert_eq!(find_delay(&speech("alice"), &silent(3.0)), None);
        assert_eq!(find_delay(&silent(0.0), &speech("alice")), None);
    }

    #[test]
    fn a_jump_of_the_delay_is_seen_by_second() {
        let whole = speech("alice");
        let mut received = whole.part(Span { from: 0.0, to: 2.5 });
        received.samples.extend(whole.part(Span { from: 2.44, to: 9.0 }).samples);
        let delays = delay_by_second(&whole, &delayed(&received, 0.15), 0.15);
        assert!((delays[0].1 - 0.15).abs() < 1e-3 && (delays.last().unwrap().1 - 0.21).abs() < 1e-3, "{delays:?}");
    }

    #[test]
    fn drift_is_read_from_the_delays() {
        let mut long = speech("alice");
        ["bob", "charlie", "alice", "bob"].iter().for_each(|name| long.samples.extend(speech(name).samples));
        let delays = delay_by_second(&long, &long.at_speed(1.0 - 100e-6), 0.0);
        let drift = drift_ppm(&delays).unwrap();
        assert!((drift - 100.0).abs() < 10.0, "{drift} {delays:?}");
        assert_eq!(drift_ppm(&delays[..5]), None);
    }

    #[test]
    fn an_echo_is_found_and_no_false_one() {
        for name in ["alice", "bob", "charlie"] {
            assert_eq!(find_echo(&speech(name), &with_noise(&speech(name), -45.0)), None, "{name}");
            let found = find_echo(&speech(name), &with_echo(&speech(name), 0.2, -10.0)).unwrap();
            assert!((found.seconds - 0.2).abs() < 0.001, "{found:?}");
        }
    }

    #[test]
    fn an_agent_hears_its_own_echo_under_anothers_speech() {
        let mut quiet = delayed(&speech("alice"), 0.12);
        quiet.samples.iter_mut().for_each(|value| *value *= 0.1);
        let found = find_own_echo(&speech("alice"), &mixed(&speech("bob"), &quiet)).unwrap();
        assert!((found.seconds - 0.12).abs() < 0.001, "{found:?}");
        assert_eq!(find_own_echo(&speech("alice"), &speech("bob")), None);
    }
}
