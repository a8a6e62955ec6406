//! One direction of a call as the analysis sees it: what is heard, and when by the clock.

use crate::audio::live::{Downsampler, Follower, Heard};
use std::collections::VecDeque;

/// Arrivals of which the earliest tells the time: those of the last second.
const ARRIVALS: usize = 50;
/// Milliseconds without a packet after which the missing sound counts as silence.
const GAP_MS: f64 = 100.0;
/// A packet may be this late: so much is left to come.
const LATE_MS: f64 = 40.0;
/// Samples in a millisecond.
const PER_MS: f64 = 8.0;
/// The longest gap that is filled at once, ms: a machine that slept.
const LONGEST_GAP_MS: f64 = 60_000.0;

pub struct Stream {
    pub call: String,
    pub sent: bool,
    pub follower: Follower,
    rate: u32,
    down: Option<Downsampler>,
    /// When the sample at place 0 came, by each of the last packets. A packet may be late, but never early.
    arrivals: VecDeque<f64>,
}

impl Stream {
    pub fn new(call: String, sent: bool, opened: f64) -> Stream {
        let arrivals = VecDeque::from([opened]);
        Stream { call, sent, follower: Follower::default(), rate: 0, down: None, arrivals }
    }

    /// Milliseconds since the epoch at a place.
    pub fn time(&self, place: i64) -> f64 {
        let begin = self.arrivals.iter().copied().fold(f64::MAX, f64::min);
        // the filter of another rate takes a millisecond
        let filter = if self.rate > 8000 { 1.0 } else { 0.0 };
        begin + place as f64 / PER_MS - filter
    }

    /// The clock's time of the end of what came.
    fn end(&self) -> f64 {
        self.time(self.follower.length() as i64)
    }

    /// Takes a packet.
    pub fn packet(&mut self, rate: u32, samples: &[i16], arrived: f64) -> Vec<Heard> {
        if rate != self.rate {
            (self.rate, self.down) = (rate, Downsampler::new(rate));
        }
        let Some(down) = &mut self.down else { return vec![] };
        let floats: Vec<f32> = samples.iter().map(|value| f32::from(*value) / 32768.0).collect();
        let low = down.push(&floats);
        let mut heard = vec![];
        let missing = arrived - self.end() - low.len() as f64 / PER_MS;
        if missing > GAP_MS {
            heard = self.silence(missing);
        }
        heard.extend(self.follower.hear(&low));
        if self.arrivals.len() == ARRIVALS {
            self.arrivals.pop_front();
        }
        self.arrivals.push_back(arrived - self.follower.length() as f64 / PER_MS);
        heard
    }

    /// Nothing came until now: that is silence, too.
    pub fn wait(&mut self, now: f64) -> Vec<Heard> {
        let missing = now - self.end();
        if missing > GAP_MS { self.silence(missing - LATE_MS) } else { vec![] }
    }

    fn silence(&mut self, ms: f64) -> Vec<Heard> {
        let filled = ms.min(LONGEST_GAP_MS);
        if filled < ms {
            self.arrivals.iter_mut().for_each(|begin| *begin += ms - filled);
        }
        self.follower.hear(&vec![0.0; (filled * PER_MS) as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::live::Wanted;

    #[test]
    fn the_clock_follows_the_earliest_packets() {
        let mut stream = Stream::new("c".into(), false, 1000.0);
        for (n, late) in [0.0, 15.0, 3.0, 30.0, 2.0].into_iter().enumerate() {
            stream.packet(8000, &[0; 160], 1020.0 + 20.0 * n as f64 + late);
        }
        assert_eq!(stream.time(800), 1100.0);
    }

    #[test]
    fn what_does_not_come_is_silence() {
        let mut stream = Stream::new("c".into(), false, 1000.0);
        stream.follower.want(1, Wanted::Silence(4000));
        let tone: Vec<i16> = (0..160).map(|i| ((f64::from(i) * 0.8).sin() * 8000.0) as i16).collect();
        for n in 0..10 {
            assert_eq!(stream.packet(8000, &tone, 1020.0 + 20.0 * f64::from(n)), vec![]);
        }
        // the last packet came at 1200
        assert_eq!(stream.wait(1290.0), vec![]);
        assert_eq!(stream.wait(1500.0), vec![]);
        let heard = stream.wait(1800.0);
        let [Heard::Wanted { number: 1, from, .. }] = heard[..] else { panic!("{heard:?}") };
        assert!((stream.time(from) - 1200.0).abs() <= 20.0, "{}", stream.time(from));
        // it goes on where the clock is
        stream.packet(8000, &tone, 1900.0);
        assert!((stream.end() - 1900.0).abs() < 100.0, "{}", stream.end());
        // a packet of a rate that nobody knows says nothing
        assert_eq!(stream.packet(11_025, &tone, 1920.0), vec![]);
    }
}
