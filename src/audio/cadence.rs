//! Tones by frequency and rhythm: what the network or a fax machine says with them.
use super::tone_table::{NATIONAL_TONES, NationalTone, ToneKind};
use super::tones::{ToneFrames, ToneSpan};
use super::{Sound, Span};

/// A tone with what it means.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTone {
    /// From the first sound to the last, in seconds.
    pub span: Span,
    /// Its frequencies as measured, Hz.
    pub hz: Vec<f64>,
    /// Its level, dBFS.
    pub dbfs: f64,
    /// How long it sounds and is silent in turn, in seconds.
    pub rhythm: Vec<f64>,
    /// What it means, and in which countries (ISO 3166; none for what is the same everywhere). One tone may mean one
    /// thing here and another there.
    pub meanings: Vec<(ToneKind, Vec<&'static str>)>,
}

impl NamedTone {
    /// Whether it may mean this, in any country.
    pub fn may_mean(&self, kind: ToneKind) -> bool {
        self.meanings.iter().any(|(meaning, _)| *meaning == kind)
    }
}

/// Windows in a row for one sound of a rhythm: the shortest in use has 165 ms (measured: speech shows 425 Hz this
/// long less than once an hour, and never in rhythm).
const RHYTHM_WINDOWS: usize = 6;
/// A part of a rhythm may be off by this share, or by this many seconds.
const TOLERANCE: (f64, f64) = (0.12, 0.03);
/// A tone without rhythm sounds at least this long; no rhythm of the table has a longer sound.
const CONTINUOUS_SECONDS: f64 = 2.2;
/// The longest pause of any rhythm, with its tolerance.
const LONGEST_PAUSE: f64 = 5.7;
/// The three tones of SIT, each with the variants in use: E.180, and North America's high and low.
const SIT: [&[f64]; 3] = [&[913.8, 950.0, 985.2], &[1370.6, 1400.0, 1428.5], &[1776.7, 1800.0]];

/// Names the call progress, special information and fax tones in a sound. A rhythm needs one whole sound and pause
/// and the start of the next sound; a first sound that was cut counts from the second on. Speech with a tone below
/// it hides the tone.
pub fn name_tones(sound: &Sound) -> Vec<NamedTone> {
    let frames = ToneFrames::new(sound);
    let mut named = progress_tones(&frames);
    named.extend(special_information(&frames));
    for span in frames.find(&[1100.0], 20) {
        if (0.425..=0.575).contains(&span.span.length()) {
            named.push(everywhere(ToneKind::FaxCalling, &[span]));
        }
    }
    for span in frames.find(&[2100.0], 20) {
        if span.span.length() >= CONTINUOUS_SECONDS {
            named.push(everywhere(ToneKind::FaxAnswer, &[span]));
        }
    }
    named.sort_by(|a, b| a.span.from.total_cmp(&b.span.from));
    named
}

fn everywhere(kind: ToneKind, train: &[ToneSpan]) -> NamedTone {
    named(train, vec![(kind, Vec::new())])
}

fn named(train: &[ToneSpan], meanings: Vec<(ToneKind, Vec<&'static str>)>) -> NamedTone {
    let (first, last) = (&train[0], &train[train.len() - 1]);
    let span = Span { from: first.span.from, to: last.span.to };
    NamedTone { span, hz: first.hz.clone(), dbfs: first.dbfs, rhythm: rhythm_of(train), meanings }
}

fn progress_tones(frames: &ToneFrames) -> Vec<NamedTone> {
    let mut sets: Vec<&'static [f64]> = NATIONAL_TONES.iter().map(|tone| tone.hz).collect();
    sets.sort_by(|a, b| a.partial_cmp(b).expect("frequencies are numbers"));
    sets.dedup();
    let mut named_tones = Vec::new();
    for set in &sets {
        let spans = frames.find(set, RHYTHM_WINDOWS);
        let own: Vec<ToneSpan> = spans.into_iter().filter(|span| nearest(&sets, &span.hz) == *set).collect();
        for train in own.chunk_by(|a, b| b.span.from - a.span.to < LONGEST_PAUSE) {
            let meanings = meanings_of(set, train);
            if !meanings.is_empty() {
                named_tones.push(named(train, meanings));
            }
        }
    }
    named_tones
}

/// The set of the table whose frequencies lie nearest to measured ones.
fn nearest(sets: &[&'static [f64]], hz: &[f64]) -> &'static [f64] {
    let away = |set: &[f64]| set.iter().zip(hz).map(|(a, b)| (a - b).abs()).sum::<f64>();
    let same = sets.iter().copied().filter(|set| set.len() == hz.len());
    same.min_by(|a, b| away(a).total_cmp(&away(b))).unwrap_or(&[])
}

fn meanings_of(set: &[f64], train: &[ToneSpan]) -> Vec<(ToneKind, Vec<&'static str>)> {
    let rhythm = rhythm_of(train);
    let mut meanings: Vec<(ToneKind, Vec<&'static str>)> = Vec::new();
    for tone in NATIONAL_TONES.iter().filter(|tone| tone.hz == set && has_rhythm(tone, &rhythm)) {
        match meanings.iter_mut().find(|(kind, _)| *kind == tone.kind) {
            Some((_, countries)) => countries.push(tone.country),
            None => meanings.push((tone.kind, vec![tone.country])),
        }
    }
    meanings
}

/// Sound, pause, sound … of a train, in seconds.
fn rhythm_of(train: &[ToneSpan]) -> Vec<f64> {
    let mut rhythm = vec![train[0].span.length()];
    for pair in train.windows(2) {
        rhythm.push(pair[1].span.from - pair[0].span.to);
        rhythm.push(pair[1].span.length());
    }
    rhythm
}

fn has_rhythm(tone: &NationalTone, rhythm: &[f64]) -> bool {
    if tone.cadence.is_empty() {
        return rhythm.iter().step_by(2).any(|sound| *sound >= CONTINUOUS_SECONDS);
    }
    let wanted: Vec<f64> = tone.cadence.iter().map(|milliseconds| f64::from(*milliseconds) / 1000.0).collect();
    (0..wanted.len()).step_by(2).any(|phase| fits(&wanted, phase, rhythm))
}

/// Whether a rhythm fits from this place of the wanted one on. The first and the last sound may be cut.
fn fits(wanted: &[f64], phase: usize, rhythm: &[f64]) -> bool {
    let last = rhythm.len() - 1;
    let whole = |i: usize| {
        let want = wanted[(phase + i) % wanted.len()];
        (rhythm[i] - want).abs() <= (want * TOLERANCE.0).max(TOLERANCE.1)
    };
    let cut = |i: usize| rhythm[i] < wanted[(phase + i) % wanted.len()] + TOLERANCE.1;
    let mut complete = [0, 0];
    for i in 0..rhythm.len() {
        if whole(i) {
            complete[i % 2] += 1;
        } else if !((i == 0 || i == last) && cut(i)) {
            return false;
        }
    }
    // a rhythm of several parts is known only after one round of it
    complete[0] > 0 && complete[1] > 0 && complete[0] + complete[1] >= wanted.len()
}

fn special_information(frames: &ToneFrames) -> Vec<NamedTone> {
    let spans = SIT.map(|variants| variants.iter().flat_map(|hz| frames.find(&[*hz], 8)).collect::<Vec<ToneSpan>>());
    let next = |after: &ToneSpan, among: &[ToneSpan]| {
        among.iter().find(|span| (span.span.from - after.span.to).abs() < 0.06 && span.span.length() < 0.5).cloned()
    };
    let mut named: Vec<NamedTone> = Vec::new();
    for first in &spans[0] {
        let Some(second) = next(first, &spans[1]) else { continue };
        let Some(third) = next(&second, &spans[2]) else { continue };
        let hz = [first, &second, &third].iter().map(|span| span.hz[0]).collect();
        let known = named.iter().any(|other| (other.span.from - first.span.from).abs() < 0.1);
        if !known {
            let tone = everywhere(ToneKind::SpecialInformation, &[first.clone(), second, third]);
            named.push(NamedTone { hz, ..tone });
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::super::damage::{joined, mixed, silent, sine, speech, white_noise};
    use super::super::g711::{Law, through_g711};
    use super::*;

    /// A tone of the table as a network plays it, for two rounds.
    fn played(tone: &NationalTone) -> Sound {
        let sound = |seconds: f64| match tone.hz {
            [one] => sine(*one, -16.0, seconds),
            [one, other] => mixed(&sine(*one, -19.0, seconds), &sine(*other, -19.0, seconds)),
            _ => unreachable!("the table has one or two"),
        };
        if tone.cadence.is_empty() {
            return sound(3.0);
        }
        let parts = tone.cadence.iter().cycle().take(2 * tone.cadence.len() - 1).enumerate();
        let part = |(i, milliseconds): (usize, &u16)| {
            let seconds = f64::from(*milliseconds) / 1000.0;
            if i % 2 == 0 { sound(seconds) } else { silent(seconds) }
        };
        through_g711(&joined(&parts.map(part).collect::<Vec<Sound>>()), Law::A)
    }

    #[test]
    fn every_tone_of_the_table_is_named_with_its_country() {
        for tone in NATIONAL_TONES {
            let what = format!("{} {:?}", tone.country, tone.kind);
            let named = name_tones(&played(tone));
            assert_eq!(named.len(), 1, "{what}: {named:?}");
            let meant =
                named[0].meanings.iter().any(|(kind, where_)| *kind == tone.kind && where_.contains(&tone.country));
            assert!(meant, "{what}: {named:?}");
            // different tones of one country are not mistaken for each other
            let others = named[0].meanings.iter().filter(|(kind, _)| *kind != tone.kind);
            assert_eq!(others.filter(|(_, where_)| where_.contains(&tone.country)).count(), 0, "{what}: {named:?}");
        }
    }

    #[test]
    fn special_information_and_fax_tones_are_named() {
        let sit = |hz: [f64; 3], seconds: f64| {
            joined(&[silent(0.2), joined(&hz.map(|hz| sine(hz, -20.0, seconds))), silent(0.2)])
        };
        for (hz, seconds) in
            [([950.0, 1400.0, 1800.0], 0.33), ([985.2, 1428.5, 1776.7], 0.38), ([913.8, 1370.6, 1776.7], 0.274)]
        {
            let named = name_tones(&sit(hz, seconds));
            assert!(named.len() == 1 && named[0].may_mean(ToneKind::SpecialInformation), "{hz:?} {named:?}");
            assert!((named[0].hz[2] - hz[2]).abs() < 2.0);
        }
        let cng = joined(&[silent(1.0), sine(1100.0, -15.0, 0.5), silent(1.0)]);
        assert!(name_tones(&cng)[0].may_mean(ToneKind::FaxCalling));
        assert!(name_tones(&sine(2100.0, -15.0, 3.0))[0].may_mean(ToneKind::FaxAnswer));
        assert_eq!(name_tones(&sine(1100.0, -15.0, 2.0)), []);
    }

    #[test]
    fn a_rhythm_that_no_country_has_gets_no_name() {
        let part = |on: f64, off: f64| joined(&[sine(425.0, -16.0, on), silent(off)]);
        assert_eq!(name_tones(&joined(&[part(0.6, 0.1), part(0.6, 0.1), part(0.6, 0.1)])), []);
        assert_eq!(name_tones(&part(1.0, 3.0)), [], "one sound has no rhythm");
        assert_eq!(name_tones(&sine(500.0, -16.0, 4.0)), []);
        for sound in [speech("alice"), speech("bob"), speech("charlie"), white_noise(-20.0, 4.0), silent(0.0)] {
            assert_eq!(name_tones(&sound), []);
        }
    }

    #[test]
    fn a_train_that_was_cut_keeps_its_name() {
        let busy = NATIONAL_TONES.iter().find(|tone| tone.country == "DE" && tone.kind == ToneKind::Busy).unwrap();
        let cut = played(busy).part(Span { from: 0.3, to: 1.6 });
        let named = name_tones(&cut);
        assert!(named[0].may_mean(ToneKind::Busy) && named[0].meanings[0].1.contains(&"DE"), "{named:?}");
    }
}
