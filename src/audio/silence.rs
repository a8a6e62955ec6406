//! Where nothing is heard.
use super::levels::{level_series, measure_levels};
use super::{Sound, Span};

/// Below this a line carries nothing, dBFS. Codecs make of digital silence: G.711 µ 0, A -72, GSM -66, G.726 -70,
/// G.722 -88, AMR 0, Opus below -105 (measured).
pub const NOTHING_DBFS: f64 = -64.0;
/// Comfort noise is at most this loud, dBFS, and this steady: loudest less quietest 20 ms, dB (measured).
const COMFORT_NOISE_DBFS: f64 = -45.0;
const COMFORT_NOISE_RANGE_DB: f64 = 6.0;
/// A gap begins and ends within this many dB of the active level (measured: speech falls softly, by 35 dB).
const EDGE_BELOW_ACTIVE_DB: f32 = 15.0;

/// What a sound amounts to before any closer look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Nothing at all: the loudest 20 ms stay below [`NOTHING_DBFS`].
    Nothing,
    /// Steady noise, as a codec makes it in pauses.
    ComfortNoise,
    /// Something sounds.
    Sound,
}

/// Tells silence and comfort noise from sound.
pub fn classify_presence(sound: &Sound) -> Presence {
    let levels = measure_levels(sound);
    if levels.loudest_dbfs < NOTHING_DBFS {
        return Presence::Nothing;
    }
    let steady = levels.loudest_dbfs - levels.quietest_dbfs < COMFORT_NOISE_RANGE_DB;
    if steady && levels.loudest_dbfs <= COMFORT_NOISE_DBFS { Presence::ComfortNoise } else { Presence::Sound }
}

/// The stretches of at least `shortest` seconds whose 5 ms levels all stay below `below` dBFS.
pub fn find_silence(sound: &Sound, below: f64, shortest: f64) -> Vec<Span> {
    let series = level_series(sound, 5);
    quiet_runs(&series, below as f32)
        .into_iter()
        .map(|(from, to)| Span { from: from as f64 * 0.005, to: to as f64 * 0.005 })
        .filter(|span| span.length() >= shortest - 1e-9)
        .collect()
}

/// Quiet stretches with an abrupt edge on both sides, 20 ms to 5 s long: what lost packets without concealment
/// leave. A hint only. Zero-filled gaps: 83 to 97 % found; one in 300 human pauses and one in four of synthetic
/// speech looks like one; a gap that a decoder conceals is mostly missed (measured). Against a reference,
/// [`super::missing`] is surer; the RTP of the call names the loss.
pub fn find_abrupt_gaps(sound: &Sound) -> Vec<Span> {
    let series = level_series(sound, 5);
    let active = measure_levels(sound).active_dbfs as f32;
    let loud = |place: usize| series.get(place).is_some_and(|level| *level > active - EDGE_BELOW_ACTIVE_DB);
    quiet_runs(&series, (active - 40.0).max(-65.0))
        .into_iter()
        .filter(|(from, to)| (4..=1000).contains(&(to - from)))
        .filter(|(from, to)| *from >= 2 && (loud(from - 1) || loud(from - 2)) && (loud(*to) || loud(to + 1)))
        .map(|(from, to)| Span { from: from as f64 * 0.005, to: to as f64 * 0.005 })
        .collect()
}

/// Whether the sound begins in the middle of something: its first 10 ms are within 15 dB of its active level.
/// A hint only, since words may begin with a plosive; against a reference, [`super::missing`] is surer.
pub fn starts_abruptly(sound: &Sound) -> bool {
    let series = level_series(sound, 5);
    let active = measure_levels(sound).active_dbfs as f32;
    classify_presence(sound) == Presence::Sound
        && series.iter().take(2).any(|level| *level > active - EDGE_BELOW_ACTIVE_DB)
}

/// The runs of values below the limit, as places from and to (exclusive).
fn quiet_runs(series: &[f32], below: f32) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut start = None;
    for (place, level) in series.iter().chain(std::iter::once(&f32::MAX)).enumerate() {
        match (start, *level < below) {
            (None, true) => start = Some(place),
            (Some(from), false) => {
                runs.push((from, place));
                start = None;
            }
            _ => {}
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::super::damage::{cut_out, silent, sine, speech, white_noise};
    use super::*;

    #[test]
    fn silence_comfort_noise_and_sound_are_told_apart() {
        assert_eq!(classify_presence(&silent(2.0)), Presence::Nothing);
        assert_eq!(classify_presence(&white_noise(-70.0, 2.0)), Presence::Nothing);
        assert_eq!(classify_presence(&white_noise(-52.0, 2.0)), Presence::ComfortNoise);
        assert_eq!(classify_presence(&white_noise(-30.0, 2.0)), Presence::Sound);
        assert_eq!(classify_presence(&sine(425.0, -20.0, 1.0)), Presence::Sound);
        assert_eq!(classify_presence(&speech("bob")), Presence::Sound);
    }

    #[test]
    fn silence_is_found_where_it_is() {
        let sound = cut_out(&sine(1000.0, -20.0, 3.0), 1.0, 0.5);
        let found = find_silence(&sound, NOTHING_DBFS, 0.1);
        assert_eq!(found.len(), 1);
        assert!((found[0].from - 1.0).abs() < 0.011 && (found[0].to - 1.5).abs() < 0.011, "{found:?}");
        assert!(find_silence(&sound, NOTHING_DBFS, 0.6).is_empty());
        assert_eq!(find_silence(&silent(2.0), NOTHING_DBFS, 0.1), [Span { from: 0.0, to: 2.0 }]);
    }

    #[test]
    fn a_gap_in_the_middle_of_a_word_is_abrupt() {
        let whole = speech("alice");
        let clean = find_abrupt_gaps(&whole).len();
        // 0.1 s from the loudest place
        let series = level_series(&whole, 5);
        let loudest = (0..series.len()).max_by(|a, b| series[*a].total_cmp(&series[*b])).unwrap();
        let gap = find_abrupt_gaps(&cut_out(&whole, loudest as f64 * 0.005 - 0.03, 0.06));
        assert_eq!((clean, gap.len()), (0, 1), "{gap:?}");
        assert!((gap[0].length() - 0.06).abs() < 0.011);
    }

    #[test]
    fn a_beginning_is_abrupt_only_where_it_was_cut() {
        let whole = speech("bob");
        assert!(!starts_abruptly(&whole) && !starts_abruptly(&silent(1.0)));
        let series = level_series(&whole, 5);
        let loudest = (0..series.len()).max_by(|a, b| series[*a].total_cmp(&series[*b])).unwrap();
        assert!(starts_abruptly(&whole.part(Span { from: loudest as f64 * 0.005, to: 9.0 })));
    }
}
