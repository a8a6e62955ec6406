//! Silence and sound of a stream, by level alone.
use super::super::levels::{dbfs, mean_power};
use super::Heard;
use super::window::Frames;
use std::collections::VecDeque;

/// From this level on, dBFS, something sounds. Above the comfort noise that codecs make and the noise floor of
/// recordings (-60), and 20 dB below quiet speech.
pub const SOUND_DBFS: f64 = -50.0;
/// Samples of a block: 20 ms.
const BLOCK: usize = 160;
/// Blocks in a row above the level that make a sound: a click does not end a silence.
const LOUD_BLOCKS: usize = 3;
/// Blocks that are remembered, for a silence that began before it was asked for: 5 minutes.
const MOST_BLOCKS: usize = 15_000;
/// What may be wanted at the same time; the oldest is forgotten for more.
const MOST_WANTED: usize = 64;

pub struct QuietFollower {
    frames: Frames,
    levels: VecDeque<f32>,
    blocks: u64,
    wanted: VecDeque<QuietWanted>,
}

struct QuietWanted {
    number: u64,
    limit: f32,
    /// Blocks of silence that are wanted; None for a sound.
    silence: Option<u64>,
    /// The block that the silence began with.
    since: u64,
    loud: usize,
    is_done: bool,
}

impl Default for QuietFollower {
    fn default() -> QuietFollower {
        let (levels, wanted) = (VecDeque::new(), VecDeque::new());
        QuietFollower { frames: Frames::new(BLOCK, BLOCK), levels, blocks: 0, wanted }
    }
}

impl QuietFollower {
    pub fn want_silence(&mut self, number: u64, samples: u64) {
        self.want(number, SOUND_DBFS, Some(samples.div_ceil(BLOCK as u64)));
    }

    pub fn want_sound(&mut self, number: u64, dbfs: f64) {
        self.want(number, dbfs, None);
    }

    fn want(&mut self, number: u64, limit: f64, silence: Option<u64>) {
        let first = self.blocks - self.levels.len() as u64;
        let mut wanted = QuietWanted { number, limit: limit as f32, silence, since: first, loud: 0, is_done: false };
        // a silence counts from where it began; of sounds, the one that goes on
        let before = self.levels.len();
        let from = if silence.is_some() { 0 } else { before.saturating_sub(LOUD_BLOCKS) };
        for (place, level) in self.levels.iter().enumerate().skip(from) {
            wanted.block(first + place as u64, *level);
        }
        while self.wanted.len() >= MOST_WANTED {
            self.wanted.pop_front();
        }
        self.wanted.push_back(wanted);
    }

    pub fn forget(&mut self, number: u64) {
        self.wanted.retain(|wanted| wanted.number != number);
    }

    pub fn hear(&mut self, samples: &[f32], heard: &mut Vec<Heard>) {
        let QuietFollower { frames, levels, blocks, wanted } = self;
        frames.push(samples, |_, block| {
            let level = dbfs(mean_power(block)) as f32;
            if levels.len() == MOST_BLOCKS {
                levels.pop_front();
            }
            levels.push_back(level);
            for wanted in wanted.iter_mut() {
                wanted.block(*blocks, level);
            }
            *blocks += 1;
            for wanted in wanted.iter_mut().filter(|wanted| !wanted.is_done) {
                if let Some(since) = wanted.found(*blocks) {
                    wanted.is_done = true;
                    let from = (since * BLOCK as u64) as i64;
                    heard.push(Heard::Wanted { number: wanted.number, from, sure: f64::from(level) });
                }
            }
        });
    }
}

impl QuietWanted {
    fn block(&mut self, number: u64, level: f32) {
        self.loud = if level > self.limit { self.loud + 1 } else { 0 };
        if self.loud >= LOUD_BLOCKS && self.silence.is_some() {
            (self.since, self.is_done) = (number + 1, false);
        }
    }

    /// Since when it is so, at the end of this many blocks.
    fn found(&self, blocks: u64) -> Option<u64> {
        match self.silence {
            Some(silence) => (blocks - self.since >= silence).then_some(self.since),
            None => (self.loud >= LOUD_BLOCKS).then(|| blocks - LOUD_BLOCKS as u64),
        }
    }
}
