//! What is heard in a sound while it comes in: speech, tones, digits, silence, known sounds, watermarks.
//!
//! A [`Follower`] is fed with samples and gives what it finds. Places are samples at 8 kHz from where it began. It
//! finds what the functions for whole sounds find, by the same limits, but cannot look ahead: a tone after 0.24 s of
//! it, a digit after 40 ms, speech within 0.1 s in most cases, its end after the 0.2 s that a pause may last.
mod digits;
mod known;
mod quiet;
mod rate;
mod talk;
mod tones;
mod window;

pub use known::{KnownSound, Mark};
pub use quiet::SOUND_DBFS;
pub use rate::{Downsampler, RATES};

use digits::DigitFollower;
use known::KnownFollower;
use quiet::QuietFollower;
use talk::TalkFollower;
use tones::{ToneFollower, ToneNow};

/// Samples that each part gets at once: 16 ms.
const STEP: usize = 128;

/// What is looked for besides speech, tones and digits.
#[derive(Debug)]
pub enum Wanted {
    /// Nothing louder than -50 dBFS for this number of samples.
    Silence(u64),
    /// Something louder than this, dBFS.
    Sound(f64),
    /// A known sound, or a watermark.
    Known(Mark),
}

/// What was heard. `from` and `to` are places.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// Somebody begins to speak.
    Speech { from: u64 },
    /// The speech is over.
    SpeechEnd { from: u64, to: u64 },
    /// A tone of one or two frequencies, in rising order, Hz.
    Tone { from: u64, hz: Vec<f64>, dbfs: f64 },
    /// The tone is over.
    ToneEnd { from: u64, to: u64, hz: Vec<f64> },
    /// A DTMF digit.
    Digit { from: u64, digit: char },
    /// What was wanted under this number: silence or sound since `from`; a known sound that begins there.
    Wanted { number: u64, from: i64, sure: f64 },
}

/// Follows one direction of a call. All of it is bounded, however long the call is.
pub struct Follower {
    length: u64,
    talk: TalkFollower,
    tones: ToneFollower,
    digits: DigitFollower,
    quiet: QuietFollower,
    known: KnownFollower,
}

impl Default for Follower {
    fn default() -> Follower {
        Follower {
            length: 0,
            talk: TalkFollower::new(),
            tones: ToneFollower::new(),
            digits: DigitFollower::new(),
            quiet: QuietFollower::default(),
            known: KnownFollower::default(),
        }
    }
}

impl Follower {
    /// How many samples have come.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Looks for something, under a number, until it was found or [`Self::forget`].
    pub fn want(&mut self, number: u64, wanted: Wanted) {
        match wanted {
            Wanted::Silence(samples) => self.quiet.want_silence(number, samples),
            Wanted::Sound(dbfs) => self.quiet.want_sound(number, dbfs),
            Wanted::Known(mark) => self.known.want(number, mark),
        }
    }

    /// Looks for it no more.
    pub fn forget(&mut self, number: u64) {
        self.quiet.forget(number);
        self.known.forget(number);
    }

    /// Takes the next samples, at 8 kHz, and gives what they complete.
    pub fn hear(&mut self, samples: &[f32]) -> Vec<Heard> {
        let mut heard = Vec::new();
        // each part looks at what the others know of the moment before
        for part in samples.chunks(STEP) {
            self.length += part.len() as u64;
            self.tones.hear(part, &mut heard);
            self.digits.hear(part, &mut heard);
            self.quiet.hear(part, &mut heard);
            let tone = if self.digits.is_dialling() { ToneNow::Perhaps } else { self.tones.now() };
            self.talk.hear(part, tone, &mut heard);
        }
        self.known.hear(samples, &mut heard);
        heard
    }
}

#[cfg(test)]
mod tests;
