//! A watermark that tells who is heard: a noise code under the speech, always on.
//!
//! Each agent's pilot is noise from 400 to 3200 Hz that repeats every 1.024 s. The detector flattens the spectrum of
//! what was received, so that the quiet spots between the speech count most, adds up the periods, and correlates
//! with each agent's code. Measured: in 2 s it is found through G.711, G.722, Opus from 12 kbit/s, GSM and AMR 12.2,
//! also with 3 % loss; AMR 4.75 needs 8 s. Silence suppression and echo cancellers were not tried.
use std::f64::consts::TAU;

use realfft::num_complex::Complex32;

use super::fourier::{hann, quantile, signal, spectrum};
use super::levels::{measure_levels, power_of};
use super::{Sound, TELEPHONE_RATE};

/// Samples of a period at 8 kHz: 1.024 s.
pub const PERIOD: usize = 8192;
/// The length of a period in seconds.
pub const PERIOD_SECONDS: f64 = PERIOD as f64 / TELEPHONE_RATE as f64;
/// A pilot is heard from this z on. In 37 000 windows without one the greatest was 6.48; by the tail, one in
/// ten million exceeds 7 (measured).
pub const HEARD_Z: f64 = 7.0;
/// The pilot lies this far below the noise floor of the speech, within these bounds: it then costs less than 0.1 MOS.
const BELOW_FLOOR_DB: f64 = 3.0;
const LEVEL_BOUNDS_DBFS: (f64, f64) = (-78.0, -63.0);
/// Bins of the code (400 to 3200 Hz), and of the detector (380 to 3250 Hz).
const CODE_BINS: std::ops::Range<usize> = 410..3277;
const FRAME: usize = 512;
/// The highest rate, in samples per second, at which a pilot is made.
const MOST_RATE: u32 = 48000;
const FRAME_BINS: std::ops::RangeInclusive<usize> = 25..=208;

/// A pilot that was heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PilotHeard {
    /// Which agent's, by its place among the seeds.
    pub agent: usize,
    /// How far the peak stands out, in standard deviations of the rest. See [`HEARD_Z`].
    pub z: f64,
    /// Where in the received sound a period of the pilot begins, in seconds, 0 to 1.024. When both sounds begin at
    /// the same time, this is the delay modulo 1.024 s, to 0.02 ms without the delay of the codec.
    pub phase_seconds: f64,
    /// How many periods it took.
    pub periods: usize,
}

/// The seed of an agent's pilot, from its name.
pub fn pilot_seed(name: &str) -> u64 {
    // FNV-1a: the same on every machine and in every version
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The level of the pilot for a sound, dBFS: 3 dB below its noise floor, between -78 and -63.
pub fn pilot_level(sound: &Sound) -> f64 {
    below_floor(measure_levels(sound).floor_dbfs)
}

/// The same from the levels of blocks of 20 ms, dBFS. Of fewer than 10, the least level.
pub fn pilot_level_for<'a>(levels: impl IntoIterator<Item = &'a f32>) -> f64 {
    let mut levels: Vec<f32> = levels.into_iter().copied().collect();
    if levels.len() < 10 { LEVEL_BOUNDS_DBFS.0 } else { below_floor(f64::from(quantile(&mut levels, 0.1))) }
}

fn below_floor(floor_dbfs: f64) -> f64 {
    (floor_dbfs - BELOW_FLOOR_DB).clamp(LEVEL_BOUNDS_DBFS.0, LEVEL_BOUNDS_DBFS.1)
}

/// One period of a pilot at 8 kHz, of mean power 1.
fn code(seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut bins = vec![Complex32::ZERO; PERIOD / 2 + 1];
    for bin in &mut bins[CODE_BINS] {
        *bin = Complex32::from_polar(1.0, (TAU * next_share(&mut state)) as f32);
    }
    let mut period = signal(bins, PERIOD);
    let gain = 1.0 / super::levels::mean_power(&period).sqrt() as f32;
    period.iter_mut().for_each(|value| *value *= gain);
    period
}

/// The next number of SplitMix64, from 0 to 1.
fn next_share(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// One period of the pilot of a seed at this rate and level. At 8 and 16 kHz a period is a whole number of samples;
/// at other rates the length is rounded, which shifts the phase a little each period. Empty outside 8 to 48 kHz.
pub fn make_pilot(seed: u64, rate: u32, dbfs: f64) -> Vec<f32> {
    if !(TELEPHONE_RATE..=MOST_RATE).contains(&rate) {
        return Vec::new();
    }
    let gain = power_of(dbfs).sqrt() as f32;
    let period = code(seed);
    let factor = (rate / TELEPHONE_RATE) as usize;
    let samples = if rate == TELEPHONE_RATE * factor as u32 {
        let mut bins = spectrum(&period, PERIOD);
        bins.iter_mut().for_each(|bin| *bin *= factor as f32);
        signal(bins, PERIOD * factor)
    } else {
        let thrice = Sound { rate: TELEPHONE_RATE, samples: [&period[..], &period, &period].concat() };
        let length = (PERIOD_SECONDS * f64::from(rate)).round() as usize;
        thrice.at_rate(rate).samples.iter().skip(length).take(length).copied().collect()
    };
    samples.into_iter().map(|value| value * gain).collect()
}

/// The sound with the pilot of a seed mixed in from its start, at the level of [`pilot_level`]. As it was, outside 8 to
/// 48 kHz.
pub fn mix_pilot(sound: &Sound, seed: u64) -> Sound {
    let pilot = make_pilot(seed, sound.rate, pilot_level(sound));
    if pilot.is_empty() {
        return sound.clone();
    }
    let mixed = sound.samples.iter().zip(pilot.iter().cycle()).map(|(sample, pilot)| sample + pilot);
    Sound::new(sound.rate, mixed.collect())
}

/// The codes of some agents, ready to be looked for.
pub struct PilotDetector {
    codes: Vec<Vec<Complex32>>,
}

impl PilotDetector {
    /// For the agents with these seeds. Each takes 33 kB and 0.05 ms a window.
    pub fn new(seeds: &[u64]) -> PilotDetector {
        PilotDetector { codes: seeds.iter().map(|seed| spectrum(&code(*seed), PERIOD)).collect() }
    }

    /// The agents that are heard anywhere in the sound, the surest first. Looks at windows of 1, 2, 4 and 8 periods
    /// and takes the shortest in which an agent is heard. A sound shorter than a period gives none.
    pub fn find_pilots(&self, received: &Sound) -> Vec<PilotHeard> {
        let flat = flatten_spectrum(received);
        let mut heard: Vec<PilotHeard> = Vec::new();
        for periods in [1, 2, 4, 8] {
            let window = (periods * PERIOD).min(flat.len());
            for start in (0..=flat.len() - window).step_by(window.max(PERIOD)) {
                let folded = folded_spectrum(&flat[start..start + window], start);
                let wanted =
                    |agent: &usize| !heard.iter().any(|other| other.agent == *agent && other.periods < periods);
                let found: Vec<PilotHeard> = (0..self.codes.len())
                    .filter(wanted)
                    .filter_map(|agent| self.correlate(&folded, agent, periods, HEARD_Z as f32 / 2.0))
                    .collect();
                found.into_iter().for_each(|found| keep_surest(&mut heard, found));
            }
        }
        heard.sort_by(|a, b| b.z.total_cmp(&a.z));
        heard
    }

    /// How surely each agent is heard in the whole of a sound, without any limit, in the order of the seeds.
    pub fn measure_pilots(&self, received: &Sound) -> Vec<PilotHeard> {
        let flat = flatten_spectrum(received);
        let (folded, periods) = (folded_spectrum(&flat, 0), flat.len().div_ceil(PERIOD));
        (0..self.codes.len()).filter_map(|agent| self.correlate(&folded, agent, periods, 0.0)).collect()
    }

    /// Correlates a folded window with one code. None when the peak is less than `least` times the root mean square.
    fn correlate(&self, folded: &[Complex32], agent: usize, periods: usize, least: f32) -> Option<PilotHeard> {
        let product = folded.iter().zip(&self.codes[agent]).map(|(bin, code)| bin * code.conj()).collect();
        let correlation = signal(product, PERIOD);
        let peak = (0..PERIOD).max_by(|a, b| correlation[*a].total_cmp(&correlation[*b])).unwrap_or(0);
        // finding the median takes longer than all the rest
        if correlation[peak] < least * super::levels::mean_power(&correlation).sqrt() as f32 {
            return None;
        }
        let mut sizes: Vec<f32> = correlation.iter().map(|value| value.abs()).collect();
        let spread = f64::from(quantile(&mut sizes, 0.5)) / 0.6745;
        let at = |place: usize| correlation[place % PERIOD];
        let between = super::fourier::parabola(at(peak + PERIOD - 1), at(peak), at(peak + 1));
        Some(PilotHeard {
            agent,
            z: f64::from(correlation[peak]) / spread.max(1e-12),
            phase_seconds: (peak as f64 + between).rem_euclid(PERIOD as f64) / f64::from(TELEPHONE_RATE),
            periods,
        })
    }
}

/// The spectrum of a flattened window whose periods are added up. `start` is the window's place in the sound.
fn folded_spectrum(window: &[f32], start: usize) -> Vec<Complex32> {
    let mut folded = vec![0.0; PERIOD];
    for (place, value) in window.iter().enumerate() {
        folded[(start + place) % PERIOD] += value;
    }
    spectrum(&folded, PERIOD)
}

fn keep_surest(heard: &mut Vec<PilotHeard>, found: PilotHeard) {
    if found.z.is_nan() || found.z < HEARD_Z {
        return;
    }
    match heard.iter_mut().find(|other| other.agent == found.agent) {
        Some(other) if other.z < found.z => *other = found,
        Some(_) => {}
        None => heard.push(found),
    }
}

/// The sound at 8 kHz with each spot of its spectrogram divided by its own power: where speech is, little remains.
fn flatten_spectrum(received: &Sound) -> Vec<f32> {
    let sound = received.at_rate(TELEPHONE_RATE);
    let window: Vec<f32> = hann(FRAME).iter().map(|value| value.sqrt()).collect();
    // the floor: the power that noise of -90 dBFS has in a bin
    let floor = power_of(-90.0) as f32 * window.iter().map(|value| value * value).sum::<f32>();
    let mut flat = vec![0.0; sound.samples.len()];
    super::fourier::for_each_frame(&sound.samples, &window, FRAME / 2, |number, bins| {
        let power: Vec<f32> = bins.iter().map(|bin| bin.norm_sqr()).collect();
        let mut weighted = vec![Complex32::ZERO; bins.len()];
        for bin in FRAME_BINS {
            let smooth = power[bin - 2..=bin + 2].iter().sum::<f32>() / 5.0;
            weighted[bin] = bins[bin] / (smooth + floor);
        }
        let part = signal(weighted, FRAME);
        let place = number * FRAME / 2;
        flat[place..place + FRAME]
            .iter_mut()
            .zip(part)
            .zip(&window)
            .for_each(|((sum, value), weight)| *sum += value * weight);
    });
    flat
}

#[cfg(test)]
mod tests {
    use super::super::Span;
    use super::super::damage::{delayed, joined, silent, sine, speech, white_noise, with_loss};
    use super::super::g711::{Law, through_g711};
    use super::super::quality::measure_quality;
    use super::*;

    fn seeds() -> Vec<u64> {
        ["alice", "bob", "charlie", "dora", "emil", "fritz", "gerda", "hans"].map(pilot_seed).into()
    }

    #[test]
    fn an_agents_pilot_is_heard_under_its_speech_in_two_seconds() {
        let detector = PilotDetector::new(&seeds());
        for (agent, name) in ["alice", "bob", "charlie"].into_iter().enumerate() {
            let sent = mix_pilot(&speech(name), pilot_seed(name));
            let received = with_loss(&through_g711(&sent, Law::Mu), 0.03, true, 4);
            let window = received.part(Span { from: 1.0, to: 1.0 + 2.0 * PERIOD_SECONDS });
            let z: Vec<f64> = detector.measure_pilots(&window).iter().map(|heard| heard.z).collect();
            assert!(z[agent] > 10.0, "{name} {z:?}");
            assert!(z.iter().enumerate().all(|(other, z)| other == agent || *z < 6.5), "{name} {z:?}");
        }
    }

    #[test]
    fn a_silent_agent_is_heard_and_its_delay_measured() {
        let detector = PilotDetector::new(&seeds());
        for delay in [0.0, 0.15, 0.8] {
            let sent = mix_pilot(&white_noise(-90.0, 4.0), pilot_seed("bob"));
            let found = detector.find_pilots(&through_g711(&joined(&[silent(delay), sent]), Law::A));
            let error = (found[0].phase_seconds - delay + 0.5).rem_euclid(PERIOD_SECONDS) - 0.5;
            assert!(found.len() == 1 && found[0].agent == 1 && error.abs() < 5e-5, "{delay}: {found:?}");
        }
    }

    #[test]
    fn no_pilot_is_heard_where_none_is() {
        let detector = PilotDetector::new(&seeds());
        let mut sounds: Vec<Sound> = ["alice", "bob", "charlie"].map(speech).into();
        sounds.extend([silent(3.0), white_noise(-40.0, 5.0), sine(425.0, -20.0, 5.0), silent(0.1), silent(0.0)]);
        sounds.push(mix_pilot(&speech("alice"), pilot_seed("somebody else")));
        for sound in sounds {
            assert_eq!(detector.find_pilots(&sound), [], "{}", sound.seconds());
        }
    }

    #[test]
    fn a_pilot_made_at_16_khz_is_the_same() {
        let detector = PilotDetector::new(&seeds());
        let wide = speech("alice").at_rate(16000).into_owned();
        let sent = mix_pilot(&wide, pilot_seed("gerda"));
        let found = detector.find_pilots(&delayed(&sent.at_rate(8000), 0.25));
        assert!(found.len() == 1 && found[0].agent == 6 && (found[0].phase_seconds - 0.25).abs() < 5e-5, "{found:?}");
        assert_eq!(make_pilot(1, 16000, -60.0).len(), 2 * PERIOD);
    }

    #[test]
    fn a_pilot_costs_less_than_a_tenth_of_a_mos() {
        for name in ["alice", "bob", "charlie"] {
            let score = |sent: &Sound| measure_quality(&speech(name), &through_g711(sent, Law::Mu)).unwrap();
            let cost = score(&speech(name)) - score(&mix_pilot(&speech(name), pilot_seed(name)));
            assert!(cost < 0.1, "{name} {cost}");
        }
    }

    #[test]
    fn the_level_follows_the_noise_floor_within_its_bounds() {
        assert!((pilot_level(&speech("alice")) + 63.2).abs() < 1.0, "{}", pilot_level(&speech("alice")));
        assert_eq!(pilot_level(&silent(1.0)), -78.0);
        assert_eq!(pilot_level(&white_noise(-30.0, 1.0)), -63.0);
    }
}
