//! Fourier transforms of real signals, and frames of them.
use std::cell::RefCell;

use realfft::RealFftPlanner;
use realfft::num_complex::Complex32;

thread_local! {
    /// Plans are costly to make: each thread keeps its own.
    static PLANNER: RefCell<RealFftPlanner<f32>> = RefCell::new(RealFftPlanner::new());
}

/// The spectrum of a signal, zeros added up to `size` (an even number): `size / 2 + 1` bins.
pub fn spectrum(signal: &[f32], size: usize) -> Vec<Complex32> {
    let forward = PLANNER.with_borrow_mut(|planner| planner.plan_fft_forward(size));
    let mut input = vec![0.0; size];
    let length = signal.len().min(size);
    input[..length].copy_from_slice(&signal[..length]);
    let mut output = forward.make_output_vec();
    forward.process(&mut input, &mut output).expect("the lengths fit");
    output
}

/// The signal of a spectrum of `size / 2 + 1` bins.
pub fn signal(mut spectrum: Vec<Complex32>, size: usize) -> Vec<f32> {
    let inverse = PLANNER.with_borrow_mut(|planner| planner.plan_fft_inverse(size));
    let mut output = inverse.make_output_vec();
    spectrum.resize(size / 2 + 1, Complex32::ZERO);
    // the first and last bin of a real signal have no imaginary part
    spectrum[0].im = 0.0;
    spectrum[size / 2].im = 0.0;
    inverse.process(&mut spectrum, &mut output).expect("the lengths fit");
    output.iter_mut().for_each(|value| *value /= size as f32);
    output
}

/// A size that holds `length` and that the transform is fast at: 2, 3, 5 as factors, even.
pub fn fast_size(length: usize) -> usize {
    let power = length.max(16).next_power_of_two();
    [power / 16 * 9, power / 8 * 5, power / 4 * 3].into_iter().find(|&size| size >= length).unwrap_or(power)
}

/// The spectra of frames of `window.len()` samples, `hop` apart, windowed. Calls `each` with frame number and bins.
pub fn for_each_frame(samples: &[f32], window: &[f32], hop: usize, mut each: impl FnMut(usize, &[Complex32])) {
    let size = window.len();
    let forward = PLANNER.with_borrow_mut(|planner| planner.plan_fft_forward(size));
    let mut scratch = forward.make_scratch_vec();
    let mut input = forward.make_input_vec();
    let mut output = forward.make_output_vec();
    for (number, start) in frame_starts(samples.len(), size, hop).enumerate() {
        let frame = &samples[start..start + size];
        input.iter_mut().zip(frame).zip(window).for_each(|((place, sample), weight)| *place = sample * weight);
        forward.process_with_scratch(&mut input, &mut output, &mut scratch).expect("the lengths fit");
        each(number, &output);
    }
}

/// Where the whole frames of a signal start.
pub fn frame_starts(length: usize, size: usize, hop: usize) -> impl Iterator<Item = usize> + Clone {
    let count = if length < size { 0 } else { (length - size) / hop + 1 };
    (0..count).map(move |number| number * hop)
}

/// A Hann window of one period.
pub fn hann(size: usize) -> Vec<f32> {
    (0..size).map(|i| (0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / size as f64).cos()) as f32).collect()
}

/// The q-quantile (0 to 1) of some values; the values are reordered. Nothing gives 0.
pub fn quantile(values: &mut [f32], q: f64) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let place = ((values.len() - 1) as f64 * q).round() as usize;
    *values.select_nth_unstable_by(place, f32::total_cmp).1
}

/// The place of a maximum between samples, by a parabola through it and its neighbours: -0.5 to 0.5.
pub fn parabola(before: f32, peak: f32, after: f32) -> f64 {
    let bend = f64::from(before) - 2.0 * f64::from(peak) + f64::from(after);
    if bend.abs() < 1e-20 {
        return 0.0;
    }
    (0.5 * (f64::from(before) - f64::from(after)) / bend).clamp(-0.5, 0.5)
}
