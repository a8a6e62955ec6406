//! When somebody begins and ends to speak, in a stream.
use earshot::Detector;

use super::super::fourier::quantile;
use super::super::levels::{dbfs, mean_power};
use super::super::silence::NOTHING_DBFS;
use super::super::speech::{BEFORE_BEGIN, FRAME, FRAMES_OFF, FRAMES_ON, HANGOVER, SCORE};
use super::Heard;
use super::rate::Doubler;
use super::tones::ToneNow;
use super::window::Frames;
use std::collections::VecDeque;

/// Samples of a block: 5 ms. All times are to a block.
const BLOCK: usize = 40;
/// Blocks of which the noise is the quietest tenth, and the loudest the level of what sounds: 3 s.
const RECENT: usize = 600;
/// Quiet blocks in a row that end the speech: 0.2 s. The detector itself goes on for 0.3 s.
const QUIET_BLOCKS: usize = 40;
/// What is quieter is no speech: at its beginning nobody knows yet how loud it will be.
const LEAST_DBFS: f32 = -52.0;
/// Something sounds now: a loud block among the last 20 ms.
const NOW: usize = 4;

pub struct TalkFollower {
    detector: Detector,
    wide: Doubler,
    voice: Frames,
    levels: Frames,
    /// The levels of the newest blocks, and the number of the next.
    recent: VecDeque<f32>,
    next: u64,
    frames_on: usize,
    frames_off: usize,
    /// The block that the speech began with; it may still turn out to be a tone.
    from: Option<u64>,
    is_said: bool,
    /// Where something ended: no beginning lies before it.
    earliest: u64,
    /// A tone sounded until this block; the detector goes on for a while.
    tone_until: u64,
}

impl TalkFollower {
    pub fn new() -> TalkFollower {
        TalkFollower {
            detector: Detector::default(),
            wide: Doubler::new(),
            voice: Frames::new(FRAME, FRAME),
            levels: Frames::new(BLOCK, BLOCK),
            recent: VecDeque::with_capacity(RECENT),
            next: 0,
            frames_on: 0,
            frames_off: 0,
            from: None,
            is_said: false,
            earliest: 0,
            tone_until: 0,
        }
    }

    pub fn hear(&mut self, samples: &[f32], tone: ToneNow, heard: &mut Vec<Heard>) {
        let TalkFollower { levels, recent, next, .. } = self;
        levels.push(samples, |_, block| {
            if recent.len() == RECENT {
                recent.pop_front();
            }
            recent.push_back(dbfs(mean_power(block)) as f32);
            *next += 1;
        });
        let TalkFollower { voice, detector, wide, .. } = self;
        let mut scores = Vec::new();
        voice.push(&wide.push(samples), |_, frame| scores.push(detector.predict_f32(frame)));
        for score in scores {
            let on = score >= SCORE;
            (self.frames_on, self.frames_off) = if on { (self.frames_on + 1, 0) } else { (0, self.frames_off + 1) };
            self.frame(tone, heard);
        }
    }

    fn frame(&mut self, tone: ToneNow, heard: &mut Vec<Heard>) {
        let threshold = self.threshold();
        let is_loud = self.recent.iter().rev().take(NOW).any(|level| *level > threshold);
        if tone == ToneNow::Sounds {
            self.tone_until = self.next + (HANGOVER * 200.0) as u64;
        }
        let Some(from) = self.from else {
            let begins = self.frames_on >= FRAMES_ON && is_loud && self.next >= self.tone_until;
            if begins && tone != ToneNow::Sounds {
                self.begin(threshold);
                self.say(tone, heard);
            }
            return;
        };
        let quiet = self.recent.iter().rev().take_while(|level| **level <= threshold).count();
        if !self.is_said {
            // a tone, or gone before anybody could say that it was none
            match tone == ToneNow::Sounds || quiet >= 2 * NOW {
                true => (self.from, self.earliest) = (None, self.next - quiet as u64),
                false => self.say(tone, heard),
            }
        } else if quiet >= QUIET_BLOCKS || self.frames_off >= FRAMES_OFF || tone == ToneNow::Sounds {
            let to = (self.next - quiet as u64).max(from + 1);
            heard.push(Heard::SpeechEnd { from: from * BLOCK as u64, to: to * BLOCK as u64 });
            (self.from, self.earliest) = (None, to);
        }
    }

    /// Begins with the first loud block, up to 0.3 s back.
    fn begin(&mut self, threshold: f32) {
        let back = (BEFORE_BEGIN * 200.0) as usize + FRAMES_ON * FRAME / 2 / BLOCK;
        let first = self.next - self.recent.len().min(back) as u64;
        let start = (first.max(self.earliest) + self.recent.len() as u64 - self.next) as usize;
        let loud = self.recent.iter().skip(start).position(|level| *level > threshold).unwrap_or_default();
        self.from = Some(self.next - self.recent.len() as u64 + (start + loud) as u64);
        self.is_said = false;
    }

    /// Says that speech began, unless it may still be a tone.
    fn say(&mut self, tone: ToneNow, heard: &mut Vec<Heard>) {
        if let (Some(from), ToneNow::None) = (self.from, tone) {
            self.is_said = true;
            heard.push(Heard::Speech { from: from * BLOCK as u64 });
        }
    }

    /// The level above which something is said: 10 dB over the noise, and within 36 dB of the loudest 5 ms, which are
    /// some 11 dB above the level of the speech.
    fn threshold(&self) -> f32 {
        let mut levels: Vec<f32> = self.recent.iter().copied().collect();
        let noise = quantile(&mut levels, 0.1).max(NOTHING_DBFS as f32 - 10.0);
        let loudest = levels.iter().copied().fold(noise + 25.0, f32::max);
        (noise + 10.0).max(loudest - 36.0).min(loudest - 15.0).max(LEAST_DBFS)
    }
}
