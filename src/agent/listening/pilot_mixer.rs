//! The watermark, mixed into what an agent sends.

use crate::audio::levels::{dbfs, mean_power};
use crate::audio::pilot::{PERIOD_SECONDS, make_pilot, pilot_level_for};
use std::collections::VecDeque;

/// Blocks of 20 ms of which the quietest tenth is the noise floor: 5 s.
const RECENT: usize = 250;
/// Packets after which the place of the pilot is corrected: its first packet may have been late.
const SETTLED: u32 = 50;
/// Milliseconds that the sound may lie beside its clock before the pilot starts again.
const APART_MS: f64 = 40.0;

/// Mixes a pilot so that its periods begin with the whole multiples of 1.024 s since the epoch: whoever hears it knows
/// how long it was on its way.
pub struct PilotMixer {
    seed: u64,
    rate: u32,
    /// One period, of the level 0 dBFS.
    period: Vec<f32>,
    place: usize,
    /// How far the place lies behind the clock, ms: the least so far.
    late: f64,
    packets: u32,
    levels: VecDeque<f32>,
}

impl PilotMixer {
    pub fn new(seed: u64) -> PilotMixer {
        let (period, levels) = (vec![], VecDeque::with_capacity(RECENT));
        PilotMixer { seed, rate: 0, period, place: 0, late: 0.0, packets: 0, levels }
    }

    /// Mixes it into samples that are sent now (milliseconds since the epoch).
    pub fn mix(&mut self, samples: &mut [i16], rate: u32, channels: usize, now: f64) {
        if rate != self.rate {
            self.period = make_pilot(self.seed, rate, 0.0);
            (self.rate, self.packets) = (rate, 0);
        }
        let count = samples.len() / channels;
        if self.period.is_empty() || count == 0 {
            return;
        }
        self.settle(count, now);
        let floats: Vec<f32> = samples.iter().step_by(channels).map(|value| f32::from(*value) / 32768.0).collect();
        if self.levels.len() == RECENT {
            self.levels.pop_front();
        }
        self.levels.push_back(dbfs(mean_power(&floats)) as f32);
        let gain = 10_f64.powf(pilot_level_for(&self.levels) / 20.0) as f32 * 32768.0;
        for frame in samples.chunks_exact_mut(channels) {
            let pilot = self.period[self.place] * gain;
            self.place = (self.place + 1) % self.period.len();
            for value in frame {
                *value = (f32::from(*value) + pilot).round().clamp(-32768.0, 32767.0) as i16;
            }
        }
    }

    /// Puts the pilot where the clock says.
    fn settle(&mut self, count: usize, now: f64) {
        let period_ms = PERIOD_SECONDS * 1000.0;
        let begin = now - count as f64 * 1000.0 / f64::from(self.rate);
        let due = begin.rem_euclid(period_ms);
        let at = self.place as f64 * 1000.0 / f64::from(self.rate);
        // by the shorter way around
        let late = (due - at + period_ms / 2.0).rem_euclid(period_ms) - period_ms / 2.0;
        if self.packets == 0 || late.abs() > APART_MS {
            self.place = self.at(due);
            (self.late, self.packets) = (0.0, 1);
            return;
        }
        self.late = self.late.min(late);
        self.packets = self.packets.saturating_add(1);
        if self.packets == SETTLED {
            self.place = self.at(at + self.late);
        }
    }

    fn at(&self, ms: f64) -> usize {
        let place = (ms * f64::from(self.rate) / 1000.0).round() as i64;
        place.rem_euclid(self.period.len() as i64) as usize
    }
}
