//! Which prompt was heard, and how much of it.
use realfft::num_complex::Complex32;

use super::bands::{BANDS, BandSpectrogram, FRAME_SECONDS};
use super::features::Features;
use super::fourier::{fast_size, signal, spectrum};
use super::missing::{MissingRun, find_missing, median_gain_db};
use super::segments::{HEARD_CORRELATION, Segment, follow_segments, speed_of};

/// A prompt was heard from this score on, or where [`HEARD_SHARE`] of it was. Measured with 13 synthetic prompts, all
/// against all, through noise, loss and speed: right 0.72 or more, wrong up to 0.64; the share found then keeps the
/// wrong ones out (none of 1400 pairs was taken for the prompt).
pub const HEARD_SCORE: f64 = 0.55;
/// The share of segments from which a prompt was heard.
pub const HEARD_SHARE: f64 = 0.8;
/// With any score, this much of it has to be found: sounds that only pause alike have less than 0.4 (measured).
const LEAST_SHARE: f64 = 0.45;
/// Scores this close are decided by their worst segment: prompts that differ in one word.
const CLOSE_SCORE: f64 = 0.05;
/// Speed beyond which a prompt is too fast or slow, as a share (measured: clock drift stays far below).
pub const SPEED_LIMIT: f64 = 0.008;

/// How a received sound compares with a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptMatch {
    /// Likeness, 0 to 1. Limits: [`HEARD_SCORE`]. White noise less than 15 dB below the speech lowers it: such a
    /// sound is too noisy to say.
    pub score: f64,
    /// The share of the prompt's active half seconds that were found, 0 to 1.
    pub heard: f64,
    /// Where the prompt's start lies in the received sound, in seconds; below 0 when it was cut. To 16 ms.
    pub starts_at: f64,
    /// The lowest correlation of an active segment.
    pub worst_segment: f64,
    /// Received against prompt, dB (the median over active frames).
    pub gain_db: f64,
    /// Received against prompt: 1.02 is 2 % faster. None below 2 s of found segments.
    pub speed: Option<f64>,
    /// Parts of the prompt that are missing in what was received.
    pub missing: Vec<MissingRun>,
    /// The segments, active ones only.
    pub segments: Vec<Segment>,
}

impl PromptMatch {
    /// Whether this prompt was heard at all.
    pub fn is_heard(&self) -> bool {
        self.score > HEARD_SCORE && self.heard >= LEAST_SHARE || self.heard >= HEARD_SHARE
    }

    /// Whether it was heard from start to end without a missing part.
    pub fn is_whole(&self) -> bool {
        self.heard >= HEARD_SHARE && self.missing.is_empty()
    }
}

/// Compares a received sound with one prompt. None when either is shorter than 0.2 s. Costs about 2 ms
/// for a minute received.
pub fn compare_prompt(prompt: &BandSpectrogram, received: &BandSpectrogram) -> Option<PromptMatch> {
    if prompt.len() < 12 || received.len() < 12 {
        return None;
    }
    let (mut score, mut lag) = best_lag(&Features::new(prompt, received));
    // in a long recording the levels around the prompt decide, not those of the rest
    let from = (lag - 30).max(0) as usize;
    let around = received.part(from, (lag + prompt.len() as isize + 30).max(0) as usize);
    let cropped = around.len() >= 12 && around.len() < received.len();
    let (heard_in, from) = if cropped { (&around, from) } else { (received, 0) };
    let features = Features::new(prompt, heard_in);
    if cropped {
        (score, lag) = best_lag(&features);
    }
    let active = prompt.active();
    let segments = follow_segments(&features, &active, lag);
    let found: Vec<&Segment> = segments.iter().filter(|segment| segment.correlation > HEARD_CORRELATION).collect();
    let gain_db = median_gain_db(prompt, heard_in, &segments);
    Some(PromptMatch {
        score,
        heard: found.len() as f64 / segments.len().max(1) as f64,
        starts_at: (lag + from as isize) as f64 * FRAME_SECONDS,
        worst_segment: segments.iter().map(|segment| segment.correlation).fold(1.0, f64::min),
        gain_db,
        speed: speed_of(&found),
        missing: find_missing(prompt, heard_in, &segments, gain_db),
        segments,
    })
}

/// Which of several prompts was heard: their matches by place in the list, the likeliest first. Those within 0.05 of
/// the best score are ordered by their worst segment, which tells prompts apart that differ in one word.
pub fn rank_prompts(prompts: &[BandSpectrogram], received: &BandSpectrogram) -> Vec<(usize, PromptMatch)> {
    let compared = |(place, prompt)| Some((place, compare_prompt(prompt, received)?));
    let mut matches: Vec<(usize, PromptMatch)> = prompts.iter().enumerate().filter_map(compared).collect();
    matches.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
    let best = matches.first().map_or(0.0, |(_, first)| first.score);
    let close = matches.iter().take_while(|(_, one)| one.score > best - CLOSE_SCORE).count();
    matches[..close].sort_by(|(_, a), (_, b)| b.worst_segment.total_cmp(&a.worst_segment));
    matches
}

/// The greatest normalised correlation over all lags, weighted by how much overlaps, and its lag in frames.
fn best_lag(features: &Features) -> (f64, isize) {
    let (prompt, received) = (features.prompt.len(), features.received.len());
    let size = fast_size(prompt + received);
    let mut product = vec![Complex32::ZERO; size / 2 + 1];
    for band in 0..BANDS {
        let column = |rows: &[[f32; BANDS]]| rows.iter().map(|row| row[band]).collect::<Vec<f32>>();
        let (a, b) = (spectrum(&column(&features.prompt), size), spectrum(&column(&features.received), size));
        product.iter_mut().zip(a.iter().zip(&b)).for_each(|(sum, (a, b))| *sum += a.conj() * b);
    }
    let correlation = signal(product, size);
    let (energy_prompt, energy_received) = (energies(&features.prompt), energies(&features.received));
    let least = (prompt / 10).max(10) as isize;
    let mut best = (0.0, 0);
    for lag in least - prompt as isize..=received as isize - least {
        let (from, to) = ((-lag).max(0) as usize, prompt.min((received as isize - lag).max(0) as usize));
        if to < from + least as usize {
            continue;
        }
        let heard = |place: usize| (place as isize + lag) as usize;
        let energy =
            (energy_prompt[to] - energy_prompt[from]) * (energy_received[heard(to)] - energy_received[heard(from)]);
        let value = f64::from(correlation[lag.rem_euclid(size as isize) as usize]) / energy.max(1e-9).sqrt();
        let score = value * ((to - from) as f64 / prompt as f64).powf(0.25);
        if score > best.0 {
            best = (score, lag);
        }
    }
    best
}

/// The energy of all rows before each place.
fn energies(rows: &[[f32; BANDS]]) -> Vec<f64> {
    let mut sum = 0.0;
    let row_energy = |row: &[f32; BANDS]| row.iter().map(|value| f64::from(value * value)).sum::<f64>();
    std::iter::once(0.0)
        .chain(rows.iter().map(|row| {
            sum += row_energy(row);
            sum
        }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Span;
    use super::super::damage::{delayed, reversed, silent, speech, white_noise, with_loss, with_noise};
    use super::*;

    fn bands(name: &str) -> BandSpectrogram {
        BandSpectrogram::new(&speech(name))
    }

    #[test]
    fn each_voice_is_told_from_the_others() {
        let prompts: Vec<BandSpectrogram> = ["alice", "bob", "charlie"].map(bands).into();
        for (place, name) in ["alice", "bob", "charlie"].into_iter().enumerate() {
            let received = BandSpectrogram::new(&delayed(&with_noise(&speech(name), -45.0), 0.3));
            let ranked = rank_prompts(&prompts, &received);
            let (first, best) = &ranked[0];
            assert!(*first == place && best.score > 0.7 && best.is_whole(), "{name}: {best:?}");
            assert!((best.starts_at - 0.3).abs() < 0.017 && best.gain_db.abs() < 0.5, "{best:?}");
            assert!(ranked[1].1.score < 0.53 && !ranked[1].1.is_heard(), "{name}: {:?}", ranked[1].1);
        }
    }

    /// "Your balance is … euros": the same but for one word.
    #[test]
    fn prompts_that_differ_in_one_word_are_told_apart() {
        let with_word = |other: &str, from: f64| {
            let mut sound = speech("alice");
            let word = speech(other).part(Span { from, to: from + 0.5 });
            sound.samples[16000..16000 + word.samples.len()].copy_from_slice(&word.samples);
            sound
        };
        let sounds = [speech("alice"), with_word("bob", 1.0), with_word("bob", 3.0), with_word("charlie", 2.0)];
        let prompts: Vec<BandSpectrogram> = sounds.iter().map(BandSpectrogram::new).collect();
        for (place, sound) in sounds.iter().enumerate() {
            let received = with_loss(&with_noise(&delayed(sound, 0.2), -45.0), 0.03, true, 7);
            let ranked = rank_prompts(&prompts, &BandSpectrogram::new(&received));
            assert_eq!(
                ranked[0].0,
                place,
                "{:?}",
                ranked.iter().map(|(at, one)| (at, one.score, one.worst_segment)).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn a_prompt_is_found_in_a_long_recording() {
        let mut sound = white_noise(-58.0, 20.0);
        sound.samples.extend(speech("alice").samples);
        sound.samples.extend(white_noise(-58.0, 30.0).samples);
        let found = compare_prompt(&bands("alice"), &BandSpectrogram::new(&sound)).unwrap();
        assert!(found.is_whole() && found.score > 0.85 && (found.starts_at - 20.0).abs() < 0.02, "{found:?}");
    }

    #[test]
    fn noise_silence_and_reversed_speech_are_not_the_prompt() {
        for other in [silent(5.0), white_noise(-30.0, 5.0), reversed(&speech("alice"))] {
            let compared = compare_prompt(&bands("alice"), &BandSpectrogram::new(&other)).unwrap();
            assert!(!compared.is_heard(), "{compared:?}");
        }
    }

    #[test]
    fn speed_is_read_from_the_segments() {
        for speed in [0.98, 0.99, 1.0, 1.01, 1.02] {
            let received = BandSpectrogram::new(&speech("bob").at_speed(speed));
            let compared = compare_prompt(&bands("bob"), &received).unwrap();
            assert!((compared.speed.unwrap() - speed).abs() < 0.003, "{speed}: {:?}", compared.speed);
        }
    }
}
