//! A script's run: its state, its host, its limits. Knows no native function.

pub mod at;
pub mod host;
pub mod losses;
pub mod memory;
pub mod run;
