//! A sound as 20 bands over time: what prompts are compared by.
use super::fourier::{for_each_frame, hann};
use super::{Sound, TELEPHONE_RATE};

/// Bands, spaced as the ear hears (mel), from 300 to 3400 Hz.
pub const BANDS: usize = 20;
/// Samples in a frame and from frame to frame, at 8 kHz: 32 and 16 ms.
const FRAME: usize = 256;
const HOP: usize = 128;
/// From frame to frame, in seconds.
pub const FRAME_SECONDS: f64 = HOP as f64 / TELEPHONE_RATE as f64;
/// A frame is active within this many dB of the loud frames.
const ACTIVE_RANGE_DB: f32 = 25.0;

/// The powers of a sound in 20 bands, every 16 ms. Costs about 2 ms a minute of sound.
#[derive(Debug, Clone)]
pub struct BandSpectrogram {
    /// The power in each band, by frame.
    pub bands: Vec<[f32; BANDS]>,
    /// The power over all bands, by frame.
    pub power: Vec<f32>,
}

impl BandSpectrogram {
    /// The bands of a sound of any rate.
    pub fn new(sound: &Sound) -> BandSpectrogram {
        let sound = sound.at_rate(TELEPHONE_RATE);
        let window = hann(FRAME);
        let weight = window.iter().map(|value| value * value).sum::<f32>() * FRAME as f32 / 2.0;
        let filters = filters();
        let mut bands = Vec::with_capacity(sound.samples.len() / HOP);
        for_each_frame(&sound.samples, &window, HOP, |_, bins| {
            let mut row = [0.0; BANDS];
            for (value, filter) in row.iter_mut().zip(&filters) {
                *value = filter.iter().map(|(bin, share)| share * bins[*bin].norm_sqr()).sum::<f32>() / weight;
            }
            bands.push(row);
        });
        let power = bands.iter().map(|row| row.iter().sum()).collect();
        BandSpectrogram { bands, power }
    }

    /// Frames.
    pub fn len(&self) -> usize {
        self.power.len()
    }

    /// Whether the sound was shorter than one frame.
    pub fn is_empty(&self) -> bool {
        self.power.is_empty()
    }

    /// The power that 95 % of the frames stay below.
    pub fn loud(&self) -> f32 {
        super::fourier::quantile(&mut self.power.clone(), 0.95)
    }

    /// Which frames are active: within 25 dB of the loud ones.
    pub fn active(&self) -> Vec<bool> {
        let limit = (self.loud() * 10_f32.powf(-ACTIVE_RANGE_DB / 10.0)).max(1e-9);
        self.power.iter().map(|power| *power > limit).collect()
    }

    /// The frames from one to another (exclusive), cut where they end.
    pub fn part(&self, from: usize, to: usize) -> BandSpectrogram {
        let to = to.min(self.len());
        let from = from.min(to);
        BandSpectrogram { bands: self.bands[from..to].to_vec(), power: self.power[from..to].to_vec() }
    }
}

/// For each band, the bins it takes in and with what share: triangles on the mel scale.
fn filters() -> Vec<Vec<(usize, f32)>> {
    let mel = |hz: f64| 2595.0 * (1.0 + hz / 700.0).log10();
    let hertz = |mel: f64| 700.0 * (10_f64.powf(mel / 2595.0) - 1.0);
    let (low, high) = (mel(300.0), mel(3400.0));
    let edge = |number: usize| hertz(low + (high - low) * number as f64 / (BANDS + 1) as f64);
    let bin_hz = f64::from(TELEPHONE_RATE) / FRAME as f64;
    (0..BANDS)
        .map(|band| {
            let (from, middle, to) = (edge(band), edge(band + 1), edge(band + 2));
            let share = |hz: f64| ((hz - from) / (middle - from)).min((to - hz) / (to - middle)).max(0.0);
            let weights = (0..=FRAME / 2).map(|bin| (bin, share(bin as f64 * bin_hz) as f32));
            let filter: Vec<(usize, f32)> = weights.filter(|(_, share)| *share > 0.0).collect();
            // low bands are narrower than a bin: they take the nearest one
            if filter.is_empty() { vec![((middle / bin_hz).round() as usize, 1.0)] } else { filter }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::damage::{sine, speech};
    use super::*;

    #[test]
    fn a_tone_lies_in_its_band_with_its_power() {
        let bands = BandSpectrogram::new(&sine(1000.0, -20.0, 1.0));
        let row = bands.bands[20];
        let strongest = (0..BANDS).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
        assert_eq!(strongest, 7, "{row:?}");
        assert!((10.0 * bands.power[20].log10() + 20.0).abs() < 1.5, "{}", 10.0 * bands.power[20].log10());
    }

    #[test]
    fn frames_are_counted_and_parts_stay_inside() {
        let bands = BandSpectrogram::new(&speech("bob"));
        assert_eq!(bands.len(), (38800 - 256) / 128 + 1);
        assert_eq!((bands.part(10, 9999).len(), bands.part(900, 20).len()), (bands.len() - 10, 0));
        assert!(BandSpectrogram::new(&Sound::new(8000, vec![0.1; 255])).is_empty());
    }
}
