//! What an embedded agent hears, worked out in its own process.
//!
//! The module `listener` hands the sound of its calls to [`ear`], which passes it on without waiting; a thread
//! ([`analysis`]) follows it and says what it hears as events. [`ask`] is what the host asks it to look for.
#[cfg(feature = "embedded")]
mod analysis;
pub mod ask;
#[cfg(feature = "embedded")]
mod ear;
#[cfg(feature = "embedded")]
mod message;
#[cfg(feature = "embedded")]
mod pilot_mixer;
#[cfg(feature = "embedded")]
mod stream;

/// The module of the embedded agent that listens.
pub const LISTENER: &str = "listener";
/// The key of its configuration: what it is asked for from the start.
pub const SETUP: &str = "listener_setup";

/// Runs the embedded agent in this process until it quits, with baresip's own arguments; returns its exit code.
#[cfg(feature = "embedded")]
pub fn run_agent(words: &[std::ffi::CString]) -> i32 {
    telefonist_baresip::listen(Box::new(ear::Post::default()));
    telefonist_baresip::main(words)
}
