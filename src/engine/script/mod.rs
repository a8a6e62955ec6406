//! A script's run: its state, its host, its limits. Knows no native function.

pub mod failed_steps;
pub mod failure;
pub mod host;
pub mod losses;
pub mod memory;
pub mod native;
pub mod run;
pub mod site;
pub mod trace;
