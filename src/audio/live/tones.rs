//! Steady tones of a stream.
use super::super::fourier::{for_each_frame, hann, quantile};
use super::super::steady::{FRAME, HOP, Lines, find_lines};
use super::Heard;
use super::window::Frames;

/// Frames in a row that make a tone: 0.24 s.
const LEAST_FRAMES: usize = 12;
/// Frames without it that end it.
const END_FRAMES: usize = 3;
/// Frames without a line after which it is sure that no tone sounds: lost packets break one for 64 ms.
const SURE_FRAMES: usize = 6;

/// What is known of tones at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToneNow {
    /// Something else, or nothing.
    None,
    /// It may become a tone.
    Perhaps,
    Sounds,
}

pub struct ToneFollower {
    frames: Frames,
    window: Vec<f32>,
    /// The frames of the tone, from its first.
    run: Vec<Lines>,
    from: u64,
    /// Frames since a line was there.
    missing: usize,
}

impl ToneFollower {
    pub fn new() -> ToneFollower {
        ToneFollower {
            frames: Frames::new(FRAME, HOP),
            window: hann(FRAME),
            run: vec![],
            from: 0,
            missing: SURE_FRAMES,
        }
    }

    pub fn now(&self) -> ToneNow {
        match self.run.len() {
            LEAST_FRAMES if self.missing == 0 => ToneNow::Sounds,
            _ if self.missing < SURE_FRAMES => ToneNow::Perhaps,
            _ => ToneNow::None,
        }
    }

    pub fn hear(&mut self, samples: &[f32], heard: &mut Vec<Heard>) {
        let ToneFollower { frames, window, .. } = self;
        let mut found = Vec::new();
        frames.push(samples, |place, frame| {
            for_each_frame(frame, window, FRAME, |_, bins| found.push((place, find_lines(bins))));
        });
        for (place, lines) in found {
            self.frame(place, lines, heard);
        }
    }

    fn frame(&mut self, place: u64, lines: Option<Lines>, heard: &mut Vec<Heard>) {
        let sounds = self.run.len() >= LEAST_FRAMES;
        if let (Some(lines), Some(last)) = (lines, self.run.last())
            && last.goes_on_as(&lines)
        {
            self.missing = 0;
            // what it is was said; what follows is compared with the newest
            if sounds {
                self.run[LEAST_FRAMES - 1] = lines;
                return;
            }
            self.run.push(lines);
            if self.run.len() == LEAST_FRAMES {
                heard.push(Heard::Tone { from: self.from, hz: self.frequencies(), dbfs: lines.dbfs });
            }
            return;
        }
        self.missing += 1;
        if sounds && self.missing < END_FRAMES {
            return;
        }
        if sounds {
            // the frame before the first without it still held it
            let to = place - ((END_FRAMES - 1) * HOP) as u64 + (FRAME - HOP) as u64;
            heard.push(Heard::ToneEnd { from: self.from, to, hz: self.frequencies() });
        }
        self.run.clear();
        if let Some(lines) = lines {
            (self.from, self.missing) = (place, 0);
            self.run.push(lines);
        }
    }

    /// In rising order. A pair's tones are nearly as strong as each other, so either may be the strongest.
    fn frequencies(&self) -> Vec<f64> {
        let run = &self.run[..self.run.len().min(LEAST_FRAMES) - 1];
        let median = |mut values: Vec<f32>| f64::from(quantile(&mut values, 0.5));
        let pairs: Vec<(f64, f64)> = run
            .iter()
            .filter_map(|lines| Some((lines.hz, lines.second_hz?)))
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect();
        if 2 * pairs.len() > run.len() {
            return vec![
                median(pairs.iter().map(|(low, _)| *low as f32).collect()),
                median(pairs.iter().map(|(_, high)| *high as f32).collect()),
            ];
        }
        vec![median(run.iter().map(|lines| lines.hz as f32).collect())]
    }
}
