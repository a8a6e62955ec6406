//! DTMF digits heard in band (ITU-T Q.23, Q.24).
use super::levels::power_of;
use super::resample::dot;
use super::{Sound, Span, TELEPHONE_RATE};

const LOW: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
const DIGITS: [[char; 4]; 4] = [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];
/// The nominal frequency and 1.5 % to either side: finds what is off by up to 2.5 %.
const DEVIATIONS: [f64; 3] = [1.0, 0.985, 1.015];
pub(super) const FRAME: usize = 205;
pub(super) const HOP: usize = 102;
/// Least level of each frequency, dBFS; greatest twist, dB; how much stronger than the others of the group, dB.
const LEAST_DBFS: f64 = -36.0;
const TWIST_DB: f32 = 9.0;
const GROUP_DB: f32 = 6.0;
/// The share of a window's power that both frequencies must have (measured: 1.4 false digits an hour in speech).
const SHARE: f32 = 0.7;

/// The frequencies of a digit in either case, Hz: the low one and the high one (ITU-T Q.23). None for any other character.
pub fn tones_of(digit: char) -> Option<[f64; 2]> {
    let digit = digit.to_ascii_uppercase();
    let column = |row: &[char; 4]| row.iter().position(|known| *known == digit);
    DIGITS.iter().zip(LOW).find_map(|(row, low)| Some([low, HIGH[column(row)?]]))
}

/// A digit that was heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeardDigit {
    /// 0 to 9, *, #, A to D.
    pub digit: char,
    /// When, to 13 ms.
    pub span: Span,
}

/// The digits heard in band, in order. Found: from 35 ms long, pauses from 20 ms, each frequency from -36 dBFS, a
/// twist to ±8 dB, a deviation to ±2.5 %, SNR 10 dB, 3 % loss; through G.711, G.722, Opus and AMR 12.2 all, GSM and
/// AMR 4.75 most (measured).
pub fn find_digits(sound: &Sound) -> Vec<HeardDigit> {
    let sound = sound.at_rate(TELEPHONE_RATE);
    let bank = Bank::new();
    let frames: Vec<Option<char>> = super::fourier::frame_starts(sound.samples.len(), FRAME, HOP)
        .map(|start| bank.digit_in(&sound.samples[start..start + FRAME]))
        .collect();
    let mut digits: Vec<HeardDigit> = Vec::new();
    let mut place = 0;
    let seconds = |place: usize| (place * HOP) as f64 / f64::from(TELEPHONE_RATE);
    for run in frames.chunk_by(|a, b| a == b) {
        if let (Some(digit), true) = (run[0], run.len() >= 2) {
            let span = Span { from: seconds(place), to: seconds(place + run.len() + 1) };
            match digits.last_mut() {
                // one window without it is no pause
                Some(last) if last.digit == digit && place - (last.span.to * 8000.0) as usize / HOP < 1 => {
                    last.span.to = span.to
                }
                _ => digits.push(HeardDigit { digit, span }),
            }
        }
        place += run.len();
    }
    digits
}

/// Windowed waves of all frequencies and their deviations.
pub(super) struct Bank {
    window: Vec<f32>,
    low: Vec<[Wave; 3]>,
    high: Vec<[Wave; 3]>,
    total: f32,
}

struct Wave {
    cosine: Vec<f32>,
    sine: Vec<f32>,
}

impl Bank {
    pub fn new() -> Bank {
        let turn = |i: usize| std::f64::consts::TAU * i as f64 / (FRAME - 1) as f64;
        let window: Vec<f32> = (0..FRAME).map(|i| (0.54 - 0.46 * turn(i).cos()) as f32).collect();
        let wave = |hz: f64| {
            let angle = |i: usize| std::f64::consts::TAU * hz * i as f64 / f64::from(TELEPHONE_RATE);
            let weighted = |of: fn(f64) -> f64| {
                window.iter().enumerate().map(|(i, weight)| weight * of(angle(i)) as f32).collect()
            };
            Wave { cosine: weighted(f64::cos), sine: weighted(f64::sin) }
        };
        let waves = |hz: f64| DEVIATIONS.map(|deviation| wave(hz * deviation));
        let (low, high) = (LOW.map(waves).into(), HIGH.map(waves).into());
        Bank { total: window.iter().sum(), window, low, high }
    }

    /// The digit that a frame of [`FRAME`] samples holds.
    pub fn digit_in(&self, frame: &[f32]) -> Option<char> {
        let weighted: Vec<f32> = frame.iter().zip(&self.window).map(|(sample, weight)| sample * weight).collect();
        let energy = dot(frame, &weighted) / self.total;
        if f64::from(energy) < power_of(LEAST_DBFS) {
            return None;
        }
        let power = |wave: &Wave| {
            2.0 * (dot(frame, &wave.cosine).powi(2) + dot(frame, &wave.sine).powi(2)) / self.total.powi(2)
        };
        // most frames are speech: the nominal frequencies alone rule them out
        let nominal: f32 = self.low.iter().chain(&self.high).map(|waves| power(&waves[0])).sum();
        if nominal < 0.3 * energy {
            return None;
        }
        let (row, low) = strongest(&self.low, power)?;
        let (column, high) = strongest(&self.high, power)?;
        let twist = 10.0 * (low / high).log10();
        let least = power_of(LEAST_DBFS) as f32;
        let clear = low.min(high) > least && twist.abs() < TWIST_DB && low + high > SHARE * energy;
        clear.then(|| DIGITS[row][column])
    }
}

/// The strongest frequency of a group, when it stands out.
fn strongest(group: &[[Wave; 3]], power: impl Fn(&Wave) -> f32) -> Option<(usize, f32)> {
    let powers: Vec<f32> = group.iter().map(|waves| waves.iter().map(&power).fold(0.0, f32::max)).collect();
    let best = (0..powers.len()).max_by(|a, b| powers[*a].total_cmp(&powers[*b]))?;
    let next =
        powers.iter().enumerate().filter(|(place, _)| *place != best).map(|(_, power)| *power).fold(0.0, f32::max);
    (powers[best] > 1e-9 && powers[best] > next * 10_f32.powf(GROUP_DB / 10.0)).then_some((best, powers[best]))
}

#[cfg(test)]
mod tests {
    use super::super::damage::{joined, mixed, silent, sine, speech, with_loss, with_noise};
    use super::super::g711::{Law, through_g711};
    use super::*;

    const ALL: &str = "123A456B789C*0#D";

    /// All digits: level of the low frequency, twist, deviation, and how long on and off.
    fn dialled(dbfs: f64, twist: f64, deviation: f64, on: f64, off: f64) -> Sound {
        let digit = |symbol: char| {
            let row = DIGITS.iter().position(|row| row.contains(&symbol)).unwrap();
            let column = DIGITS[row].iter().position(|other| *other == symbol).unwrap();
            let (low, high) = (LOW[row] * deviation, HIGH[column] * deviation);
            joined(&[mixed(&sine(low, dbfs, on), &sine(high, dbfs + twist, on)), silent(off)])
        };
        joined(&[silent(0.1), joined(&ALL.chars().map(digit).collect::<Vec<Sound>>())])
    }

    fn heard(sound: &Sound) -> String {
        find_digits(sound).iter().map(|heard| heard.digit).collect()
    }

    #[test]
    fn all_digits_are_heard_within_the_limits() {
        for (dbfs, twist, deviation, on, off) in [
            (-10.0, 0.0, 1.0, 0.05, 0.05),
            (-33.0, 0.0, 1.0, 0.1, 0.1),
            (-15.0, 7.5, 1.0, 0.05, 0.05),
            (-15.0, -7.5, 1.0, 0.05, 0.05),
            (-13.0, 0.0, 1.015, 0.05, 0.05),
            (-13.0, 0.0, 0.985, 0.05, 0.05),
            (-13.0, 2.0, 1.0, 0.04, 0.03),
        ] {
            let sound = dialled(dbfs, twist, deviation, on, off);
            let what = format!("{dbfs} dBFS, twist {twist}, {deviation}, {on} s on, {off} s off");
            assert_eq!(heard(&sound), ALL, "{what}");
            assert_eq!(heard(&through_g711(&sound, Law::Mu)), ALL, "{what}, PCMU");
        }
        assert_eq!(heard(&with_noise(&dialled(-10.0, 0.0, 1.0, 0.1, 0.1), -25.0)), ALL);
        assert_eq!(heard(&with_loss(&dialled(-10.0, 0.0, 1.0, 0.1, 0.1), 0.02, true, 3)), ALL);
    }

    #[test]
    fn what_lies_beyond_the_limits_is_no_digit() {
        for (dbfs, twist, deviation, on) in
            [(-40.0, 0.0, 1.0, 0.1), (-15.0, 11.0, 1.0, 0.1), (-13.0, 0.0, 1.04, 0.1), (-13.0, 0.0, 1.0, 0.015)]
        {
            assert_eq!(heard(&dialled(dbfs, twist, deviation, on, 0.05)), "", "{dbfs} {twist} {deviation} {on}");
        }
    }

    #[test]
    fn digits_have_their_times_and_repeat() {
        let tone = || mixed(&sine(770.0, -13.0, 0.1), &sine(1336.0, -13.0, 0.1));
        let digits = find_digits(&joined(&[silent(0.5), tone(), silent(0.04), tone()]));
        assert_eq!(digits.iter().map(|heard| heard.digit).collect::<String>(), "55");
        assert!((digits[0].span.from - 0.5).abs() < 0.014 && (digits[1].span.to - 0.74).abs() < 0.02, "{digits:?}");
    }

    #[test]
    fn speech_and_single_tones_are_no_digits() {
        for sound in
            [speech("alice"), speech("bob"), speech("charlie"), sine(697.0, -10.0, 1.0), silent(1.0), silent(0.0)]
        {
            assert_eq!(heard(&sound), "");
        }
    }
}
