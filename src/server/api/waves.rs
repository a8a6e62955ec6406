//! WAV files for a browser: to be heard, whole or in part, and to be drawn.

use crate::server::failure::Failure;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hound::{SampleFormat, WavReader};
use serde::{Deserialize, Serialize};
use std::path::Path;
use tower::ServiceExt;
use tower_http::services::ServeFile;
use utoipa::{IntoParams, ToSchema};

/// The most columns of a waveform.
const COLUMNS: usize = 10_000;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PeaksAsked {
    /// How many columns; 10000 at most.
    #[serde(default = "thousand")]
    #[param(minimum = 1, maximum = 10000)]
    width: usize,
}

/// The waveform of a recording.
#[derive(Serialize, ToSchema)]
pub struct Peaks {
    seconds: f64,
    /// Samples a second.
    rate: u32,
    /// Lowest and highest sample of each column, -1 to 1.
    #[schema(value_type = Vec<Vec<f32>>)]
    peaks: Vec<(f32, f32)>,
}

fn thousand() -> usize {
    1000
}

/// A WAV file as the request asks for it: whole or in part (Range), or not at all where it has not changed.
pub async fn served(path: &Path, request: Request) -> Response {
    let served = ServeFile::new_with_mime(path, &"audio/wav".parse().unwrap_or(mime::APPLICATION_OCTET_STREAM));
    match served.oneshot(request).await {
        Ok(response) => response.into_response(),
        Err(never) => match never {},
    }
}

/// # Errors
/// The file is none that can be read.
pub fn waveform(path: &Path, asked: &PeaksAsked) -> Result<Peaks, Failure> {
    let unreadable = |error| Failure::new(StatusCode::CONFLICT, format!("the sound can't be read: {error}"));
    drawn(path, asked.width.clamp(1, COLUMNS)).map_err(unreadable)
}

fn drawn(path: &Path, width: usize) -> Result<Peaks, hound::Error> {
    let mut reader = WavReader::open(path)?;
    let spec = reader.spec();
    let samples = reader.len().max(1) as usize;
    let mut peaks = vec![(0f32, 0f32); width.min(samples)];
    let columns = peaks.len();
    let mut take = |index: usize, sample: f32| {
        if let Some((low, high)) = peaks.get_mut(index.saturating_mul(columns) / samples) {
            (*low, *high) = (low.min(sample), high.max(sample));
        }
    };
    // a file that was cut short has fewer samples than its header says
    match spec.sample_format {
        SampleFormat::Int => {
            let full = 2f32.powi(i32::from(spec.bits_per_sample.clamp(1, 32)) - 1);
            let samples = reader.samples::<i32>().map_while(Result::ok);
            samples.enumerate().for_each(|(index, sample)| take(index, sample as f32 / full));
        }
        SampleFormat::Float => {
            let samples = reader.samples::<f32>().map_while(Result::ok);
            samples.enumerate().for_each(|(index, sample)| take(index, sample.clamp(-1.0, 1.0)));
        }
    }
    let seconds = f64::from(reader.duration()) / f64::from(spec.sample_rate.max(1));
    Ok(Peaks { seconds, rate: spec.sample_rate, peaks })
}
