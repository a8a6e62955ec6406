//! Schedules: when they are due.

mod cron;
mod fields;
mod words;

#[cfg(test)]
mod cron_tests;

pub use cron::{Cron, zones};
