//! Another rate, by a windowed sinc.

/// Zero crossings of the sinc on each side.
const CROSSINGS: f64 = 12.0;
/// Positions between two samples for which the filter is computed; a ratio of whole numbers up to this is exact.
const PHASES: usize = 512;
/// Products that are summed side by side.
const LANES: usize = 8;

/// The samples taken every `step` samples of the old ones (2.0: half the rate). Passes up to 0.45 of the lower
/// rate; no delay. A step outside 1/64 to 64 gives nothing.
pub fn resample(samples: &[f32], step: f64) -> Vec<f32> {
    if samples.is_empty() || !(1.0 / 64.0..=64.0).contains(&step) {
        return Vec::new();
    }
    let cut = 0.95 * (1.0 / step).min(1.0);
    let half = (CROSSINGS / cut).ceil() as usize;
    let phases = phase_count(step);
    let table: Vec<Vec<f32>> = (0..phases).map(|phase| taps(phase as f64 / phases as f64, cut, half)).collect();
    let count = (samples.len() as f64 / step).round() as usize;
    let mut padded = vec![0.0; half];
    padded.extend_from_slice(samples);
    padded.resize(samples.len() + 2 * half + 2 + LANES, 0.0);
    (0..count)
        .map(|n| {
            let place = n as f64 * step;
            let mut whole = place.floor() as usize;
            let mut phase = ((place - place.floor()) * phases as f64).round() as usize;
            if phase == phases {
                (whole, phase) = (whole + 1, 0);
            }
            let window = &padded[whole.min(samples.len())..];
            dot(&table[phase], window)
        })
        .collect()
}

/// How many phases make the step exact, or [`PHASES`].
fn phase_count(step: f64) -> usize {
    (1..=PHASES).find(|&phases| ((step * phases as f64).round() - step * phases as f64).abs() < 1e-9).unwrap_or(PHASES)
}

/// The filter for a place `phase` behind a sample: taps for the samples from `half` before to `half` after.
fn taps(phase: f64, cut: f64, half: usize) -> Vec<f32> {
    let reach = half as f64 + 1.0;
    let weights: Vec<f64> = (0..=2 * half)
        .map(|i| {
            let away = i as f64 - half as f64 - phase;
            let turn = std::f64::consts::PI * cut * away;
            let sinc = if turn.abs() < 1e-9 { 1.0 } else { turn.sin() / turn };
            cut * sinc * (0.5 + 0.5 * (std::f64::consts::PI * away / reach).cos())
        })
        .collect();
    let sum: f64 = weights.iter().sum();
    let mut taps: Vec<f32> = weights.into_iter().map(|weight| (weight / sum) as f32).collect();
    // whole lanes of `dot`
    taps.resize(taps.len().next_multiple_of(LANES), 0.0);
    taps
}

/// The sum of products, over the shorter of the two.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let length = a.len().min(b.len());
    let (a, b) = (&a[..length], &b[..length]);
    let mut sums = [0.0_f32; LANES];
    let (left, right) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = left.remainder().iter().zip(right.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in left.zip(right) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}
