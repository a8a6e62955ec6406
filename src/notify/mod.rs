//! Results sent to others. What cannot be sent is a warning and never changes a verdict.

pub mod webhook;
