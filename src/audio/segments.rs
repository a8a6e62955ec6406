//! A prompt in parts of half a second, each found for itself.
use super::bands::{BANDS, FRAME_SECONDS};
use super::features::Features;
use super::fourier::{parabola, quantile};
use super::resample::dot;

/// A segment was heard from this correlation on.
pub const HEARD_CORRELATION: f64 = 0.5;
/// Frames of a segment (0.5 s), from one to the next, and how far a segment may lie from its neighbour.
const SEGMENT: usize = 31;
const SEGMENT_HOP: usize = 16;
const SEGMENT_SEARCH: isize = 6;

/// A part of a prompt, half a second long, and how well it was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Where in the prompt it begins, in frames of 16 ms.
    pub frame: usize,
    /// How much later it was heard, in frames.
    pub offset: f64,
    /// Correlation, -1 to 1.
    pub correlation: f64,
}

/// Finds each active segment near where its neighbour was, from the one that fits best outwards, so that a
/// difference in speed is followed.
pub(super) fn follow_segments(features: &Features, active: &[bool], lag: isize) -> Vec<Segment> {
    let length = SEGMENT.min(active.len());
    let starts: Vec<usize> = (0..=active.len() - length)
        .step_by(SEGMENT_HOP)
        .filter(|start| active[*start..start + length].iter().filter(|on| **on).count() * 10 >= 3 * length)
        .collect();
    let at_lag: Vec<Segment> = starts.iter().map(|start| best_offset(features, *start, length, lag as f64)).collect();
    let Some(middle) = (0..starts.len()).max_by(|a, b| at_lag[*a].correlation.total_cmp(&at_lag[*b].correlation))
    else {
        return Vec::new();
    };
    let mut segments = at_lag;
    let mut follow = |places: &mut dyn Iterator<Item = usize>| {
        let mut near = segments[middle].offset;
        for place in places {
            // at the common lag it is known already
            if near.round() != lag as f64 {
                segments[place] = best_offset(features, starts[place], length, near);
            }
            if segments[place].correlation > HEARD_CORRELATION {
                near = segments[place].offset;
            }
        }
    };
    follow(&mut (middle + 1..starts.len()));
    follow(&mut (0..middle).rev());
    segments
}

fn best_offset(features: &Features, frame: usize, length: usize, near: f64) -> Segment {
    let near = near.round() as isize;
    let offsets: Vec<isize> = (near - SEGMENT_SEARCH..=near + SEGMENT_SEARCH).collect();
    let values: Vec<f32> = offsets.iter().map(|offset| segment_correlation(features, frame, length, *offset)).collect();
    let best = (0..values.len()).max_by(|a, b| values[*a].total_cmp(&values[*b])).unwrap_or(0);
    let shift = if best == 0 || best + 1 == values.len() {
        0.0
    } else {
        parabola(values[best - 1], values[best], values[best + 1])
    };
    Segment { frame, offset: offsets[best] as f64 + shift, correlation: f64::from(values[best]) }
}

/// The correlation of a segment with what was heard at an offset, each band's mean over the segment taken off: what is
/// the same all the time, a voice or a pause, is no likeness.
fn segment_correlation(features: &Features, frame: usize, length: usize, offset: isize) -> f32 {
    let place = |frame: usize| usize::try_from(frame as isize + offset).ok();
    let heard = |frame: usize| place(frame).and_then(|place| features.received.get(place));
    let pairs = || (frame..frame + length).filter_map(|frame| Some((&features.prompt[frame], heard(frame)?)));
    let count = pairs().count();
    if count * 2 < length {
        return 0.0;
    }
    let (mut product, mut a, mut b) = (0.0, 0.0, 0.0);
    let (mut sums, mut heard_sums) = ([0.0_f32; BANDS], [0.0_f32; BANDS]);
    for (wanted, heard) in pairs() {
        product += dot(wanted, heard);
        a += dot(wanted, wanted);
        b += dot(heard, heard);
        for band in 0..BANDS {
            sums[band] += wanted[band];
            heard_sums[band] += heard[band];
        }
    }
    let count = count as f32;
    product -= dot(&sums, &heard_sums) / count;
    a -= dot(&sums, &sums) / count;
    b -= dot(&heard_sums, &heard_sums) / count;
    // a flat stretch has no shape to compare
    if a < 1e-3 || b < 1e-3 * a { 0.0 } else { product / (a * b).sqrt() * (count / length as f32) }
}

/// Speed from the slope of the offsets.
pub(super) fn speed_of(found: &[&Segment]) -> Option<f64> {
    let span = found.last()?.frame - found.first()?.frame;
    if found.len() < 4 || (span as f64) * FRAME_SECONDS < 2.0 {
        return None;
    }
    let slopes = |place: usize| {
        let one = found[place];
        found[place + 1..]
            .iter()
            .filter(|other| other.frame - one.frame >= span / 4)
            .map(|other| ((other.offset - one.offset) / (other.frame - one.frame) as f64) as f32)
            .collect::<Vec<f32>>()
    };
    // the median of all slopes between two segments: one that was found wrongly does not turn it (Theil-Sen)
    let mut all: Vec<f32> = (0..found.len()).step_by(found.len().div_ceil(200)).flat_map(slopes).collect();
    Some(1.0 / (1.0 + f64::from(quantile(&mut all, 0.5))))
}
