//! Two sounds made comparable: logarithms of their bands.
use super::bands::{BANDS, BandSpectrogram};
use super::fourier::quantile;

/// Both sounds as logarithms of their bands, each band's mean taken off.
pub struct Features {
    /// The prompt, by frame.
    pub prompt: Vec<[f32; BANDS]>,
    /// The received sound, by frame.
    pub received: Vec<[f32; BANDS]>,
}

impl Features {
    /// Floors both by the noise of the received sound, so that noise weighs little.
    pub fn new(prompt: &BandSpectrogram, received: &BandSpectrogram) -> Features {
        let (loud_prompt, loud_received) = (prompt.loud().max(1e-12), received.loud().max(1e-12));
        let mut floor = [0.0_f32; BANDS];
        for (band, value) in floor.iter_mut().enumerate() {
            let mut column: Vec<f32> = received.bands.iter().map(|row| row[band] / loud_received).collect();
            *value = (1.5 * quantile(&mut column, 0.1)).max(1e-4 / BANDS as f32);
        }
        Features {
            prompt: log_rows(&prompt.bands, loud_prompt, &floor),
            received: log_rows(&received.bands, loud_received, &floor),
        }
    }
}

fn log_rows(bands: &[[f32; BANDS]], loud: f32, floor: &[f32; BANDS]) -> Vec<[f32; BANDS]> {
    let mut rows: Vec<[f32; BANDS]> =
        bands.iter().map(|row| std::array::from_fn(|band| (row[band] / loud + floor[band]).ln())).collect();
    for band in 0..BANDS {
        let mean = rows.iter().map(|row| f64::from(row[band])).sum::<f64>() / rows.len() as f64;
        rows.iter_mut().for_each(|row| row[band] -= mean as f32);
    }
    rows
}
