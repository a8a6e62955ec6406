//! DTMF digits of a stream.
use super::super::dtmf::{Bank, FRAME, HOP};
use super::Heard;
use super::window::Frames;

/// Windows in a row that make a digit, and that end it.
const WINDOWS: usize = 2;
/// Samples that may lie between two digits: 0.1 s.
const PAUSE: u64 = 800;

pub struct DigitFollower {
    bank: Bank,
    frames: Frames,
    /// The digit that sounds.
    sounds: Option<char>,
    /// What the last windows held, and how many of them.
    last: Option<char>,
    run: usize,
    /// Where the last digit ended.
    until: u64,
    length: u64,
}

impl DigitFollower {
    pub fn new() -> DigitFollower {
        DigitFollower {
            bank: Bank::new(),
            frames: Frames::new(FRAME, HOP),
            sounds: None,
            last: None,
            run: 0,
            until: 0,
            length: 0,
        }
    }

    /// Whether a digit sounds, or ended just now: the next one may begin.
    pub fn is_dialling(&self) -> bool {
        self.until > 0 && self.length < self.until + PAUSE
    }

    pub fn hear(&mut self, samples: &[f32], heard: &mut Vec<Heard>) {
        let DigitFollower { bank, frames, sounds, last, run, until, length } = self;
        *length += samples.len() as u64;
        frames.push(samples, |place, frame| {
            let digit = bank.digit_in(frame);
            *run = if digit == *last { *run + 1 } else { 1 };
            *last = digit;
            if digit.is_some() && digit == *sounds {
                *until = place + FRAME as u64;
            }
            if *run == WINDOWS && digit != *sounds {
                *sounds = digit;
                *until = place + FRAME as u64;
                heard.extend(digit.map(|digit| Heard::Digit { from: place - HOP as u64, digit }));
            }
        });
    }
}
