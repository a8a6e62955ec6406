//! Known sounds and watermarks in a stream.
use super::super::align::find_delay;
use super::super::pilot::{HEARD_Z, PERIOD, PilotDetector};
use super::super::{Sound, TELEPHONE_RATE};
use super::Heard;
use std::collections::VecDeque;

/// Samples of the known sound that are looked for: its first 20 s.
const MOST_KNOWN: usize = 160_000;
/// The newest samples that a known sound is looked for in: 2 s, which hold enough of it after 0.5 to 1 s of speech.
const WINDOW: usize = 16_000;
/// Below this nothing is looked for: 0.5 s.
const LEAST: usize = 4000;
/// Periods of a watermark that are added up, the fewest that suffice.
const PERIODS: [usize; 4] = [1, 2, 4, 8];
/// Samples between two searches, for each [`PART`] of what is compared: a search takes the longer the more that is.
const EVERY: u64 = 512;
const PART: usize = 32_768;
/// What may be wanted at the same time; the oldest is forgotten for more.
const MOST_WANTED: usize = 16;

/// A sound that is known, ready to be looked for.
pub struct KnownSound {
    sound: Sound,
}

impl KnownSound {
    /// Of any rate; of a long one, the first 20 s.
    pub fn new(sound: &Sound) -> KnownSound {
        let mut sound = sound.at_rate(TELEPHONE_RATE).into_owned();
        sound.samples.truncate(MOST_KNOWN);
        KnownSound { sound }
    }
}

/// What tells a sound.
pub enum Mark {
    /// It is one of these.
    Sounds(Vec<KnownSound>),
    /// It carries the watermark of this seed.
    Pilot(u64),
}

impl std::fmt::Debug for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Mark::Sounds(sounds) => write!(f, "Sounds({})", sounds.len()),
            Mark::Pilot(seed) => write!(f, "Pilot({seed})"),
        }
    }
}

#[derive(Default)]
pub struct KnownFollower {
    /// The newest samples, as far as something looks at them.
    recent: VecDeque<f32>,
    length: u64,
    wanted: VecDeque<KnownWanted>,
}

struct KnownWanted {
    number: u64,
    mark: Search,
    /// The place of the next search.
    due: u64,
}

enum Search {
    Sounds(Vec<KnownSound>),
    Pilot(PilotDetector),
}

impl KnownFollower {
    pub fn want(&mut self, number: u64, mark: Mark) {
        let mark = match mark {
            Mark::Sounds(sounds) => Search::Sounds(sounds),
            Mark::Pilot(seed) => Search::Pilot(PilotDetector::new(&[seed])),
        };
        while self.wanted.len() >= MOST_WANTED {
            self.wanted.pop_front();
        }
        self.wanted.push_back(KnownWanted { number, mark, due: self.length });
    }

    pub fn forget(&mut self, number: u64) {
        self.wanted.retain(|wanted| wanted.number != number);
    }

    pub fn hear(&mut self, samples: &[f32], heard: &mut Vec<Heard>) {
        self.length += samples.len() as u64;
        self.recent.extend(samples);
        let kept = PERIODS[PERIODS.len() - 1] * PERIOD;
        self.recent.drain(..self.recent.len().saturating_sub(kept));
        let KnownFollower { recent, length, wanted } = self;
        if recent.len() < LEAST {
            return;
        }
        let mut found = Vec::new();
        for wanted in wanted.iter_mut().filter(|wanted| wanted.due <= *length) {
            if let Some((place, sure)) = wanted.mark.search(recent.make_contiguous()) {
                let from = *length as i64 - recent.len() as i64 + place;
                found.push(Heard::Wanted { number: wanted.number, from, sure });
            }
            wanted.due = *length + EVERY * wanted.mark.parts();
        }
        // once is enough
        for found in found {
            if let Heard::Wanted { number, .. } = found {
                wanted.retain(|wanted| wanted.number != number);
            }
            heard.push(found);
        }
    }
}

impl Search {
    /// How much a search compares.
    fn parts(&self) -> u64 {
        match self {
            Search::Sounds(sounds) => {
                sounds.iter().map(|known| (known.sound.samples.len() + WINDOW).div_ceil(PART) as u64).sum()
            }
            // the longest window, folded
            Search::Pilot(_) => 2,
        }
    }

    /// Where it begins, before or within these samples, and how sure that is.
    fn search(&self, recent: &[f32]) -> Option<(i64, f64)> {
        match self {
            Search::Sounds(sounds) => {
                let start = recent.len().saturating_sub(WINDOW);
                let received = Sound { rate: TELEPHONE_RATE, samples: recent[start..].to_vec() };
                let delays = sounds.iter().filter_map(|known| find_delay(&known.sound, &received));
                let best = delays
                    .filter(|delay| delay.is_related() && delay.is_sure())
                    .max_by(|a, b| a.over_rms.total_cmp(&b.over_rms))?;
                let place = (best.seconds * f64::from(TELEPHONE_RATE)).round() as i64;
                Some((start as i64 + place, best.over_rms))
            }
            Search::Pilot(detector) => PERIODS.into_iter().map(|periods| periods * PERIOD).find_map(|length| {
                let start = recent.len().checked_sub(length)?;
                let received = Sound { rate: TELEPHONE_RATE, samples: recent[start..].to_vec() };
                let heard = detector.measure_pilots(&received).into_iter().next().filter(|heard| heard.z >= HEARD_Z)?;
                let place = (heard.phase_seconds * f64::from(TELEPHONE_RATE)).round() as i64;
                Some((start as i64 + place, heard.z))
            }),
        }
    }
}
