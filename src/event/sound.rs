//! What was heard in a call, as its record keeps it.

use serde::{Deserialize, Serialize};

/// The sound of a call at one agent, from its recordings.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CallSound {
    /// What it sent; none where there is no recording of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<TrackSound>,
    /// What it received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<TrackSound>,
    /// The agents whose own sound is in what it received.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heard: Vec<HeardAgent>,
    /// From, to, in milliseconds since the epoch: the other side sent sound, and nothing was heard.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unheard: Vec<(f64, f64)>,
    /// What could not be analysed, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_analysed: Vec<String>,
}

/// One direction of a call's sound. Levels are dBFS, with a decimal; none where nothing but silence was recorded.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TrackSound {
    /// The time of its first sample in milliseconds since the epoch; none where the recorder does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins: Option<f64>,
    pub seconds: f64,
    /// The length of what was analysed, where that is less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysed: Option<f64>,
    /// The levels; none where it is silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<TrackLevels>,
    /// The share of the time in which something sounds, 0 to 1.
    pub heard: f64,
    /// Silence of at least 0.2 s between sounds: from, to, in milliseconds from its first sample.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<(f64, f64)>,
    /// No sound came that could be decoded, for at least 0.2 s: likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<(f64, f64)>,
}

/// How loud a direction is, in dBFS.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct TrackLevels {
    /// Of the parts that sound.
    pub active: f64,
    /// Of all of it.
    pub rms: f64,
    /// The greatest sample, dB below full scale.
    pub peak: f64,
    /// The noise floor.
    pub floor: f64,
    /// Cut-off peaks a second.
    pub clipped: f64,
}

/// An agent that was heard.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct HeardAgent {
    pub agent: String,
    /// Milliseconds from its encoder to this decoder; none where the recorders do not say when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<f64>,
}
