//! The integration tests, as one binary.

mod compiled;
mod golden;
