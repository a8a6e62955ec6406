//! Which parts of a prompt are missing in what was received.
use super::bands::{BandSpectrogram, FRAME_SECONDS};
use super::fourier::quantile;
use super::levels::{level_series, measure_levels};
use super::segments::{HEARD_CORRELATION, Segment};
use super::{Sound, Span, TELEPHONE_RATE};

/// A run of missing frames longer than this is a missing part, in milliseconds of active prompt (measured: none in
/// sounds without a gap, 20 % loss with concealment included; gaps of 100 ms are found in 24 of 30, 200 ms in 30).
pub const MISSING_LIMIT_MS: f64 = 48.0;
/// A frame is missing when it is this much quieter than the prompt, the gain allowed for, dB.
const MISSING_DB: f32 = 15.0;

/// Where in the prompt a missing part lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingPlace {
    /// From the first active frame on: a cut start.
    Start,
    /// Between: a gap.
    Middle,
    /// To the last active frame: a cut end.
    End,
}

/// A missing part of a prompt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MissingRun {
    /// Where in the prompt, in seconds from its start. To 16 ms.
    pub span: Span,
    /// How much of it is active speech, in milliseconds.
    pub milliseconds: f64,
    /// Start, middle or end.
    pub place: MissingPlace,
}

/// How much louder than the prompt it was received, dB: the median over active frames in segments that were heard.
pub fn median_gain_db(prompt: &BandSpectrogram, received: &BandSpectrogram, segments: &[Segment]) -> f64 {
    let path = Path::new(segments);
    let active = prompt.active();
    let gains = |frame: usize| {
        let heard = received.power.get(usize::try_from(path.place(frame)).ok()?)?;
        (*heard > 1e-12).then(|| decibels(*heard) - decibels(prompt.power[frame]))
    };
    let mut gains: Vec<f32> = (0..prompt.len()).filter(|frame| active[*frame]).filter_map(gains).collect();
    f64::from(quantile(&mut gains, 0.5))
}

/// The missing runs longer than [`MISSING_LIMIT_MS`].
pub fn find_missing(
    prompt: &BandSpectrogram,
    received: &BandSpectrogram,
    segments: &[Segment],
    gain_db: f64,
) -> Vec<MissingRun> {
    let path = Path::new(segments);
    let active = prompt.active();
    let is_missing = |frame: usize| {
        let place = path.place(frame);
        // a frame to each side as well: neither codec nor jitter shift what is heard by more
        let heard = (place - 1..=place + 1).filter_map(|near| received.power.get(usize::try_from(near).ok()?));
        let loudest = heard.fold(0.0_f32, |most, power| most.max(*power));
        decibels(loudest) < decibels(prompt.power[frame]) + gain_db as f32 - MISSING_DB
    };
    let frames: Vec<usize> = (0..prompt.len()).filter(|frame| active[*frame]).collect();
    let (Some(first), Some(last)) = (frames.first().copied(), frames.last().copied()) else { return Vec::new() };
    let mut runs = Vec::new();
    for run in frames.chunk_by(|a, b| is_missing(*a) == is_missing(*b)).filter(|run| is_missing(run[0])) {
        let milliseconds = run.len() as f64 * FRAME_SECONDS * 1000.0;
        let (from, to) = (run[0], run[run.len() - 1]);
        let place = if from == first {
            MissingPlace::Start
        } else if to == last {
            MissingPlace::End
        } else {
            MissingPlace::Middle
        };
        let span = Span { from: from as f64 * FRAME_SECONDS, to: (to + 1) as f64 * FRAME_SECONDS };
        if milliseconds > MISSING_LIMIT_MS + 0.1 {
            runs.push(MissingRun { span, milliseconds, place });
        }
    }
    runs
}

/// A block of the received sound is dropped out when it is this much quieter than the same of the reference, dB,
/// which is itself this close to the active level.
const DROPOUT_DB: f32 = 25.0;
const DROPOUT_RANGE_DB: f32 = 20.0;

/// Where 10 ms or more of active reference are all but silent in what was received: packets that were lost and not
/// concealed. Concealment hides them; then only the score and RTP show the loss. The times are the reference's. The
/// delay has to be known to a few milliseconds.
pub fn find_dropouts(reference: &Sound, received: &Sound, delay: f64, gain_db: f64) -> Vec<Span> {
    let (reference, received) = (reference.at_rate(TELEPHONE_RATE), received.at_rate(TELEPHONE_RATE));
    let active = measure_levels(&reference).active_dbfs as f32;
    let sent = level_series(&reference, 5);
    let heard = level_series(&shifted(&received, delay), 5);
    let is_lost = |place: usize| {
        let level = heard.get(place).copied().unwrap_or(f32::MAX);
        sent[place] > active - DROPOUT_RANGE_DB && level < sent[place] + gain_db as f32 - DROPOUT_DB
    };
    let places: Vec<usize> = (0..sent.len()).collect();
    let runs = places.chunk_by(|a, b| is_lost(*a) == is_lost(*b)).filter(|run| is_lost(run[0]) && run.len() >= 2);
    runs.map(|run| Span { from: run[0] as f64 * 0.005, to: (run[run.len() - 1] + 1) as f64 * 0.005 }).collect()
}

/// A sound so much earlier, zeros before it where the delay is below 0.
fn shifted(sound: &Sound, delay: f64) -> Sound {
    let samples = (delay * f64::from(sound.rate)).round() as isize;
    let mut result = vec![0.0; samples.min(0).unsigned_abs()];
    result.extend(sound.samples.iter().skip(samples.max(0) as usize));
    Sound { rate: sound.rate, samples: result }
}

fn decibels(power: f32) -> f32 {
    10.0 * power.max(1e-12).log10()
}

/// Which received frame belongs to a frame of the prompt: as the segments near it have it.
struct Path<'a> {
    heard: Vec<&'a Segment>,
}

impl Path<'_> {
    fn new(segments: &[Segment]) -> Path<'_> {
        let sure: Vec<&Segment> = segments.iter().filter(|segment| segment.correlation > HEARD_CORRELATION).collect();
        Path { heard: if sure.is_empty() { segments.iter().collect() } else { sure } }
    }

    fn place(&self, frame: usize) -> isize {
        // the middle one of the three nearest: a segment beside a gap may be found a little off
        let after = self.heard.partition_point(|segment| segment.frame + 15 < frame);
        let near = after.saturating_sub(2).min(self.heard.len().saturating_sub(3));
        let mut offsets: Vec<f32> = self.heard.iter().skip(near).take(3).map(|segment| segment.offset as f32).collect();
        frame as isize + quantile(&mut offsets, 0.5).round() as isize
    }
}

#[cfg(test)]
mod tests {
    use super::super::damage::{cut_out, delayed, speech, with_loss, with_noise};
    use super::super::prompt::compare_prompt;
    use super::*;

    fn missing(received: &Sound) -> Vec<MissingRun> {
        let prompt = BandSpectrogram::new(&speech("alice"));
        compare_prompt(&prompt, &BandSpectrogram::new(received)).unwrap().missing
    }

    #[test]
    fn nothing_is_missing_where_nothing_was_taken() {
        assert_eq!(missing(&speech("alice")), []);
        assert_eq!(missing(&with_noise(&speech("alice"), -45.0)), []);
    }

    #[test]
    fn a_gap_is_found_where_it_was_made() {
        let whole = speech("alice");
        let series = level_series(&whole, 100);
        let loudest = (5..40).max_by(|a, b| series[*a].total_cmp(&series[*b])).unwrap() as f64 * 0.1;
        for length in [0.2, 0.5, 1.0] {
            let runs = missing(&cut_out(&whole, loudest - length / 2.0, length));
            let (from, to) = (loudest - length / 2.0 - 0.04, loudest + length / 2.0 + 0.04);
            assert!(runs.iter().any(|run| run.span.length() > 0.3 * length), "{length}: {runs:?}");
            assert!(runs.iter().all(|run| run.span.from > from && run.span.to < to), "{length} at {loudest}: {runs:?}");
            assert!(runs.iter().all(|run| run.place == MissingPlace::Middle), "{length}: {runs:?}");
        }
    }

    #[test]
    fn lost_packets_are_dropouts() {
        let whole = speech("alice");
        for (share, least, most) in [(0.0, 0, 0), (0.02, 1, 10), (0.2, 12, 60)] {
            let lossy = delayed(&with_loss(&whole, share, false, 2), 0.1);
            let found = find_dropouts(&whole, &lossy, 0.1, 0.0);
            assert!((least..=most).contains(&found.len()), "{share}: {found:?}");
        }
        let concealed = with_loss(&whole, 0.05, true, 2);
        assert_eq!(find_dropouts(&whole, &concealed, 0.0, 0.0), []);
    }

    #[test]
    fn a_cut_start_and_end_are_named() {
        let whole = speech("alice");
        let start = missing(&whole.part(Span { from: 0.7, to: 9.0 }));
        assert_eq!(start.iter().map(|run| run.place).collect::<Vec<_>>(), [MissingPlace::Start], "{start:?}");
        let end = missing(&whole.part(Span { from: 0.0, to: 4.0 }));
        assert_eq!(end.iter().map(|run| run.place).collect::<Vec<_>>(), [MissingPlace::End], "{end:?}");
    }
}
