//! What one direction of a call sounds like.
use super::levels::{Levels, level_series, measure_levels};
use super::recording::{Recording, Track};
use super::silence::{NOTHING_DBFS, find_silence};
use super::{Sound, Span};
use crate::event::{TrackLevels, TrackSound};

/// Shorter silence and shorter holes are none, in seconds: words have pauses, and networks jitter.
pub const SHORTEST_GAP: f64 = 0.2;
/// The most gaps and holes that are kept.
const MOST_GAPS: usize = 32;
/// A sound whose greatest sample is below this has nothing above [`NOTHING_DBFS`].
const SILENT_PEAK: f32 = 6.3e-4;
/// What the other side sends counts as sound from this level on, dBFS: noise of a line stays below.
const SOUNDING_DBFS: f32 = -50.0;
/// How much later it may be heard, in seconds, and how much of it makes a sound.
const LATEST: f64 = 1.0;
const LEAST_SOUND: f64 = 0.5;

/// Whether nothing is heard in it: the cheap question before any other.
pub fn is_silent(sound: &Sound) -> bool {
    sound.samples.iter().all(|sample| sample.abs() < SILENT_PEAK)
}

/// The figures of a direction. None where there is no recording.
pub fn describe_track(track: &Track) -> Option<TrackSound> {
    let first = track.0.first()?;
    let starts = track.starts();
    let (mut heard, mut analysed) = (0.0, 0.0);
    let mut described = TrackSound { begins: first.begins, ..TrackSound::default() };
    let mut levels: Vec<(f64, Levels)> = vec![];
    for (recording, start) in track.0.iter().zip(&starts) {
        let seconds = recording.sound.seconds();
        described.seconds += recording.seconds;
        analysed += seconds;
        let moved = |span: &Span| (tenth(start + span.from * 1000.0), tenth(start + span.to * 1000.0));
        described.missing.extend(recording.holes.iter().map(moved));
        if is_silent(&recording.sound) {
            continue;
        }
        heard += sounding_share(&recording.sound) * seconds;
        described.gaps.extend(find_gaps(&recording.sound).map(|gap| moved(&gap)));
        levels.push((seconds, measure_levels(&recording.sound)));
    }
    between(&track.0, &starts, &mut described.missing);
    described.missing.sort_by(|one, other| one.0.total_cmp(&other.0));
    described.missing.truncate(MOST_GAPS);
    described.gaps.truncate(MOST_GAPS);
    described.levels = together(&levels);
    described.heard = (heard / analysed.max(1e-3) * 1000.0).round() / 1000.0;
    described.seconds = (described.seconds * 1000.0).round() / 1000.0;
    described.analysed = (analysed + 0.5 < described.seconds).then_some(analysed);
    Some(described)
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// The share of its time in which something sounds, 0 to 1.
pub fn sounding_share(sound: &Sound) -> f64 {
    let series = level_series(sound, 20);
    let sounding = series.iter().filter(|level| f64::from(**level) >= NOTHING_DBFS).count();
    sounding as f64 / series.len().max(1) as f64
}

/// The silence between sounds.
fn find_gaps(sound: &Sound) -> impl Iterator<Item = Span> {
    let end = sound.seconds() - 0.03;
    let silence = find_silence(sound, NOTHING_DBFS, SHORTEST_GAP);
    silence.into_iter().filter(move |span| span.from > 0.03 && span.to < end)
}

/// What lies between two recordings of a direction.
fn between(recordings: &[Recording], starts: &[f64], missing: &mut Vec<(f64, f64)>) {
    for ((recording, start), next) in recordings.iter().zip(starts).zip(starts.iter().skip(1)) {
        let end = start + recording.seconds * 1000.0;
        if next - end >= SHORTEST_GAP * 1000.0 {
            missing.push((tenth(end), tenth(*next)));
        }
    }
}

/// The levels of several recordings as those of one.
fn together(levels: &[(f64, Levels)]) -> Option<TrackLevels> {
    let all: f64 = levels.iter().map(|(seconds, _)| seconds).sum();
    if levels.is_empty() {
        return None;
    }
    let mean = |of: fn(&Levels) -> f64| {
        let power: f64 = levels.iter().map(|(seconds, one)| seconds * super::levels::power_of(of(one))).sum();
        tenth(super::levels::dbfs(power / all.max(1e-3)))
    };
    let greatest = levels.iter().map(|(_, one)| one.peak_db).fold(f64::MIN, f64::max);
    let clipped: f64 = levels.iter().map(|(seconds, one)| seconds * one.clipped_runs_per_second).sum();
    Some(TrackLevels {
        active: mean(|one| one.active_dbfs),
        rms: mean(|one| one.rms_dbfs),
        peak: tenth(greatest),
        floor: mean(|one| one.floor_dbfs),
        clipped: tenth(clipped / all.max(1e-3)),
    })
}

/// Where the other side sent sound and nothing was heard, for longer than `shortest` seconds: from, to, in milliseconds
/// since the epoch. Empty where the recordings do not say when they were.
pub fn find_unheard(received: &Track, sent: &Track, shortest: f64) -> Vec<(f64, f64)> {
    let sounding: Vec<f64> = sounding_times(sent);
    let mut unheard = vec![];
    for recording in &received.0 {
        let Some(begins) = recording.begins else { continue };
        for quiet in find_silence(&recording.sound, NOTHING_DBFS, shortest) {
            let (from, to) = (begins + quiet.from * 1000.0, begins + quiet.to * 1000.0);
            let meant = sounding.iter().filter(|time| (from..to - LATEST * 1000.0).contains(time)).count();
            if meant as f64 * 0.02 >= LEAST_SOUND {
                unheard.push((tenth(from), tenth(to)));
            }
        }
    }
    unheard.truncate(MOST_GAPS);
    unheard
}

/// The times of the 20 ms in which it sounds, in milliseconds since the epoch.
fn sounding_times(track: &Track) -> Vec<f64> {
    let known = track.0.iter().filter_map(|recording| Some((recording.begins?, &recording.sound)));
    known
        .filter(|(_, sound)| !is_silent(sound))
        .flat_map(|(begins, sound)| {
            let series = level_series(sound, 20);
            let loud = series.into_iter().enumerate().filter(|(_, level)| *level > SOUNDING_DBFS);
            loud.map(|(frame, _)| begins + frame as f64 * 20.0).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::damage::{cut_out, silent, speech};
    use super::*;

    fn track(begins: f64, sound: Sound) -> Track {
        let seconds = sound.seconds();
        Track(vec![Recording { begins: Some(begins), holes: vec![], sound, seconds }])
    }

    #[test]
    fn a_direction_has_its_figures() {
        let whole = describe_track(&track(1000.0, speech("alice"))).unwrap();
        assert_eq!((whole.begins, whole.gaps.len(), whole.analysed), (Some(1000.0), 0, None));
        let levels = whole.levels.unwrap();
        assert!((levels.active + 23.0).abs() < 0.4 && levels.clipped < 1.0 && whole.heard > 0.9, "{whole:?}");
        let cut = describe_track(&track(0.0, cut_out(&speech("alice"), 1.0, 0.5))).unwrap();
        assert!(cut.gaps.len() == 1 && (cut.gaps[0].0 - 1000.0).abs() < 20.0, "{cut:?}");
        assert!((cut.gaps[0].1 - cut.gaps[0].0 - 500.0).abs() < 20.0, "{cut:?}");
    }

    #[test]
    fn silence_has_no_levels() {
        let nothing = describe_track(&track(0.0, silent(2.0))).unwrap();
        assert_eq!((nothing.levels, nothing.heard, nothing.seconds), (None, 0.0, 2.0));
        assert_eq!(describe_track(&Track::default()), None);
    }

    #[test]
    fn what_is_between_two_recordings_is_missing() {
        let mut both = track(1000.0, silent(1.0));
        both.0.extend(track(4000.0, speech("bob")).0);
        both.0[1].holes.push(Span { from: 0.5, to: 1.0 });
        let described = describe_track(&both).unwrap();
        assert_eq!(described.missing, [(1000.0, 3000.0), (3500.0, 4000.0)]);
    }

    #[test]
    fn sound_that_is_not_heard_is_found_and_a_silent_sender_is_none() {
        let mut long = speech("alice");
        long.samples.extend(speech("alice").samples);
        let sent = track(1000.0, long.clone());
        let lost = cut_out(&long, 3.0, 4.0);
        let found = find_unheard(&track(1050.0, lost.clone()), &sent, 2.0);
        assert!(
            found.len() == 1 && (found[0].0 - 4050.0).abs() < 30.0 && (found[0].1 - 8050.0).abs() < 30.0,
            "{found:?}"
        );
        assert_eq!(find_unheard(&track(1050.0, long), &sent, 2.0), []);
        assert_eq!(find_unheard(&track(1050.0, lost), &track(1000.0, silent(9.0)), 2.0), []);
    }
}
