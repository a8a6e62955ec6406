//! agent

pub mod ctrl;
