//! agent

pub mod ctrl;
pub mod trace;
