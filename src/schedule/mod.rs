//! Schedules: when they are due, by a cron expression in a time zone, and the thread that queues them then. This module does not know
//! what a job is or who runs it.

mod clock;
mod days;
mod expression;
mod fields;
mod plan;
mod scheduler;
mod words;

#[cfg(test)]
mod clock_change_tests;
#[cfg(test)]
mod cron_tests;
#[cfg(test)]
mod crontab_tests;

pub use clock::{Clock, SystemClock};
pub use expression::{Cron, zones};
pub use scheduler::{Fire, Scheduler, Told};
