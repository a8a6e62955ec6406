//! When somebody speaks.
use earshot::Detector;

use super::fourier::quantile;
use super::levels::{level_series, measure_levels};
use super::steady::find_steady_tones;
use super::{Sound, Span};

/// What the detector hears, in samples at this rate: 16 ms.
pub(super) const FRAME: usize = 256;
const RATE: u32 = 16000;
const FRAME_SECONDS: f64 = FRAME as f64 / RATE as f64;
/// Speech begins with 3 frames of at least this score and ends with 12 below it. At 0.3, noise of -65 dBFS is
/// always speech; at 0.7, beginnings come 150 ms late (measured).
pub(super) const SCORE: f32 = 0.5;
pub(super) const FRAMES_ON: usize = 3;
pub(super) const FRAMES_OFF: usize = 12;
/// Where the level is looked at to refine a beginning and an end, in seconds before what the detector says.
pub(super) const BEFORE_BEGIN: f64 = 0.3;
const BEFORE_END: f64 = 0.5;

/// How long the detector goes on after a sound has ended, in seconds (measured: 0.27, 95 %: 0.32).
pub(super) const HANGOVER: f64 = 0.35;

/// When somebody speaks: from the first to the last sound of each stretch, to 10 ms (measured: within 30 ms in 98
/// of 100). Pauses below 0.2 s belong to the speech. Steady tones do not count; music, pulsed noise and short beeps
/// are mistaken for speech, since the detector tells voice from silence and noise only. Below about 3 dB above the
/// noise nothing is found.
pub fn find_speech(sound: &Sound) -> Vec<Span> {
    let tones = find_steady_tones(sound);
    let scores = speech_scores(sound);
    let is_tone = |frame: usize| {
        let middle = (frame as f64 + 0.5) * FRAME_SECONDS;
        tones.iter().any(|tone| (tone.span.from - 0.05..=tone.span.to + HANGOVER).contains(&middle))
    };
    let on: Vec<bool> = scores.iter().enumerate().map(|(frame, score)| *score >= SCORE && !is_tone(frame)).collect();
    let levels = level_series(sound, 5);
    let threshold = level_threshold(sound, &levels);
    let mut spans: Vec<Span> = Vec::new();
    for (from, to) in stretches(&on) {
        let rough = Span { from: from as f64 * FRAME_SECONDS, to: to as f64 * FRAME_SECONDS };
        let ended = spans.iter().chain(tones.iter().map(|tone| &tone.span)).map(|span| span.to);
        let earliest = ended.filter(|to| *to < rough.from).fold(0.0, f64::max);
        let Some(fine) = refine(rough, &levels, threshold, earliest) else { continue };
        match spans.last_mut() {
            Some(last) if fine.from - last.to < 0.02 => last.to = fine.to,
            _ => spans.push(fine),
        }
    }
    spans
}

/// How much like speech each 16 ms are, 0 to 1.
fn speech_scores(sound: &Sound) -> Vec<f32> {
    let mut detector = Detector::default();
    let wide = sound.at_rate(RATE);
    wide.samples.chunks_exact(FRAME).map(|frame| detector.predict_f32(frame)).collect()
}

/// Stretches of speech as frames from and to.
fn stretches(on: &[bool]) -> Vec<(usize, usize)> {
    let (mut found, mut start, mut run_on, mut run_off) = (Vec::new(), None, 0, 0);
    for (frame, on) in on.iter().enumerate() {
        (run_on, run_off) = if *on { (run_on + 1, 0) } else { (0, run_off + 1) };
        match start {
            None if run_on >= FRAMES_ON => start = Some(frame + 1 - FRAMES_ON),
            Some(from) if run_off >= FRAMES_OFF => {
                found.push((from, frame + 1));
                start = None;
            }
            _ => {}
        }
    }
    found.extend(start.map(|from| (from, on.len())));
    found
}

/// The level above which something is said: 10 dB over the noise, and within 25 dB of the active level.
fn level_threshold(sound: &Sound, levels: &[f32]) -> f32 {
    let measured = measure_levels(sound);
    let mut quiet: Vec<f32> =
        levels.iter().copied().filter(|level| f64::from(*level) <= measured.floor_dbfs + 3.0).collect();
    let noise = quantile(&mut quiet, 0.5);
    (noise + 10.0).max(measured.active_dbfs as f32 - 25.0)
}

/// The beginning and end by level, near those of the detector. None where nothing is loud enough.
fn refine(rough: Span, levels: &[f32], threshold: f32, earliest: f64) -> Option<Span> {
    let place = |time: f64| ((time * 200.0).round().max(0.0) as usize).min(levels.len());
    let loud = |place: &usize| levels[*place] > threshold;
    let from = (place((rough.from - BEFORE_BEGIN).max(earliest))..place(rough.to)).find(loud)?;
    let to = (place((rough.to - BEFORE_END).max(rough.from))..place(rough.to)).rev().find(loud);
    let from = from as f64 * 0.005;
    Some(Span { from, to: to.map_or(rough.to, |place| (place + 1) as f64 * 0.005).max(from) })
}

#[cfg(test)]
mod tests {
    use super::super::damage::{joined, silent, sine, speech, white_noise, with_noise};
    use super::super::g711::{Law, through_g711};
    use super::*;

    #[test]
    fn speech_begins_and_ends_when_it_does() {
        for (name, end) in [("alice", 4.71), ("bob", 4.37), ("charlie", 3.91)] {
            let quiet = || white_noise(-60.0, 2.0);
            let sound = through_g711(&joined(&[quiet(), speech(name), quiet()]), Law::Mu);
            let found = find_speech(&sound);
            let (first, last) = (found.first().unwrap(), found.last().unwrap());
            assert!((first.from - 2.15).abs() < 0.03, "{name} {found:?}");
            assert!((last.to - 2.0 - end).abs() < 0.05, "{name} {found:?}");
            let spoken: f64 = found.iter().map(Span::length).sum();
            assert!(spoken > 0.75 * (end - 0.15), "{name} {found:?}");
        }
    }

    #[test]
    fn two_sentences_are_two_stretches() {
        let sound = joined(&[speech("charlie"), white_noise(-60.0, 1.5), speech("alice")]);
        let found = find_speech(&with_noise(&sound, -50.0));
        assert!(found.iter().all(|span| span.to < 4.1 || span.from > 6.4), "{found:?}");
    }

    #[test]
    fn tones_noise_and_silence_are_not_speech() {
        let busy = joined(&[0; 6].map(|_| joined(&[sine(425.0, -16.0, 0.48), silent(0.48)])));
        for sound in [busy, sine(1004.0, -16.0, 3.0), white_noise(-65.0, 3.0), silent(2.0), silent(0.0)] {
            assert_eq!(find_speech(&sound), [], "{} s", sound.seconds());
        }
    }
}
